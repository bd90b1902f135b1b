//! Where results are kept: a directory with `cells.jsonl`, one line per finished cell.
//!
//! A cell is looked up by what determined it, so the same command goes on where an
//! interrupted one stopped, and a file that was changed is played anew where it differs.
//! A last line cut short by a kill is no line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::result::{CellResult, VERSION};

/// The file with the results.
pub const CELLS: &str = "cells.jsonl";

/// How a result begins.
const HEAD: &[u8] = b"{\"version\":";

/// Results on disk. See the module.
#[derive(Debug)]
pub struct Notebook {
    directory: PathBuf,
    file: Mutex<File>,
    found: BTreeMap<String, CellResult>,
}

impl Notebook {
    /// Opens the notebook in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be read or written, or is of another version.
    pub fn open(directory: &Path) -> io::Result<Notebook> {
        let unusable = |path: &Path, error: &io::Error| {
            let shown = path.display();
            let text = format!(
                "results cannot be kept in {shown}: {error}; choose another directory with --out"
            );
            io::Error::new(error.kind(), text)
        };
        std::fs::create_dir_all(directory).map_err(|error| unusable(directory, &error))?;
        let path = directory.join(CELLS);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options
            .open(&path)
            .map_err(|error| unusable(&path, &error))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(|error| unusable(&path, &error))?;
        let (found, whole) = parse_file(&path, &text)?;
        if whole < text.len() {
            file.set_len(whole as u64)?;
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Notebook {
            directory: directory.to_owned(),
            file: Mutex::new(file),
            found,
        })
    }

    /// What a notebook holds, which somebody may be writing at the moment: nothing is
    /// changed.
    ///
    /// # Errors
    /// If it cannot be read, or is of another version.
    pub fn read(directory: &Path) -> io::Result<BTreeMap<String, CellResult>> {
        let path = directory.join(CELLS);
        let text = std::fs::read(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        parse_file(&path, &text).map(|(found, _)| found)
    }

    /// Writes these results in this order, before all others that are here, in one step:
    /// whoever looks sees the old file or the new one.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn arrange(directory: &Path, results: &[CellResult]) -> io::Result<()> {
        let notebook = Notebook::open(directory)?;
        let mut lines = Vec::new();
        let own: BTreeSet<&str> = results.iter().map(|result| result.key.as_str()).collect();
        let of_others = |other: &&CellResult| !own.contains(other.key.as_str());
        for result in results.iter().chain(notebook.all().filter(of_others)) {
            serde_json::to_writer(&mut lines, result)?;
            lines.push(b'\n');
        }
        let mut file = tempfile::Builder::new()
            .prefix(CELLS)
            .permissions(
                notebook
                    .file
                    .into_inner()
                    .expect("nobody panics")
                    .metadata()?
                    .permissions(),
            )
            .tempfile_in(directory)?;
        file.write_all(&lines)?;
        file.as_file().sync_all()?;
        file.persist(directory.join(CELLS))?;
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What came of the cell of this key, if it is here.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&CellResult> {
        self.found.get(key)
    }

    /// Everything that was here when it was opened.
    pub fn all(&self) -> impl Iterator<Item = &CellResult> {
        self.found.values()
    }

    /// Writes a finished cell down.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn write(&self, result: &CellResult) -> io::Result<()> {
        let mut line = serde_json::to_vec(result)?;
        line.push(b'\n');
        let mut file = self.file.lock().expect("nobody panics while writing");
        file.write_all(&line)
    }
}

/// The results in a file and how many bytes of it are whole lines. What stands after them
/// must be the beginning of a result: else this is no notebook, and none of ours to cut.
fn parse_file(path: &Path, text: &[u8]) -> io::Result<(BTreeMap<String, CellResult>, usize)> {
    let whole = text.iter().rposition(|&byte| byte == b'\n');
    let whole = whole.map_or(0, |at| at + 1);
    let torn = &text[whole..];
    let begun = torn.starts_with(HEAD) || HEAD.starts_with(torn);
    let found = match begun {
        true => parse(&text[..whole]),
        false => parse(text),
    };
    let found = found.map_err(|what| {
        let shown = path.display();
        io::Error::other(format!(
            "{shown}: {what}; move it away or choose another directory with --out"
        ))
    })?;
    Ok((found, whole))
}

