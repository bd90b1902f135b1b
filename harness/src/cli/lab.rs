//! `swelkie lab`: experiments over thousands of simulated clusters.
//!
//! Exit statuses: 0 done, 1 a target is missed, 2 a target cannot be judged by so few
//! trials, 130 interrupted (finished cells are kept), 254 wrong usage, 255 we failed.

mod bar;
mod merge;
mod part;
mod play;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use self::play::stop_flag;
use super::{Failure, print};
use swelkie::lab::experiments;

/// Shown under `swelkie lab --help`.
pub const EXAMPLES: &str = "\
Examples:
  swelkie lab my-experiment.toml
  swelkie lab run demers rounds
  swelkie lab list
  swelkie lab my-experiment.toml --shard 3/8 --out /shared/results
  swelkie lab merge my-experiment.toml --out /shared/results

Exit status: 0 done, 1 a target is missed, 2 too few trials to judge one, 130 interrupted, 254 wrong usage.";

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct LabArguments {
    #[command(subcommand)]
    command: Option<LabCommand>,
    /// The experiment: a TOML file
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// How experiments are played.
#[derive(Args, Clone, Debug, Default)]
pub struct How {
    /// Where results are kept; the same command goes on where it was interrupted
    #[arg(long, value_name = "DIR", default_value = "store/lab")]
    out: PathBuf,
    /// Forgets earlier results and plays everything anew
    #[arg(long)]
    anew: bool,
    /// Another seed than the file's
    #[arg(long)]
    seed: Option<u64>,
    /// Threads [default: all cores]
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<usize>,
    /// Also plays what an experiment keeps for those with time
    #[arg(long)]
    full: bool,
    /// Plays only this part, counted from 1/n to n/n, into a directory of its own; `auto`:
    /// the part that Slurm, Kubernetes or a CI system names. `swelkie lab merge` puts the
    /// parts together
    #[arg(long, value_name = "I/N")]
    shard: Option<swelkie::lab::shard::Choice>,
    /// Shows these figures, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    figures: Vec<swelkie::lab::measure::Figure>,
    /// No progress and no table: only what is wrong
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Subcommand, Debug)]
enum LabCommand {
    /// Plays experiments that come with Swelkie, each beside the numbers it reproduces
    Run {
        /// Which; `all` for all of them
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Puts together what the parts of `--shard` found, as if one machine had played it all
    Merge(merge::MergeArguments),
    /// Lists the experiments that come with Swelkie
    List,
}

/// Does what the arguments say. Returns the exit status.
pub fn run(arguments: &LabArguments) -> Result<u8, Failure> {
    match &arguments.command {
        Some(LabCommand::Run { names, how }) => play::builtin(names, how),
        Some(LabCommand::Merge(arguments)) => merge::run(arguments),
        Some(LabCommand::List) => {
            print(&list())?;
            Ok(0)
        }
        None => match &arguments.file {
            Some(file) => play::file(file, &arguments.how),
            None => unreachable!("clap asks for a file or a command"),
        },
    }
}

fn list() -> String {
    let mut out = String::new();
    for (name, title) in experiments::list() {
        out.push_str(&format!("{name:<14} {title}\n"));
    }
    out
}
