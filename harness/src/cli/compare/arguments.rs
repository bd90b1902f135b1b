//! The flags of `swelkie compare`: those of `swelkie test` with the scoreboard's
//! defaults, and which strategies, how, and how often.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use swelkie::engine::Rate;
use swelkie::lab::compare::runner::Contestant;
use swelkie::lab::compare::{Key, Mode};
use swelkie::network::Latency;
use swelkie::options::Concurrency;
use swelkie::units::exact_duration;
use swelkie_nodes::registry;

use super::again::Again;
use crate::cli::arguments::{
    Cluster, Faults, Judging, Limits, Network, Operations, Output, Sweeping, Telling,
    TestArguments, Tested,
};
use crate::cli::repeat::command_line;
use crate::cli::values::{self, Program, Word};
use crate::cli::{Failure, lists};

/// The scoreboard's task.
const WORKLOAD: &str = "broadcast";

/// Everything after `swelkie compare`.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("node_count", |arg| arg.default_value("25")),
    mut_arg("time_limit", |arg| arg.default_value("20s")),
    mut_arg("rate", |arg| arg.default_value("100")),
    mut_arg("latency", |arg| arg.default_value("100ms")),
    // It is always waited out, or figures would not compare.
    mut_arg("recovery_fixed", |arg| arg.hide(true)),
    mut_arg("recovery", |arg| arg.help("How long the nodes may take to recover in the end; always waited out")),
)]
pub struct CompareArguments {
    #[command(flatten)]
    pub compared: Compared,
    #[command(flatten)]
    pub output: BoardOutput,
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
    pub limits: Limits,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What is compared")]
pub struct Compared {
    /// A built-in node: flood, sample:fanout=7 (repeatable; `swelkie strategies` lists them)
    #[arg(long, value_name = "SPEC", hide_possible_values = true, value_parser = Word { known: lists::node_words, check: lists::check_node })]
    pub builtin: Vec<String>,
    /// A node program (repeatable); it runs as real processes
    #[arg(long, value_name = "PATH", value_parser = OsStringValueParser::new().try_map(values::program))]
    pub bin: Vec<Program>,
    /// Built-in nodes in virtual time [default, unless --live]
    #[arg(long)]
    pub sim: bool,
    /// Built-in nodes as real processes; with --sim both
    #[arg(long)]
    pub live: bool,
    /// Runs of each, with seed, seed+1, …
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = values::count)]
    pub runs: usize,
    /// Arguments for all the node programs
    #[arg(last = true, value_name = "NODE ARGUMENTS")]
    pub arguments: Vec<OsString>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct BoardOutput {
    /// What the table is sorted by: msgs, median, max, bytes, busiest or lost
    #[arg(long, value_name = "FIGURE", default_value = "msgs")]
    pub sort: Key,
    /// Prints the table as JSON
    #[arg(long)]
    pub json: bool,
    /// Writes the table to a file, too
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Writes a page with the fronts as charts, too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// No progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Where records of runs that are not valid are kept, the first of each row
    #[arg(long, value_name = "DIR", default_value = "store/compare")]
    pub store: PathBuf,
    /// Keeps no record
    #[arg(long)]
    pub no_store: bool,
}

impl CompareArguments {
    /// Every strategy with its runs.
    ///
    /// # Errors
    /// If flags are missing or contradict each other.
    pub fn contestants(&self, seed: u64, command: &[OsString]) -> Result<Vec<Contestant>, Failure> {
        let again = Again::new(command);
        let entries = self.entries()?;
        let contestants = entries.into_iter().map(|(name, tested)| {
            let runs = (0..self.compared.runs as u64).map(|index| {
                let seed = seed.wrapping_add(index);
                let command = again.test(&tested, seed);
                self.as_test(tested.clone()).options(seed, command)
            });
            Ok(Contestant {
                strategy: name,
                runs: runs.collect::<Result<_, Failure>>()?,
            })
        });
        contestants.collect()
    }

