//! Latencies are drawn for each message.
//!
//! ```text
//!   slots     │ m, from n3, 3 to come │ m, from n7, 2 to come │ …    a message once
//!   calendar  │ 5, slot 0 │ 1, slot 1 │ 9, slot 0 │ …                 by due time
//! ```
//!
//! Where time matters: with a million nodes the slots are far larger than a cache, and
//! which one is next is as good as random. The calendar knows it some messages ahead, so
//! the slot is fetched from memory while those are delivered.

use swelkie_nodes::strategy::{Peer, Strategy};
use swelkie_nodes::{Rng, Seed, Time};

use super::{Carrier, Loss};
use crate::lab::calendar::Calendar;
use crate::lab::conditions::Conditions;
use crate::lab::ensemble::Ensemble;
use crate::network::Sampler;
use crate::platform::prefetch;

/// See the module.
#[derive(Clone, Debug)]
pub struct Random<M> {
    latency: Sampler,
    rng: Rng,
    loss: Loss,
    slots: Slots<M>,
    /// Destination and slot.
    calendar: Calendar<(Peer, u32)>,
}

#[derive(Clone, Debug)]
struct Underway<M> {
    /// None if the slot is free.
    message: Option<M>,
    from: Peer,
    /// How many destinations it has not reached yet.
    left: u32,
    carried: u32,
}

/// The messages, each once, at places that are used again.
#[derive(Clone, Debug)]
struct Slots<M> {
    slots: Vec<Underway<M>>,
    free: Vec<u32>,
}

impl<M> Default for Slots<M> {
    fn default() -> Self {
        Slots {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<M> Slots<M> {
    fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
    }

    /// The slot that the next message will have.
    #[inline]
    fn next(&self) -> u32 {
        // 2³² multicasts would not fit into memory.
        self.free
            .last()
            .map_or(self.slots.len() as u32, |&slot| slot)
    }

    #[inline]
    fn insert(&mut self, underway: Underway<M>) {
        match self.free.pop() {
            Some(slot) => self.slots[slot as usize] = underway,
            None => self.slots.push(underway),
        }
    }

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.slots[slot as usize].message = None;
        self.free.push(slot);
    }
}

/// So many messages ahead a slot is fetched.
const AHEAD: usize = 16;

impl<S: Strategy> Carrier<S> for Random<S::Message> {
    /// # Panics
    /// If the loss is not a probability, or the latency has no mean (a Pareto tail
    /// index of 1 or below).
    fn new(conditions: &Conditions) -> Self {
        let nanos = conditions.latency.mean.as_nanos();
        Random {
            latency: conditions.latency.sampler(),
            rng: Seed(0).rng(),
            loss: Loss::new(conditions.loss),
            slots: Slots::default(),
            calendar: Calendar::new(u64::try_from(nanos).unwrap_or(u64::MAX)),
        }
    }

    fn reset(&mut self, seed: Seed) {
        self.rng = seed.fork("latency");
        self.loss.reset(seed);
        self.slots.clear();
        self.calendar.clear();
    }

    #[inline]
    fn next_due(&self) -> Time {
        self.calendar.next_due().unwrap_or(Time::MAX)
    }

    #[inline]
    fn carry(&mut self, nodes: &mut Ensemble<S>, from: Peer) {
        let now = nodes.now.0;
        let mut at = 0;
        for multicast in nodes.effects.multicasts.drain(..) {
            let (message, count) = (multicast.message, multicast.count);
            let weight = nodes.tally.sent(nodes.now, &message, count, &nodes.names);
            let slot = self.slots.next();
            let mut left = 0;
            for &dest in &nodes.effects.dests[at..at + count as usize] {
                // What is lost draws its latency all the same, as in the network.
                let latency = self.latency.sample(&mut self.rng);
                if !self.loss.loses() {
                    self.calendar
                        .push(Time(now.saturating_add(latency)), (dest, slot));
                    left += 1;
                }
            }
            at += count as usize;
            nodes.tally.trial.traffic.dropped += u64::from(count - left);
            if left > 0 {
                self.slots.insert(Underway {
                    message: Some(message),
                    from,
                    left,
                    carried: weight.carried,
                });
            }
        }
        nodes.finish_effects(from, 0);
    }

    #[inline]
    fn deliver(&mut self, nodes: &mut Ensemble<S>) {
        let Some((_, (node, slot))) = self.calendar.pop() else {
            return;
        };
        if let Some((_, slot)) = self.calendar.ahead(AHEAD) {
            prefetch(&self.slots.slots[slot as usize]);
        }
        let underway = &mut self.slots.slots[slot as usize];
        underway.left -= 1;
        let Underway {
            from,
            carried,
            left,
            ..
        } = *underway;
        let message = underway.message.as_ref().expect("it is on its way");
        let (acts, _) = nodes.receive(&[node], from, message, carried);
        if left == 0 {
            self.slots.remove(slot);
        }
        if acts.is_some() {
            self.carry(nodes, node);
        }
    }
}
