//! `swelkie test`: plan, run, summarise.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};

use swelkie::plan::Plan;
use swelkie::report::Report;
use swelkie::run::RunError;
use swelkie::summary::{self, summary};

use super::arguments::TestArguments;
use super::repeat::command_line;
use super::{Failure, print, screen};
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
    let runs = arguments.output.test_count;
    for index in 0..runs {
        let seed = first.wrapping_add(index as u64);
        let options = arguments.options(seed, command_line(command, seed))?;
        let plan = options
            .plan()
            .map_err(|error| Failure::Usage(error.to_string()))?;
        if arguments.output.dry_run {
            print(&summary::plan(&plan))?;
            return Ok(0);
        }
        let turn = (runs > 1).then_some((index + 1, runs));
        let report = watch(plan, arguments, turn)?;
        show(&report, arguments, turn)?;
        if report.exit_status != 0 {
            return Ok(report.exit_status);
        }
    }
    Ok(0)
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
    report: &Report,
    arguments: &TestArguments,
    turn: Option<(usize, usize)>,
) -> Result<(), Failure> {
    let color = screen::color_on_stdout();
    let valid = report.exit_status == 0;
    if arguments.output.json {
        let json = serde_json::to_string_pretty(report)
            .map_err(|error| Failure::Ours(error.to_string()))?;
        print(&format!("{json}\n"))?;
    } else if valid && arguments.output.quiet {
        // The exit status says it.
    } else if let (true, Some(turn)) = (valid, turn) {
        print(&summary::line(report, turn, color))?;
    } else {
        print(&summary(report, color))?;
    }
    Ok(())
}

/// A seed from the system's randomness, short enough to type.
pub fn drawn_seed() -> u64 {
    RandomState::new().hash_one("seed") % 1_000_000_000
}
