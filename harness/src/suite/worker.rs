//! A thread that plays cases: whatever happens in a run, the case ends.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swelkie_checkers::Validity;
use swelkie_nodes::Seed;

use super::clock::{Clock, used_up};
use super::feed::{Feed, Turn};
use super::{Case, End, Judged, Rung};
use crate::engine::Progress;
use crate::options::Options;
use crate::report::Report;
use crate::run::{self, RunError};
use crate::units::short_duration;

/// So many whole reports of failed cases are remembered if not all are.
const WHOLE: u64 = 200;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker tells.
pub enum News {
    /// A case has ended; its place in the order of the wave.
    Ended(u64, Box<Case>),
    /// A real run stands so.
    Live(Turn, Progress),
}

/// What every worker has in hand.
pub struct Hand<'a, 'r> {
    pub rungs: &'a [Rung],
    pub feed: &'a Mutex<Feed<'r>>,
    pub clock: &'a Clock<'a>,
    /// How many whole reports there are.
    pub whole: &'a AtomicU64,
}

impl Hand<'_, '_> {
    /// Plays what the feed gives until there is nothing more.
    pub fn work(&self, sender: &Sender<News>) {
        while self.clock.signal(false).is_none() {
            let Some(turn) = lock(self.feed).next() else {
                return;
            };
            let case = Case {
                rung: turn.rung,
                seed: turn.seed,
                repetition: turn.repetition,
                command: (self.rungs[turn.rung].again)(turn.seed),
                end: self.run(&turn, sender),
            };
            if sender
                .send(News::Ended(turn.order, Box::new(case)))
                .is_err()
            {
                return;
            }
        }
    }

    /// Runs a case, whatever happens.
    fn run(&self, turn: &Turn, sender: &Sender<News>) -> End {
        let rung = &self.rungs[turn.rung];
        let options = Options {
            seed: Seed(turn.seed),
            command: (rung.again)(turn.seed),
            catch_signals: false,
            ..rung.options.clone()
        };
        let mut eye = Eye {
            clock: self.clock,
            turn,
            sender: (!options.sim).then_some(sender),
        };
        let run = || options.plan().map_err(RunError::Usage)?.run(&mut eye);
        let (why, exit_status) = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(report)) => return self.judged(report, turn),
            Ok(Err(RunError::Usage(error))) => (error.to_string(), 254),
            Ok(Err(failed @ RunError::Failed(_))) => (failed.to_string(), 255),
            Err(panic) => (format!("swelkie failed: {}", message(&*panic)), 255),
        };
        End::NotRun { why, exit_status }
    }

    fn judged(&self, report: Report, turn: &Turn) -> End {
        let rung = &self.rungs[turn.rung];
        let interrupted = matches!(report.exit_status, 130 | 143);
        // What an interrupted run shows to be broken is broken.
        if interrupted && report.validity != Validity::Invalid {
            let after = Duration::from_secs_f64(report.run.wall_s.max(0.0));
            let after = short_duration(after);
            let why = match (self.clock.halt(), turn.deadline) {
                (Some(why), _) => why,
                (None, Some((_, budget))) => used_up(rung, budget),
                (None, None) => report.headline,
            };
            return End::Skipped(format!("{why}; the run was ended after {after}"));
        }
        let remembered = self.whole.fetch_add(1, Ordering::Relaxed);
        let all = self.clock.limits.reports;
        let mut judged = Judged::of(report, rung, all);
        if !all && remembered >= WHOLE {
            judged.report = None;
        }
        if judged.report.is_none() {
            self.whole.fetch_sub(1, Ordering::Relaxed);
        }
        End::Judged(Box::new(judged))
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}

/// Ends a run when its time is up, and passes on how a real one stands.
struct Eye<'a> {
    clock: &'a Clock<'a>,
    turn: &'a Turn,
    sender: Option<&'a Sender<News>>,
}

impl run::Watcher for Eye<'_> {
    fn progress(&mut self, progress: &Progress) {
        if let Some(sender) = self.sender {
            // Nobody looks any more: so be it.
            let _ = sender.send(News::Live(*self.turn, progress.clone()));
        }
    }

    fn stop(&mut self) -> Option<i32> {
        let spent = self
            .turn
            .deadline
            .is_some_and(|(begun, budget)| begun.elapsed() >= budget);
        self.clock.signal(spent)
    }
}
