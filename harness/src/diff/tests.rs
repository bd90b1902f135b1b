//! Comparisons of runs by hand, and of simulations.

use swelkie_checkers::{Anomaly, Figure};
use swelkie_nodes::Time;

use super::*;
use crate::options::{Options, Target};
use crate::report::PlanSummary;
use crate::show::Screen;

const SCREEN: Screen = Screen {
    width: 100,
    color: false,
    ascii: false,
};

/// A run whose 60 reads took `base` ms and a bit, and of whose 60 broadcasts `ok` were ok.
fn side(name: &str, base: f64, ok: u64) -> Side {
    let plan = PlanSummary {
        workload: "broadcast".into(),
        target: name.into(),
        builtin: true,
        mode: "live".into(),
        nodes: vec!["n0".into(), "n1".into()],
        seed: 7,
        time_limit_s: 20.0,
        rate: Some(5.0),
        concurrency: 2,
        latency: "0s".into(),
        topology: None,
        labels: None,
        faults: 0,
    };
    let mut report = Report::begun(plan, RunInfo::default());
    report.validity = Validity::Valid;
    report.exit_status = 0;
    report.milestones.end = Time(1);
    let times: Vec<f64> = (0..60)
        .map(|index| base + f64::from(index % 7) / 10.0)
        .collect();
    let nanos = times.iter().map(|ms| (ms * 1e6) as u64).collect();
    let figures = &mut report.figures;
    figures.quantiles("ops.read.latency", nanos);
    figures.count("ops.broadcast.ok", ok as usize);
    figures.count("net.dropped", ok as usize);
    figures.set("net.servers.msgs-per-op", Figure::Number(13.5));
    let mut samples = Samples::default();
    samples.times.insert("ops.read.latency".to_owned(), times);
    samples
        .shares
        .insert("ops.broadcast.ok".to_owned(), (ok, 60));
    Side {
        name: format!("broadcast/{name}"),
        report,
        samples,
    }
}

fn row<'a>(comparison: &'a Comparison, name: &str) -> &'a Row {
    let row = comparison.figures.iter().find(|row| row.name == name);
    row.expect("there is such a figure")
}

#[test]
fn what_is_more_than_chance_is_marked_first_and_says_for_the_worse_or_the_better() {
    let comparison = compare(&side("old", 10.0, 58), &side("new", 12.0, 59), false, 0.05);
    let first = &comparison.figures[0];
    assert_eq!(
        (first.name.as_str(), first.marked, first.worse),
        ("ops.read.latency.p50", true, true)
    );
    let effect = first
        .test
        .as_ref()
        .and_then(|test| test.effect)
        .expect("a shift");
    assert!((effect.value - 2.0).abs() < 1e-9 && effect.low <= 2.0 && 2.0 <= effect.high);
    assert!(!row(&comparison, "ops.broadcast.ok").marked);
    assert!(
        row(&comparison, "net.dropped").test.is_none(),
        "no raw data"
    );
    assert!(comparison.regression);
    let back = compare(&side("new", 12.0, 59), &side("old", 10.0, 58), false, 0.05);
    assert!(back.figures[0].marked && !back.figures[0].worse && !back.regression);
}

#[test]
fn a_sure_difference_that_is_small_is_not_marked_unless_asked_for() {
    let (one, other) = (side("old", 100.0, 60), side("new", 101.0, 60));
    assert!(
        !compare(&one, &other, false, 0.05)
            .figures
            .iter()
            .any(|row| row.marked)
    );
    assert!(row(&compare(&one, &other, false, 0.0), "ops.read.latency.p50").marked);
}

#[test]
fn fewer_successes_and_a_worse_verdict_are_regressions() {
    let comparison = compare(&side("old", 10.0, 60), &side("new", 10.0, 40), false, 0.05);
    let ok = row(&comparison, "ops.broadcast.ok");
    assert!(ok.marked && ok.worse && comparison.regression);
    let mut invalid = side("new", 10.0, 60);
    invalid.report.validity = Validity::Invalid;
    invalid.report.anomalies = vec![Anomaly::new("lost", ""); 3];
    let comparison = compare(&side("old", 10.0, 60), &invalid, false, 0.05);
    assert!(comparison.regression);
    let lost = Evidence {
        kind: "lost".to_owned(),
        first: 0,
        second: 3,
    };
    assert_eq!(comparison.evidence, [lost]);
    let unknown = Side {
        report: Report {
            validity: Validity::Unknown,
            ..invalid.report.clone()
        },
        ..invalid.clone()
    };
    assert!(
        !compare(&invalid, &unknown, false, 0.05).regression,
        "unknown is better than invalid"
    );
}

#[test]
fn a_figure_of_one_run_only_is_not_marked() {
    let mut other = side("new", 30.0, 60);
    other.report.figures.0.remove("ops.read.latency.p50");
    let comparison = compare(&side("old", 10.0, 60), &other, false, 0.05);
    let row = row(&comparison, "ops.read.latency.p50");
    assert_eq!((row.second, row.change, row.marked), (None, None, false));
}

