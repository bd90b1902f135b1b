//! The flags of `swelkie test`: one definition for parsing, help, completions and
//! the man page. The reference's spellings are here with their meaning.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::options::{Concurrency, TopologyChoice};
use swelkie_checkers::availability::Availability;
use swelkie_nodes::strategy::{Priority, Sensitivity};

use super::lists;
use super::values::{self, Program, Word};

/// Everything after `swelkie test`.
#[derive(Args, Clone, Debug)]
pub struct TestArguments {
    #[command(flatten)]
    pub tested: Tested,
    #[command(flatten)]
    pub cluster: Cluster,
    #[command(flatten)]
    pub operations: Operations,
    #[command(flatten)]
    pub network: Network,
    #[command(flatten)]
    pub faults: Faults,
    #[command(flatten)]
    pub judging: Judging,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub telling: Telling,
    #[command(flatten)]
    pub sweeping: Sweeping,
    #[command(flatten)]
    pub limits: Limits,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What is tested")]
pub struct Tested {
    /// What the nodes promise
    #[arg(short, long, value_name = "NAME", help = lists::workload_help(), hide_possible_values = true, value_parser = Word { known: lists::workload_words, check: lists::check_workload })]
    pub workload: Option<String>,
    /// The node program; NODE=PATH for one node alone (repeatable)
    #[arg(long, value_name = "PATH", value_parser = OsStringValueParser::new().try_map(values::program))]
    pub bin: Vec<Program>,
    /// A built-in node instead: flood, flood-retry:retry=50ms (`swelkie nodes` lists them)
    #[arg(long, value_name = "SPEC", hide_possible_values = true, value_parser = Word { known: lists::node_words, check: lists::check_node })]
    pub builtin: Option<String>,
    /// Built-in nodes in this process and in virtual time: a minute takes milliseconds
    #[arg(long)]
    pub sim: bool,
    /// Arguments for the node program
    #[arg(last = true, value_name = "NODE ARGUMENTS")]
    pub arguments: Vec<OsString>,
}

impl Tested {
    /// What is tested in one word, before it is known to be right.
    pub fn name(&self) -> String {
        let program = self.bin.first().map(|program| program.path.display());
        let program = program.map(|path| path.to_string());
        let builtin = self.builtin.clone();
        builtin.or(program).unwrap_or_else(|| "nothing".to_owned())
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Nodes")]
pub struct Cluster {
    /// How many nodes, called n0, n1, …
    #[arg(long, value_name = "N", default_value = "5", allow_negative_numbers = true, value_parser = values::node_count)]
    pub node_count: usize,
    /// The nodes' names, instead of their number
    #[arg(
        long,
        value_name = "A,B,…",
        value_delimiter = ',',
        conflicts_with = "node_count"
    )]
    pub nodes: Vec<String>,
    /// Adds a variable to the nodes' environment (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = OsStringValueParser::new().try_map(values::variable))]
    pub env: Vec<(OsString, OsString)>,
    /// The nodes' working directory [default: a data directory of each node's own]
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// Gives each node a HOME of its own
    #[arg(long)]
    pub home: bool,
    /// Starts each node through a command: 'strace -f'
    #[arg(long, value_name = "COMMAND", value_parser = OsStringValueParser::new().try_map(values::words))]
    pub wrap: Option<Words>,
    /// How long a node may take to answer init, and topology
    #[arg(long, value_name = "TIME", default_value = "10s", allow_negative_numbers = true, value_parser = values::positive_seconds)]
    pub init_timeout: Duration,
    /// A node that is killed loses its data directory
    #[arg(long)]
    pub wipe: bool,
}

/// The words of a command. A name of its own, or clap would take it for a repeatable flag.
pub type Words = Vec<OsString>;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Operations")]
pub struct Operations {
    /// How long operations are invoked; a bare number means seconds
    #[arg(long, value_name = "TIME", default_value = "60s", allow_negative_numbers = true, value_parser = values::seconds)]
    pub time_limit: Duration,
    /// Operations per second over all clients, or max
    #[arg(long, value_name = "HZ", default_value = "5", allow_negative_numbers = true, value_parser = values::rate)]
    pub rate: Rate,
    /// How many clients: 10, or 2n for two per node
    #[arg(long, value_name = "CLIENTS", default_value = "1n", allow_negative_numbers = true, value_parser = values::concurrency)]
    pub concurrency: Concurrency,
    /// How long a client waits for a reply [default: the workload's, mostly 5s]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = values::positive_seconds)]
    pub rpc_timeout: Option<Duration>,
    /// Who is whose neighbour: line, grid, tree, tree3, tree4, total, ring, star,
    /// random-regular(4), small-world(4,0.1), scale-free(2), or the path of a .json file
    #[arg(long, value_name = "SHAPE", default_value = "grid", value_parser = values::topology)]
    pub topology: TopologyChoice,
    /// How urgent messages are, drawn from these words: urgent, normal, bulk; messages are
    /// objects then, {"id":17,"priority":"urgent"}
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = values::priority)]
    pub priorities: Vec<Priority>,
    /// How far messages may travel, drawn from these words: team, department, everyone,
    /// or the number of a level (1 is the team); messages are objects then and name the
    /// nodes that may know them, {"id":17,"sensitivity":"team","audience":["n0","n1"]}
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = values::sensitivity)]
    pub sensitivities: Vec<Sensitivity>,
    /// How many nodes next to each other are a team [default: 3, or the built-in node's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::size)]
    pub team_size: Option<u32>,
    /// How many teams are a department, and so on [default: 3, or the built-in node's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::size)]
    pub branching: Option<u32>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// Mean latency between nodes; a bare number means milliseconds
    #[arg(long, value_name = "TIME", default_value = "0", allow_negative_numbers = true, value_parser = values::millis)]
    pub latency: Duration,
    /// How latency spreads around its mean: constant, uniform, exponential,
    /// normal(sd=20ms), lognormal(sd=20ms) or pareto(alpha=2.5)
    #[arg(long, value_name = "NAME", default_value = "constant")]
    pub latency_dist: String,
    /// Standard deviation of normal and lognormal latency [default: a quarter of the mean]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = values::millis)]
    pub latency_sd: Option<Duration>,
    /// Tail index of pareto latency [default: 3]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true, value_parser = values::alpha)]
    pub latency_alpha: Option<f64>,
    /// Latency between clients and nodes: 5ms, '5ms exponential'
    #[arg(long, value_name = "TIME", default_value = "0", allow_negative_numbers = true, value_parser = values::latency)]
    pub client_latency: Latency,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults")]
