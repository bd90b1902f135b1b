//! From options to a plan: names resolved, files read, faults drawn. What is
//! wrong is found here, before any node starts.

use std::fmt;
use std::fs;
use std::time::Duration;

use swelkie_checkers::assertion::Assertion;
use swelkie_checkers::set::Duplicates;
use swelkie_nodes::{Body, NodeId, registry as nodes};
use swelkie_workloads::topology::Topology;
use swelkie_workloads::{Workload, registry as workloads};

use crate::builtin;
use crate::engine::{Config, JournalConfig, NetworkConfig, Rate};
use crate::faults::{self, Cluster};
use crate::judge::{self, Demands};
use crate::labels;
use crate::live::{NodeCommand, NodeSettings, resolve_program, resolve_wrapped};
use crate::options::{Binary, Concurrency, Options, Target, TopologyChoice};
use crate::report::PlanSummary;
use crate::run::spreads;
use crate::services::{self, Service};

/// What the user wrote is wrong; the text says what, where, what was expected and
/// what to do. Exit status 254.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<String> for UsageError {
    fn from(text: String) -> UsageError {
        UsageError(text)
    }
}

/// A run that can begin.
pub struct Plan {
    /// What was asked for.
    pub options: Options,
    /// What that comes to, for people.
    pub summary: PlanSummary,
    /// The schedule with every target and time resolved, as a file that runs it again.
    pub schedule_toml: String,
    /// The topology, for workloads that have one.
    pub topology: Option<Topology>,
    /// What the user should know though it is not wrong.
    pub warnings: Vec<String>,
    pub(crate) config: Config,
    pub(crate) demands: Demands,
    pub(crate) nodes: Nodes,
    pub(crate) resolution: faults::Plan,
    pub(crate) cluster: Cluster,
    pub(crate) header: String,
}

/// How the nodes come to life.
pub(crate) enum Nodes {
    /// As processes, one command per node.
    Processes(Vec<NodeSettings>),
    /// In this process, from this spec.
    InProcess(String),
}

/// What is built before a configuration can be.
struct Parts {
    nodes: Vec<NodeId>,
    workload: Box<dyn Workload>,
    topology: Option<Body>,
    services: Vec<Box<dyn Service>>,
}

impl Options {
    /// Resolves everything.
    ///
    /// # Errors
    /// If anything the user wrote is wrong.
    pub fn plan(&self) -> Result<Plan, UsageError> {
        self.check_numbers()?;
        self.check_trace()?;
        let names = self.node_ids()?;
        let options = self.workload_options(&names)?;
        let labels = options.labels.as_ref();
        let labels = labels.map(|labels| labels::Shown(labels).to_string());
        let workload = workloads::build(&self.workload, &options).map_err(|err| err.to_string())?;
        let assertions = self.parse_assertions(&*workload)?;
        let nodes = self.nodes_from(&names)?;
        let topology = if workload.uses_topology() {
            Some(self.topology(&names)?)
        } else {
            None
        };
        let services = services::all();
        let cluster = Cluster {
            nodes: names.clone(),
            services: services
                .iter()
                .map(|service| NodeId::from(service.name()))
                .collect(),
            time_limit: self.time_limit,
        };
        let mut resolution = self.faults(&cluster)?;
        // What the file leaves open is as the options say; the schedule that is
        // written has both.
        let network = &mut resolution.network;
        network.latency.get_or_insert(self.latency);
        network.client_latency.get_or_insert(self.client_latency);
        let header = format!(
            "workload {}, {} nodes, seed {}",
            self.workload,
            names.len(),
            self.seed.0
        );
        let schedule_toml = faults::to_toml(
            &resolution.schedule,
            &resolution.network,
            &cluster,
            &header,
            |_| None,
        );
        let parts = Parts {
            topology: topology.as_ref().map(|topology| topology.body(&names)),
            nodes: names,
            workload,
            services,
        };
        let config = self.config(parts, &resolution);
        let warnings = resolution.warnings.iter();
        Ok(Plan {
            summary: self.summary(&config, &resolution, labels),
            demands: Demands {
                availability: self.availability,
                assertions,
                strict: self.strict,
                live_latency: (!self.sim).then_some(config.network.latency.mean.as_nanos() as u64),
            },
            warnings: warnings.map(|text| one_line(text)).collect(),
            options: self.clone(),
            schedule_toml,
            topology,
            config,
            nodes,
            resolution,
            cluster,
            header,
        })
    }

    fn workload_options(&self, names: &[NodeId]) -> Result<workloads::Options, UsageError> {
        Ok(workloads::Options {
            labels: self.labels.resolve(&self.workload, &self.target, names)?,
            duplicates: if self.allow_duplicates {
                Duplicates::Allow
            } else {
                Duplicates::Forbid
            },
        })
    }

