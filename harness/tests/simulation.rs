//! Simulated clusters: same seed, same bytes; what survives which faults.

mod common;

use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie::network::{Latency, Shape};
use swelkie_checkers::Validity;
use swelkie_nodes::Seed;
use swelkie_nodes::strategy::Sensitivity;

fn broadcast(spec: &str, seed: u64, nemesis: &[&str]) -> Run {
    Run::sim("broadcast", spec).with(|options| {
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

/// Everything but the `run` object of `results.json`.
fn bytes(run: &Run) -> Vec<Vec<u8>> {
    let results = run.bytes("results.json");
    let mut results: serde_json::Value = serde_json::from_slice(&results).expect("JSON");
    results.as_object_mut().expect("an object").remove("run");
    let mut all = vec![serde_json::to_vec(&results).expect("JSON")];
    all.extend(["history.jsonl", "messages.jsonl", "faults.toml"].map(|name| run.bytes(name)));
    all
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let every = [
        "partition",
        "kill",
        "pause",
        "loss",
        "duplicate",
        "latency",
        "one-way",
    ];
    let of = |seed| {
        let run = broadcast("flood-retry", seed, &every);
        run.report();
        bytes(&run)
    };
    let first = of(7);
    assert!(
        first.iter().all(|file| file.len() > 100),
        "there is something to compare"
    );
    assert_eq!(first, of(7));
    assert_ne!(first, of(8));
}

#[test]
fn flood_retry_is_valid_under_every_kind_of_fault() {
    let kinds = [
        "partition",
        "kill",
        "pause",
        "loss",
        "duplicate",
        "latency",
        "one-way",
    ];
    for (seed, kind) in (0..).zip(kinds.iter().cycle().take(28)) {
        let run = broadcast("flood-retry", seed, &[kind]);
        let report = run.report();
        assert_eq!(
            report.validity,
            Validity::Valid,
            "{kind}, seed {seed}: {}",
            story(&report)
        );
    }
}

#[test]
fn flood_loses_messages_under_partitions_and_the_evidence_names_message_node_and_fault() {
    let mut invalid = 0;
    for seed in 0..10 {
        let run = broadcast("flood", seed, &["partition"]);
        let report = run.report();
        if report.validity != Validity::Invalid {
            continue;
        }
        invalid += 1;
        let lost = report
            .anomalies
            .iter()
            .find(|anomaly| anomaly.kind == "lost");
        let lost = lost.unwrap_or_else(|| panic!("seed {seed}: {}", story(&report)));
        assert!(
            lost.element.is_some() && lost.node_name.is_some(),
            "{lost:?}"
        );
        assert!(
            lost.text.contains("partition"),
            "seed {seed}: {}",
            lost.text
        );
    }
    assert!(
        invalid >= 8,
        "partitions broke flood in {invalid} of 10 runs only"
    );
}

#[test]
fn flood_is_valid_on_every_topology_when_nothing_goes_wrong() {
    let shapes = [
        "line",
        "grid",
        "tree2",
        "tree3",
        "tree4",
        "total",
        "ring",
        "star",
        "random-regular(4)",
        "small-world(4,0.1)",
        "scale-free(2)",
    ];
    for (seed, shape) in (0..).zip(shapes) {
        let run = broadcast("flood", seed, &[]).nodes(25).with(|options| {
            let shape = shape.parse().expect("a shape");
            options.topology = swelkie::options::TopologyChoice::Shape(shape);
        });
        let report = run.report();
        assert_eq!(
            report.validity,
            Validity::Valid,
            "{shape}: {}",
            story(&report)
        );
    }
}

#[test]
fn every_built_in_node_is_valid_at_its_own_workloads_unless_it_leaves_that_to_chance() {
    let sound = swelkie_nodes::registry::entries()
        .filter(|entry| !entry.planted && !entry.process_only && entry.promises.everybody);
    for entry in sound {
        for &workload in entry.workloads {
            let run = Run::sim(workload, entry.name).with(|options| {
                options.rate = Rate::PerSecond(50.0);
                // Without latency what circulates would never let time pass.
                options.latency = Latency::constant(Duration::from_millis(20));
            });
            let report = run.report();
            assert_eq!(
                report.validity,
                Validity::Valid,
                "{} at {workload}: {}",
                entry.name,
                story(&report)
            );
        }
    }
}

#[test]
fn every_planted_bug_is_caught() {
    for entry in
        swelkie_nodes::registry::entries().filter(|entry| entry.name.starts_with("broken-"))
    {
        for &workload in entry.workloads {
            let caught = (0..5).any(|seed| {
                let run = Run::sim(workload, entry.name).with(|options| {
                    options.seed = Seed(seed);
                    options.rate = Rate::PerSecond(50.0);
                    options.nemesis = vec!["kill".to_owned()];
                    options.nemesis_interval = Duration::from_secs(3);
                    if entry.name == "broken-leaks" {
                        // Where everything is for everybody nothing can leak.
                        options.labels.sensitivities = vec![Sensitivity::Team];
                    }
                });
                run.report().validity == Validity::Invalid
            });
            assert!(
                caught,
                "{} at {workload} was never judged invalid",
                entry.name
            );
        }
    }
}

#[test]
fn a_run_without_operations_is_unknown() {
    let run = Run::sim("broadcast", "flood").with(|options| options.time_limit = Duration::ZERO);
    let report = run.report();
    assert_eq!(
        (report.validity, report.exit_status),
        (Validity::Unknown, 2),
        "{}",
        story(&report)
    );
}

#[test]
fn a_thousand_nodes_are_simulated() {
    let run = broadcast("flood", 1, &[]).nodes(1000).with(|options| {
        options.time_limit = Duration::from_secs(2);
        options.journal_messages = false;
    });
    assert_eq!(run.report().validity, Validity::Valid);
}
