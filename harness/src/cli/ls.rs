//! `swelkie ls`: the runs of a store.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use swelkie::archive;
use swelkie::listing::{Listed, State, table};

use super::{Failure, lists, print, runs, screen};

/// Shown under `swelkie ls --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie ls
  swelkie ls --workload broadcast --verdict invalid,unknown --limit 10
  swelkie ls --verdict invalid --json | jq -r '.[].directory'";

/// Everything after `swelkie ls`.
#[derive(Args, Clone, Debug)]
pub struct LsArguments {
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
    /// Runs of this workload only
    #[arg(short, long)]
    workload: Option<String>,
    /// Runs that stand so only, several with commas
    #[arg(long, value_delimiter = ',')]
    verdict: Vec<Stands>,
    /// So many, the newest
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Prints JSON: a list of objects
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stands {
    Valid,
    Invalid,
    Unknown,
    Running,
    Killed,
    Unreadable,
}

impl Stands {
    fn is(self, state: State) -> bool {
        state
            == match self {
                Stands::Valid => State::Valid,
                Stands::Invalid => State::Invalid,
                Stands::Unknown => State::Unknown,
                Stands::Running => State::Running,
                Stands::Killed => State::Killed,
                Stands::Unreadable => State::Unreadable,
            }
    }
}

/// Lists.
#[expect(
    clippy::disallowed_methods,
    reason = "says how long ago runs were, and how long those that go on have taken"
)]
pub fn run(arguments: &LsArguments) -> Result<u8, Failure> {
    let store = &arguments.store;
    if let Some(workload) = &arguments.workload
        && !store.join(workload).is_dir()
    {
        lists::check_workload(workload).map_err(|error| {
            Failure::Usage(format!("--workload {}: {error}", screen::name(workload)))
        })?;
    }
    if store.join("results.json").exists() {
        return Err(Failure::Usage(format!(
            "{} is a run, not a place where runs are kept; `swelkie show {0}` shows it",
            store.display()
        )));
    }
    let all = runs::patiently("reading results", || archive::runs(store));
    let all = all.map_err(|error| Failure::Usage(format!("{}: {error}", store.display())))?;
    let found = all.len();
    let now = SystemTime::now();
    let of_workload = |name: &str| {
        let workload = arguments.workload.as_deref();
        workload.is_none_or(|workload| name.split('/').next() == Some(workload))
    };
    let stands = |run: &Listed| {
        let verdicts = &arguments.verdict;
        verdicts.is_empty() || verdicts.iter().any(|stands| stands.is(run.verdict))
    };
    let listed: Vec<Listed> = all
        .iter()
        .filter(|entry| of_workload(&entry.name))
        .map(|entry| Listed::of(entry, now))
        .filter(stands)
        .take(arguments.limit.unwrap_or(usize::MAX))
        .collect();
    if arguments.json {
        let json = serde_json::to_string_pretty(&listed)
            .map_err(|error| Failure::Ours(error.to_string()))?;
        print(&format!("{json}\n"))?;
    } else if listed.is_empty() {
        let store = store.display();
        print(&match found {
            0 => format!("There are no runs in {store}; `swelkie test` makes one.\n"),
            _ => format!("None of the {found} runs in {store} is like that.\n"),
        })?;
    } else {
        let text = table(
            &listed,
            screen::width_of_stdout(),
            screen::color_on_stdout(),
        );
        print(&match screen::takes_unicode() {
            true => text,
            false => swelkie::show::ascii(&text),
        })?;
    }
    Ok(0)
}
