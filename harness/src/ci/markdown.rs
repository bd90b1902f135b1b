//! The summary of a job on GitHub: a table of runs, and the evidence of those that are not
//! valid. Markdown with HTML in it, in which a node's text is text: it stands in `<pre>`
//! or in a cell, with everything escaped that Markdown or HTML would take for its own.

use std::fmt::Write as _;
use std::time::Duration;

use swelkie_checkers::Figures;

use super::{Case, Results, Status, head, shortened};
use crate::summary::summary;
use crate::text::printable;
use crate::units::short_duration;

/// GitHub drops a step's whole summary when it is longer, in bytes.
pub const SUMMARY_LIMIT: usize = 1 << 20;
/// So many runs have a row: first those that are not valid.
const ROWS: usize = 200;
/// So much of a run's evidence.
const DETAILS: usize = 32 << 10;
/// Kept for the line that says what was left out.
const CLOSING: usize = 200;

/// The summary of a job, at most `limit` bytes; empty if not even a table's head fits.
#[must_use]
pub fn job_summary(results: &Results, limit: usize) -> String {
    let mut out = heading(results);
    if out.len() + CLOSING > limit {
        return String::new();
    }
    let mut cases: Vec<&Case> = results.cases.iter().collect();
    if cases.len() > ROWS {
        cases.sort_by_key(|case| case.status() == Status::Passed);
    }
    let mut room = Room {
        out: &mut out,
        limit,
        left_out: 0,
    };
    for (index, case) in cases.iter().enumerate() {
        room.push(index < ROWS, &row(case));
    }
    let untold = room.left_out;
    room.out.push('\n');
    if untold > 0 {
        let _ = writeln!(room.out, "… and {untold} more runs.\n");
    }
    room.left_out = 0;
    for case in cases {
        if matches!(case.status(), Status::Failed | Status::Error) {
            room.push(true, &details(case));
        }
    }
    let untold = room.left_out;
    if untold > 0 {
        let _ = writeln!(
            room.out,
            "The evidence of {untold} more runs did not fit; `junit.xml` has it."
        );
    }
    out
}

/// A text that may get so long.
struct Room<'a> {
    out: &'a mut String,
    limit: usize,
    left_out: usize,
}

impl Room<'_> {
    fn push(&mut self, wanted: bool, text: &str) {
        if wanted && self.out.len() + text.len() + CLOSING <= self.limit {
            self.out.push_str(text);
        } else {
            self.left_out += 1;
        }
    }
}

fn heading(results: &Results) -> String {
    let kinds = [
        (Status::Passed, "valid"),
        (Status::Failed, "invalid"),
        (Status::Error, "without a verdict"),
        (Status::Skipped, "skipped"),
    ];
    let counts = kinds
        .into_iter()
        .map(|(status, word)| (results.count(status), word));
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let counts = if counts.is_empty() {
        "no runs".to_owned()
    } else {
        counts.join(", ")
    };
    format!(
        "### Swelkie: {}\n\n{counts}\n\n\
         | | test | faults and seed | verdict | operations | messages per operation | time |\n\
         |---|---|---|---|--:|--:|--:|\n",
        inline(&results.name)
    )
}

fn row(case: &Case) -> String {
    let mark = match case.status() {
        Status::Passed => "✅",
        Status::Failed => "❌",
        Status::Error => "⚠️",
        Status::Skipped => "⏭️",
    };
    let figures = case.report().map(|report| &report.figures);
    let whole = |name| figure(figures, name).map(|value| format!("{value:.0}"));
    let operations = match (whole("ops.ok"), whole("ops.count")) {
        (Some(ok), Some(count)) => format!("{ok} of {count} ok"),
        _ => String::new(),
    };
    let messages = figure(figures, "net.servers.msgs-per-op");
    let messages = messages.map_or_else(String::new, |value| format!("{value:.1}"));
    let verdict = match case.status() {
        Status::Passed => case.verdict().to_owned(),
        _ => format!(
            "**{}** {}",
            case.verdict(),
            inline(&shortened(case.headline(), 160))
        ),
    };
    let time = match case.status() {
        Status::Skipped => String::new(),
        _ => short_duration(Duration::from_millis(case.duration.as_millis() as u64)),
    };
    let (class, name) = (inline(&case.class), inline(&case.name));
    format!("| {mark} | {class} | {name} | {verdict} | {operations} | {messages} | {time} |\n")
}

fn figure(figures: Option<&Figures>, name: &str) -> Option<f64> {
    Some(figures?.get(name)?.as_f64())
}

fn details(case: &Case) -> String {
    let text = match case.report() {
        Some(report) => summary(report, false),
        None => case.headline().to_owned(),
    };
    let first = head(&text, DETAILS);
    let cut = if first.len() < text.len() {
        "\n…"
    } else {
        ""
    };
    let title = format!(
        "{} · {}: {}",
        case.class,
        case.name,
        shortened(case.headline(), 300)
    );
    format!(
        "<details><summary>{}</summary>\n\n<pre>{}{cut}</pre>\n</details>\n\n",
        inline(&title),
        html(first)
    )
}

/// Text within a line of Markdown, a cell of a table included.
fn inline(text: &str) -> String {
    let text = printable(text).replace('\n', " ");
    escaped(&text, |one| one.is_ascii_punctuation())
}

/// Text in `<pre>`.
fn html(text: &str) -> String {
    escaped(&printable(text), |one| {
        matches!(one, '<' | '>' | '&' | '"' | '\'')
    })
}

/// With entities for some characters: an entity is text to Markdown and to HTML.
fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for one in text.chars() {
        if special(one) {
            let _ = write!(out, "&#{};", u32::from(one));
        } else {
            out.push(one);
        }
    }
    out
}
