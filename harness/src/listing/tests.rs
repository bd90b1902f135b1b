use std::time::{Duration, SystemTime};

use swelkie_nodes::Time;

use super::*;
use crate::report::{PlanSummary, Report, RunInfo};

fn report(change: impl FnOnce(&mut Report)) -> Report {
    let plan = PlanSummary {
        workload: "broadcast".into(),
        target: "/home/me/my-\u{1b}[31mnode".into(),
        builtin: false,
        mode: "live".into(),
        nodes: vec!["n0".into()],
        seed: 7,
        time_limit_s: 4.0,
        rate: Some(1.0),
        concurrency: 1,
        latency: "0s".into(),
        topology: None,
        labels: None,
        faults: 0,
    };
    let run = RunInfo {
        started: "2026-11-22T12:18:54Z".into(),
        ..RunInfo::default()
    };
    let mut report = Report::begun(plan, run);
    change(&mut report);
    report
}

fn entry(name: &str, report: Result<Report, String>) -> Entry {
    Entry {
        name: format!("broadcast/{name}"),
        directory: "store".into(),
        report,
    }
}

/// 90 seconds after the runs began.
fn now() -> SystemTime {
    humantime::parse_rfc3339("2026-11-22T12:20:24Z").expect("a time")
}

fn some() -> Vec<Listed> {
    let invalid = report(|report| {
        report.validity = Validity::Invalid;
        report.exit_status = 1;
        report.milestones.end = Time(1);
        report.run.wall_s = 20.6;
        report.figures.count("ops.ok", 1234);
        report.figures.count("ops.count", 1300);
    });
    vec![
        listed(&entry("a", Ok(report(|_| ()))), true, now()),
        listed(&entry("b", Ok(report(|_| ()))), false, now()),
        listed(&entry("c", Ok(invalid)), false, now()),
        listed(
            &entry("d", Err("d/results.json: \u{1b}torn".into())),
            false,
            now(),
        ),
    ]
}

#[test]
fn runs_that_go_on_were_killed_or_cannot_be_read_are_listed_as_that() {
    let expected = " run           verdict      when       began, UTC            workload    target              mode   faults   seed               ok   msgs/op            took
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
 broadcast/a   running      90 s ago   2026-11-22 12:18:54   broadcast   my-\\u{1b}[31mnode   live   none        7                              90.0 s so far
 broadcast/b   killed       90 s ago   2026-11-22 12:18:54   broadcast   my-\\u{1b}[31mnode   live   none        7
 broadcast/c   INVALID      90 s ago   2026-11-22 12:18:54   broadcast   my-\\u{1b}[31mnode   live   none        7   1,234 of 1,300                    20.6 s
 broadcast/d   unreadable

unreadable: d/results.json: \\u{1b}torn
";
    let table = table(&some(), None, false);
    assert_eq!(table, expected);
}

#[test]
fn a_narrow_table_keeps_what_a_person_needs_first() {
    let narrow = table(&some(), Some(60), false);
    assert!(
        narrow
            .lines()
            .take(6)
            .all(|line| line.chars().count() <= 60),
        "{narrow}"
    );
    for word in [
        "broadcast/a",
        "running",
        "killed",
        "INVALID",
        "unreadable",
        "90 s ago",
    ] {
        assert!(narrow.contains(word), "{word} in {narrow}");
    }
    let colored = table(&some(), Some(60), true);
    assert!(colored.contains("\u{1b}["));
    let plain = anstream::adapter::strip_str(&colored).to_string();
    let trimmed = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    assert_eq!(trimmed(&plain), trimmed(&narrow));
}

#[test]
fn machines_get_one_object_per_run() {
    let json = serde_json::to_value(some()).expect("it serialises");
    assert_eq!(json[0]["verdict"], "running");
    assert_eq!(
        (json[0]["took_s"].as_f64(), json[1]["took_s"].as_f64()),
        (Some(90.0), None)
    );
    assert_eq!(json[2]["seed"], 7);
    assert_eq!(
        (json[2]["ok"].as_u64(), json[2]["exit_status"].as_u64()),
        (Some(1234), Some(1))
    );
    assert_eq!(json[3]["verdict"], "unreadable");
}

#[test]
fn ages_have_the_unit_that_a_person_would_use() {
    for (seconds, text) in [
        (0.4, "just now"),
        (59.0, "59 s ago"),
        (150.0, "2 min ago"),
        (7_200.0, "2 h ago"),
        (200_000.0, "2 days ago"),
    ] {
        assert_eq!(ago(seconds), text);
    }
    let from_the_future = listed(
        &entry("a", Ok(report(|_| ()))),
        false,
        now() - Duration::from_secs(3600),
    );
    assert_eq!(from_the_future.age_s, None);
}
