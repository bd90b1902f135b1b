//! Tells CI systems and files what came of runs: JUnit XML, annotations, job summary.
//! Nothing here changes a verdict or an exit status: what cannot be told is a warning.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use swelkie::ci::{self, Attached, Case, Fold, Host, Results, SUMMARY_LIMIT, Status};

use super::arguments::{CiRule, Telling};
use super::{Failure, print, screen};

/// Collects cases and tells them.
pub struct Herald {
    host: Host,
    junit: Option<PathBuf>,
    results: Results,
    /// Commands go to stderr: stdout belongs to a program.
    to_stderr: bool,
}

impl Herald {
    /// For results of this name. The file for JUnit XML is written at once, without
    /// cases: an old one would be taken for ours if we were killed.
    ///
    /// # Errors
    /// If that file cannot be written.
    pub fn new(telling: &Telling, name: &str, to_stderr: bool) -> Result<Herald, Failure> {
        let herald = Herald {
            host: host(telling.ci),
            junit: telling.junit.clone(),
            results: Results {
                name: name.to_owned(),
                cases: Vec::new(),
            },
            to_stderr,
        };
        match herald.write_junit() {
            Ok(()) => Ok(herald),
            Err(why) => Err(Failure::Usage(format!(
                "--junit {why}; expected a file that can be written, such as junit.xml"
            ))),
        }
    }

    /// Whether anybody wants to know of every case, valid ones included.
    pub fn listens(&self) -> bool {
        self.junit.is_some() || self.host == Host::GitHub
    }

    /// What a run printed, folded away where the log can do that.
    pub fn folded(&self, case: &Case, text: &str) -> String {
        let id = format!("{}.{}", case.class, self.results.cases.len() + 1);
        let title = format!("{} · {}: {}", case.class, case.name, case.headline());
        let fold = Fold {
            id: &id,
            title: &title,
            open: case.status() != Status::Passed,
            span: span(case.duration),
        };
        self.host.folded(&fold, text)
    }

    /// A run is over. The file is written now and then: a series that is killed leaves
    /// half of its cases at least.
    pub fn add(&mut self, mut case: Case) {
        if self.junit.is_none() && self.host == Host::Other {
            return;
        }
        case.lighten();
        self.results.cases.push(case);
        if self.results.cases.len().is_power_of_two() {
            warn(self.write_junit());
        }
    }

    /// All runs are over.
    pub fn finish(self) {
        warn(self.write_junit());
        let annotations = ci::annotations(self.host, &self.results);
        let told = match self.to_stderr {
            true => io::stderr().write_all(annotations.as_bytes()),
            false => print(&annotations),
        };
        warn(told.map_err(|error| format!("annotations: {error}")));
        if self.host == Host::GitHub {
            warn(self.write_summary());
        }
    }

    fn write_junit(&self) -> Result<(), String> {
        let Some(path) = &self.junit else {
            return Ok(());
        };
        let xml = ci::junit(&self.results, &Attached::to);
        replace(path, &xml).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Appends to the summary of the step, which others may have written to.
    fn write_summary(&self) -> Result<(), String> {
        let path = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        let Some(path) = path.map(PathBuf::from) else {
            return Ok(());
        };
        let append = || {
            let mut file = File::options().append(true).create(true).open(&path)?;
            let taken = file.metadata()?.len();
            let room = (SUMMARY_LIMIT as u64).saturating_sub(taken);
            let text = ci::job_summary(&self.results, usize::try_from(room).unwrap_or(0));
            file.write_all(text.as_bytes())
        };
        append().map_err(|error: io::Error| format!("{}: {error}", path.display()))
    }
}

fn host(rule: CiRule) -> Host {
    match rule {
        CiRule::Auto => Host::detect(|name| env::var_os(name)),
        CiRule::Github => Host::GitHub,
        CiRule::Gitlab => Host::GitLab,
        CiRule::None => Host::Other,
    }
}

/// When something that is just over began and ended, in seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "GitLab's log shows how long sections took"
)]
fn span(took: Duration) -> (u64, u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    (now.saturating_sub(took).as_secs(), now.as_secs())
}

/// Writes a file at once: who reads it sees the old one or this. What is no plain file
/// (`/dev/stdout`) is written to.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, text);
    }
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    let fresh = path.with_file_name(fresh);
    fs::write(&fresh, text)?;
    fs::rename(&fresh, path)
}

fn warn(result: Result<(), String>) {
    if let Err(why) = result {
        screen::warn(&why);
    }
}
