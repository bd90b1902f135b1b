//! The mean of a number that every trial yields.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Confidence, Interval, student};

/// Sums of a whole number and of its square over trials.
///
/// Everything the lab measures is counted: rounds, messages, nodes reached, bytes,
/// nanoseconds. Sums of integers are exact, so the order in which trials ended or shards
/// were merged leaves no trace. For a mean in another unit (a share of n nodes,
/// milliseconds) scale what comes out; for a ratio that is no count per trial, record
/// millionths.
///
/// ```
/// use swelkie::lab::interval::{Confidence, Moments};
///
/// let mut rounds = Moments::default();
/// for round in [12, 11, 13, 12] {
///     rounds.record(round);
/// }
/// assert_eq!(rounds.mean(), Some(12.0));
/// assert!(rounds.interval(Confidence::P95).contains(12.5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    #[serde(with = "as_text")]
    sum: i128,
    #[serde(with = "as_text")]
    squares: u128,
    range: Option<(i64, i64)>,
}

impl Moments {
    /// The largest magnitude of a value: 78 hours in nanoseconds. Sums of 2³² of them fit.
    pub const LARGEST: u64 = 1 << 48;

    /// Counts one trial.
    ///
    /// # Panics
    /// If `value` lies beyond [`Moments::LARGEST`].
    pub fn record(&mut self, value: i64) {
        let magnitude = value.unsigned_abs();
        assert!(
            magnitude <= Moments::LARGEST,
            "{value} is too large to be averaged: use a larger unit"
        );
        self.count += 1;
        self.sum += i128::from(value);
        self.squares += u128::from(magnitude).pow(2);
        let (min, max) = self.range.unwrap_or((value, value));
        self.range = Some((min.min(value), max.max(value)));
    }

    /// Trials counted.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// Smallest and largest value.
    #[must_use]
    pub fn range(self) -> Option<(i64, i64)> {
        self.range
    }

    /// The mean; none before the first trial.
    #[must_use]
    pub fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| {
            let (whole, rest) = self.divided();
            whole as f64 + rest as f64 / self.count as f64
        })
    }

    /// The unbiased variance; none before the second trial.
    #[must_use]
    pub fn variance(self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        // Squares about the whole part of the mean, exact: intermediate sums may wrap, the
        // result does not, being no larger than the sum of squares about zero plus the count.
        let (whole, rest) = self.divided();
        let whole = whole.cast_unsigned();
        let about_whole = self
            .squares
            .wrapping_sub(whole.wrapping_mul(self.sum.cast_unsigned()).wrapping_mul(2))
            .wrapping_add(
                whole
                    .wrapping_mul(whole)
                    .wrapping_mul(u128::from(self.count)),
            );
        let n = self.count as f64;
        let rest = rest as f64;
        Some((about_whole as f64 - rest * (rest / n)) / (n - 1.0))
    }

    /// Student's t interval, for a number of trials that was fixed beforehand. It
    /// supposes that the mean of so many trials is normally distributed: not so where
    /// a rare trial is far off all others and has hardly been seen yet.
    #[must_use]
    pub fn interval(self, confidence: Confidence) -> Interval {
        self.around_mean(|freedom, _| student::quantile(confidence, freedom))
    }

    /// The interval that keeps its confidence however the number of trials came about, as far as
    /// means are normally distributed (see [`Moments::interval`]).
    ///
    /// Robbins' normal mixture with the variance estimated: I. Waudby-Smith, D. Arbour,
    /// R. Sinha, E. Kennedy, A. Ramdas, "Time-uniform central limit theory and
    /// asymptotic confidence sequences", Ann. Statist. 52 (2024), theorem 2.2. It is tightest
    /// near a thousand trials; for few it is widened as t is to the normal.
    #[must_use]
    pub fn anytime(self, confidence: Confidence) -> Interval {
        const TIGHTEST: f64 = 1000.0;
        let twice = -2.0 * confidence.miss().ln();
        let rho = (twice + (twice + 1.0).ln()) / TIGHTEST;
        self.around_mean(|freedom, n| {
            let scale = 1.0 + 1.0 / (n * rho);
            let boundary = (scale * (twice + (n * rho).ln_1p())).sqrt();
            boundary * student::quantile(confidence, freedom) / confidence.normal_quantile()
        })
    }

    /// The mean and `quantile` standard errors to either side.
    fn around_mean(self, quantile: impl FnOnce(f64, f64) -> f64) -> Interval {
        let (Some(mean), Some(variance)) = (self.mean(), self.variance()) else {
            return Interval::ANYTHING;
        };
        let n = self.count as f64;
        let half = if variance > 0.0 {
            quantile(n - 1.0, n) * (variance / n).sqrt()
        } else {
            0.0
        };
        Interval {
            low: mean - half,
            high: mean + half,
        }
    }

    /// The mean as a whole part and the rest of the sum.
    fn divided(self) -> (i128, i128) {
        let count = i128::from(self.count);
        (self.sum.div_euclid(count), self.sum.rem_euclid(count))
    }
}

impl AddAssign for Moments {
    fn add_assign(&mut self, other: Moments) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (range, None) | (None, range) => range,
        };
    }
}

/// 128-bit integers as decimal text: JSON readers keep 53 bits of a number.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
