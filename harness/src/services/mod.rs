//! The services nodes may send requests to: stores and a clock of the harness's own.
//!
//! Each is a pure state machine: a request goes in, its reply comes out. They
//! answer any node at any time, during `init` too, and survive every fault.
//!
//! | service | what it promises |
//! |---|---|
//! | `lin-kv` | one linearizable map |
//! | `seq-kv` | sequential consistency: a client may see an old state, never one older than it saw |
//! | `lww-kv` | eventual: two replicas that merge at random, the last write wins |
//! | `lin-tso` | timestamps that strictly increase |
//!
//! The stores know `read {key}` → `read_ok {value}`, `write {key, value}` → `write_ok`
//! and `cas {key, from, to}` → `cas_ok`, the clock `ts` → `ts_ok {ts}`. Keys and
//! values are any JSON. An unknown type gets error 10, a missing field error 12.
//! Replies carry the request's `msg_id`, whatever JSON it is, as `in_reply_to`.

mod kv;
mod lin_kv;
mod lin_tso;
mod lww_kv;
mod request;
mod seq_kv;

use swelkie_nodes::{Body, Rng};

use crate::network::Endpoint;

pub use lin_kv::LinKv;
pub use lin_tso::LinTso;
pub use lww_kv::LwwKv;
pub use seq_kv::SeqKv;

/// A service: it answers requests at once and never forgets what it answered.
pub trait Service: Send {
    /// Its id on the network.
    fn name(&self) -> &'static str;

    /// The reply to a request of `client`. `rng` decides what the service's
    /// promises leave open. Replies (messages with an `in_reply_to`) are not to be
    /// handed in: the error they would get might be answered with another.
    fn handle(&mut self, client: Endpoint, body: &Body, rng: &mut Rng) -> Body;
}

/// Every service with its initial state, in the order of their endpoints.
#[must_use]
pub fn all() -> Vec<Box<dyn Service>> {
    vec![
        Box::new(LinKv::default()),
        Box::new(SeqKv::default()),
        Box::new(LwwKv::default()),
        Box::new(LinTso::default()),
    ]
}

#[cfg(test)]
mod tests;
