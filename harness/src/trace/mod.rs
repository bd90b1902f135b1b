//! Where built-in nodes spend their time: what each of them recorded, put together.
//!
//! ```text
//!   n0, n1, … with SWELKIE_TRACE ─► trace/n0.1.folded, … ─► flame.svg
//!                                   trace/n0.1.events, … ─► trace.json
//! ```
//!
//! Each life of each node writes a file of its own while it runs
//! ([`swelkie_nodes::stdio::trace`] says how); when the run is over they become one file
//! in the run's directory. A node that was killed leaves at most half a line, which is
//! passed over.

mod chrome;
mod flame;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swelkie_nodes::NodeId;

/// What is made of the nodes' spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// `flame.svg`: the time of all nodes by stack.
    Flame,
    /// `trace.json`: every span, for ui.perfetto.dev and chrome://tracing.
    Chrome,
}

impl fmt::Display for TraceFormat {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            TraceFormat::Flame => "flame",
            TraceFormat::Chrome => "chrome",
        })
    }
}

/// The trace of one run.
#[derive(Clone, Debug)]
pub struct Trace {
    format: TraceFormat,
    /// Where the nodes write.
    directory: PathBuf,
    /// The monotonic clock at the start of the run, nanoseconds.
    origin: u64,
}

/// A trace that was put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traced {
    /// The file.
    pub file: PathBuf,
    /// What it says, in a line.
    pub story: String,
}

/// What one life of a node recorded.
struct Recording {
    /// The node, as an index.
    node: usize,
    /// Which life, from 1.
    life: u32,
    /// Whole lines.
    text: String,
}

impl Trace {
    /// Makes the directory in which the nodes of a run write.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn begin(format: TraceFormat, run_dir: &Path) -> io::Result<Trace> {
        let directory = std::path::absolute(run_dir)?.join("trace");
        fs::create_dir_all(&directory).map_err(|error| about(&directory, &error))?;
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Ok(Trace {
            format,
            directory,
            origin: now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64,
        })
    }

    /// The environment variable that makes one life of a node record its spans.
    pub(crate) fn variable(&self, node: usize, file: &str, life: u32) -> (OsString, OsString) {
        let Trace { format, origin, .. } = self;
        let (process, life) = (node + 1, life + 1);
        let mut value = OsString::from(format!("{format},{process},{life},{origin},"));
        value.push(self.file(file, life));
        (swelkie_nodes::stdio::trace::VARIABLE.into(), value)
    }

    fn file(&self, node: &str, life: u32) -> PathBuf {
        let kind = match self.format {
            TraceFormat::Flame => "folded",
            TraceFormat::Chrome => "events",
        };
        self.directory.join(format!("{node}.{life}.{kind}"))
    }

    /// Puts together what the nodes recorded; `names` are theirs, by index.
    ///
    /// # Errors
    /// If a file cannot be read or written, or nobody recorded anything.
    pub fn finish(&self, names: &[NodeId], run_dir: &Path) -> io::Result<Traced> {
        let recordings = self.recordings(names)?;
        let (file, story) = match self.format {
            TraceFormat::Flame => {
                let (svg, story) = flame::graph(&recordings, names.len())?;
                (self.write(run_dir, "flame.svg", &svg)?, story)
            }
            TraceFormat::Chrome => {
                let json = chrome::merge(&recordings, names);
                let story = "open it with ui.perfetto.dev".to_owned();
                (self.write(run_dir, "trace.json", json.as_bytes())?, story)
            }
        };
        Ok(Traced { file, story })
    }

    /// What every life of every node recorded, in the order of nodes and lives.
    fn recordings(&self, names: &[NodeId]) -> io::Result<Vec<Recording>> {
        let mut recordings = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let Some((node, life)) = self.whose(&path, names) else {
                continue;
            };
            let mut text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
            text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
            recordings.push(Recording { node, life, text });
        }
        recordings.sort_unstable_by_key(|recording| (recording.node, recording.life));
        Ok(recordings)
    }

    /// Which node and which life wrote this file.
    fn whose(&self, path: &Path, names: &[NodeId]) -> Option<(usize, u32)> {
        let (node, life) = path.file_stem()?.to_str()?.rsplit_once('.')?;
        let of = |name: &NodeId| crate::live::file_name(name) == node;
        Some((names.iter().position(of)?, life.parse().ok()?))
    }

    fn write(&self, run_dir: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = run_dir.join(name);
        fs::write(&path, content).map_err(|error| about(&path, &error))?;
        Ok(path)
    }
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
