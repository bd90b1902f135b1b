//! What a run's directory adds to a case: the end of each node's stderr, and the report.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Case, Status};

/// So many bytes of a node's stderr.
const TAIL: u64 = 8 << 10;
/// So many nodes' stderr.
const NODES: usize = 32;

/// What belongs to a case and is not in its report.
#[derive(Clone, Debug, Default)]
pub struct Attached {
    /// The end of what nodes wrote to stderr; of those that wrote something.
    pub stderr: Vec<Tail>,
    /// Files that a CI system shows with the case.
    pub files: Vec<PathBuf>,
}

/// The end of what a node wrote to stderr.
#[derive(Clone, Debug)]
pub struct Tail {
    /// The log's name without its ending: the node's.
    pub node: String,
    /// Its last bytes, from the beginning of a line where possible.
    pub text: Vec<u8>,
    /// How many bytes the log has.
    pub len: u64,
}

impl Attached {
    /// What a case has on disk. A valid run has nothing to explain; what cannot be read
    /// is left out.
    #[must_use]
    pub fn to(case: &Case) -> Attached {
        let directory = case
            .report()
            .and_then(|report| report.run.directory.as_ref());
        match (case.status(), directory) {
            (Status::Failed | Status::Error, Some(directory)) => Attached::read(directory),
            _ => Attached::default(),
        }
    }

    fn read(directory: &Path) -> Attached {
        let report = directory.join("report.html");
        Attached {
            stderr: tails(&directory.join("nodes")).unwrap_or_default(),
            files: report.is_file().then_some(report).into_iter().collect(),
        }
    }
}

/// The tails of all logs in a directory, by name.
fn tails(directory: &Path) -> io::Result<Vec<Tail>> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if let Some(node) = name
            .as_deref()
            .and_then(|name| name.strip_suffix(".stderr.log"))
        {
            logs.push((node.to_owned(), path));
        }
    }
    // n2 before n10.
    logs.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
    let read = logs
        .into_iter()
        .filter_map(|(node, path)| tail(node, &path).ok());
    Ok(read.filter(|tail| tail.len > 0).take(NODES).collect())
}

fn tail(node: String, path: &Path) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text)?;
    if len > TAIL
        && let Some(newline) = text.iter().position(|&byte| byte == b'\n')
        && newline + 1 < text.len()
    {
        text.drain(..=newline);
    }
    Ok(Tail { node, text, len })
}
