//! Where results are kept: a directory with one line per result in `cells.jsonl`, or in
//! `thresholds.jsonl`.
//!
//! A result is looked up by what determined it, so the same command goes on where an
//! interrupted one stopped, and a file that was changed is played anew where it differs.
//! A last line cut short by a kill is no line.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::result::CellResult;

/// What a notebook keeps.
pub trait Record: Serialize + DeserializeOwned {
    /// The file's name.
    const FILE: &'static str;
    /// The version of the format that this program writes.
    const VERSION: u32;

    /// What determined it.
    fn key(&self) -> &str;

    /// The version of the format it was written in.
    fn version(&self) -> u32;
}

/// Results on disk. See the module.
#[derive(Debug)]
pub struct Notebook<R = CellResult> {
    directory: PathBuf,
    file: Mutex<File>,
    found: BTreeMap<String, R>,
}

impl<R: Record> Notebook<R> {
    /// Opens the notebook in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be read or written, or is of another version.
    pub fn open(directory: &Path) -> io::Result<Notebook<R>> {
        std::fs::create_dir_all(directory)?;
        let path = directory.join(R::FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n');
        let whole = whole.map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(whole as u64)?;
            file.seek(SeekFrom::End(0))?;
        }
        let found = parse(&text[..whole]).map_err(|what| {
            let shown = path.display();
            io::Error::other(format!(
                "{shown}: {what}; move it away or choose another directory with --out"
            ))
        })?;
        Ok(Notebook {
            directory: directory.to_owned(),
            file: Mutex::new(file),
            found,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What came of this key, if it is here.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&R> {
        self.found.get(key)
    }

    /// Everything that was here when it was opened.
    pub fn all(&self) -> impl Iterator<Item = &R> {
        self.found.values()
    }

    /// Writes a result down; it takes the place of an earlier one of its key.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn write(&self, result: &R) -> io::Result<()> {
        let mut line = serde_json::to_vec(result)?;
        line.push(b'\n');
        let mut file = self.file.lock().expect("nobody panics while writing");
        file.write_all(&line)
    }
}

/// The results of a notebook's text, by key; of two of the same key the last.
///
/// # Errors
/// If a line is none of this version.
pub fn parse<R: Record>(text: &[u8]) -> Result<BTreeMap<String, R>, String> {
    let mut found = BTreeMap::new();
    let lines = text.split(|&byte| byte == b'\n');
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let result: R = serde_json::from_slice(line)
            .map_err(|error| format!("line {number} is no result of the lab: {error}"))?;
        let (version, own) = (result.version(), R::VERSION);
        if version != own {
            return Err(format!(
                "line {number} is of version {version}, this program writes version {own}"
            ));
        }
        found.insert(result.key().to_owned(), result);
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
        let notebook = Notebook::<CellResult>::open(directory.path()).expect("a notebook");
        assert_eq!(notebook.all().count(), 0);
        notebook.write(&results[1]).expect("written");
        let notebook = Notebook::<CellResult>::open(directory.path()).expect("a notebook");
        assert_eq!(notebook.all().collect::<Vec<_>>(), [&results[1]]);
    }

    #[test]
    fn a_notebook_of_something_else_is_refused_with_what_to_do() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("cells.jsonl"), "{\"a\":1}\n").expect("a file");
        let error = Notebook::<CellResult>::open(directory.path()).expect_err("no notebook");
        let text = error.to_string();
        assert!(text.contains("line 1 is no result of the lab"), "{text}");
        assert!(text.contains("--out"), "{text}");
    }
}
