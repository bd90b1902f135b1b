//! Carries out a plan: driver, journal, verdict, report.
//!
//! ```text
//!   plan ─► engine ◄─► driver (live | sim)
//!             │ journal, at least every 100 ms ─► store
//!             ▼
//!          outcome ─► judge ─► report ─► results.json
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use swelkie_checkers::Anomaly;
use swelkie_nodes::{NodeId, Time, registry};

use crate::archive::Archive;
use crate::engine::{Ended, Engine, FaultRecord, Input, Outcome, Progress};
use crate::faults::to_toml;
use crate::judge::{self, Spread, judge};
use crate::live::{self, NodeSettings};
use crate::netlog::NetLog;
use crate::options::{Keep, Options, Target};
use crate::plan::{Nodes, Plan, UsageError};
use crate::platform::Interrupts;
use crate::propagation::{Follow, Propagation, Question};
use crate::render;
use crate::report::{Report, RunInfo};
use crate::services;
use crate::sim::{Limits, Simulation};
use crate::store::{Place, Store};
use crate::storm::Copies;
use crate::text::excerpt;
use crate::trace::{Trace, Traced};

/// Watches a run; called at least every 100 ms while it goes.
pub trait Watcher {
    /// How the run stands.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }

    /// A signal number if the run is to end now, as if that signal had interrupted it:
    /// its results are written, no node survives. For a caller whose time is up.
    fn stop(&mut self) -> Option<i32> {
        None
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
    #[expect(
        clippy::disallowed_methods,
        reason = "a run is where the clock is read"
    )]
    pub fn run(self, watcher: &mut dyn Watcher) -> Result<Report, RunError> {
        let (started, clock) = (SystemTime::now(), Instant::now());
        let options = self.options;
        let place = Place {
            root: options.store.clone(),
            workload: options.workload.clone(),
            name: Place::name(started, options.seed.0),
        };
        let store = match options.keep {
            _ if options.no_store => Store::none(),
            // Nodes in this process need no directory meanwhile.
            Keep::Failed | Keep::None if options.sim => Store::held(place),
            _ => Store::create(&place)?,
        };
        store.write_faults(&self.schedule_toml)?;
        let run = RunInfo {
            command: options.command.clone(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            directory: store.directory().map(ToOwned::to_owned),
            swelkie: env!("CARGO_PKG_VERSION").to_owned(),
            host: host(),
            ..RunInfo::default()
        };
        let begun = Report::begun(self.summary, run);
        store.write_results(&begun)?;
        let mut recorder = Recorder::new(store, watcher, &options);
        let mut engine = Engine::new(self.config);
        let driven = match self.nodes {
            Nodes::InProcess(spec) => {
                simulate(&mut engine, &options, &spec, &mut recorder).map(|()| None)
            }
            Nodes::Processes(nodes) => live(&mut engine, &options, nodes, &mut recorder),
        };
        let mut store = recorder.finish(&mut engine)?;
        let trace = driven?;
        let outcome = engine.into_outcome();
        let (traced, untraced) = put_together(trace, &outcome, &store);
        let judgement = judge(&outcome, &self.demands, |anomalies| {
            spread(&outcome, anomalies, &options, &store)
        });
        let kept = options.keep.keeps(judgement.exit_status);
        store.settle(kept)?;
        let happened = |fault: usize| describe(&outcome.faults[fault]);
        let (schedule, network) = (&self.resolution.schedule, &self.resolution.network);
        let faults = to_toml(schedule, network, &self.cluster, &self.header, happened);
        store.write_faults(&faults)?;
        let mut report = Report {
            validity: judgement.verdict.validity,
            headline: judgement.headline,
            exit_status: judgement.exit_status,
            anomalies: judgement.verdict.anomalies,
            explanations: judgement.explanations,
            carried: judgement.carried,
            offences: judgement.offences,
            warnings: [self.warnings, judgement.warnings, untraced].concat(),
            figures: judgement.verdict.figures,
            faults: outcome.faults.clone(),
            milestones: outcome.milestones,
            links: judge::links(&outcome),
            run: RunInfo {
                wall_s: clock.elapsed().as_secs_f64(),
                report: (store.directory().filter(|_| options.report && kept))
                    .map(|directory| directory.join(render::REPORT)),
                directory: store.directory().map(ToOwned::to_owned),
                dropped: !kept && store.directory().is_some(),
                trace: traced,
                ..begun.run
            },
            ..begun
        };
        store.write_results(&report)?;
        // What has no records is not drawn.
        if let Some(directory) = store.directory().filter(|_| kept) {
            let archive = Archive {
                directory: directory.to_owned(),
                report: report.clone(),
            };
            report.run.not_drawn = render::after_run(&archive, options.report);
            if !report.run.not_drawn.is_empty() {
                report.run.report = report.run.report.filter(|page| page.is_file());
                store.write_results(&report)?;
            }
        }
        Ok(report)
    }
}

