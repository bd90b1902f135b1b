//! Along a tree: as few messages as there can be.
//!
//! - [`hub`]: all tell one node, which tells all in batches.
//! - [`hub_acked`]: the same, stored and acknowledged, with another hub if it is gone.
//! - [`spanning`]: a breadth-first tree of the topology.
//! - [`plumtree`]: a tree that grows out of gossip, over HyParView's partial views.

pub mod hub;
pub mod hub_acked;
pub mod plumtree;
pub mod spanning;

pub use hub::Hub;
pub use hub_acked::HubAcked;
pub use plumtree::Plumtree;
pub use spanning::Spanning;
