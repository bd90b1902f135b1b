//! Playing experiments: what is known already is taken from the notebook, the rest is
//! played and written down piece by piece.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use signal_hook::consts::{SIGINT, SIGTERM};
use swelkie::lab::experiment::Experiment;
use swelkie::lab::notebook::{Notebook, Record};
use swelkie::lab::question::Answer;
use swelkie::lab::result::{self, CellResult};
use swelkie::lab::{experiments, runner};
use swelkie_nodes::Seed;

use super::bar::Bar;
use super::conclude::{Results, conclude};
use super::summary::{Played, summary};
use super::{How, part};
use crate::cli::{Failure, print};

const INTERRUPTED: u8 = 130;

/// Plays the experiment of a file.
pub fn file(path: &Path, how: &How) -> Result<u8, Failure> {
    one(read(path)?, how)
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

/// Plays one experiment.
pub fn one(experiment: Experiment, how: &How) -> Result<u8, Failure> {
    let how = &part::resolved(how)?;
    threads(how)?;
    let stop = stop_flag()?;
    play(experiment, how, &stop).map(|played| played.status)
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
    let several = chosen.len() > 1;
    let mut all = Vec::new();
    for experiment in chosen {
        let played = play(experiment, how, &stop)?;
        let interrupted = played.status == INTERRUPTED;
        all.push(played);
        if interrupted {
            break;
        }
    }
    if several && !how.quiet {
        print(&format!("\n{}\n", summary(&all)))?;
    }
    let worst = |worst, played: &Played| match (worst, played.status) {
        (_, INTERRUPTED) | (INTERRUPTED, _) => INTERRUPTED,
        (1, _) | (_, 1) => 1,
        (before, now) => before.max(now),
    };
    Ok(all.iter().fold(0, worst))
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
        experiment.shorten();
    }
}

#[expect(clippy::disallowed_methods, reason = "says how long it took")]
fn play(mut experiment: Experiment, how: &How, stop: &AtomicBool) -> Result<Played, Failure> {
    let start = Instant::now();
    asked(&mut experiment, how);
    let directory = part::take(&mut experiment, how);
    let pieces = experiment.cells.len() + experiment.questions.len();
    let bar = Bar::new(pieces, how.quiet);
    let cells = play_cells(&experiment, &directory, how, stop, &bar)?;
    let (answers, open) = ask(&experiment, &directory, how, stop, &bar)?;
    bar.clear();
    let seed = |at: usize| experiment.seed.child(&format!("queue {at}"));
    let loads = experiment.loads.iter().enumerate();
    let results = Results {
        missing: pieces - cells.len() - answers.len() + open,
        loads: loads.map(|(at, load)| load.simulate(seed(at))).collect(),
        cells,
        answers,
    };
    let interrupted = stop.load(Ordering::Relaxed) && results.missing > 0;
    let status = conclude(&experiment, &results, how, &directory, interrupted)?;
    Ok(Played {
        counts: results.counts(),
        name: experiment.name,
        took: start.elapsed(),
        directory,
        status: if interrupted { INTERRUPTED } else { status },
    })
}

/// The notebook of an experiment, empty if earlier results are to be forgotten.
fn notebook<R: Record>(directory: &Path, how: &How) -> Result<Notebook<R>, Failure> {
    let file = directory.join(R::FILE);
    if how.anew && file.exists() {
        std::fs::remove_file(file)?;
    }
    Notebook::open(directory).map_err(|error| Failure::Usage(error.to_string()))
}

fn play_cells(
    experiment: &Experiment,
    directory: &Path,
    how: &How,
    stop: &AtomicBool,
    bar: &Bar,
) -> Result<Vec<CellResult>, Failure> {
    let mut results = Vec::new();
    if experiment.cells.is_empty() {
        return Ok(results);
    }
    let notebook = notebook::<CellResult>(directory, how)?;
    for (index, cell) in experiment.cells.iter().enumerate() {
        if let Some(known) = notebook.find(&result::key(cell, experiment)) {
            results.push(CellResult {
                labels: cell.labels.clone(),
                expect: CellResult::new(cell, experiment, known.measures.clone()).expect,
                ..known.clone()
            });
            continue;
        }
        let played = runner::play(cell, index, experiment, stop, bar);
        match played.map_err(Failure::Usage)? {
            Some(result) => {
                notebook.write(&result)?;
                results.push(result);
            }
            None => break,
        }
    }
    Ok(results)
}

/// Answers the questions. Steps of one that is interrupted are kept, too. Also returns how
/// many answers are not final.
fn ask(
    experiment: &Experiment,
    directory: &Path,
    how: &How,
    stop: &AtomicBool,
    bar: &Bar,
) -> Result<(Vec<Answer>, usize), Failure> {
    let (mut answers, mut open) = (Vec::new(), 0);
    if experiment.questions.is_empty() {
        return Ok((answers, open));
    }
    let notebook = notebook::<Answer>(directory, how)?;
    let seed = experiment.seed;
    for (index, question) in experiment.questions.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let before = notebook.find(&question.key(seed));
        let before = before.map_or(Vec::new(), |answer| answer.steps.clone());
        let known = before.len();
        let mut watch = |seen: &_| bar.search(experiment.cells.len() + index, question, seen);
        let steps = question.ask(seed, before, stop, &mut watch);
        let steps = steps.map_err(Failure::Usage)?;
        open += usize::from(!question.answered(&steps));
        let answer = Answer::new(question, seed, steps);
        if answer.steps.len() > known {
            notebook.write(&answer)?;
        }
        answers.push(answer);
    }
    Ok((answers, open))
}