pub struct Faults {
    /// Random faults, separated by commas: partition, kill, pause, loss, …
    #[arg(long, value_name = "KINDS", value_delimiter = ',', hide_possible_values = true, value_parser = Word { known: lists::fault_words, check: lists::check_fault })]
    pub nemesis: Vec<String>,
    /// Mean time between their begins and ends; a bare number means seconds
    #[arg(long, value_name = "TIME", default_value = "10s", allow_negative_numbers = true, value_parser = values::positive_seconds)]
    pub nemesis_interval: Duration,
    /// A schedule of faults, or the faults.toml of an earlier run
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Where every random choice comes from [default: drawn, and printed]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Verdict")]
pub struct Judging {
    /// The share of operations that must succeed: total, 0.999 or 99.9%
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub availability: Option<Availability>,
    /// A condition on a figure: 'net.servers.msgs-per-op < 20' (repeatable)
    #[arg(long = "assert", value_name = "CONDITION")]
    pub assertions: Vec<String>,
    /// Every offence of a node makes the run invalid, not only broken promises
    #[arg(long)]
    pub strict: bool,
    /// Whether a read may show an element twice
    #[arg(
        long,
        value_name = "RULE",
        default_value = "forbid",
        hide_possible_values = true
    )]
    pub duplicates: DuplicateRule,
    /// How long the nodes may take to recover after the last fault
    #[arg(long, value_name = "TIME", default_value = "10s", allow_negative_numbers = true, value_parser = values::seconds)]
    pub recovery: Duration,
    /// Waits that long in any case and reads once, as the reference does
    #[arg(long)]
    pub recovery_fixed: bool,
}

