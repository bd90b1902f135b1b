//! The share of trials in which something happened.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Confidence, Interval, binomial};

/// Successes among trials.
///
/// ```
/// use swelkie::lab::interval::{Confidence, Proportion};
///
/// let mut everybody = Proportion::new(990, 1000);
/// everybody += Proportion::new(995, 1000); // another shard
/// assert_eq!(everybody.estimate(), Some(0.9925));
/// let exact = everybody.exact(Confidence::P95);
/// assert!(exact.low > 0.987 && exact.high < 0.996);
/// let anytime = everybody.anytime(Confidence::P95);
/// assert!(anytime.low < exact.low && exact.high < anytime.high);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proportion {
    /// Trials in which it happened.
    pub successes: u64,
    /// All trials.
    pub trials: u64,
}

impl Proportion {
    /// `successes` of `trials`.
    ///
    /// # Panics
    /// If there are more successes than trials.
    #[must_use]
    pub fn new(successes: u64, trials: u64) -> Proportion {
        assert!(
            successes <= trials,
            "{successes} successes of {trials} trials"
        );
        Proportion { successes, trials }
    }

    /// Counts one trial.
    pub fn record(&mut self, success: bool) {
        self.trials += 1;
        self.successes += u64::from(success);
    }

    /// The share seen; none before the first trial.
    #[must_use]
    pub fn estimate(self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// Wilson's score interval: right on average over true shares, for display and planning.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical
    /// inference", JASA 22 (1927), p. 210.
    #[must_use]
    pub fn wilson(self, confidence: Confidence) -> Interval {
        if self.trials == 0 {
            return EVERY_SHARE;
        }
        let (k, n) = (self.successes as f64, self.trials as f64);
        let z2 = confidence.normal_quantile().powi(2);
        let centre = (k + z2 / 2.0) / (n + z2);
        let half = (z2 * (k * (n - k) / n + z2 / 4.0)).sqrt() / (n + z2);
        Interval {
            low: if self.successes == 0 {
                0.0
            } else {
                (centre - half).max(0.0)
            },
            high: if self.successes == self.trials {
                1.0
            } else {
                (centre + half).min(1.0)
            },
        }
    }

    /// The exact interval for a number of trials that was fixed beforehand: contains the
    /// truth with at least this confidence, whatever the truth is.
    ///
    /// C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits
    /// illustrated in the case of the binomial", Biometrika 26 (1934), p. 404.
    #[must_use]
    pub fn exact(self, confidence: Confidence) -> Interval {
        let tail = confidence.miss() / 2.0;
        let failures = self.trials - self.successes;
        Interval {
            low: binomial::lower_limit(self.successes, self.trials, tail),
            high: 1.0 - binomial::lower_limit(failures, self.trials, tail),
        }
    }

    /// The interval that keeps its confidence however the number of trials came about.
    ///
    /// A share `p` is ruled out once the trials are `1 / miss` times as likely under a mixture
    /// over all shares (weighted Beta(1/2, 1/2)) as under `p`. Under the true share that
    /// ratio is a martingale that starts at 1, so it *ever* gets there with probability
    /// `miss` at most (Ville's inequality).
    ///
    /// H. Robbins, "Statistical methods related to the law of the iterated logarithm",
    /// Ann. Math. Statist. 41 (1970), p. 1397; the mixture is that of R. Krichevsky and
    /// V. Trofimov, IEEE Trans. Inf. Theory 27 (1981), p. 199, near the best for every share.
    #[must_use]
    pub fn anytime(self, confidence: Confidence) -> Interval {
        let failures = self.trials - self.successes;
        // The mixture's probability of these trials, over the number of their orders.
        let mixture = binomial::ln_pmf(self.successes, 2 * self.successes, 0.5)
            + binomial::ln_pmf(failures, 2 * failures, 0.5);
        let floor = mixture + confidence.miss().ln();
        Interval {
            low: binomial::lower_level(self.successes, self.trials, floor),
            high: 1.0 - binomial::lower_level(failures, self.trials, floor),
        }
    }
}

impl AddAssign for Proportion {
    fn add_assign(&mut self, other: Proportion) {
        self.successes += other.successes;
        self.trials += other.trials;
    }
}

/// What no trials show of a share.
const EVERY_SHARE: Interval = Interval {
    low: 0.0,
    high: 1.0,
};

/// About how many trials bring the interval of a share near `share` down to `half_width`
/// on either side, by the normal approximation: for plans and estimates of time left.
#[must_use]
pub fn trials_for(share: f64, half_width: f64, confidence: Confidence) -> u64 {
    let z = confidence.normal_quantile();
    let spread = (share * (1.0 - share)).max(0.0);
    // Without spread the limit comes from "nothing seen in n trials": z²/n or so.
    ((z / half_width).powi(2) * spread)
        .max(z * z / half_width)
        .ceil() as u64
}
