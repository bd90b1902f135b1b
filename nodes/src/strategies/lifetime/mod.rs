//! Lifetimes and strangers.
//!
//! - [`expiring`]: what is past its relevancy time is not passed on.
//! - [`strangers`]: now and then a node talks to one outside its neighbourhood.

pub mod expiring;
pub mod strangers;

pub use expiring::Expiring;
pub use strangers::Strangers;
