//! Random clusters under random faults, in simulation: what holds in the files of
//! every run ([`common::laws`]), and the same bytes for the same seed.

mod common;

use std::time::Duration;

use common::{Run, laws, story};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use swelkie::engine::Rate;
use swelkie::faults::Kind;
use swelkie::network::{Latency, Shape};
use swelkie::options::Concurrency;
use swelkie_checkers::Validity;
use swelkie_nodes::{Seed, registry};

/// A run as a person would ask for it.
#[derive(Clone, Debug)]
struct Case {
    workload: &'static str,
    node: &'static str,
    nodes: usize,
    seed: u64,
    rate: u32,
    per_node: usize,
    latency_ms: u64,
    exponential: bool,
    client_latency_ms: u64,
    seconds: u64,
    nemesis: Vec<&'static str>,
    interval_ms: u64,
    rpc_timeout_ms: u64,
    wipe: bool,
    schedule: Vec<Entry>,
}

/// A fault of a schedule file, which may overlap any other and touch clients.
#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    at_ms: u64,
    for_ms: Option<u64>,
    whole: bool,
    clients: bool,
}

impl Entry {
    fn toml(&self) -> String {
        let mut text = format!(
            "[[fault]]\nkind = \"{}\"\nat = \"{}ms\"\n",
            self.kind, self.at_ms
        );
        if let Some(span) = self.for_ms.filter(|_| self.kind != Kind::Restart) {
            text += &format!("for = \"{span}ms\"\n");
        }
        text += match self.kind {
            Kind::Loss | Kind::Duplicate => "probability = \"40%\"\n",
            Kind::Reorder => "probability = \"40%\"\ndelay = \"90ms\"\n",
            Kind::Latency => "latency = \"60ms uniform\"\n",
            Kind::Slow => "delay = \"60ms\"\n",
            Kind::Bandwidth => "bandwidth = \"5kB/s\"\n",
            _ => "",
        };
        text += match (self.kind, self.kind.on_processes(), self.clients) {
            (_, true, _) if self.whole => "targets = \"all\"\n",
            (_, true, _) => "targets = \"one\"\n",
            (Kind::OneWay, _, true) => "from = \"nodes\"\nto = \"clients\"\n",
            (Kind::OneWay, _, false) => "from = \"n0\"\n",
            (_, false, true) => "between = [\"nodes\", \"clients\"]\n",
            (Kind::Partition | Kind::Hold, false, false) => "targets = \"one\"\n",
            _ => "",
        };
        text
    }
}

impl Case {
    fn run(&self) -> Run {
        let run = if self.schedule.is_empty() {
            self.base()
        } else {
            self.base().schedule(&self.toml())
        };
        run.with(|options| options.init_timeout = Duration::from_secs(3))
    }

    fn toml(&self) -> String {
        self.schedule.iter().map(Entry::toml).collect()
    }

    fn base(&self) -> Run {
        Run::sim(self.workload, self.node)
            .nodes(self.nodes)
            .with(|options| {
                let millis = Duration::from_millis;
                options.seed = Seed(self.seed);
                options.rate = Rate::PerSecond(f64::from(self.rate));
                options.concurrency = Concurrency::PerNode(self.per_node);
                options.latency = Latency {
                    mean: millis(self.latency_ms),
                    shape: if self.exponential {
                        Shape::Exponential
                    } else {
                        Shape::Constant
                    },
                };
                options.client_latency = Latency::constant(millis(self.client_latency_ms));
                options.time_limit = Duration::from_secs(self.seconds);
                options.nemesis = self.nemesis.iter().map(|&kind| kind.to_owned()).collect();
                options.nemesis_interval = millis(self.interval_ms);
                options.rpc_timeout = Some(millis(self.rpc_timeout_ms));
                options.wipe = self.wipe;
            })
    }

    /// The command that runs it again.
    fn command(&self) -> String {
        let distribution = if self.exponential {
            "exponential"
        } else {
            "constant"
        };
        let mut command = format!(
            "swelkie test --init-timeout 3 --sim -w {} --builtin {} --node-count {} --seed {} --rate {} --concurrency {}n --latency {} --latency-dist {distribution} --client-latency {} --time-limit {} --rpc-timeout {}ms",
            self.workload,
            self.node,
            self.nodes,
            self.seed,
            self.rate,
            self.per_node,
            self.latency_ms,
            self.client_latency_ms,
            self.seconds,
            self.rpc_timeout_ms,
        );
        if !self.nemesis.is_empty() {
            command += &format!(
                " --nemesis {} --nemesis-interval {}ms",
                self.nemesis.join(","),
                self.interval_ms
            );
        }
        if self.wipe {
            command += " --wipe";
        }
        if !self.schedule.is_empty() {
            command += &format!(
                " --faults faults.toml, where faults.toml is\n{}",
                self.toml()
            );
        }
        command
    }

