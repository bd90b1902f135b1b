//! Threshold search (signatures; see the methods' docs).

use super::interval::{Confidence, Proportion};

/// What a search is after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The success probability to reach, strictly between 0 and 1.
    pub target: f64,
    /// How sure the answer must be: names a wrong value, or a range without
    /// the right one, in 1 − confidence of searches at most.
    pub confidence: Confidence,
    /// Trials to spend, over all candidates.
    pub budget: u64,
}

/// A search over a ladder of `candidates` 0, 1, 2, … whose success probability does not fall.
/// A state machine: `next` says what to try, `record` takes the result, until `next` is `None`.
#[derive(Clone, Debug)]
pub struct Search;

/// So many more trials of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Index of the candidate in the ladder.
    pub candidate: usize,
    /// Additional trials.
    pub trials: u64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The thresholds that are not ruled out, smallest and largest, as indices of the ladder; the
    /// ladder's length stands for "no candidate reaches the target". Equal: the answer.
    pub low: usize,
    /// See `low`.
    pub high: usize,
    /// Every candidate tried, by index, with all its trials.
    pub tried: Vec<(usize, Proportion)>,
}

impl Search {
    /// A search that has tried nothing yet.
    #[must_use]
    pub fn new(goal: Goal, candidates: usize) -> Search {
        todo!("{goal:?} {candidates}")
    }

    /// What to try next; `None` when the answer is found or the budget spent.
    #[must_use]
    pub fn next(&self) -> Option<Request> {
        todo!()
    }

    /// Takes the result of a request (or of fewer or more trials of any candidate: after a resume).
    pub fn record(&mut self, candidate: usize, result: Proportion) {
        todo!("{candidate} {result:?}")
    }

    /// What is known so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        todo!()
    }

    /// Runs the search against an oracle: (candidate, additional trials) → successes.
    pub fn run(self, oracle: impl FnMut(usize, u64) -> u64) -> Outcome {
        let _ = oracle;
        todo!()
    }
}

/// Equally spaced reals as candidates: candidate `i` stands for `low + i · step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The first value.
    pub low: f64,
    /// The distance between neighbours: the resolution of the answer.
    pub step: f64,
    /// How many.
    pub len: usize,
}