#[test]
fn a_comparison_fits_on_a_screen() {
    let mut second = side("new", 12.0, 40);
    second.report.plan.seed = 8;
    second.report.run.command = "swelkie test --strict --seed 8".into();
    second.report.anomalies = vec![Anomaly::new("lost", "")];
    second.report.validity = Validity::Invalid;
    second.report.headline = "lost".into();
    let comparison = compare(&side("old", 10.0, 60), &second, false, 0.05);
    let text = page(&comparison, &SCREEN, false);
    let expected = "\
first         broadcast/old
              Valid: the run is not over: it is still going on, or Swelkie was killed
second        broadcast/new
              INVALID: lost

what was run  first  second
seed          7      8
target        old    new
options       –      --strict

evidence  first                 second
lost          0  1  only in the second

figure                     first    second        change       %
* ops.read.latency.p50   10.3 ms   12.3 ms      +2.00 ms  +19.4%
    worse: p < 0.001, 60 and 60 values; shift +2.00 ms (95%: +1.90 ms to +2.10 ms)
* ops.broadcast.ok      60 of 60  40 of 60  −33.3 points
    worse: p < 0.001, 60 and 60 tries; share −33.3 points (95%: −45.9 points to −21.1 points)
  net.dropped                 60        40           −20  −33.3%
  ops.read.latency.p99   10.6 ms   12.6 ms      +2.00 ms  +18.9%
… and 5 figures more: --all (1 of all are equal, 0 only in one run)

* 2 of 2 figures tested: more than chance (p < 0.05, corrected for all of them), and at least 5% large. Figures without a mark that were not tested have no raw data to tell chance by.
Operations of one run are not independent of each other, and real processes share a machine: a mark says that these two runs differ, and less surely that what was run does. Several runs of each tell more.
The second run is worse.
";
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn the_order_of_the_runs_turns_every_change_round() {
    let (one, other) = (side("old", 10.0, 58), side("new", 12.0, 33));
    let there = compare(&one, &other, false, 0.05);
    let back = compare(&other, &one, false, 0.05);
    for there in &there.figures {
        let back = row(&back, &there.name);
        assert_eq!(
            there.change,
            back.change.map(|change| -change),
            "{}",
            there.name
        );
        assert_eq!(there.marked, back.marked, "{}", there.name);
        let p = |row: &Row| row.test.as_ref().map(|test| (test.p * 1e9).round());
        assert_eq!(p(there), p(back), "{}", there.name);
    }
}

/// A simulation and its directory.
fn simulated(node: &str, seed: u64) -> (tempfile::TempDir, Archive) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut options = Options::new("broadcast", Target::Builtin(node.to_owned()));
    options.sim = true;
    options.seed = swelkie_nodes::Seed(seed);
    options.latency = crate::network::Latency::constant(std::time::Duration::from_millis(20));
    options.store = directory.path().to_owned();
    options.run().expect("it runs");
    let archive = Archive::open(&directory.path().join("latest")).expect("a run");
    (directory, archive)
}

fn of(archive: &Archive) -> Side {
    Side {
        name: "a".to_owned(),
        report: archive.report.clone(),
        samples: Samples::read(archive).expect("read"),
    }
}

#[test]
fn simulations_of_one_seed_are_the_same_bytes_or_differ_by_no_chance() {
    let [(_a, one), (_b, again), (_c, other), (_d, seed)] =
        [("flood", 3), ("flood", 3), ("flood-retry", 3), ("flood", 4)]
            .map(|(node, seed)| simulated(node, seed));
    for (second, same, kinship) in [
        (&again, true, Kinship::SameBytes),
        (&other, false, Kinship::SameSeed),
        (&seed, false, Kinship::Apart),
    ] {
        assert_eq!(same_bytes(&one, second).expect("read"), same, "{kinship:?}");
        let comparison = compare(&of(&one), &of(second), same, 0.05);
        assert_eq!(comparison.kinship, kinship);
    }
    let comparison = compare(&of(&one), &of(&other), false, 0.05);
    let messages = row(&comparison, "net.servers.msgs-per-op");
    assert!(
        messages.marked && messages.worse,
        "it acknowledges: {messages:?}"
    );
    // One byte is enough.
    let file = again.directory.join("messages.jsonl");
    let mut bytes = std::fs::read(&file).expect("read");
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    assert!(!same_bytes(&one, &again).expect("read"));
}

#[test]
fn raw_data_and_figures_are_about_the_same() {
    let (_keep, archive) = simulated("flood", 3);
    let samples = Samples::read(&archive).expect("read");
    let figure = |name: &str| archive.report.figures.get(name).expect("measured").as_f64();
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / sample.len() as f64;
    let all = &samples.times["broadcast.carried.time-to-all"];
    assert_eq!(all.len() as f64, figure("broadcast.carried.everywhere"));
    assert!((mean(all) - figure("broadcast.carried.time-to-all.mean")).abs() < 1e-3);
    let per_operation = mean(&samples.parts["net.servers.msgs-per-op"]);
    let reported = figure("net.servers.msgs-per-op");
    assert!(
        (per_operation / reported - 1.0).abs() < 0.1,
        "{per_operation} {reported}"
    );
    let (ok, count) = samples.shares["ops.broadcast.ok"];
    assert_eq!(ok as f64, figure("ops.broadcast.ok"));
    assert_eq!(count as f64, figure("ops.broadcast.count"));
}
