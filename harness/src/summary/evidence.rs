//! What went wrong: anomalies, offences, warnings, and what the faults did.

use std::fmt::Write as _;

use swelkie_checkers::Anomaly;
use swelkie_nodes::Time;

use super::style::{BAD, FAINT, HINT, Page, TITLE, counted, safe};
use crate::engine::{FaultRecord, Offence};
use crate::report::OffenceReport;
use crate::text::printable;

/// As many are told in full; the rest is counted.
const ANOMALIES: usize = 5;
/// So many of one kind.
const ALIKE: usize = 3;
const OFFENCES: usize = 5;
const FAULTS: usize = 8;

/// The evidence. One of each kind comes first: of fifty lost messages and a crash
/// the crash may be the reason. Three alike are enough, unless `all` are wanted.
pub fn anomalies(page: &mut Page, anomalies: &[Anomaly], all: bool) {
    if anomalies.is_empty() {
        return;
    }
    page.gap();
    let alike = |index: usize| {
        let earlier = anomalies[..index].iter();
        earlier
            .filter(|earlier| earlier.kind == anomalies[index].kind)
            .take(ALIKE)
            .count()
    };
    let mut order: Vec<usize> = (0..anomalies.len())
        .filter(|&index| all || alike(index) < ALIKE)
        .collect();
    if !all {
        order.sort_by_key(|&index| alike(index) > 0);
        order.truncate(ANOMALIES);
        order.sort_unstable();
    }
    for &index in &order {
        let anomaly = &anomalies[index];
        let kind = page.paint(&safe(&anomaly.kind), BAD);
        item(page, &kind, &anomaly.text);
    }
    let rest = anomalies.len() - order.len();
    if rest > 0 {
        let left_out = (0..anomalies.len()).filter(|index| !order.contains(index));
        let kinds = tally(left_out.map(|index| &*anomalies[index].kind));
        page.line(&format!(
            "  … and {} more in results.json: {kinds}",
            super::style::grouped(rest as u64)
        ));
    }
}

/// `lost ×3, stale`
fn tally<'a>(kinds: impl Iterator<Item = &'a str>) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for kind in kinds {
        match counts.iter_mut().find(|row| row.0 == kind) {
            Some(row) => row.1 += 1,
            None => counts.push((kind, 1)),
        }
    }
    let words: Vec<String> = counts
        .into_iter()
        .map(|(kind, count)| {
            if count > 1 {
                format!("{kind} ×{count}")
            } else {
                kind.to_owned()
            }
        })
        .collect();
    words.join(", ")
}

/// `  kind: text`, further lines of the text indented below.
fn item(page: &mut Page, kind: &str, text: &str) {
    let text = printable(text);
    let mut lines = text.lines();
    page.line(&format!("  {kind}: {}", lines.next().unwrap_or_default()));
    for line in lines {
        // A traceback keeps its own indentation.
        page.line(&format!(
            "      {}",
            line.strip_prefix("  ").unwrap_or(line)
        ));
    }
}

/// What nodes did wrong without breaking a promise by it: one story of each kind. What
/// a strict run tells as an anomaly is not told twice.
pub fn offences(page: &mut Page, offences: &[OffenceReport], anomalies: &[Anomaly], all: bool) {
    let told = |offence: &OffenceReport| {
        anomalies.iter().any(|anomaly| {
            anomaly.kind == offence.kind && anomaly.node_name.as_ref() == Some(&offence.node)
        })
    };
    let (late, wrong): (Vec<_>, Vec<_>) = offences
        .iter()
        .filter(|offence| !told(offence))
        .partition(|offence| offence.kind == Offence::LateReply.word());
    let mut kinds: Vec<&str> = wrong.iter().map(|offence| &*offence.kind).collect();
    kinds.dedup();
    if !kinds.is_empty() {
        page.gap();
        page.line(&page.paint(
            "Wrong, though it changes the verdict only with --strict",
            TITLE,
        ));
    }
    let most = if all { kinds.len() } else { OFFENCES };
    for kind in kinds.iter().take(most) {
        let alike = wrong
            .iter()
            .copied()
            .filter(|offence| offence.kind == *kind);
        let alike: Vec<&OffenceReport> = alike.collect();
        let kind = page.paint(kind, HINT);
        let story = safe(&alike[0].story);
        item(page, &kind, &format!("{story}{}", often(&alike)));
    }
    if kinds.len() > most {
        let rest = kinds[most..].join(", ");
        page.line(&format!("  … and in results.json: {rest}"));
    }
    late_replies(page, &late);
}

