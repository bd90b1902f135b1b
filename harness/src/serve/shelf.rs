//! The runs of the store as a list: read once, looked at again when they change, and
//! filtered. What a listing keeps of a run is small; its `results.json` may not be.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use swelkie_checkers::Validity;

use super::route::{Query, RunName};
use crate::archive::{self, Archive};
use crate::report::Report;

/// The runs of a store, and what is known about them.
#[derive(Debug)]
pub struct Shelf {
    store: PathBuf,
    known: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    stamp: Stamp,
    run: Arc<Run>,
}

/// Changes when a `results.json` does, which is replaced and never written again.
type Stamp = (u64, u64, i64, i64);

/// A run of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Where it is.
    pub name: RunName,
    /// What is to be said of it in one word.
    pub state: State,
    /// What came of it, or why that cannot be read.
    pub facts: Result<Facts, String>,
}

/// What is to be said of a run in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every promise was kept.
    Valid,
    /// One was broken.
    Invalid,
    /// Undecidable.
    Unknown,
    /// Found wrong before a node started.
    NotRun,
    /// It goes on at this moment.
    GoingOn,
    /// It never ended: its harness was killed.
    CutShort,
    /// Its report cannot be read.
    Unreadable,
}

impl State {
    /// All of them.
    pub const ALL: [State; 7] = [
        State::Valid,
        State::Invalid,
        State::Unknown,
        State::NotRun,
        State::GoingOn,
        State::CutShort,
        State::Unreadable,
    ];

    /// As it is shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Valid => "valid",
            State::Invalid => "invalid",
            State::Unknown => "unknown",
            State::NotRun => "not run",
            State::GoingOn => "going on",
            State::CutShort => "cut short",
            State::Unreadable => "unreadable",
        }
    }

    /// The state of a run that has a report.
    #[must_use]
    pub fn of(archive: &Archive) -> State {
        let report = &archive.report;
        match (report.exit_status, report.validity) {
            (254, _) => State::NotRun,
            (_, Validity::Valid) => State::Valid,
            (_, Validity::Invalid) => State::Invalid,
            (_, Validity::Unknown) if report.is_over() => State::Unknown,
            _ if archive.is_going_on() => State::GoingOn,
            _ => State::CutShort,
        }
    }
}

/// What the list shows of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The verdict in one sentence.
    pub headline: String,
    /// `flood` or the program.
    pub target: String,
    /// `live` or `sim`.
    pub mode: String,
    /// How many nodes.
    pub nodes: usize,
    /// The seed.
    pub seed: u64,
    /// How many faults were planned.
    pub faults: usize,
    /// When it began, UTC.
    pub started: String,
    /// How long it took, seconds.
    pub wall_s: f64,
    /// The kinds of its evidence, each once.
    pub kinds: Vec<String>,
    /// The command that repeats it.
    pub command: String,
}

impl From<&Report> for Facts {
    fn from(report: &Report) -> Facts {
        let mut kinds: Vec<String> = Vec::new();
        for anomaly in &report.anomalies {
            if !kinds.iter().any(|kind| *kind == anomaly.kind) {
                kinds.push(anomaly.kind.to_string());
            }
        }
        Facts {
            headline: report.headline.clone(),
            target: report.plan.target.clone(),
            mode: report.plan.mode.to_string(),
            nodes: report.plan.nodes.len(),
            seed: report.plan.seed,
            faults: report.plan.faults,
            started: report.run.started.clone(),
            wall_s: report.run.wall_s,
            kinds,
            command: report.run.command.clone(),
        }
    }
}

impl Shelf {
    /// The shelf of a store, which need not exist yet.
    #[must_use]
    pub fn new(store: PathBuf) -> Shelf {
        Shelf {
            store,
            known: BTreeMap::new(),
        }
    }

    /// The runs as they are now, the newest first. Only what changed is read.
    ///
    /// # Errors
    /// If the store cannot be listed.
    pub fn runs(&mut self) -> io::Result<Vec<Arc<Run>>> {
        let mut before = std::mem::take(&mut self.known);
        let mut runs = Vec::new();
        for (joined, directory) in archive::directories_of_runs(&self.store)? {
            let Some(name) = name_of(&joined) else {
                continue;
            };
            let Some(stamp) = stamp(&directory) else {
                continue;
            };
            let known = before.remove(&joined);
            // Whether a run goes on is nothing that its report knows.
            let settled = |known: &Known| {
                known.stamp == stamp && !matches!(known.run.state, State::GoingOn | State::CutShort)
            };
            let run = match known {
                Some(known) if settled(&known) => known.run,
                _ => Arc::new(read(name, &directory)),
            };
            runs.push(Arc::clone(&run));
            self.known.insert(joined, Known { stamp, run });
        }
        runs.sort_by(|a, b| key(&b.name).cmp(&key(&a.name)));
        Ok(runs)
    }
}

/// Names begin with the time; a suffix tells runs of one second apart.
fn key(name: &RunName) -> (&str, &str) {
    (&name.name, &name.workload)
}

fn name_of(joined: &str) -> Option<RunName> {
    let (workload, name) = joined.split_once('/')?;
    Some(RunName {
        workload: workload.to_owned(),
        name: name.to_owned(),
    })
}

