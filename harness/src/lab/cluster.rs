//! A cluster in virtual time: thousands of trials, one after the other.
//!
//! Contract: [`Cluster::run`] plays one trial from its seed; the same seed gives the
//! same trial. Memory is kept from trial to trial, so that after the first few a trial
//! of [`Rounds`](super::carrier::Rounds) or [`Random`](super::carrier::Random) allocates
//! nothing of its own.
//!
//! What is due at the same moment happens in this order: faults end and begin, clients
//! broadcast, messages arrive in the order they were sent, timers fire in the order they
//! were set; a message that takes no time arrives before the next timer fires. The
//! simulated runs of `swelkie test --sim` keep the same order.
//!
//! ```text
//!   start all ─► ┌─► faults? ─► broadcast? ─► messages? ─► timers? ─► handler ─┐
//!                └── now := what is due first ◄──── carrier ◄──── effects ◄────┘
//! ```
//!
//! All nodes of a trial draw from one random stream, in the order of events.

use rand::RngExt;
use swelkie_nodes::strategy::{Peer, Strategy};
use swelkie_nodes::{Rng, Seed, Time};

use super::carrier::{Access, Carrier, Faulty, Random, Rounds};
use super::conditions::{Broadcast, Conditions, Origin};
use super::ensemble::Ensemble;
use super::trial::{End, Trial};
use crate::network::Sampler;

/// A cluster of nodes that all run the strategy `S`, with `C` between them.
pub struct Cluster<S: Strategy, C> {
    pub(super) nodes: Ensemble<S>,
    pub(super) carrier: C,
    broadcasts: Vec<Broadcast>,
    next_broadcast: usize,
    origins: Rng,
    horizon: Time,
    /// Nanoseconds without news after which nobody expects more.
    idle: u64,
}

impl<S: Strategy, C: Carrier<S>> Cluster<S, C> {
    /// A cluster under these conditions.
    ///
    /// # Panics
    /// If there are no nodes, the broadcasts are not in the order of time or at a node that
    /// does not exist, the neighbourhoods are those of another number of nodes, or the loss
    /// is not in 0…1.
    #[must_use]
    pub fn new(config: S::Config, conditions: &Conditions) -> Cluster<S, C> {
        let Conditions {
            nodes, broadcasts, ..
        } = conditions;
        assert!(*nodes > 0, "a cluster has nodes");
        assert!(
            broadcasts.is_sorted_by_key(|news| news.at),
            "broadcasts are in the order of time"
        );
        let exists = |news: &Broadcast| match news.origin {
            Origin::Node(node) => node.0 < *nodes,
            Origin::Random => true,
        };
        assert!(broadcasts.iter().all(exists), "a broadcast is at a node");
        if let Some(neighbours) = &conditions.neighbours {
            assert_eq!(neighbours.nodes(), *nodes, "everybody has neighbours");
        }
        Cluster {
            nodes: Ensemble::new(config, conditions),
            carrier: C::new(conditions),
            broadcasts: broadcasts.clone(),
            next_broadcast: 0,
            origins: Seed(0).rng(),
            horizon: Time::ZERO + conditions.bounds.horizon,
            idle: conditions
                .bounds
                .idle
                .map_or(u64::MAX, |span| (Time::ZERO + span).0),
        }
    }

    /// Plays one trial.
    pub fn run(&mut self, seed: Seed) -> &Trial {
        self.reset(seed);
        self.start();
        let end = self.play();
        self.nodes.tally.finish(self.nodes.now, end);
        &self.nodes.tally.trial
    }

    fn reset(&mut self, seed: Seed) {
        self.nodes.reset(seed, self.broadcasts.len());
        self.carrier.reset(seed);
        self.next_broadcast = 0;
        if self
            .broadcasts
            .iter()
            .any(|news| news.origin == Origin::Random)
        {
            self.origins = seed.fork("origins");
        }
    }

