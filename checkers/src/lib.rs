//! History in, verdict out.
//!
//! A checker is a function from a [`History`] to a [`Verdict`]. It does no IO,
//! reads no clock and skips nothing: what it cannot judge is
//! [`Validity::Unknown`], with why. A false "valid" is the worst bug it can
//! have, a false "invalid" the second.

//!
//! One property per module; a workload calls those that apply and merges their
//! verdicts. The figures each of them sets are listed by its `names`, so that an
//! [`Assertion`](assertion::Assertion) on a figure that does not exist is refused
//! before a node starts.
//!
//! | module | property |
//! |---|---|
//! | [`set`] | broadcast and g-set: every known element on every node, for ever, once |
//! | [`set_full`] | the same history by the reference's rule, for comparison |
//! | [`seen`] | how long elements take to show on every node |
//! | [`unique_ids`] | no id twice |
//! | [`counter`] | final reads are sums of what was added |
//! | [`echo`] | replies equal requests |
//! | [`availability`] | enough operations succeed |
//! | [`stats`] | how operations ended and how long they took |
//! | [`assertion`] | what the user wants of any figure |

pub mod assertion;
pub mod availability;
mod canonical;
pub mod catalogue;
pub mod counter;
pub mod echo;
mod history;
pub mod seen;
pub mod set;
pub mod set_full;
pub mod stats;
#[cfg(test)]
mod testing;
pub mod text;
pub mod unique_ids;
mod verdict;

pub use canonical::canonical;
pub use history::{
    Cause, Element, Elements, History, Nanos, NodeRecord, Operation, Outcome, Phase, Value, View,
    Views,
};
pub use verdict::{Anomaly, EVIDENCE, Figure, Figures, Validity, Verdict};
