//! The live driver: real node processes under the engine, on the wall clock.
//!
//! One thread, one epoll loop, no thread per node. To the engine it is what any
//! driver is: it hands in what nodes write and how they end, and carries out what
//! the engine asks for. Everything a node is told goes through one outbox, written
//! at the end of each pass of the loop, whole lines, one write per node, nothing
//! held back longer than that.
//!
//! ```text
//!             ┌────────────────────── one pass ──────────────────────┐
//!   epoll ──► read a chunk ─► lines ─► core ─► outputs ─► outboxes ──► write, once per node
//!             exits, signals, deadlines ─┘           └─► supervisor: spawn, kill, stop, continue
//! ```
//!
//! Contract
//! - [`Input::Exited`] comes after everything the process wrote. If a child of it
//!   holds the pipe open it comes 100 ms later all the same, and the rest is killed.
//! - The half line a node was writing when *we* ended it (kill or terminate) is not
//!   handed in. A line longer than the limit is, always, once, as a fragment.
//! - A [`Output::Start`] waits until the node's earlier life has been handed in as exited.
//! - A destination with a backlog slows those who write to it and never stops them.
//! - Whatever happens to this process, the supervisor leaves no node running.

mod backlog;
mod command;
mod driver;
mod ending;
mod lines;
mod outbox;
mod process;
mod reading;
mod stderr;
mod writing;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use swelkie_nodes::{NodeId, Seed, Time};

use crate::engine::{Engine, Input, Output};
use crate::platform::Clock;
use crate::trace::Trace;
pub(crate) use command::file_name;
pub use command::{
    DATA, NodeCommand, ProgramError, SEED, SHARED, node_seed, resolve_program, resolve_wrapped,
};

/// What the driver drives: the engine, or a scripted stand-in in a test. The
/// methods are the [engine's](crate::engine) and so is the contract.
pub trait Core {
    /// Something happened.
    fn handle(&mut self, now: Time, input: Input);
    /// What is to be done, until there is nothing more.
    fn poll_output(&mut self) -> Option<Output>;
    /// When the next [`Input::Deadline`] is due.
    fn next_deadline(&mut self) -> Option<Time>;
    /// Bytes of bodies that are under way or held in the network. Called often.
    fn in_flight_bytes(&self) -> u64;
    /// Whether [`Hooks::tick`] should be called before its time: there is much to record.
    fn wants_tick(&mut self) -> bool {
        false
    }
}

impl Core for Engine {
    fn handle(&mut self, now: Time, input: Input) {
        Engine::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Engine::poll_output(self)
    }

    fn next_deadline(&mut self) -> Option<Time> {
        Engine::next_deadline(self)
    }

    fn in_flight_bytes(&self) -> u64 {
        Engine::in_flight_bytes(self)
    }

    /// Written while it is still in the processor's cache it costs half as much.
    fn wants_tick(&mut self) -> bool {
        const CACHED: usize = 256 << 10;
        self.journal().pending() > CACHED
    }
}

/// One node of a run.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// Its name on the wire.
    pub name: NodeId,
    /// What to start.
    pub command: NodeCommand,
}

/// What a live run needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The nodes; an index into this is the `node` of inputs and outputs.
    pub nodes: Vec<NodeSettings>,
    /// The run's directory; `nodes/<name>.stderr.log`, `nodes/<name>/data` and
    /// `shared` (emptied) go below it.
    pub run_dir: PathBuf,
    /// What built-in nodes record of themselves.
    pub trace: Option<Trace>,
    /// The run's seed, from which each life of each node gets its own.
    pub seed: Seed,
    /// The longest line in bytes.
    pub line_limit: usize,
    /// A node for which more bytes than this wait slows those who write to it.
    pub backlog: u64,
    /// More bytes than this waiting in all end the run as an overload.
    pub queue_limit: u64,
    /// Whether SIGINT and SIGTERM become [`Input::Interrupt`]. The second one ends the
    /// process. Off by default: a test's process has handlers of its own.
    pub catch_signals: bool,
}

impl Settings {
    /// Settings with the default limits: lines of 64 MiB, a backlog of 64 MiB per node,
    /// 1 GiB in all; signals not caught.
    #[must_use]
    pub fn new(nodes: Vec<NodeSettings>, run_dir: impl Into<PathBuf>, seed: Seed) -> Settings {
        Settings {
            nodes,
            run_dir: run_dir.into(),
            trace: None,
            seed,
            line_limit: 64 << 20,
            backlog: 64 << 20,
            queue_limit: 1 << 30,
            catch_signals: false,
        }
    }
}

/// Called with a node's index and a line.
pub type StderrHook<'a> = dyn FnMut(usize, &[u8]) + 'a;

/// What the caller does while the run goes.
pub struct Hooks<'a, C> {
    /// Called at least every 100 ms and once at the end: flush the journal, show progress,
    /// tell the core to end. An error ends the run.
    pub tick: &'a mut dyn FnMut(&mut C, Time) -> io::Result<()>,
    /// Called with every line a node writes to stderr, newline not included.
    pub stderr: Option<&'a mut StderrHook<'a>>,
}

/// How a live run went, apart from what the engine knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When the engine was finished.
    pub finished: Time,
    /// The nodes that had not ended 200 ms after their stdin was closed.
    pub survivors: Vec<usize>,
}

/// Why a live run could not go on: our failure or the machine's, never a node's.
#[derive(Debug)]
pub struct Error {
    doing: String,
    source: io::Error,
}

impl Error {
    fn new(doing: impl Into<String>, source: io::Error) -> Error {
        let doing = doing.into();
        Error { doing, source }
    }

    fn at(doing: &str, path: &Path, source: io::Error) -> Error {
        Error::new(format!("{doing} {}", path.display()), source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Runs the core with real processes until it is [`Output::Finished`]; when it
/// returns, in whatever way, no process of the run is left.
///
/// Blocks the calling thread. Several runs may go on in one process, each on a
/// thread of its own (not with `catch_signals`, which is the process's).
///
/// # Errors
/// If the supervisor cannot be started or dies, the run's directory cannot be
/// written, or a hook fails.
pub fn run<'a, C: Core>(
    core: &'a mut C,
    settings: &'a Settings,
    hooks: Hooks<'a, C>,
) -> Result<Report, Error> {
    let clock = Clock::start();
    driver::Driver::start(core, settings, hooks, clock)?.run()
}
