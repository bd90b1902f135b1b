//! The figures a person looks for first. All others are in `results.json`.

use std::fmt::Write as _;

use swelkie_checkers::{Figure, Figures};
use swelkie_nodes::strategy::Priority;

use super::shown;
use super::style::{Page, counted};
use crate::report::Report;

/// How operations ended and how long they took, one row per kind.
pub fn operations(page: &mut Page, figures: &Figures) {
    let kinds: Vec<&str> = figures
        .0
        .keys()
        .filter_map(|name| name.strip_prefix("ops.")?.strip_suffix(".count"))
        .filter(|kind| !kind.contains('.'))
        .collect();
    if kinds.is_empty() {
        return;
    }
    let pending = kinds
        .iter()
        .any(|kind| count(figures, &format!("ops.{kind}.pending")) > 0);
    let mut heading = vec!["operations", "ok", "fail", "info"];
    heading.extend(pending.then_some("pending"));
    heading.extend(["p50", "p99"]);
    let mut rows = vec![heading.into_iter().map(str::to_owned).collect()];
    for kind in kinds {
        let figure = |name: &str| figures.get(&format!("ops.{kind}.{name}"));
        let cell = |name: &str| figure(name).map_or_else(|| "–".to_owned(), shown);
        let mut row = vec![kind.to_owned(), cell("ok"), cell("fail"), cell("info")];
        row.extend(pending.then(|| cell("pending")));
        row.extend([cell("latency.p50"), cell("latency.p99")]);
        rows.push(row);
    }
    page.gap();
    page.table(1, &rows);
}

/// Causes, messages, drops, dissemination, recovery, lateness.
pub fn facts(page: &mut Page, report: &Report) {
    let figures = &report.figures;
    page.gap();
    causes(page, figures);
    messages(page, figures);
    dissemination(page, figures, &report.plan.workload);
    recovery(page, report);
    let late = figures.get("harness.lateness.p99");
    let late = late.filter(|late| report.plan.mode == "live" && late.as_f64() > 0.0);
    if let Some(late) = late {
        page.fact(
            "lateness",
            &format!("{} p99: how late Swelkie itself was", shown(late)),
        );
    }
}

/// Why operations failed or stayed open.
fn causes(page: &mut Page, figures: &Figures) {
    for (label, prefix) in [("failed by", "ops.fail."), ("open after", "ops.info.")] {
        let causes = largest_first(figures, prefix);
        if !causes.is_empty() {
            page.fact(label, &causes);
        }
    }
}

fn messages(page: &mut Page, figures: &Figures) {
    let servers = count(figures, "net.servers.msgs");
    let clients = count(figures, "net.clients.msgs");
    if servers + clients == 0 {
        return;
    }
    let each = figures
        .get("net.servers.msgs-per-op")
        .filter(|_| servers > 0);
    let each = each
        .map(|each| format!(" ({} per operation)", shown(each)))
        .unwrap_or_default();
    let between = counted(servers, "message", "messages");
    page.fact(
        "network",
        &format!(
            "{between} between nodes{each}, {} with clients",
            shown(Figure::Count(clients))
        ),
    );
    let dropped = largest_first(figures, "net.dropped.");
    if !dropped.is_empty() {
        page.fact("dropped", &dropped);
    }
    let copies = count(figures, "net.duplicates");
    if copies > 0 {
        page.fact("duplicated", &counted(copies, "message", "messages"));
    }
}

/// How fast elements became stable, and how they got to all nodes.
fn dissemination(page: &mut Page, figures: &Figures, workload: &str) {
    // The reference's rule pools all nodes: beside a loss its latency would mislead.
    let lost = count(figures, &format!("{workload}.anomalies.lost"));
    let stable = quantiles(figures, &format!("{workload}.stable-latency"));
    if let Some(text) = stable.filter(|_| lost == 0) {
        page.fact("stable after", &text);
        for priority in [Priority::Urgent, Priority::Normal, Priority::Bulk] {
            let word = priority.word();
            if let Some(text) = quantiles(figures, &format!("{workload}.stable-latency.{word}")) {
                page.fact(word, &text);
            }
        }
    }
    let carried = |name: &str| figures.get(&format!("{workload}.carried.{name}"));
    let Some(mut text) = quantiles(figures, &format!("{workload}.carried.time-to-all")) else {
        return;
    };
    if let Some(hops) = carried("hops.max") {
        let _ = write!(
            text,
            ", {} at most",
            counted(hops.as_f64() as u64, "hop", "hops")
        );
    }
    if let Some(copies) = carried("copies") {
        let _ = write!(text, ", {} needless deliveries each", shown(copies));
    }
    page.fact("to all nodes", &text);
}

fn recovery(page: &mut Page, report: &Report) {
    let rounds = count(&report.figures, "recovery.rounds");
    if rounds == 0 {
        return;
    }
    let rounds = counted(rounds, "round of reads", "rounds of reads");
    let text = match report.figures.get("time.recovery") {
        Some(Figure::Duration(0)) => format!("at once, {rounds}"),
        Some(span) if report.faults.is_empty() => {
            format!("{} after the last operation, {rounds}", shown(span))
        }
        Some(span) => format!("{} after the last fault, {rounds}", shown(span)),
        None => format!("not reached in {rounds}"),
    };
    page.fact("recovery", &text);
}

/// `81.2 ms p50, 402 ms p99, 1.40 s max`
fn quantiles(figures: &Figures, name: &str) -> Option<String> {
    if figures.get(&format!("{name}.max"))? == Figure::Duration(0) {
        return Some("at once".to_owned());
    }
    let parts = ["p50", "p99", "max"].map(|q| {
        Some(format!(
            "{} {q}",
            shown(figures.get(&format!("{name}.{q}"))?)
        ))
    });
    let parts: Option<Vec<String>> = parts.into_iter().collect();
    parts.map(|parts| parts.join(", "))
}

/// `cut 10, node-down 3` of the counts directly below a name.
fn largest_first(figures: &Figures, prefix: &str) -> String {
    let mut counts: Vec<(u64, &str)> = figures
        .0
        .iter()
        .filter_map(|(name, figure)| Some((figure.as_f64() as u64, name.strip_prefix(prefix)?)))
        .filter(|(count, word)| *count > 0 && !word.contains('.'))
        .collect();
    counts.sort_by_key(|&(count, word)| (std::cmp::Reverse(count), word));
    let words: Vec<String> = counts
        .into_iter()
        .map(|(count, word)| format!("{word} {}", shown(Figure::Count(count))))
        .collect();
    words.join(", ")
}

fn count(figures: &Figures, name: &str) -> u64 {
    figures.get(name).map_or(0, |figure| figure.as_f64() as u64)
}
