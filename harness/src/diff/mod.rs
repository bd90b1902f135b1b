//! Two runs side by side: verdicts, plans, evidence, figures; and which differences are
//! more than chance.
//!
//! ```text
//!   results.json ─► verdict, plan, evidence, figures ─┐
//!   history.jsonl, messages.jsonl ─► Samples ─► tests ─┴─► Comparison ─► page
//! ```
//!
//! # Which figures are tested
//!
//! | figure | raw data | test | effect |
//! |---|---|---|---|
//! | median of a time | every operation or element | Mann-Whitney | shift (Hodges-Lehmann) |
//! | p95, p99 of a time | the same | share above the quantile of both together, Fisher | |
//! | so many of so many | counts | Fisher's exact | change of the share (Newcombe) |
//! | messages, bytes per operation | up to 20 parts of the time | Mann-Whitney | shift |
//!
//! All p-values of a comparison are corrected together (Holm 1979): with what is marked,
//! the probability that anything is marked by chance alone stays below 5 %. A difference
//! is marked if it is also at least as large as asked for. Other figures are shown with
//! their change; without raw data nothing can be said about chance.
//!
//! What the tests assume is that values are independent of each other. Those of one run
//! are not quite: a fault, a slow moment of the machine touches many of them. So a mark
//! says "these two runs differ", and less surely "these two programs differ".

mod page;
mod plans;
pub mod ranks;
pub mod samples;
pub mod shares;
mod significance;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};

use serde::Serialize;
use swelkie_checkers::{Figure, Validity};

use crate::archive::Archive;
use crate::report::{Report, RunInfo};
use samples::Samples;

pub use page::page;
pub use plans::Difference;
pub use significance::{Effect, Test, holm};

/// One of the two runs.
#[derive(Clone, Debug)]
pub struct Side {
    /// What it is called.
    pub name: String,
    /// What came of it.
    pub report: Report,
    /// What its figures are made of.
    pub samples: Samples,
}

/// How much two runs have in common before anything is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kinship {
    /// Simulations of one seed, equal to the byte.
    SameBytes,
    /// Simulations of one seed: what differs is no chance.
    SameSeed,
    /// Anything else.
    Apart,
}

/// Two runs compared.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The first run.
    pub first: Head,
    /// The second run.
    pub second: Head,
    /// What they have in common.
    pub kinship: Kinship,
    /// What differs in what was run.
    pub plan: Vec<Difference>,
    /// Kinds of evidence and how often each run has them.
    pub evidence: Vec<Evidence>,
    /// All figures, the most significant difference first.
    pub figures: Vec<Row>,
    /// How many figures were tested, which is what p-values are corrected for.
    pub tested: usize,
    /// Below this share of the first value a difference is not marked.
    pub at_least: f64,
    /// The second run's verdict or one of its marked figures is worse.
    pub regression: bool,
}

/// A run in two lines.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    /// What it is called.
    pub name: String,
    /// Whether it was valid.
    pub validity: Validity,
    /// Its verdict in one sentence.
    pub headline: String,
}

/// A kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// `lost`
    pub kind: String,
    /// How often in the first run.
    pub first: u64,
    /// How often in the second.
    pub second: u64,
}

/// A figure of both runs. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// In the first run; none if it has no such figure.
    pub first: Option<f64>,
    /// In the second.
    pub second: Option<f64>,
    /// Of how many, for counts whose share is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<(u64, u64)>,
    /// Second minus first.
    pub change: Option<f64>,
    /// The change as a share of the first; none if that is 0.
    pub ratio: Option<f64>,
    /// The test, where there are raw data.
    pub test: Option<Test>,
    /// Whether the difference is more than chance, and large enough.
    pub marked: bool,
    /// Whether a marked change is for the worse.
    pub worse: bool,
    #[serde(skip)]
    is_time: bool,
}

/// A difference is marked if, corrected, it is less probable than this by chance.
pub const LEVEL: f64 = 0.05;

/// Compares two runs. Differences smaller than `at_least` times the first value are not
/// marked, shares aside.
#[must_use]
pub fn compare(first: &Side, second: &Side, same_bytes: bool, at_least: f64) -> Comparison {
    let head = |side: &Side| Head {
        name: side.name.clone(),
        validity: side.report.validity,
        headline: side.report.headline.clone(),
    };
    let (mut rows, tested) = rows(first, second);
    for row in &mut rows {
        let Some(test) = row.test.as_ref().filter(|test| test.adjusted_p < LEVEL) else {
            continue;
        };
        let large = row.of.is_some() || row.ratio.is_none_or(|ratio| ratio.abs() >= at_least);
        let change = match test.effect {
            Some(effect) if effect.value != 0.0 => effect.value,
            _ => row.change.unwrap_or(0.0),
        };
        let both = row.first.is_some() && row.second.is_some();
        row.marked = both && large && change != 0.0;
        row.worse = row.marked && (change < 0.0) == significance::more_is_better(&row.name);
    }
    rows.sort_by(|one, other| {
        let p = |row: &Row| row.test.as_ref().map_or(2.0, |test| test.p);
        // What came out of nothing changed most.
        let size = |row: &Row| match (row.change, row.ratio) {
            (Some(0.0) | None, _) => 0.0,
            (_, ratio) => ratio.map_or(f64::INFINITY, f64::abs),
        };
        (one.marked.cmp(&other.marked).reverse())
            .then(p(one).total_cmp(&p(other)))
            .then(size(other).total_cmp(&size(one)))
            .then_with(|| one.name.cmp(&other.name))
    });
    let sims = first.report.plan.mode == "sim" && second.report.plan.mode == "sim";
    let one_seed = sims && first.report.plan.seed == second.report.plan.seed;
    Comparison {
        kinship: match (same_bytes, one_seed) {
            (true, true) => Kinship::SameBytes,
            (false, true) => Kinship::SameSeed,
            _ => Kinship::Apart,
        },
        plan: plans::differences(&first.report, &second.report),
        evidence: evidence(&first.report, &second.report),
        regression: second.report.validity < first.report.validity
            || rows.iter().any(|row| row.worse),
        figures: rows,
        tested,
        at_least,
        first: head(first),
        second: head(second),
    }
}

