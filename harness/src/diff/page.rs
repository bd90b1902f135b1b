//! A comparison as a page.

use std::time::Duration;

use swelkie_checkers::Validity;

use super::{Comparison, Evidence, Head, Kinship, Row, Test};
use crate::show::{Screen, ascii};
use crate::summary::{BAD, FAINT, GOOD, HINT, Page, TITLE, counted, grouped, safe, three_digits};
use crate::text::excerpt;
use crate::units::short_duration;

/// Without `all`, figures that say the same as their neighbours are left out.
const ASIDE: [&str; 4] = [".min", ".mean", ".p95", ".max"];
/// So many figures without a test are shown, those that changed most.
const UNTESTED: usize = 15;
/// Room for the change in columns.
const ROOMY: usize = 80;

/// The comparison, `all` with every figure.
#[must_use]
pub fn page(comparison: &Comparison, screen: &Screen, all: bool) -> String {
    let mut page = Page::new(screen.color);
    heads(&mut page, comparison, screen.width);
    if comparison.kinship == Kinship::SameBytes {
        page.gap();
        page.line(
            "The same seed, the same bytes: history, messages, faults and results are equal.",
        );
    } else {
        differences(&mut page, comparison, screen.width);
        evidence(&mut page, &comparison.evidence);
        figures(&mut page, comparison, screen, all);
        words(&mut page, comparison);
    }
    let text = page.text();
    if screen.ascii { ascii(&text) } else { text }
}

fn heads(page: &mut Page, comparison: &Comparison, width: usize) {
    for (word, head) in [("first", &comparison.first), ("second", &comparison.second)] {
        page.fact(word, &safe(&head.name));
        let (verdict, style) = verdict(head);
        let verdict = page.paint(verdict, style);
        let room = width.saturating_sub(24).max(30);
        page.fact(
            "",
            &format!("{verdict}: {}", excerpt(head.headline.as_bytes(), room)),
        );
    }
}

fn verdict(head: &Head) -> (&'static str, anstyle::Style) {
    match head.validity {
        Validity::Valid => ("Valid", GOOD),
        Validity::Invalid => ("INVALID", BAD),
        Validity::Unknown => ("UNKNOWN", HINT),
    }
}

fn differences(page: &mut Page, comparison: &Comparison, width: usize) {
    page.gap();
    if comparison.plan.is_empty() {
        page.line("Both ran the same plan.");
        return;
    }
    let room = (width.saturating_sub(18) / 2).max(16);
    let cell = |text: &str| match text {
        "" => "–".to_owned(),
        text if text.chars().count() > room => {
            let cut: String = text.chars().take(room - 1).collect();
            format!("{}…", safe(&cut))
        }
        text => safe(text),
    };
    let heading = ["what was run", "first", "second"].map(str::to_owned);
    let mut rows = vec![heading.to_vec()];
    rows.extend(comparison.plan.iter().map(|difference| {
        vec![
            difference.what.clone(),
            cell(&difference.first),
            cell(&difference.second),
        ]
    }));
    page.table(3, &rows);
}

fn evidence(page: &mut Page, evidence: &[Evidence]) {
    if evidence.is_empty() {
        return;
    }
    page.gap();
    let heading = ["evidence", "first", "second"].map(str::to_owned);
    let mut rows = vec![heading.to_vec()];
    rows.extend(evidence.iter().map(|one| {
        let only = match (one.first, one.second) {
            (0, _) => "  only in the second",
            (_, 0) => "  only in the first",
            _ => "",
        };
        vec![
            safe(&one.kind),
            grouped(one.first),
            format!("{}{only}", grouped(one.second)),
        ]
    }));
    page.table(1, &rows);
}

/// Whether a figure changed and says something of its own.
fn matters(row: &Row) -> bool {
    let aside = ASIDE.iter().any(|end| row.name.ends_with(end)) || row.name.starts_with("harness.");
    row.marked || !aside && row.change.is_some_and(|change| change != 0.0)
}

fn figures(page: &mut Page, comparison: &Comparison, screen: &Screen, all: bool) {
    let mut untested = 0;
    let is_shown = |row: &&Row| {
        untested += usize::from(row.test.is_none() && matters(row));
        all || matters(row) && (row.test.is_some() || untested <= UNTESTED)
    };
    let shown: Vec<&Row> = comparison.figures.iter().filter(is_shown).collect();
    let roomy = screen.width >= ROOMY;
    let heading = ["figure", "first", "second", "change"].map(str::to_owned);
    let mut rows = vec![heading.to_vec()];
    if roomy {
        rows[0].push("%".to_owned());
    }
    rows.extend(shown.iter().map(|row| cells(row, roomy)));
    if !shown.is_empty() {
        page.gap();
        table(page, &rows, &shown);
    }
    let figures = &comparison.figures;
    if figures.len() > shown.len() {
        let equal = figures.iter().filter(|row| row.change == Some(0.0)).count();
        let lonely = figures.iter().filter(|row| row.change.is_none()).count();
        let hidden = counted((figures.len() - shown.len()) as u64, "figure", "figures");
        let text = format!(
            "… and {hidden} more: --all ({} of all are equal, {} only in one run)",
            grouped(equal as u64),
            grouped(lonely as u64)
        );
        let text = page.paint(&text, FAINT);
        page.line(&text);
    }
}

