//! Faults that meet each other, and runs that once did not end.

mod common;

use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie_checkers::Validity;

/// A run with this schedule.
fn with_faults(run: Run, toml: &str) -> Run {
    let path = run.directory().join("schedule.toml");
    std::fs::write(&path, toml).expect("written");
    run.with(|options| options.faults = Some(path))
}

fn flood_retry(toml: &str) -> Run {
    let run = Run::sim("broadcast", "flood-retry").with(|options| {
        options.time_limit = Duration::from_secs(8);
        options.rate = Rate::PerSecond(20.0);
    });
    with_faults(run, toml)
}

#[test]
fn a_node_that_is_started_again_during_a_pause_comes_up_when_the_pause_ends() {
    let toml = r#"
        fault = [
            { kind = "pause", at = "1s", for = "4s", targets = ["n0"] },
            { kind = "kill", at = "2s", for = "1s", targets = ["n0"] },
        ]
    "#;
    let report = flood_retry(toml).report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
}

#[test]
fn a_pause_longer_than_the_init_time_out_is_not_held_against_a_node() {
    let toml = r#"
        fault = [
            { kind = "pause", at = "1s", for = "6s", targets = ["n0"] },
            { kind = "restart", at = "2s", targets = ["n0"] },
        ]
    "#;
    let run = flood_retry(toml).with(|options| options.init_timeout = Duration::from_secs(2));
    let report = run.report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let pause = &report.faults[0];
    assert_eq!((pause.name.as_str(), pause.touched), ("pause-1", 1));
}

#[test]
fn a_fault_that_names_clients_does_not_keep_a_node_from_starting() {
    let toml = r#"
        fault = [
            { kind = "partition", at = "1s", for = "4s", sides = [["n0"], ["clients"]] },
            { kind = "restart", at = "2s", targets = ["n0"] },
        ]
    "#;
    let report = flood_retry(toml).report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
}

#[test]
fn as_fast_as_it_goes_ends_although_a_node_is_down() {
    let run = Run::script("echo", "bad.py", &["none"])
        .nodes(2)
        .with(|options| {
            options.rate = Rate::Max;
        });
    let toml = r#"fault = [{ kind = "kill", at = "100ms", targets = ["n0", "n1"] }]"#;
    let report = with_faults(run, toml).report();
    let failed = report.figures.get("ops.fail").expect("counted").as_f64();
    assert!((1.0..5000.0).contains(&failed), "{}", story(&report));
}

#[test]
fn a_node_that_does_not_stop_when_told_to_for_ever_is_killed_at_the_heal() {
    let run = Run::script("echo", "bad.py", &["stubborn"]).nodes(2);
    let toml = r#"fault = [{ kind = "stop", at = "100ms", targets = ["n0"], forever = true }]"#;
    let report = with_faults(run, toml).report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
}

#[test]
fn what_a_node_wrote_to_stderr_stands_beside_its_init_time_out() {
    let run = Run::script("echo", "bad.py", &["silent"])
        .nodes(1)
        .with(|options| {
            options.init_timeout = Duration::from_secs(3);
        });
    let report = run.report();
    let anomaly = &report.anomalies[0];
    assert_eq!(anomaly.kind, "init-timeout");
    assert!(
        anomaly.text.contains("waiting for nothing"),
        "{}",
        anomaly.text
    );
}
