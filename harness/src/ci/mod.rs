//! What a CI system shows of runs: JUnit XML for all of them, annotations and a summary
//! for GitHub, folded sections for GitLab.
//!
//! ```text
//!   Results ─┬─► junit ──────────► junit.xml        GitHub actions, GitLab, Jenkins
//!    a Case  ├─► annotations ────► the step's log   GitHub
//!    per run ├─► job_summary ────► $GITHUB_STEP_SUMMARY
//!            └─► folded ─────────► the job's log    GitHub, GitLab
//! ```
//!
//! All of them are pure: results in, text out; [`Attached`] reads files, [`write_junit`]
//! writes one. What a node
//! wrote is in every one of these texts, so each escapes it for where it goes: nothing a
//! node prints is a tag, a link, a workflow command or an attachment.

mod attached;
mod github;
mod gitlab;
mod junit;
mod markdown;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use swelkie_checkers::Validity;

use crate::archive::Archive;
use crate::report::Report;

pub use attached::{Attached, Tail};
pub use junit::junit;
pub use markdown::{SUMMARY_LIMIT, job_summary};

/// What came of several runs.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// What they are together: `broadcast`, a suite's name.
    pub name: String,
    /// One per run, in the order in which they are told.
    pub cases: Vec<Case>,
}

/// A run, or one that was to be.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it belongs to: the workload, or a rung of a suite.
    pub suite: String,
    /// Workload and target: `broadcast.my_node_py`. See [`class`].
    pub class: String,
    /// Faults and seed: `kill, partition · seed 7`. The same seed gives the same name, so
    /// that the results of two branches can be compared.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took on the wall.
    pub duration: Duration,
    /// What it should have been.
    pub expected: Expected,
}

/// What a run should have been.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Valid, as any run.
    #[default]
    Valid,
    /// Something else (a broken node is to be caught), and so it was.
    Met,
    /// Something else, and it was not; why.
    Unmet(String),
}

/// What came of a run.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It has a verdict.
    Judged(Box<Report>),
    /// It could not be run, and why.
    NotRun(String),
    /// It was left out, and why: the time was up.
    Skipped(String),
}

/// What a case counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every promise was kept.
    Passed,
    /// A promise was broken.
    Failed,
    /// Nobody knows: undecidable, interrupted, or it could not be run.
    Error,
    /// It was left out.
    Skipped,
}

impl Case {
    /// The case of a run that was judged.
    #[must_use]
    pub fn judged(suite: impl Into<String>, report: Report) -> Case {
        Case {
            suite: suite.into(),
            class: class(&report.plan.workload, &report.plan.target),
            name: format!("{} · seed {}", troubles(&report), report.plan.seed),
            duration: Duration::try_from_secs_f64(report.run.wall_s).unwrap_or_default(),
            outcome: Outcome::Judged(Box::new(report)),
            expected: Expected::Valid,
        }
    }

    /// The case of a run that could not be run, and why.
    #[must_use]
    pub fn not_run(suite: &str, class: String, seed: u64, why: String) -> Case {
        Case {
            suite: suite.to_owned(),
            class,
            name: format!("seed {seed}"),
            outcome: Outcome::NotRun(why),
            duration: Duration::ZERO,
            expected: Expected::Valid,
        }
    }

    /// Forgets what is not told of a valid run: a series may have a hundred thousand.
    pub fn lighten(&mut self) {
        if let (Status::Passed, Outcome::Judged(report)) = (self.status(), &mut self.outcome) {
            report.links = Vec::new();
            report.faults.iter_mut().for_each(|fault| fault.hit.clear());
            report.figures.0.retain(|name, _| junit::is_told(name));
        }
    }

    /// What it counts as.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Judged(_) if self.expected == Expected::Met => Status::Passed,
            Outcome::Judged(report) => match (report.exit_status, report.validity) {
                (0, _) if self.expected != Expected::Valid => Status::Failed,
                (0, Validity::Valid) => Status::Passed,
                (1, _) => Status::Failed,
                _ => Status::Error,
            },
            Outcome::NotRun(_) => Status::Error,
            Outcome::Skipped(_) => Status::Skipped,
        }
    }

    /// The verdict in one word: `valid`, `INVALID`, `unknown`, `not run`, `skipped`.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match (&self.outcome, self.status()) {
            (_, Status::Passed) if self.expected == Expected::Met => "as expected",
            (_, Status::Passed) => "valid",
            (_, Status::Failed) if self.expected != Expected::Valid => "NOT AS EXPECTED",
            (_, Status::Failed) => "INVALID",
            (_, Status::Skipped) => "skipped",
            (Outcome::Judged(report), _) => match report.exit_status {
                130 | 143 => "interrupted",
                254 => "not run",
                _ => "unknown",
            },
            (_, Status::Error) => "not run",
        }
    }

    /// What there is to say about it in one sentence.
    #[must_use]
    pub fn headline(&self) -> &str {
        match (&self.outcome, &self.expected) {
            (Outcome::Judged(_), Expected::Unmet(why)) => why,
            (outcome, _) => outcome.headline(),
        }
    }

    /// The report, if it has one.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match &self.outcome {
            Outcome::Judged(report) => Some(report),
            _ => None,
        }
    }

    /// The node's program, if it is named as a file of the checkout.
    #[must_use]
    pub fn file(&self) -> Option<String> {
        let plan = &self.report()?.plan;
        let path = Path::new(&plan.target);
        let mut inside = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(part) => inside.push(part),
                Component::CurDir => {}
                _ => return None,
            }
        }
        (!plan.builtin).then(|| inside.to_string_lossy().into_owned())
    }

    /// The most telling kind of evidence: `lost`; else what happened instead of a verdict.
    #[must_use]
    pub fn kind(&self) -> &str {
        let anomaly = self.report().and_then(|report| report.anomalies.first());
        match (anomaly, self.status()) {
            (Some(anomaly), Status::Failed) => &anomaly.kind,
            _ => self.verdict(),
        }
    }
}

