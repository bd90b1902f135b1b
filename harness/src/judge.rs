//! From what a run left in memory to its report: the workload's verdict, what
//! nodes did wrong, availability, assertions, figures.
//!
//! Pure. Nothing that is rendered later changes a verdict made here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use swelkie_checkers::assertion::Assertion;
use swelkie_checkers::availability::{self, Availability};
use swelkie_checkers::catalogue::{Catalogue, Quantity};
use swelkie_checkers::{
    Anomaly, Figure, Figures, Outcome as Completion, Phase, Validity, Verdict, stats,
};
use swelkie_workloads::Workload;

use crate::engine::{Charge, Ended, Outcome};
use crate::propagation::{self, Basis, Explanation};
use crate::report::{LinkReport, OffenceReport};
use crate::run::spreads;
use crate::storm::{self, Copies};
use crate::text::printable;

/// The kind of a storm's anomaly.
const STORM: &str = "storm";

/// What is asked of a run beyond its workload's promises.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// The share of operations that must succeed.
    pub availability: Option<Availability>,
    /// Conditions on figures.
    pub assertions: Vec<Assertion>,
    /// Every offence of a node makes the run invalid.
    pub strict: bool,
    /// The mean latency the user asked for, if the run was live: lateness that
    /// blurs it is worth a warning. Nanoseconds.
    pub live_latency: Option<u64>,
}

/// The judgement of a run.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Validity, evidence, figures.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub headline: String,
    /// The process's exit status.
    pub exit_status: u8,
    /// What nodes did wrong without breaking a promise by it.
    pub offences: Vec<OffenceReport>,
    /// What the reader should know before trusting the figures.
    pub warnings: Vec<String>,
    /// How elements went astray, by index of the anomaly.
    pub explanations: BTreeMap<usize, Explanation>,
    /// Where the figures called `carried` come from.
    pub carried: Option<Basis>,
}

/// What the message journal says beyond the history: it adds to figures and to
/// evidence, never to the verdict.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// More figures.
    pub figures: Figures,
    /// More evidence, by index of the anomaly.
    pub explanations: BTreeMap<usize, Explanation>,
    /// Where the figures called `carried` come from.
    pub basis: Option<Basis>,
    /// Every copy of what a storm sent on and on.
    pub(crate) storm: Option<Copies>,
    /// What the reader of any of these should know.
    pub warnings: Vec<String>,
}

/// Judges a run. `spread` is asked about the anomalies found.
#[must_use]
pub fn judge(
    outcome: &Outcome,
    demands: &Demands,
    spread: impl FnOnce(&[Anomaly]) -> Spread,
) -> Judgement {
    let operated = outcome.milestones.zero.is_some();
    let mut verdict = conduct(outcome, demands.strict).merge(ending(outcome));
    if operated {
        let of_workload = outcome.workload.check(&outcome.history);
        verdict = verdict.merge(match outcome.ended {
            Ended::Interrupted { .. } => softened(of_workload),
            Ended::Storm(_) | Ended::Overload { .. } => without_final_reads(of_workload),
            _ => of_workload,
        });
        verdict = verdict.merge(availability::check(&outcome.history, demands.availability));
        verdict.figures.0.extend(stats::figures(&outcome.history).0);
    }
    traffic(outcome, &mut verdict.figures);
    times(outcome, &mut verdict.figures);
    let spread = spread(&verdict.anomalies);
    verdict.figures.0.extend(spread.figures.0);
    if let (Ended::Storm(sighting), Some(copies)) = (&outcome.ended, &spread.storm)
        && let Some(anomaly) = (verdict.anomalies.iter_mut()).find(|one| one.kind == STORM)
    {
        anomaly.text = storm::story(outcome, sighting, Some(copies));
    }
    for (&index, explanation) in &spread.explanations {
        let text = &mut verdict.anomalies[index].text;
        let _ = write!(text, "\n{}", explanation.text);
    }
    if operated {
        for assertion in &demands.assertions {
            if let Err(anomaly) = assertion.evaluate(&verdict.figures) {
                verdict.blame(Validity::Invalid, anomaly);
            }
        }
    }
    for anomaly in &mut verdict.anomalies {
        if let Some(node) = anomaly.node {
            anomaly.node_name = Some(outcome.nodes[node].to_string());
        }
    }
    Judgement {
        headline: headline(outcome, &verdict),
        exit_status: exit_status(outcome, verdict.validity),
        offences: offences(outcome),
        warnings: [warnings(outcome, demands), spread.warnings].concat(),
        explanations: spread.explanations,
        carried: spread.basis,
        verdict,
    }
}

