//! Leaders of teams, of departments, of everybody.
//!
//! - [`organisation`]: who is in which team, and who is meant to get what.

pub mod organisation;

pub use organisation::{Organisation, Shape, Unit};
