//! Dissemination strategies: a folder per family, a file per strategy.
//!
//! | family | idea |
//! |---|---|
//! | [`anti_entropy`] | compare with a peer what both have, in rounds for ever |
//! | [`flood`] | tell all neighbours what is new |
//! | [`lifetime`] | let news expire; talk to strangers now and then |
//! | [`rumor`] | tell until it is no longer news |
//! | [`sample`] | tell some at random |
//! | [`hierarchy`] | tell the leader, who tells the team and the leaders above |
//! | [`shared_with`] | the store says who was told |
//! | [`state`] | the message says where it was |
//! | [`tree`] | along a tree: hubs, spanning trees |
//!
//! Each file says what the idea is, where it comes from, its parameters, what it costs
//! in messages and what it survives. [`strategy`](crate::strategy) is the contract.

pub mod anti_entropy;
pub mod flood;
pub mod hierarchy;
pub mod lifetime;
pub mod rumor;
pub mod sample;
pub mod shared_with;
pub mod state;
pub mod tree;

/// The workloads that every strategy serves: both spread a growing set.
pub const WORKLOADS: &[&str] = &["broadcast", "g-set"];
