//! What a run leaves on disk.
//!
//! ```text
//!   store/<workload>/<UTC time>-<seed>/   results.json  history.jsonl  messages.jsonl
//!                                         faults.toml   nodes/n0.stderr.log  nodes/n0/…
//!   store/latest, store/<workload>/latest   links to the newest run
//! ```
//!
//! The two streams are written while the run goes; whatever kills the harness, what
//! happened until 100 ms before is there. A last line may be torn: readers accept it.
//! From the beginning there is a `results.json`, which says that the run is not over, and
//! while it goes on `history.jsonl` is locked (flock). [`archive`](crate::archive) reads
//! all of this back.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::FlockOperation;

use crate::engine::Journal;
use crate::report::Report;

/// The files of one run; none of them when the run keeps nothing.
pub struct Store {
    files: Option<Files>,
}

struct Files {
    directory: PathBuf,
    history: File,
    messages: File,
}

impl Store {
    /// A store that keeps nothing.
    #[must_use]
    pub fn none() -> Store {
        Store { files: None }
    }

    /// Makes the run's directory, opens its streams and points `latest` to it.
    ///
    /// # Errors
    /// If the directory or a file cannot be made; the message names it.
    pub fn create(
        root: &Path,
        workload: &str,
        seed: u64,
        started: SystemTime,
    ) -> io::Result<Store> {
        let time = humantime::format_rfc3339_seconds(started).to_string();
        let name = format!("{}-{seed}", time.replace(':', "-").trim_end_matches('Z'));
        let parent = root.join(workload);
        make_directories(&parent)?;
        let directory = make_fresh(&parent, &name)?;
        make_directories(&directory.join("nodes"))?;
        let history = make_file(&directory.join("history.jsonl"))?;
        // Says that the run goes on, to whoever tries; whatever ends us takes it away.
        // A file system without locks is no reason not to run.
        let _ = rustix::fs::flock(&history, FlockOperation::NonBlockingLockExclusive);
        let short = directory.file_name().expect("it has a name");
        point(&parent.join("latest"), Path::new(short))?;
        point(&root.join("latest"), &Path::new(workload).join(short))?;
        Ok(Store {
            files: Some(Files {
                history,
                messages: make_file(&directory.join("messages.jsonl"))?,
                directory,
            }),
        })
    }

    /// The run's directory.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.files.as_ref().map(|files| files.directory.as_path())
    }

    /// Empties the journal into the streams; `see` gets the lines about messages.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn flush(&mut self, journal: &mut Journal, see: impl FnOnce(&[u8])) -> io::Result<()> {
        let (history, messages) = (journal.take_history(), journal.take_messages());
        see(&messages);
        if let Some(files) = &mut self.files {
            files
                .history
                .write_all(&history)
                .map_err(named(&files.directory, "history.jsonl"))?;
            files
                .messages
                .write_all(&messages)
                .map_err(named(&files.directory, "messages.jsonl"))?;
        }
        journal.recycle(history, messages);
        Ok(())
    }

    /// Writes the schedule.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn write_faults(&self, toml: &str) -> io::Result<()> {
        self.write("faults.toml", toml.as_bytes())
    }

    /// Writes `results.json`, all of it at once: who reads it sees the old one or this.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn write_results(&self, report: &Report) -> io::Result<()> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        let mut text = serde_json::to_vec_pretty(report)?;
        text.push(b'\n');
        self.write(".results.json", &text)?;
        let (fresh, name) = (files.directory.join(".results.json"), "results.json");
        fs::rename(fresh, files.directory.join(name)).map_err(named(&files.directory, name))
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        match &self.files {
            Some(files) => fs::write(files.directory.join(name), content)
                .map_err(named(&files.directory, name)),
            None => Ok(()),
        }
    }
}

/// Makes `parent/name`, or `parent/name-2` and so on if it exists.
fn make_fresh(parent: &Path, name: &str) -> io::Result<PathBuf> {
    for attempt in 1.. {
        let directory = match attempt {
            1 => parent.join(name),
            more => parent.join(format!("{name}-{more}")),
        };
        match fs::create_dir(&directory) {
            Ok(()) => return Ok(directory),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            Err(err) => return Err(named(parent, name)(err)),
        }
    }
    unreachable!("the loop returns")
}

/// Makes a link point somewhere, replacing the one that is there at once. Runs that
/// end at the same time may race for it; the last one wins.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    let own = format!(".latest-{}", std::process::id());
    let fresh = link.with_file_name(own);
    let _ = fs::remove_file(&fresh);
    symlink(target, &fresh)
        .and_then(|()| fs::rename(&fresh, link))
        .map_err(|err| io::Error::new(err.kind(), format!("cannot link {}: {err}", link.display())))
}

fn make_directories(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(|err| {
        let text = format!(
            "cannot make the directory {}: {err}; --store names another place",
            path.display()
        );
        io::Error::new(err.kind(), text)
    })
}

fn make_file(path: &Path) -> io::Result<File> {
    let text = |err: io::Error| {
        io::Error::new(
            err.kind(),
            format!("cannot write {}: {err}", path.display()),
        )
    };
    File::create(path).map_err(text)
}

fn named(directory: &Path, name: &str) -> impl FnOnce(io::Error) -> io::Error {
    let path = directory.join(name);
    move |err| {
        io::Error::new(
            err.kind(),
            format!("cannot write {}: {err}", path.display()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_of_one_second_get_two_directories_and_latest_points_to_the_second() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let first = Store::create(root.path(), "echo", 7, SystemTime::UNIX_EPOCH).expect("made");
        let second = Store::create(root.path(), "echo", 7, SystemTime::UNIX_EPOCH).expect("made");
        assert_ne!(first.directory(), second.directory());
        for latest in ["latest", "echo/latest"] {
            let latest = fs::canonicalize(root.path().join(latest)).expect("a link");
            let directory = second.directory().expect("kept");
            assert_eq!(latest, fs::canonicalize(directory).expect("there"));
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let err = Store::create(file.path(), "echo", 7, SystemTime::UNIX_EPOCH).err();
        let text = err.expect("refused").to_string();
        assert!(text.contains("--store") && text.contains("echo"), "{text}");
    }
}