/// A run that ended early has no final reads, which needs no evidence of its own.
fn without_final_reads(mut verdict: Verdict) -> Verdict {
    verdict
        .anomalies
        .retain(|anomaly| anomaly.kind != "no-final-read");
    verdict
}

/// What is missing from an interrupted run may have been yet to come.
fn softened(verdict: Verdict) -> Verdict {
    let mut verdict = without_final_reads(verdict);
    verdict.validity = verdict.validity.min(Validity::Unknown);
    verdict
}

/// What nodes did that breaks a promise by itself.
fn conduct(outcome: &Outcome, strict: bool) -> Verdict {
    let mut verdict = Verdict::valid();
    for charge in outcome.conduct.charges() {
        let blamed = charge.kind.is_fatal() || (strict && charge.kind.is_offence());
        if blamed {
            let mut anomaly = Anomaly::new(charge.kind.word(), story(charge));
            anomaly.node = Some(charge.node);
            anomaly.at = Some(charge.first.nanos());
            verdict.blame(Validity::Invalid, anomaly);
        }
    }
    verdict
}

/// A charge's story with the tail of stderr, which often says why.
fn story(charge: &Charge) -> String {
    let mut text = charge.story.clone();
    if charge.count > 1 {
        let _ = write!(text, " ({} times)", charge.count);
    }
    let tail = printable(charge.stderr_tail.trim());
    if !tail.is_empty() {
        text.push_str("; the last it wrote to stderr:");
        let lines: Vec<&str> = tail.lines().collect();
        for line in &lines[lines.len().saturating_sub(12)..] {
            let _ = write!(text, "\n  {line}");
        }
    }
    text
}

/// What the way the run ended says.
fn ending(outcome: &Outcome) -> Verdict {
    let mut verdict = Verdict::valid();
    match &outcome.ended {
        Ended::Complete | Ended::SpawnFailed { .. } | Ended::StartFailed { .. } => {}
        Ended::AllCrashed => {
            let text = "no node is left: every one of them had crashed, so the run ended early";
            verdict.blame(Validity::Invalid, Anomaly::new("all-crashed", text));
        }
        Ended::Overload { story } => {
            verdict.blame(Validity::Invalid, Anomaly::new("overload", story.clone()));
        }
        Ended::Storm(sighting) => {
            let mut anomaly = Anomaly::new(STORM, storm::story(outcome, sighting, None));
            anomaly.element = Some(sighting.element.to_string());
            anomaly.node = Some(sighting.src.index());
            anomaly.at = Some(sighting.at.nanos());
            verdict.blame(Validity::Invalid, anomaly);
        }
        Ended::Interrupted { signal } => {
            let text =
                format!("the run was interrupted (signal {signal}) before it could be judged");
            verdict.blame(Validity::Unknown, Anomaly::new("interrupted", text));
        }
    }
    verdict
}

fn exit_status(outcome: &Outcome, validity: Validity) -> u8 {
    match (&outcome.ended, validity) {
        (Ended::SpawnFailed { .. }, _) => 254,
        (Ended::Interrupted { signal }, _) => 128 + u8::try_from(*signal).unwrap_or(2),
        (_, Validity::Valid) => 0,
        (_, Validity::Invalid) => 1,
        (_, Validity::Unknown) => 2,
    }
}

