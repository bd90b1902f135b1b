//! Telling all neighbours.
//!
//! - [`once`]: what is new is told once.
//! - [`retry`]: until each acknowledges it, stored.
//! - [`g_set`]: the same in intervals, and to everybody.
//!
//! [`replica`] is what the last two share.

pub mod g_set;
pub mod once;
pub mod replica;
pub mod retry;

pub use g_set::GSet;
pub use once::Flood;
pub use retry::Retry;
