//! Runs contestants: simulations on all cores at once, real processes one run at a time
//! so that they do not slow each other down.
//!
//! ```text
//!   core 1  sim  sim  sim │
//!   core 2  sim  sim      │  live a #1  live b #1  live a #2  live b #2   in turns, so that
//!                         │                                               a busy hour hits all
//! ```
//!
//! Records of valid runs are not kept. Of every contestant the first run that is not
//! valid is: a simulation is played again for it, to the same bytes; the record of real
//! processes is written while they run, and taken away if it is not needed.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{Mode, Score, Standing};
use crate::engine::Progress;
use crate::options::Options;
use crate::plan::UsageError;
use crate::platform::HeldInterrupts;
use crate::run::{self, RunError};

/// A strategy and its runs.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// The built-in node's spec, or the program.
    pub strategy: String,
    /// Its runs, one for each seed. Their `store` is where records of runs that are not
    /// valid go, unless their `no_store` is set.
    pub runs: Vec<Options>,
}

impl Contestant {
    /// How it is run.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.runs.first() {
            Some(options) if options.sim => Mode::Sim,
            _ => Mode::Live,
        }
    }
}

/// Sees how far it is.
pub trait Watcher {
    /// So many simulations are done. Called at least every 100 ms.
    fn simulated(&mut self, done: usize, of: usize);

    /// A real run stands so; so many were done before it. Called at least every 100 ms.
    fn live(&mut self, contestant: &Contestant, done: usize, of: usize, progress: &Progress);
}

/// Nobody looks.
impl Watcher for () {
    fn simulated(&mut self, _done: usize, _of: usize) {}

    fn live(&mut self, _: &Contestant, _done: usize, _of: usize, _: &Progress) {}
}

/// Runs all contestants. If `stop` is set, or a real run is interrupted, it sets `stop`
/// and returns the runs that are finished; contestants without one are left out.
///
/// # Errors
/// If a run is asked for wrongly, which [`check`] finds before any starts, or the harness
/// fails.
pub fn play(
    contestants: &[Contestant],
    stop: &AtomicBool,
    watcher: &mut dyn Watcher,
) -> Result<Vec<Standing>, RunError> {
    let mut scores: Vec<Vec<Option<Score>>> = contestants
        .iter()
        .map(|contestant| vec![None; contestant.runs.len()])
        .collect();
    simulate(contestants, &mut scores, stop, watcher)?;
    live(contestants, &mut scores, stop, watcher)?;
    let standings = contestants
        .iter()
        .zip(scores)
        .map(|(contestant, scores)| Standing {
            strategy: contestant.strategy.clone(),
            mode: contestant.mode(),
            scores: scores.into_iter().flatten().collect(),
        });
    Ok(standings
        .filter(|standing| !standing.scores.is_empty())
        .collect())
}

/// Makes sure that all runs can be planned.
///
/// # Errors
/// If what one of them was told is wrong.
pub fn check(contestants: &[Contestant]) -> Result<(), UsageError> {
    let runs = contestants.iter().flat_map(|contestant| &contestant.runs);
    let mut plans = runs.map(|options| options.plan().map(|_| ()));
    plans.try_for_each(|plan| plan)
}

/// Which run of which contestant.
type Place = (usize, usize);

/// All runs of a mode, each contestant's first run first.
fn places(contestants: &[Contestant], mode: Mode) -> Vec<Place> {
    let indices = 0..contestants.len();
    let mut places: Vec<Place> = indices
        .filter(|&index| contestants[index].mode() == mode)
        .flat_map(|index| (0..contestants[index].runs.len()).map(move |run| (index, run)))
        .collect();
    places.sort_by_key(|&(index, run)| (run, index));
    places
}