/// What became of the nodes' traces, or a warning why nothing did: the verdict stands
/// without them.
fn put_together(
    trace: Option<Trace>,
    outcome: &Outcome,
    store: &Store,
) -> (Option<Traced>, Vec<String>) {
    let (Some(trace), Some(directory)) = (trace, store.directory()) else {
        return (None, Vec::new());
    };
    match trace.finish(&outcome.nodes, directory) {
        Ok(traced) => (Some(traced), Vec::new()),
        Err(error) => (None, vec![format!("there is no trace: {error}")]),
    }
}

/// Runs the nodes in this process, in virtual time.
fn simulate(
    engine: &mut Engine,
    options: &Options,
    spec: &str,
    recorder: &mut Recorder,
) -> io::Result<()> {
    let names = options.nodes.iter().map(|name| NodeId::from(name.as_str()));
    let names: Vec<NodeId> = names.collect();
    let mut make = |_node: usize| registry::build(spec).expect("the plan has built it once");
    let limits = Limits {
        queue_bytes: options.queue_limit,
        ..Limits::default()
    };
    let interrupts = options
        .catch_signals
        .then(Interrupts::install)
        .transpose()?;
    let simulation = Simulation::new(engine, &mut make, options.seed, &names, limits);
    simulation.run(&mut |engine, now| {
        let looked = recorder.tick_rarely(engine, now);
        let interrupts = interrupts.as_ref().filter(|_| looked);
        if let Some(Ok(Some(signal))) = interrupts.map(Interrupts::poll) {
            engine.handle(now, Input::Interrupt { signal });
        }
    });
    Ok(())
}

/// Runs the nodes as processes.
fn live(
    engine: &mut Engine,
    options: &Options,
    nodes: Vec<NodeSettings>,
    recorder: &mut Recorder,
) -> io::Result<Option<Trace>> {
    // Nodes need a place to work in even if nothing is to be kept.
    let scratch = tempfile::Builder::new().prefix("swelkie-").tempdir()?;
    let directory = recorder
        .store
        .directory()
        .unwrap_or(scratch.path())
        .to_owned();
    let names: Vec<String> = options.nodes.clone();
    let trace = options
        .trace
        .map(|format| Trace::begin(format, &directory))
        .transpose()?;
    let settings = live::Settings {
        trace: trace.clone(),
        line_limit: options.line_limit,
        queue_limit: options.queue_limit,
        catch_signals: options.catch_signals,
        ..live::Settings::new(nodes, directory, options.seed)
    };
    let mut stderr = |node: usize, line: &[u8]| {
        eprintln!("{}: {}", names[node], excerpt(line, 2000));
    };
    let hooks = live::Hooks {
        tick: &mut |engine: &mut Engine, now| recorder.tick(engine, now),
        stderr: options.log_stderr.then_some(&mut stderr),
    };
    live::run(engine, &settings, hooks).map_err(io::Error::other)?;
    Ok(trace)
}

/// What the journal of messages says of elements and where they went.
fn spread(outcome: &Outcome, anomalies: &[Anomaly], options: &Options, store: &Store) -> Spread {
    /// A journal of this size is read in half a second.
    const LIMIT: u64 = 256 << 20;
    let mut spread = Spread {
        storm: storm(outcome, store),
        ..Spread::default()
    };
    let prefix = outcome.workload.name();
    let told = outcome.milestones.zero.is_some() && options.journal_messages && spreads(prefix);
    if !told || options.no_store {
        return spread;
    }
    let services: Vec<&str> = services::all()
        .iter()
        .map(|service| service.name())
        .collect();
    let question = Question {
        history: &outcome.history,
        services: &services,
        builtin: matches!(options.target, Target::Builtin(_)),
        follow: Follow::Anomalies(anomalies),
        limit: LIMIT,
    };
    match Propagation::read(&question, || store.messages()) {
        Ok(propagation) => {
            propagation.figures(&outcome.history, prefix, &mut spread.figures);
            spread.warnings = propagation.warnings().to_vec();
            spread.basis = (!propagation.is_left_out()).then(|| propagation.basis());
            let explain =
                |anomaly| propagation.explain(anomaly, &outcome.faults, outcome.milestones.healed);
            let explained = anomalies.iter().enumerate();
            let explained =
                explained.filter_map(|(index, anomaly)| Some((index, explain(anomaly)?)));
            spread.explanations = explained.collect();
        }
        Err(err) => {
            let text = format!("how messages spread is not known: messages.jsonl: {err}");
            spread.warnings.push(text);
        }
    }
    spread
}

