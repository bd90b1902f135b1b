//! The smallest parameter that reaches a success probability, with confidence.
//!
//! Candidates stand on a ladder 0, 1, 2, … (fan-outs, or a [`Reals`] of reals) along which the
//! success probability does not fall. A [`Search`] says which candidate to try and how
//! often, takes the successes, and ends with one threshold or, when the budget cannot
//! separate neighbours, with a range.
//!
//! ```text
//!   P   1 ┤                    ·  ·  ·  ·
//!  target ┼ ─ ─ ─ ─ ─ ─ ─ ─ ·─ ─ ─ ─ ─ ─       1. climb 0, 2, 6, 14, … until one is above:
//!         │              ·                        low candidates are cheap, in trials and messages
//!         │           ·                        2. halve what lies between
//!       0 ┤ ·  ·  ·                            3. where trials do not tell soon, close in from
//!         └───────────────────────────            both sides first, then spend twice as much
//!           0  1  2  3  4  5  6  7  8
//! ```
//!
//! # What the confidence means
//!
//! For each possible threshold v the trials of *all* candidates are weighed: those below v should
//! fail too often, those from v on should not. The evidence against v is a product of likelihood
//! ratios; if v is the truth, it is a supermartingale that starts at 1, whatever is tried in
//! whatever order, and *ever* exceeds 1/α with probability α at most (Ville). So all
//! thresholds not refuted make a confidence set at every moment, looks and candidates need no further
//! correction, and stopping when one is left is safe. If the ladder is not monotone
//! after all, evidence may refute every threshold: that is said.
//!
//! J. Ville, "Étude critique de la notion de collectif" (1939), p. 83; A. Wald, "Sequential
//! analysis" (1947); P. Grünwald, R. de Heide, W. Koolen, "Safe testing", JRSS B 86 (2024).

use std::collections::BTreeMap;

use super::interval::{Confidence, Proportion};

mod evidence;
mod reals;

#[cfg(test)]
mod tests;

use evidence::Evidence;
pub use reals::Reals;

/// What a search is after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The success probability to reach, strictly between 0 and 1.
    pub target: f64,
    /// How sure the answer must be: at most 1 − confidence of all searches name a value,
    /// or a range, that is wrong.
    pub confidence: Confidence,
    /// Trials to spend, over all candidates.
    pub budget: u64,
}

/// So many more trials of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Index of the candidate on the ladder.
    pub candidate: usize,
    /// Additional trials.
    pub trials: u64,
}

/// What a search has found so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The smallest threshold not refuted, as an index of the ladder. The ladder's length
    /// stands for "no candidate reaches the target".
    pub low: usize,
    /// The largest threshold not refuted.
    pub high: usize,
    /// Every candidate tried, by index, with all its trials. The trials were chosen by
    /// looking: [`Proportion::anytime`] is the interval to show.
    pub tried: BTreeMap<usize, Proportion>,
    /// Every threshold was refuted: success does not grow along the ladder.
    pub contradictory: bool,
}

impl Outcome {
    /// The threshold, if a single one is left.
    #[must_use]
    pub fn single(&self) -> Option<usize> {
        (self.low == self.high && !self.contradictory).then_some(self.low)
    }

    /// Trials of all candidates together.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.tried.values().map(|seen| seen.trials).sum()
    }
}

/// A search over the ladder `0..candidates`.
///
/// ```
/// use swelkie::lab::interval::{Confidence, Proportion};
/// use swelkie::lab::threshold::{Goal, Search};
///
/// let goal = Goal { target: 0.9, confidence: Confidence::P999, budget: 100_000 };
/// let mut search = Search::new(goal, 20);
/// while let Some(request) = search.next() {
///     // Candidates from 5 on always succeed, lower ones never do.
///     let successes = if request.candidate < 5 { 0 } else { request.trials };
///     search.record(request.candidate, Proportion::new(successes, request.trials));
/// }
/// assert_eq!(search.outcome().single(), Some(5));
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    goal: Goal,
    candidates: usize,
    evidence: Evidence,
    tried: BTreeMap<usize, Proportion>,
    low: usize,
    high: usize,
    contradictory: bool,
}

impl Search {
    /// The fewest trials worth asking for.
    const BATCH: u64 = 32;

    /// A search that has tried nothing yet.
    ///
    /// # Panics
    /// If the target is not strictly between 0 and 1.
    #[must_use]
    pub fn new(goal: Goal, candidates: usize) -> Search {
        let target = goal.target;
        assert!(
            target > 0.0 && target < 1.0,
            "no target between 0 and 1: {target}"
        );
        Search {
            goal,
            candidates,
            evidence: Evidence::about(target),
            tried: BTreeMap::new(),
            low: 0,
            high: candidates,
            contradictory: false,
        }
    }