/// Plays the simulations. Their threads are left alone when `stop` is set: they own
/// nothing that would have to be cleared up.
fn simulate(
    contestants: &[Contestant],
    scores: &mut [Vec<Option<Score>>],
    stop: &AtomicBool,
    watcher: &mut dyn Watcher,
) -> Result<(), RunError> {
    let places = places(contestants, Mode::Sim);
    let jobs: Vec<Options> = places
        .iter()
        .map(|&(index, run)| Options {
            no_store: true,
            catch_signals: false,
            ..contestants[index].runs[run].clone()
        })
        .collect();
    let (jobs, next) = (Arc::new(jobs), Arc::new(AtomicUsize::new(0)));
    let (sender, receiver) = mpsc::channel();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers: Vec<_> = (0..cores.min(jobs.len()))
        .map(|_| {
            let (jobs, next, sender) = (Arc::clone(&jobs), Arc::clone(&next), sender.clone());
            thread::spawn(move || {
                while let Some((at, job)) = take(&jobs, &next) {
                    let score = job.run().map(|report| Score::of(&report));
                    if sender.send((at, score)).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    drop(sender);
    let mut done = 0;
    while done < jobs.len() && !stop.load(Ordering::Relaxed) {
        watcher.simulated(done, jobs.len());
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok((at, score)) => {
                let (index, run) = places[at];
                scores[index][run] = Some(score?);
                done += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if !stop.load(Ordering::Relaxed) {
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        for (contestant, scores) in contestants.iter().zip(scores) {
            record(contestant, scores)?;
        }
    }
    Ok(())
}

fn take<'a>(jobs: &'a [Options], next: &AtomicUsize) -> Option<(usize, &'a Options)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, job))
}

/// Plays a contestant's first simulation that is not valid again, for its record.
fn record(contestant: &Contestant, scores: &mut [Option<Score>]) -> Result<(), RunError> {
    let runs = contestant.runs.iter().zip(scores);
    let wanted = |options: &Options| options.sim && !options.no_store;
    let mut bad = runs.filter_map(|(options, score)| {
        let score = score.as_mut().filter(|score| score.trouble.is_some())?;
        wanted(options).then_some((options, score))
    });
    if let Some((options, score)) = bad.next() {
        let quietly = Options {
            catch_signals: false,
            ..options.clone()
        };
        *score = Score::of(&quietly.run()?);
    }
    Ok(())
}

/// Runs real processes, one run after the other.
fn live(
    contestants: &[Contestant],
    scores: &mut [Vec<Option<Score>>],
    stop: &AtomicBool,
    watcher: &mut dyn Watcher,
) -> Result<(), RunError> {
    let places = places(contestants, Mode::Live);
    let _held = (!places.is_empty()).then(HeldInterrupts::new);
    for (done, &(index, run)) in places.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let contestant = &contestants[index];
        let options = Options {
            catch_signals: true,
            ..contestant.runs[run].clone()
        };
        let of = places.len();
        let mut eye = Eye(|progress: &Progress| watcher.live(contestant, done, of, progress));
        let report = options.plan().map_err(RunError::Usage)?.run(&mut eye)?;
        let interrupted = matches!(report.exit_status, 130 | 143);
        let mut score = Score::of(&report);
        let kept = |score: &Score| {
            (score.trouble.as_ref()).is_some_and(|trouble| trouble.directory.is_some())
        };
        let earlier = scores[index].iter().flatten().any(kept);
        if interrupted || earlier || score.trouble.is_none() {
            if let Some(directory) = &report.run.directory {
                fs::remove_dir_all(directory)?;
                tidy(&options.store);
            }
            if let Some(trouble) = &mut score.trouble {
                trouble.directory = None;
            }
        }
        if interrupted {
            stop.store(true, Ordering::Relaxed);
            break;
        }
        scores[index][run] = Some(score);
    }
    Ok(())
}

/// Takes links that point to nothing and empty directories out of a store.
fn tidy(store: &Path) {
    let workload = store.join("broadcast");
    for directory in [workload.as_path(), store] {
        let latest = directory.join("latest");
        if latest.is_symlink() && !latest.exists() {
            let _ = fs::remove_file(latest);
        }
        // Only what is empty goes.
        let _ = fs::remove_dir(directory);
    }
}

/// Passes on how a run stands.
struct Eye<F>(F);

impl<F: FnMut(&Progress)> run::Watcher for Eye<F> {
    fn progress(&mut self, progress: &Progress) {
        (self.0)(progress);
    }
}
