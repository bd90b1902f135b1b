//! Faults compose: each end undoes only itself.

use std::time::Duration;

use swelkie_checkers::Validity;

use crate::common::story;
use crate::{LATENCY, carry_out, fault, inits, simulated};

#[test]
fn a_node_is_down_while_any_of_two_overlapping_kills_lasts() {
    let schedule = r#"
        [[fault]]
        name = "first"
        kind = "kill"
        at = "1s"
        for = "2s"
        targets = "n0"

        [[fault]]
        name = "second"
        kind = "stop"
        at = "2s"
        for = "3s"
        targets = ["n0", "n1"]
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(
        (inits(&files, "n0"), inits(&files, "n1")),
        (vec![0, 5000], vec![0, 5000])
    );
    let (first, second) = (fault(&report, "first"), fault(&report, "second"));
    assert_eq!(
        (first.touched, second.touched),
        (1, 1),
        "the second one meets n1 alone"
    );
    assert!(first.notes.is_empty(), "{first:?}");
    assert_eq!(second.notes, ["no effect on n0: it was down already"]);
    assert_eq!(files.figure("nodes.restarts"), 2.0);
}

#[test]
fn a_node_that_is_killed_while_it_is_paused_starts_paused_and_hears_init_when_the_pause_ends() {
    let schedule = r#"
        [[fault]]
        kind = "pause"
        at = "1s"
        for = "4s"
        targets = "n3"

        [[fault]]
        kind = "kill"
        at = "2s"
        for = "1s"
        targets = "n3"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n3"), [0, 5000]);
}

#[test]
fn a_node_is_paused_while_any_of_two_overlapping_pauses_lasts() {
    let schedule = r#"
        [[fault]]
        name = "first"
        kind = "pause"
        at = "1s"
        for = "2s"
        targets = "n3"

        [[fault]]
        name = "second"
        kind = "pause"
        at = "2s"
        for = "2s"
        targets = "n3"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let (first, fourth) = (
        files.at(Duration::from_secs(1)),
        files.at(Duration::from_secs(4)),
    );
    let heard: Vec<u64> = files
        .delivered_to("n3")
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| *at > first)
        .collect();
    assert_eq!(
        heard[0], fourth,
        "nothing reaches it before both have ended"
    );
    assert_eq!(
        fault(&report, "second").notes,
        ["no effect on n3: it was paused already"]
    );
}

#[test]
fn cuts_that_overlap_each_end_for_themselves() {
    let schedule = r#"
        [[fault]]
        name = "n0 alone"
        kind = "partition"
        at = "1s"
        for = "4s"
        targets = "n0"

        [[fault]]
        name = "n0 n1 against the rest"
        kind = "partition"
        at = "3s"
        for = "4s"
        targets = ["n0", "n1"]
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    // Whether messages over a link arrive when they are due in this second.
    let passes = |a: &str, b: &str, second: u64| {
        let since = files.at(Duration::from_secs(second));
        let due = files.gossip().filter(|message| {
            message.src == a
                && message.dest == b
                && (since..since + 1_000_000_000).contains(&(message.at + LATENCY))
        });
        let due: Vec<bool> = due.map(|message| message.drops("cut") == 0).collect();
        assert!(
            !due.is_empty() && due.iter().all(|passed| *passed == due[0]),
            "{a} to {b}, {second} s: {due:?}"
        );
        due[0]
    };
    // n0–n1 and n0–n3, n1–n2 are links of the grid of five, three in a row.
    let open = |a: &str, b: &str| {
        (0..9)
            .map(|second| passes(a, b, second))
            .collect::<Vec<bool>>()
    };
    let closed = |from: usize, until: usize| {
        (0..9)
            .map(|second| !(from..until).contains(&second))
            .collect::<Vec<bool>>()
    };
    assert_eq!(open("n0", "n1"), closed(1, 5));
    assert_eq!(open("n0", "n3"), closed(1, 7));
    assert_eq!(open("n1", "n2"), closed(3, 7));
}

