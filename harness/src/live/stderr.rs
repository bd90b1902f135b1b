//! What a node writes to stderr: appended to its log, its end kept as evidence.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How much of it is kept as evidence.
const TAIL: usize = 4096;
/// How long a log may get; a node in a loop must not fill the disk.
const LONGEST: u64 = 256 << 20;
/// A line handed to the hook is not longer than this.
const LONGEST_LINE: usize = 64 * 1024;

/// One node's stderr, over all its lives.
pub(super) struct StderrLog {
    path: PathBuf,
    len: u64,
    tail: Vec<u8>,
    /// The line under way, for the hook.
    line: Vec<u8>,
}

impl StderrLog {
    /// A log at this path, empty.
    pub(super) fn create(path: PathBuf) -> io::Result<StderrLog> {
        File::create(&path)?;
        Ok(StderrLog {
            path,
            len: 0,
            tail: Vec::new(),
            line: Vec::new(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The node starts anew: the evidence is that life's alone.
    pub(super) fn begin_life(&mut self) {
        self.tail.clear();
    }

    /// Appends to the log. The file is opened for each chunk: a thousand
    /// logs held open would be a thousand descriptors.
    pub(super) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.tail
            .extend_from_slice(&chunk[chunk.len().saturating_sub(TAIL)..]);
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
        if self.len >= LONGEST {
            return Ok(());
        }
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        file.write_all(chunk)?;
        self.len += chunk.len() as u64;
        if self.len >= LONGEST {
            file.write_all(b"\n[swelkie: the log ends here, it is 256 MiB long]\n")?;
        }
        Ok(())
    }

    /// Calls `hook` with each line that the chunk completes.
    pub(super) fn lines(&mut self, chunk: &[u8], hook: &mut dyn FnMut(&[u8])) {
        for piece in chunk.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.last() == Some(&b'\n') {
                self.line.pop();
                hook(&self.line);
                self.line.clear();
            } else if self.line.len() > LONGEST_LINE {
                hook(&self.line);
                self.line.clear();
            }
        }
    }

    /// The life ended: the last line may lack its newline.
    pub(super) fn end_line(&mut self, hook: &mut dyn FnMut(&[u8])) {
        if !self.line.is_empty() {
            hook(&self.line);
            self.line.clear();
        }
    }

    /// The last few KiB of this life's.
    pub(super) fn tail(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }
}
