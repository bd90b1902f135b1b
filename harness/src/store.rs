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
//!
//! A run whose records may be dropped in the end can be held in memory instead
//! ([`Store::held`]): it has no directory before it is over, and most of what it
//! recorded is never written.
//!
//! ```text
//!   held ── more than 64 MiB ──► directory ──┐
//!     └──────── it is over ──────────────────┴─► settle: all files, or results.json
//!                                                        and faults.toml alone
//! ```

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rustix::fs::FlockOperation;

use crate::engine::Journal;
use crate::report::Report;

/// Bytes of records that a run is held in memory for.
pub const HELD: usize = 64 << 20;

/// Where a run's directory is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `store`
    pub root: PathBuf,
    /// The directory of the workload in it.
    pub workload: String,
    /// The directory of the run in that; if it exists, a suffix is added.
    pub name: String,
}

impl Place {
    /// The name of a run that began then.
    #[must_use]
    pub fn name(started: SystemTime, seed: u64) -> String {
        let time = humantime::format_rfc3339_seconds(started).to_string();
        format!("{}-{seed}", time.replace(':', "-").trim_end_matches('Z'))
    }
}

/// The files of one run; none of them when the run keeps nothing.
pub struct Store {
    files: Files,
}

enum Files {
    Nothing,
    Held(Held),
    Streams(Streams),
    /// A directory without records.
    Bare(PathBuf),
}

/// A run without a directory, so far.
struct Held {
    place: Place,
    history: Vec<u8>,
    messages: Vec<u8>,
}

struct Streams {
    directory: PathBuf,
    history: File,
    messages: File,
}

impl Store {
    /// A store that keeps nothing.
    #[must_use]
    pub fn none() -> Store {
        Store {
            files: Files::Nothing,
        }
    }

    /// Makes the run's directory, opens its streams and points `latest` to it.
    ///
    /// # Errors
    /// If the directory or a file cannot be made; the message names it.
    pub fn create(place: &Place) -> io::Result<Store> {
        Ok(Store {
            files: Files::Streams(Streams::create(place)?),
        })
    }

    /// Holds what is recorded in memory, up to [`HELD`] bytes, until [`Store::settle`].
    #[must_use]
    pub fn held(place: Place) -> Store {
        Store {
            files: Files::Held(Held {
                place,
                history: Vec::new(),
                messages: Vec::new(),
            }),
        }
    }

    /// The run's directory; none if it has none yet.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match &self.files {
            Files::Streams(streams) => Some(&streams.directory),
            Files::Bare(directory) => Some(directory),
            Files::Held(_) | Files::Nothing => None,
        }
    }

    /// Empties the journal into the streams; `see` gets the lines about messages.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn flush(&mut self, journal: &mut Journal, see: impl FnOnce(&[u8])) -> io::Result<()> {
        let (history, messages) = (journal.take_history(), journal.take_messages());
        see(&messages);
        let pending = history.len() + messages.len();
        if let Files::Held(held) = &self.files
            && held.history.len() + held.messages.len() + pending > HELD
        {
            self.files = Files::Streams(held.write()?);
        }
        match &mut self.files {
            Files::Nothing | Files::Bare(_) => {}
            Files::Held(held) => {
                held.history.extend_from_slice(&history);
                held.messages.extend_from_slice(&messages);
            }
            Files::Streams(streams) => streams.append(&history, &messages)?,
        }
        journal.recycle(history, messages);
        Ok(())
    }

    /// What was recorded of messages until now.
    ///
    /// # Errors
    /// If it cannot be read, or nothing is kept.
    pub fn messages(&self) -> io::Result<Box<dyn BufRead + '_>> {
        match &self.files {
            Files::Nothing | Files::Bare(_) => Err(io::ErrorKind::NotFound.into()),
            Files::Held(held) => Ok(Box::new(Cursor::new(&held.messages))),
            Files::Streams(streams) => {
                let file = File::open(streams.directory.join("messages.jsonl"))?;
                Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
            }
        }
    }

    /// The run is over: its directory is made if it has none, and its records are
    /// brought there or, unless they are `kept`, thrown away.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn settle(&mut self, kept: bool) -> io::Result<()> {
        match &self.files {
            Files::Held(held) if kept => self.files = Files::Streams(held.write()?),
            Files::Held(held) => self.files = Files::Bare(held.place.make()?),
            Files::Streams(streams) if !kept => {
                let directory = streams.directory.clone();
                remove_records(&directory)?;
                self.files = Files::Bare(directory);
            }
            Files::Streams(_) | Files::Bare(_) | Files::Nothing => {}
        }
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
        let Some(directory) = self.directory() else {
            return Ok(());
        };
        let mut text = serde_json::to_vec_pretty(report)?;
        text.push(b'\n');
        self.write(".results.json", &text)?;
        let (fresh, name) = (directory.join(".results.json"), "results.json");
        fs::rename(fresh, directory.join(name)).map_err(named(directory, name))
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        match self.directory() {
            Some(directory) => {
                fs::write(directory.join(name), content).map_err(named(directory, name))
            }
            None => Ok(()),
        }
    }
}

impl Held {
    fn write(&self) -> io::Result<Streams> {
        let mut streams = Streams::create(&self.place)?;
        streams.append(&self.history, &self.messages)?;
        Ok(streams)
    }
}

impl Streams {
    fn create(place: &Place) -> io::Result<Streams> {
        let directory = place.make()?;
        make_directories(&directory.join("nodes"))?;
        let history = make_file(&directory.join("history.jsonl"))?;
        // Says that the run goes on, to whoever tries; whatever ends us takes it away.
        // A file system without locks is no reason not to run.
        let _ = rustix::fs::flock(&history, FlockOperation::NonBlockingLockExclusive);
        Ok(Streams {
            history,
            messages: make_file(&directory.join("messages.jsonl"))?,
            directory,
        })
    }

    fn append(&mut self, history: &[u8], messages: &[u8]) -> io::Result<()> {
        let named = |name| named(&self.directory, name);
        (self.history.write_all(history)).map_err(named("history.jsonl"))?;
        (self.messages.write_all(messages)).map_err(named("messages.jsonl"))
    }
}

impl Place {
    /// Makes the directory and points `latest` to it. Runs of one process take turns,
    /// so that `latest` is the one that was made last.
    fn make(&self) -> io::Result<PathBuf> {
        static TURN: Mutex<()> = Mutex::new(());
        let parent = self.root.join(&self.workload);
        make_directories(&parent)?;
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = make_fresh(&parent, &self.name)?;
        let short = directory.file_name().expect("it has a name");
        point(&parent.join("latest"), Path::new(short))?;
        point(
            &self.root.join("latest"),
            &Path::new(&self.workload).join(short),
        )?;
        Ok(directory)
    }
}

/// Takes away what only a run that keeps its records has.
fn remove_records(directory: &Path) -> io::Result<()> {
    let gone = |result: io::Result<()>, name| match result {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            let path = directory.join(name);
            let text = format!("cannot remove {}: {err}", path.display());
            Err(io::Error::new(err.kind(), text))
        }
        _ => Ok(()),
    };
    for name in ["history.jsonl", "messages.jsonl"] {
        gone(fs::remove_file(directory.join(name)), name)?;
    }
    for name in ["nodes", "shared"] {
        gone(fs::remove_dir_all(directory.join(name)), name)?;
    }
    Ok(())
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

/// Makes a link point somewhere, replacing the one that is there at once. Processes
/// may race for it; the last one wins.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = format!(".latest-{}-{count}", std::process::id());
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
mod tests;
