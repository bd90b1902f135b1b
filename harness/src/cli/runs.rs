//! Which run a person means, and a word to them while it is read.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use swelkie::archive::{self, Archive};

use super::{Failure, screen};

/// So many runs are named where several are meant.
const NAMED: usize = 5;

/// Which run a command looks at.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// The run: a directory, a name as `swelkie ls` prints it, or the beginning of one [default: the newest]
    run: Option<String>,
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
}

impl Which {
    /// Opens it.
    ///
    /// # Errors
    /// If there is none, or several are meant.
    pub fn open(&self) -> Result<Archive, Failure> {
        opened(&self.place()?)
    }

    /// Where it is, named as it was asked for.
    ///
    /// # Errors
    /// As for [`Which::open`].
    pub fn place(&self) -> Result<PathBuf, Failure> {
        place(self.run.as_deref(), &self.store)
    }
}

/// Opens a run: see [`Which`].
pub fn open(run: &str, store: &Path) -> Result<Archive, Failure> {
    opened(&place(Some(run), store)?)
}

/// The run that is meant: a directory, a name below the store, or the beginning of
/// just one name (the workload before it may be left out). None means the newest.
fn place(run: Option<&str>, store: &Path) -> Result<PathBuf, Failure> {
    let Some(run) = run else {
        let latest = store.join("latest");
        if fs::symlink_metadata(&latest).is_err() {
            return Err(Failure::Usage(format!(
                "{}: there is no run here; `swelkie test` makes one, --store DIR names another place",
                store.display()
            )));
        }
        return Ok(latest);
    };
    let (path, below) = (PathBuf::from(run), store.join(run));
    for place in [&path, &below] {
        if place.join("results.json").exists() {
            return Ok(place.clone());
        }
    }
    let names = names(store);
    let begins = |name: &&String| {
        let short = name.split_once('/').map_or("", |(_, short)| short);
        name.starts_with(run) || short.starts_with(run)
    };
    let meant: Vec<&String> = names.iter().filter(begins).collect();
    match meant.as_slice() {
        [one] => Ok(store.join(one)),
        [] if path.is_dir() => Ok(path),
        [] => Err(none(run, store, &names)),
        several => Err(Failure::Usage(format!(
            "{} runs of {} begin with {}: {}; write more of the name",
            several.len(),
            store.display(),
            screen::name(run),
            listed(several)
        ))),
    }
}

fn none(run: &str, store: &Path, names: &[String]) -> Failure {
    let near = names.iter().map(|name| {
        let short = name.split_once('/').map_or("", |(_, short)| short);
        let slips = |name| strsim::damerau_levenshtein(run, name);
        (slips(name).min(slips(short)), name)
    });
    let near = near.min().filter(|(slips, name)| *slips <= name.len() / 3);
    let hint = near.map(|(_, name)| format!("; did you mean {}?", screen::name(name)));
    Failure::Usage(format!(
        "there is no run {} in {}{}; expected a directory, a name that `swelkie ls` prints, \
         or the beginning of one",
        screen::name(run),
        store.display(),
        hint.unwrap_or_default()
    ))
}

/// The run in a directory.
pub fn opened(directory: &Path) -> Result<Archive, Failure> {
    Archive::open(directory).map_err(|error| Failure::Usage(error.to_string()))
}

fn listed(names: &[&String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| screen::name(name))
        .collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The names of all runs of a store, without a look into them; the newest first. A store
/// that cannot be read has none that could be meant.
fn names(store: &Path) -> Vec<String> {
    let found = archive::directories_of_runs(store).unwrap_or_default();
    let mut names: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
    let short = |name: &String| name.split('/').next_back().map(str::to_owned);
    names.sort_by_cached_key(|name| std::cmp::Reverse(short(name)));
    names
}