/// The table, and below each marked figure what the test says.
fn table(page: &mut Page, rows: &[Vec<String>], shown: &[&Row]) {
    let columns = rows[0].len();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    for (index, row) in rows.iter().enumerate() {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for column in 1..columns {
            line.push_str(&format!("  {:>1$}", row[column], widths[column]));
        }
        let Some(figure) = index.checked_sub(1).map(|index| shown[index]) else {
            let line = page.paint(&line, FAINT);
            page.line(&line);
            continue;
        };
        if !figure.marked {
            page.line(&line);
            continue;
        }
        let style = if figure.worse { BAD } else { GOOD };
        let line = page.paint(&line, style);
        page.line(&line);
        if let Some(test) = &figure.test {
            let word = if figure.worse { "worse" } else { "better" };
            let text = page.paint(&format!("    {word}: {}", told(figure, test)), FAINT);
            page.line(&text);
        }
    }
}

fn cells(row: &Row, roomy: bool) -> Vec<String> {
    let mark = if row.marked { "* " } else { "  " };
    let mut cells = vec![format!("{mark}{}", safe(&row.name))];
    let value = |value: Option<f64>, of: Option<u64>| match (value, of) {
        (None, _) => "–".to_owned(),
        (Some(value), None) => plain(value, row.is_time),
        (Some(value), Some(of)) => format!("{} of {}", grouped(value as u64), grouped(of)),
    };
    cells.push(value(row.first, row.of.map(|of| of.0)));
    cells.push(value(row.second, row.of.map(|of| of.1)));
    cells.push(match row.change {
        None => "–".to_owned(),
        Some(0.0) => "equal".to_owned(),
        Some(change) => signed(change, row),
    });
    if roomy {
        cells.push(match row.ratio {
            Some(ratio) if ratio != 0.0 => {
                with_sign(ratio, |ratio| format!("{}%", three_digits(ratio * 100.0)))
            }
            _ => String::new(),
        });
    }
    cells
}

fn plain(value: f64, is_time: bool) -> String {
    match is_time {
        true => short_duration(Duration::from_nanos((value * 1e6).round() as u64)),
        false => three_digits(value),
    }
}

/// A change in the unit of its figure; of shares in points.
fn signed(change: f64, row: &Row) -> String {
    with_sign(change, |size| match row.of {
        Some(_) => format!("{} points", three_digits(size * 100.0)),
        None => plain(size, row.is_time),
    })
}

fn with_sign(number: f64, size: impl Fn(f64) -> String) -> String {
    let sign = match number {
        _ if number > 0.0 => "+",
        _ if number < 0.0 => "−",
        _ => "",
    };
    format!("{sign}{}", size(number.abs()))
}

/// `p < 0.001 of 52 and 49 values; shift +12.1 ms (95%: +11.0 ms to +13.0 ms)`
fn told(row: &Row, test: &Test) -> String {
    let p = match test.adjusted_p {
        ..0.001 => "p < 0.001".to_owned(),
        p => format!("p = {p:.3}"),
    };
    let (one, other) = (grouped(test.sizes.0 as u64), grouped(test.sizes.1 as u64));
    let values = match test.method {
        "fisher" => format!("{one} and {other} tries"),
        _ if row.ratio.is_some() && row.name.starts_with("net.") => {
            format!("{one} and {other} parts of the time")
        }
        _ => format!("{one} and {other} values"),
    };
    let effect = test.effect.map_or_else(String::new, |effect| {
        let what = if test.method == "fisher" {
            "share"
        } else {
            "shift"
        };
        format!(
            "; {what} {} (95%: {} to {})",
            signed(effect.value, row),
            signed(effect.low, row),
            signed(effect.high, row)
        )
    });
    format!("{p}, {values}{effect}")
}

/// What the marks mean, and what they do not.
fn words(page: &mut Page, comparison: &Comparison) {
    page.gap();
    let marked = comparison.figures.iter().filter(|row| row.marked).count();
    let mut lines = Vec::new();
    if comparison.tested == 0 {
        lines.push(
            "No figure was tested: both runs need a history, and operations in common.".to_owned(),
        );
    } else {
        let least = match comparison.at_least {
            0.0 => String::new(),
            least => format!(", and at least {}% large", three_digits(least * 100.0)),
        };
        lines.push(format!(
            "* {marked} of {} tested: more than chance (p < 0.05, corrected for all of them){least}. \
             Figures without a mark that were not tested have no raw data to tell chance by.",
            counted(comparison.tested as u64, "figure", "figures")
        ));
    }
    lines.push(match comparison.kinship {
        Kinship::SameSeed => {
            "Both are simulations of one seed: no difference here is chance; whether \
             it holds for other seeds, only other seeds can tell."
                .to_owned()
        }
        _ => "Operations of one run are not independent of each other, and real processes share a \
              machine: a mark says that these two runs differ, and less surely that what was run \
              does. Several runs of each tell more."
            .to_owned(),
    });
    for line in lines {
        let line = page.paint(&line, FAINT);
        page.line(&line);
    }
    if comparison.regression {
        let line = page.paint("The second run is worse.", TITLE);
        page.line(&line);
    }
}
