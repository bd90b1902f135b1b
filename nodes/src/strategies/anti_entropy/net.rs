//! Typed nodes that all know each other, in rounds: every message takes the same time,
//! far less than a round.

use std::collections::{BTreeMap, VecDeque};

use super::{Config, Digest, Entropy, Said};
use crate::node::Time;
use crate::registry;
use crate::rng::{Rng, Seed};
use crate::strategy::{
    Attributes, Context, Effects, Known, Names, Neighbours, Peer, Rumor, Scratch, Strategy,
    Surroundings, Tag, Wire, Writer,
};

/// Rumors are called by their numbers, and keyed by a hash of them.
pub struct Numbers {
    keys: Vec<u64>,
    rumors: BTreeMap<u64, Rumor>,
}

impl Numbers {
    fn new(count: u32) -> Numbers {
        let key = |number: u32| Seed(u64::from(number)).child("key").0;
        Numbers {
            keys: (0..count).map(key).collect(),
            rumors: (0..count)
                .map(|number| (key(number), Rumor(number)))
                .collect(),
        }
    }
}

impl Names for Numbers {
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
        name.strip_prefix('n')?.parse().ok().map(Peer)
    }

    fn key(&self, rumor: Rumor) -> u64 {
        self.keys[rumor.index()]
    }

    fn find(&self, key: u64) -> Option<Rumor> {
        self.rumors.get(&key).copied()
    }

    fn attributes(&self, _rumor: Rumor) -> Attributes {
        Attributes::default()
    }
}

/// The nodes. See the module.
pub struct Net<D: Digest> {
    pub config: Config<D::Config>,
    pub nodes: Vec<Entropy<D>>,
    pub known: Known,
    pub names: Numbers,
    pub rng: Rng,
    /// What each node stored beside rumors, oldest first.
    pub records: Vec<Vec<D::Record>>,
    queue: VecDeque<(Peer, Peer, Said<D::Message>)>,
    scratch: Scratch,
    /// Whether the bytes of messages count: writing them takes time.
    pub measures: bool,
    pub messages: usize,
    pub bytes: usize,
    pub largest: usize,
    pub carried: usize,
}

impl<D: Digest> Net<D> {
    /// Nodes with the parameters of a spec, not started, and names for so many rumors.
    pub fn new(spec: &str, seed: u64, nodes: u32, rumors: u32) -> Net<D> {
        println!("seed {seed}");
        let (name, settings) = registry::settings(spec).expect("a spec");
        assert_eq!(name, D::ABOUT.name);
        let config = Entropy::<D>::configure(&settings).expect("a configuration");
        Net {
            nodes: (0..nodes).map(|_| Entropy::new(&config)).collect(),
            config,
            known: Known::new(nodes, rumors),
            names: Numbers::new(rumors),
            rng: Seed(seed).rng(),
            records: (0..nodes).map(|_| Vec::new()).collect(),
            queue: VecDeque::new(),
            scratch: Scratch::default(),
            measures: false,
            messages: 0,
            bytes: 0,
            largest: 0,
            carried: 0,
        }
    }

    pub fn start(&mut self) {
        for node in 0..self.nodes.len() as u32 {
            self.call(Peer(node), |node, cx| node.start(cx));
        }
    }

    /// A node is killed and starts again, with what it stored or without.
    pub fn restart(&mut self, node: u32, wipe: bool) {
        let at = Peer(node);
        self.nodes[at.index()] = Entropy::new(&self.config);
        let records = std::mem::take(&mut self.records[at.index()]);
        if wipe {
            self.known.forget(at);
        } else {
            let texts: Vec<String> = records.iter().map(|record| self.text(record)).collect();
            for (record, text) in records.into_iter().zip(texts) {
                let again = self.parse::<D::Record>(&text);
                self.call(at, |node, cx| node.on_record(again, cx));
                self.records[at.index()].push(record);
            }
        }
        self.call(at, |node, cx| node.start(cx));
    }

    pub fn broadcast(&mut self, node: u32, rumor: u32) {
        if self.known.insert(Peer(node), Rumor(rumor)) {
            self.call(Peer(node), |node, cx| node.on_broadcast(Rumor(rumor), cx));
        }
    }

    /// Every node begins a round, and all that comes of it arrives, but what `lost` takes.
    pub fn round(&mut self, lost: impl FnMut(&Said<D::Message>) -> bool) {
        for node in 0..self.nodes.len() as u32 {
            self.call(Peer(node), |node, cx| node.on_timer(Tag(0), cx));
        }
        self.settle(lost);
    }

    /// One node begins a round, and all that comes of it arrives.
    pub fn exchange(&mut self, node: u32) {
        self.round_of(node, |_| false);
    }

    /// One node begins a round, and all that comes of it arrives, but what `lost` takes.
    pub fn round_of(&mut self, node: u32, lost: impl FnMut(&Said<D::Message>) -> bool) {
        self.call(Peer(node), |node, cx| node.on_timer(Tag(0), cx));
        self.settle(lost);
    }

    /// A node says something, and all that comes of it arrives.
    pub fn say(&mut self, from: u32, to: u32, said: Said<D::Message>) {
        self.queue.push_back((Peer(from), Peer(to), said));
        self.settle(|_| false);
    }

    fn settle(&mut self, mut lost: impl FnMut(&Said<D::Message>) -> bool) {
        while let Some((from, to, said)) = self.queue.pop_front() {
            self.messages += 1;
            self.carried += said.carried();
            let said = if self.measures {
                let text = self.text(&said);
                self.bytes += text.len();
                self.largest = self.largest.max(text.len());
                self.parse(&text)
            } else {
                said
            };
            if !lost(&said) {
                self.call(to, |node, cx| node.on_receive(from, &said, cx));
            }
        }
    }

    pub fn text(&self, message: &impl Wire) -> String {
        let mut text = Vec::new();
        Writer::write(message, &self.names, &mut text);
        String::from_utf8(text).expect("JSON is text")
    }

    fn parse<W: Wire>(&mut self, text: &str) -> W {
        let mut reader = crate::strategy::Reader::new(text, &mut self.names);
        let kind = reader.kind().expect("a type");
        W::read(&kind, &mut reader).unwrap_or_else(|| panic!("reads what it wrote: {text}"))
    }

    pub fn count(&self, rumor: u32) -> usize {
        let nodes = 0..self.nodes.len() as u32;
        nodes
            .filter(|&node| self.known.contains(Peer(node), Rumor(rumor)))
            .count()
    }

    /// Whether all nodes know these and no others.
    pub fn all_know(&self, count: u32) -> bool {
        (0..self.nodes.len() as u32).all(|node| self.known.count(Peer(node)) == count)
    }

    fn call(&mut self, at: Peer, handler: impl FnOnce(&mut Entropy<D>, &mut Context<Entropy<D>>)) {
        let mut effects = Effects::default();
        let size = self.nodes.len() as u32;
        let mut context = Context::new(Surroundings {
            config: &self.config,
            id: at,
            size,
            now: Time::ZERO,
            neighbours: Neighbours::Others { but: at, size },
            rng: &mut self.rng,
            known: &mut self.known,
            row: at,
            names: &self.names,
            effects: &mut effects,
            scratch: &mut self.scratch,
        });
        handler(&mut self.nodes[at.index()], &mut context);
        self.records[at.index()].append(&mut effects.records);
        let mut dests = effects.dests.into_iter();
        for multicast in effects.multicasts {
            assert_eq!(multicast.count, 1, "an exchange is between two");
            let dest = dests.next().expect("a destination");
            self.queue.push_back((at, dest, multicast.message));
        }
    }
}