    /// Whether the node promises to keep its word under these faults.
    fn promised(&self) -> bool {
        let entry = registry::find(self.node).expect("a node");
        let answers_come_in_time = 2 * self.client_latency_ms < self.rpc_timeout_ms;
        let usual = answers_come_in_time && self.schedule.is_empty() && !self.wipe;
        let calm = self.nemesis.is_empty() && entry.promises.everybody;
        usual && (calm || (entry.promises.kill && entry.promises.loss))
    }
}

/// Sound nodes with a workload they answer. The load of the benchmarks is left out.
fn tested() -> Vec<(&'static str, &'static str)> {
    let sound = registry::entries().filter(|entry| !entry.planted && !entry.process_only);
    sound
        .flat_map(|entry| {
            entry
                .workloads
                .iter()
                .map(|&workload| (workload, entry.name))
        })
        .collect()
}

fn case() -> impl Strategy<Value = Case> {
    let kinds = Kind::ALL.map(Kind::name).to_vec();
    let cluster = (
        prop::sample::select(tested()),
        1..6usize,
        any::<u32>(),
        5..60u32,
        1..4usize,
    );
    let network = (
        prop::sample::select(vec![0, 1, 20, 150]),
        any::<bool>(),
        prop::sample::select(vec![0, 0, 7, 120]),
    );
    let faults = (
        prop::sample::subsequence(kinds, 0..=5),
        200..2500u64,
        any::<bool>(),
    );
    let times = (2..6u64, prop::sample::select(vec![50, 400, 5000]));
    let schedule = prop_oneof![Just(Vec::new()), prop::collection::vec(entry(), 1..7)];
    (cluster, network, faults, times, schedule).prop_map(
        |(cluster, network, faults, times, schedule)| {
            let ((workload, node), nodes, seed, rate, per_node) = cluster;
            Case {
                workload,
                node,
                nodes,
                seed: seed.into(),
                rate,
                per_node,
                latency_ms: network.0,
                exponential: network.1,
                client_latency_ms: network.2,
                seconds: times.0,
                nemesis: faults.0,
                interval_ms: faults.1,
                rpc_timeout_ms: times.1,
                wipe: faults.2,
                // Nobody can be cut off from nobody.
                schedule: schedule
                    .into_iter()
                    .filter(|entry: &Entry| nodes > 1 || entry.clients || entry.kind.on_processes())
                    .collect(),
            }
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    let span = prop::option::weighted(0.8, 1..3000u64);
    let entry = (
        prop::sample::select(Kind::ALL.to_vec()),
        0..5000u64,
        span,
        any::<bool>(),
        any::<bool>(),
    );
    entry.prop_map(|(kind, at_ms, for_ms, whole, clients)| Entry {
        kind,
        at_ms,
        for_ms,
        whole,
        clients,
    })
}

fn holds(case: &Case) -> Result<(), String> {
    let run = case.run();
    let report = run.unchecked();
    laws::check(&run.files())?;
    // A short run may be down all the time.
    let broken = report
        .anomalies
        .iter()
        .any(|anomaly| anomaly.kind != "never-succeeded");
    if case.promised() && broken && report.validity == Validity::Invalid {
        return Err(format!(
            "{} keeps its word under every fault, but {}",
            case.node,
            story(&report)
        ));
    }
    let again = case.run();
    again.unchecked();
    for name in ["messages.jsonl", "history.jsonl", "faults.toml"] {
        if run.bytes(name) != again.bytes(name) {
            return Err(format!("the same seed gave another {name}"));
        }
    }
    Ok(())
}

#[test]
fn whatever_is_run_its_files_keep_every_law_and_the_same_seed_gives_the_same_bytes() {
    let config = ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&case(), |case| {
        holds(&case).map_err(|broken| {
            TestCaseError::fail(format!("{broken}\nrun again: {}", case.command()))
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
