//! `swelkie diff`: two runs side by side.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use swelkie::archive::Archive;
use swelkie::diff::samples::Samples;
use swelkie::diff::{Side, compare, page, same_bytes};
use swelkie::show::Screen;
use swelkie::units::parse_fraction;

use super::{Failure, print, runs, screen};

/// Shown under `swelkie diff --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie diff broadcast/2026-11-22T12-18-54-1 broadcast/2026-11-22T12-20-11-1
  swelkie diff baseline-run store/latest --fail-on-regression
  swelkie diff RUN RUN --json | jq '.figures[] | select(.marked)'

Exit status: 0, or 1 with --fail-on-regression if the second run is worse.";

/// Everything after `swelkie diff`.
#[derive(Args, Clone, Debug)]
pub struct DiffArguments {
    /// The run before: a directory, a name as `swelkie ls` prints it, or the beginning of one
    first: String,
    /// The run after
    second: String,
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = "store")]
    store: PathBuf,
    /// All figures, those that are equal among them
    #[arg(long)]
    all: bool,
    /// A difference smaller than this is not marked, however sure it is
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    at_least: f64,
    /// Exits with 1 if the verdict or a marked figure of the second run is worse
    #[arg(long)]
    fail_on_regression: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Draws with ASCII only [default: if the locale is not UTF-8]
    #[arg(long)]
    ascii: bool,
}

fn share(text: &str) -> Result<f64, String> {
    parse_fraction(text, true).map_err(|error| error.to_string())
}

/// Compares; returns the exit status.
pub fn run(arguments: &DiffArguments) -> Result<u8, Failure> {
    let first = runs::open(&arguments.first, &arguments.store)?;
    let second = runs::open(&arguments.second, &arguments.store)?;
    let read = || -> io::Result<_> {
        let same = same_bytes(&first, &second)?;
        // What is equal needs no tests.
        let side = |archive| side(archive, &arguments.store, !same);
        Ok((same, side(&first)?, side(&second)?))
    };
    let (same, one, other) = screen::patiently("reading both runs", read)
        .map_err(|error| Failure::Ours(format!("a run cannot be read: {error}")))?;
    for archive in [&first, &second]
        .into_iter()
        .filter(|archive| !archive.report.is_over())
    {
        anstream::eprintln!(
            "warning: {} is not over, or was killed",
            archive.directory.display()
        );
    }
    let tests = || compare(&one, &other, same, arguments.at_least);
    let comparison = screen::patiently("comparing", tests);
    let screen = Screen {
        width: screen::width_of_stdout().unwrap_or(100),
        color: screen::color_on_stdout(),
        ascii: arguments.ascii || !screen::takes_unicode(),
    };
    if arguments.json {
        let json = serde_json::to_string_pretty(&comparison)
            .map_err(|error| Failure::Ours(error.to_string()))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&page(&comparison, &screen, arguments.all))?;
    }
    Ok(u8::from(
        arguments.fail_on_regression && comparison.regression,
    ))
}

fn side(archive: &Archive, store: &Path, sampled: bool) -> io::Result<Side> {
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    let name = archive
        .directory
        .strip_prefix(store)
        .unwrap_or(&archive.directory);
    Ok(Side {
        name: name.display().to_string(),
        report: archive.report.clone(),
        samples: match sampled {
            true => Samples::read(archive)?,
            false => Samples::default(),
        },
    })
}
