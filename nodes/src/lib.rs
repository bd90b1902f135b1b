//! What runs inside a node.
//!
//! A node is a pure state machine ([`Node`]): messages and timeouts go in,
//! effects come out. It does no IO and reads no clock, so one implementation is
//! a process that speaks JSON lines on stdio ([`stdio`]), and an in-process node
//! of a simulated cluster, byte for byte reproducible.
//!
//! ```text
//!              handler's face                     driver's face
//!   strategy ── Node(init, receive, timeout) ── Host ── stdio process | simulation
//!                 Context: send, reply,            deliver, fire, drain effects
//!                 set_timer, store
//! ```
//!
//! Write a node of your own by implementing [`Node`] and calling
//! [`stdio::run`] from `main`.

mod host;
mod node;
mod protocol;
pub mod registry;
mod rng;
pub mod stdio;
pub mod strategies;
#[cfg(test)]
mod testing;

pub use host::Host;
pub use node::{Context, Effect, Node, Time, Timer};
pub use protocol::{Body, ErrorCode, Header, Message, NodeId};
pub use rng::{Rng, Seed};
