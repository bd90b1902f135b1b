//! Carries out the schedule.
//!
//! A fault begins and ends at planned times after time zero; the final heal ends
//! what still lasts. Each end undoes only itself: a node is down while any kill
//! lasts. What had no effect is recorded as such.
//!
//! ```text
//!   kill-1 on n0   |────────────|
//!   kill-2 on n0         |────────────|
//!   n0        up   |······· down ······| starts again
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use swelkie_nodes::Time;

use super::fleet::Life;
use super::{Engine, Letter, Output, Stage};
use crate::faults::{Action, Schedule, Scope};
use crate::network::{FaultId, LinkFault, Links, Network};

/// What became of one fault of the schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Its name in the schedule.
    pub name: String,
    /// What and where, in few words.
    pub summary: String,
    /// What and where, for programs.
    #[serde(flatten)]
    pub scope: Scope,
    /// When it began; none if the run ended before.
    #[serde(rename = "began_ns")]
    pub began: Option<Time>,
    /// When it ended.
    #[serde(rename = "ended_ns")]
    pub ended: Option<Time>,
    /// For faults of links: how many messages it touched. For faults of nodes:
    /// how many nodes.
    pub touched: u64,
    /// The nodes it had an effect on, for faults of nodes.
    #[serde(skip)]
    pub hit: BTreeSet<usize>,
    /// Whether it acts on links, so that `touched` counts messages.
    pub on_links: bool,
    /// What had no effect, and why.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    End,
    Begin,
}

/// The schedule and how far it has been carried out.
pub struct Nemesis {
    schedule: Schedule,
    /// (nanoseconds after time zero, end before begin, which fault).
    steps: Vec<(u64, Edge, usize)>,
    next: usize,
    zero: Option<Time>,
    records: Vec<FaultRecord>,
    always: Vec<String>,
    restarts: Vec<u64>,
}

impl Nemesis {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(schedule: &Schedule, always: &[(Links, LinkFault)]) -> Nemesis {
        let nanos = |span: std::time::Duration| span.as_nanos() as u64;
        let mut steps = Vec::new();
        for (index, fault) in schedule.faults.iter().enumerate() {
            steps.push((nanos(fault.at), Edge::Begin, index));
            if let Some(lasts) = fault.lasts {
                steps.push((nanos(fault.at + lasts), Edge::End, index));
            }
        }
        steps.sort_unstable();
        let record = |fault: &crate::faults::Fault| FaultRecord {
            name: fault.name.clone(),
            summary: fault.summary.clone(),
            scope: fault.scope.clone(),
            began: None,
            ended: None,
            touched: 0,
            hit: BTreeSet::new(),
            on_links: matches!(fault.action, Action::Link { .. }),
            notes: Vec::new(),
        };
        Nemesis {
            records: schedule.faults.iter().map(record).collect(),
            schedule: schedule.clone(),
            steps,
            next: 0,
            zero: None,
            always: (0..always.len()).map(|_| "network".to_owned()).collect(),
            restarts: Vec::new(),
        }
    }

    /// Puts what is so all the time into the network.
    pub fn apply_always(&self, always: &[(Links, LinkFault)], network: &mut Network<Letter>) {
        let first = self.records.len();
        for (index, (links, fault)) in always.iter().enumerate() {
            let id = FaultId((first + index) as u32);
            network.begin(Time::ZERO, id, links.clone(), fault.clone());
        }
    }

    /// The name of a fault; `network` for what is so all the time.
    #[must_use]
    pub fn name(&self, fault: FaultId) -> &str {
        let index = fault.0 as usize;
        match self.records.get(index) {
            Some(record) => &record.name,
            None => &self.always[index - self.records.len()],
        }
    }

    /// When the next fault begins or ends.
    #[must_use]
    pub fn next_deadline(&self) -> Time {
        match (self.zero, self.steps.get(self.next)) {
            (Some(zero), Some(step)) => Time(zero.nanos().saturating_add(step.0)),
            _ => Time::MAX,
        }
    }

    /// Operations begin: the schedule's clock starts.
    pub fn start_clock(&mut self, zero: Time) {
        self.zero = Some(zero);
    }

