//! The end of a suite for people: one line about each rung, then what failed and the
//! command that repeats it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Case, Counts, Rung, Worst, evidence, seed_list, worst};
use crate::summary::shown;
use crate::summary::style::{BAD, DOUBTFUL, GOOD, Page, counted, grouped, safe};
use crate::text::excerpt;
use crate::units::short_duration;

/// As many figures have a column.
const COLUMNS: usize = 4;

/// The summary of a suite, with a newline at its end.
#[must_use]
pub fn table(name: &str, rungs: &[Rung], cases: &[Case], wall: Duration, color: bool) -> String {
    let rows: Vec<Row> = (rungs.iter().enumerate())
        .map(|(index, rung)| Row::of(index, rung, cases))
        .collect();
    let mut page = Page::new(color);
    heading(&mut page, name, &rows, wall);
    page.gap();
    let figures = figures(&rows);
    let mut lines = vec![titles(&figures)];
    lines.extend(rows.iter().map(|row| row.cells(&figures)));
    page.table(3, &lines);
    if !figures.is_empty() {
        page.line("(figures: the worst of each rung's runs)");
    }
    for row in &rows {
        failures(&mut page, row);
    }
    page.text()
}

/// One rung.
struct Row<'a> {
    rung: &'a Rung,
    cases: Vec<&'a Case>,
    counts: Counts,
    worst: BTreeMap<String, Worst>,
}

impl<'a> Row<'a> {
    fn of(index: usize, rung: &'a Rung, cases: &'a [Case]) -> Row<'a> {
        let of_rung = cases.iter().filter(|case| case.rung == index);
        let cases: Vec<&Case> = of_rung.collect();
        Row {
            counts: Counts::of(cases.iter().copied()),
            worst: worst(&rung.options, cases.iter().copied()),
            rung,
            cases,
        }
    }

    fn passed(&self) -> bool {
        self.counts.failed + self.counts.skipped == 0
    }

    fn cells(&self, figures: &[String]) -> Vec<String> {
        let wall: f64 = self
            .cases
            .iter()
            .filter_map(|case| Some(case.judged()?.wall_s))
            .sum();
        let blank = |count: u64| match count {
            0 => String::new(),
            count => grouped(count),
        };
        let mut cells = vec![
            excerpt(self.rung.name.as_bytes(), 40),
            self.rung.expect.to_string(),
            excerpt(
                seed_list(self.cases.iter().map(|case| case.seed)).as_bytes(),
                24,
            ),
            blank(self.counts.passed),
            blank(self.counts.failed),
            blank(self.counts.skipped),
        ];
        cells.extend(figures.iter().map(|name| {
            let worst = self.worst.get(name);
            worst.map_or_else(String::new, |worst| shown(worst.figure))
        }));
        let ran = self.counts.passed + self.counts.failed > 0;
        cells.push(match ran {
            true => short_duration(Duration::try_from_secs_f64(wall).unwrap_or_default()),
            false => String::new(),
        });
        cells
    }
}

/// The figures that get a column, those of the first rungs first.
fn figures(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.worst.keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names.truncate(COLUMNS);
    names
}

fn titles(figures: &[String]) -> Vec<String> {
    let plain = ["rung", "expected", "seeds", "passed", "failed", "skipped"];
    let mut titles: Vec<String> = plain.map(str::to_owned).to_vec();
    titles.extend(figures.iter().map(|name| {
        let short = name.strip_prefix("net.").unwrap_or(name);
        excerpt(short.as_bytes(), 32)
    }));
    titles.push("took".to_owned());
    titles
}

/// `FAILED  ci: 1 of 3 rungs failed, 1 skipped; 41 of 63 runs as expected (12.3 s)`
fn heading(page: &mut Page, name: &str, rows: &[Row], wall: Duration) {
    let mut counts = Counts::default();
    rows.iter().for_each(|row| counts += row.counts);
    let failed = rows.iter().filter(|row| row.counts.failed > 0).count();
    let skipped = rows
        .iter()
        .filter(|row| row.counts.failed == 0 && row.counts.skipped > 0);
    let skipped = skipped.count();
    let (word, style) = match (failed, skipped) {
        (0, 0) => ("Passed", GOOD),
        (0, _) => ("INCOMPLETE", DOUBTFUL),
        _ => ("FAILED", BAD),
    };
    let rungs = counted(rows.len() as u64, "rung", "rungs");
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(format!("{failed} of {rungs} failed"));
    }
    if skipped > 0 {
        parts.push(format!("{skipped} of {rungs} skipped or cut short"));
    }
    if parts.is_empty() {
        parts.push(rungs);
    }
    parts.push(format!(
        "{} of {} as expected",
        grouped(counts.passed),
        counted(counts.all(), "run", "runs")
    ));
    let (word, name) = (page.paint(word, style), excerpt(name.as_bytes(), 80));
    let took = short_duration(wall);
    page.line(&format!("{word}: {name}: {} ({took})", parts.join(", ")));
}

/// What went wrong in a rung: the kinds and their seeds, then its first case.
fn failures(page: &mut Page, row: &Row) {
    let cases = || row.cases.iter().copied();
    if row.passed() {
        return;
    }
    page.gap();
    let name = excerpt(row.rung.name.as_bytes(), 40);
    if let Some(case) = cases().find(|case| case.failed()) {
        let word = page.paint("FAILED", BAD);
        let ended = row.counts.passed + row.counts.failed;
        let kinds: Vec<String> = evidence(cases()).iter().map(ToString::to_string).collect();
        page.line(&format!(
            "{word}  {name}: {} of {}: {}",
            grouped(row.counts.failed),
            counted(ended, "run", "runs"),
            safe(&kinds.join(", "))
        ));
        page.fact("first", &format!("{}: {}", case.name(), safe(case.story())));
        if let Some(anomaly) = first_anomaly(case) {
            page.line(&format!("  {}", safe(&anomaly)));
        }
        page.fact("again", &safe(&case.command));
        if let Some(directory) = case.judged().and_then(|judged| judged.directory.as_ref()) {
            page.fact("files", &safe(&directory.display().to_string()));
        }
    }
    if let Some(case) = cases().find(|case| !case.failed() && !case.passed()) {
        let word = page.paint("SKIPPED", DOUBTFUL);
        page.line(&format!(
            "{word}  {name}: {}: {}",
            counted(row.counts.skipped, "run", "runs"),
            safe(case.story())
        ));
    }
}

/// `lost: message 0 was acknowledged by n2 …`, the whole of its first paragraph.
fn first_anomaly(case: &Case) -> Option<String> {
    let anomaly = case.judged()?.report.as_ref()?.anomalies.first()?;
    let text = anomaly.text.lines().next().unwrap_or("");
    Some(format!("{}: {text}", anomaly.kind))
}

/// One line about a case that has ended, for a log: `passed  basics, seed 7: 51 of 51
/// operations ok, 10.9 s`.
#[must_use]
pub fn case_line(rung: &Rung, case: &Case) -> String {
    let what = match case.judged() {
        Some(judged) if case.passed() && judged.exit_status == 0 => {
            let (ok, all) = judged.operations;
            format!("{} of {} operations ok", grouped(ok), grouped(all))
        }
        _ => case.story().to_owned(),
    };
    let took = case.judged().map_or_else(String::new, |judged| {
        let wall = Duration::try_from_secs_f64(judged.wall_s).unwrap_or_default();
        format!(", {}", short_duration(wall))
    });
    let name = excerpt(rung.name.as_bytes(), 40);
    format!(
        "{:<7} {name}, {}: {}{took}",
        case.outcome(),
        case.name(),
        safe(&what)
    )
}