    /// What the engine is told.
    fn config(&self, parts: Parts, resolution: &faults::Plan) -> Config {
        let network = &resolution.network;
        let standing = network.standing.iter();
        let standing = standing.map(|standing| (standing.links.clone(), standing.fault.clone()));
        let logs_net = self.log_net_send || self.log_net_recv;
        Config {
            concurrency: match self.concurrency {
                Concurrency::Clients(count) => count,
                Concurrency::PerNode(each) => each * parts.nodes.len(),
            },
            nodes: parts.nodes,
            workload: parts.workload,
            topology: parts.topology,
            services: parts.services,
            seed: self.seed,
            time_limit: self.time_limit,
            rate: self.rate,
            init_timeout: self.init_timeout,
            rpc_timeout: self.rpc_timeout.unwrap_or(Duration::from_secs(5)),
            recovery: self.recovery,
            network: NetworkConfig {
                latency: network.latency.unwrap_or(self.latency),
                client_latency: network.client_latency.unwrap_or(self.client_latency),
                always: standing.collect(),
            },
            schedule: resolution.schedule.clone(),
            storm_limit: spreads(&self.workload).then_some(self.storm_limit),
            wipe: self.wipe,
            spawn_limit: if self.sim {
                usize::MAX
            } else {
                self.spawn_limit
            },
            journal: JournalConfig {
                messages: (self.journal_messages && !self.no_store) || logs_net,
                history: !self.no_store,
                body_limit: self.journal_limit,
            },
        }
    }

    /// What the run comes to, for people.
    fn summary(
        &self,
        config: &Config,
        resolution: &faults::Plan,
        labels: Option<String>,
    ) -> PlanSummary {
        PlanSummary {
            workload: self.workload.clone(),
            target: self.target.to_string(),
            builtin: matches!(self.target, Target::Builtin(_)),
            mode: if self.sim { "sim" } else { "live" }.into(),
            nodes: self.nodes.clone(),
            seed: self.seed.0,
            time_limit_s: self.time_limit.as_secs_f64(),
            rate: match self.rate {
                Rate::PerSecond(rate) => Some(rate),
                Rate::Max => None,
            },
            concurrency: config.concurrency,
            latency: config.network.latency.to_string(),
            topology: config.topology.as_ref().map(|_| self.topology.to_string()),
            labels,
            faults: resolution.schedule.faults.len(),
        }
    }

    fn check_numbers(&self) -> Result<(), UsageError> {
        let refuse = |text: &str| Err(UsageError(text.to_owned()));
        match self.rate {
            Rate::PerSecond(rate) if !(rate > 0.0 && rate.is_finite()) => {
                return refuse("--rate wants operations per second above 0, or `max`");
            }
            Rate::Max if self.sim => {
                return refuse(
                    "--rate max does not go with --sim: virtual time stands still while clients are free; name a number, such as --rate 10000",
                );
            }
            _ => {}
        }
        let none = matches!(
            self.concurrency,
            Concurrency::Clients(0) | Concurrency::PerNode(0)
        );
        if none {
            return refuse(
                "--concurrency wants at least one client: a number, or `2n` for two per node",
            );
        }
        Ok(())
    }

    /// Only built-in nodes know their spans, and only time that passes can be measured.
    fn check_trace(&self) -> Result<(), UsageError> {
        let Some(format) = self.trace else {
            return Ok(());
        };
        let why = if matches!(self.target, Target::Binary(_)) {
            "does not go with --bin: it shows the spans that built-in nodes have in them; to see inside a program of your own start it under a profiler: --wrap 'perf record -g'"
        } else if self.sim {
            "does not go with --sim: in virtual time nothing takes any time; leave out --sim"
        } else if self.no_store {
            "does not go with --no-store: it is written to the run's directory; leave out --no-store"
        } else {
            return Ok(());
        };
        Err(UsageError(format!("--trace {format} {why}")))
    }

    fn node_ids(&self) -> Result<Vec<NodeId>, UsageError> {
        if self.nodes.is_empty() {
            return Err(UsageError(
                "there must be at least one node: --node-count 1".to_owned(),
            ));
        }
        for (index, name) in self.nodes.iter().enumerate() {
            check_node_name(name)?;
            if self.nodes[..index].contains(name) {
                return Err(UsageError(format!(
                    "--nodes names {name} twice; every node needs a name of its own"
                )));
            }
        }
        Ok(self
            .nodes
            .iter()
            .map(|name| NodeId::from(name.as_str()))
            .collect())
    }

    fn nodes_from(&self, names: &[NodeId]) -> Result<Nodes, UsageError> {
        match &self.target {
            Target::Builtin(spec) => {
                let entry = nodes::resolve(spec).map_err(|err| err.to_string())?;
                if self.sim && entry.process_only {
                    return Err(UsageError(format!(
                        "--sim does not go with --builtin {}: its nodes share a real file under a real lock, and a simulation has neither; leave out --sim",
                        entry.name
                    )));
                }
                if self.sim {
                    return Ok(Nodes::InProcess(spec.clone()));
                }
                let command = builtin::command(spec).map_err(|err| err.to_string())?;
                let settings = |name: &NodeId| NodeSettings {
                    name: name.clone(),
                    command: command.clone(),
                };
                Ok(Nodes::Processes(names.iter().map(settings).collect()))
            }
            Target::Binary(_) if self.sim => Err(UsageError(
                "--sim does not go with --bin: a simulation runs nodes inside this process in virtual time, and a program reads the real clock; leave out --sim, or name a built-in node with --builtin".to_owned(),
            )),
            Target::Binary(binary) => {
                let settings = names.iter().map(|name| {
                    let command = binary.command(name.as_str())?;
                    let name = name.clone();
                    Ok(NodeSettings { name, command })
                });
                let stranger = binary.programs.keys().find(|name| !self.nodes.contains(name));
                match stranger {
                    Some(name) => Err(UsageError(format!(
                        "--bin {name}=…: there is no node {name}; the nodes are {}",
                        self.nodes.join(", ")
                    ))),
                    None => Ok(Nodes::Processes(settings.collect::<Result<_, UsageError>>()?)),
                }
            }
        }
    }

