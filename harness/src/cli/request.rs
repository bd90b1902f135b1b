//! From flags to the options of a run: what clap cannot check one by one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use swelkie::engine::Recovery;
use swelkie::labels::LabelChoice;
use swelkie::network::{Latency, Shape};
use swelkie::options::{Binary, Keep, Options, Target, TraceFormat, node_names};
use swelkie::units::Unit;
use swelkie_nodes::Seed;

use super::Failure;
use super::arguments::{DuplicateRule, Network, TestArguments, TraceRule};
use super::lists;

impl TestArguments {
    /// The options of a run with this seed; `command` is what runs it again.
    ///
    /// # Errors
    /// If flags are missing or contradict each other.
    pub fn options(&self, seed: u64, command: String) -> Result<Options, Failure> {
        let nodes = self.node_names();
        let target = self.target(&nodes)?;
        let workload = self.workload()?;
        Ok(Options {
            sim: self.tested.sim,
            time_limit: self.operations.time_limit,
            rate: self.operations.rate,
            concurrency: self.operations.concurrency,
            latency: self.network.between_nodes()?,
            client_latency: self.network.client_latency,
            topology: self.operations.topology.clone(),
            labels: LabelChoice {
                priorities: self.operations.priorities.clone(),
                sensitivities: self.operations.sensitivities.clone(),
                team_size: self.operations.team_size,
                branching: self.operations.branching,
            },
            nemesis: self.faults.nemesis.clone(),
            nemesis_interval: self.faults.nemesis_interval,
            faults: self.faults.faults.clone(),
            seed: Seed(seed),
            init_timeout: self.cluster.init_timeout,
            rpc_timeout: self.operations.rpc_timeout,
            recovery: Recovery {
                bound: self.judging.recovery,
                fixed: self.judging.recovery_fixed,
            },
            availability: self.judging.availability,
            assertions: self.judging.assertions.clone(),
            strict: self.judging.strict,
            allow_duplicates: self.judging.duplicates == DuplicateRule::Allow,
            wipe: self.cluster.wipe,
            store: self.output.store.clone(),
            no_store: self.output.no_store,
            report: !self.output.no_report,
            keep: self.keep(),
            journal_messages: !self.output.no_messages,
            journal_limit: self.limits.journal_limit,
            line_limit: usize::try_from(self.limits.line_limit).unwrap_or(usize::MAX),
            queue_limit: self.limits.queue_limit,
            storm_limit: self.limits.storm_limit as u64,
            spawn_limit: self.limits.spawn_limit,
            trace: self.output.trace.map(|rule| match rule {
                TraceRule::Flame => TraceFormat::Flame,
                TraceRule::Chrome => TraceFormat::Chrome,
            }),
            log_stderr: self.output.log_stderr,
            log_net_send: self.output.log_net_send,
            log_net_recv: self.output.log_net_recv,
            catch_signals: true,
            command,
            nodes,
            ..Options::new(&workload, target)
        })
    }

    /// Of several runs the valid ones are not looked at.
    fn keep(&self) -> Keep {
        let several = self.output.test_count > 1 || self.sweeping.stresses();
        let default = if several { Keep::Failed } else { Keep::All };
        self.sweeping.keep.map_or(default, Keep::from)
    }

    fn node_names(&self) -> Vec<String> {
        match self.cluster.nodes.as_slice() {
            [] => node_names(self.cluster.node_count),
            names => names.to_vec(),
        }
    }

    fn workload(&self) -> Result<String, Failure> {
        self.tested.workload.clone().ok_or_else(|| {
            Failure::Usage(format!(
                "which promises shall be tested? Name a workload with -w: {}\n\
                 (`swelkie workloads` shows their messages; the reference's default, lin-kv, is not built yet)",
                lists::workload_names()
            ))
        })
    }

    fn target(&self, nodes: &[String]) -> Result<Target, Failure> {
        match (&self.tested.builtin, self.tested.bin.as_slice()) {
            (Some(_), [_, ..]) => Err(usage(
                "--bin and --builtin exclude each other: a run tests your program or one of Swelkie's nodes.\n\
                 To mix them start Swelkie's as a program: --bin n0=swelkie … -- node flood",
            )),
            (None, []) => Err(self.nothing_to_test()),
            (Some(spec), []) => self.builtin(spec),
            (None, _) if self.tested.sim => Err(usage(
                "--sim does not go with --bin: a simulation runs nodes inside this process in virtual time, \
                 and a program of its own reads the real clock.\n\
                 Leave out --sim, or simulate a built-in node: --builtin flood",
            )),
            (None, _) => self.binary(nodes).map(Target::Binary),
        }
    }

