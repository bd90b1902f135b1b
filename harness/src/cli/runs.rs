//! Which run a person means, and a word to them while it is read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swelkie::archive::{self, Archive};

use super::{Failure, screen};

/// So many runs are named where several are meant.
const NAMED: usize = 5;
/// After this long one wants to know that something goes on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens the run that is meant: a directory, a name below the store, or the beginning of
/// just one name (the workload before it may be left out). None means the newest.
pub fn open(run: Option<&str>, store: &Path) -> Result<Archive, Failure> {
    let Some(run) = run else {
        let latest = store.join("latest");
        if fs::symlink_metadata(&latest).is_err() {
            return Err(Failure::Usage(format!(
                "{}: there is no run here; `swelkie test` makes one, --store DIR names another place",
                store.display()
            )));
        }
        return opened(&latest);
    };
    let (path, below) = (PathBuf::from(run), store.join(run));
    for place in [&path, &below] {
        if place.join("results.json").exists() {
            return opened(place);
        }
    }
    let names = names(store);
    let begins = |name: &&String| {
        let short = name.split_once('/').map_or("", |(_, short)| short);
        name.starts_with(run) || short.starts_with(run)
    };
    let meant: Vec<&String> = names.iter().filter(begins).collect();
    match meant.as_slice() {
        [one] => opened(&store.join(one)),
        [] if path.is_dir() => opened(&path),
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

fn opened(directory: &Path) -> Result<Archive, Failure> {
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

/// Does something that may take long; after a second it says what.
pub fn patiently<T: Send>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !screen::person_at_stderr() {
                let _ = writeln!(std::io::stderr(), "{what} …");
                return;
            }
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            let bar = ProgressBar::new_spinner().with_elapsed(PATIENCE);
            bar.set_style(style.expect("the template is valid"));
            bar.set_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            let _ = waiting.recv();
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}
