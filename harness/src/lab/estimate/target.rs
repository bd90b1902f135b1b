//! Targets as they are printed, and the rule by which a measurement agrees with one.

use std::fmt;
use std::str::FromStr;

use super::number::trimmed;
use super::{Estimate, number, outward};

/// A value as it is printed somewhere, whose last digit says how exactly it is known:
/// `.037`, `5.8e-4`, `12.30`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    text: String,
    value: f64,
    unit: f64,
}

/// How a measurement stands to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The interval, widened by half a unit of the target's last digit, contains the target.
    Agrees,
    /// It does not: a sentence says how far off.
    Misses(String),
    /// The trials say too little to tell; why, and what would help.
    Undecided(String),
}

impl Target {
    /// The value printed.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// One unit of the last digit printed: 0.001 for `.037`, 1e-5 for `5.8e-4`.
    #[must_use]
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// The half-width at which an interval has something to say about this target if
    /// nothing else is asked for: five units of its last digit.
    #[must_use]
    pub fn coarsest(&self) -> f64 {
        5.0 * self.unit
    }

    /// Compares with a measurement: it agrees if its interval (99.9 % by the project's rule),
    /// widened by half a unit of the last digit, contains the target. An interval that
    /// contains it only for being wider than `coarsest` to each side proves nothing, nor does one
    /// without width, which many equal trials leave behind.
    #[must_use]
    pub fn judge(&self, estimate: &Estimate, coarsest: f64) -> Agreement {
        let Estimate {
            value,
            interval,
            trials,
        } = *estimate;
        if trials == 0 || value.is_nan() {
            return Agreement::Undecided("no trials yet".to_owned());
        }
        // The decimal's own rounding, so that a difference of just half a unit agrees.
        let slack = 1e-9 * self.unit;
        let within = interval
            .widened(self.unit / 2.0 + slack)
            .contains(self.value);
        let half = interval.half_width();
        if within && half <= coarsest * (1.0 + 1e-9) {
            return Agreement::Agrees;
        }
        if within {
            return Agreement::Undecided(format!(
                "known to ±{} after {trials} trials, ±{} is wanted: more trials would tell",
                outward(half),
                outward(coarsest)
            ));
        }
        if half <= 0.0 {
            return Agreement::Undecided(format!(
                "all {trials} trials gave {}: how much they vary is unknown, more trials would tell",
                trimmed(value)
            ));
        }
        let (side, end) = if self.value < interval.low {
            ("below", interval.low)
        } else {
            ("above", interval.high)
        };
        let distance = (self.value - end).abs();
        Agreement::Misses(format!(
            "{self} lies {} {side} the interval {estimate}; half a unit of its last digit is {}",
            outward(distance),
            number(self.unit / 2.0, 1)
        ))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A target that is no decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError {
    text: String,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{:?} is not a target; expected a decimal number with as many digits as are known, \
             such as \".037\", \"12.30\" or \"5.8e-4\"",
            self.text
        )
    }
}

impl std::error::Error for TargetError {}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Target, TargetError> {
        parts(text).ok_or_else(|| TargetError {
            text: text.to_owned(),
        })
    }
}

/// Sign, digits, point, digits, exponent; more than `f64`'s own grammar refuses.
fn parts(text: &str) -> Option<Target> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole)
        || !digits(decimals)
        || (unsigned.contains('.') && decimals.is_empty())
        || unsigned.is_empty()
    {
        return None;
    }
    let places = i32::try_from(decimals.len()).ok()?;
    let value: f64 = text.parse().ok()?;
    let unit: f64 = format!("1e{}", exponent.checked_sub(places)?)
        .parse()
        .ok()?;
    (value.is_finite() && unit.is_normal()).then(|| Target {
        text: text.to_owned(),
        value,
        unit,
    })
}
