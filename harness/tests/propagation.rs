//! What messages carried, in whole runs: a guess at our own nodes' messages must
//! find what is known exactly, and evidence must name what stopped an element.

mod common;

use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie::network::{Latency, Shape};
use swelkie::propagation::{DEFAULT_LIMIT, Follow, Propagation, Question};
use swelkie_checkers::{History, NodeRecord, Operation, Outcome, Phase, Value};
use swelkie_nodes::Seed;

fn run(workload: &str, spec: &str, seed: u64, nemesis: &[&str]) -> Run {
    Run::sim(workload, spec).with(|options| {
        options.seed = Seed(seed);
        options.rate = Rate::PerSecond(20.0);
        options.latency = Latency {
            mean: Duration::from_millis(50),
            shape: Shape::Exponential,
        };
        options.nemesis = nemesis.iter().map(|&kind| kind.to_owned()).collect();
        options.nemesis_interval = Duration::from_secs(2);
    })
}

/// The adds of `history.jsonl`.
fn history(run: &Run) -> History {
    let record = |name: &String| NodeRecord {
        name: name.clone(),
        judged: true,
    };
    let mut history = History {
        nodes: run.options.nodes.iter().map(record).collect(),
        ..History::default()
    };
    let lines = String::from_utf8(run.bytes("history.jsonl")).expect("text");
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if line["type"] != "invoke" || line["value"].is_null() {
            continue;
        }
        let element = history
            .elements
            .intern(&line["value"].to_string())
            .expect("JSON");
        history.operations.push(Operation {
            process: 0,
            node: 0,
            incarnation: 0,
            phase: Phase::Main,
            f: "add",
            input: Value::Element(element),
            invoked: line["time"].as_u64().expect("a time"),
            completed: None,
            outcome: Outcome::Pending,
            output: Value::Nothing,
            cause: None,
        });
    }
    history
}

#[test]
fn a_guess_at_built_in_nodes_finds_what_is_known_exactly_under_any_fault() {
    let kinds = ["partition", "kill", "loss", "duplicate", "one-way", "pause"];
    let nodes = [
        ("broadcast", "flood"),
        ("broadcast", "flood-retry"),
        ("g-set", "g-set"),
    ];
    for (seed, (workload, spec)) in (0..).zip(nodes.iter().cycle().take(12)) {
        let first = seed as usize % kinds.len();
        let run = run(workload, spec, seed, &kinds[first..]);
        run.report();
        let history = history(&run);
        let read = |builtin| {
            let question = Question {
                history: &history,
                services: &[],
                builtin,
                follow: Follow::All,
                limit: DEFAULT_LIMIT,
            };
            let open = || Ok(BufReader::new(File::open(run.file("messages.jsonl"))?));
            Propagation::read(&question, open).expect("the journal can be read")
        };
        let (exact, guess) = (read(true), read(false));
        assert!(
            exact.warnings().is_empty(),
            "{spec}, seed {seed}: {:?}",
            exact.warnings()
        );
        let mut carried = 0;
        for element in 0..history.elements.len() as u32 {
            for node in 0..history.nodes.len() {
                let at = exact.first(element, node);
                carried += usize::from(at.is_some());
                assert_eq!(
                    at,
                    guess.first(element, node),
                    "{spec}, seed {seed}: {element} at n{node}"
                );
            }
        }
        assert!(carried > 100, "{spec}, seed {seed}: {carried}");
    }
}

#[test]
fn what_a_partition_stops_is_explained_by_that_partition() {
    let mut explained = 0;
    for seed in 0..5 {
        let report = run("broadcast", "flood", seed, &["partition"]).report();
        for explanation in report.explanations.values() {
            let path = &explanation.path;
            assert!(
                path.exact && path.reached_ns.is_none(),
                "seed {seed}: {}",
                story(&report)
            );
            let drops = path
                .dropped
                .iter()
                .chain(path.stopped.iter().flat_map(|node| &node.dropped));
            let by: Vec<&str> = drops.filter_map(|drops| drops.fault.as_deref()).collect();
            assert!(!by.is_empty(), "seed {seed}: {}", explanation.text);
            for name in by {
                assert!(
                    name.contains("partition") && explanation.text.contains(name),
                    "{}",
                    explanation.text
                );
            }
            explained += 1;
        }
    }
    assert!(explained > 10, "{explained}");
}