/// Whether a read may show an element twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DuplicateRule {
    /// It may not
    Forbid,
    /// It may
    Allow,
}

/// Many runs, and which of them keep their records.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sweeps")]
pub struct Sweeping {
    /// So many runs, whatever the verdicts; says which seeds fail how
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::count)]
    pub stress_count: Option<usize>,
    /// Runs for so long, likewise; a bare number means seconds
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = values::positive_seconds)]
    pub stress_duration: Option<Duration>,
    /// Whose records stay: failed, all, none [default: of many failed]
    #[arg(long, value_name = "RUNS", hide_possible_values = true)]
    pub keep: Option<KeepRule>,
    /// How many simulations run at once [default: one per core]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::count)]
    pub jobs: Option<usize>,
}

/// Which runs keep their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeepRule {
    /// Those that are not valid
    Failed,
    /// All
    All,
    /// None
    None,
}

/// What CI systems are told.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Telling {
    /// Puts JUnit XML of all runs into this file; a run that keeps its records has a
    /// junit.xml of its own too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Speaks to the CI system it runs in: auto, github (annotations, job summary), gitlab
    /// (folded sections) or none
    #[arg(
        long = "ci",
        value_name = "SYSTEM",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub ci: CiRule,
}

/// Which CI system is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CiRule {
    /// The one that the environment names
    #[default]
    Auto,
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// None
    None,
}

/// How a trace is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceRule {
    /// A flame graph
    Flame,
    /// Events for ui.perfetto.dev
    Chrome,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Runs this often, with seed, seed+1, …, until a run is not valid
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = values::count, conflicts_with_all = ["stress_count", "stress_duration"])]
    pub test_count: usize,
    /// Shows what would be run, and runs nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Prints results.json instead of the summary
    #[arg(long)]
    pub json: bool,
    /// No progress, and a summary only of a run that is not valid
    #[arg(short, long)]
    pub quiet: bool,
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = "store")]
    pub store: PathBuf,
    /// Writes nothing to disk
    #[arg(long)]
    pub no_store: bool,
    /// Writes no report.html; `swelkie report` does it later
    #[arg(long)]
    pub no_report: bool,
    /// Does not record messages
    #[arg(long)]
    pub no_messages: bool,
    /// Records where built-in nodes spend their time: flame (flame.svg), or chrome
    /// (trace.json, for ui.perfetto.dev)
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    pub trace: Option<TraceRule>,
    /// Shows what nodes write to stderr
    #[arg(long)]
    pub log_stderr: bool,
    /// Shows every message that is sent
    #[arg(long)]
    pub log_net_send: bool,
    /// Shows every message that is delivered
    #[arg(long)]
    pub log_net_recv: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Bytes queued for slow readers that end the run as an overload
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = values::bytes)]
    pub queue_limit: u64,
    /// How often one node may tell another the same message within 10 s, less with many links; more is a storm and ends the run
    #[arg(long, value_name = "COPIES", default_value = "5000", allow_negative_numbers = true, value_parser = values::count)]
    pub storm_limit: usize,
    /// Bytes that a line of a node may have; what is longer is thrown away and reported
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = values::bytes)]
    pub line_limit: u64,
    /// Bytes of recorded messages past which bodies are left out
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = values::bytes)]
    pub journal_limit: u64,
    /// How many nodes may be starting at once
    #[arg(long, value_name = "N", default_value = "32", allow_negative_numbers = true, value_parser = values::count)]
    pub spawn_limit: usize,
}
