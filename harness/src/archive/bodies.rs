//! Bodies of messages, read in the order of sending.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::messages::{Messages, Row};

/// Reads bodies from the file, a megabyte at a time: for whoever wants (nearly) all of
/// them, in the order of rows. Any other order works too, and is slow.
pub struct Bodies<'a> {
    file: Option<&'a File>,
    window: Vec<u8>,
    /// Where the window begins in the file.
    begin: u64,
    /// The body of a copy: it stands where its original's does, far behind the window.
    copy: Vec<u8>,
}

const WINDOW: usize = 1 << 20;

impl<'a> Bodies<'a> {
    pub(super) fn of(messages: &'a Messages) -> Bodies<'a> {
        Bodies {
            file: messages.file.as_ref(),
            window: Vec::new(),
            begin: 0,
            copy: Vec::new(),
        }
    }

    /// The body of a message, JSON text; none where bodies were left out.
    ///
    /// # Errors
    /// What reading gives, a file that has become shorter included.
    pub fn get(&mut self, row: &Row) -> io::Result<Option<&[u8]>> {
        let (Some(file), Some(at)) = (self.file, row.body) else {
            return Ok(None);
        };
        let size = row.size as usize;
        if row.copy {
            self.copy.resize(size, 0);
            file.read_exact_at(&mut self.copy, at)?;
            return Ok(Some(&self.copy));
        }
        let end = self.begin + self.window.len() as u64;
        if at < self.begin || at + size as u64 > end {
            self.window.resize(WINDOW.max(size), 0);
            let mut filled = 0;
            while filled < self.window.len() {
                match file.read_at(&mut self.window[filled..], at + filled as u64) {
                    Ok(0) => break,
                    Ok(more) => filled += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.window.truncate(filled);
            self.begin = at;
        }
        let from = (at - self.begin) as usize;
        let body = self.window.get(from..from + size);
        body.map(Some)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
