//! The file a node stores its records in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The file that survives a kill. Opened for writing when there is something to write.
pub struct Store {
    path: PathBuf,
    file: Option<File>,
    /// How much of the file is whole records.
    whole: u64,
    /// Whole records on their way to the file.
    pub pending: Vec<u8>,
}

impl Store {
    /// The store and what it holds.
    pub fn open(path: &Path) -> io::Result<(Store, Vec<u8>)> {
        let mut stored = match fs::read(path) {
            Ok(stored) => stored,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(about(path, "read", &error)),
        };
        // A kill may have cut the last record short. Half a number is a number, so
        // it has to go: completed by a newline it would be taken for a record.
        let whole = memchr::memrchr(b'\n', &stored).map_or(0, |at| at + 1);
        stored.truncate(whole);
        let store = Store {
            path: path.to_owned(),
            file: None,
            whole: whole as u64,
            pending: Vec::new(),
        };
        Ok((store, stored))
    }

    /// Appends what is pending.
    pub fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let result = match &mut self.file {
            Some(file) => file.write_all(&self.pending),
            None => self
                .create()
                .and_then(|file| self.file.insert(file).write_all(&self.pending)),
        };
        self.pending.clear();
        result.map_err(|error| about(&self.path, "write", &error))
    }

    fn create(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        if file.metadata()?.len() > self.whole {
            file.set_len(self.whole)?;
        }
        Ok(file)
    }
}

fn about(path: &Path, verb: &str, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot {verb} {}: {error}", path.display()),
    )
}
