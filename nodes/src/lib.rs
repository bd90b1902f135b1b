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
//! # A node of your own
//!
//! Implement [`Node`], and let [`stdio::run`] make a process of it. This one counts
//! how often it was greeted, and keeps counting across kills:
//!
//! ```
//! use serde::Deserialize;
//! use serde_json::json;
//! use swelkie_nodes::{Body, Context, ErrorCode, Host, Message, Node, NodeId, Seed, Time};
//!
//! #[derive(Default)]
//! struct Greeter {
//!     greeted: u64,
//! }
//!
//! #[derive(Deserialize)]
//! struct Greet {
//!     name: String,
//! }
//!
//! impl Node for Greeter {
//!     fn init(&mut self, _members: &[NodeId], cx: &mut Context) {
//!         self.greeted = cx.stored().count() as u64; // what earlier lives stored
//!     }
//!
//!     fn receive(&mut self, message: &Message, cx: &mut Context) {
//!         let Ok(header) = message.body.header() else { return };
//!         match &*header.kind {
//!             "greet" => match message.body.parse::<Greet>() {
//!                 Ok(greet) => {
//!                     self.greeted += 1;
//!                     cx.store(&greet.name); // first on disk, then acknowledged
//!                     cx.reply(message, &json!({"type": "greet_ok", "greeted": self.greeted}));
//!                 }
//!                 Err(_) => cx.error(message, ErrorCode::MalformedRequest, "whom?"),
//!             },
//!             _ if header.in_reply_to.is_some() => {} // never reply to a reply
//!             _ => cx.error(message, ErrorCode::NotSupported, "I only greet"),
//!         }
//!     }
//! }
//!
//! // The process, which any harness of this protocol can run:
//! fn main_of_the_process() -> std::io::Result<()> {
//!     swelkie_nodes::stdio::run(Box::new(Greeter::default()))
//! }
//!
//! // A test needs no process: deliver messages, look at the effects.
//! let mut host = Host::new(Box::new(Greeter::default()), Seed(1), b"\"Ada\"\n".to_vec());
//! let mut deliver = |body: serde_json::Value| {
//!     let (src, dest) = ("c1".into(), "n0".into());
//!     host.deliver(Time::ZERO, &Message { src, dest, body: Body::encode(&body) });
//!     host.drain().map(|effect| format!("{effect:?}")).collect::<Vec<_>>()
//! };
//! deliver(json!({"type": "init", "msg_id": 1, "node_id": "n0", "node_ids": ["n0"]}));
//! let effects = deliver(json!({"type": "greet", "name": "Grace", "msg_id": 2}));
//! assert_eq!(effects.len(), 2);
//! assert!(effects[0].starts_with("Store"));
//! assert!(effects[1].contains(r#"{"greeted":2,"type":"greet_ok","in_reply_to":2}"#));
//! ```
//!
//! Nodes between themselves say what they like: [`Context::send`] needs no answer,
//! [`Context::request`] numbers a request for one, [`Context::set_timer`] is how to
//! try again. [`builtin`] holds examples from a line to a replicated set.

pub mod builtin;
pub mod envelope;
mod host;
mod node;
mod protocol;
pub mod registry;
mod rng;
pub mod stdio;
pub mod strategies;
pub mod strategy;
#[cfg(test)]
mod testing;

pub use host::Host;
pub use node::{Context, Effect, Node, Time, Timer};
pub use protocol::{Body, ErrorCode, Header, Message, NodeId};
pub use rng::{Rng, Seed};
