//! GitHub's log: [workflow commands][1] that annotate the job and fold text away.
//!
//! A command is a line that begins with `::`, or has `##[` anywhere. What a node wrote
//! cannot be one: [`text`](crate::text) escapes both, and here data and properties are
//! escaped the way the runner reads them.
//!
//! [1]: https://docs.github.com/actions/reference/workflow-commands-for-github-actions

use std::fmt::Write as _;

use super::{Case, Results, Status, shortened};
use crate::text::printable;

/// GitHub shows so many errors of a step.
const SHOWN: usize = 10;
/// So many kinds of evidence are told with one.
const KINDS: usize = 3;
/// An annotation is read in a list: the rest is in the log.
const LONGEST: usize = 4000;

/// An `::error` for each run that is not valid; from the tenth on one for all the rest.
pub fn annotations(results: &Results) -> String {
    let bad = |case: &&Case| matches!(case.status(), Status::Failed | Status::Error);
    let bad: Vec<&Case> = results.cases.iter().filter(bad).collect();
    let told = match bad.len() {
        count if count > SHOWN => SHOWN - 1,
        count => count,
    };
    let mut out = String::new();
    for case in &bad[..told] {
        annotation(&mut out, case);
    }
    if told < bad.len() {
        let rest = bad.len() - told;
        let title = property(&format!("{}: {rest} more runs are not valid", results.name));
        let text = data("The job summary and junit.xml have all of them.");
        let _ = writeln!(out, "::error title={title}::{text}");
    }
    out
}

/// `::error title=broadcast.my_node_py · kill · seed 7,file=my_node.py::INVALID: lost…`
fn annotation(out: &mut String, case: &Case) {
    let title = format!("{} · {}", case.class, case.name);
    let _ = write!(out, "::error title={}", property(&title));
    if let Some(file) = case.file() {
        let _ = write!(out, ",file={}", property(&file));
    }
    let mut text = format!("{}: {}", case.verdict(), case.headline());
    if let Some(report) = case.report() {
        // One of each kind: of fifty lost messages and a crash the crash may be the reason.
        let mut kinds: Vec<&str> = Vec::new();
        for anomaly in &report.anomalies {
            if kinds.len() == KINDS || kinds.contains(&&*anomaly.kind) {
                continue;
            }
            kinds.push(&anomaly.kind);
            let _ = write!(text, "\n{}: {}", anomaly.kind, anomaly.text);
        }
        if !report.run.command.is_empty() {
            let _ = write!(text, "\nagain: {}", report.run.command);
        }
    }
    let _ = writeln!(out, "::{}", data(&shortened(&text, LONGEST)));
}

/// A text that is folded away under its title.
pub fn group(title: &str, text: &str) -> String {
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!(
        "::group::{}\n{text}{newline}::endgroup::\n",
        data(&printable(title))
    )
}

/// The data of a command: what follows `::`.
fn data(text: &str) -> String {
    let text = printable(text).replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