fn headline(outcome: &Outcome, verdict: &Verdict) -> String {
    if verdict.validity == Validity::Valid {
        let done = verdict.figures.get("ops.ok").map_or(0.0, Figure::as_f64);
        return format!(
            "every promise of {} was kept ({done} of {} operations succeeded)",
            outcome.workload.name(),
            verdict.figures.get("ops.count").map_or(0.0, Figure::as_f64),
        );
    }
    let mut kinds: Vec<&str> = verdict
        .anomalies
        .iter()
        .map(|anomaly| &*anomaly.kind)
        .collect();
    let mut seen = BTreeSet::new();
    kinds.retain(|kind| seen.insert(*kind));
    let listed: Vec<String> = kinds
        .iter()
        .take(4)
        .map(|kind| match how_many(verdict, kind) {
            1 => (*kind).to_owned(),
            count => format!("{kind} ×{count}"),
        })
        .collect();
    let more = if kinds.len() > 4 { ", …" } else { "" };
    format!("{}{more}", listed.join(", "))
}

/// How many anomalies of a kind there were: checkers that list only the first few
/// count all of them in a figure.
fn how_many(verdict: &Verdict, kind: &str) -> usize {
    let listed = verdict
        .anomalies
        .iter()
        .filter(|anomaly| anomaly.kind == kind);
    let name = format!(".anomalies.{kind}");
    let counted = verdict
        .figures
        .0
        .iter()
        .find(|(figure, _)| figure.ends_with(&name));
    counted.map_or(listed.count(), |(_, count)| count.as_f64() as usize)
}

fn offences(outcome: &Outcome) -> Vec<OffenceReport> {
    let minor = outcome
        .conduct
        .charges()
        .filter(|charge| !charge.kind.is_fatal());
    minor
        .map(|charge| OffenceReport {
            kind: charge.kind.word().into(),
            node: outcome.nodes[charge.node].to_string(),
            count: charge.count,
            first_ns: charge.first.nanos(),
            story: charge.story.clone(),
            stderr_tail: charge.stderr_tail.clone(),
        })
        .collect()
}

/// Figures of the network, under the reference's way of counting.
fn traffic(outcome: &Outcome, figures: &mut Figures) {
    let traffic = &outcome.traffic;
    let judged = |phase| phase != Phase::Recovery;
    let operations = outcome.history.operations.iter();
    let operations = operations
        .filter(|operation| judged(operation.phase))
        .count() as u64;
    let per_op = |count: u64| Figure::Number(count as f64 / operations.max(1) as f64);
    for (name, tally) in [("clients", traffic.clients), ("servers", traffic.servers)] {
        figures.set(format!("net.{name}.msgs"), Figure::Count(tally.messages));
        figures.set(format!("net.{name}.bytes"), Figure::Count(tally.bytes));
        figures.set(format!("net.{name}.msgs-per-op"), per_op(tally.messages));
        figures.set(format!("net.{name}.bytes-per-op"), per_op(tally.bytes));
    }
    let all = traffic.clients.messages + traffic.servers.messages;
    figures.set("net.all.msgs", Figure::Count(all));
    figures.set(
        "net.servers.delivered",
        Figure::Count(traffic.servers_delivered),
    );
    figures.set("net.duplicates", Figure::Count(traffic.duplicates));
    figures.set("net.in-flight-at-end", Figure::Count(outcome.in_flight));
    figures.set("net.dropped", Figure::Count(traffic.dropped.values().sum()));
    for (reason, count) in &traffic.dropped {
        figures.set(
            format!("net.dropped.{}", reason.word()),
            Figure::Count(*count),
        );
    }
}

fn times(outcome: &Outcome, figures: &mut Figures) {
    let milestones = &outcome.milestones;
    for (name, q) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let late = Figure::Duration(outcome.traffic.lateness(q));
        figures.set(format!("harness.lateness.{name}"), late);
    }
    if let Some(zero) = milestones.zero {
        figures.set("time.start-up", Figure::Duration(zero.nanos()));
    }
    if let (Some(healed), Some(recovered)) = (milestones.healed, milestones.recovered) {
        let span = recovered.nanos() - healed.nanos();
        figures.set("time.recovery", Figure::Duration(span));
    }
    figures.count("recovery.rounds", outcome.rounds as usize);
    figures.set("nodes.restarts", Figure::Count(outcome.restarts));
    let fatal = outcome
        .conduct
        .charges()
        .filter(|charge| charge.kind.is_fatal());
    let crashed: BTreeSet<usize> = fatal.map(|charge| charge.node).collect();
    figures.count("nodes.crashed", crashed.len());
}

