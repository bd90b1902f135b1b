//! `swelkie test`: plan, run, summarise.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};

use swelkie::ci::{self, Case};
use swelkie::plan::Plan;
use swelkie::report::Report;
use swelkie::run::RunError;
use swelkie::series::Series;
use swelkie::summary::{self, summary};

use super::arguments::TestArguments;
use super::herald::Herald;
use super::repeat::command_line;
use super::{Failure, print, screen, sweep};
use crate::progress::Screen;

/// Shown under `swelkie test --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie test -w broadcast --bin ./my-node --time-limit 20 --latency 100 --nemesis partition,kill
  swelkie test -w broadcast --builtin flood --sim --nemesis partition --test-count 100
  swelkie test -w g-set --bin ./my_node.py --faults faults.toml -- --verbose

Exit status: 0 valid, 1 invalid, 2 unknown, 254 wrong usage, 255 Swelkie failed, 130 and 143 interrupted.";

/// Runs as often as was asked for, until a run is not valid. Returns the exit status.
pub fn run(arguments: &TestArguments, command: &[OsString]) -> Result<u8, Failure> {
    let first = arguments.faults.seed.unwrap_or_else(drawn_seed);
    if arguments.output.dry_run {
        let plan = plan(arguments, command, first)?;
        print(&summary::plan(&plan))?;
        return Ok(0);
    }
    if let Some(seeds) = arguments.sweeping.seeds(first) {
        return sweep::run(arguments, first, seeds, command);
    }
    let (telling, runs) = (&arguments.telling, arguments.output.test_count);
    let workload = arguments.tested.workload.as_deref().unwrap_or("swelkie");
    let mut herald = Herald::new(telling, workload, arguments.output.json)?;
    let series = Series::begin()?;
    let mut status = Ok(0);
    for index in 0..runs {
        if let Some(interrupted) = series.interrupted()? {
            status = Ok(interrupted);
            break;
        }
        let seed = first.wrapping_add(index as u64);
        let turn = (runs > 1).then_some((index + 1, runs));
        let judged = plan(arguments, command, seed).and_then(|plan| watch(plan, arguments, turn));
        match judged {
            Ok(report) => {
                let exit_status = report.exit_status;
                let case = Case::judged(workload, report);
                status = show(&case, arguments, turn, &herald).map(|()| exit_status);
                herald.add(case);
            }
            Err(failure) => {
                let class = ci::class(workload, &arguments.tested.name());
                herald.add(Case::not_run(workload, class, seed, failure.to_string()));
                status = Err(failure);
            }
        }
        if !matches!(status, Ok(0)) {
            break;
        }
    }
    herald.finish();
    status
}

fn plan(arguments: &TestArguments, command: &[OsString], seed: u64) -> Result<Plan, Failure> {
    let options = arguments.options(seed, command_line(command, seed))?;
    options
        .plan()
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn watch(
    plan: Plan,
    arguments: &TestArguments,
    turn: Option<(usize, usize)>,
) -> Result<Report, Failure> {
    let mut screen = Screen::new(
        &plan,
        arguments.output.quiet,
        screen::person_at_stderr(),
        turn,
    );
    let result = plan.run(&mut screen);
    screen.clear();
    result.map_err(|error| match error {
        RunError::Usage(error) => Failure::Usage(error.to_string()),
        failed @ RunError::Failed(_) => Failure::Ours(failed.to_string()),
    })
}

fn show(
    case: &Case,
    arguments: &TestArguments,
    turn: Option<(usize, usize)>,
    herald: &Herald,
) -> Result<(), Failure> {
    let Some(report) = case.report() else {
        return Ok(());
    };
    let color = screen::color_on_stdout();
    let valid = report.exit_status == 0;
    if arguments.output.json {
        let json = serde_json::to_string_pretty(report)
            .map_err(|error| Failure::Ours(error.to_string()))?;
        print(&format!("{}\n", ci::inert_json(&json)))?;
    } else if valid && arguments.output.quiet {
        // The exit status says it.
    } else if let (true, Some(turn)) = (valid, turn) {
        print(&summary::line(report, turn, color))?;
    } else {
        print(&herald.folded(case, &summary(report, color)))?;
    }
    Ok(())
}

/// A seed from the system's randomness, short enough to type.
pub fn drawn_seed() -> u64 {
    RandomState::new().hash_one("seed") % 1_000_000_000
}
