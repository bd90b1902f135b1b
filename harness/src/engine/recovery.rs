//! Recovery: rounds of final reads until the workload's final rule holds.
//!
//! ```text
//!   heal ─► in-flight operations complete, nodes come up ─► round ─ rule holds? ─► done
//!                                                             ▲         │ no
//!                                                             └─ back-off┘  (at the bound: the last round is judged)
//! ```
//!
//! Idleness never ends it: gossip may tick every 5 s. Rounds that were superseded
//! stay in the history as [`Phase::Recovery`]; only the judged one counts in statistics.

use std::time::Duration;

use swelkie_checkers::Phase;
use swelkie_nodes::Time;

use super::{Ended, Engine, Stage};

const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How far recovery has come.
#[derive(Debug, Default)]
pub struct RecoveryState {
    /// How many rounds there were.
    pub rounds: u32,
    /// Whether the last round satisfied the final rule.
    pub reached: bool,
    bound: Time,
    next_round: Option<Time>,
    wait: Duration,
    readers: Vec<usize>,
    /// The operations of the last round.
    round: Vec<usize>,
    open: bool,
}

impl RecoveryState {
    /// When the next round begins.
    #[must_use]
    pub fn next_deadline(&self) -> Time {
        self.next_round.unwrap_or(Time::MAX)
    }
}

impl Engine {
    /// Nothing is in flight and every node is up that will be.
    pub(super) fn begin_recovery(&mut self, now: Time) {
        self.stage = Stage::Recovering;
        self.milestones.settled = Some(now);
        if self.config.workload.final_invocation().is_none() {
            self.finish(now, Ended::Complete);
            return;
        }
        let nodes = self.config.nodes.len();
        let recovery = self.config.recovery;
        self.recovery.readers = self.clients.add_readers(nodes, &mut self.directory);
        self.recovery.bound = now + recovery.bound;
        self.recovery.wait = FIRST_WAIT;
        self.recovery.next_round = Some(if recovery.fixed {
            self.recovery.bound
        } else {
            now
        });
    }

    /// Reads every node once.
    pub(super) fn recovery_round(&mut self, now: Time) {
        for op in std::mem::take(&mut self.recovery.round) {
            self.history.operations[op].phase = Phase::Recovery;
        }
        self.recovery.rounds += 1;
        self.recovery.next_round = None;
        self.recovery.open = true;
        for node in 0..self.config.nodes.len() {
            if self.fleet.is_up(node) {
                let read = self.config.workload.final_invocation();
                let read = read.expect("recovery begins only with a final read");
                let slot = self.recovery.readers[node];
                let op = self.invoke(now, slot, read, Phase::Final);
                self.recovery.round.push(op);
            }
        }
    }

    /// Judges the round when its last read has completed.
    pub(super) fn maybe_finish_round(&mut self, now: Time) {
        if !self.recovery.open || !self.clients.idle() {
            return;
        }
        self.recovery.open = false;
        self.recovery.reached = self.config.workload.recovered(&self.history);
        if self.recovery.reached {
            self.milestones.recovered = Some(now);
        }
        if self.recovery.reached || self.recovery.bound <= now {
            self.finish(now, Ended::Complete);
            return;
        }
        let next = now + self.recovery.wait;
        self.recovery.next_round = Some(next.min(self.recovery.bound));
        self.recovery.wait = (self.recovery.wait * 2).min(LONGEST_WAIT);
    }
}
