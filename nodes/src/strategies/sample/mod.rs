//! Telling some at random.
//!
//! - [`fanout`]: per rumor, a fixed number of peers or a share of them.
//! - [`views`]: all of a neighbourhood that was drawn at random.

pub mod fanout;
pub mod views;

pub use fanout::Sample;
pub use views::Views;