#[test]
fn a_node_killed_for_ever_is_not_started_again_and_not_judged() {
    for kind in ["kill", "stop"] {
        let schedule = format!(
            "[[fault]]\nname = \"gone\"\nkind = \"{kind}\"\nat = \"2s\"\nforever = true\ntargets = \"n4\"\n"
        );
        let (report, files) = carry_out(&simulated("flood-retry").schedule(&schedule));
        assert_eq!(
            report.validity,
            Validity::Valid,
            "{kind}: {}",
            story(&report)
        );
        assert_eq!(inits(&files, "n4"), [0], "{kind}");
        assert_eq!(
            (fault(&report, "gone").touched, fault(&report, "gone").ended),
            (1, None),
            "{kind}"
        );
        let finally = files
            .lines
            .iter()
            .filter(|line| line.recovery && line.kind == "invoke");
        let asked: std::collections::BTreeSet<_> =
            finally.map(|line| line.node.as_deref()).collect();
        assert_eq!(asked, ["n0", "n1", "n2", "n3"].map(Some).into(), "{kind}");
    }
}

#[test]
fn a_kill_for_ever_outlasts_the_end_of_another_one() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "3s"
        targets = "n4"

        [[fault]]
        kind = "kill"
        at = "2s"
        forever = true
        targets = "n4"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n4"), [0]);
}

#[test]
fn commands_without_effect_are_recorded_and_said_aloud() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "5s"
        targets = "n0"

        [[fault]]
        name = "kill again"
        kind = "kill"
        at = "2s"
        for = "1s"
        targets = "n0"

        [[fault]]
        name = "restart what is down"
        kind = "restart"
        at = "3s"
        targets = "n0"

        [[fault]]
        name = "pause what is down"
        kind = "pause"
        at = "4s"
        for = "1s"
        targets = "n0"

        [[fault]]
        name = "cut off what is down"
        kind = "one-way"
        at = "2s"
        for = "1s"
        from = "n0"
    "#;
    let run = simulated("flood-retry").schedule(schedule);
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n0"), [0, 6000]);
    let toml = String::from_utf8(run.bytes("faults.toml")).expect("text");
    for (name, note) in [
        ("kill again", "no effect on n0: it was down already"),
        (
            "restart what is down",
            "no effect on n0: it was down already",
        ),
        (
            "pause what is down",
            "no effect on n0: it was down all the time",
        ),
    ] {
        let fault = fault(&report, name);
        assert_eq!(
            (fault.touched, &*fault.notes),
            (0, &[note.to_owned()][..]),
            "{name}"
        );
        assert!(
            report.warnings.iter().any(|warning| warning.contains(name)),
            "{name}: {:?}",
            report.warnings
        );
        assert!(toml.contains(note), "{toml}");
    }
    let cut = fault(&report, "cut off what is down");
    assert_eq!((cut.began.is_some(), cut.touched), (true, 0));
}

#[test]
fn what_still_lasts_at_the_time_limit_ends_then() {
    let schedule = r#"
        [[fault]]
        name = "kill"
        kind = "kill"
        at = "8s"
        targets = "n0"

        [[fault]]
        name = "pause"
        kind = "pause"
        at = "9s"
        for = "1h"
        targets = "n1"

        [[fault]]
        name = "cut"
        kind = "partition"
        at = "7s"
        targets = "n2"

        [[fault]]
        name = "hold"
        kind = "hold"
        at = "9s"
        targets = "n3"

        [[fault]]
        name = "too late"
        kind = "kill"
        at = "30s"
        targets = "n4"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let limit = files.at(Duration::from_secs(10));
    assert_eq!(report.milestones.healed.map(|at| at.nanos()), Some(limit));
    for name in ["kill", "pause", "cut", "hold"] {
        assert_eq!(
            fault(&report, name).ended.map(|at| at.nanos()),
            Some(limit),
            "{name}"
        );
    }
    assert_eq!(inits(&files, "n0"), [0, 10_000]);
    assert!(report.faults.iter().all(|fault| fault.name != "too late"));
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("too late")),
        "{:?}",
        report.warnings
    );
}

#[test]
fn what_waits_for_a_paused_node_when_a_run_ends_early_is_in_flight() {
    let schedule = "[[fault]]\nkind = \"pause\"\nat = \"1s\"\ntargets = \"n0\"\n";
    let run = simulated("flood-retry")
        .schedule(schedule)
        .with(|options| options.queue_limit = 5000);
    let (report, files) = carry_out(&run);
    assert!(
        report
            .anomalies
            .iter()
            .any(|anomaly| anomaly.kind == "overload"),
        "{}",
        story(&report)
    );
    assert!(
        files.figure("net.in-flight-at-end") > 20.0,
        "{}",
        files.figure("net.in-flight-at-end")
    );
}
