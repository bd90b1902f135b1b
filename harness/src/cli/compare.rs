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
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use arguments::BoardOutput;
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
    runner::check(&contestants).map_err(|error| Failure::Usage(error.to_string()))?;
    let files = Files::create(&arguments.output)?;
    let stop = stop_flag()?;
    let mut bar = Bar::new(&contestants, seed, arguments.output.quiet);
    let store = &arguments.output.store;
    let missing = store
        .ancestors()
        .take_while(|directory| !directory.exists());
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    let played = runner::play(&contestants, &stop, &mut bar);
    bar.clear();
    // What was made for records and has none goes again; what is not empty stays.
    missing.iter().for_each(|made| drop(fs::remove_dir(made)));
    let standings = played.map_err(|error| match error {
        RunError::Usage(error) => Failure::Usage(error.to_string()),
        failed @ RunError::Failed(_) => Failure::Ours(failed.to_string()),
    })?;
    let finished: usize = standings.iter().map(|one| one.scores.len()).sum();
    let interrupted = stop.load(Ordering::Relaxed);
    let comparable = arguments.is_the_scoreboard();
    let board = Scoreboard::new(standings, arguments.output.sort, comparable);
    let about = arguments.about(&contestants, seed, command);
    files.write(&board, &about)?;
    if arguments.output.json {
        let mut json = compare::json(&board);
        json["seed"] = seed.into();
        json["finished"] = finished.into();
        json["asked"] = all.into();
        print(&format!("{json:#}\n"))?;
    } else {
        let table = compare::table(&board);
        print(&format!("{table}\n{}", compare::legend(&board)))?;
    }
    if interrupted {
        eprintln!("interrupted: {finished} of {all} runs are finished");
        return Ok(INTERRUPTED);
    }
    Ok(board.exit_status())
}

/// The files that were asked for: made before anything runs, so that a mistyped name costs
/// no time.
struct Files {
    csv: Option<(PathBuf, File)>,
    html: Option<(PathBuf, File)>,
}

impl Files {
    fn create(output: &BoardOutput) -> Result<Files, Failure> {
        let create = |path: &PathBuf| match File::create(path) {
            Ok(file) => Ok((path.clone(), file)),
            Err(error) => Err(Failure::Usage(format!(
                "{} cannot be written: {error}",
                path.display()
            ))),
        };
        Ok(Files {
            csv: output.csv.as_ref().map(create).transpose()?,
            html: output.html.as_ref().map(create).transpose()?,
        })
    }

    fn write(self, board: &Scoreboard, about: &str) -> Result<(), Failure> {
        let named = |path: PathBuf| {
            move |error| Failure::Ours(format!("{} cannot be written: {error}", path.display()))
        };
        if let Some((path, file)) = self.csv {
            compare::csv(board, file).map_err(named(path))?;
        }
        if let Some((path, mut file)) = self.html {
            let html = compare::page(board, about).html();
            file.write_all(html.as_bytes()).map_err(named(path))?;
        }
        Ok(())
    }
}
