//! Who took part, who started when, and who could tell whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use swelkie_checkers::{History, Nanos};

/// The places of a run: nodes first, then services.
pub(super) struct Map {
    pub names: Vec<String>,
    /// How many of them are nodes.
    pub nodes: usize,
    /// By place: when its lives began, as far as the journal says.
    pub lives: Vec<Vec<Nanos>>,
    index: BTreeMap<String, u32>,
    /// Told by the topology, or seen: by node, those that may tell it something.
    tellers: Vec<BTreeSet<u32>>,
    knows_topology: bool,
}

impl Map {
    pub fn new(history: &History, services: &[&str]) -> Map {
        let nodes = history.nodes.iter().map(|node| node.name.as_str());
        let names: Vec<String> = nodes
            .chain(services.iter().copied())
            .map(str::to_owned)
            .collect();
        Map {
            nodes: history.nodes.len(),
            lives: vec![Vec::new(); names.len()],
            index: names.iter().cloned().zip(0..).collect(),
            tellers: vec![BTreeSet::new(); names.len()],
            names,
            knows_topology: false,
        }
    }

    /// The place of this name; none for clients and strangers.
    pub fn place(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    pub fn is_service(&self, place: u32) -> bool {
        place as usize >= self.nodes
    }

    pub fn name(&self, place: u32) -> &str {
        &self.names[place as usize]
    }

    /// Takes the first topology that nodes are told; all of them are told the same.
    pub fn learn_topology(&mut self, topology: &RawValue) {
        if self.knows_topology {
            return;
        }
        self.knows_topology = true;
        let topology: BTreeMap<String, Option<Vec<String>>> =
            serde_json::from_str(topology.get()).unwrap_or_default();
        for (node, neighbours) in &topology {
            for neighbour in neighbours.iter().flatten() {
                if let (Some(one), Some(other)) = (self.place(node), self.place(neighbour)) {
                    self.tellers[one as usize].insert(other);
                    self.tellers[other as usize].insert(one);
                }
            }
        }
    }

    /// A message was sent from one place to another.
    pub fn note_link(&mut self, from: u32, to: u32) {
        if from != to {
            self.tellers[to as usize].insert(from);
        }
    }

    /// Those that may tell a place something: its neighbours in the topology and
    /// whoever sent it a message.
    pub fn tellers(&self, place: u32) -> impl Iterator<Item = u32> {
        self.tellers[place as usize].iter().copied()
    }
}
