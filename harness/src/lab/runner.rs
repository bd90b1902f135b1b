//! Plays the cells of an experiment, on all cores, until each is known well enough.
//!
//! ```text
//!   trials   0..16  ..32  ..64  ..128  ..256  ..512 …      of one cell
//!            └look┘ └look┘  each look shared out to all cores in chunks,
//!                           then: narrow enough? spent? ─► next cell
//! ```
//!
//! Looks happen at numbers of trials that are the same on every machine, and sums are
//! exact: how many cores there are, and how fast, changes no result.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rayon::prelude::*;
use swelkie_nodes::Seed;
use swelkie_nodes::registry::{self, Visitor};
use swelkie_nodes::strategy::Strategy;

use super::estimate::Agreement;
use super::experiment::{Cell, Expectation, Experiment, Trials};
use super::interval::Confidence;
use super::measure::{Curve, Measures, Scale};
use super::result::CellResult;
use super::{AnyCluster, Conditions, Grid, Watch};
use crate::network::{Latency, Shape};

/// So many trials of a cell are watched closely: hops, bytes, load, coverage over time.
pub const WATCHED: u64 = 256;

/// The number of trials at the first look.
const FIRST_LOOK: u64 = 16;

/// So many trials tell how long a curve has to be.
const PILOTS: u64 = 8;

/// A curve has at most so many points.
const POINTS: u32 = 64;

/// Sees what the runner does.
pub trait Watcher: Sync {
    /// A cell has been played so often, of so many times at most.
    fn trials(&self, cell: usize, done: u64, most: u64);

    /// A cell is done.
    fn done(&self, cell: usize, result: &CellResult);
}

/// Nobody looks.
impl Watcher for () {
    fn trials(&self, _cell: usize, _done: u64, _most: u64) {}

    fn done(&self, _cell: usize, _result: &CellResult) {}
}

/// Plays one cell; none if `stop` was set before it was done.
///
/// # Errors
/// If a trial's topology or faults do not fit the cluster.
pub fn play(
    cell: &Cell,
    index: usize,
    experiment: &Experiment,
    stop: &AtomicBool,
    watcher: &dyn Watcher,
) -> Result<Option<CellResult>, String> {
    let field = Field::new(cell, experiment.seed)?;
    let trials = experiment.trials;
    let mut measures = Measures::default();
    let mut look = FIRST_LOOK;
    loop {
        let done = measures.everybody.trials;
        let until = look.min(trials.most);
        let Some(more) = field.play(done..until, stop)? else {
            return Ok(None);
        };
        measures.merge(&more);
        watcher.trials(index, until, trials.most);
        if until == trials.most || enough(&measures, cell, trials) {
            break;
        }
        look *= 2;
    }
    let result = CellResult::new(cell, experiment, measures);
    watcher.done(index, &result);
    Ok(Some(result))
}

/// Whether the figure that decides is known well enough or, without one, every target of
/// the cell can be judged.
fn enough(measures: &Measures, cell: &Cell, trials: Trials) -> bool {
    let estimate = |figure, confidence| measures.estimate(figure, cell.scale(), confidence);
    let judged = |expectation: &Expectation| {
        let target = &expectation.target;
        let estimate = estimate(expectation.figure, Confidence::P999);
        estimate.is_some_and(|estimate| {
            let agreement = target.judge(&estimate, target.coarsest());
            !matches!(agreement, Agreement::Undecided(_))
        })
    };
    match trials.width {
        Some(width) => estimate(trials.figure, trials.confidence)
            .is_some_and(|estimate| estimate.interval.half_width() <= width),
        None => !cell.expect.is_empty() && cell.expect.iter().all(judged),
    }
}

impl Cell {
    /// What its figures are relative to.
    #[must_use]
    pub fn scale(&self) -> Scale {
        Scale {
            nodes: self.nodes,
            rumors: self.broadcasts,
            round: self.round.as_nanos() as u64,
        }
    }
}

/// A cell that is ready to be played.
pub struct Field<'a> {
    cell: &'a Cell,
    seed: Seed,
    /// Its conditions, with and without a close watch; none if each trial has its own.
    conditions: Option<[Arc<Conditions>; 2]>,
    watch: Watch,
    /// So many trials are watched closely.
    watched: u64,
}

