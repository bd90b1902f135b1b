//! Telling some at random.
//!
//! - [`fanout`]: per rumor, a fixed number of peers or a share of them.

pub mod fanout;

pub use fanout::Sample;
