//! Along a tree: as few messages as there can be.
//!
//! - [`hub`]: all tell one node, which tells all in batches.

pub mod hub;

pub use hub::Hub;
