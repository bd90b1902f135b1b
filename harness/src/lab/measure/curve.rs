//! Coverage over time, as a mean and a band.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::lab::interval::Moments;
use crate::lab::{Grid, Trial};

/// How many nodes knew a rumor at the end of each step, all rumors of a trial together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Nanoseconds of a step.
    pub step: u64,
    /// By step: nodes reached per trial, the sum over its rumors.
    pub reached: Vec<Moments>,
}

/// One point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Time since the broadcast.
    pub at: Duration,
    /// The mean share of nodes reached.
    pub mean: f64,
    /// The least in any trial.
    pub low: f64,
    /// The most in any trial.
    pub high: f64,
}

impl Curve {
    /// An empty curve on a grid.
    #[must_use]
    pub fn new(grid: Grid) -> Curve {
        Curve {
            step: u64::try_from(grid.step.as_nanos()).unwrap_or(u64::MAX),
            reached: vec![Moments::default(); grid.steps as usize],
        }
    }

    /// Adds a trial that was watched on the same grid.
    pub fn add(&mut self, trial: &Trial) {
        let mut sum = 0;
        for (moments, learned) in self.reached.iter_mut().zip(&trial.curve) {
            sum += i64::from(*learned);
            moments.record(sum);
        }
    }

    /// Adds another curve on the same grid.
    pub fn merge(&mut self, other: &Curve) {
        for (own, other) in self.reached.iter_mut().zip(&other.reached) {
            *own += *other;
        }
    }

    /// Its points, beginning at time 0. `whole` is how many deliveries are everybody's.
    pub fn points(&self, whole: f64) -> impl Iterator<Item = Point> + '_ {
        (1..).zip(&self.reached).filter_map(move |(at, moments)| {
            let (low, high) = moments.range()?;
            Some(Point {
                at: Duration::from_nanos(self.step) * at,
                mean: moments.mean()? / whole,
                low: low as f64 / whole,
                high: high as f64 / whole,
            })
        })
    }
}
