//! What a run says in the end, for people and machines: `results.json`, the
//! terminal summary and the library's return value are made from it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use swelkie_checkers::{Anomaly, Figures, Validity};

use crate::engine::{FaultRecord, Milestones};
use crate::propagation::{Basis, Explanation};
use crate::trace::Traced;

/// The report of a run. Serialised it is `results.json`, version 1; everything but
/// `run` is the same to the byte for a seed in simulation.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct PlanSummary {
    /// The workload.
    pub workload: String,
    /// `flood` or the program.
    pub target: String,
    /// `live` or `sim`.
    pub mode: &'static str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// How many faults are planned.
    pub faults: usize,
}

/// One kind of offence of one node.
#[derive(Clone, Debug, Serialize)]
pub struct OffenceReport {
    /// `not-json`, …
    pub kind: &'static str,
    /// The node.
    pub node: String,
    /// How often.
    pub count: u64,
    /// When first, nanoseconds since the start of the run.
    pub first_ns: u64,
    /// The first time: what, what was expected, what to do.
    pub story: String,
    /// The last of what it wrote to stderr, where that may explain it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stderr_tail: String,
}

/// What a link carried.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunInfo {
    /// The command that runs this again.
    pub command: String,
    /// When it began, UTC.
    pub started: String,
    /// How long it took, seconds.
    pub wall_s: f64,
    /// Where its files are; none if it kept none.
    pub directory: Option<PathBuf>,
    /// The nodes' traces, put together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Traced>,
    /// The program's version.
    pub swelkie: String,
    /// `linux x86_64, 2 cores`
    pub host: String,
}
