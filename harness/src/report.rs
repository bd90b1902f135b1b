//! What a run says in the end, for people and machines: `results.json`, the
//! terminal summary and the library's return value are made from it.

pub mod layout;
pub mod page;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use swelkie_checkers::{Anomaly, Figures, Validity};
use swelkie_nodes::Time;

use crate::engine::{FaultRecord, Milestones};
use crate::judge;
use crate::propagation::{Basis, Explanation};
use crate::trace::Traced;

/// The report of a run. Serialised it is `results.json`, version 1; everything but
/// `run` is the same to the byte for a seed in simulation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of this file's fields.
    pub version: u32,
    /// Was every promise kept?
    pub validity: Validity,
    /// The verdict in one sentence.
    pub headline: String,
    /// 0 valid, 1 invalid, 2 unknown, 254 found wrong before a node started,
    /// 130 or 143 interrupted.
    pub exit_status: u8,
    /// What was run.
    pub plan: PlanSummary,
    /// The evidence, most telling first.
    pub anomalies: Vec<Anomaly>,
    /// How the elements of anomalies went astray, by index into `anomalies`.
    pub explanations: BTreeMap<usize, Explanation>,
    /// Which fields of messages the figures called `carried` were read from, and
    /// whether that is certain; none if the journal was not read.
    pub carried: Option<Basis>,
    /// What nodes did wrong without breaking a promise by it.
    pub offences: Vec<OffenceReport>,
    /// What the reader should know before trusting the figures.
    pub warnings: Vec<String>,
    /// Everything that was measured.
    pub figures: Figures,
    /// What became of each fault.
    pub faults: Vec<FaultRecord>,
    /// When what happened.
    pub milestones: Milestones,
    /// Messages and bytes between nodes and services, by link.
    pub links: Vec<LinkReport>,
    /// What belongs to this one execution: host, wall times, places.
    pub run: RunInfo,
}

/// What was run, resolved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanSummary {
    /// The workload.
    pub workload: String,
    /// `flood` or the program.
    pub target: String,
    /// Whether the nodes are built-in ones, whose messages are known.
    #[serde(default)]
    pub builtin: bool,
    /// `live` or `sim`.
    pub mode: Cow<'static, str>,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// Seconds.
    pub time_limit_s: f64,
    /// Operations per second; none for as fast as it goes.
    pub rate: Option<f64>,
    /// Client slots.
    pub concurrency: usize,
    /// `100ms exponential`
    pub latency: String,
    /// The topology's name, for workloads that have one.
    pub topology: Option<String>,
    /// What the labels of elements are drawn from, if they have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// How many faults are planned.
    pub faults: usize,
}

/// One kind of offence of one node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OffenceReport {
    /// `not-json`, …
    pub kind: Cow<'static, str>,
    /// The node.
    pub node: String,
    /// How often.
    pub count: u64,
    /// When first, nanoseconds since the start of the run.
    pub first_ns: u64,
    /// The first time: what, what was expected, what to do.
    pub story: String,
    /// The last of what it wrote to stderr, where that may explain it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr_tail: String,
}

/// What a link carried.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkReport {
    /// From.
    pub src: String,
    /// To.
    pub dest: String,
    /// How many messages.
    pub messages: u64,
    /// How many bytes of bodies.
    pub bytes: u64,
}

/// What belongs to this one execution.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RunInfo {
    /// The command that runs this again.
    pub command: String,
    /// When it began, UTC.
    pub started: String,
    /// How long it took, seconds.
    pub wall_s: f64,
    /// Where its files are; none if it kept none.
    pub directory: Option<PathBuf>,
    /// Its page, to open in a browser; none if it was not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<PathBuf>,
    /// Whether its history, messages and nodes' files were not kept: see
    /// [`Keep`](crate::options::Keep).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// What could not be drawn of it and why: no part of the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_drawn: Vec<String>,
    /// The nodes' traces, put together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Traced>,
    /// The program's version.
    pub swelkie: String,
    /// `linux x86_64, 2 cores`
    pub host: String,
}

impl Report {
    /// The report of a run that has begun and is not over: unknown. It stands in the
    /// run's directory until the run ends, and stays there if Swelkie is killed.
    #[must_use]
    pub fn begun(plan: PlanSummary, run: RunInfo) -> Report {
        Report {
            version: 1,
            validity: Validity::Unknown,
            headline: "the run is not over: it is still going on, or Swelkie was killed".to_owned(),
            exit_status: 2,
            plan,
            anomalies: Vec::new(),
            explanations: BTreeMap::new(),
            carried: None,
            offences: Vec::new(),
            warnings: Vec::new(),
            figures: Figures::default(),
            faults: Vec::new(),
            milestones: Milestones::default(),
            links: Vec::new(),
            run,
        }
    }

    /// Reads a `results.json`.
    ///
    /// # Errors
    /// If it is none, or one of a newer version.
    pub fn from_json(json: &[u8]) -> Result<Report, serde_json::Error> {
        let mut report: Report = serde_json::from_slice(json)?;
        if report.version > 1 {
            let text = format!(
                "it has version {}, and this Swelkie reads version 1",
                report.version
            );
            return Err(serde::de::Error::custom(text));
        }
        if let Ok(workload) =
            swelkie_workloads::registry::build(&report.plan.workload, &Default::default())
        {
            report.figures.restore(&judge::catalogue(&*workload));
        }
        Ok(report)
    }

    /// Whether this is what stood in the directory while the run went: it goes on, or
    /// Swelkie was killed.
    #[must_use]
    pub fn was_cut_short(&self) -> bool {
        !self.is_over() && self.exit_status == 2 && self.run.wall_s == 0.0
    }

    /// Whether the run came to its end, whatever the verdict.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.milestones.end != Time::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, Target};

    #[test]
    fn a_report_that_was_written_and_read_again_is_the_same() {
        let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
        options.sim = true;
        options.nemesis = vec!["partition".to_owned(), "kill".to_owned()];
        options.store = tempfile::tempdir().expect("a temporary directory").keep();
        let report = options.run().expect("it runs");
        assert!(!report.anomalies.is_empty() && !report.explanations.is_empty());
        let written = std::fs::read(options.store.join("latest/results.json")).expect("written");
        let read = Report::from_json(&written).expect("a report");
        // Indices, the time limit and the nodes hit are not in the file.
        let strip = |report: &Report| {
            let mut report = report.clone();
            report.anomalies.iter_mut().for_each(|one| one.node = None);
            report.faults.iter_mut().for_each(|one| one.hit.clear());
            report.milestones.limit = Time::ZERO;
            format!("{report:#?}")
        };
        let (read, report) = (strip(&read), strip(&report));
        for (read, written) in read.lines().zip(report.lines()) {
            assert_eq!(read, written);
        }
        assert_eq!(read.len(), report.len());
        std::fs::remove_dir_all(&options.store).expect("removed");
    }
}
