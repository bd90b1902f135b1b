//! The runs of a store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Archive;
use crate::report::Report;

/// A directory of a store that has, or should have, a run in it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `broadcast/2026-11-22T12-18-54-1`, below the store.
    pub name: String,
    /// The directory.
    pub directory: PathBuf,
    /// What came of it, or why that cannot be read.
    pub report: Result<Report, String>,
}

/// The runs of a store, the newest first. Links (`latest`) and what has no
/// `results.json` (the laboratory's results) are passed over.
///
/// # Errors
/// If the store cannot be listed; one that does not exist has no runs.
pub fn runs(store: &Path) -> io::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = (directories_of_runs(store)?.into_iter())
        .map(|(name, directory)| Entry {
            name,
            report: Archive::open(&directory)
                .map(|archive| archive.report)
                .map_err(|error| error.to_string()),
            directory,
        })
        .collect();
    // Names begin with the time; a suffix tells runs of one second apart.
    let key = |entry: &Entry| {
        let name = entry.directory.file_name();
        name.map(|name| name.to_string_lossy().into_owned())
    };
    entries.sort_by_cached_key(|entry| std::cmp::Reverse(key(entry)));
    Ok(entries)
}

/// The directories of a store that have, or should have, a run in them, with their names
/// below the store. Nothing in them is read.
///
/// # Errors
/// If the store cannot be listed; one that does not exist has no runs.
pub fn directories_of_runs(store: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for workload in directories(store)? {
        for run in directories(&workload)? {
            if run.join("results.json").exists() {
                let name = run.strip_prefix(store).unwrap_or(&run);
                found.push((name.to_string_lossy().into_owned(), run));
            }
        }
    }
    Ok(found)
}

/// The real directories in a directory.
fn directories(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
