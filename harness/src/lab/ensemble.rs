//! The nodes of a cluster and all they share, without the way between them.

use std::sync::Arc;

use swelkie_nodes::strategy::{
    Context, Effects, Known, Lent, Neighbours, Peer, Rumor, Scratch, Strategy, Surroundings, Tag,
};
use swelkie_nodes::{Rng, Seed, Time};

use super::Neighbourhoods;
use super::conditions::Conditions;
use super::names::Numbered;
use super::tally::Tally;
use crate::network::Queue;

/// A timer that was set.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    pub node: Peer,
    pub tag: Tag,
    /// Which life of the node set it.
    pub life: u32,
}

/// All nodes. Handlers run here; what they ask for lies in `effects` until the carrier
/// takes the messages and [`Ensemble::set_timers`] the timers.
pub struct Ensemble<S: Strategy> {
    pub config: S::Config,
    pub now: Time,
    pub effects: Effects<S>,
    pub known: Known,
    pub names: Numbered,
    pub tally: Tally,
    pub timers: Queue<Alarm>,
    pub neighbours: Option<Arc<Neighbourhoods>>,
    pub nodes: Vec<S>,
    rng: Rng,
    scratch: Scratch,
}

impl<S: Strategy> Ensemble<S> {
    pub fn new(config: S::Config, conditions: &Conditions) -> Ensemble<S> {
        let broadcasts = &conditions.broadcasts;
        let attributes = broadcasts.iter().map(|news| news.attributes).collect();
        Ensemble {
            now: Time::ZERO,
            effects: Effects::default(),
            known: Known::new(conditions.nodes, broadcasts.len() as u32),
            names: Numbered::new(conditions.nodes, attributes),
            tally: Tally::new(conditions),
            timers: Queue::default(),
            neighbours: conditions.neighbours.clone(),
            nodes: Vec::with_capacity(conditions.nodes as usize),
            rng: Seed(0).rng(),
            scratch: Scratch::default(),
            config,
        }
    }

    /// How many nodes there are.
    #[inline]
    pub fn size(&self) -> u32 {
        self.tally.trial.nodes
    }

    /// New nodes that know nothing, at time 0.
    pub fn reset(&mut self, seed: Seed, rumors: usize) {
        self.now = Time::ZERO;
        self.effects.clear();
        self.known.clear();
        self.tally.reset(seed, rumors);
        self.timers.clear();
        self.rng = seed.fork("nodes");
        self.nodes.clear();
        let (config, size) = (&self.config, self.size());
        self.nodes.extend((0..size).map(|_| S::new(config)));
    }

    /// Another life of a node begins: what it remembered is gone.
    pub fn renew(&mut self, node: Peer) {
        self.nodes[node.index()] = S::new(&self.config);
    }

    /// Lets a node act.
    #[inline(always)]
    pub fn call(&mut self, node: Peer, handler: impl FnOnce(&mut S, &mut Context<S>)) {
        let size = self.size();
        let neighbours = match &self.neighbours {
            None => Neighbours::Others { but: node, size },
            Some(neighbours) => Neighbours::Listed(neighbours.of(node)),
        };
        let mut context = Context::new(Surroundings {
            config: &self.config,
            id: node,
            size,
            now: self.now,
            neighbours,
            rng: &mut self.rng,
            known: &mut self.known,
            row: node,
            names: &self.names,
            effects: &mut self.effects,
            scratch: &mut self.scratch,
        });
        handler(&mut self.nodes[node.index()], &mut context);
    }

    /// These nodes receive a message that carries so many rumors, one after the other up
    /// to the first that asks for something: that one, and what is left.
    #[inline]
    pub fn receive<'d>(
        &mut self,
        dests: &'d [Peer],
        from: Peer,
        message: &S::Message,
        carried: u32,
    ) -> (Option<Peer>, &'d [Peer]) {
        let (acts, received) = self.hear(dests, from, message);
        let (received, left) = dests.split_at(received);
        self.tally.received(self.now, received, carried);
        if let Some(node) = acts {
            self.count_delivered(node, from, 0);
        }
        (acts, left)
    }

    /// Lets nodes hear a message up to the first that asks for something: that one, and how
    /// many heard it.
    fn hear(&mut self, dests: &[Peer], from: Peer, message: &S::Message) -> (Option<Peer>, usize) {
        let size = self.size();
        let neighbours = self.neighbours.as_deref();
        let mut lent = Lent::new(Surroundings {
            config: &self.config,
            id: from,
            size,
            now: self.now,
            neighbours: Neighbours::Listed(&[]),
            rng: &mut self.rng,
            known: &mut self.known,
            row: from,
            names: &self.names,
            effects: &mut self.effects,
            scratch: &mut self.scratch,
        });
        for (before, &node) in dests.iter().enumerate() {
            let neighbours = match neighbours {
                None => Neighbours::Others { but: node, size },
                Some(neighbours) => Neighbours::Listed(neighbours.of(node)),
            };
            let cx = lent.to(node, neighbours);
            self.nodes[node.index()].on_receive(from, message, cx);
            if !lent.effects().is_empty() {
                return (Some(node), before + 1);
            }
        }
        (None, dests.len())
    }

    /// A client gives a node a rumor.
    pub fn broadcast(&mut self, node: Peer, rumor: Rumor) {
        if self.known.insert(node, rumor) {
            self.tally.accepted(self.now, node, rumor);
            self.effects.delivered.push(rumor);
            self.call(node, |strategy, cx| strategy.on_broadcast(rumor, cx));
            // It may have delivered others with it; the first was counted.
            self.count_delivered(node, node, 1);
        }
    }

    /// A timer fires.
    #[inline]
    pub fn fire(&mut self, alarm: Alarm) {
        self.tally.fired();
        self.call(alarm.node, |strategy, cx| strategy.on_timer(alarm.tag, cx));
        self.count_delivered(alarm.node, alarm.node, 0);
    }

    /// Counts what a node delivered, from position `at` on. What it delivers without being
    /// told just then it learned from itself.
    #[inline]
    fn count_delivered(&mut self, node: Peer, from: Peer, at: usize) {
        for &rumor in &self.effects.delivered[at..] {
            self.tally.delivered(self.now, node, from, rumor);
        }
    }

    /// The messages are taken: sets the timers that the node asked for and forgets the rest.
    #[inline]
    pub fn finish_effects(&mut self, node: Peer, life: u32) {
        self.effects.dests.clear();
        self.effects.delivered.clear();
        self.effects.records.clear();
        self.effects.withdrawn.clear();
        for (after, tag) in self.effects.timers.drain(..) {
            let due = Time(self.now.0.saturating_add(after));
            self.timers.push(due, Alarm { node, tag, life });
        }
    }
}
