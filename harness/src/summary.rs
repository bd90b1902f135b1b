//! The terminal summary: what a person reads in ten seconds.
//!
//! Verdict first, then the evidence, what else nodes did wrong, the figures, the
//! faults, and how to run it again. Pure: a [`Report`] in, text out. Everything that
//! a node may have written is escaped once more here; rendering changes no verdict.
//!
//! Times are counted from the start of the run, as in `history.jsonl`.

mod evidence;
mod figures;
mod plan;
pub(crate) mod style;

use std::time::Duration;

use swelkie_checkers::{Figure, Validity};

use crate::report::Report;
use crate::units::short_duration;

pub use plan::plan;
pub(crate) use style::{BAD, DOUBTFUL, FAINT, GOOD, HINT, Page, TITLE};
pub(crate) use style::{counted, grouped, safe, three_digits};

/// The summary of a run, with a newline at its end.
#[must_use]
pub fn summary(report: &Report, color: bool) -> String {
    extent(report, color, false)
}

/// The same with all of the evidence and all faults.
#[must_use]
pub fn in_full(report: &Report, color: bool) -> String {
    extent(report, color, true)
}

fn extent(report: &Report, color: bool, all: bool) -> String {
    let mut page = Page::new(color);
    verdict(&mut page, report);
    evidence::anomalies(&mut page, &report.anomalies, all);
    evidence::offences(&mut page, &report.offences, &report.anomalies, all);
    evidence::warnings(&mut page, &report.warnings);
    evidence::warnings(&mut page, &report.run.not_drawn);
    figures::operations(&mut page, &report.figures);
    figures::facts(&mut page, report);
    evidence::faults(&mut page, &report.faults, all);
    again(&mut page, report);
    page.text()
}

/// One line about a valid run out of several: `turn` of how many.
#[must_use]
pub fn line(report: &Report, (turn, of): (usize, usize), color: bool) -> String {
    let mut page = Page::new(color);
    let count = |name| {
        report
            .figures
            .get(name)
            .map_or(0, |figure| figure.as_f64() as u64)
    };
    let (word, style) = word(report);
    let word = page.paint(word, style);
    page.line(&format!(
        "{word}  run {turn} of {of}, seed {}: {} of {} operations ok, {}",
        report.plan.seed,
        count("ops.ok"),
        count("ops.count"),
        short_duration(Duration::from_secs_f64(report.run.wall_s)),
    ));
    page.text()
}

/// The verdict in a word, and its colour.
pub(crate) fn word(report: &Report) -> (&'static str, anstyle::Style) {
    match (report.exit_status, report.validity) {
        (254, _) => ("NOT RUN", style::BAD),
        (_, Validity::Valid) => ("Valid", style::GOOD),
        (_, Validity::Invalid) => ("INVALID", style::BAD),
        (_, Validity::Unknown) => ("UNKNOWN", style::DOUBTFUL),
    }
}

fn verdict(page: &mut Page, report: &Report) {
    let (word, style) = word(report);
    let word = page.paint(word, style);
    page.line(&format!("{word}: {}", style::safe(&report.headline)));
}

fn again(page: &mut Page, report: &Report) {
    let plan = &report.plan;
    let nodes = style::counted(plan.nodes.len() as u64, "node", "nodes");
    let wall = short_duration(Duration::from_secs_f64(report.run.wall_s));
    let simulated = Duration::from_nanos(report.milestones.end.nanos());
    let took = match &*plan.mode {
        "sim" => format!("{} simulated in {wall}", short_duration(simulated)),
        _ => format!("took {wall}"),
    };
    let took = match report.was_cut_short() {
        true => nodes,
        false => format!("{nodes}, {took}"),
    };
    page.gap();
    page.fact("seed", &format!("{}  ({took})", plan.seed));
    if !report.run.command.is_empty() {
        page.fact("again", &style::safe(&report.run.command));
    }
    if let Some(trace) = &report.run.trace {
        page.fact("trace", &style::safe(&trace.file.display().to_string()));
        page.fact("", &style::safe(&trace.story));
    }
    if let Some(file) = &report.run.report {
        page.fact("report", &style::safe(&file.display().to_string()));
    }
    if let Some(directory) = &report.run.directory {
        page.fact("files", &style::safe(&directory.display().to_string()));
    }
}

/// A figure for people: durations with their unit, other numbers to three digits.
pub(crate) fn shown(figure: Figure) -> String {
    match figure {
        Figure::Duration(nanos) => short_duration(Duration::from_nanos(nanos)),
        Figure::Count(count) => style::grouped(count),
        Figure::Number(number) => style::three_digits(number),
    }
}

#[cfg(test)]
mod tests;
