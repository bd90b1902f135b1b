//! The file that everybody locks.
//!
//! One JSON value per line, each once, in the order of the appends. Between
//! [`Log::add`] and [`Log::list`] of any two processes the lock (`flock`, on the file
//! itself) lets nothing happen at the same time; it ends with the process that holds it,
//! however that ends.
//!
//! ```text
//!   Access::Whole   lock · read 0…end · decode all · [write 0…end + line · sync] · unlock
//!   Access::New     lock · read seen…end · decode  · [write line at end  · sync] · unlock
//! ```
//!
//! Writing everything again puts the same bytes over the same bytes, so a kill in the
//! middle of it leaves at most half a line at the end, as an append does. Who finds half
//! a line cuts it off: its writer is dead, or the lock would not be free.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use tracing::info_span;

use crate::builtin::values::Values;

/// What is read and written under the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The whole file.
    Whole,
    /// What is new to the reader, and what is new at all.
    New,
}

/// A process's own opening of the file.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    access: Access,
    sync: bool,
    values: Values,
    /// What was read under the lock, whole lines.
    text: Vec<u8>,
    /// How much of the file is in `values`.
    seen: u64,
}

impl Log {
    const NAME: &'static str = "shared.jsonl";

    /// Opens `shared.jsonl` in a directory, empty if it is not there.
    ///
    /// # Errors
    /// If it can be neither opened nor made.
    pub fn open(directory: &Path, access: Access, sync: bool) -> io::Result<Log> {
        let path = directory.join(Self::NAME);
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).open(&path);
        let file = opened.map_err(|error| about(&path, "open", &error))?;
        Ok(Log {
            path,
            file,
            access,
            sync,
            values: Values::default(),
            text: Vec::new(),
            seen: 0,
        })
    }

    /// Adds a value, given as valid JSON text; whether it was new to everybody.
    ///
    /// # Errors
    /// If the file cannot be locked, read, written or synced; the value may be in it
    /// nevertheless if it could not be synced.
    pub fn add(&mut self, value: &str) -> io::Result<bool> {
        self.locked("update", |log| {
            log.catch_up()?;
            let new = log.values.insert(value).new;
            if new {
                log.append(value)?;
            }
            Ok(new)
        })
    }

    /// All values of all processes, separated by commas.
    ///
    /// # Errors
    /// If the file cannot be locked or read.
    pub fn list(&mut self) -> io::Result<String> {
        self.locked("read", Log::catch_up)?;
        let values = (0..self.values.len()).map(|index| self.values.text(index));
        Ok(values.collect::<Vec<_>>().join(","))
    }

    fn locked<T>(
        &mut self,
        doing: &str,
        act: impl FnOnce(&mut Log) -> io::Result<T>,
    ) -> io::Result<T> {
        let span = info_span!("wait for lock").entered();
        // A signal that the process survives is no reason to give up.
        let locked = loop {
            match flock(&self.file, FlockOperation::LockExclusive) {
                Err(rustix::io::Errno::INTR) => {}
                result => break result,
            }
        };
        drop(span);
        locked.map_err(|error| about(&self.path, "lock", &error.into()))?;
        let done = act(self);
        if done.is_err() {
            // What of it is in the file is not known: begin anew.
            (self.values, self.seen) = (Values::default(), 0);
        }
        let _span = info_span!("unlock").entered();
        let unlocked = flock(&self.file, FlockOperation::Unlock);
        let done = done.map_err(|error| about(&self.path, doing, &error))?;
        unlocked.map_err(|error| about(&self.path, "unlock", &error.into()))?;
        Ok(done)
    }

    /// Learns what is in the file.
    fn catch_up(&mut self) -> io::Result<()> {
        if self.access == Access::Whole {
            (self.values, self.seen) = (Values::default(), 0);
        }
        {
            let _span = info_span!("read file").entered();
            self.text.clear();
            self.file.seek(SeekFrom::Start(self.seen))?;
            self.file.read_to_end(&mut self.text)?;
            let whole = memchr::memrchr(b'\n', &self.text).map_or(0, |at| at + 1);
            if whole < self.text.len() {
                self.text.truncate(whole);
                self.file.set_len(self.seen + whole as u64)?;
            }
        }
        let _span = info_span!("decode").entered();
        for line in self.text.split_inclusive(|&byte| byte == b'\n') {
            self.values.insert(value(line)?);
        }
        self.seen += self.text.len() as u64;
        Ok(())
    }

    /// Writes a value that is in `values` already.
    fn append(&mut self, value: &str) -> io::Result<()> {
        {
            let _span = info_span!("append to file").entered();
            let from = match self.access {
                Access::Whole => 0,
                Access::New => {
                    self.text.clear();
                    self.seen
                }
            };
            self.text.extend_from_slice(value.as_bytes());
            self.text.push(b'\n');
            self.file.seek(SeekFrom::Start(from))?;
            self.file.write_all(&self.text)?;
            self.seen = from + self.text.len() as u64;
        }
        if self.sync {
            let _span = info_span!("sync").entered();
            self.file.sync_data()?;
        }
        Ok(())
    }
}