    /// What to try next; `None` once one threshold is left, every one is refuted, or the
    /// budget is spent.
    #[must_use]
    pub fn next(&self) -> Option<Request> {
        let spent: u64 = self.tried.values().map(|seen| seen.trials).sum();
        let left = self.goal.budget.saturating_sub(spent);
        if self.contradictory || self.low == self.high || left == 0 {
            return None;
        }
        let mut allowance = self.first_allowance();
        let candidate = loop {
            match self.choose(allowance) {
                Some(candidate) => break candidate,
                None => allowance = allowance.saturating_mul(2),
            }
        };
        let so_far = self.trials_of(candidate);
        let batch = (so_far / 4).max(Search::BATCH).min(allowance - so_far);
        Some(Request {
            candidate,
            trials: batch.min(left),
        })
    }

    /// Takes the result of additional trials of a candidate: those asked for, or
    /// others (fewer after an interruption, all of an earlier search when one resumes).
    ///
    /// # Panics
    /// If the ladder has no such candidate.
    pub fn record(&mut self, candidate: usize, result: Proportion) {
        assert!(
            candidate < self.candidates,
            "no candidate {candidate} on a ladder of {}",
            self.candidates
        );
        *self.tried.entry(candidate).or_default() += result;
        self.refute();
    }

    /// What is known so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome {
            low: self.low,
            high: self.high,
            tried: self.tried.clone(),
            contradictory: self.contradictory,
        }
    }

    /// Searches to the end by an oracle: (candidate, additional trials) → successes.
    pub fn run(mut self, mut oracle: impl FnMut(usize, u64) -> u64) -> Outcome {
        while let Some(Request { candidate, trials }) = self.next() {
            let successes = oracle(candidate, trials);
            self.record(candidate, Proportion::new(successes, trials));
        }
        self.outcome()
    }

    /// How often a candidate has been tried.
    #[must_use]
    pub fn trials_of(&self, candidate: usize) -> u64 {
        self.tried.get(&candidate).map_or(0, |seen| seen.trials)
    }

    /// Twice the trials that tell a candidate that always succeeds from the target.
    fn first_allowance(&self) -> u64 {
        let telling = self.evidence.ln_to_refute(self.goal.confidence) / -self.goal.target.ln();
        ((2.0 * telling) as u64).max(2 * Search::BATCH)
    }

    /// The candidate to try while none gets more trials than `allowance`. Of those
    /// undecided the outermost lie farthest from the target and are decided first; the
    /// ones inside wait. Where both have used up their allowance, one nearer the
    /// end is tried, unless they are near enough to it: what lies between would tell little more.
    fn choose(&self, allowance: u64) -> Option<usize> {
        let mut undecided = self
            .tried
            .range(self.low..self.high)
            .map(|(candidate, _)| *candidate);
        let Some(first) = undecided.next() else {
            return self.between(self.low, self.high);
        };
        let last = undecided.next_back().unwrap_or(first);
        let behind = if self.trials_of(first) <= self.trials_of(last) {
            first
        } else {
            last
        };
        if self.trials_of(behind) < allowance {
            return Some(behind);
        }
        let (below, above) = (first - self.low, self.high - last - 1);
        if 3 * below.max(above) < self.high - self.low {
            return None;
        }
        if below > above {
            self.between(self.low, first)
        } else {
            self.between(last + 1, self.high)
        }
    }

    /// A candidate of `from..to`: the middle one, or one step of the climb as long as none was found
    /// to be above the target.
    fn between(&self, from: usize, to: usize) -> Option<usize> {
        if from >= to {
            return None;
        }
        let climbing = to == self.candidates;
        let middle = from + (to - from - 1) / 2;
        Some(if climbing {
            middle.min(2 * from)
        } else {
            middle
        })
    }

    /// Drops the thresholds at either end that the evidence now refutes.
    fn refute(&mut self) {
        let limit = self.evidence.ln_to_refute_alone(self.goal.confidence);
        // Against the threshold 0: every candidate should reach the target.
        let mut against: f64 = self
            .tried
            .values()
            .map(|seen| self.evidence.of_too_few(*seen))
            .sum();
        let mut left: Option<(usize, usize)> = None;
        let mut from = 0;
        let ends = self
            .tried
            .iter()
            .map(|(candidate, seen)| (*candidate, Some(*seen)));
        for (to, passed) in ends.chain([(self.candidates, None)]) {
            let (low, high) = (from.max(self.low), to.min(self.high));
            if against < limit && low <= high {
                left = Some((left.map_or(low, |(least, _)| least), high));
            }
            if let Some(seen) = passed {
                against += self.evidence.of_enough(seen) - self.evidence.of_too_few(seen);
                from = to + 1;
            }
        }
        match left {
            Some((low, high)) => (self.low, self.high) = (low, high),
            None => self.contradictory = true,
        }
    }
}
