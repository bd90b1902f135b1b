//! Lines, cut out of one buffer without copying.

use std::io::{self, ErrorKind, Read};

/// Input is read in pieces of at most this size; a longer line makes the buffer grow.
const BUFFER: usize = 256 << 10;

/// The lines of the input, cut out of one buffer.
///
/// ```text
///   0      start          scanned    end        len
///   │ handed │ a whole line\n│ half a │   free    │
/// ```
pub struct Lines {
    buffer: Vec<u8>,
    start: usize,
    /// No newline between `start` and here.
    scanned: usize,
    end: usize,
}

impl Lines {
    pub fn new() -> Lines {
        Lines {
            buffer: vec![0; BUFFER],
            start: 0,
            scanned: 0,
            end: 0,
        }
    }

    /// Reads once; false at the end of the input.
    pub fn fill(&mut self, input: &mut impl Read) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.scanned -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.end * 2, 0);
        }
        match input.read(&mut self.buffer[self.end..]) {
            Ok(read) => {
                self.end += read;
                Ok(read > 0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The next whole line, without its newline.
    pub fn next(&mut self) -> Option<&[u8]> {
        let Some(at) = memchr::memchr(b'\n', &self.buffer[self.scanned..self.end]) else {
            self.scanned = self.end;
            return None;
        };
        let line = self.start..self.scanned + at;
        self.start = line.end + 1;
        self.scanned = self.start;
        Some(&self.buffer[line])
    }

    /// What is left without a newline.
    pub fn rest(&self) -> Option<&[u8]> {
        Some(&self.buffer[self.start..self.end]).filter(|rest| !rest.is_empty())
    }
}