/// The value on a line.
fn value(line: &[u8]) -> io::Result<&str> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let digits = !line.is_empty() && line.iter().all(u8::is_ascii_digit);
    let json = std::str::from_utf8(line).ok();
    let json = json.filter(|json| {
        digits || serde_json::from_str::<&serde_json::value::RawValue>(json).is_ok()
    });
    json.ok_or_else(|| {
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]);
        let text = format!("a line is not JSON: `{}`", shown.escape_debug());
        io::Error::new(ErrorKind::InvalidData, text)
    })
}

fn about(path: &Path, verb: &str, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot {verb} {}: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn open(directory: &Path, access: Access) -> Log {
        Log::open(directory, access, false).expect("opened")
    }

    #[test]
    fn what_one_adds_everybody_lists_whatever_each_reads_and_writes() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut logs = [Access::Whole, Access::New, Access::Whole, Access::New]
            .map(|access| open(directory.path(), access));
        for number in 0..40 {
            let log = &mut logs[number % 4];
            assert!(log.add(&number.to_string()).expect("added"));
        }
        assert!(
            !logs[1].add("0").expect("added"),
            "it is there, from another"
        );
        assert!(logs[2].add(r#"{"a":1,"b":2}"#).expect("added"));
        assert!(!logs[3].add(r#"{ "b":2, "a":1 }"#).expect("added"));
        let numbers: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let expected = format!(r#"{},{{"a":1,"b":2}}"#, numbers.join(","));
        for log in &mut logs {
            assert_eq!(log.list().expect("listed"), expected);
        }
    }

    #[test]
    fn half_a_line_of_a_writer_that_died_is_cut_off() {
        for access in [Access::Whole, Access::New] {
            let directory = tempfile::tempdir().expect("a directory");
            let mut log = open(directory.path(), access);
            log.add("1").expect("added");
            let path = directory.path().join(Log::NAME);
            fs::write(&path, "1\n2\n3141").expect("written");
            assert_eq!(log.list().expect("listed"), "1,2");
            log.add("5").expect("added");
            assert_eq!(fs::read_to_string(&path).expect("read"), "1\n2\n5\n");
        }
    }

    #[test]
    fn threads_with_openings_of_their_own_lose_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let accesses = [Access::Whole, Access::New, Access::New, Access::Whole];
        std::thread::scope(|scope| {
            for (number, access) in (0..).zip(accesses) {
                let directory = directory.path();
                scope.spawn(move || {
                    let mut log = open(directory, access);
                    for round in 0..50 {
                        log.add(&(round * 4 + number).to_string()).expect("added");
                    }
                });
            }
        });
        let mut log = open(directory.path(), Access::New);
        let mut listed: Vec<u32> = (log.list().expect("listed").split(','))
            .map(|value| value.parse().expect("a number"))
            .collect();
        listed.sort_unstable();
        assert_eq!(listed, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_json_is_an_error_that_names_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut log = open(directory.path(), Access::New);
        fs::write(directory.path().join(Log::NAME), "1\nx\u{7}\n").expect("written");
        let text = log.list().expect_err("refused").to_string();
        assert!(
            text.contains("shared.jsonl") && text.contains("`x\\u{7}`"),
            "{text}"
        );
        let missing = directory.path().join("none");
        let text = Log::open(&missing, Access::New, false).expect_err("refused");
        assert!(text.to_string().contains("none/shared.jsonl"), "{text}");
    }
}
