//! Remembering in the node's store with whom each rumor was shared.
//!
//! - [`sets`]: a set of peers per rumor, grown when a rumor is sent or when it is
//!   acknowledged.
//!
//! The same set on the message instead: [`state::visited`](super::state::visited).

pub mod sets;

pub use sets::SharedWith;