    fn topology(&self, names: &[NodeId]) -> Result<Topology, UsageError> {
        match &self.topology {
            TopologyChoice::Shape(shape) => {
                let mut rng = self.seed.fork("topology");
                shape
                    .build(names.len(), &mut rng)
                    .map_err(|err| UsageError(format!("--topology: {err}")))
            }
            TopologyChoice::File(path) => {
                let shown = path.display();
                let text =
                    fs::read_to_string(path).map_err(|err| format!("--topology {shown}: {err}"))?;
                Topology::from_lists(&text, names)
                    .map_err(|err| UsageError(format!("--topology {shown}: {err}")))
            }
        }
    }

    fn faults(&self, cluster: &Cluster) -> Result<faults::Plan, UsageError> {
        let mut file = match &self.faults {
            None => faults::File::empty(),
            Some(path) => {
                let shown = path.display().to_string();
                let text =
                    fs::read_to_string(path).map_err(|err| format!("--faults {shown}: {err}"))?;
                faults::parse(&shown, &text).map_err(|err| err.to_string())?
            }
        };
        file.add_nemesis(&self.nemesis.join(","), self.nemesis_interval)?;
        faults::resolve(&file, cluster, self.seed.child("faults"))
            .map_err(|err| UsageError(err.to_string()))
    }

    fn parse_assertions(&self, workload: &dyn Workload) -> Result<Vec<Assertion>, UsageError> {
        let catalogue = judge::catalogue(workload);
        let parse = |text: &String| {
            let assertion: Assertion = text.parse().map_err(|err| format!("--assert: {err}"))?;
            assertion
                .verify(&catalogue)
                .map_err(|err| format!("--assert: {err}"))?;
            Ok(assertion)
        };
        let parsed: Result<_, String> = self.assertions.iter().map(parse).collect();
        Ok(parsed?)
    }
}

/// A warning of several lines for an editor, in one line for a report.
fn one_line(warning: &str) -> String {
    let lines = warning
        .lines()
        .map(|line| line.trim().trim_start_matches("= "));
    let text = lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    text.trim_start_matches("warning: ").to_owned()
}

/// Names become parts of file names, JSON and TOML, and must not look like a
/// client's or a service's.
fn check_node_name(name: &str) -> Result<(), UsageError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let client = name
        .strip_prefix('c')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    let service = services::all().iter().any(|service| service.name() == name);
    let why = if name.is_empty()
        || name.len() > 64
        || !name.bytes().all(plain)
        || name.starts_with('.')
    {
        "a node's name has 1 to 64 letters, digits, `-`, `_` and `.`, and does not begin with a dot"
    } else if client {
        "c and a number names a client"
    } else if matches!(name, "nodes" | "services" | "clients") {
        "schedules use that word for all of a kind"
    } else if service {
        "that is the name of a service"
    } else {
        return Ok(());
    };
    let shown = crate::text::excerpt(name.as_bytes(), 70);
    Err(UsageError(format!(
        "`{shown}` cannot be a node's name: {why}; n0, n1, … are usual"
    )))
}

impl Binary {
    fn command(&self, node: &str) -> Result<NodeCommand, UsageError> {
        let here = std::env::current_dir()
            .map_err(|err| UsageError(format!("the current directory: {err}")))?;
        let path = std::env::var_os("PATH");
        let program = self.programs.get(node).unwrap_or(&self.program).as_os_str();
        let usage = |flag: &'static str| move |err| UsageError(format!("{flag}: {err}"));
        let (program, wrap) = match self.wrap.split_first() {
            None => {
                let program = resolve_program(program, &here, path.as_deref());
                (program.map_err(usage("--bin"))?, Vec::new())
            }
            Some((wrapper, rest)) => {
                let wrapper =
                    resolve_program(wrapper, &here, path.as_deref()).map_err(usage("--wrap"))?;
                let wrapper = std::iter::once(wrapper.into_os_string());
                let program = resolve_wrapped(program, &here, path.as_deref());
                (
                    program.map_err(usage("--bin"))?,
                    wrapper.chain(rest.iter().cloned()).collect(),
                )
            }
        };
        Ok(NodeCommand {
            program,
            args: self.args.clone(),
            env: self.env.clone(),
            cwd: self.cwd.clone(),
            home: self.home,
            wrap,
        })
    }
}
