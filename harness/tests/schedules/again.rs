//! Randomised faults are drawn first, so that what happened can be run again.

use std::time::Duration;

use swelkie::engine::FaultRecord;
use swelkie_nodes::Seed;

use crate::common::Run;
use crate::common::files::Files;
use crate::{SEED, carry_out, simulated};

const RANDOM: [&str; 13] = [
    "partition",
    "one-way",
    "hold",
    "loss",
    "duplicate",
    "reorder",
    "latency",
    "slow",
    "bandwidth",
    "kill",
    "stop",
    "pause",
    "restart",
];

fn random(kinds: &[&str]) -> Run {
    simulated("flood-retry").with(|options| {
        options.nemesis = kinds.iter().map(|&kind| kind.to_owned()).collect();
        options.nemesis_interval = Duration::from_secs(1);
    })
}

/// The schedule in a file, comments left out.
fn planned(run: &Run) -> String {
    let text = String::from_utf8(run.bytes("faults.toml")).expect("text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_schedule_that_happened_runs_again_to_the_byte() {
    for seed in [1, 2, 3] {
        let first = random(&RANDOM).with(|options| options.seed = Seed(seed));
        let report = first.report();
        assert!(report.faults.len() > 30, "{} faults", report.faults.len());
        let happened = String::from_utf8(first.bytes("faults.toml")).expect("text");
        let again = simulated("flood-retry")
            .with(|options| options.seed = Seed(seed))
            .schedule(&happened);
        again.report();
        for name in ["history.jsonl", "messages.jsonl", "faults.toml"] {
            assert!(
                first.bytes(name) == again.bytes(name),
                "seed {seed}: another {name}; schedule:\n{happened}"
            );
        }
    }
}

#[test]
fn a_fault_more_changes_neither_the_operations_nor_the_other_faults() {
    let of = |kinds: &[&str]| {
        let run = random(kinds)
            .with(|options| options.concurrency = swelkie::options::Concurrency::PerNode(20));
        let (report, files) = carry_out(&run);
        (files.generated(), report.faults)
    };
    let (quiet, _) = of(&[]);
    assert!(quiet.len() > 400, "{}", quiet.len());
    let (cut, cuts) = of(&["partition"]);
    for kind in RANDOM {
        let (generated, _) = of(&[kind]);
        assert_eq!(generated, quiet, "{kind}, seed {SEED}");
    }
    let (both, faults) = of(&["partition", "kill", "loss"]);
    assert_eq!((&cut, &both), (&quiet, &quiet));
    let times = |faults: &[FaultRecord]| {
        let cuts = faults
            .iter()
            .filter(|fault| fault.name.contains("partition"));
        cuts.map(|fault| {
            (
                fault.name.clone(),
                fault.summary.clone(),
                fault.began,
                fault.ended,
            )
        })
        .collect::<Vec<_>>()
    };
    assert!(cuts.len() > 2);
    assert_eq!(times(&faults), times(&cuts));
}

/// The names of the faults in the order in which they began.
fn begun(files: &Files) -> Vec<&str> {
    let begun = files
        .lines
        .iter()
        .filter(|line| line.of_nemesis() && line.f == "begin");
    begun.filter_map(|line| line.fault.as_deref()).collect()
}

#[test]
fn a_live_run_has_the_operations_and_the_faults_of_the_simulated_one_and_so_has_its_schedule_again()
{
    let kinds = ["partition", "kill", "pause", "loss"];
    let short = |run: Run, live: bool| {
        run.with(|options| {
            options.sim = !live;
            options.time_limit = Duration::from_secs(2);
            options.nemesis_interval = Duration::from_millis(300);
            options.concurrency = swelkie::options::Concurrency::PerNode(20);
        })
    };
    let simulation = short(random(&kinds), false);
    let live = short(random(&kinds), true);
    let expected = carry_out(&simulation).1;
    let happened = carry_out(&live).1;
    let schedule = String::from_utf8(live.bytes("faults.toml")).expect("text");
    let again = short(simulated("flood-retry").schedule(&schedule), true);
    let replayed = carry_out(&again).1;
    assert_eq!(planned(&simulation), planned(&live));
    assert_eq!(planned(&live), planned(&again));
    for files in [&happened, &replayed] {
        // Live the clock decides how many operations there is time for.
        let (generated, expected) = (files.generated(), expected.generated());
        let shared = generated.len().min(expected.len());
        assert!(
            shared > 40 && shared * 10 > expected.len() * 7,
            "{} of {}",
            generated.len(),
            expected.len()
        );
        assert_eq!(generated[..shared], expected[..shared], "seed {SEED}");
        assert_eq!(begun(files), begun(&happened));
    }
}
