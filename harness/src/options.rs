//! What a user asks for: the options of a run, as the command line and the
//! library API fill them in. Nothing is looked up or read yet; see
//! [`Plan`](crate::plan::Plan) for that.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use swelkie_checkers::availability::Availability;
use swelkie_nodes::Seed;
use swelkie_workloads::topology::Shape;

use crate::engine::{Rate, Recovery};
use crate::labels::LabelChoice;
use crate::network::Latency;
pub use crate::trace::TraceFormat;

/// The options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The workload's name.
    pub workload: String,
    /// What is tested.
    pub target: Target,
    /// In-process nodes in virtual time instead of processes.
    pub sim: bool,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// How long operations are invoked.
    pub time_limit: Duration,
    /// How often, over all clients.
    pub rate: Rate,
    /// How many clients there are.
    pub concurrency: Concurrency,
    /// Latency between nodes, and between nodes and services.
    pub latency: Latency,
    /// Latency of links with a client at either end.
    pub client_latency: Latency,
    /// Who is whose neighbour.
    pub topology: TopologyChoice,
    /// How urgent elements are and how far they may travel.
    pub labels: LabelChoice,
    /// The kinds of random faults; empty for none.
    pub nemesis: Vec<String>,
    /// Mean interval between their beginnings and ends.
    pub nemesis_interval: Duration,
    /// A schedule file.
    pub faults: Option<PathBuf>,
    /// Where every random choice comes from.
    pub seed: Seed,
    /// How long a node may take to answer `init` and `topology`.
    pub init_timeout: Duration,
    /// How long a client waits; none for the workload's default.
    pub rpc_timeout: Option<Duration>,
    /// How the run waits for recovery.
    pub recovery: Recovery,
    /// The share of operations that must succeed.
    pub availability: Option<Availability>,
    /// Conditions on figures: `net.servers.msgs-per-op < 20`.
    pub assertions: Vec<String>,
    /// Every offence of a node makes the run invalid.
    pub strict: bool,
    /// Reads may show an element twice.
    pub allow_duplicates: bool,
    /// A restarted node has lost its data directory.
    pub wipe: bool,
    /// Where runs are kept.
    pub store: PathBuf,
    /// Write nothing to disk at all.
    pub no_store: bool,
    /// Draw `report.html`, the page of the run, when it is over.
    pub report: bool,
    /// Whose records stay on disk when the run is over.
    pub keep: Keep,
    /// Record messages.
    pub journal_messages: bool,
    /// Past this many bytes of messages, bodies are left out of the journal.
    pub journal_limit: u64,
    /// More bytes queued than this end the run as an overload.
    pub queue_limit: u64,
    /// How often a link may carry one element within 10 s before the run ends as a storm;
    /// see [`storm`](crate::storm).
    pub storm_limit: u64,
    /// The longest line a node may write, in bytes.
    pub line_limit: usize,
    /// Whether SIGINT and SIGTERM end the run with its results written. For programs
    /// whose signals are their own to handle; a test's are not.
    pub catch_signals: bool,
    /// How many nodes may be starting at once.
    pub spawn_limit: usize,
    /// Copy nodes' stderr to ours.
    pub log_stderr: bool,
    /// Print every message a node sends.
    pub log_net_send: bool,
    /// Print every message a node receives.
    pub log_net_recv: bool,
    /// Record where the time of built-in nodes goes.
    pub trace: Option<TraceFormat>,
    /// The command that runs this again, for reports; empty in the library.
    pub command: String,
}

/// Which runs keep their records: history, messages, what nodes wrote, what is drawn of
/// them. `results.json` and `faults.toml` stay in any case, so that a run is listed and
/// can be repeated.
///
/// A simulation that may lose its records is held in memory until it is over (up to
/// [`store::HELD`](crate::store::HELD) bytes), so that nothing is written to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Every run does.
    #[default]
    All,
    /// Those that are not valid.
    Failed,
    /// None.
    None,
}

impl Keep {
    /// Whether a run that ends with this status keeps its records.
    #[must_use]
    pub fn keeps(self, exit_status: u8) -> bool {
        match self {
            Keep::All => true,
            Keep::Failed => exit_status != 0,
            Keep::None => false,
        }
    }
}

/// What is tested.
#[derive(Clone, Debug)]
pub enum Target {
    /// Processes.
    Binary(Binary),
    /// A built-in node: `flood`, `flood-retry:retry=100ms`.
    Builtin(String),
}

/// How node processes are started.
#[derive(Clone, Debug, Default)]
pub struct Binary {
    /// The program, as the user names it.
    pub program: PathBuf,
    /// Other programs for some nodes, by node name.
    pub programs: BTreeMap<String, PathBuf>,
    /// Arguments.
    pub args: Vec<OsString>,
    /// Variables added to the environment.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory; none for the node's own data directory.
    pub cwd: Option<PathBuf>,
    /// Whether each node gets a HOME of its own.
    pub home: bool,
    /// A command the node's command is appended to: `strace -f`.
    pub wrap: Vec<OsString>,
}

/// How many clients there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Concurrency {
    /// This many in all.
    Clients(usize),
    /// This many times the number of nodes.
    PerNode(usize),
}

/// Who is whose neighbour.
#[derive(Clone, Debug)]
pub enum TopologyChoice {
    /// A shape by name.
    Shape(Shape),
    /// A JSON file: `{"n0": ["n1"], …}`.
    File(PathBuf),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Target::Binary(binary) => write!(f, "{}", binary.program.display()),
            Target::Builtin(spec) => f.write_str(spec),
        }
    }
}

impl fmt::Display for TopologyChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            TopologyChoice::Shape(shape) => shape.fmt(f),
            TopologyChoice::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Options {
    /// The defaults: five nodes called n0 to n4, 20 s at 5 operations a second on
    /// a clean and instant network, one client per node, a grid.
    ///
    /// The seed is 0; the command line draws one instead.
    #[must_use]
    pub fn new(workload: &str, target: Target) -> Options {
        Options {
            workload: workload.to_owned(),
            target,
            sim: false,
            nodes: node_names(5),
            time_limit: Duration::from_secs(20),
            rate: Rate::PerSecond(5.0),
            concurrency: Concurrency::PerNode(1),
            latency: Latency::constant(Duration::ZERO),
            client_latency: Latency::constant(Duration::ZERO),
            topology: TopologyChoice::Shape(Shape::Grid),
            labels: LabelChoice::default(),
            nemesis: Vec::new(),
            nemesis_interval: Duration::from_secs(10),
            faults: None,
            seed: Seed(0),
            init_timeout: Duration::from_secs(10),
            rpc_timeout: None,
            recovery: Recovery {
                bound: Duration::from_secs(10),
                fixed: false,
            },
            availability: None,
            assertions: Vec::new(),
            strict: false,
            allow_duplicates: false,
            wipe: false,
            store: PathBuf::from("store"),
            no_store: false,
            report: true,
            keep: Keep::All,
            journal_messages: true,
            journal_limit: 1 << 30,
            queue_limit: 1 << 30,
            storm_limit: crate::storm::LIMIT,
            line_limit: 64 << 20,
            catch_signals: false,
            spawn_limit: 32,
            log_stderr: false,
            log_net_send: false,
            log_net_recv: false,
            trace: None,
            command: String::new(),
        }
    }
}

/// `n0`, `n1`, …
#[must_use]
pub fn node_names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("n{index}")).collect()
}
