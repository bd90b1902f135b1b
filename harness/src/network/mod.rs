//! The virtual network: latency, loss, duplication, reordering, bandwidth, cuts, holds.
//!
//! Pure and generic in its payload: time is an argument, randomness comes from
//! one forked stream, and the network never looks into a payload.
//!
//! Contract: [`Network::send`] at the time a message is written; [`Network::poll`]
//! until it returns none, at [`Network::next_deadline`] at the latest. Arrivals come
//! in the order of (due time, sequence): jitter reorders, ties never depend on luck.
//! What is due before a fault begins or ends must have been polled by then. What is
//! due at that very moment comes before or after as the caller chooses; the engine
//! changes faults first.
//!
//! ```text
//!   send(t0) ─ loss? ─ duplicate? ─ bandwidth FIFO ─ latency + extra delays ─► due
//!                                                                             │
//!        end(hold) at t1: due := max(t1, due) ◄── held? ◄──────────── poll ◄──┘
//!                                          │        └── no ─► cut? ─ no ─► delivered
//!                                          └─► poll                └─ yes ─► dropped
//! ```
//!
//! Loss is drawn when a message is sent; a cut or a hold is tested when it would be
//! delivered. What is both held and cut is held, and meets the cut if that is still
//! there when the last hold that covers it ends. Released messages keep their order
//! and come before others that are due at that moment.
//!
//! Links with a client at either end have a latency of their own. Faults compose,
//! each end undoes only itself, and each has its own random stream: adding one shifts
//! neither the latencies nor the draws of the others.
//!
//! Where time matters: a message costs one entry of a slab and one of a queue, no
//! allocation; while no fault is going on, faults cost two tests for emptiness.

mod gates;
mod latency;
mod links;
mod queue;
mod sending;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rand::distr::Bernoulli;
use slab::Slab;
use swelkie_nodes::{Rng, Seed, Time};

use gates::{Gates, Passage, Passing};
use sending::{Effect, SendFaults, Sending, Way};

pub use latency::{Latency, Sampler, Shape};
pub use links::{Endpoint, EndpointSet, Layout, Links, Role};
pub(crate) use queue::Queue;

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

/// What is on its way: sent, and neither delivered nor dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// How many messages; a duplicate counts as one more.
    pub messages: u64,
    /// The sum of their sizes.
    pub bytes: u64,
}

/// The network. See the module's contract.
#[derive(Clone, Debug)]
pub struct Network<P> {
    /// Endpoints from here on are clients.
    clients_from: u32,
    link: Line,
    client_link: Line,
    packets: Slab<Underway<P>>,
    bytes: u64,
    queue: Queue<u32>,
    /// What holds keep, with its due time, in the order in which it was due.
    held: Vec<(Time, u32)>,
    send_faults: SendFaults,
    gates: Gates,
    /// What faults that ended had touched.
    touched: BTreeMap<FaultId, u64>,
    seed: Seed,
}

/// A kind of link: its latency and the stream that it is drawn from.
#[derive(Clone, Debug)]
struct Line {
    latency: Sampler,
    rng: Rng,
}

#[derive(Clone, Debug)]
struct Underway<P> {
    packet: Packet<P>,
    /// Whether a copy of it was made.
    copied: bool,
}

impl<P> Underway<P> {
    fn passing(&self) -> Passing {
        Passing {
            id: self.packet.id,
            src: self.packet.src,
            dest: self.packet.dest,
            copied: self.copied,
        }
    }
}

impl<P: Clone> Network<P> {
    /// An empty network without a fault. All it draws comes from `seed`.
    #[must_use]
    pub fn new(settings: Settings, seed: Seed) -> Network<P> {
        let line = |latency: Latency, name| Line {
            latency: latency.sampler(),
            rng: seed.fork(name),
        };
        Network {
            clients_from: settings.layout.nodes + settings.layout.services,
            link: line(settings.latency, "latency"),
            client_link: line(settings.client_latency, "client-latency"),
            packets: Slab::new(),
            bytes: 0,
            queue: Queue::default(),
            held: Vec::new(),
            send_faults: SendFaults::default(),
            gates: Gates::default(),
            touched: BTreeMap::new(),
            seed,
        }
    }

    /// Sends a message at time `now`.
    #[inline]
    pub fn send(&mut self, now: Time, packet: Packet<P>) -> Sent {
        let with_client = packet.src.0.max(packet.dest.0) >= self.clients_from;
        let line = if with_client {
            &mut self.client_link
        } else {
            &mut self.link
        };
        let latency = line.latency.sample(&mut line.rng);
        if self.send_faults.are_none() {
            self.enqueue(Time(now.0.saturating_add(latency)), packet, false);
            return Sent::Queued;
        }
        let way = self.send_faults.way(Sending {
            now,
            src: packet.src,
            dest: packet.dest,
            size: packet.size,
            sampler: &line.latency,
            latency,
        });
        match way {
            Way::Lost(fault) => Sent::Lost(fault),
            Way::Once(due) => {
                self.enqueue(due, packet, false);
                Sent::Queued
            }
            Way::Twice(fault, due, copy_due) => {
                self.enqueue(due, packet.clone(), true);
                self.enqueue(copy_due, packet, true);
                Sent::Duplicated(fault)
            }
        }
    }

