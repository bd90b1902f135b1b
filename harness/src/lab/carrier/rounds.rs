//! Every message takes equally long.
//!
//! Messages arrive in the order in which they were sent, so they wait in a list: the
//! message once, with its sender, and the destinations as numbers in another list. Two
//! such lists take turns, one being read while the other is written.
//!
//! ```text
//!   multicasts  │ n3 says m, to 3, at t │ n7 says m, to 2, at t │ …
//!   dests       │  5    2    9          │  1    4               │ …
//! ```

use swelkie_nodes::strategy::{Peer, Strategy, Wire};
use swelkie_nodes::{Seed, Time};

use super::{Carrier, Loss};
use crate::lab::conditions::Conditions;
use crate::lab::ensemble::Ensemble;

/// See the module.
#[derive(Clone, Debug)]
pub struct Rounds<M> {
    reading: List<M>,
    /// What of it was read.
    multicasts_read: usize,
    dests_read: usize,
    sending: Sending<M>,
}

#[derive(Clone, Debug)]
struct List<M> {
    multicasts: Vec<Underway<M>>,
    dests: Vec<Peer>,
}

#[derive(Clone, Debug)]
struct Underway<M> {
    message: M,
    due: Time,
    from: Peer,
    count: u32,
    carried: u32,
}

/// The end at which messages enter.
#[derive(Clone, Debug)]
struct Sending<M> {
    /// Nanoseconds.
    latency: u64,
    loss: Loss,
    list: List<M>,
}

impl<M> List<M> {
    const EMPTY: Self = List {
        multicasts: Vec::new(),
        dests: Vec::new(),
    };

    fn clear(&mut self) {
        self.multicasts.clear();
        self.dests.clear();
    }
}

impl<M: Wire> Sending<M> {
    #[inline]
    fn carry<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, from: Peer) {
        let due = Time(nodes.now.0.saturating_add(self.latency));
        let mut at = 0;
        for multicast in nodes.effects.multicasts.drain(..) {
            let (message, mut count) = (multicast.message, multicast.count);
            let weight = nodes.tally.sent(nodes.now, &message, count, &nodes.names);
            let dests = &nodes.effects.dests[at..at + count as usize];
            at += count as usize;
            if self.loss.is_none() {
                self.list.dests.extend_from_slice(dests);
            } else {
                let before = self.list.dests.len();
                let loss = &mut self.loss;
                self.list
                    .dests
                    .extend(dests.iter().filter(|_| !loss.loses()));
                let kept = (self.list.dests.len() - before) as u32;
                nodes.tally.trial.traffic.dropped += u64::from(count - kept);
                count = kept;
            }
            self.list.multicasts.push(Underway {
                message,
                due,
                from,
                count,
                carried: weight.carried,
            });
        }
        nodes.finish_effects(from, 0);
    }
}

impl<S: Strategy> Carrier<S> for Rounds<S::Message> {
    /// # Panics
    /// If the loss is not a probability.
    fn new(conditions: &Conditions) -> Self {
        let nanos = conditions.latency.mean.as_nanos();
        Rounds {
            reading: List::EMPTY,
            multicasts_read: 0,
            dests_read: 0,
            sending: Sending {
                latency: u64::try_from(nanos).unwrap_or(u64::MAX),
                loss: Loss::new(conditions.loss),
                list: List::EMPTY,
            },
        }
    }

    fn reset(&mut self, seed: Seed) {
        self.reading.clear();
        self.sending.list.clear();
        (self.multicasts_read, self.dests_read) = (0, 0);
        self.sending.loss.reset(seed);
    }

    #[inline]
    fn next_due(&self) -> Time {
        let reading = self.reading.multicasts.get(self.multicasts_read);
        let next = reading.or_else(|| self.sending.list.multicasts.first());
        next.map_or(Time::MAX, |multicast| multicast.due)
    }

    #[inline]
    fn carry(&mut self, nodes: &mut Ensemble<S>, from: Peer) {
        self.sending.carry(nodes, from);
    }

    #[inline]
    fn deliver(&mut self, nodes: &mut Ensemble<S>) {
        if self.multicasts_read == self.reading.multicasts.len() {
            self.reading.clear();
            std::mem::swap(&mut self.reading, &mut self.sending.list);
            (self.multicasts_read, self.dests_read) = (0, 0);
        }
        let multicasts = &self.reading.multicasts[self.multicasts_read..];
        for multicast in multicasts {
            let Underway { from, carried, .. } = *multicast;
            if multicast.due > nodes.now || nodes.tally.over {
                return;
            }
            let end = self.dests_read + multicast.count as usize;
            let mut dests = &self.reading.dests[self.dests_read..end];
            self.multicasts_read += 1;
            self.dests_read = end;
            while !dests.is_empty() && !nodes.tally.over {
                let acts;
                (acts, dests) = nodes.receive(dests, from, &multicast.message, carried);
                if let Some(node) = acts {
                    self.sending.carry(nodes, node);
                }
            }
        }
    }
}