/// How often, when first, and who else: ` (36 times, first at 0.227 s; n1 and n2 too)`
fn often(alike: &[&OffenceReport]) -> String {
    let first = alike[0];
    let mut parts = Vec::new();
    if first.count > 1 {
        let times = counted(first.count, "time", "times");
        parts.push(format!("{times}, first at {}", Time(first.first_ns)));
    }
    let others = &alike[1..];
    if let Some((last, before)) = others.split_last() {
        let shown: Vec<String> = before
            .iter()
            .take(4)
            .map(|other| safe(&other.node))
            .collect();
        parts.push(match before.len() {
            0 => format!("{} too", safe(&last.node)),
            1..=4 => format!("{} and {} too", shown.join(", "), safe(&last.node)),
            _ => format!(
                "{} and {} more too",
                shown.join(", "),
                others.len() - shown.len()
            ),
        });
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join("; "))
    }
}

/// No offence: the network or a pause may have been to blame.
fn late_replies(page: &mut Page, late: &[&OffenceReport]) {
    let count: u64 = late.iter().map(|offence| offence.count).sum();
    if count > 0 {
        let replies = counted(count, "reply", "replies");
        let nodes = counted(late.len() as u64, "node", "nodes");
        page.gap();
        page.line(&format!(
            "{replies} of {nodes} came after the client had given up, or once more"
        ));
    }
}

/// What the reader should know before trusting the figures.
pub fn warnings(page: &mut Page, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    page.gap();
    for warning in warnings {
        let word = page.paint("warning", HINT);
        page.line(&format!("{word}: {}", safe(warning)));
    }
}

/// When each fault acted and how much it touched.
pub fn faults(page: &mut Page, faults: &[FaultRecord], all: bool) {
    if faults.is_empty() {
        return;
    }
    page.gap();
    let most = if all { faults.len() } else { FAULTS };
    let shown = &faults[..faults.len().min(most)];
    let heading = ["fault", "what", "began", "ended", "touched"].map(str::to_owned);
    let mut rows = vec![heading.to_vec()];
    rows.extend(shown.iter().map(row));
    page.table(2, &rows);
    if faults.len() > shown.len() {
        let rest = &faults[shown.len()..];
        let idle = rest.iter().filter(|fault| fault.touched == 0).count();
        let mut line = format!("… and {} more in faults.toml", rest.len());
        if idle > 0 {
            let _ = write!(line, ", {idle} of them without effect");
        }
        page.line(&page.paint(&line, FAINT));
    }
    for fault in shown {
        for note in &fault.notes {
            page.line(&page.paint(&format!("  {}: {}", safe(&fault.name), safe(note)), FAINT));
        }
    }
}

fn row(fault: &FaultRecord) -> Vec<String> {
    let mut what = safe(&fault.summary);
    // A split of a large cluster names every node: the file has it in full.
    if what.chars().count() > 48 {
        what = what.chars().take(47).collect();
        what.push('…');
    }
    let (began, ended, touched) = match fault.began {
        None => ("never".to_owned(), String::new(), String::new()),
        Some(began) => {
            let ended = fault
                .ended
                .map_or_else(|| "the end".to_owned(), |time| time.to_string());
            (began.to_string(), ended, touched(fault))
        }
    };
    vec![safe(&fault.name), what, began, ended, touched]
}

fn touched(fault: &FaultRecord) -> String {
    match (fault.on_links, fault.touched) {
        (true, 0) => "no message".to_owned(),
        (true, count) => counted(count, "message", "messages"),
        (false, 0) => "no node".to_owned(),
        (false, count) => counted(count, "node", "nodes"),
    }
}
