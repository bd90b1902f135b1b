//! Telling all neighbours.
//!
//! - [`once`]: what is new is told once.

pub mod once;

pub use once::Flood;
