//! Questions: which is the smallest parameter at which everybody is reached?
//!
//! A question is a cell whose strategy has a hole, `sample:fanout={fanout}`, a ladder of
//! candidates for the hole, and a [`Goal`]. Asking it is a [`Search`] whose trials are the
//! laboratory's.
//!
//! ```text
//!   question ─► Search ─ candidate, so many more ─► Field::play ─► successes ─┐
//!                  ▲                                                          │
//!                  └───────────────────── a step ◄────────────────────────────┘
//!                            └► steps ─► Answer: one line of thresholds.jsonl
//! ```
//!
//! Trials of a candidate are numbered and seeded by that number, and a search depends on its
//! steps alone. So steps that were written down can be taken again without playing: an
//! interrupted search goes on as if nothing had happened, and one whose budget was spent goes
//! on with a larger one.

mod answer;
mod ladder;
pub mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};

use swelkie_nodes::Seed;
use swelkie_nodes::registry;

use super::experiment::{Cell, filled};
use super::theory::{self, Method};
use super::threshold::{Goal, Outcome, Search};

pub use answer::{Answer, Range, Step, VERSION};
pub use ladder::Ladder;
pub(super) use ladder::{ladder, read_resolution};

/// A question. See the module.
#[derive(Clone, Debug)]
pub struct Question {
    /// The conditions; the strategy has `{seek}` in it.
    pub cell: Cell,
    /// The parameter whose smallest sufficient value is sought.
    pub seek: String,
    /// Its candidates.
    pub ladder: Ladder,
    /// What to reach, how surely, at what cost.
    pub goal: Goal,
    /// The answer to compare with, as printed.
    pub expect: Option<String>,
}

/// What theory says, where it applies.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Theory {
    /// The smallest parameter that reaches the target.
    pub value: f64,
    /// P(everybody) there.
    pub probability: f64,
    /// Computed without approximation.
    pub exact: bool,
}

/// Messages that a search may send if nobody says how many trials: about half a minute of
/// one core.
const MESSAGES: f64 = 4e9;

/// The most trials of a search if nobody says how many.
const TRIALS: f64 = 2e6;

/// Trials to spend if nobody says how many: fewer for more nodes, whose trials take longer.
#[must_use]
pub fn usual_budget(nodes: u32) -> u64 {
    let nodes = f64::from(nodes);
    let trial = nodes * (nodes.ln() + 7.0);
    (MESSAGES / trial).clamp(1000.0, TRIALS) as u64
}

impl Question {
    /// The cell of a candidate.
    ///
    /// # Panics
    /// If the strategy's hole is another one, which reading a question rules out.
    #[must_use]
    pub fn at(&self, candidate: usize) -> Cell {
        let value = [(self.seek.clone(), self.ladder.text(candidate))];
        Cell {
            strategy: filled(&self.cell.strategy, &value.into()).expect("one hole, one value"),
            ..self.cell.clone()
        }
    }

    /// Checks that every candidate can be played.
    ///
    /// # Errors
    /// If the strategy or the conditions are wrong.
    pub fn check(&self) -> Result<(), String> {
        self.at(0).check()?;
        self.at(self.ladder.len() - 1).check()
    }

    /// What determines the search's steps, its budget excepted: that only says how far it
    /// goes.
    #[must_use]
    pub fn key(&self, seed: Seed) -> String {
        format!(
            "{} seek={} ladder={} target={} confidence={} seed={}",
            self.cell.key(),
            self.seek,
            self.ladder,
            self.goal.target,
            self.goal.confidence,
            seed.0
        )
    }

    /// Goes on from `steps` until it is answered, the budget is spent or `stop` is set; returns
    /// all steps. `watch` sees what is known after each.
    ///
    /// # Errors
    /// If a trial's topology or faults do not fit the cluster.
    pub fn ask(
        &self,
        seed: Seed,
        mut steps: Vec<Step>,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(&Outcome),
    ) -> Result<Vec<Step>, String> {
        let mut search = self.search(&steps);
        while let Some(request) = search.next() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let cell = self.at(request.candidate);
            let field = super::runner::Field::unwatched(&cell, seed)?;
            let from = search.trials_of(request.candidate);
            let Some(measures) = field.play(from..from + request.trials, stop)? else {
                break;
            };
            search.record(request.candidate, measures.everybody);
            steps.push(Step::new(request.candidate, measures.everybody));
            watch(&search.outcome());
        }
        Ok(steps)
    }

    /// Whether nothing is left to try after these steps.
    #[must_use]
    pub fn answered(&self, steps: &[Step]) -> bool {
        self.search(steps).next().is_none()
    }

    fn search(&self, steps: &[Step]) -> Search {
        let mut search = Search::new(self.goal, self.ladder.len());
        for step in steps {
            search.record(step.candidate, step.seen());
        }
        search
    }

    /// What theory says: of one broadcast by `sample` among all others, without faults.
    #[must_use]
    pub fn theory(&self) -> Option<Theory> {
        let (name, settings) = registry::settings(&self.at(0).strategy).ok()?;
        let cell = &self.cell;
        let plain = name == "sample"
            && settings.choice("among") == "others"
            && settings.choice("back") == "yes"
            && cell.faults.is_none()
            && cell.broadcasts == 1;
        if !plain {
            return None;
        }
        let nodes = u64::from(cell.nodes);
        let found = match self.seek.as_str() {
            "fanout" if settings.share("share") == 0.0 => {
                let found = theory::threshold_fixed(nodes, self.goal.target, cell.loss)?;
                (found.value as f64, found.probability, found.method)
            }
            "share" => {
                let found = theory::threshold_bernoulli(nodes, self.goal.target, cell.loss)?;
                (found.value, found.probability, found.method)
            }
            _ => return None,
        };
        Some(Theory {
            value: found.0,
            probability: found.1,
            exact: found.2 == Method::Exact,
        })
    }
}
