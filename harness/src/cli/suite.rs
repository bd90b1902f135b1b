//! `swelkie suite`: the rungs of a file, one table, one exit status.
//!
//! Exit statuses: 0 all as expected, 1 a promise was broken or a broken node not caught,
//! 2 undecidable or cut short, 254 the suite is wrong (nothing was run), 255 we failed,
//! 130 and 143 interrupted: what there is is shown.

mod assemble;
mod keys;
mod schema;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use swelkie::ci;
use swelkie::plan::Plan;
use swelkie::suite::{self, Limits, Rung};
use swelkie::summary;

use self::assemble::{Suite, assemble};
use super::arguments::{Sweeping, Telling};
use super::herald::Herald;
use super::signals::Signals;
use super::values;
use super::{Failure, print, screen};
use crate::cli::sweep::jobs;
use crate::progress::Ladder;

pub use schema::schema;

/// Shown under `swelkie suite --help`.
pub const EXAMPLES: &str = "\
A suite is a TOML file; its keys are the options of `swelkie test` under their own names:

  [suite]
  name = \"my node\"
  budget = \"5m\"              # skips what does not fit

  [defaults]                 # of every rung
  workload = \"broadcast\"
  bin = \"./my_node.py\"       # relative to this file
  time-limit = \"10s\"

  [[rung]]
  name = \"basics\"

  [[rung]]
  name = \"faults\"
  needs = \"basics\"           # skipped if that failed
  nemesis = [\"partition\", \"kill\"]
  seeds = \"1..=5\"            # or [1, 7], or 5: so many from the base seed on
  assert = [\"broadcast.stable-latency.p99 < 2s\"]

  [[rung]]
  name = \"a broken node is caught\"
  bin = \"./broken.py\"
  expect = { validity = \"invalid\", kind = \"lost\" }

`swelkie schema suite` prints a JSON Schema for editors.

Exit status: 0 all as expected, 1 a promise broken, 2 undecidable or not all run, 254 wrong suite,
255 Swelkie failed, 130 and 143 interrupted.";

/// Everything after `swelkie suite`.
#[derive(Args, Clone, Debug)]
pub struct SuiteArguments {
    /// The suite: a TOML file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Plays these rungs only
    #[arg(long, value_name = "RUNG", num_args = 1.., value_delimiter = ',')]
    pub only: Vec<String>,
    /// Begins nothing more after the first run that is not as expected
    #[arg(long)]
    pub fail_fast: bool,
    /// The first seed of rungs that do not list theirs [default: the file's, or drawn]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub sweeping: Sweeping,
    #[command(flatten)]
    pub telling: Telling,
    /// Shows what would be run, and runs nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Prints what came of it as JSON instead of the table
    #[arg(long)]
    pub json: bool,
    /// No progress, and the table only if something is not as expected
    #[arg(short, long)]
    pub quiet: bool,
    /// Where runs are kept [default: the file's, or store]
    #[arg(long, value_name = "DIR", conflicts_with = "no_store")]
    pub store: Option<PathBuf>,
    /// Writes nothing to disk
    #[arg(long)]
    pub no_store: bool,
}

/// Plays a suite. Returns the exit status.
#[expect(clippy::disallowed_methods, reason = "says how long it took")]
pub fn run(arguments: &SuiteArguments, command: &[OsString]) -> Result<u8, Failure> {
    let start = Instant::now();
    let program = command.first().cloned().unwrap_or_else(|| "swelkie".into());
    let suite = assemble(arguments, &program)?;
    for warning in &suite.warnings {
        screen::warn(warning);
    }
    if arguments.dry_run {
        print(&dry_run(&suite)?)?;
        return Ok(0);
    }
    let mut herald = Herald::new(&arguments.telling, &suite.name, arguments.json)?;
    let signals = Signals::install()?;
    let mut ladder = Ladder::suite(&suite.name, &suite.rungs, arguments.quiet);
    let limits = Limits {
        jobs: jobs(&arguments.sweeping),
        budget: suite.budget,
        fail_fast: arguments.fail_fast,
        reports: herald.listens(),
        stop: &|| signals.came(),
    };
    let cases = suite::play(&suite.rungs, &limits, &mut ladder);
    ladder.clear();
    let (signal, wall) = (signals.came(), start.elapsed());
    let status = suite::exit_status(&cases, signal);
    if arguments.json {
        let json = suite::json(&suite.name, &suite.rungs, &cases, signal, wall);
        print(&ci::inert_json(&format!("{json:#}\n")))?;
    } else if status != 0 || !arguments.quiet {
        let color = screen::color_on_stdout();
        print(&suite::table(
            &suite.name,
            &suite.rungs,
            &cases,
            wall,
            color,
        ))?;
    }
    let told = suite::results(&suite.name, &suite.rungs, &cases);
    told.cases.into_iter().for_each(|case| herald.add(case));
    herald.finish();
    Ok(status)
}

/// What would be run.
fn dry_run(suite: &Suite) -> Result<String, Failure> {
    let mut text = String::new();
    for rung in &suite.rungs {
        let plan = plan(rung)?;
        text += &format!("{}: expected {}, {}\n", rung.name, rung.expect, times(rung));
        for line in summary::plan(&plan).lines() {
            text += format!("  {line}").trim_end();
            text += "\n";
        }
        text += "\n";
    }
    if let Some(budget) = suite.budget {
        text += &format!("budget: {}\n", shown(budget));
    }
    Ok(text)
}

fn plan(rung: &Rung) -> Result<Plan, Failure> {
    let plan = rung.options.plan();
    plan.map_err(|error| Failure::Usage(error.to_string()))
}

fn shown(time: Duration) -> String {
    swelkie::units::exact_duration(time)
}

/// `20 runs, seeds 1…20`
fn times(rung: &Rung) -> String {
    let first = rung.turn(0).map_or(0, |turn| turn.0);
    let mut text = match rung.seeds.count() {
        Some(count) => {
            let named = (0..count).map_while(|at| rung.seeds.get(at)).take(1000);
            format!("seeds {}", suite::seed_list(named))
        }
        None => format!("seeds from {first} on"),
    };
    if let Some(during) = rung.seeds.during() {
        text += &format!(" for {}", shown(during));
    }
    if rung.repeat > 1 {
        text += &format!(", {} times each", rung.repeat);
    }
    if let Some(budget) = rung.budget {
        text += &format!(", budget {}", shown(budget));
    }
    text
}
