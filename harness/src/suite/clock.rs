//! When a suite, or a run of it, is ended before its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Limits, Rung};
use crate::units::exact_duration;

/// Why a run is ended before its time. It is asked from all threads.
pub struct Clock<'a> {
    pub limits: &'a Limits<'a>,
    start: Instant,
    /// Set once the whole budget is used up.
    over: AtomicBool,
}

impl<'a> Clock<'a> {
    #[expect(clippy::disallowed_methods, reason = "budgets are wall time")]
    pub fn start(limits: &'a Limits<'a>) -> Clock<'a> {
        Clock {
            limits,
            start: Instant::now(),
            over: AtomicBool::new(false),
        }
    }

    fn is_over(&self) -> bool {
        let used = |budget| self.start.elapsed() >= budget;
        if self.limits.budget.is_some_and(used) {
            self.over.store(true, Ordering::Relaxed);
        }
        self.over.load(Ordering::Relaxed)
    }

    /// Why the suite stops here, if it does.
    pub fn halt(&self) -> Option<String> {
        if let Some(signal) = (self.limits.stop)() {
            return Some(format!("the suite was interrupted (signal {signal})"));
        }
        let budget = self.limits.budget.filter(|_| self.is_over())?;
        let budget = exact_duration(budget);
        Some(format!("the suite's budget of {budget} was used up"))
    }

    /// The signal that a run is to take as its end.
    pub fn signal(&self, spent: bool) -> Option<i32> {
        (self.limits.stop)().or_else(|| (spent || self.is_over()).then_some(TERM))
    }
}

/// SIGTERM: what a run whose time is up is told.
const TERM: i32 = 15;

/// Why a rung goes no further.
pub fn used_up(rung: &Rung, budget: Duration) -> String {
    format!(
        "`{}` used up its budget of {}",
        rung.name,
        exact_duration(budget)
    )
}
