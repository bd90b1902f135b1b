//! One node of a strategy under test, without a driver: say something, see the effects.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    Attributes, Context, Effects, Known, Names, Neighbours, Peer, Rumor, Scratch, Strategy,
    Surroundings, Tag,
};
use crate::node::Time;
use crate::registry;
use crate::rng::{Rng, Seed};

/// Rumors are called by their numbers and peers `n0`, `n1`, … `n98`.
#[derive(Default)]
pub struct Plain {
    pub attributes: BTreeMap<Rumor, Attributes>,
}

impl Names for Plain {
    fn write_rumor(&self, rumor: Rumor, out: &mut Vec<u8>) {
        out.extend_from_slice(rumor.0.to_string().as_bytes());
    }

    fn write_peer(&self, peer: Peer, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("\"n{}\"", peer.0).as_bytes());
    }

    fn read_rumor(&mut self, json: &str) -> Rumor {
        Rumor(json.parse().expect("a number"))
    }

    fn read_peer(&self, name: &str) -> Option<Peer> {
        let number = name.strip_prefix('n')?.parse().ok()?;
        (number < 99).then_some(Peer(number))
    }

    fn key(&self, rumor: Rumor) -> u64 {
        Seed(u64::from(rumor.0)).child("key").0
    }

    fn find(&self, key: u64) -> Option<Rumor> {
        (0..10_000).map(Rumor).find(|&rumor| self.key(rumor) == key)
    }

    fn attributes(&self, rumor: Rumor) -> Attributes {
        self.attributes.get(&rumor).copied().unwrap_or_default()
    }
}

/// One node and what surrounds it. Handlers return what was sent, as
/// (destinations, message as debug text).
pub struct Probe<S: Strategy> {
    pub node: S,
    pub config: S::Config,
    pub id: Peer,
    pub size: u32,
    pub now: Time,
    /// All others if there are none.
    pub neighbours: Vec<Peer>,
    pub rng: Rng,
    pub known: Known,
    pub names: Plain,
    /// Timers that were set and have not fired: when, what for.
    pub timers: Vec<(Time, Tag)>,
    pub records: Vec<String>,
}

impl<S: Strategy> Probe<S> {
    /// Node 0 of `size`, with the parameters of a spec such as `sample:fanout=3`; started.
    pub fn new(spec: &str, size: u32) -> Probe<S> {
        let (name, settings) = registry::settings(spec).expect("a spec");
        assert_eq!(name, S::ABOUT.name);
        let config = S::configure(&settings).expect("a configuration");
        let mut probe = Probe {
            node: S::new(&config),
            config,
            id: Peer(0),
            size,
            now: Time::ZERO,
            neighbours: Vec::new(),
            rng: Seed(1).rng(),
            known: Known::new(size, 10_000),
            names: Plain::default(),
            timers: Vec::new(),
            records: Vec::new(),
        };
        probe.call(|node, cx| node.start(cx));
        probe
    }

    /// A client broadcasts.
    pub fn broadcast(&mut self, rumor: u32) -> Vec<(Vec<u32>, String)> {
        self.known.insert(self.id, Rumor(rumor));
        self.call(|node, cx| node.on_broadcast(Rumor(rumor), cx))
    }

    /// A peer says something.
    pub fn receive(&mut self, from: u32, message: S::Message) -> Vec<(Vec<u32>, String)> {
        self.call(|node, cx| node.on_receive(Peer(from), &message, cx))
    }

    /// The next timer fires; nothing if there is none.
    pub fn wait(&mut self) -> Vec<(Vec<u32>, String)> {
        self.timers.sort_unstable();
        if self.timers.is_empty() {
            return Vec::new();
        }
        let (at, tag) = self.timers.remove(0);
        self.now = at;
        self.call(|node, cx| node.on_timer(tag, cx))
    }

    /// What the node knows.
    pub fn known(&self) -> Vec<u32> {
        self.known.of(self.id).map(|rumor| rumor.0).collect()
    }

    pub fn call(
        &mut self,
        handler: impl FnOnce(&mut S, &mut Context<S>),
    ) -> Vec<(Vec<u32>, String)> {
        let mut effects = Effects::default();
        let mut scratch = Scratch::default();
        let neighbours = match self.neighbours.as_slice() {
            [] => Neighbours::Others {
                but: self.id,
                size: self.size,
            },
            listed => Neighbours::Listed(listed),
        };
        let mut context = Context::new(Surroundings {
            config: &self.config,
            id: self.id,
            size: self.size,
            now: self.now,
            neighbours,
            rng: &mut self.rng,
            known: &mut self.known,
            row: self.id,
            names: &self.names,
            effects: &mut effects,
            scratch: &mut scratch,
        });
        handler(&mut self.node, &mut context);
        for (after, tag) in effects.timers {
            self.timers
                .push((self.now + Duration::from_nanos(after), tag));
        }
        let records = effects.records.iter();
        self.records
            .extend(records.map(|record| format!("{record:?}")));
        let mut dests = effects.dests.into_iter().map(|peer| peer.0);
        let sent = effects.multicasts.iter().map(|multicast| {
            let dests = dests.by_ref().take(multicast.count as usize).collect();
            (dests, format!("{:?}", multicast.message))
        });
        sent.collect()
    }
}
