//! A file that grows, read line by line from where it was left: no byte twice.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// So much is read at once.
const CHUNK: usize = 1 << 20;
/// A line longer than this is passed over: nodes may write 64 MiB.
const LONGEST: usize = 80 << 20;

/// Where a growing file was left.
#[derive(Debug, Default)]
pub struct Tail {
    at: u64,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    /// The rest of a line that is too long.
    skipping: bool,
    chunk: Vec<u8>,
}

impl Tail {
    /// Gives the lines that have come, without their newlines, reading `budget` bytes at
    /// most. Returns how many bytes are waiting.
    ///
    /// # Errors
    /// What reading gives.
    pub fn advance(
        &mut self,
        file: &File,
        budget: u64,
        mut take: impl FnMut(&[u8]),
    ) -> io::Result<u64> {
        let end = self.at.saturating_add(budget);
        self.chunk.resize(CHUNK, 0);
        while self.at < end {
            let read = file.read_at(&mut self.chunk, self.at)?;
            if read == 0 {
                return Ok(0);
            }
            self.at += read as u64;
            let chunk = std::mem::take(&mut self.chunk);
            self.split(&chunk[..read], &mut take);
            self.chunk = chunk;
        }
        Ok(file.metadata()?.len().saturating_sub(self.at))
    }

    fn split(&mut self, mut rest: &[u8], take: &mut impl FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.partial.is_empty() {
                take(line);
            } else {
                self.partial.extend_from_slice(line);
                take(&self.partial);
                self.partial = Vec::new();
            }
        }
        if !self.skipping {
            self.partial.extend_from_slice(rest);
        }
        if self.partial.len() > LONGEST {
            self.partial = Vec::new();
            self.skipping = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_come_once_and_whole_however_the_file_grows() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        let reader = file.reopen().expect("opened");
        let (mut tail, mut lines) = (Tail::default(), Vec::new());
        let mut grow = |text: &str, expected: &[&str]| {
            file.write_all(text.as_bytes()).expect("written");
            let waiting = tail.advance(&reader, u64::MAX, |line| {
                lines.push(String::from_utf8_lossy(line).into_owned());
            });
            assert_eq!(waiting.expect("read"), 0);
            assert_eq!(std::mem::take(&mut lines), expected, "{text:?}");
        };
        grow("a\nb", &["a"]);
        grow("", &[]);
        grow("c", &[]);
        grow("d\n\ne\n", &["bcd", "", "e"]);
    }

    #[test]
    fn a_budget_leaves_the_rest_for_the_next_time() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        let line = [b"x".repeat(999), b"\n".to_vec()].concat();
        for _ in 0..4000 {
            file.write_all(&line).expect("written");
        }
        let reader = file.reopen().expect("opened");
        let (mut tail, mut count) = (Tail::default(), 0);
        let waiting = tail.advance(&reader, 1, |_| count += 1).expect("read");
        assert_eq!((waiting, count), (4_000_000 - CHUNK as u64, CHUNK / 1000));
        tail.advance(&reader, u64::MAX, |line| {
            assert_eq!(line.len(), 999);
            count += 1;
        })
        .expect("read");
        assert_eq!(count, 4000);
    }
}