    fn nothing_to_test(&self) -> Failure {
        let workload = self.tested.workload.as_deref().unwrap_or("broadcast");
        let known = lists::some_nodes_for(workload);
        Failure::Usage(format!(
            "nothing to test: name your node program with --bin ./my-node, or a built-in node with --builtin ({known})"
        ))
    }

    fn builtin(&self, spec: &str) -> Result<Target, Failure> {
        let for_programs = [
            ("--env", !self.cluster.env.is_empty()),
            ("--cwd", self.cluster.cwd.is_some()),
            ("--home", self.cluster.home),
            ("--wrap", self.cluster.wrap.is_some()),
            ("arguments after --", !self.tested.arguments.is_empty()),
        ];
        if let Some((flag, _)) = for_programs.iter().find(|flag| flag.1) {
            return Err(Failure::Usage(format!(
                "{flag}: only for programs given by --bin; a built-in node takes its parameters in its spec \
                 (`swelkie nodes`).\n\
                 To start it like any other program: --bin swelkie -- node {spec}"
            )));
        }
        Ok(Target::Builtin(spec.to_owned()))
    }

    fn binary(&self, nodes: &[String]) -> Result<Binary, Failure> {
        let mut programs = BTreeMap::new();
        let mut everywhere: Option<PathBuf> = None;
        for program in &self.tested.bin {
            let path = program.path.clone();
            let earlier = match &program.node {
                Some(node) => programs.insert(node.clone(), path),
                None => everywhere.replace(path),
            };
            if let Some(earlier) = earlier {
                let whose = program.node.as_deref().unwrap_or("all nodes");
                return Err(Failure::Usage(format!(
                    "--bin names two programs for {whose}: {} and {}; write NODE=PATH for one node alone",
                    earlier.display(),
                    program.path.display()
                )));
            }
        }
        check_owners(&programs, nodes)?;
        if let (None, Some(node)) = (
            &everywhere,
            nodes.iter().find(|node| !programs.contains_key(*node)),
        ) {
            return Err(Failure::Usage(format!(
                "no program for {node}: give one for it (--bin {node}=PATH) or for all other nodes (--bin PATH)"
            )));
        }
        let program = everywhere.or_else(|| programs.values().next().cloned());
        Ok(Binary {
            program: program.unwrap_or_default(),
            programs,
            args: self.tested.arguments.clone(),
            env: self.cluster.env.clone(),
            cwd: self.cluster.cwd.clone(),
            home: self.cluster.home,
            wrap: self.cluster.wrap.clone().unwrap_or_default(),
        })
    }
}

/// `--bin n7=./old` must name a node.
fn check_owners(programs: &BTreeMap<String, PathBuf>, nodes: &[String]) -> Result<(), Failure> {
    let Some((owner, path)) = programs.iter().find(|(owner, _)| !nodes.contains(owner)) else {
        return Ok(());
    };
    let shown = swelkie::text::excerpt(owner.as_bytes(), 40);
    let path = path.display();
    let some: Vec<&str> = nodes.iter().take(8).map(String::as_str).collect();
    let more = if nodes.len() > some.len() {
        ", …"
    } else {
        ""
    };
    Err(Failure::Usage(format!(
        "--bin {shown}={path}: there is no node {shown} (there are {}{more}); \
         write ./{shown}={path} if that is the name of a file",
        some.join(", ")
    )))
}

impl Network {
    /// `--latency`, `--latency-dist` and its options together.
    fn between_nodes(&self) -> Result<Latency, Failure> {
        let text = self.latency_dist.trim();
        // normal(sd=20ms) is normal sd=20ms.
        let plain: String = match text.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, options)) => format!("{name} {}", options.replace(',', " ")),
            None => text.to_owned(),
        };
        let shape = Shape::parse(&plain, self.latency, Some(Unit::Millis));
        let mut shape =
            shape.map_err(|error| Failure::Usage(format!("--latency-dist {text}: {error}")))?;
        let name = shape.name();
        let misplaced = |flag: &str, fits: &str| {
            Err(Failure::Usage(format!(
                "{flag} belongs to {fits} latency, and --latency-dist is {name}"
            )))
        };
        if let Some(given) = self.latency_sd {
            match &mut shape {
                Shape::Normal { sd } | Shape::LogNormal { sd } => *sd = given,
                _ => return misplaced("--latency-sd", "normal and lognormal"),
            }
        }
        if let Some(given) = self.latency_alpha {
            match &mut shape {
                Shape::Pareto { alpha } => *alpha = given,
                _ => return misplaced("--latency-alpha", "pareto"),
            }
        }
        Ok(Latency {
            mean: self.latency,
            shape,
        })
    }
}

fn usage(text: &str) -> Failure {
    Failure::Usage(text.to_owned())
}
