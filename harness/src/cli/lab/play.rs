//! Playing experiments: what is known already is taken from the notebook, the rest is
//! played and written down cell by cell.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use swelkie::lab::estimate::Agreement;
use swelkie::lab::experiment::Experiment;
use swelkie::lab::notebook::Notebook;
use swelkie::lab::page::{self, Subject};
use swelkie::lab::result::{self, CellResult};
use swelkie::lab::{experiments, runner, table};
use swelkie_nodes::Seed;

use super::bar::Bar;
use super::{How, part};
use crate::cli::{Failure, print};

const INTERRUPTED: u8 = 130;

/// Plays the experiment of a file.
pub fn file(path: &Path, how: &How) -> Result<u8, Failure> {
    let experiment = read(path)?;
    let how = &part::resolved(how)?;
    threads(how)?;
    let stop = stop_flag()?;
    play(experiment, how, &stop)
}

/// Reads the experiment of a file.
pub fn read(path: &Path) -> Result<Experiment, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("{shown} cannot be read: {error}")))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let directory = path.parent().unwrap_or(Path::new("."));
    Experiment::parse(&name, &text, directory)
        .map_err(|error| Failure::Usage(format!("{shown}: {error}")))
}

/// Plays experiments that come with Swelkie.
pub fn builtin(names: &[String], how: &How) -> Result<u8, Failure> {
    let known: Vec<&str> = experiments::list().map(|(name, _)| name).collect();
    let names: Vec<&str> = match names {
        [all] if all == "all" => known,
        names => names.iter().map(String::as_str).collect(),
    };
    let chosen: Result<Vec<Experiment>, String> =
        names.into_iter().map(experiments::find).collect();
    let chosen = chosen.map_err(Failure::Usage)?;
    let how = &part::resolved(how)?;
    threads(how)?;
    let stop = stop_flag()?;
    let mut worst = 0;
    for experiment in chosen {
        let status = play(experiment, how, &stop)?;
        worst = match (worst, status) {
            (_, INTERRUPTED) => return Ok(INTERRUPTED),
            (1, _) | (_, 1) => 1,
            (before, now) => before.max(now),
        };
    }
    Ok(worst)
}

fn threads(how: &How) -> Result<(), Failure> {
    let Some(jobs) = how.jobs else { return Ok(()) };
    if jobs == 0 {
        let text = "--jobs 0: expected at least 1 thread".to_owned();
        return Err(Failure::Usage(text));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs);
    pool.build_global()
        .map_err(|error| Failure::Ours(error.to_string()))
}

/// Set by the first Ctrl-C; the second one ends the program as usual.
pub fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Makes an experiment what was asked for.
pub fn asked(experiment: &mut Experiment, how: &How) {
    if let Some(seed) = how.seed {
        experiment.seed = Seed(seed);
    }
    if !how.full {
        experiment.cells.retain(|cell| !cell.full);
    }
}

fn play(mut experiment: Experiment, how: &How, stop: &AtomicBool) -> Result<u8, Failure> {
    asked(&mut experiment, how);
    let directory = part::take(&mut experiment, how);
    if how.anew && directory.join("cells.jsonl").exists() {
        std::fs::remove_file(directory.join("cells.jsonl"))?;
    }
    let notebook = Notebook::open(&directory).map_err(|error| Failure::Usage(error.to_string()))?;
    let bar = Bar::new(experiment.cells.len(), how.quiet);
    let mut results = Vec::new();
    for (index, cell) in experiment.cells.iter().enumerate() {
        if let Some(known) = notebook.find(&result::key(cell, &experiment)) {
            results.push(CellResult {
                labels: cell.labels.clone(),
                expect: CellResult::new(cell, &experiment, known.measures.clone()).expect,
                ..known.clone()
            });
            continue;
        }
        let played = runner::play(cell, index, &experiment, stop, &bar);
        match played.map_err(Failure::Usage)? {
            Some(result) => {
                notebook.write(&result)?;
                results.push(result);
            }
            None => break,
        }
    }
    bar.clear();
    finish(&experiment, &results, &notebook, how, stop)
}

/// Writes what was found and says it.
pub fn finish(
    experiment: &Experiment,
    results: &[CellResult],
    notebook: &Notebook,
    how: &How,
    stop: &AtomicBool,
) -> Result<u8, Failure> {
    let confidence = experiment.trials.confidence;
    let directory = notebook.directory();
    let csv = BufWriter::new(File::create(directory.join("figures.csv"))?);
    table::csv(results, confidence, csv)?;
    let report = report(experiment, results, directory);
    let mut out = String::new();
    if !how.quiet {
        out += &format!("{}\n\n", experiment.title);
        let figures = match how.figures.as_slice() {
            [] => &table::USUAL,
            chosen => chosen,
        };
        out += &format!("{}\n", table::table(results, figures, confidence));
    }
    let expected = results.iter().any(|result| !result.expect.is_empty());
    if expected && !how.quiet {
        out += &format!("\n{}\n", table::comparison_table(results));
    }
    let all_played = results.len() == experiment.cells.len();
    let (status, verdict) = part::verdict(how, all_played).unwrap_or_else(|| verdict(results));
    if let Some(verdict) = verdict.filter(|_| !how.quiet || status != 0) {
        out += &format!("\n{}: {verdict}\n", experiment.name);
    }
    let missing = experiment.cells.len() - results.len();
    let interrupted = stop.load(Ordering::Relaxed);
    if interrupted {
        out += &format!(
            "\ninterrupted: {} of {} cells are done and kept; the same command goes on from there\n",
            results.len(),
            experiment.cells.len()
        );
    }
    if !how.quiet {
        out += &format!("results in {}\n", directory.display());
        if let Some(report) = report {
            out += &format!("charts in {}\n", report.display());
        }
    }
    print(&out)?;
    Ok(match (interrupted, missing) {
        (true, _) => INTERRUPTED,
        _ => status,
    })
}

/// Writes the page with the charts. Where it is; none, with a warning, if it cannot be written:
/// what was found stands without it.
fn report(experiment: &Experiment, results: &[CellResult], directory: &Path) -> Option<PathBuf> {
    let subject = Subject {
        title: &experiment.title,
        about: &experiment.about,
        source: &experiment.source,
        confidence: experiment.trials.confidence,
    };
    let path = directory.join("report.html");
    match std::fs::write(&path, page::experiment(subject, results).html()) {
        Ok(()) => Some(path),
        Err(error) => {
            let shown = path.display();
            anstream::eprintln!("warning: the page {shown} cannot be written: {error}");
            None
        }
    }
}

/// Whether targets are met, as an exit status and a sentence; none without targets.
fn verdict(results: &[CellResult]) -> (u8, Option<String>) {
    let comparisons: Vec<_> = results.iter().flat_map(CellResult::comparisons).collect();
    let count = |matches: fn(&Agreement) -> bool| {
        let found = comparisons
            .iter()
            .filter(|comparison| matches(&comparison.agreement));
        found.count()
    };
    let missed = count(|agreement| matches!(agreement, Agreement::Misses(_)));
    let undecided = count(|agreement| matches!(agreement, Agreement::Undecided(_)));
    let all = comparisons.len();
    match (all, missed, undecided) {
        (0, ..) => (0, None),
        (_, 0, 0) => (0, Some(format!("all {all} targets agree"))),
        (_, 0, _) => (
            2,
            Some(format!(
                "{undecided} of {all} targets cannot be judged by so few trials"
            )),
        ),
        _ => (1, Some(format!("{missed} of {all} targets are missed"))),
    }
}
