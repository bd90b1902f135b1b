//! The nodes' lives, as the engine sees them.
//!
//! ```text
//!   Waiting ─ room ─► Spawning ─► Init ─ init_ok ─► Topology ─ topology_ok ─► Up
//!      ▲                 └───────────┴──────┬───────────┴──────────────────────┤
//!      │                        kill, stop  ▼                    exits unasked ▼
//!      └── last fault that kept it down ── Down ◄─ exited ─ Dying           Crashed
//!          ends
//! ```
//!
//! Kills and pauses are counted, so that faults compose: a node is down while any
//! kill lasts, paused while any pause lasts.

use std::collections::VecDeque;

use super::Letter;
use crate::network::Packet;

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// To be started as soon as there is room among those starting.
    Waiting,
    /// The driver starts it.
    Spawning,
    /// `init` is sent.
    Init,
    /// `topology` is sent.
    Topology,
    /// It takes part.
    Up,
    /// We ended it; its exit has not been seen yet.
    Dying,
    /// We ended it.
    Down,
    /// It ended by itself, or never came up: for good.
    Crashed,
}

/// One node.
pub struct NodeState {
    /// Where it stands.
    pub life: Life,
    /// Its present life, or the last one; from 0.
    pub incarnation: u32,
    /// How many faults keep it down.
    pub kills: u32,
    /// Down for good.
    pub forever: bool,
    /// How many faults pause it.
    pub pauses: u32,
    /// Whether the process is stopped.
    pub paused: bool,
    /// Whether it was asked to end and may still ignore that.
    pub stopping: bool,
    spawned_before: bool,
    waiting: VecDeque<Packet<Letter>>,
}

/// All nodes.
pub struct Fleet {
    nodes: Vec<NodeState>,
    /// Nodes in [`Life::Waiting`], in order.
    queue: VecDeque<usize>,
    starting: usize,
    spawn_limit: usize,
    waiting_bytes: u64,
    begun: bool,
}

impl Fleet {
    /// Nodes that have not been started.
    #[must_use]
    pub fn new(count: usize, spawn_limit: usize) -> Fleet {
        let node = || NodeState {
            life: Life::Down,
            incarnation: 0,
            kills: 0,
            forever: false,
            pauses: 0,
            paused: false,
            stopping: false,
            spawned_before: false,
            waiting: VecDeque::new(),
        };
        Fleet {
            nodes: (0..count).map(|_| node()).collect(),
            queue: VecDeque::new(),
            starting: 0,
            spawn_limit: spawn_limit.max(1),
            waiting_bytes: 0,
            begun: false,
        }
    }

    /// A node.
    #[must_use]
    pub fn node(&self, node: usize) -> &NodeState {
        &self.nodes[node]
    }

    /// A node, to change its counts.
    pub fn node_mut(&mut self, node: usize) -> &mut NodeState {
        &mut self.nodes[node]
    }

    /// Whether starting has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// Puts a node in the queue of those to be started.
    pub fn enqueue(&mut self, node: usize) {
        self.begun = true;
        self.nodes[node].life = Life::Waiting;
        self.queue.push_back(node);
    }

    /// The next node to spawn, if there is room; it gets its new incarnation.
    pub fn next_spawn(&mut self) -> Option<usize> {
        if self.starting >= self.spawn_limit {
            return None;
        }
        let node = self.queue.pop_front()?;
        self.starting += 1;
        let state = &mut self.nodes[node];
        state.life = Life::Spawning;
        state.incarnation += u32::from(state.spawned_before);
        state.spawned_before = true;
        Some(node)
    }

    /// Changes where a node stands, which may make room for others to start.
    pub fn set_life(&mut self, node: usize, life: Life) {
        let starts = |life| matches!(life, Life::Spawning | Life::Init);
        let was = std::mem::replace(&mut self.nodes[node].life, life);
        if starts(was) && !starts(life) {
            self.starting -= 1;
        }
        if was == Life::Waiting {
            self.queue.retain(|&queued| queued != node);
        }
    }

    /// Whether this is the node's present life (a dying one may still speak).
    #[must_use]
    pub fn is_current(&self, node: usize, incarnation: u32) -> bool {
        let state = &self.nodes[node];
        let alive = !matches!(state.life, Life::Waiting | Life::Down | Life::Crashed);
        alive && state.incarnation == incarnation
    }

    /// Whether operations can be invoked on it.
    #[must_use]
    pub fn is_up(&self, node: usize) -> bool {
        self.nodes[node].life == Life::Up
    }

    /// Whether every node is up, or down for good.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.nodes.iter().all(|state| match state.life {
            Life::Up => !state.paused,
            Life::Crashed => true,
            Life::Down => state.forever,
            _ => false,
        })
    }

    /// Whether no node can ever do anything again.
    #[must_use]
    pub fn all_crashed(&self) -> bool {
        self.nodes.iter().all(|state| state.life == Life::Crashed)
    }

    /// A message waits until the node has started or is resumed.
    pub fn wait(&mut self, node: usize, packet: Packet<Letter>) {
        self.waiting_bytes += u64::from(packet.size);
        self.nodes[node].waiting.push_back(packet);
    }

    /// What waited for the node, in order.
    pub fn take_waiting(&mut self, node: usize) -> VecDeque<Packet<Letter>> {
        let waiting = std::mem::take(&mut self.nodes[node].waiting);
        self.waiting_bytes -= waiting
            .iter()
            .map(|packet| u64::from(packet.size))
            .sum::<u64>();
        waiting
    }

    /// How many messages wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.nodes
            .iter()
            .map(|state| state.waiting.len() as u64)
            .sum()
    }

    /// Bytes of all messages that wait.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes
    }
}
