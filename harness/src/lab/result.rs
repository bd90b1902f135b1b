//! What came of a cell, as it is kept on disk: one line of JSON each in `cells.jsonl`.
//!
//! A line holds sums, not figures: figures, intervals and pages are worked out from it
//! whenever they are wanted, and lines of other machines can be put beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::{Agreement, Estimate, Target};
use super::experiment::{Cell, Experiment};
use super::interval::Confidence;
use super::measure::{Figure, Measures, Scale};
use super::notebook::Record;

/// The version of the format.
pub const VERSION: u32 = 1;

/// What came of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// What determined its trials: the cell's key, the experiment's seed, how many trials.
    pub key: String,
    /// What tells it from other cells.
    pub labels: Vec<(String, String)>,
    /// The strategy and its parameters.
    pub strategy: String,
    /// How many nodes.
    pub nodes: u32,
    /// How many rumors.
    pub rumors: u32,
    /// Who is whose neighbour.
    pub topology: String,
    /// How long a message takes.
    pub latency: String,
    /// The probability that a message is lost.
    pub loss: f64,
    /// Nanoseconds of a round.
    pub round: u64,
    /// What it was compared with.
    pub expect: BTreeMap<Figure, String>,
    /// What was measured.
    pub measures: Measures,
}

impl Record for CellResult {
    const FILE: &'static str = "cells.jsonl";
    const VERSION: u32 = VERSION;

    fn key(&self) -> &str {
        &self.key
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// A figure, what it should be, and whether it is.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Which.
    pub figure: Figure,
    /// What was measured, with the interval that claims are judged by; none if no trial
    /// said anything.
    pub estimate: Option<Estimate>,
    /// What it should be, as printed.
    pub target: String,
    /// Whether it is.
    pub agreement: Agreement,
}

impl CellResult {
    /// Puts together what came of a cell.
    #[must_use]
    pub fn new(cell: &Cell, experiment: &Experiment, measures: Measures) -> CellResult {
        let expect = cell.expect.iter();
        CellResult {
            version: VERSION,
            key: key(cell, experiment),
            labels: cell.labels.clone(),
            strategy: cell.strategy.clone(),
            nodes: cell.nodes,
            rumors: cell.broadcasts,
            topology: cell.topology.to_string(),
            latency: cell.latency.to_string(),
            loss: cell.loss,
            round: cell.round.as_nanos() as u64,
            expect: expect
                .map(|expectation| (expectation.figure, expectation.target.to_string()))
                .collect(),
            measures,
        }
    }

    /// How many trials.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.measures.everybody.trials
    }

    /// A figure with its interval; none if no trial said anything about it.
    #[must_use]
    pub fn estimate(&self, figure: Figure, confidence: Confidence) -> Option<Estimate> {
        let scale = Scale {
            nodes: self.nodes,
            rumors: self.rumors,
            round: self.round,
        };
        self.measures.estimate(figure, scale, confidence)
    }

    /// How it compares with what was expected, by the 99.9 % interval.
    #[must_use]
    pub fn comparisons(&self) -> Vec<Comparison> {
        let compare = |(figure, target): (&Figure, &String)| {
            let estimate = self.estimate(*figure, Confidence::P999);
            let agreement = match (target.parse::<Target>(), &estimate) {
                (Ok(target), Some(estimate)) => target.judge(estimate, target.coarsest()),
                (Err(error), _) => Agreement::Undecided(error.to_string()),
                (_, None) => Agreement::Undecided("no trial said anything about it".to_owned()),
            };
            Comparison {
                figure: *figure,
                estimate,
                target: target.clone(),
                agreement,
            }
        };
        self.expect.iter().map(compare).collect()
    }

    /// A label's value.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        let label = self.labels.iter().find(|label| label.0 == name);
        label.map(|label| label.1.as_str())
    }
}

/// What determines a cell's results.
#[must_use]
pub fn key(cell: &Cell, experiment: &Experiment) -> String {
    let trials = experiment.trials;
    format!(
        "{} seed={} most={} width={:?} figure={} confidence={}",
        cell.key(),
        experiment.seed.0,
        trials.most,
        trials.width,
        trials.figure,
        trials.confidence
    )
}