impl<'a> Field<'a> {
    /// Makes a cell ready: a few trials tell how long its curve has to be.
    ///
    /// # Errors
    /// If its topology or faults do not fit the cluster.
    pub fn new(cell: &'a Cell, seed: Seed) -> Result<Field<'a>, String> {
        let mut field = Field::unwatched(cell, seed)?;
        field.watched = WATCHED;
        field.watch = Watch {
            hops: true,
            bytes: true,
            load: Some(cell.round),
            curve: None,
        };
        let pilots = Pilots(&field);
        let last = registry::visit(&cell.strategy, pilots).map_err(|error| error.to_string())??;
        field.watch.curve = Some(grid(last, cell.latency));
        if let Some([plain, _]) = field.conditions.take() {
            let close = Conditions {
                watch: field.watch,
                ..Conditions::clone(&plain)
            };
            field.conditions = Some([plain, Arc::new(close)]);
        }
        Ok(field)
    }

    /// Makes a cell ready whose trials are only counted: nothing is watched closely.
    ///
    /// # Errors
    /// If its topology or faults do not fit the cluster.
    pub fn unwatched(cell: &'a Cell, seed: Seed) -> Result<Field<'a>, String> {
        let mut field = Field {
            cell,
            seed: seed.child(&cell.key()),
            conditions: None,
            watch: Watch::default(),
            watched: 0,
        };
        if !cell.is_random() {
            let plain = Arc::new(cell.conditions(field.seed, Watch::default())?);
            field.conditions = Some([Arc::clone(&plain), plain]);
        }
        Ok(field)
    }

    /// Plays these trials on all cores; none if `stop` was set.
    ///
    /// # Errors
    /// If a trial's topology or faults do not fit the cluster.
    pub fn play(&self, trials: Range<u64>, stop: &AtomicBool) -> Result<Option<Measures>, String> {
        let count = trials.end - trials.start;
        let chunk = (count / (8 * rayon::current_num_threads() as u64)).clamp(1, 8192);
        let chunks: Vec<u64> = (trials.start..trials.end).step_by(chunk as usize).collect();
        let played: Result<Vec<Option<Measures>>, String> = chunks
            .into_par_iter()
            .map(|first| {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let chunk = Chunk {
                    field: self,
                    trials: first..trials.end.min(first + chunk),
                };
                let played = registry::visit(&self.cell.strategy, chunk);
                played.map_err(|error| error.to_string())?.map(Some)
            })
            .collect();
        let mut sum = Measures::default();
        for measures in played? {
            let Some(measures) = measures else {
                return Ok(None);
            };
            sum.merge(&measures);
        }
        Ok(Some(sum))
    }

    fn seed(&self, trial: u64) -> Seed {
        self.seed.child(&trial.to_string())
    }

    /// The conditions of a trial, closely watched or not.
    fn conditions(&self, trial: Seed, closely: bool) -> Result<Arc<Conditions>, String> {
        match &self.conditions {
            Some(both) => Ok(Arc::clone(&both[usize::from(closely)])),
            None => {
                let watch = if closely {
                    self.watch
                } else {
                    Watch::default()
                };
                self.cell.conditions(trial, watch).map(Arc::new)
            }
        }
    }
}

/// How long a trial takes at most, by a few of them.
struct Pilots<'a>(&'a Field<'a>);

impl Visitor for Pilots<'_> {
    type Output = Result<Duration, String>;

    fn visit<S: Strategy>(self, config: S::Config) -> Result<Duration, String> {
        let Pilots(field) = self;
        let mut longest = Duration::ZERO;
        for trial in 0..PILOTS {
            let seed = field.seed.child("pilot").child(&trial.to_string());
            let conditions = field.conditions(seed, false)?;
            let mut cluster = AnyCluster::<S>::new(config.clone(), &conditions);
            let trial = cluster.run(seed);
            let last = trial.began().map(|rumor| rumor.last).max();
            longest = longest.max(last.unwrap_or_default());
        }
        Ok(longest)
    }
}

/// Stretches for a curve up to a little after `last`: hops if messages take equally long.
fn grid(last: Duration, latency: Latency) -> Grid {
    let hop = latency.mean;
    if latency.shape == Shape::Constant && !hop.is_zero() && last / POINTS <= hop {
        let hops = last.as_nanos().div_ceil(hop.as_nanos()) as u32;
        return Grid {
            step: hop,
            steps: (hops + 3).min(POINTS),
        };
    }
    Grid {
        step: (last * 5 / 4 / POINTS).max(Duration::from_nanos(1)),
        steps: POINTS,
    }
}

/// Some trials, one after the other.
struct Chunk<'a> {
    field: &'a Field<'a>,
    trials: Range<u64>,
}

impl Visitor for Chunk<'_> {
    type Output = Result<Measures, String>;

    fn visit<S: Strategy>(self, config: S::Config) -> Result<Measures, String> {
        let Chunk { field, trials } = self;
        let watched = trials.start..trials.end.min(field.watched.max(trials.start));
        let rest = watched.end..trials.end;
        let mut measures = Measures::default();
        if !watched.is_empty() {
            measures.curve = field.watch.curve.map(Curve::new);
        }
        for (trials, closely) in [(watched, true), (rest, false)] {
            let mut cluster: Option<AnyCluster<S>> = None;
            for trial in trials {
                let seed = field.seed(trial);
                if field.conditions.is_none() || cluster.is_none() {
                    let conditions = field.conditions(seed, closely)?;
                    cluster = Some(AnyCluster::new(config.clone(), &conditions));
                }
                if let Some(cluster) = &mut cluster {
                    measures.add(cluster.run(seed), closely);
                }
            }
        }
        Ok(measures)
    }
}
