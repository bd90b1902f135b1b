//! Every message takes equally long.
//!
//! Messages arrive in the order in which they were sent, so they wait in a list: the
//! message once, with its sender, and the destinations as numbers in another list.
//!
//! ```text
//!   multicasts  │ n3 says m, to 3, at t │ n7 says m, to 2, at t │ …
//!   dests       │  5    2    9          │  1    4               │ …
//! ```

use std::collections::VecDeque;

use swelkie_nodes::strategy::{Peer, Strategy};
use swelkie_nodes::{Seed, Time};

use super::{Carrier, Loss};
use crate::lab::conditions::Conditions;
use crate::lab::ensemble::Ensemble;

/// See the module.
#[derive(Clone, Debug)]
pub struct Rounds<M> {
    /// Nanoseconds.
    latency: u64,
    loss: Loss,
    multicasts: VecDeque<Underway<M>>,
    dests: VecDeque<Peer>,
    /// The destinations of the multicast at hand.
    here: Vec<Peer>,
}

#[derive(Clone, Debug)]
struct Underway<M> {
    message: M,
    due: Time,
    from: Peer,
    count: u32,
    carried: u32,
}

impl<S: Strategy> Carrier<S> for Rounds<S::Message> {
    /// # Panics
    /// If the loss is not a probability.
    fn new(conditions: &Conditions) -> Self {
        let nanos = conditions.latency.mean.as_nanos();
        Rounds {
            latency: u64::try_from(nanos).unwrap_or(u64::MAX),
            loss: Loss::new(conditions.loss),
            multicasts: VecDeque::new(),
            dests: VecDeque::new(),
            here: Vec::new(),
        }
    }

    fn reset(&mut self, seed: Seed) {
        self.multicasts.clear();
        self.dests.clear();
        self.loss.reset(seed);
    }

    #[inline]
    fn next_due(&self) -> Time {
        self.multicasts.front().map_or(Time::MAX, |first| first.due)
    }

    #[inline]
    fn carry(&mut self, nodes: &mut Ensemble<S>, from: Peer) {
        let due = Time(nodes.now.0.saturating_add(self.latency));
        let mut at = 0;
        for multicast in nodes.effects.multicasts.drain(..) {
            let (message, count) = (multicast.message, multicast.count);
            let weight = nodes.tally.sent(&message, count, &nodes.names);
            let dests = &nodes.effects.dests[at..at + count as usize];
            at += count as usize;
            let before = self.dests.len();
            if self.loss.is_none() {
                self.dests.extend(dests);
            } else {
                let loss = &mut self.loss;
                self.dests.extend(dests.iter().filter(|_| !loss.loses()));
            }
            let kept = (self.dests.len() - before) as u32;
            nodes.tally.trial.traffic.dropped += u64::from(count - kept);
            self.multicasts.push_back(Underway {
                message,
                due,
                from,
                count: kept,
                carried: weight.carried,
            });
        }
        nodes.effects.dests.clear();
        nodes.effects.records.clear();
        nodes.effects.delivered.clear();
        nodes.effects.withdrawn.clear();
        nodes.set_timers(from, 0);
    }

    #[inline]
    fn deliver<const LOAD: bool>(&mut self, nodes: &mut Ensemble<S>) {
        let Some(multicast) = self.multicasts.pop_front() else {
            return;
        };
        let Underway { message, from, .. } = multicast;
        let mut here = std::mem::take(&mut self.here);
        here.clear();
        here.extend(self.dests.drain(..multicast.count as usize));
        for (before, &node) in here.iter().enumerate() {
            if nodes.receive::<LOAD>(node, from, &message) {
                self.carry(nodes, node);
                if nodes.tally.over {
                    here.truncate(before + 1);
                    break;
                }
            }
        }
        nodes.tally.arrived(here.len() as u32, multicast.carried);
        self.here = here;
    }
}