/// The results of a notebook's text, by key; of two of the same key the last.
///
/// # Errors
/// If a line is none of this version.
pub fn parse(text: &[u8]) -> Result<BTreeMap<String, CellResult>, String> {
    let mut found = BTreeMap::new();
    let lines = text.split(|&byte| byte == b'\n');
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let result: CellResult = serde_json::from_slice(line)
            .map_err(|error| format!("line {number} is no result of the lab: {error}"))?;
        if result.version != VERSION {
            return Err(format!(
                "line {number} is of version {}, this program writes version {VERSION}",
                result.version
            ));
        }
        found.insert(result.key.clone(), result);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::lab::experiment::Experiment;
    use crate::lab::runner;

    fn results() -> Vec<CellResult> {
        let text = "all = { strategy = \"flood\", nodes = [3, 4] }\ntrials = { most = 5 }";
        let experiment = Experiment::parse("test", text, Path::new(".")).expect("an experiment");
        let stop = AtomicBool::new(false);
        let play = |cell| runner::play(cell, 0, &experiment, &stop, &()).expect("played");
        experiment.cells.iter().filter_map(play).collect()
    }

    #[test]
    fn what_was_written_down_is_found_again_by_its_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let results = results();
        let notebook = Notebook::open(directory.path()).expect("a notebook");
        assert!(notebook.find(&results[0].key).is_none());
        for result in &results {
            notebook.write(result).expect("written");
        }
        let notebook = Notebook::open(directory.path()).expect("a notebook");
        for result in &results {
            assert_eq!(notebook.find(&result.key), Some(result));
        }
    }

    #[test]
    fn a_line_cut_short_is_dropped_and_the_next_one_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let results = results();
        let mut torn = serde_json::to_vec(&results[0]).expect("JSON");
        torn.truncate(100);
        std::fs::write(directory.path().join("cells.jsonl"), torn).expect("a file");
        let notebook = Notebook::open(directory.path()).expect("a notebook");
        assert_eq!(notebook.all().count(), 0);
        notebook.write(&results[1]).expect("written");
        let notebook = Notebook::open(directory.path()).expect("a notebook");
        assert_eq!(notebook.all().collect::<Vec<_>>(), [&results[1]]);
    }

    #[test]
    fn a_notebook_of_something_else_is_refused_with_what_to_do() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(CELLS);
        for content in ["{\"a\":1}\n", "my thesis", "\n\nmy thesis", "\0\u{1b}[2J\n"] {
            std::fs::write(&path, content).expect("a file");
            let error = Notebook::open(directory.path()).expect_err("no notebook");
            let text = error.to_string();
            assert!(text.contains("is no result of the lab"), "{text}");
            assert!(text.contains("--out"), "{text}");
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), content);
        }
    }

    #[test]
    fn results_are_arranged_as_told_and_nothing_else_that_is_there_is_lost() {
        let directory = tempfile::tempdir().expect("a directory");
        let results = results();
        let notebook = Notebook::open(directory.path()).expect("a notebook");
        for result in &results {
            notebook.write(result).expect("written");
        }
        let played = std::fs::read(directory.path().join(CELLS)).expect("a file");
        Notebook::arrange(directory.path(), &results[1..]).expect("arranged");
        let other_way = std::fs::read(directory.path().join(CELLS)).expect("a file");
        assert_ne!(played, other_way);
        assert_eq!(Notebook::read(directory.path()).expect("results").len(), 2);
        Notebook::arrange(directory.path(), &results).expect("arranged");
        let again = std::fs::read(directory.path().join(CELLS)).expect("a file");
        assert_eq!(played, again);
    }
}
