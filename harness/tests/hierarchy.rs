//! Messages that are for some only: who keeps them to those they are for, who does not,
//! and what urgency is worth.

mod common;

use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie::labels::LabelChoice;
use swelkie::network::Latency;
use swelkie::options::Options;
use swelkie::report::Report;
use swelkie_checkers::Validity;
use swelkie_nodes::Seed;
use swelkie_nodes::strategy::{Priority, Sensitivity};

fn labelled(options: &mut Options) {
    options.rate = Rate::PerSecond(40.0);
    options.time_limit = Duration::from_secs(5);
    options.labels = LabelChoice {
        priorities: vec![Priority::Urgent, Priority::Normal, Priority::Bulk],
        sensitivities: vec![
            Sensitivity::Team,
            Sensitivity::Department,
            Sensitivity::Everyone,
        ],
        ..LabelChoice::default()
    };
}

fn sim(spec: &str, nodes: usize) -> Run {
    Run::sim("broadcast", spec).nodes(nodes).with(labelled)
}

fn kinds(report: &Report) -> Vec<&str> {
    let mut kinds: Vec<_> = report
        .anomalies
        .iter()
        .map(|anomaly| &*anomaly.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[test]
fn everybody_gets_what_is_meant_for_them_and_nothing_else_through_faults_of_all_kinds() {
    for seed in 0..4 {
        let run = sim("leader", 12).with(|options| {
            options.seed = Seed(seed);
            options.latency = Latency::exponential(Duration::from_millis(50));
            options.nemesis = ["partition", "kill", "pause", "loss"]
                .map(str::to_owned)
                .into();
            options.nemesis_interval = Duration::from_secs(1);
        });
        let report = run.report();
        assert_eq!(
            report.validity,
            Validity::Valid,
            "seed {seed}: {}",
            story(&report)
        );
    }
}

#[test]
fn a_leader_that_is_gone_for_good_takes_with_it_only_what_it_told_nobody() {
    // Bulk waits at a leader that acknowledged it, which is when its loss would hurt.
    let killed = "[[fault]]\nkind = 'kill'\ntargets = ['n0']\nat = '4900ms'\nforever = true";
    for seed in 0..8 {
        let run = sim("leader", 12).schedule(killed).with(|options| {
            options.seed = Seed(seed);
            options.latency = Latency::constant(Duration::from_millis(20));
            options.labels.priorities = vec![Priority::Bulk];
        });
        let report = run.report();
        for anomaly in &report.anomalies {
            let own = anomaly.text.contains("was acknowledged by n0 ");
            assert!(own, "seed {seed}: {}", story(&report));
        }
    }
}

#[test]
fn who_tells_everybody_everything_leaks_and_who_leaves_one_out_loses() {
    for (spec, expected) in [
        ("broken-leaks", "leaked"),
        ("flood", "leaked"),
        ("broken-skips-n1", "lost"),
    ] {
        let report = sim(spec, 9).report();
        assert_eq!(report.validity, Validity::Invalid, "{spec}");
        assert_eq!(kinds(&report), [expected], "{spec}: {}", story(&report));
    }
}

#[test]
fn urgent_is_faster_than_normal_and_normal_than_bulk() {
    let run = sim("leader", 25).with(|options| {
        options.rate = Rate::PerSecond(100.0);
        options.latency = Latency::constant(Duration::from_millis(50));
        options.labels.sensitivities = vec![Sensitivity::Everyone];
    });
    let report = run.report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let median = |word: &str| {
        let name = format!("broadcast.stable-latency.{word}.p50");
        report.figures.get(&name).unwrap().as_f64()
    };
    let [urgent, normal, bulk] = ["urgent", "normal", "bulk"].map(median);
    assert!(
        urgent < normal && normal < bulk,
        "{urgent} < {normal} < {bulk} ms"
    );
    assert!(urgent <= 50.0, "one hop: {urgent} ms");
}

#[test]
fn a_program_that_knows_nothing_of_teams_takes_part_by_what_the_messages_say() {
    let run = Run::script("broadcast", "audience.py", &[]).nodes(7);
    let report = run.with(labelled).report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let leaky = Run::script("broadcast", "gossip.py", &[]).nodes(7);
    let report = leaky.with(labelled).report();
    assert_eq!(kinds(&report), ["leaked"], "{}", story(&report));
}