impl Outcome {
    fn headline(&self) -> &str {
        match self {
            Outcome::Judged(report) => &report.headline,
            Outcome::NotRun(why) | Outcome::Skipped(why) => why,
        }
    }
}

impl Results {
    /// How many cases count as this.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let alike = self.cases.iter().filter(|case| case.status() == status);
        alike.count()
    }
}

/// Puts `junit.xml` of one run into its directory.
///
/// # Errors
/// If the disk does not take it.
pub fn write_junit(archive: &Archive) -> io::Result<()> {
    let report = archive.report.clone();
    let workload = report.plan.workload.clone();
    let results = Results {
        name: workload.clone(),
        cases: vec![Case::judged(workload, report)],
    };
    let path = archive.directory.join("junit.xml");
    fs::write(path, junit(&results, &Attached::to))
}

/// The class of a case: workload and target, `broadcast.my_node_py`. It has one dot:
/// Jenkins takes what is before the last one for a package.
#[must_use]
pub fn class(workload: &str, target: &str) -> String {
    let file = Path::new(target).file_name().and_then(|name| name.to_str());
    format!("{workload}.{}", file.unwrap_or(target).replace('.', "_"))
}

/// The faults of a run in few words: their names without what was drawn or counted.
#[must_use]
pub fn troubles(report: &Report) -> String {
    /// As many are named.
    const NAMED: usize = 6;
    let names = report.faults.iter().map(|fault| plain(&fault.name));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => "no faults".to_owned(),
        count if count > NAMED => {
            format!("{} and {} more", names[..NAMED].join(", "), count - NAMED)
        }
        _ => names.join(", "),
    }
}

/// `nemesis-partition-1` → `partition`, `kill-1.2` → `kill`, `slow-disk` → itself.
fn plain(name: &str) -> &str {
    let name = ["nemesis-", "random-"]
        .iter()
        .find_map(|drawn| name.strip_prefix(drawn))
        .unwrap_or(name);
    match name.rsplit_once('-') {
        Some((kind, number)) if is_number(number) && !kind.is_empty() => kind,
        _ => name,
    }
}

/// `1`, `1.2`
fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|one| one.is_ascii_digit() || one == '.')
}

/// Which CI system a log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Host {
    /// GitHub Actions, and what behaves like it (Gitea, Forgejo).
    GitHub,
    /// GitLab CI.
    GitLab,
    /// A terminal, or a CI without a language of its own.
    #[default]
    Other,
}

impl Host {
    /// Which it is, by the variables that these systems set for every job.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<OsString>) -> Host {
        let is_true = |name| variable(name).is_some_and(|value| value == "true");
        if is_true("GITHUB_ACTIONS") {
            Host::GitHub
        } else if is_true("GITLAB_CI") {
            Host::GitLab
        } else {
            Host::Other
        }
    }

    /// A text that the log shows folded under a title; elsewhere the text as it is.
    #[must_use]
    pub fn folded(self, fold: &Fold, text: &str) -> String {
        match self {
            Host::GitHub => github::group(fold.title, text),
            Host::GitLab => gitlab::section(fold, text),
            Host::Other => text.to_owned(),
        }
    }
}

/// How a text is folded.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'a> {
    /// Its name within the job.
    pub id: &'a str,
    /// What is shown of it in any case.
    pub title: &'a str,
    /// Whether it is unfolded at first. GitHub folds everything.
    pub open: bool,
    /// When what it is about began and ended, in seconds since 1970.
    pub span: (u64, u64),
}

/// What makes a CI system point at the runs that are not valid: GitHub's workflow
/// commands, for its log. Nothing elsewhere.
#[must_use]
pub fn annotations(host: Host, results: &Results) -> String {
    match host {
        Host::GitHub => github::annotations(results),
        Host::GitLab | Host::Other => String::new(),
    }
}

/// The first of a text, at most so many bytes.
fn head(text: &str, bytes: usize) -> &str {
    let ends = (0..=bytes.min(text.len())).rev();
    let mut ends = ends.filter(|&end| text.is_char_boundary(end));
    &text[..ends.next().unwrap_or(0)]
}

/// At most so many characters of a text.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// JSON in which nothing is a command to a CI system that prints it: those have `##`
/// in them, and a `#` stands only in strings.
#[must_use]
pub fn inert_json(json: &str) -> String {
    json.replace("##", "#\\u0023")
}