    /// A node that was down when a pause began is started and paused now.
    pub fn note_paused(&mut self, node: usize) {
        for index in 0..self.records.len() {
            let record = &self.records[index];
            let lasts = record.began.is_some() && record.ended.is_none();
            let action = &self.schedule.faults[index].action;
            if lasts && matches!(action, Action::Pause { nodes } if nodes.contains(&node)) {
                self.touch(index, node);
            }
        }
    }

    /// A fault had an effect on a node.
    fn touch(&mut self, index: usize, node: usize) {
        let record = &mut self.records[index];
        record.hit.insert(node);
        record.touched = record.hit.len() as u64;
    }

    /// A killed node is up again.
    pub fn note_restarted(&mut self, node: usize) {
        self.restarts.resize((node + 1).max(self.restarts.len()), 0);
        self.restarts[node] += 1;
    }

    /// How often nodes came up again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.restarts.iter().sum()
    }

    /// The faults that last now.
    pub fn active(&self) -> impl Iterator<Item = &FaultRecord> {
        self.records
            .iter()
            .filter(|record| record.began.is_some() && record.ended.is_none())
    }

    /// What became of every fault.
    pub fn records(&self, network: &Network<Letter>) -> Vec<FaultRecord> {
        let mut records = self.records.clone();
        for (index, record) in records.iter_mut().enumerate() {
            if record.on_links {
                record.touched = network.touched(FaultId(index as u32));
            }
        }
        records
    }
}

impl Engine {
    /// Begins or ends the next fault of the schedule.
    pub(super) fn step_fault(&mut self, now: Time) {
        let (_, edge, fault) = self.nemesis.steps[self.nemesis.next];
        self.nemesis.next += 1;
        match edge {
            Edge::Begin => self.begin_fault(now, fault),
            Edge::End => self.end_fault(now, fault),
        }
    }

    /// The time limit has passed: every fault ends, kills for ever excepted.
    pub(super) fn heal(&mut self, now: Time) {
        self.stage = Stage::Draining;
        self.milestones.healed = Some(now);
        self.nemesis.next = self.nemesis.steps.len();
        for fault in 0..self.nemesis.records.len() {
            self.end_fault(now, fault);
        }
    }

    fn begin_fault(&mut self, now: Time, index: usize) {
        let fault = self.nemesis.schedule.faults[index].clone();
        self.nemesis.records[index].began = Some(now);
        self.journal
            .fault(now, "begin", &fault.name, &fault.summary);
        match fault.action {
            Action::Link { links, fault } => {
                self.network.begin(now, FaultId(index as u32), links, fault);
            }
            Action::Kill { nodes, forever } => {
                nodes
                    .iter()
                    .for_each(|&node| self.kill(now, index, node, forever, false));
            }
            Action::Stop { nodes, forever } => {
                nodes
                    .iter()
                    .for_each(|&node| self.kill(now, index, node, forever, true));
            }
            Action::Pause { nodes } => nodes.iter().for_each(|&node| self.begin_pause(index, node)),
            Action::Restart { nodes } => {
                for &node in &nodes {
                    if self.is_alive(node) {
                        self.nemesis.touch(index, node);
                        self.take_down(now, node, false);
                    } else {
                        self.no_effect(index, node, "was down already");
                    }
                }
                self.nemesis.records[index].ended = Some(now);
            }
        }
    }

    fn end_fault(&mut self, now: Time, index: usize) {
        let record = &mut self.nemesis.records[index];
        if record.began.is_none() || record.ended.is_some() {
            return;
        }
        let fault = self.nemesis.schedule.faults[index].clone();
        match fault.action {
            Action::Kill {
                nodes,
                forever: true,
            }
            | Action::Stop {
                nodes,
                forever: true,
            } => {
                nodes.iter().for_each(|&node| self.finish_off(node));
                return;
            }
            Action::Link { .. } => {
                self.network.end(now, FaultId(index as u32));
            }
            Action::Kill { nodes, .. } | Action::Stop { nodes, .. } => {
                for &node in &nodes {
                    self.fleet.node_mut(node).kills -= 1;
                    self.maybe_restart(node);
                }
            }
            Action::Pause { nodes } => {
                for node in nodes {
                    self.end_pause(now, node);
                    self.note_never_paused(index, node);
                }
            }
            Action::Restart { .. } => {}
        }
        self.nemesis.records[index].ended = Some(now);
        self.journal.fault(now, "end", &fault.name, &fault.summary);
    }

