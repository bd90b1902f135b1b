//! State on the message: what has happened to a rumor travels with it.
//!
//! - [`hop_limit`]: how far it may still go.
//! - [`visited`]: who had it, or who was told of it, and how far it may still go.
//!
//! `reach` is whom both may tell.

pub mod hop_limit;
mod reach;
pub mod visited;

pub use hop_limit::HopLimit;
pub use visited::Visited;