    /// Starts all nodes, then tells them all who their neighbours are.
    fn start(&mut self) {
        let nodes = (0..self.nodes.size()).map(Peer);
        for node in nodes.clone() {
            self.nodes.call(node, |strategy, cx| strategy.start(cx));
            self.carry(node);
        }
        for node in nodes {
            self.nodes
                .call(node, |strategy, cx| strategy.on_neighbours(cx));
            self.carry(node);
        }
    }

    #[inline]
    fn carry(&mut self, node: Peer) {
        if !self.nodes.effects.is_empty() {
            self.carrier.carry(&mut self.nodes, node);
        }
    }

    /// Lets things happen until nothing does any more, or enough has.
    fn play(&mut self) -> End {
        loop {
            if self.nodes.tally.over {
                return self.nodes.tally.why();
            }
            let change = self.carrier.next_change();
            let broadcast = self.next_broadcast();
            let message = self.carrier.next_due();
            let timer = self.nodes.timers.next_due().unwrap_or(Time::MAX);
            let next = change.min(broadcast).min(message).min(timer);
            if next == Time::MAX {
                return End::Quiet;
            }
            if next > self.horizon {
                return End::Horizon;
            }
            let quiet = next.0 - self.nodes.tally.news.0 > self.idle;
            if quiet && self.next_broadcast == self.broadcasts.len() {
                return End::Quiet;
            }
            self.nodes.now = next;
            if change == next {
                self.carrier.change(&mut self.nodes);
            } else if broadcast == next {
                self.broadcast();
            } else if message == next {
                self.carrier.deliver(&mut self.nodes);
            } else {
                self.fire(next);
            }
        }
    }

    #[inline]
    fn next_broadcast(&self) -> Time {
        let next = self.broadcasts.get(self.next_broadcast);
        next.map_or(Time::MAX, |news| Time::ZERO + news.at)
    }

    fn broadcast(&mut self) {
        let origin = match self.broadcasts[self.next_broadcast].origin {
            Origin::Node(node) => node,
            Origin::Random => Peer(self.origins.random_range(0..self.nodes.size())),
        };
        self.next_broadcast += 1;
        let rumor = self.nodes.tally.begin(self.nodes.now, origin);
        match self.carrier.accept(origin, rumor) {
            Access::Open => {
                self.nodes.broadcast(origin, rumor);
                self.carry(origin);
            }
            Access::Waits => {}
            Access::Refused => self.nodes.tally.refuse(rumor),
        }
    }

    fn fire(&mut self, now: Time) {
        let Some((_, alarm)) = self.nodes.timers.pop(now) else {
            return;
        };
        if self.carrier.lets_fire(alarm) {
            self.nodes.fire(alarm);
            self.carry(alarm.node);
        }
    }
}

/// A cluster with the fastest way between its nodes that can do what the conditions ask.
pub enum AnyCluster<S: Strategy> {
    /// Constant latency, no faults.
    Rounds(Box<Cluster<S, Rounds<S::Message>>>),
    /// Random latency, no faults.
    Random(Box<Cluster<S, Random<S::Message>>>),
    /// Faults.
    Faulty(Box<Cluster<S, Faulty<S::Message>>>),
}

impl<S: Strategy> AnyCluster<S> {
    /// A cluster under these conditions.
    ///
    /// # Panics
    /// As [`Cluster::new`].
    #[must_use]
    pub fn new(config: S::Config, conditions: &Conditions) -> AnyCluster<S> {
        let constant = matches!(conditions.latency.sampler(), Sampler::Constant(_));
        if conditions.faults.is_some() {
            AnyCluster::Faulty(Box::new(Cluster::new(config, conditions)))
        } else if constant {
            AnyCluster::Rounds(Box::new(Cluster::new(config, conditions)))
        } else {
            AnyCluster::Random(Box::new(Cluster::new(config, conditions)))
        }
    }

    /// Plays one trial. The same seed gives the same trial.
    pub fn run(&mut self, seed: Seed) -> &Trial {
        match self {
            AnyCluster::Rounds(cluster) => cluster.run(seed),
            AnyCluster::Random(cluster) => cluster.run(seed),
            AnyCluster::Faulty(cluster) => cluster.run(seed),
        }
    }
}