    /// A node may be down when a pause begins and start while it lasts: only its end
    /// tells whether it had an effect.
    fn note_never_paused(&mut self, index: usize, node: usize) {
        let record = &self.nemesis.records[index];
        let about = format!("no effect on {}:", self.config.nodes[node]);
        let said = record.notes.iter().any(|note| note.starts_with(&about));
        if !record.hit.contains(&node) && !said {
            self.no_effect(index, node, "was down all the time");
        }
    }

    fn is_alive(&self, node: usize) -> bool {
        let life = self.fleet.node(node).life;
        matches!(
            life,
            Life::Spawning | Life::Init | Life::Topology | Life::Up
        )
    }

    fn no_effect(&mut self, index: usize, node: usize, why: &str) {
        let name = &self.config.nodes[node];
        let note = format!("no effect on {name}: it {why}");
        self.nemesis.records[index].notes.push(note);
    }

    fn kill(&mut self, now: Time, index: usize, node: usize, forever: bool, terminate: bool) {
        let alive = self.is_alive(node);
        let crashed = self.fleet.node(node).life == Life::Crashed;
        let state = self.fleet.node_mut(node);
        state.kills += 1;
        if forever {
            state.forever = true;
            self.history.nodes[node].judged = false;
        }
        if alive {
            self.nemesis.touch(index, node);
            self.take_down(now, node, terminate);
        } else if self.fleet.node(node).life == Life::Waiting {
            self.fleet.set_life(node, Life::Down);
            self.drop_waiting(now, node);
            self.nemesis.touch(index, node);
        } else if self.fleet.node(node).stopping && !terminate {
            self.nemesis.touch(index, node);
            self.finish_off(node);
        } else {
            let why = if crashed {
                "had crashed"
            } else {
                "was down already"
            };
            self.no_effect(index, node, why);
        }
    }

    fn take_down(&mut self, now: Time, node: usize, terminate: bool) {
        self.fleet.set_life(node, Life::Dying);
        self.fleet.node_mut(node).stopping = terminate;
        self.outputs.push_back(if terminate {
            Output::Terminate { node }
        } else {
            Output::Kill { node }
        });
        self.abandon(now, node);
        self.spawn_more();
    }

    /// Starts a node again if nothing keeps it down any more.
    pub(super) fn maybe_restart(&mut self, node: usize) {
        let state = self.fleet.node(node);
        if state.kills > 0 || state.forever {
            return;
        }
        match state.life {
            Life::Down => {
                self.fleet.enqueue(node);
                self.spawn_more();
            }
            _ => self.finish_off(node),
        }
    }

    /// Kills a node that was told to stop and has not yet: it has had its time.
    fn finish_off(&mut self, node: usize) {
        if self.fleet.node(node).stopping {
            self.fleet.node_mut(node).stopping = false;
            self.outputs.push_back(Output::Kill { node });
        }
    }

    fn begin_pause(&mut self, index: usize, node: usize) {
        self.fleet.node_mut(node).pauses += 1;
        if !self.is_alive(node) {
            // It is paused as soon as it starts, if it does before the pause ends.
        } else if self.fleet.node(node).paused {
            self.no_effect(index, node, "was paused already");
        } else {
            self.nemesis.touch(index, node);
            self.pause(node);
        }
    }

    /// Stops a node's process; what is due meanwhile waits.
    pub(super) fn pause(&mut self, node: usize) {
        self.fleet.node_mut(node).paused = true;
        self.outputs.push_back(Output::Pause { node });
    }

    fn end_pause(&mut self, now: Time, node: usize) {
        let state = self.fleet.node_mut(node);
        state.pauses -= 1;
        if state.pauses > 0 || !state.paused {
            return;
        }
        state.paused = false;
        self.outputs.push_back(Output::Resume { node });
        self.control.postpone(node, now + self.config.init_timeout);
        self.release_waiting(now, node);
    }
}
