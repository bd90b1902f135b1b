//! A run read back from its directory: what pages, exports and the terminal show.
//!
//! ```text
//!   results.json   ─► Archive::report       the verdict, its evidence, the figures
//!   history.jsonl  ─► Archive::operations   what clients did
//!   messages.jsonl ─► Archive::messages     every message, a row each
//!                     Archive::propagation  which way elements went
//! ```
//!
//! A run that was cut short is read as far as it got: a torn last line is passed over,
//! and a run that goes on (or whose harness was killed) has a report that says so.
//! Nothing here changes what it reads.

mod bodies;
mod line;
mod messages;
mod operations;
mod shelf;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use swelkie_checkers::{History, NodeRecord};

use crate::propagation::{Follow, Propagation, Question};
use crate::report::Report;
use crate::services;

pub use bodies::Bodies;
pub(crate) use line::HistoryLine;
pub use messages::{Fate, LeftOut, Messages, NONE, Role, Row, Window};
pub use operations::{Completion, Operation, Operations};
pub use shelf::{Entry, directories_of_runs, runs};

/// The directory of a run.
#[derive(Clone, Debug)]
pub struct Archive {
    /// Where it is.
    pub directory: PathBuf,
    /// What came of the run.
    pub report: Report,
}

/// Why a directory cannot be read as a run.
#[derive(Debug)]
pub struct Error {
    /// What is wrong, what was expected, what to do.
    text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl Archive {
    /// Opens the directory of a run; `store/latest` will do.
    ///
    /// # Errors
    /// If there is no run in it, or one of a newer version.
    pub fn open(directory: &Path) -> Result<Archive, Error> {
        let path = directory.join("results.json");
        let fail = |what: String| Error {
            text: format!("{}: {what}", path.display()),
        };
        let json = fs::read(&path).map_err(|error| {
            fail(format!(
                "{error}; expected the directory of a run, such as store/latest (`swelkie ls` lists them)"
            ))
        })?;
        let report = Report::from_json(&json)
            .map_err(|error| fail(format!("this is no report of a run: {error}")))?;
        // Links are resolved now: the run stays the same when `latest` moves on.
        let directory = fs::canonicalize(directory).map_err(|error| fail(error.to_string()))?;
        Ok(Archive { directory, report })
    }

    /// Whether the run is going on at this moment, in whatever process.
    #[must_use]
    pub fn is_going_on(&self) -> bool {
        let Ok(history) = File::open(self.directory.join("history.jsonl")) else {
            return false;
        };
        let locked = rustix::fs::flock(&history, FlockOperation::NonBlockingLockShared);
        !self.report.is_over() && locked == Err(rustix::io::Errno::WOULDBLOCK)
    }

    /// What clients did. Empty for a run that kept no history.
    ///
    /// # Errors
    /// What reading gives.
    pub fn operations(&self) -> io::Result<Operations> {
        match fs::read(self.directory.join("history.jsonl")) {
            Ok(text) => Ok(Operations::read(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Operations::default()),
            Err(error) => Err(error),
        }
    }

    /// The messages of a part of the run. None for a run that kept none.
    ///
    /// # Errors
    /// What reading gives.
    pub fn messages(&self, window: &Window) -> io::Result<Messages> {
        let nodes = &self.report.plan.nodes;
        match File::open(self.directory.join("messages.jsonl")) {
            Ok(file) => Messages::read(file, nodes, window),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Messages::none(nodes)),
            Err(error) => Err(error),
        }
    }

    /// Which way elements went; `limit` is how many bytes of messages are read at most.
    ///
    /// # Errors
    /// What reading gives, a run without messages included.
    pub fn propagation(
        &self,
        operations: &Operations,
        follow: Follow,
        limit: u64,
    ) -> io::Result<Propagation> {
        let history = self.history(operations);
        let services = services::all();
        let services: Vec<&str> = services.iter().map(|service| service.name()).collect();
        let question = Question {
            history: &history,
            services: &services,
            builtin: self.report.plan.builtin,
            follow,
            limit,
        };
        let path = self.directory.join("messages.jsonl");
        let open = || Ok(BufReader::with_capacity(1 << 18, File::open(&path)?));
        Propagation::read(&question, open)
    }

    /// The history as [`Propagation`] needs it: nodes, and the elements that were added.
    /// What reads showed is not in it, so it is none to be judged.
    #[must_use]
    pub fn history(&self, operations: &Operations) -> History {
        let node = |name: &String| NodeRecord {
            name: name.clone(),
            judged: true,
        };
        let mut history = History {
            nodes: self.report.plan.nodes.iter().map(node).collect(),
            ..History::default()
        };
        operations.adds_to(&mut history);
        history
    }
}
