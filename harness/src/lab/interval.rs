//! Confidence intervals: what trials say, and how sure they are of it.
//!
//! Two kinds of figure come out of trials: a share of trials in which something
//! happened ([`Proportion`]) and the mean of a number that every trial yields
//! ([`Moments`]). Both are sums of integers, so shards merged in any order give the
//! same bytes.
//!
//! # Which interval when
//!
//! | the number of trials was | share | mean |
//! |---|---|---|
//! | chosen by looking at the results (the lab's rule) | [`Proportion::anytime`] | [`Moments::anytime`] |
//! | fixed beforehand | [`Proportion::exact`] | [`Moments::interval`] |
//! | not the point: progress, planning | [`Proportion::wilson`], [`trials_for`] | |
//!
//! Trials that stop as soon as an interval is narrow enough, or as soon as it says what
//! one hopes for, break the promise of an ordinary interval: each look is another chance
//! to be wrong.
//!
//! ```text
//!   trials      16   32   64  128  256  512  1024 ...
//!   looks        x    x    x    x    x    x     x       a 95 % interval misses in 5 % of
//!                                                       runs at *each* look, in far more
//!                                                       at *some* look
//! ```
//!
//! The `anytime` intervals keep their confidence over all looks together: with the
//! confidence stated, *every* interval of the whole unending sequence contains the
//! truth, so the one at which somebody stopped does too, whatever made them stop, and so does
//! the one after a resume with a larger budget or after a merge of shards. The price is
//! an interval 1.3 to 1.8 times as wide (a thousand to a billion trials). For shares that is
//! a theorem for every number of trials; for means it holds as far as means are normally
//! distributed, as with the t interval.
//!
//! Independent trials are the one assumption. Several figures of one cell each keep
//! their own confidence, not all of them together.

use std::fmt;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

pub(crate) mod binomial;
mod moments;
mod proportion;
mod student;

#[cfg(test)]
mod tests;

pub use moments::Moments;
pub use proportion::{Proportion, trials_for};

/// How sure an interval is of containing the truth.
///
/// ```
/// use swelkie::lab::interval::Confidence;
///
/// assert_eq!(Confidence::P999.to_string(), "99.9%");
/// assert_eq!(Confidence::new(0.95), Some(Confidence::P95));
/// assert_eq!(Confidence::new(1.0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence {
    level: f64,
}

impl Confidence {
    /// 95 %: what tables and plots show.
    pub const P95: Confidence = Confidence { level: 0.95 };
    /// 99.9 %: what a claim is judged by.
    pub const P999: Confidence = Confidence { level: 0.999 };

    /// A confidence strictly between 0 and 1, or `None`.
    #[must_use]
    pub fn new(level: f64) -> Option<Confidence> {
        (level > 0.0 && level < 1.0).then_some(Confidence { level })
    }

    /// The share of intervals that contain the truth, as given.
    #[must_use]
    pub fn level(self) -> f64 {
        self.level
    }

    /// The share of intervals that may miss the truth: 0.001 for 99.9 %.
    #[must_use]
    pub fn miss(self) -> f64 {
        1.0 - self.level
    }

    /// The two-sided normal quantile: 3.29 for 99.9 %.
    #[must_use]
    pub fn normal_quantile(self) -> f64 {
        -Normal::standard().inverse_cdf(self.miss() / 2.0)
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // 0.999 * 100 is 99.9 only after rounding.
        let percent = (self.level * 1e8).round() / 1e6;
        write!(f, "{percent}%")
    }
}

/// The values that trials do not rule out, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl Interval {
    /// Says nothing: what no trials show of a mean.
    pub const ANYTHING: Interval = Interval {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// Whether `value` is not ruled out.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half the distance from end to end.
    #[must_use]
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Both ends moved outward by `margin`.
    #[must_use]
    pub fn widened(self, margin: f64) -> Interval {
        Interval {
            low: self.low - margin,
            high: self.high + margin,
        }
    }

    /// In another unit: both ends times a positive `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Interval {
        debug_assert!(factor > 0.0, "a unit is positive");
        Interval {
            low: self.low * factor,
            high: self.high * factor,
        }
    }
}
