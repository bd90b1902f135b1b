//! `report.html`: a run in one file that opens from disk in any browser.
//!
//! ```text
//!   results.json ───┐
//!   history.jsonl ──┼─► Recording ─┬─► shell     what can be read without scripts
//!   messages.jsonl ─┘  (one pass   ├─► data      compressed columns, as base64
//!                       or two)    ├─► bodies    compressed blocks, as base64
//!                                  └─► script    the assets, bundled
//! ```
//!
//! The file needs no network and may not use one: its Content-Security-Policy allows the
//! one script whose hash it names. What nodes wrote is either escaped text or stands in
//! base64, so that nothing of it can be taken for markup. `columns.rs` says how
//! the data is laid out, `assets/model.js` reads it.
//!
//! A page has bounds: [`PageOptions`]. What they leave out it says itself.

mod assets;
mod bodies;
mod columns;
mod figures;
mod lives;
mod messages;
mod operations;
mod recording;
mod shell;
mod spread;
mod topology;

use std::fs;
use std::io;
use std::path::Path;

use crate::archive::{Archive, Window};
use recording::Recording;

/// What a page may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageOptions {
    /// Which messages; the first 1,500,000.
    pub window: Window,
    /// How many bytes of compressed bodies; 24 MiB.
    pub body_bytes: usize,
    /// How many bytes of what operations were asked with and returned; 16 MiB.
    pub value_bytes: usize,
    /// Journals of more bytes than this are not searched for the ways of elements; 1 GiB.
    pub journal_bytes: u64,
}

impl Default for PageOptions {
    fn default() -> PageOptions {
        PageOptions {
            window: Window::first(1_500_000),
            body_bytes: 24 << 20,
            value_bytes: 16 << 20,
            journal_bytes: crate::propagation::DEFAULT_LIMIT,
        }
    }
}

/// A page that was made.
#[derive(Clone, Debug)]
pub struct Page {
    /// The file.
    pub html: String,
    /// How many messages it shows.
    pub messages: usize,
    /// What it does not have, and how to get that: sentences.
    pub left_out: Vec<String>,
}

/// Makes the page of a run. Files of the run that are missing or cannot be read are said
/// to be left out.
#[must_use]
pub fn page(archive: &Archive, options: &PageOptions) -> Page {
    let recording = Recording::read(archive, options);
    let html = shell::html(&archive.report, &recording);
    Page {
        html,
        messages: recording.messages,
        left_out: recording.left_out,
    }
}

/// Writes a page, all of it at once: who opens it sees the old one or this.
///
/// # Errors
/// If the disk does not take it; the message names the file.
pub fn write(page: &Page, path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&fresh, &page.html).and_then(|()| fs::rename(&fresh, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&fresh);
        let text = format!("cannot write {}: {error}", path.display());
        io::Error::new(error.kind(), text)
    })
}
