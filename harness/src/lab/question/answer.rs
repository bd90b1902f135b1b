//! What came of a question, as it is kept on disk: one line of JSON in `thresholds.jsonl`.
//!
//! A line holds the search's steps; whatever is shown is worked out from them.

use std::fmt;

use serde::{Deserialize, Serialize};
use swelkie_nodes::Seed;

use super::{Ladder, Question, Theory};
use crate::lab::estimate::{Agreement, Estimate, Target};
use crate::lab::interval::{Confidence, Proportion};
use crate::lab::notebook::Record;
use crate::lab::threshold::{Goal, Outcome, Search};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A printed count is confirmed by a range of so many steps at most…
const STEPS: usize = 2;

/// … and a printed share by one this close to it on either side, relative to it.
const CLOSE: f64 = 0.1;

/// So many more trials of a candidate, and what came of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which, as an index of the ladder.
    pub candidate: usize,
    /// In how many everybody was reached.
    pub successes: u64,
    /// How many.
    pub trials: u64,
}

impl Step {
    /// So many more trials of a candidate.
    #[must_use]
    pub fn new(candidate: usize, seen: Proportion) -> Step {
        Step {
            candidate,
            successes: seen.successes,
            trials: seen.trials,
        }
    }

    /// What was seen.
    #[must_use]
    pub fn seen(&self) -> Proportion {
        Proportion::new(self.successes, self.trials)
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// What determined its steps.
    pub key: String,
    /// What tells it from other questions, nodes and target apart.
    pub labels: Vec<(String, String)>,
    /// The strategy, with a hole for the parameter.
    pub strategy: String,
    /// The parameter.
    pub seek: String,
    /// Its candidates.
    pub ladder: Ladder,
    /// How many nodes.
    pub nodes: u32,
    /// The P(everybody) to reach.
    pub target: f64,
    /// How sure the answer is.
    pub confidence: f64,
    /// The answer it was compared with, as printed.
    pub expect: Option<String>,
    /// What theory says.
    pub theory: Option<Theory>,
    /// What was tried, in order.
    pub steps: Vec<Step>,
}

impl Record for Answer {
    const FILE: &'static str = "thresholds.jsonl";
    const VERSION: u32 = VERSION;

    fn key(&self) -> &str {
        &self.key
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// The thresholds that are not ruled out.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The smallest; none if no candidate reaches the target.
    pub low: Option<f64>,
    /// The largest; none if perhaps no candidate reaches the target.
    pub high: Option<f64>,
    text: String,
}

/// `7`, `16…17`, `23…24 or none`, `none`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Answer {
    /// Puts together what came of a question.
    #[must_use]
    pub fn new(question: &Question, seed: Seed, steps: Vec<Step>) -> Answer {
        let own = |label: &&(String, String)| label.0 != "nodes" && label.0 != "target";
        Answer {
            version: VERSION,
            key: question.key(seed),
            labels: question.cell.labels.iter().filter(own).cloned().collect(),
            strategy: question.cell.strategy.clone(),
            seek: question.seek.clone(),
            ladder: question.ladder,
            nodes: question.cell.nodes,
            target: question.goal.target,
            confidence: question.goal.confidence.level(),
            expect: question.expect.clone(),
            theory: question.theory(),
            steps,
        }
    }

    /// How sure the answer is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        Confidence::new(self.confidence).unwrap_or(Confidence::P999)
    }

    /// What the search found.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let goal = Goal {
            target: self.target,
            confidence: self.confidence(),
            budget: 0,
        };
        let mut search = Search::new(goal, self.ladder.len());
        for step in &self.steps {
            search.record(step.candidate, step.seen());
        }
        search.outcome()
    }

    /// The thresholds that are not ruled out.
    #[must_use]
    pub fn range(&self) -> Range {
        let Outcome {
            low,
            high,
            contradictory,
            ..
        } = self.outcome();
        let len = self.ladder.len();
        let value = |at: usize| (at < len).then(|| self.ladder.value(at));
        let text = |at: usize| self.ladder.text(at);
        Range {
            low: value(low),
            high: value(high),
            text: match (low, high) {
                _ if contradictory => "no threshold: more is not better".to_owned(),
                (low, _) if low == len => "none".to_owned(),
                (low, high) if low == high => text(low),
                (low, high) if low + 1 == high && high == len => format!("{} or none", text(low)),
                (low, high) if high == len => format!("{}…{} or none", text(low), text(len - 1)),
                (low, high) => format!("{}…{}", text(low), text(high)),
            },
        }
    }

    /// P(everybody) at the largest threshold not ruled out: the parameter one can rely on.
    #[must_use]
    pub fn there(&self) -> Option<Estimate> {
        let outcome = self.outcome();
        let seen = outcome.tried.get(&outcome.high)?;
        Some(Estimate::share(*seen, self.confidence()))
    }

    /// All trials.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.steps.iter().map(|step| step.trials).sum()
    }

    /// A parameter's value as a share of the n − 1 others.
    #[must_use]
    pub fn share(&self, value: f64) -> f64 {
        match self.ladder {
            Ladder::Counts(_) => value / f64::from(self.nodes - 1),
            Ladder::Shares(_) => value,
        }
    }

    /// Whether the range contains the printed answer, if there is one: a count exactly, a
    /// share to half a unit of its last digit. A wide range contains it without saying much.
    #[must_use]
    pub fn judge(&self) -> Option<Agreement> {
        let printed = self.expect.as_ref()?;
        let target = match printed.parse::<Target>() {
            Ok(target) => target,
            Err(error) => return Some(Agreement::Undecided(error.to_string())),
        };
        let (outcome, range) = (self.outcome(), self.range());
        let low = range.low.unwrap_or(f64::INFINITY);
        let high = range.high.unwrap_or(f64::INFINITY);
        let (within, narrow) = match self.ladder {
            Ladder::Counts(_) => (
                (low..=high).contains(&target.value()),
                outcome.high - outcome.low <= STEPS,
            ),
            // The smallest candidate that suffices lies up to a step above the threshold.
            Ladder::Shares(step) => {
                let slack = target.unit() / 2.0 * (1.0 + 1e-9);
                (
                    (low - step - slack..=high + slack).contains(&target.value()),
                    high - low + step <= 2.0 * CLOSE * target.value(),
                )
            }
        };
        Some(match (within, narrow) {
            _ if outcome.contradictory => Agreement::Misses(range.to_string()),
            (false, _) => Agreement::Misses(format!("{printed} is ruled out: {range}")),
            (true, false) => Agreement::Undecided(format!(
                "{range} is too wide to tell: a larger budget would"
            )),
            (true, true) => Agreement::Agrees,
        })
    }
}
