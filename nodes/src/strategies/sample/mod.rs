//! Sampling: telling some at random, telling some of it, or knowing some.
//!
//! - [`fanout`]: per rumor, a fixed number of peers or a share of them.
//! - [`rounds`]: per round, a sample that is told all that is new, or subsets of it.
//! - [`gossip`]: rumors are sampled: a node forwards one with a probability.
//! - [`views`]: neighbourhoods are: all of one that was drawn at random are told.

pub mod fanout;
pub mod gossip;
pub mod rounds;
pub mod views;

pub use fanout::Sample;
pub use gossip::Gossip;
pub use rounds::SampleRounds;
pub use views::Views;
