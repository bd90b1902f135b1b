//! Snapshots of what a person sees.

use std::collections::BTreeMap;
use std::path::PathBuf;

use swelkie_checkers::{Anomaly, Figure, Figures, Validity};
use swelkie_nodes::Time;

use super::{line, summary};
use crate::engine::{FaultRecord, Milestones};
use crate::report::{OffenceReport, PlanSummary, Report, RunInfo};

const MS: u64 = 1_000_000;

/// A valid live run of broadcast without faults.
fn valid() -> Report {
    let mut figures = Figures::default();
    for (kind, ok) in [("broadcast", 52), ("read", 52)] {
        figures.count(format!("ops.{kind}.count"), ok);
        figures.count(format!("ops.{kind}.ok"), ok);
        for ending in ["fail", "info", "pending"] {
            figures.count(format!("ops.{kind}.{ending}"), 0);
        }
        figures.quantiles(&format!("ops.{kind}.latency"), vec![MS / 2, MS]);
    }
    figures.count("ops.count", 104);
    figures.count("ops.ok", 104);
    figures.count("net.servers.msgs", 1412);
    figures.count("net.clients.msgs", 228);
    figures.set("net.servers.msgs-per-op", Figure::Number(13.577));
    figures.count("net.dropped", 0);
    figures.quantiles("broadcast.stable-latency", vec![0, 81 * MS, 402 * MS]);
    figures.quantiles("broadcast.carried.time-to-all", vec![90 * MS, 250 * MS]);
    figures.count("broadcast.carried.hops.max", 3);
    figures.set("broadcast.carried.copies", Figure::Number(1.25));
    figures.set("time.recovery", Figure::Duration(412 * MS));
    figures.count("recovery.rounds", 1);
    figures.set("harness.lateness.p99", Figure::Duration(80_000));
    Report {
        version: 1,
        validity: Validity::Valid,
        headline: "every promise of broadcast was kept (104 of 104 operations succeeded)".into(),
        exit_status: 0,
        plan: PlanSummary {
            workload: "broadcast".into(),
            target: "./node".into(),
            builtin: true,
            mode: "live".into(),
            nodes: (0..5).map(|node| format!("n{node}")).collect(),
            seed: 7,
            time_limit_s: 20.0,
            rate: Some(5.0),
            concurrency: 5,
            latency: "100ms exponential".into(),
            topology: Some("grid".into()),
            labels: None,
            faults: 0,
        },
        anomalies: Vec::new(),
        explanations: BTreeMap::new(),
        offences: Vec::new(),
        carried: None,
        warnings: Vec::new(),
        figures,
        faults: Vec::new(),
        milestones: Milestones {
            end: Time(20_500 * MS),
            ..Milestones::default()
        },
        links: Vec::new(),
        run: RunInfo {
            command: "swelkie test -w broadcast --bin ./node --seed 7".into(),
            wall_s: 20.7,
            directory: Some(PathBuf::from("store/broadcast/2026-11-22T11-27-32-7")),
            ..RunInfo::default()
        },
    }
}

fn fault(name: &str, what: &str, on_links: bool, touched: u64) -> FaultRecord {
    FaultRecord {
        name: name.into(),
        summary: what.into(),
        began: Some(Time(2_000 * MS)),
        ended: Some(Time(7_000 * MS)),
        touched,
        scope: Default::default(),
        hit: Default::default(),
        on_links,
        notes: Vec::new(),
    }
}

/// The same, gone wrong in every way there is.
fn invalid() -> Report {
    let mut report = valid();
    report.validity = Validity::Invalid;
    report.headline = "lost ×7, crashed".into();
    report.exit_status = 1;
    let lost = |message: u32| Anomaly::new("lost", format!("message {message} is missing on n0"));
    report.anomalies = (0..7).map(lost).collect();
    report.anomalies.push(Anomaly::new(
        "crashed",
        "n3 exited with status 101; the last it wrote to stderr:\n  panicked\n  at \u{1b}[31mmain.rs",
    ));
    report.offences = vec![OffenceReport {
        kind: "not-json".into(),
        node: "n1".into(),
        count: 1204,
        first_ns: 1_500 * MS,
        story: "n1 wrote a line that is not JSON: `hello`; write logs to stderr".into(),
        stderr_tail: String::new(),
    }];
    report.warnings = vec!["the partitions of this run hit no message".into()];
    report.faults = vec![
        fault("partition-1", "cut n0 | n1 n2 n3 n4", true, 0),
        fault("kill-1", "kill n2", false, 1),
        FaultRecord {
            began: None,
            notes: vec!["n2 was down already".into()],
            ..fault("pause-1", "pause n2", false, 0)
        },
    ];
    let figures = &mut report.figures;
    figures.count("ops.read.fail", 3);
    figures.count("ops.read.pending", 1);
    figures.count("ops.fail.timeout", 2);
    figures.count("ops.fail.node-down", 1);
    figures.count("net.dropped.cut", 9);
    figures.count("net.dropped.node-down", 1234);
    figures.count("net.duplicates", 1);
    figures.0.remove("time.recovery");
    figures.count("recovery.rounds", 27);
    report
}