/// What the journal of messages says of a storm.
fn storm(outcome: &Outcome, store: &Store) -> Option<Copies> {
    let Ended::Storm(sighting) = &outcome.ended else {
        return None;
    };
    let journal = store.messages().ok()?;
    let names: BTreeSet<&str> = outcome.nodes.iter().map(NodeId::as_str).collect();
    let copies = Copies::read(journal, sighting.element, |name| names.contains(name)).ok()?;
    (copies.total > 0).then_some(copies)
}

/// Whether elements spread in this workload.
pub(crate) fn spreads(workload: &str) -> bool {
    matches!(workload, "broadcast" | "g-set")
}

/// What came of a fault, as a comment in `faults.toml`.
fn describe(fault: &FaultRecord) -> Option<String> {
    let Some(began) = fault.began else {
        return Some("did not begin: the run ended before".to_owned());
    };
    let what = if fault.on_links { "messages" } else { "nodes" };
    let mut text = format!(
        "began at {began} of the run, touched {} {what}",
        fault.touched
    );
    for note in &fault.notes {
        text.push_str("; ");
        text.push_str(note);
    }
    Some(text)
}

fn host() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} {}, {cores} cores",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// Empties the journal into the store and tells the watcher, at least every 100 ms.
struct Recorder<'a> {
    store: Store,
    watcher: &'a mut dyn Watcher,
    netlog: NetLog,
    last: Instant,
    ticks: u32,
    /// The first failure: nothing is recorded after it.
    failed: Option<io::Error>,
}

impl<'a> Recorder<'a> {
    const INTERVAL: Duration = Duration::from_millis(100);
    const PENDING: usize = 256 << 10;

    #[expect(clippy::disallowed_methods, reason = "paces the disk and the screen")]
    fn new(store: Store, watcher: &'a mut dyn Watcher, options: &Options) -> Recorder<'a> {
        Recorder {
            store,
            watcher,
            netlog: NetLog::new(options.log_net_send, options.log_net_recv),
            last: Instant::now(),
            ticks: 0,
            failed: None,
        }
    }

    /// For a driver that ticks after every event: looks at the clock now and then,
    /// and says whether something was done.
    fn tick_rarely(&mut self, engine: &mut Engine, now: Time) -> bool {
        self.ticks = self.ticks.wrapping_add(1);
        let full = engine.journal().pending() > Self::PENDING;
        let look = self.ticks.is_multiple_of(1024) && self.last.elapsed() >= Self::INTERVAL;
        if (full || look) && self.failed.is_none() {
            self.failed = self.tick(engine, now).err();
        }
        full || look
    }

    #[expect(clippy::disallowed_methods, reason = "paces the disk and the screen")]
    fn tick(&mut self, engine: &mut Engine, now: Time) -> io::Result<()> {
        self.flush(engine)?;
        if self.last.elapsed() >= Self::INTERVAL {
            self.watcher.progress(&engine.progress(now));
            self.last = Instant::now();
            if let Some(signal) = self.watcher.stop().filter(|_| !engine.is_finished()) {
                engine.handle(now, Input::Interrupt { signal });
            }
        }
        Ok(())
    }

    fn flush(&mut self, engine: &mut Engine) -> io::Result<()> {
        let Recorder {
            watcher, netlog, ..
        } = self;
        self.store.flush(engine.journal(), |messages| {
            if netlog.is_on() {
                netlog.read(messages, &mut |time, line| watcher.line(time, line));
            }
        })
    }

    fn finish(mut self, engine: &mut Engine) -> io::Result<Store> {
        match self.failed {
            Some(err) => Err(err),
            None => {
                self.flush(engine)?;
                Ok(self.store)
            }
        }
    }
}
