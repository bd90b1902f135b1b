//! Suites and sweeps: many runs, and what they say together.
//!
//! A suite is a list of named rungs: the same node under growing trouble. A rung is one
//! set of options, played with several seeds, and what is expected of every run. A sweep
//! (`swelkie test --stress-count`) is a suite of one rung.
//!
//! ```text
//!   ci.toml ─► File ─┐                     ┌─► table, sweep   for people
//!                    ├─► Rungs ─► play ─► Cases
//!   flags ───────────┘                     ├─► json           for scripts
//!                                          └─► ci             JUnit, annotations
//! ```
//!
//! [`play()`] runs simulations in parallel and real processes one run at a time. Every case
//! ends as passed, failed or skipped with a reason, whatever happens: a budget that is
//! used up, an easier rung that failed, Ctrl-C, a failure of ours. For given seeds the
//! cases of simulations are the same for any number of jobs.

mod case;
mod ci;
mod clock;
mod evidence;
mod expect;
mod feed;
pub mod file;
mod json;
mod play;
mod seeds;
mod status;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod worker;
mod worst;

use std::fmt;
use std::time::Duration;

use crate::options::Options;

pub use case::{Case, End, Judged};
pub use ci::results;
pub use evidence::{Evidence, evidence};
pub use expect::Expectation;
pub use json::json;
pub use play::{Limits, Standing, Watcher, play};
pub use seeds::{Seeds, seed_list};
pub use status::{Counts, exit_status};
pub use sweep::{Sweep, sweep};
pub use table::{case_line, table};
pub use worst::{Worst, worst};

/// The command that repeats a run, by its seed.
pub type Again = Box<dyn Fn(u64) -> String + Send + Sync>;

/// One set of options and the seeds it is played with.
pub struct Rung {
    /// Its name, different from all others'.
    pub name: String,
    /// The options of every run, but for seed and command.
    pub options: Options,
    /// The command that repeats one of its runs.
    pub again: Again,
    /// With which seeds.
    pub seeds: Seeds,
    /// How often with each.
    pub repeat: u32,
    /// What is expected of every run.
    pub expect: Expectation,
    /// The index of the rung that must have passed before, if it is played only then.
    pub needs: Option<usize>,
    /// How long its runs may take together.
    pub budget: Option<Duration>,
}

impl Rung {
    /// A rung that is played once and expected to be valid.
    #[must_use]
    pub fn new(name: impl Into<String>, options: Options) -> Rung {
        let command = options.command.clone();
        Rung {
            name: name.into(),
            seeds: Seeds::List(vec![options.seed.0]),
            options,
            again: Box::new(move |_| command.clone()),
            repeat: 1,
            expect: Expectation::default(),
            needs: None,
            budget: None,
        }
    }

    /// The seed and the repetition (from 1) of its nth run.
    #[must_use]
    pub fn turn(&self, index: u64) -> Option<(u64, u32)> {
        let repeat = u64::from(self.repeat.max(1));
        let seed = self.seeds.get(index / repeat)?;
        let repetition = u32::try_from(index % repeat).unwrap_or(u32::MAX);
        Some((seed, repetition.saturating_add(1)))
    }

    /// How many runs it has; none if time says so.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        let repeat = u64::from(self.repeat.max(1));
        Some(self.seeds.count()?.saturating_mul(repeat))
    }

    /// Whether there is nothing to play.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.turn(0).is_none()
    }
}

impl fmt::Debug for Rung {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Rung")
            .field("name", &self.name)
            .field("options", &self.options)
            .field("seeds", &self.seeds)
            .field("repeat", &self.repeat)
            .field("expect", &self.expect)
            .field("needs", &self.needs)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
