//! What is measured of many trials: sums of whole numbers, from which every figure and
//! its interval follow.
//!
//! Sums are exact, so trials may be added in any order, on any number of threads, and
//! merged from any number of machines: the same trials give the same bytes.

mod curve;
mod figure;

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::interval::{Confidence, Moments, Proportion};
use super::{End, SHARES, Trial};

pub use curve::Curve;
pub use figure::Figure;

/// Shares are recorded in billionths.
const BILLION: f64 = 1e9;

/// What was measured. See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Trials in which everybody knew everything at the end.
    pub everybody: Proportion,
    /// Trials that ended at the horizon.
    pub horizon: u64,
    /// Trials that ended as a storm.
    pub storms: u64,
    /// Share of nodes reached, per rumor, in billionths.
    coverage: Moments,
    /// Nanoseconds until the shares of [`SHARES`] were reached, of the trials that reached them.
    times: [Moments; SHARES.len()],
    /// Nanoseconds until the last delivery.
    last: Moments,
    hops: Moments,
    sent: Moments,
    carrying: Moments,
    copies: Moments,
    bytes: Moments,
    /// Relative message redundancy, in billionths.
    redundancy: Moments,
    load: Moments,
    /// Coverage over time.
    pub curve: Option<Curve>,
}

/// What figures are relative to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// How many nodes.
    pub nodes: u32,
    /// How many rumors.
    pub rumors: u32,
    /// Nanoseconds of a round.
    pub round: u64,
}

impl Measures {
    /// Adds a trial. Of one that was not watched closely, only what is always counted.
    pub fn add(&mut self, trial: &Trial, closely: bool) {
        self.everybody.record(trial.everybody());
        match trial.end {
            End::Horizon => self.horizon += 1,
            End::Storm => self.storms += 1,
            End::Quiet | End::Everybody => {}
        }
        self.coverage.record(billionths(trial.coverage()));
        for (at, moments) in self.times.iter_mut().enumerate() {
            let times = trial.began().map(|rumor| rumor.times[at]);
            if let Some(mean) = mean_nanos(times) {
                moments.record(mean);
            }
        }
        if let Some(mean) = mean_nanos(trial.began().map(|rumor| Some(rumor.last))) {
            self.last.record(mean);
        }
        let traffic = &trial.traffic;
        self.sent.record(signed(traffic.sent));
        self.carrying.record(signed(traffic.carrying));
        self.copies.record(signed(traffic.copies));
        if let Some(redundancy) = trial.redundancy() {
            self.redundancy.record(billionths(redundancy));
        }
        if closely {
            let hops = trial.began().map(|rumor| rumor.last_hop).max();
            self.hops.record(i64::from(hops.unwrap_or(0)));
            self.bytes.record(signed(traffic.bytes));
            if let Some(load) = trial.peak_load {
                self.load.record(i64::from(load));
            }
            if let Some(curve) = &mut self.curve {
                curve.add(trial);
            }
        }
    }

    /// Adds what was measured of other trials of the same cell.
    pub fn merge(&mut self, other: &Measures) {
        self.everybody.successes += other.everybody.successes;
        self.everybody.trials += other.everybody.trials;
        self.horizon += other.horizon;
        self.storms += other.storms;
        let own = [
            &mut self.coverage,
            &mut self.last,
            &mut self.hops,
            &mut self.sent,
            &mut self.carrying,
            &mut self.copies,
            &mut self.bytes,
            &mut self.redundancy,
            &mut self.load,
        ];
        let others = [
            &other.coverage,
            &other.last,
            &other.hops,
            &other.sent,
            &other.carrying,
            &other.copies,
            &other.bytes,
            &other.redundancy,
            &other.load,
        ];
        let times = self.times.iter_mut().zip(&other.times);
        for (own, other) in own.into_iter().zip(others).chain(times) {
            *own += *other;
        }
        match (&mut self.curve, &other.curve) {
            (Some(own), Some(other)) => own.merge(other),
            (own @ None, Some(other)) => *own = Some(other.clone()),
            _ => {}
        }
    }

    /// A figure with its interval; none if no trial said anything about it.
    #[must_use]
    pub fn estimate(
        &self,
        figure: Figure,
        scale: Scale,
        confidence: Confidence,
    ) -> Option<Estimate> {
        let per_node = 1.0 / (f64::from(scale.nodes) * f64::from(scale.rumors));
        let per_rumor = 1.0 / f64::from(scale.rumors);
        let (moments, unit) = match figure {
            Figure::Everybody => return Some(Estimate::share(self.everybody, confidence)),
            Figure::Coverage => (self.coverage, 1.0 / BILLION),
            Figure::Residue => {
                let coverage = self.estimate(Figure::Coverage, scale, confidence)?;
                return Some(complement(coverage));
            }
            Figure::Time(share) => (self.times[share], 1e-6),
            Figure::Rounds(share) => (self.times[share], 1.0 / scale.round as f64),
            Figure::LastTime => (self.last, 1e-6),
            Figure::LastRound => (self.last, 1.0 / scale.round as f64),
            Figure::Hops => (self.hops, 1.0),
            Figure::MessagesPerNode => (self.sent, per_node),
            Figure::CarryingPerNode => (self.carrying, per_node),
            Figure::CopiesPerNode => (self.copies, per_node),
            Figure::MessagesPerBroadcast => (self.sent, per_rumor),
            Figure::BytesPerBroadcast => (self.bytes, per_rumor),
            Figure::BytesPerMessage => return self.bytes_per_message(),
            Figure::Redundancy => (self.redundancy, 1.0 / BILLION),
            Figure::PeakLoad => (self.load, 1.0),
        };
        (moments.count() > 0).then(|| Estimate::mean(moments, unit, confidence))
    }

    /// The mean size of a message of the trials that were watched closely; a ratio of sums,
    /// without an interval.
    fn bytes_per_message(&self) -> Option<Estimate> {
        let (bytes, sent) = (self.bytes.mean()?, self.sent.mean()?);
        (sent > 0.0).then(|| Estimate {
            value: bytes / sent,
            interval: super::interval::Interval::ANYTHING,
            trials: self.bytes.count(),
        })
    }
}

fn complement(coverage: Estimate) -> Estimate {
    Estimate {
        value: 1.0 - coverage.value,
        interval: super::interval::Interval {
            low: 1.0 - coverage.interval.high,
            high: 1.0 - coverage.interval.low,
        },
        trials: coverage.trials,
    }
}

fn billionths(share: f64) -> i64 {
    (share * BILLION).round() as i64
}

fn signed(count: u64) -> i64 {
    i64::try_from(count.min(Moments::LARGEST)).unwrap_or(i64::MAX)
}

/// The mean of the spans that are there, in nanoseconds.
fn mean_nanos(spans: impl Iterator<Item = Option<std::time::Duration>>) -> Option<i64> {
    let (mut sum, mut count) = (0u128, 0u128);
    for span in spans.flatten() {
        sum += span.as_nanos();
        count += 1;
    }
    (count > 0).then(|| signed((sum / count) as u64))
}
