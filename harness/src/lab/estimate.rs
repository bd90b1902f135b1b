//! What was measured beside what was expected: estimates, targets, verdicts.
//!
//! ```
//! use swelkie::lab::estimate::{Agreement, Estimate, Target};
//! use swelkie::lab::interval::{Confidence, Proportion};
//!
//! let seen = Estimate::share(Proportion::new(3_652, 100_000), Confidence::P999);
//! assert_eq!(seen.to_string(), "0.0365 [0.0335, 0.0397]");
//! let printed: Target = ".037".parse()?;
//! assert_eq!(printed.judge(&seen, printed.coarsest()), Agreement::Agrees);
//! # Ok::<(), swelkie::lab::estimate::TargetError>(())
//! ```

use super::interval::{Confidence, Interval, Moments, Proportion};

mod number;
mod target;

#[cfg(test)]
mod tests;

pub use number::{number, outward};
pub use target::{Agreement, Target, TargetError};

/// A measured value and the interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best guess; NaN before the first trial.
    pub value: f64,
    /// What the trials do not rule out.
    pub interval: Interval,
    /// Trials behind it.
    pub trials: u64,
}

impl Estimate {
    /// A share with its [`Proportion::anytime`] interval: trials of the lab stop when
    /// they have shown enough.
    #[must_use]
    pub fn share(proportion: Proportion, confidence: Confidence) -> Estimate {
        Estimate {
            value: proportion.estimate().unwrap_or(f64::NAN),
            interval: proportion.anytime(confidence),
            trials: proportion.trials,
        }
    }

    /// A mean with its [`Moments::anytime`] interval, `unit` being what a recorded 1
    /// stands for (1/n for a share of n nodes, 1e-6 for milliseconds from nanoseconds).
    #[must_use]
    pub fn mean(moments: Moments, unit: f64, confidence: Confidence) -> Estimate {
        Estimate {
            value: moments.mean().unwrap_or(f64::NAN) * unit,
            interval: moments.anytime(confidence).scaled(unit),
            trials: moments.count(),
        }
    }
}
