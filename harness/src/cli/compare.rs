//! `swelkie compare`: several strategies on one task, side by side.
//!
//! Exit statuses: 0 every run is valid, 1 some run is not, 2 some run cannot be judged,
//! 130 interrupted (finished runs are shown), 254 wrong usage, 255 we failed.

mod again;
mod arguments;
mod bar;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

pub use arguments::CompareArguments;
use swelkie::lab::compare::{self, Scoreboard, runner};
use swelkie::run::RunError;

use self::bar::Bar;
use super::lab::stop_flag;
use super::test::drawn_seed;
use super::{Failure, print};

/// Shown under `swelkie compare --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie compare --builtin flood --builtin sample:fanout=7 --builtin rumor
  swelkie compare --builtin flood --bin ./my-node --live --sort median
  swelkie compare --builtin flood-retry --builtin sample --nemesis partition,kill --runs 20

The defaults are the reference's scoreboard: broadcast on 25 nodes, 100 operations a second for 20s,
half of them reads, 100ms constant latency, and 10s of recovery that are always waited out.

Exit status: 0 every run is valid, 1 some run is invalid, 2 some run cannot be judged, 130 interrupted,
254 wrong usage, 255 Swelkie failed.";

const INTERRUPTED: u8 = 130;

/// Runs all strategies and shows how they did. Returns the exit status.
pub fn run(arguments: &CompareArguments, command: &[OsString]) -> Result<u8, Failure> {
    let seed = arguments.faults.seed.unwrap_or_else(drawn_seed);
    let contestants = arguments.contestants(seed, command)?;
    let all: usize = contestants.iter().map(|one| one.runs.len()).sum();
    let stop = stop_flag()?;
    let mut bar = Bar::new(&contestants, seed, arguments.output.quiet);
    let fresh = !arguments.output.store.exists();
    let played = runner::play(&contestants, &stop, &mut bar);
    bar.clear();
    if fresh {
        // Only if nothing was kept in it.
        let _ = std::fs::remove_dir(&arguments.output.store);
    }
    let standings = played.map_err(|error| match error {
        RunError::Usage(error) => Failure::Usage(error.to_string()),
        failed @ RunError::Failed(_) => Failure::Ours(failed.to_string()),
    })?;
    let finished: usize = standings.iter().map(|one| one.scores.len()).sum();
    let interrupted = stop.load(Ordering::Relaxed);
    let comparable = arguments.is_the_scoreboard();
    let board = Scoreboard::new(standings, arguments.output.sort, comparable);
    show(&board, arguments)?;
    if interrupted {
        eprintln!("interrupted: {finished} of {all} runs are finished");
        return Ok(INTERRUPTED);
    }
    Ok(board.exit_status())
}

fn show(board: &Scoreboard, arguments: &CompareArguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.output.csv {
        write(path, |file| compare::csv(board, file))?;
    }
    if arguments.output.json {
        print(&format!("{:#}\n", compare::json(board)))?;
    } else {
        let table = compare::table(board);
        print(&format!("{table}\n{}", compare::legend(board)))?;
    }
    Ok(())
}

/// Writes a file that the user named.
fn write(path: &Path, content: impl FnOnce(File) -> io::Result<()>) -> Result<(), Failure> {
    let written = File::create(path).and_then(content);
    written
        .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display())))
}