fn warnings(outcome: &Outcome, demands: &Demands) -> Vec<String> {
    let mut warnings = Vec::new();
    fault_warnings(outcome, &mut warnings);
    let late = outcome.traffic.lateness(0.99);
    if let Some(latency) = demands
        .live_latency
        .filter(|&latency| latency > 0 && late > latency / 10)
    {
        warnings.push(format!(
            "the harness was late: 1% of the messages came {:.1} ms or more after their time, which blurs the simulated latency of {:.1} ms; use fewer nodes, a lower rate or an idle machine",
            late as f64 / 1e6,
            latency as f64 / 1e6
        ));
    }
    if outcome.omitted > 0 {
        warnings.push(format!(
            "the journal grew past its bound: {} bodies and read results were left out of messages.jsonl and history.jsonl",
            outcome.omitted
        ));
    }
    let pending = outcome.history.operations.iter();
    let pending = pending
        .filter(|operation| operation.outcome == Completion::Pending)
        .count();
    if pending > 0 && outcome.ended == Ended::Complete {
        warnings.push(format!("{pending} operations never completed"));
    }
    warnings
}

/// A fault that touched nothing tested nothing, which is said aloud.
fn fault_warnings(outcome: &Outcome, warnings: &mut Vec<String>) {
    let began = || outcome.faults.iter().filter(|fault| fault.began.is_some());
    let idle = |on_links: bool| {
        began().filter(move |fault| fault.on_links == on_links && fault.touched == 0)
    };
    let links = began().filter(|fault| fault.on_links).count();
    if links > 0 && idle(true).count() == links {
        warnings.push("this run's link faults hit no message: they tested nothing; try a higher --rate or longer faults".to_owned());
    } else {
        for fault in idle(true).take(5) {
            warnings.push(format!("{} ({}) hit no message", fault.name, fault.summary));
        }
    }
    for fault in idle(false).take(5) {
        warnings.push(format!("{} ({}) had no effect", fault.name, fault.summary));
    }
    let never = outcome
        .faults
        .iter()
        .filter(|fault| fault.began.is_none())
        .count();
    if never > 0 {
        warnings.push(format!(
            "{never} planned faults never began: the run ended before"
        ));
    }
}

/// What every link between nodes and services carried.
#[must_use]
pub fn links(outcome: &Outcome) -> Vec<LinkReport> {
    let name = |end| outcome.directory.name(end).to_string();
    outcome
        .traffic
        .links()
        .map(|(src, dest, tally)| LinkReport {
            src: name(src),
            dest: name(dest),
            messages: tally.messages,
            bytes: tally.bytes,
        })
        .collect()
}

/// The names of all figures that a run of this workload can have.
#[must_use]
pub fn catalogue(workload: &dyn Workload) -> Catalogue {
    let mut catalogue = Catalogue::default();
    workload.figures(&mut catalogue);
    availability::names(&mut catalogue);
    names(&mut catalogue);
    if spreads(workload.name()) {
        for (name, zero) in propagation::names(workload.name()) {
            catalogue.add(Quantity::from(zero), name);
        }
    }
    catalogue
}

/// The names of the figures that are set here.
fn names(catalogue: &mut Catalogue) {
    let per_side = ["msgs", "bytes"];
    for side in ["clients", "servers"] {
        catalogue.add_all(Quantity::Count, &format!("net.{side}"), &per_side);
        let per_op = ["msgs-per-op", "bytes-per-op"];
        catalogue.add_all(Quantity::Number, &format!("net.{side}"), &per_op);
    }
    let counts = [
        "all.msgs",
        "servers.delivered",
        "duplicates",
        "in-flight-at-end",
        "dropped",
        "dropped.*",
    ];
    catalogue.add_all(Quantity::Count, "net", &counts);
    catalogue.add_all(
        Quantity::Duration,
        "harness.lateness",
        &["p50", "p99", "max"],
    );
    catalogue.add_all(Quantity::Duration, "time", &["start-up", "recovery"]);
    catalogue.add(Quantity::Count, "recovery.rounds");
    catalogue.add_all(Quantity::Count, "nodes", &["restarts", "crashed"]);
}
