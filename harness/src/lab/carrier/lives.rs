//! Who is up, down or paused, and what waits for whom.

use std::collections::VecDeque;

use swelkie_nodes::strategy::{Peer, Rumor, Tag};

/// A node, as far as faults care.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// How many kills keep it down.
    pub kills: u32,
    /// How many pauses stop it.
    pub pauses: u32,
    /// Down for good.
    pub forever: bool,
    /// How often it was killed.
    pub number: u32,
    /// Timers that fell due during a pause, in order.
    pub overdue: Vec<Tag>,
    /// What came during a pause, in order.
    pub waiting: VecDeque<Waiting>,
    /// Records it stored, as JSON, oldest first.
    pub store: Vec<String>,
}

/// What waits for a paused node.
#[derive(Clone, Copy, Debug)]
pub enum Waiting {
    /// A message, by the slot it is in.
    Message(u32),
    /// A rumor from a client.
    News(Rumor),
}

impl Life {
    /// Whether it is there at all.
    pub fn is_up(&self) -> bool {
        self.kills == 0 && !self.forever
    }

    /// Whether it acts.
    pub fn acts(&self) -> bool {
        self.is_up() && self.pauses == 0
    }
}

/// All lives.
#[derive(Clone, Debug)]
pub struct Lives(Vec<Life>);

impl Lives {
    pub fn new(nodes: u32) -> Lives {
        Lives(vec![Life::default(); nodes as usize])
    }

    pub fn of(&mut self, node: Peer) -> &mut Life {
        &mut self.0[node.index()]
    }
}
