//! What a run leaves in memory when it is over, and how it stands meanwhile.

use serde::{Deserialize, Serialize};
use swelkie_checkers::History;
use swelkie_nodes::{NodeId, Time};
use swelkie_workloads::Workload;

use crate::storm::Sighting;

use super::{Conduct, Directory, Engine, FaultRecord, Stage, Traffic};

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It went all the way.
    Complete,
    /// A process could not be started.
    SpawnFailed {
        /// Which node.
        node: usize,
    },
    /// A node did not come up before operations began.
    StartFailed {
        /// Which node.
        node: usize,
    },
    /// Every node had crashed.
    AllCrashed,
    /// More was queued than the queue limit allows.
    Overload {
        /// Who wrote, who did not read, how much.
        story: String,
    },
    /// Nodes forward the same again and again.
    Storm(Sighting),
    /// The user stopped it.
    Interrupted {
        /// The signal's number.
        signal: i32,
    },
}

/// When what happened, since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestones {
    /// All nodes were up and operations began: time zero of the schedule.
    #[serde(rename = "zero_ns")]
    pub zero: Option<Time>,
    /// The time limit.
    #[serde(skip)]
    pub limit: Time,
    /// All faults ended.
    #[serde(rename = "healed_ns")]
    pub healed: Option<Time>,
    /// The last operation had completed and the last node was up.
    #[serde(rename = "settled_ns")]
    pub settled: Option<Time>,
    /// The final rule held.
    #[serde(rename = "recovered_ns")]
    pub recovered: Option<Time>,
    /// The end.
    #[serde(rename = "end_ns")]
    pub end: Time,
}

/// A run that is over.
pub struct Outcome {
    /// What clients did; it knows how to judge.
    pub workload: Box<dyn Workload>,
    /// The nodes' names.
    pub nodes: Vec<NodeId>,
    /// What clients saw.
    pub history: History,
    /// What the network carried.
    pub traffic: Traffic,
    /// What nodes did wrong.
    pub conduct: Conduct,
    /// What became of each fault.
    pub faults: Vec<FaultRecord>,
    /// How often nodes came up again after a kill.
    pub restarts: u64,
    /// Why it ended.
    pub ended: Ended,
    /// When what happened.
    pub milestones: Milestones,
    /// How many rounds of final reads there were.
    pub rounds: u32,
    /// Whether the last of them satisfied the final rule.
    pub recovered: bool,
    /// Messages still on their way, or waiting for a node that is paused or starting.
    pub in_flight: u64,
    /// Bodies and read results the journal left out for its size bound.
    pub omitted: u64,
    /// The names behind endpoint numbers.
    pub directory: Directory,
}

/// How a run stands, for a person who watches.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// `starting`, `running`, `draining`, `recovering`, `done`.
    pub stage: &'static str,
    /// Since operations began; since the start before that.
    pub elapsed: Time,
    /// Operations that ended ok, fail, info.
    pub operations: [u64; 3],
    /// Messages sent.
    pub messages: u64,
    /// Nodes that are up.
    pub up: usize,
    /// Faults that act, in few words.
    pub faults: Vec<String>,
}

impl Engine {
    /// Begins operations as soon as all nodes are up.
    pub(super) fn maybe_operate(&mut self, now: Time) {
        let all_up =
            self.fleet.begun() && (0..self.config.nodes.len()).all(|node| self.fleet.is_up(node));
        if !all_up {
            return;
        }
        self.stage = Stage::Operating;
        self.milestones.zero = Some(now);
        self.milestones.limit = now + self.config.time_limit;
        self.next_operation = now;
        self.nemesis.start_clock(now);
    }

    /// How the run stands at `now`.
    #[must_use]
    pub fn progress(&self, now: Time) -> Progress {
        let zero = self.milestones.zero.unwrap_or(Time::ZERO);
        Progress {
            stage: match self.stage {
                Stage::Starting => "starting",
                Stage::Operating => "running",
                Stage::Draining => "draining",
                Stage::Recovering => "recovering",
                Stage::Finished => "done",
            },
            elapsed: Time(now.nanos().saturating_sub(zero.nanos())),
            operations: self.completed,
            messages: self.traffic.clients.messages + self.traffic.servers.messages,
            up: (0..self.config.nodes.len())
                .filter(|&node| self.fleet.is_up(node))
                .count(),
            faults: self
                .nemesis
                .active()
                .map(|fault| fault.summary.clone())
                .collect(),
        }
    }

    /// What the run left.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        Outcome {
            nodes: self.config.nodes,
            workload: self.config.workload,
            history: self.history,
            faults: self.nemesis.records(&self.network),
            restarts: self.nemesis.restarts(),
            traffic: self.traffic,
            conduct: self.conduct,
            ended: self.ended.unwrap_or(Ended::Interrupted { signal: 0 }),
            milestones: self.milestones,
            rounds: self.recovery.rounds,
            recovered: self.recovery.reached,
            in_flight: self.network.in_flight().messages + self.fleet.waiting(),
            omitted: self.journal.omitted(),
            directory: self.directory,
        }
    }
}
