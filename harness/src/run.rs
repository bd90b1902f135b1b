//! Carries out a plan: driver, journal, verdict, report.
//!
//! ```text
//!   plan ─► engine ◄─► driver (live | sim)
//!             │ journal, at least every 100 ms ─► store
//!             ▼
//!          outcome ─► judge ─► report ─► results.json
//! ```

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use swelkie_nodes::{Time, registry};

use crate::engine::{Engine, Input, Outcome, Progress};
use crate::judge::{self, judge};
use crate::live;
use crate::plan::{Nodes, Plan, UsageError};
use crate::options::Options;
use crate::report::{Report, RunInfo};
use crate::sim::{Limits, Simulation};
use crate::store::Store;

/// Watches a run; called at least every 100 ms while it goes.
pub trait Watcher {
    /// How the run stands.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }

    /// A line for people: a message sent or received (`--log-net-…`), a line a node
    /// wrote to stderr (`--log-stderr`). The text is already made safe to show.
    fn line(&mut self, now: Time, line: &str) {
        let _ = (now, line);
    }
}

/// Watches nothing.
impl Watcher for () {}

/// Why there is no report.
#[derive(Debug)]
pub enum RunError {
    /// What the user wrote is wrong. Exit status 254.
    Usage(UsageError),
    /// We failed: the disk is full, processes cannot be made. Exit status 255.
    Failed(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            RunError::Usage(err) => err.fmt(f),
            RunError::Failed(err) => write!(f, "swelkie failed: {err}"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<io::Error> for RunError {
    fn from(err: io::Error) -> RunError {
        RunError::Failed(err)
    }
}

impl Options {
    /// Plans and runs.
    ///
    /// # Errors
    /// If what was asked for is wrong, or the harness fails. A broken promise is no
    /// error: it is in the report.
    pub fn run(&self) -> Result<Report, RunError> {
        self.plan().map_err(RunError::Usage)?.run(&mut ())
    }
}

impl Plan {
    /// Runs to the end, whatever the nodes do.
    ///
    /// # Errors
    /// If the harness itself fails; what was recorded until then is on disk.
    #[expect(clippy::disallowed_methods, reason = "a run is where the clock is read")]
    pub fn run(self, watcher: &mut dyn Watcher) -> Result<Report, RunError> {
        let (started, clock) = (SystemTime::now(), Instant::now());
        let options = self.options;
        let store = if options.no_store {
            Store::none()
        } else {
            Store::create(&options.store, &options.workload, options.seed.0, started)?
        };
        store.write_faults(&self.schedule_toml)?;
        let names = self.config.nodes.clone();
        let mut recorder = Recorder::new(store, watcher);
        let mut engine = Engine::new(self.config);
        match self.nodes {
            Nodes::InProcess(spec) => {
                let mut make = |_node: usize| registry::build(&spec).expect("the plan built it");
                let seed = options.seed.child("nodes");
                let limits = Limits {
                    queue_bytes: options.queue_limit,
                    ..Limits::default()
                };
                let stop = interrupt_flag();
                let simulation = Simulation::new(&mut engine, &mut make, seed, &names, limits);
                simulation.run(&mut |engine, now| {
                    recorder.tick_rarely(engine, now);
                    if stop.load(Ordering::Relaxed) {
                        engine.handle(now, Input::Interrupt { signal: 2 });
                    }
                });
            }
            Nodes::Processes(commands) => todo!(),
        }
        let end = Time(clock.elapsed().as_nanos() as u64);
        recorder.tick(&mut engine, end);
        let outcome = engine.into_outcome();
        let judgement = judge(&outcome, &self.demands);
        let store = recorder.finish()?;
        let report = Report {
            version: 1,
            validity: judgement.verdict.validity,
            headline: judgement.headline,
            exit_status: judgement.exit_status,
            plan: self.summary,
            anomalies: judgement.verdict.anomalies,
            offences: judgement.offences,
            warnings: [self.warnings, judgement.warnings].concat(),
            figures: judgement.verdict.figures,
            faults: outcome.faults.clone(),
            milestones: outcome.milestones,
            links: judge::links(&outcome),
            run: RunInfo {
                command: options.command.clone(),
                started: humantime::format_rfc3339_seconds(started).to_string(),
                wall_s: clock.elapsed().as_secs_f64(),
                directory: store.directory().map(ToOwned::to_owned),
                swelkie: env!("CARGO_PKG_VERSION").to_owned(),
                host: host(),
            },
        };
        store.write_results(&report)?;
        Ok(report)
    }
}

fn host() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH)
}

/// Empties the journal into the store and tells the watcher, at least every 100 ms.
struct Recorder<'a> {
    store: Store,
    watcher: &'a mut dyn Watcher,
    last: Instant,
    ticks: u32,
    /// The first failure; recording stops there, the run goes on to its end.
    failed: Option<io::Error>,
}

impl<'a> Recorder<'a> {
    const INTERVAL: Duration = Duration::from_millis(100);
    const PENDING: usize = 1 << 20;

    #[expect(clippy::disallowed_methods, reason = "paces the disk and the screen")]
    fn new(store: Store, watcher: &'a mut dyn Watcher) -> Recorder<'a> {
        Recorder {
            store,
            watcher,
            last: Instant::now(),
            ticks: 0,
            failed: None,
        }
    }

    /// For drivers that tick after every event: looks at the clock now and then.
    fn tick_rarely(&mut self, engine: &mut Engine, now: Time) {
        self.ticks = self.ticks.wrapping_add(1);
        let full = engine.journal().pending() > Self::PENDING;
        let look = self.ticks.is_multiple_of(1024) && self.last.elapsed() >= Self::INTERVAL;
        if full || look {
            self.tick(engine, now);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "paces the disk and the screen")]
    fn tick(&mut self, engine: &mut Engine, now: Time) {
        if let Err(err) = self.store.flush(engine.journal()) {
            self.failed.get_or_insert(err);
        }
        if self.last.elapsed() >= Self::INTERVAL {
            self.watcher.progress(&engine.progress(now));
            self.last = Instant::now();
        }
    }

    fn finish(self) -> io::Result<Store> {
        match self.failed {
            Some(err) => Err(err),
            None => Ok(self.store),
        }
    }
}