    /// Every strategy in every way it is run, as `swelkie test` names it.
    fn entries(&self) -> Result<Vec<(String, Tested)>, Failure> {
        self.check()?;
        let mut entries = Vec::new();
        for spec in &self.compared.builtin {
            for mode in self.modes(spec) {
                let tested = Tested {
                    workload: Some(WORKLOAD.to_owned()),
                    bin: Vec::new(),
                    builtin: Some(spec.clone()),
                    sim: mode == Mode::Sim,
                    arguments: Vec::new(),
                };
                entries.push((spec.clone(), tested));
            }
        }
        for program in &self.compared.bin {
            let tested = Tested {
                workload: Some(WORKLOAD.to_owned()),
                bin: vec![program.clone()],
                builtin: None,
                sim: false,
                arguments: self.compared.arguments.clone(),
            };
            entries.push((self.shown(program), tested));
        }
        Ok(entries)
    }

    /// A program as a row calls it: as it was named, or by the end of its path if that is
    /// long and says enough.
    fn shown(&self, program: &Program) -> String {
        /// More would make the table wide.
        const LONG: usize = 32;
        let full = program.path.display().to_string();
        let name = program.path.file_name();
        let same = self
            .compared
            .bin
            .iter()
            .filter(|other| other.path.file_name() == name);
        let short = match name {
            Some(name) if full.chars().count() > LONG && same.count() == 1 => {
                format!("…/{}", name.to_string_lossy())
            }
            _ => full,
        };
        swelkie::text::excerpt(short.as_bytes(), 120)
    }

    /// How a built-in node is run: in virtual time unless told otherwise, or unless it
    /// needs real files.
    fn modes(&self, spec: &str) -> Vec<Mode> {
        let needs_files = registry::resolve(spec).is_ok_and(|entry| entry.process_only);
        match (self.compared.sim, self.compared.live) {
            (false, false) | (true, true) if needs_files => vec![Mode::Live],
            (true, true) => vec![Mode::Sim, Mode::Live],
            (false, true) => vec![Mode::Live],
            // The plan says why a node that needs files cannot be simulated.
            (_, false) => vec![Mode::Sim],
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let refuse = |text: String| Err(Failure::Usage(text));
        let Compared {
            builtin,
            bin,
            sim,
            live,
            ..
        } = &self.compared;
        if builtin.is_empty() && bin.is_empty() {
            return refuse(format!(
                "nothing to compare: name built-in nodes with --builtin, programs with --bin, as many as you like\n\
                 (built-in nodes for broadcast: {})",
                lists::nodes_for(WORKLOAD)
            ));
        }
        if let Some(spec) = builtin.iter().find(|spec| !answers(spec)) {
            return refuse(format!(
                "--builtin {spec}: it does not answer broadcast, which is what is compared; these do: {}",
                lists::nodes_for(WORKLOAD)
            ));
        }
        if *sim && !*live && !bin.is_empty() {
            return refuse(
                "--sim does not go with --bin: a program of its own reads the real clock.\n\
                 Leave out --sim (built-in nodes are simulated anyway), or write --sim --live for built-in nodes in both ways".to_owned(),
            );
        }
        if let Some(program) = bin.iter().find(|program| program.node.is_some()) {
            let (node, path) = (
                program.node.as_deref().unwrap_or_default(),
                program.path.display(),
            );
            let node = swelkie::text::excerpt(node.as_bytes(), 40);
            return refuse(format!(
                "--bin {node}={path}: here a program runs on all nodes; mix them with `swelkie test`, \
                 or write ./{node}={path} if that is the name of a file"
            ));
        }
        let specs = builtin.iter().map(|spec| ("--builtin", spec.clone()));
        let paths = bin
            .iter()
            .map(|program| ("--bin", program.path.display().to_string()));
        let mut named: Vec<(&str, String)> = specs.chain(paths).collect();
        named.sort();
        match named.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => refuse(format!(
                "{} {} is named twice; for several runs of each write --runs 2",
                twice[0].0, twice[0].1
            )),
            None => self.check_program_flags(),
        }
    }

