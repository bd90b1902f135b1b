//! The runs of a store as a table: pure, time is an argument.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use swelkie_checkers::Validity;

use crate::archive::{Archive, Entry};
use crate::lab::table::lines;
use crate::summary::{BAD, FAINT, GOOD, HINT, Page, grouped, safe, three_digits};
use crate::text::excerpt;
use crate::units::short_duration;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Every promise was kept.
    Valid,
    /// A promise was broken.
    Invalid,
    /// Undecidable.
    Unknown,
    /// It goes on.
    Running,
    /// It was cut short: whoever ran it was killed.
    Killed,
    /// Its results cannot be read.
    Unreadable,
}

impl State {
    /// The word of the table; what is bad stands out without colours.
    fn word(self) -> &'static str {
        match self {
            State::Valid => "valid",
            State::Invalid => "INVALID",
            State::Unknown => "unknown",
            State::Running => "running",
            State::Killed => "killed",
            State::Unreadable => "unreadable",
        }
    }
}

/// A run in a line.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its name below the store.
    pub name: String,
    /// Its directory.
    pub directory: String,
    /// How it stands.
    pub verdict: State,
    /// The verdict in a sentence, or why it cannot be read.
    pub headline: String,
    /// The exit status it had; none while it is not over.
    pub exit_status: Option<u8>,
    /// When it began, UTC.
    pub started: Option<String>,
    /// How long ago that was, seconds.
    pub age_s: Option<f64>,
    /// How long it took or, if it is running, has taken; seconds.
    pub took_s: Option<f64>,
    /// What was run; none if that cannot be read.
    #[serde(flatten)]
    pub plan: Option<Planned>,
    /// Operations that ended ok.
    pub ok: Option<u64>,
    /// All operations.
    pub operations: Option<u64>,
    /// Messages between nodes per operation.
    pub msgs_per_op: Option<f64>,
}

/// What was run.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// The workload.
    pub workload: String,
    /// `flood` or the program.
    pub target: String,
    /// `live` or `sim`.
    pub mode: String,
    /// How many faults.
    pub faults: usize,
    /// What they did: `cut`, `kill`.
    pub actions: BTreeSet<String>,
    /// The seed.
    pub seed: u64,
}

impl Listed {
    /// A run of a store; `now` is when it is listed. Looks whether an unfinished one is
    /// still going on.
    #[must_use]
    pub fn of(entry: &Entry, now: SystemTime) -> Listed {
        let going_on = entry.report.as_ref().is_ok_and(|report| {
            let archive = Archive {
                directory: entry.directory.clone(),
                report: report.clone(),
            };
            !report.is_over() && archive.is_going_on()
        });
        listed(entry, going_on, now)
    }
}

fn listed(entry: &Entry, going_on: bool, now: SystemTime) -> Listed {
    let mut listed = Listed {
        name: entry.name.clone(),
        directory: entry.directory.display().to_string(),
        verdict: State::Unreadable,
        headline: String::new(),
        exit_status: None,
        started: None,
        age_s: None,
        took_s: None,
        plan: None,
        ok: None,
        operations: None,
        msgs_per_op: None,
    };
    let report = match &entry.report {
        Ok(report) => report,
        Err(why) => {
            listed.headline.clone_from(why);
            return listed;
        }
    };
    let cut_short = report.was_cut_short();
    listed.verdict = match (report.validity, cut_short, going_on) {
        (_, true, true) => State::Running,
        (_, true, false) => State::Killed,
        (Validity::Valid, ..) => State::Valid,
        (Validity::Invalid, ..) => State::Invalid,
        (Validity::Unknown, ..) => State::Unknown,
    };
    listed.headline = report.headline.clone();
    let begun = humantime::parse_rfc3339(&report.run.started).ok();
    listed.started = begun.map(|_| report.run.started.clone());
    let age = begun.and_then(|begun| now.duration_since(begun).ok());
    listed.age_s = age.map(|age| age.as_secs_f64());
    listed.took_s = match listed.verdict {
        State::Running => listed.age_s,
        State::Killed => None,
        _ => Some(report.run.wall_s),
    };
    listed.exit_status = (!cut_short).then_some(report.exit_status);
    let count = |name: &str| report.figures.get(name).map(|figure| figure.as_f64());
    listed.ok = count("ops.ok").map(|count| count as u64);
    listed.operations = count("ops.count").map(|count| count as u64);
    listed.msgs_per_op = count("net.servers.msgs-per-op");
    let plan = &report.plan;
    let actions = report
        .faults
        .iter()
        .map(|fault| fault.scope.action.clone().into_owned());
    listed.plan = Some(Planned {
        workload: plan.workload.clone(),
        target: plan.target.clone(),
        mode: plan.mode.clone().into_owned(),
        faults: plan.faults,
        actions: actions.collect(),
        seed: plan.seed,
    });
    listed
}

