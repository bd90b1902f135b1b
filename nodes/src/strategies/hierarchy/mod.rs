//! Leaders of teams, of departments, of everybody.
//!
//! - [`organisation`]: who is in which team, and who is meant to get what.
//! - [`leader`]: news goes up through the leaders and down again, no further than it may.

pub mod leader;
pub mod organisation;

pub use leader::Leader;
pub use organisation::{Organisation, Shape, Unit};