    /// The next message that is due at `now` or earlier, delivered or cut off.
    #[inline]
    pub fn poll(&mut self, now: Time) -> Option<Arrival<P>> {
        loop {
            let (due, slot) = self.queue.pop(now)?;
            let passage = if self.gates.are_none() {
                Passage::Open
            } else {
                self.gates.pass(self.packets[slot as usize].passing())
            };
            match passage {
                Passage::Open => {
                    let packet = self.take(slot);
                    return Some(Arrival::Delivered { packet, due });
                }
                Passage::Cut(fault) => {
                    let packet = self.take(slot);
                    return Some(Arrival::Cut { packet, fault });
                }
                Passage::Held => self.held.push((due, slot)),
            }
        }
    }

    /// When the next message is due; it may turn out to be held then.
    #[inline]
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.queue.next_due()
    }

    /// Begins a fault on `links`. A cut or a hold also meets what is on its way; the
    /// others act on what is sent from now on. Poll until none at `now` first.
    ///
    /// # Panics
    /// If the fault `id` is going on already, a probability is not in 0…1, or a
    /// bandwidth is not above 0.
    pub fn begin(&mut self, now: Time, id: FaultId, links: Links, fault: LinkFault) {
        let going_on = self.send_faults.touched(id).or(self.gates.touched(id));
        assert!(
            going_on.is_none(),
            "fault {} began twice, again at {now}",
            id.0
        );
        let chance = |probability| {
            Bernoulli::new(probability)
                .unwrap_or_else(|_| panic!("fault {} has the probability {probability}", id.0))
        };
        let effect = match fault {
            LinkFault::Cut => return self.gates.begin_cut(id, links),
            LinkFault::Hold => {
                let waiting = self.held.iter();
                let waiting = waiting.map(|&(_, slot)| self.packets[slot as usize].passing());
                return self.gates.begin_hold(id, links, waiting);
            }
            LinkFault::Loss(probability) => Effect::Loss(chance(probability)),
            LinkFault::Duplicate(probability) => Effect::Duplicate(chance(probability)),
            LinkFault::Reorder { probability, delay } => {
                Effect::Reorder(chance(probability), delay.sampler())
            }
            LinkFault::Delay(latency) => Effect::Delay(latency.sampler()),
            LinkFault::Latency(latency) => Effect::Latency(latency.sampler()),
            LinkFault::Bandwidth(rate) => {
                assert!(rate > 0.0, "fault {} has the bandwidth {rate}", id.0);
                Effect::Bandwidth(rate)
            }
        };
        let rng = self.seed.fork(&format!("fault {}", id.0));
        self.send_faults.begin(id, links, effect, rng);
    }

    /// Ends a fault; false if it is not going on. The end of a hold releases what no
    /// other hold covers: due now, in the order in which it was due. Poll until none
    /// at `now` first, and again afterwards.
    pub fn end(&mut self, now: Time, id: FaultId) -> bool {
        let sending = self.send_faults.end(now, id);
        let Some(touched) = sending.or_else(|| self.gates.end(id)) else {
            return false;
        };
        *self.touched.entry(id).or_default() += touched;
        let Network {
            held,
            gates,
            packets,
            queue,
            ..
        } = self;
        held.retain(|&(due, slot)| {
            let stays = gates.hold(packets[slot as usize].passing());
            if !stays {
                queue.push_first(due.max(now), slot);
            }
            stays
        });
        true
    }

    /// How many messages the fault really touched so far: lost, cut off, held,
    /// duplicated or delayed. A message counts once per fault, with its copy; it counts
    /// for every fault that acted on it, if two cuts cover a link for both of them.
    #[must_use]
    pub fn touched(&self, id: FaultId) -> u64 {
        let now = self.send_faults.touched(id).or(self.gates.touched(id));
        now.unwrap_or(0) + self.touched.get(&id).copied().unwrap_or(0)
    }

    /// What is on its way, held messages included.
    #[must_use]
    pub fn in_flight(&self) -> InFlight {
        InFlight {
            messages: self.packets.len() as u64,
            bytes: self.bytes,
        }
    }

    /// Takes out all that is on its way at the end of a run, with its due time: what is
    /// held, in no particular order, then the rest as it would arrive.
    pub fn drain(&mut self) -> Vec<(Time, Packet<P>)> {
        let mut slots = std::mem::take(&mut self.held);
        slots.extend(std::iter::from_fn(|| self.queue.pop(Time::MAX)));
        let packets = slots.into_iter();
        packets.map(|(due, slot)| (due, self.take(slot))).collect()
    }

    #[inline]
    fn enqueue(&mut self, due: Time, packet: Packet<P>, copied: bool) {
        self.bytes += u64::from(packet.size);
        let slot = self.packets.insert(Underway { packet, copied });
        // 2³² messages would not fit into memory.
        self.queue.push(due, slot as u32);
    }

    #[inline]
    fn take(&mut self, slot: u32) -> Packet<P> {
        let packet = self.packets.remove(slot as usize).packet;
        self.bytes -= u64::from(packet.size);
        packet
    }
}