#[test]
fn a_valid_run_fits_on_a_third_of_a_screen() {
    let expected = "\
Valid: every promise of broadcast was kept (104 of 104 operations succeeded)

operations  ok  fail  info     p50      p99
broadcast   52     0     0  500 µs  1.00 ms
read        52     0     0  500 µs  1.00 ms

network       1,412 messages between nodes (13.6 per operation), 228 with clients
stable after  81.0 ms p50, 402 ms p99, 402 ms max
to all nodes  90.0 ms p50, 250 ms p99, 250 ms max, 3 hops at most, 1.25 needless deliveries each
recovery      412 ms after the last operation, 1 round of reads
lateness      80.0 µs p99: how late Swelkie itself was

seed          7  (5 nodes, took 20.7 s)
again         swelkie test -w broadcast --bin ./node --seed 7
files         store/broadcast/2026-11-22T11-27-32-7
";
    assert_eq!(summary(&valid(), false), expected);
}

#[test]
fn an_invalid_run_shows_one_of_each_kind_of_evidence_and_counts_the_rest() {
    let expected = "\
INVALID: lost ×7, crashed

  lost: message 0 is missing on n0
  lost: message 1 is missing on n0
  lost: message 2 is missing on n0
  crashed: n3 exited with status 101; the last it wrote to stderr:
      panicked
      at \\u{1b}[31mmain.rs
  … and 4 more in results.json: lost ×4

Wrong, though it changes the verdict only with --strict
  not-json: n1 wrote a line that is not JSON: `hello`; write logs to stderr (1,204 times, first at 1.500 s)

warning: the partitions of this run hit no message

operations  ok  fail  info  pending     p50      p99
broadcast   52     0     0        0  500 µs  1.00 ms
read        52     3     0        1  500 µs  1.00 ms

failed by     timeout 2, node-down 1
network       1,412 messages between nodes (13.6 per operation), 228 with clients
dropped       node-down 1,234, cut 9
duplicated    1 message
stable after  81.0 ms p50, 402 ms p99, 402 ms max
to all nodes  90.0 ms p50, 250 ms p99, 250 ms max, 3 hops at most, 1.25 needless deliveries each
recovery      not reached in 27 rounds of reads
lateness      80.0 µs p99: how late Swelkie itself was

fault        what                    began    ended     touched
partition-1  cut n0 | n1 n2 n3 n4  2.000 s  7.000 s  no message
kill-1       kill n2               2.000 s  7.000 s      1 node
pause-1      pause n2                never
  pause-1: n2 was down already

seed          7  (5 nodes, took 20.7 s)
again         swelkie test -w broadcast --bin ./node --seed 7
files         store/broadcast/2026-11-22T11-27-32-7
";
    assert_eq!(summary(&invalid(), false), expected);
}

#[test]
fn a_run_that_did_not_begin_has_no_empty_tables() {
    let mut report = valid();
    report.figures = Figures::default();
    report.validity = Validity::Invalid;
    report.exit_status = 254;
    report.headline = "spawn-failed".into();
    report.plan.nodes.truncate(1);
    report.run.command.clear();
    report.run.directory = None;
    let expected = "NOT RUN: spawn-failed\n\nseed          7  (1 node, took 20.7 s)\n";
    assert_eq!(summary(&report, false), expected);
}

#[test]
fn a_simulation_says_how_long_it_stood_for() {
    let mut report = valid();
    report.plan.mode = "sim".into();
    report.run.wall_s = 0.0211;
    let text = summary(&report, false);
    assert!(
        text.contains("(5 nodes, 20.5 s simulated in 21.1 ms)"),
        "{text}"
    );
    assert!(!text.contains("lateness"), "{text}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let colored = summary(&invalid(), true);
    assert!(colored.starts_with("\u{1b}["), "{colored}");
    let plain = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(plain, summary(&invalid(), false));
}

#[test]
fn one_of_many_runs_is_one_line() {
    assert_eq!(
        line(&valid(), (3, 10), false),
        "Valid  run 3 of 10, seed 7: 104 of 104 operations ok, 20.7 s\n"
    );
}

#[test]
fn nodes_that_do_the_same_wrong_share_a_line_and_late_replies_are_counted_apart() {
    let offence = |kind: &'static str, node: &str, count| OffenceReport {
        kind: kind.into(),
        node: node.to_owned(),
        count,
        first_ns: 227 * MS,
        story: format!("{node} did it"),
        stderr_tail: String::new(),
    };
    let mut report = valid();
    report.offences = vec![
        offence("not-json", "n0", 36),
        offence("not-json", "n1", 35),
        offence("not-json", "n2", 1),
        offence("forged-src", "n2", 1),
        offence("late-reply", "n0", 2),
        offence("late-reply", "n1", 1),
    ];
    let mut strict = Anomaly::new("forged-src", "n2 did it");
    strict.node_name = Some("n2".to_owned());
    report.anomalies = vec![strict];
    let text = summary(&report, false);
    let told = "  not-json: n0 did it (36 times, first at 0.227 s; n1 and n2 too)\n\n\
                3 replies of 2 nodes came after the client had given up, or once more\n";
    assert!(text.contains(told), "{text}");
    assert_eq!(text.matches("n2 did it").count(), 1, "{text}");
}
