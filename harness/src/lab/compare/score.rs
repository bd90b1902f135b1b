//! What one run says about a strategy, and many runs together.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use swelkie_checkers::Validity;

use super::Key;
use crate::report::{LinkReport, Report};
use crate::text::excerpt;

/// How a strategy was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In this process, in virtual time.
    Sim,
    /// As real processes.
    Live,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Mode::Sim => "sim",
            Mode::Live => "live",
        })
    }
}

/// What a run says about a strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The run's seed.
    pub seed: u64,
    /// Was every promise kept?
    pub validity: Validity,
    /// The run's exit status.
    pub exit_status: u8,
    /// What was measured. Stable latency is missing beside a loss, where it would
    /// flatter: elements that get nowhere wait for nothing.
    pub figures: BTreeMap<Key, f64>,
    /// What the reader should know before trusting the figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What went wrong, if the run is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What went wrong in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// In one line, safe to show.
    pub text: String,
    /// The command that repeats the run.
    pub again: String,
    /// Where its record is kept, if it is.
    pub directory: Option<PathBuf>,
}

impl Score {
    /// What the report of a broadcast run says.
    #[must_use]
    pub fn of(report: &Report) -> Score {
        let named = [
            (Key::Msgs, "net.servers.msgs-per-op"),
            (Key::Median, "broadcast.stable-latency.p50"),
            (Key::Max, "broadcast.stable-latency.max"),
            (Key::Bytes, "net.servers.bytes-per-op"),
            (Key::Lost, "broadcast.anomalies.lost"),
        ];
        let get = |name| Some(report.figures.get(name)?.as_f64());
        let found = named
            .iter()
            .filter_map(|&(key, name)| Some((key, get(name)?)));
        let mut figures: BTreeMap<Key, f64> = found.collect();
        if figures.get(&Key::Lost).is_some_and(|&lost| lost > 0.0) {
            figures.remove(&Key::Median);
            figures.remove(&Key::Max);
        }
        if let (Some(&each), Some(messages)) = (figures.get(&Key::Msgs), get("net.servers.msgs")) {
            let share = busiest(&report.links, &report.plan.nodes) as f64 / messages.max(1.0);
            figures.insert(Key::Busiest, each * share);
        }
        Score {
            seed: report.plan.seed,
            validity: report.validity,
            exit_status: report.exit_status,
            figures,
            warnings: report.warnings.clone(),
            trouble: (report.validity != Validity::Valid).then(|| Trouble::of(report)),
        }
    }
}

impl Trouble {
    fn of(report: &Report) -> Trouble {
        let first = report.anomalies.first();
        let first = first.and_then(|anomaly| anomaly.text.lines().next());
        let evidence = first.map_or(String::new(), |line| format!(": {line}"));
        let text = format!("{}{evidence}", report.headline);
        Trouble {
            text: excerpt(text.as_bytes(), 240),
            again: report.run.command.clone(),
            directory: report.run.directory.clone(),
        }
    }
}

/// Messages to and from the node that has most of them.
fn busiest(links: &[LinkReport], nodes: &[String]) -> u64 {
    let mut counts: BTreeMap<&str, u64> = nodes.iter().map(|node| (node.as_str(), 0)).collect();
    for link in links {
        for end in [&link.src, &link.dest] {
            if let Some(count) = counts.get_mut(end.as_str()) {
                *count += link.messages;
            }
        }
    }
    counts.into_values().max().unwrap_or(0)
}

/// A figure over several runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// The most.
    pub high: f64,
}

impl Spread {
    /// Of these values; none of no values.
    ///
    /// ```
    /// use swelkie::lab::compare::Spread;
    ///
    /// let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);
    /// assert_eq!(spread, Some(Spread { low: 1.0, middle: 2.5, high: 4.0 }));
    /// assert_eq!(Spread::of([]), None);
    /// ```
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (&low, &high) = (values.first()?, values.last()?);
        let half = values.len() / 2;
        let middle = if values.len().is_multiple_of(2) {
            f64::midpoint(values[half - 1], values[half])
        } else {
            values[half]
        };
        Some(Spread { low, middle, high })
    }
}