fn stamp(directory: &Path) -> Option<Stamp> {
    let data = fs::symlink_metadata(directory.join("results.json")).ok()?;
    data.is_file()
        .then(|| (data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
}

fn read(name: RunName, directory: &Path) -> Run {
    match Archive::open(directory) {
        Ok(archive) => Run {
            state: State::of(&archive),
            facts: Ok(Facts::from(&archive.report)),
            name,
        },
        Err(error) => Run {
            state: State::Unreadable,
            facts: Err(error.to_string()),
            name,
        },
    }
}

/// Which runs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this workload.
    pub workload: Option<String>,
    /// In this state, by its word.
    pub verdict: Option<String>,
    /// `live` or `sim`.
    pub mode: Option<String>,
    /// With this seed.
    pub seed: Option<u64>,
    /// With all of these words, in lower case, somewhere.
    pub words: Vec<String>,
    /// Older than this one.
    pub before: Option<RunName>,
}

impl Filter {
    /// Reads a query.
    ///
    /// # Errors
    /// What was expected of a seed.
    pub fn of(query: &Query) -> Result<Filter, String> {
        let text = |name| query.get(name).map(str::to_owned);
        let words = query.get("text").unwrap_or_default().to_lowercase();
        Ok(Filter {
            workload: text("workload"),
            verdict: text("verdict"),
            mode: text("mode"),
            seed: query.number("seed")?,
            words: words.split_whitespace().map(str::to_owned).collect(),
            before: query.get("before").and_then(name_of),
        })
    }

    /// Whether a run is asked for, wherever the page begins.
    #[must_use]
    pub fn wants(&self, run: &Run) -> bool {
        let facts = run.facts.as_ref().ok();
        let is = |wanted: &Option<String>, value: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == value
        };
        is(&self.workload, Some(&run.name.workload))
            && is(&self.verdict, Some(run.state.word()))
            && is(&self.mode, facts.map(|facts| &*facts.mode))
            && (self.seed.is_none() || self.seed == facts.map(|facts| facts.seed))
            && self.has_words(run)
    }

    fn has_words(&self, run: &Run) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let said = match &run.facts {
            Ok(facts) => format!(
                "{} {} {} {}",
                facts.headline,
                facts.target,
                facts.command,
                facts.kinds.join(" ")
            ),
            Err(error) => error.clone(),
        };
        let text = format!("{} {said}", run.name.joined()).to_lowercase();
        self.words.iter().all(|word| text.contains(word))
    }

    /// Whether a run is older than where the page begins. The place stays where it is
    /// while newer runs come.
    #[must_use]
    pub fn is_on_page(&self, run: &Run) -> bool {
        (self.before.as_ref()).is_none_or(|before| key(&run.name) < key(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, Target};
    use swelkie_nodes::Seed;

    fn store(seeds: &[u64]) -> tempfile::TempDir {
        let keep = tempfile::tempdir().expect("a temporary directory");
        for &seed in seeds {
            let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
            options.sim = true;
            options.seed = Seed(seed);
            options.store = keep.path().to_owned();
            options.run().expect("it runs");
        }
        keep
    }

    fn filter(query: &str) -> Filter {
        Filter::of(&Query::parse(Some(query))).expect("a filter")
    }

    #[test]
    fn runs_are_read_once_and_again_when_they_change() {
        let keep = store(&[1, 2]);
        let mut shelf = Shelf::new(keep.path().to_owned());
        let first = shelf.runs().expect("listed");
        assert_eq!(first.len(), 2);
        let again = shelf.runs().expect("listed");
        assert!(
            (first.iter().zip(&again)).all(|(a, b)| Arc::ptr_eq(a, b)),
            "nothing changed"
        );
        let changed = keep
            .path()
            .join(first[0].name.joined())
            .join("results.json");
        fs::write(changed, "{").expect("written");
        let after = shelf.runs().expect("listed");
        assert_eq!(after[0].state, State::Unreadable);
        assert!(Arc::ptr_eq(&first[1], &after[1]));
    }

    #[test]
    fn a_store_that_does_not_exist_has_no_runs() {
        let keep = tempfile::tempdir().expect("a temporary directory");
        let mut shelf = Shelf::new(keep.path().join("store"));
        assert_eq!(shelf.runs().expect("listed"), []);
    }

    #[test]
    fn a_filter_wants_what_all_its_parts_want() {
        let keep = store(&[1, 2]);
        let runs = Shelf::new(keep.path().to_owned()).runs().expect("listed");
        let count = |query: &str| {
            let filter = filter(query);
            runs.iter().filter(|run| filter.wants(run)).count()
        };
        for (query, expected) in [
            ("", 2),
            ("workload=broadcast&mode=sim&verdict=valid", 2),
            ("workload=&mode=", 2),
            ("seed=2", 1),
            ("seed=2&verdict=invalid", 0),
            ("mode=live", 0),
            ("workload=echo", 0),
            ("text=FLOOD+promise", 2),
            ("text=flood+phantom", 0),
        ] {
            assert_eq!(count(query), expected, "{query}");
        }
        assert!(Filter::of(&Query::parse(Some("seed=x"))).is_err());
    }

    #[test]
    fn a_page_begins_behind_a_run_even_if_that_is_gone() {
        let keep = store(&[1, 2]);
        let runs = Shelf::new(keep.path().to_owned()).runs().expect("listed");
        let before = filter(&format!("before={}", runs[0].name.joined()));
        assert!(!before.is_on_page(&runs[0]) && before.is_on_page(&runs[1]));
        assert!(filter("before=echo/9999").is_on_page(&runs[0]));
    }
}