    /// Flags for programs want a program.
    fn check_program_flags(&self) -> Result<(), Failure> {
        if !self.compared.bin.is_empty() {
            return Ok(());
        }
        // Any built-in node gets the complaint of `swelkie test`.
        let first = self.compared.builtin.first().cloned();
        let tested = Tested {
            workload: Some(WORKLOAD.to_owned()),
            bin: Vec::new(),
            builtin: first,
            sim: false,
            arguments: self.compared.arguments.clone(),
        };
        let test = TestArguments {
            cluster: self.cluster.clone(),
            ..self.as_test(tested)
        };
        test.options(0, String::new()).map(|_| ())
    }

    /// The same task as `swelkie test` would be told it. What only concerns programs is
    /// left out for a built-in node, which may stand beside one here.
    fn as_test(&self, tested: Tested) -> TestArguments {
        let mut cluster = self.cluster.clone();
        if tested.builtin.is_some() {
            (cluster.env, cluster.cwd) = (Vec::new(), None);
            (cluster.home, cluster.wrap) = (false, None);
        }
        let judging = Judging {
            recovery_fixed: true,
            ..self.judging.clone()
        };
        TestArguments {
            tested,
            cluster,
            operations: self.operations.clone(),
            network: self.network.clone(),
            faults: self.faults.clone(),
            judging,
            telling: Telling::default(),
            sweeping: Sweeping::default(),
            output: Output {
                test_count: 1,
                dry_run: false,
                json: false,
                quiet: true,
                store: self.output.store.clone(),
                no_store: self.output.no_store,
                no_report: false,
                no_messages: false,
                trace: None,
                log_stderr: false,
                log_net_send: false,
                log_net_recv: false,
            },
            limits: self.limits.clone(),
        }
    }

    /// The task and the command, for people.
    pub fn about(&self, contestants: &[Contestant], seed: u64, command: &[OsString]) -> String {
        let plan = contestants.iter().flat_map(|one| &one.runs).next();
        let plan = plan.and_then(|options| options.plan().ok());
        let task = plan.map_or(String::new(), |plan| {
            let summary = plan.summary;
            let rate = summary
                .rate
                .map_or("as many operations as go".to_owned(), |rate| {
                    format!("{rate} operations a second")
                });
            let faults = match (summary.faults, self.faults.nemesis.join(", ")) {
                (0, _) => "no faults".to_owned(),
                (count, kinds) if kinds.is_empty() => format!("{count} faults"),
                (_, kinds) => format!("random faults ({kinds})"),
            };
            format!(
                "{} nodes, {rate} for {} s, half of them reads, topology {}, {} latency, {faults}, {} waited for recovery.",
                summary.nodes.len(),
                summary.time_limit_s,
                summary.topology.unwrap_or_default(),
                summary.latency,
                exact_duration(self.judging.recovery)
            )
        });
        let runs = self.compared.runs;
        format!(
            "{task} Each strategy ran {runs} time{}.\n\n{}",
            if runs == 1 { "" } else { "s" },
            command_line(command, seed)
        )
    }

    /// Whether the conditions are those of the public figures.
    pub fn is_the_scoreboard(&self) -> bool {
        let Self {
            cluster,
            operations,
            network,
            faults,
            judging,
            ..
        } = self;
        let nodes = match cluster.nodes.as_slice() {
            [] => cluster.node_count,
            names => names.len(),
        };
        let plain = network.latency_dist.trim() == "constant"
            && network.client_latency == Latency::constant(Duration::ZERO);
        let clients = match operations.concurrency {
            Concurrency::Clients(count) => count,
            Concurrency::PerNode(each) => each * nodes,
        };
        plain
            && nodes == 25
            && clients == 25
            && operations.rate == Rate::PerSecond(100.0)
            && operations.time_limit == Duration::from_secs(20)
            && network.latency == Duration::from_millis(100)
            && faults.nemesis.is_empty()
            && faults.faults.is_none()
            && judging.recovery == Duration::from_secs(10)
    }
}

fn answers(spec: &str) -> bool {
    registry::resolve(spec).is_ok_and(|entry| entry.workloads.contains(&WORKLOAD))
}