/// A column: its heading, how soon it is left out where there is no room (0: never), and
/// what it says.
type Column = (&'static str, u8, fn(&Listed) -> String);

const COLUMNS: [Column; 12] = [
    ("run", 0, |run| safe(&run.name)),
    ("verdict", 0, |run| run.verdict.word().to_owned()),
    ("when", 0, |run| run.age_s.map_or_else(String::new, ago)),
    ("began, UTC", 10, |run| {
        run.started.as_deref().map_or_else(String::new, absolute)
    }),
    ("workload", 9, |run| {
        planned(run, |plan| safe(&plan.workload))
    }),
    ("target", 1, |run| planned(run, |plan| target(&plan.target))),
    ("mode", 6, |run| planned(run, |plan| safe(&plan.mode))),
    ("faults", 5, |run| planned(run, faults)),
    ("seed", 8, |run| planned(run, |plan| plan.seed.to_string())),
    ("ok", 2, |run| match (run.ok, run.operations) {
        (Some(ok), Some(all)) => format!("{} of {}", grouped(ok), grouped(all)),
        _ => String::new(),
    }),
    ("msgs/op", 4, |run| {
        run.msgs_per_op.map_or_else(String::new, three_digits)
    }),
    ("took", 3, |run| {
        let took = run
            .took_s
            .and_then(|took| Duration::try_from_secs_f64(took).ok());
        match (took, run.verdict) {
            (None, _) => String::new(),
            (Some(took), State::Running) => format!("{} so far", short_duration(took)),
            (Some(took), _) => short_duration(took),
        }
    }),
];

fn planned(run: &Listed, word: impl Fn(&Planned) -> String) -> String {
    run.plan.as_ref().map_or_else(String::new, word)
}

/// A program by its name: its directory is in the results.
fn target(target: &str) -> String {
    let short = match target.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name,
        _ => target,
    };
    excerpt(short.as_bytes(), 32)
}

/// `3 cut kill`
fn faults(plan: &Planned) -> String {
    let actions: Vec<String> = plan.actions.iter().map(|action| safe(action)).collect();
    match (plan.faults, actions.len()) {
        (0, _) => "none".to_owned(),
        (count, 1..=3) => format!("{count} {}", actions.join(" ")),
        (count, 0) => count.to_string(),
        (count, kinds) => format!("{count} of {kinds} kinds"),
    }
}

/// `42 s ago`, `3 min ago`, `5 h ago`, `12 days ago`
fn ago(seconds: f64) -> String {
    let (seconds, minutes, hours) = (seconds, seconds / 60.0, seconds / 3600.0);
    match seconds {
        ..1.0 => "just now".to_owned(),
        ..100.0 => format!("{seconds:.0} s ago"),
        ..6_000.0 => format!("{minutes:.0} min ago"),
        ..172_800.0 => format!("{hours:.0} h ago"),
        _ => format!("{:.0} days ago", (hours / 24.0).floor()),
    }
}

/// `2026-11-22 12:18:54`
fn absolute(started: &str) -> String {
    safe(started.trim_end_matches('Z')).replace('T', " ")
}

/// The table, in as many columns as fit into `width` (none: all of them), and why some
/// cannot be read.
#[must_use]
pub fn table(runs: &[Listed], width: Option<usize>, color: bool) -> String {
    let mut columns: Vec<&Column> = COLUMNS.iter().collect();
    let mut text = draw(runs, &columns);
    let wide = |text: &str| {
        text.lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0)
    };
    while width.is_some_and(|width| wide(&text) > width) {
        let dispensable = (0..columns.len()).max_by_key(|&column| columns[column].1);
        let Some(column) = dispensable.filter(|&column| columns[column].1 > 0) else {
            break;
        };
        columns.remove(column);
        text = draw(runs, &columns);
    }
    let mut page = Page::new(color);
    for (index, line) in text.lines().enumerate() {
        // A heading and its rule come first.
        let Some(run) = index.checked_sub(2).and_then(|index| runs.get(index)) else {
            let line = page.paint(line, FAINT);
            page.line(&line);
            continue;
        };
        let (word, style) = (run.verdict.word(), style(run.verdict));
        let painted = page.paint(word, style);
        // The name before it has no blanks of our making.
        page.line(&line.replacen(&format!(" {word} "), &format!(" {painted} "), 1));
    }
    let unreadable = runs.iter().filter(|run| run.verdict == State::Unreadable);
    let mut reasons = unreadable.map(|run| &run.headline).peekable();
    if reasons.peek().is_some() {
        page.gap();
    }
    for reason in reasons {
        page.line(&format!("unreadable: {}", excerpt(reason.as_bytes(), 300)));
    }
    page.text()
}

fn draw(runs: &[Listed], columns: &[&Column]) -> String {
    let heads: Vec<&str> = columns.iter().map(|column| column.0).collect();
    let rows = runs
        .iter()
        .map(|run| columns.iter().map(|column| column.2(run)).collect());
    lines(&heads, rows, &["seed", "ok", "msgs/op", "took"])
}

fn style(state: State) -> anstyle::Style {
    match state {
        State::Valid => GOOD,
        State::Invalid | State::Unreadable => BAD,
        State::Unknown | State::Killed | State::Running => HINT,
    }
}

#[cfg(test)]
mod tests;