/// All figures of either run, tested where that can be, and how many tests that were.
fn rows(first: &Side, second: &Side) -> (Vec<Row>, usize) {
    let figures = [&first.report.figures, &second.report.figures];
    let names: BTreeSet<&String> = figures
        .iter()
        .flat_map(|figures| figures.0.keys())
        .collect();
    let mut rows: Vec<Row> = names
        .into_iter()
        .map(|name| {
            let [one, other] = figures.map(|figures| figures.get(name));
            let is_time = [one, other]
                .iter()
                .flatten()
                .any(|figure| matches!(figure, Figure::Duration(_)));
            let (a, b) = (one.map(Figure::as_f64), other.map(Figure::as_f64));
            let change = a.zip(b).map(|(a, b)| b - a);
            let both = (
                first.samples.shares.get(name),
                second.samples.shares.get(name),
            );
            Row {
                name: name.clone(),
                first: a,
                second: b,
                of: both.0.zip(both.1).map(|(one, other)| (one.1, other.1)),
                change,
                ratio: change
                    .zip(a)
                    .filter(|(_, a)| *a != 0.0)
                    .map(|(change, a)| change / a.abs()),
                test: significance::test(name, &first.samples, &second.samples),
                marked: false,
                worse: false,
                is_time,
            }
        })
        .collect();
    for row in &mut rows {
        // The figure counts final reads as well; shares are of what the test is about.
        if let (Some(of), Some((one, other))) = (
            row.of,
            first
                .samples
                .shares
                .get(&row.name)
                .zip(second.samples.shares.get(&row.name)),
        ) {
            (row.first, row.second) = (Some(one.0 as f64), Some(other.0 as f64));
            row.change =
                Some(other.0 as f64 / of.1.max(1) as f64 - one.0 as f64 / of.0.max(1) as f64);
            row.ratio = None;
        }
    }
    let mut tests: Vec<&mut Test> = rows
        .iter_mut()
        .filter_map(|row| row.test.as_mut())
        .collect();
    let adjusted = holm(&tests.iter().map(|test| test.p).collect::<Vec<f64>>());
    for (test, p) in tests.iter_mut().zip(adjusted) {
        test.adjusted_p = p;
    }
    let tested = tests.len();
    (rows, tested)
}

/// Counted by figures where there are such, for the list holds only the first few.
fn evidence(first: &Report, second: &Report) -> Vec<Evidence> {
    let count = |report: &Report| {
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for anomaly in &report.anomalies {
            *kinds.entry(anomaly.kind.clone().into_owned()).or_default() += 1;
        }
        for (kind, count) in &mut kinds {
            let figure = format!("{}.anomalies.{kind}", report.plan.workload);
            if let Some(figure) = report.figures.get(&figure) {
                *count = figure.as_f64() as u64;
            }
        }
        kinds
    };
    let (first, second) = (count(first), count(second));
    let kinds: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let of = |kinds: &BTreeMap<String, u64>, kind| kinds.get(kind).copied().unwrap_or(0);
    kinds
        .into_iter()
        .map(|kind| Evidence {
            kind: kind.clone(),
            first: of(&first, kind),
            second: of(&second, kind),
        })
        .collect()
}

/// Whether two runs left the same bytes: history, messages, faults, and results but for
/// what belongs to one execution.
///
/// # Errors
/// What reading gives.
pub fn same_bytes(first: &Archive, second: &Archive) -> io::Result<bool> {
    let results = |report: &Report| {
        let mut report = report.clone();
        report.run = RunInfo::default();
        serde_json::to_vec(&report)
    };
    if results(&first.report)? != results(&second.report)? {
        return Ok(false);
    }
    for name in ["history.jsonl", "messages.jsonl", "faults.toml"] {
        let open = |archive: &Archive| File::open(archive.directory.join(name));
        match (open(first), open(second)) {
            (Ok(one), Ok(other)) => {
                if one.metadata()?.len() != other.metadata()?.len() || !equal(one, other)? {
                    return Ok(false);
                }
            }
            (Err(one), Err(other)) if one.kind() == other.kind() => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn equal(one: File, other: File) -> io::Result<bool> {
    let mut files = [one, other].map(|file| BufReader::with_capacity(1 << 16, file));
    let [mut one, mut other] = [vec![0; 1 << 16], vec![0; 1 << 16]];
    loop {
        let read = files[0].read(&mut one)?;
        if read == 0 {
            return Ok(files[1].read(&mut other)? == 0);
        }
        match files[1].read_exact(&mut other[..read]) {
            Ok(()) if one[..read] == other[..read] => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}
