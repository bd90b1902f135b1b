//! `swelkie test --stress-count`, `--stress-duration`: many runs that do not stop at the
//! first failure, and what they say together.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use swelkie::ci;
use swelkie::options::Keep;
use swelkie::suite::{self, Limits, Rung, Seeds};

use super::arguments::{KeepRule, Sweeping, TestArguments};
use super::herald::Herald;
use super::repeat::command_line;
use super::signals::Signals;
use super::{Failure, print, screen};
use crate::progress::Ladder;

impl Sweeping {
    /// Whether a sweep is asked for.
    pub fn stresses(&self) -> bool {
        self.stress_count.is_some() || self.stress_duration.is_some()
    }

    /// The seeds of the sweep that is asked for, if one is.
    pub fn seeds(&self, first: u64) -> Option<Seeds> {
        self.stresses().then_some(Seeds::From {
            first,
            count: self.stress_count.map(|count| count as u64),
            during: self.stress_duration,
        })
    }
}

impl From<KeepRule> for Keep {
    fn from(rule: KeepRule) -> Keep {
        match rule {
            KeepRule::Failed => Keep::Failed,
            KeepRule::All => Keep::All,
            KeepRule::None => Keep::None,
        }
    }
}

/// How many simulations run at once.
pub fn jobs(sweeping: &Sweeping) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    sweeping.jobs.unwrap_or_else(cores)
}

/// Runs a sweep. Returns the exit status.
#[expect(clippy::disallowed_methods, reason = "says how long it took")]
pub fn run(
    arguments: &TestArguments,
    first: u64,
    seeds: Seeds,
    command: &[OsString],
) -> Result<u8, Failure> {
    let start = Instant::now();
    let options = arguments.options(first, String::new())?;
    let plan = options.plan();
    let plan = plan
        .map_err(|error| Failure::Usage(error.to_string()))?
        .summary;
    let name = options.workload.clone();
    let command = command.to_vec();
    let rung = Rung {
        seeds,
        again: Box::new(move |seed| command_line(&command, seed)),
        ..Rung::new(&name, options)
    };
    let mut herald = Herald::new(&arguments.telling, &name, arguments.output.json)?;
    let signals = Signals::install()?;
    let limits = Limits {
        jobs: jobs(&arguments.sweeping),
        budget: None,
        fail_fast: false,
        reports: herald.listens(),
        stop: &|| signals.came(),
    };
    let rungs = [rung];
    let mut ladder = Ladder::sweep(&plan, &rungs[0], arguments.output.quiet);
    let cases = suite::play(&rungs, &limits, &mut ladder);
    ladder.clear();
    let (signal, wall) = (signals.came(), start.elapsed());
    let status = suite::exit_status(&cases, signal);
    show(arguments, &rungs, &cases, signal, wall, status)?;
    let told = suite::results(&name, &rungs, &cases);
    told.cases.into_iter().for_each(|case| herald.add(case));
    herald.finish();
    Ok(status)
}

fn show(
    arguments: &TestArguments,
    rungs: &[Rung],
    cases: &[suite::Case],
    signal: Option<i32>,
    wall: Duration,
    status: u8,
) -> Result<(), Failure> {
    if arguments.output.json {
        let json = suite::json(&rungs[0].name, rungs, cases, signal, wall);
        print(&ci::inert_json(&format!("{json:#}\n")))?;
    } else if status != 0 || !arguments.output.quiet {
        let color = screen::color_on_stdout();
        print(&suite::sweep(&rungs[0], cases, wall, color))?;
    }
    Ok(())
}
