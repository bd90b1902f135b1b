//! Dissemination strategies: a folder per family, a file per strategy.
//!
//! | family | idea |
//! |---|---|
//! | [`flood`] | tell all neighbours what is new |
//! | [`lifetime`] | let news expire; talk to strangers now and then |
//! | [`rumor`] | tell until it is no longer news |
//! | [`sample`] | tell some at random |
//!
//! Each file says what the idea is, where it comes from, its parameters, what it costs
//! in messages and what it survives. [`strategy`](crate::strategy) is the contract.

pub mod flood;
pub mod lifetime;
pub mod rumor;
pub mod sample;

/// The workloads that every strategy serves: both spread a growing set.
pub const WORKLOADS: &[&str] = &["broadcast", "g-set"];
