//! `swelkie lab merge`: puts together what the parts of an experiment found.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use swelkie::lab::experiment::Experiment;
use swelkie::lab::notebook::{Notebook, Record as _};
use swelkie::lab::result::CellResult;
use swelkie::lab::shard::{Merged, Shard, Source, merge};
use swelkie::lab::{experiments, measure::Figure};

use super::conclude::{Results, conclude};
use super::{How, play};
use crate::cli::Failure;

/// Cells are missing: what the targets cannot be judged by.
const INCOMPLETE: u8 = 2;

#[derive(Args, Clone, Debug)]
pub struct MergeArguments {
    /// Which: names of experiments that come with Swelkie (`all` for all of them), or files
    #[arg(required = true)]
    experiments: Vec<String>,
    /// Where the parts are: any directory above them [default: that of --out]
    #[arg(long, value_name = "DIR")]
    from: Vec<PathBuf>,
    /// Where results are kept
    #[arg(long, value_name = "DIR", default_value = "store/lab")]
    out: PathBuf,
    /// The seed that the parts were played with, if it is not the file's
    #[arg(long)]
    seed: Option<u64>,
    /// The parts were played with --full
    #[arg(long)]
    full: bool,
    /// Shows these figures, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    figures: Vec<Figure>,
    /// No table: only what is wrong
    #[arg(long, short)]
    quiet: bool,
}

/// Puts them together. Returns the exit status.
pub fn run(arguments: &MergeArguments) -> Result<u8, Failure> {
    let known = || experiments::list().map(|(name, _)| name.to_owned());
    let names: Vec<String> = match arguments.experiments.as_slice() {
        [all] if all == "all" => known().collect(),
        names => names.to_vec(),
    };
    let how = How {
        out: arguments.out.clone(),
        seed: arguments.seed,
        full: arguments.full,
        figures: arguments.figures.clone(),
        quiet: arguments.quiet,
        ..How::default()
    };
    let from = match arguments.from.as_slice() {
        [] => std::slice::from_ref(&arguments.out),
        from => from,
    };
    let mut worst = 0;
    for name in &names {
        let mut experiment = match known().any(|known| known == *name) {
            true => experiments::find(name).map_err(Failure::Usage)?,
            false if Path::new(name).exists() => play::read(Path::new(name))?,
            false => {
                let error = experiments::find(name).expect_err("it is not known");
                return Err(Failure::Usage(format!(
                    "{error}, and there is no such file"
                )));
            }
        };
        play::asked(&mut experiment, &how);
        worst = match (worst, together(&experiment, from, &how)?) {
            (1, _) | (_, 1) => 1,
            (before, now) => before.max(now),
        };
    }
    Ok(worst)
}

fn together(experiment: &Experiment, from: &[PathBuf], how: &How) -> Result<u8, Failure> {
    if experiment.cells.is_empty() {
        eprintln!(
            "{}: nothing of it is shared out to parts; play it without --shard",
            experiment.name
        );
        return Ok(0);
    }
    let own = how.out.join(&experiment.name);
    let mut sources = sources(experiment, from).map_err(usage)?;
    if sources.is_empty() {
        let shown: Vec<String> = from.iter().map(|from| from.display().to_string()).collect();
        return Err(Failure::Usage(format!(
            "there is no part of `{}` under {}: expected directories such as {}/shard-1-of-8; \
             name where they are with --from",
            experiment.name,
            shown.join(", "),
            experiment.name
        )));
    }
    if own.join(CellResult::FILE).exists() {
        sources.push(source(&own).map_err(usage)?);
    }
    let merged = merge(experiment, &sources).map_err(Failure::Usage)?;
    if merged.results.is_empty() && merged.foreign > 0 {
        let why = otherwise(&merged).unwrap_or_default();
        return Err(Failure::Usage(format!(
            "the parts of `{}` hold {} results, none of them of this experiment{why}",
            experiment.name, merged.foreign
        )));
    }
    Notebook::arrange(&own, &merged.results).map_err(usage)?;
    let results = Results {
        cells: merged.results.clone(),
        answers: Vec::new(),
        loads: Vec::new(),
        missing: merged.missing.len(),
    };
    let status = conclude(experiment, &results, how, &own, false)?;
    if merged.missing.is_empty() {
        if merged.foreign > 0 && !how.quiet {
            eprintln!(
                "{} results of other conditions, seeds or numbers of trials are left out",
                merged.foreign
            );
        }
        return Ok(status);
    }
    complain(experiment, &sources, &merged);
    Ok(if status == 0 { INCOMPLETE } else { status })
}

fn usage(error: io::Error) -> Failure {
    Failure::Usage(error.to_string())
}

/// Says which cells are missing, whose they were and what to do.
fn complain(experiment: &Experiment, sources: &[Source], merged: &Merged) {
    const SHOWN: usize = 10;
    let missing = &merged.missing;
    eprintln!(
        "{}: {} of {} cells are missing{}",
        experiment.name,
        missing.len(),
        experiment.cells.len(),
        otherwise(merged).unwrap_or_default()
    );
    for &cell in missing.iter().take(SHOWN) {
        let labels = experiment.cells[cell].labels.iter();
        let labels: Vec<String> = labels
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        eprintln!("  {}", labels.join(", "));
    }
    if missing.len() > SHOWN {
        eprintln!("  and {} more", missing.len() - SHOWN);
    }
    let parts = merged.missing_parts(experiment, sources);
    if !parts.is_empty() {
        let parts: Vec<String> = parts
            .iter()
            .map(|(shard, cells)| format!("{shard} ({cells})"))
            .collect();
        eprintln!(
            "play these parts again, what they know is kept: --shard {}",
            parts.join(", ")
        );
    }
}

fn otherwise(merged: &Merged) -> Option<String> {
    let (how, expected) = merged.otherwise.as_ref()?;
    Some(format!(
        "; one was played with {how}, expected {expected}: the same --seed and the same file?"
    ))
}

/// The parts of an experiment under these directories, each in any depth.
fn sources(experiment: &Experiment, from: &[PathBuf]) -> io::Result<Vec<Source>> {
    let mut found = Vec::new();
    for from in from {
        let listed = std::fs::read_dir(from).map(drop);
        listed.map_err(|error| {
            let text = format!("no parts can be read in {}: {error}", from.display());
            io::Error::new(error.kind(), text)
        })?;
        parts(from, from, experiment, &mut found)?;
    }
    found.sort();
    found.dedup();
    found.iter().map(|directory| source(directory)).collect()
}

/// Finds the directories of parts. One that is named itself, or lies directly in a
/// directory that is named, is meant whatever its experiment's directory is called.
fn parts(
    top: &Path,
    directory: &Path,
    experiment: &Experiment,
    found: &mut Vec<PathBuf>,
) -> io::Result<()> {
    if shard(directory).is_some() {
        let parent = directory.parent();
        let of_this = parent
            .and_then(Path::file_name)
            .is_some_and(|name| name == experiment.name.as_str());
        let named = directory == top || parent == Some(top);
        if (of_this || named) && directory.join(CellResult::FILE).exists() {
            found.push(directory.to_owned());
        }
        return Ok(());
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        // Links are not followed: they may lead in a circle.
        if entry.file_type()?.is_dir() {
            parts(top, &entry.path(), experiment, found)?;
        }
    }
    Ok(())
}

fn shard(directory: &Path) -> Option<Shard> {
    Shard::from_directory(directory.file_name()?.to_str()?)
}

fn source(directory: &Path) -> io::Result<Source> {
    Ok(Source {
        place: directory.display().to_string(),
        shard: shard(directory),
        found: Notebook::read(directory)?,
    })
}
