//! History in, verdict out.
//!
//! A checker is a function from a [`History`] to a [`Verdict`]. It does no IO,
//! reads no clock and skips nothing: what it cannot judge is
//! [`Validity::Unknown`], with why. A false "valid" is the worst bug it can
//! have, a false "invalid" the second.

mod history;
mod verdict;

pub use history::{
    Cause, Element, Elements, History, Nanos, NodeRecord, Operation, Outcome, Phase, Value, View, Views,
};
pub use verdict::{Anomaly, Figure, Figures, Validity, Verdict};
