//! Candidates for a parameter.

use std::fmt;

use serde::{Deserialize, Serialize};
use swelkie_nodes::registry::{self, Kind};

use crate::lab::threshold::Reals;

/// Candidates, from the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ladder {
    /// 1, 2, … up to this.
    Counts(u32),
    /// Multiples of this step, up to 1.
    Shares(f64),
}

impl Ladder {
    /// How many.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> usize {
        match *self {
            Ladder::Counts(last) => last as usize,
            Ladder::Shares(step) => reals(step).len(),
        }
    }

    /// What a candidate stands for.
    #[must_use]
    pub fn value(&self, candidate: usize) -> f64 {
        match *self {
            Ladder::Counts(_) => candidate as f64 + 1.0,
            Ladder::Shares(step) => reals(step).value(candidate),
        }
    }

    /// The value as it is written in a spec and shown: as many digits as the step has.
    #[must_use]
    pub fn text(&self, candidate: usize) -> String {
        let places = match *self {
            Ladder::Counts(_) => 0,
            Ladder::Shares(step) => decimals(step),
        };
        format!("{:.places$}", self.value(candidate))
    }

    /// The distance between candidates.
    #[must_use]
    pub fn step(&self) -> f64 {
        match *self {
            Ladder::Counts(_) => 1.0,
            Ladder::Shares(step) => step,
        }
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Ladder::Counts(last) => write!(f, "1..{last}"),
            Ladder::Shares(step) => write!(f, "{step}..1"),
        }
    }
}

/// The finest step there is.
const FINEST: f64 = 1e-9;

fn reals(step: f64) -> Reals {
    Reals::new(step, 1.0, step).expect("a step was checked when it was read")
}

/// Decimal places that write the step exactly, twelve at most.
fn decimals(step: f64) -> usize {
    let exact = |places: &i32| {
        let scaled = step * 10_f64.powi(*places);
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    };
    (0..12).find(exact).unwrap_or(12) as usize
}

/// The ladder for a parameter of a strategy among `nodes`; `step` is the resolution of a
/// share.
///
/// # Errors
/// If the strategy has no such parameter, or it is no number, or there is nobody to tell.
pub fn ladder(spec: &str, seek: &str, nodes: u32, step: Option<f64>) -> Result<Ladder, String> {
    if nodes < 2 {
        return Err("nodes is 1: a threshold wants at least 2".to_owned());
    }
    let name = spec.split(':').next().unwrap_or(spec).trim();
    let Some(entry) = registry::find(name) else {
        // The registry's own complaint says what there is.
        let error = registry::resolve(name).err();
        return Err(error.map_or_else(|| name.to_owned(), |error| error.to_string()));
    };
    let number = |kind| matches!(kind, Kind::Count | Kind::Number | Kind::Share);
    let numbers = || {
        let all = entry.parameters.iter().filter(|found| number(found.kind));
        let names: Vec<&str> = all.map(|parameter| parameter.name).collect();
        match names.as_slice() {
            [] => "it has none".to_owned(),
            names => format!("it has {}", names.join(", ")),
        }
    };
    let found = entry.parameters.iter().find(|found| found.name == seek);
    match found.map(|parameter| parameter.kind) {
        Some(Kind::Count | Kind::Number) if step.is_some() => Err(format!(
            "a resolution is for shares; `{seek}` is a count, all of whose values are tried"
        )),
        Some(Kind::Count | Kind::Number) => Ok(Ladder::Counts(nodes - 1)),
        Some(Kind::Share) => Ok(Ladder::Shares(step.unwrap_or_else(|| resolution(nodes)))),
        Some(_) => Err(format!(
            "`{seek}` of `{name}` has no smallest value: expected a count or a share ({})",
            numbers()
        )),
        None => Err(format!(
            "`{name}` has no parameter `{}`: expected a count or a share ({})",
            seek.escape_debug(),
            numbers()
        )),
    }
}

/// Reads a resolution.
///
/// # Errors
/// If it is no step between candidates.
pub fn read_resolution(values: &[String]) -> Result<f64, String> {
    let text = values.join(", ");
    let step = text.parse::<f64>().ok();
    step.filter(|step| (FINEST..=0.5).contains(step))
        .ok_or_else(|| {
            format!(
                "resolution is `{}`: expected the step between shares, such as 0.001",
                text.escape_debug()
            )
        })
}

/// The resolution of shares if nobody asks for another: a thousandth up to 10 nodes, ten
/// times as fine for each factor of ten, for the shares sought fall like ln n / n.
fn resolution(nodes: u32) -> f64 {
    let factors = (f64::from(nodes) / 10.0).log10().ceil().max(0.0);
    // 1e-4 as one would write it, none of its neighbours that a division may leave.
    format!("1e-{}", 3 + factors as i32)
        .parse()
        .expect("a number")
}
