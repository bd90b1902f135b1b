//! The virtual network: latency, loss, duplication, reordering, bandwidth, cuts, holds.
//!
//! Pure and generic in its payload: time is an argument, randomness comes from
//! one forked stream, and the network never looks into a payload.
//!
//! Contract: `send` at the time a message is written; `poll(now)` until it
//! returns none, at `next_deadline` at the latest. Arrivals come in the order of
//! (due time, sequence): jitter reorders, ties never depend on luck.
//!
//! ```text
//!   send(t0) ─ loss? ─ duplicate? ─ bandwidth FIFO ─ latency + extra delays ─► due
//!                                                                             │
//!        end(hold) at t1: due := max(t1, due) ◄── held? ◄── cut? ── poll ◄────┘
//!                                                             └─► dropped
//! ```
//!
//! Loss is drawn when a message is sent, a cut is tested when it would be delivered.

mod latency;
mod links;


use swelkie_nodes::Time;

pub use latency::{Latency, Shape};
pub use links::{Endpoint, EndpointSet, Layout, Links, Role};

/// Names one fault of a run, so that its end undoes only itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub u32);

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<P> {
    /// The message's number, unique in the run; a duplicate keeps it.
    pub id: u64,
    /// Who sent it.
    pub src: Endpoint,
    /// Whom it is for.
    pub dest: Endpoint,
    /// Its size in bytes, for the bandwidth.
    pub size: u32,
    /// What it carries.
    pub payload: P,
}

/// What happened to a message when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way.
    Queued,
    /// It is on its way, twice.
    Duplicated(FaultId),
    /// It was lost.
    Lost(FaultId),
}

/// A message reaches the end of its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<P> {
    /// It is delivered.
    Delivered {
        /// The message.
        packet: Packet<P>,
        /// When it should have been: how late the harness is shows against this.
        due: Time,
    },
    /// A cut drops it.
    Cut {
        /// The message.
        packet: Packet<P>,
        /// The cut.
        fault: FaultId,
    },
}

/// What a fault does to the links it acts on.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkFault {
    /// Drops what would be delivered.
    Cut,
    /// Queues what would be delivered; the end of the fault releases it in order.
    Hold,
    /// Drops each message with this probability.
    Loss(f64),
    /// Delivers each message twice with this probability; the copy draws its own latency.
    Duplicate(f64),
    /// Delays each message further with this probability.
    Reorder {
        /// How likely.
        probability: f64,
        /// By how much.
        delay: Latency,
    },
    /// Delays every message further.
    Delay(Latency),
    /// Replaces the link's latency; of several, the one that began last counts.
    Latency(Latency),
    /// Bytes per second; messages queue up behind each other. Of several, the least counts.
    Bandwidth(f64),
}

/// The network as it is before any fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Who is what.
    pub layout: Layout,
    /// Latency of links without a client at either end.
    pub latency: Latency,
    /// Latency of links with a client at either end.
    pub client_latency: Latency,
}

/// STUB
pub struct Network<P> { s: Settings, q: std::collections::BTreeMap<(Time, u64), Packet<P>>, seq: u64 }
impl<P: Clone> Network<P> {
    /// s
    pub fn new(s: Settings, _seed: swelkie_nodes::Seed) -> Self { Network { s, q: Default::default(), seq: 0 } }
    /// s
    pub fn send(&mut self, now: Time, p: Packet<P>) -> Sent {
        let c = self.s.layout.role(p.src) == Role::Client || self.s.layout.role(p.dest) == Role::Client;
        let l = if c { self.s.client_latency.mean } else { self.s.latency.mean };
        self.seq += 1; self.q.insert((now + l, self.seq), p); Sent::Queued }
    /// s
    pub fn poll(&mut self, now: Time) -> Option<Arrival<P>> {
        let e = self.q.first_entry()?; if e.key().0 > now { return None; } let due = e.key().0; Some(Arrival::Delivered { packet: e.remove(), due }) }
    /// s
    pub fn next_deadline(&self) -> Option<Time> { self.q.first_key_value().map(|e| e.0.0) }
    /// s
    pub fn begin(&mut self, _: Time, _: FaultId, _: Links, _: LinkFault) {}
    /// s
    pub fn end(&mut self, _: Time, _: FaultId) -> bool { true }
    /// s
    pub fn touched(&self, _: FaultId) -> u64 { 0 }
    /// s
    pub fn in_flight(&self) -> (u64, u64) { (self.q.len() as u64, 0) }
}
