//! Faults that meet a node while it starts.

use std::time::Duration;

use swelkie::network::Latency;
use swelkie_checkers::Validity;

use crate::common::files::CONTROL;
use crate::common::story;
use crate::{carry_out, simulated};

#[test]
fn an_answer_to_init_that_comes_after_the_kill_is_late_and_not_an_offence() {
    let schedule = r#"
        [[fault]]
        kind = "restart"
        at = "1s"
        targets = "n1"

        [[fault]]
        kind = "restart"
        at = "1.15s"
        targets = "n1"
    "#;
    let run = simulated("flood-retry").schedule(schedule).with(|options| {
        options.client_latency = Latency::constant(Duration::from_millis(100));
        options.strict = true;
    });
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let kinds: Vec<&str> = report.offences.iter().map(|offence| offence.kind).collect();
    assert_eq!(kinds, ["late-reply"], "{}", story(&report));
    let late = files
        .messages
        .values()
        .filter(|message| message.dest == CONTROL && message.drops("client-gone") > 0);
    assert_eq!(late.count(), 1);
}

#[test]
fn a_node_that_starts_while_it_is_paused_gets_its_init_when_the_pause_ends() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "1s"
        targets = "n2"

        [[fault]]
        kind = "pause"
        at = "1.5s"
        for = "4s"
        targets = "n2"
    "#;
    // Less than the pause: time that passes in it does not count.
    let run = simulated("flood-retry")
        .schedule(schedule)
        .with(|options| options.init_timeout = Duration::from_secs(2));
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let heard = files.delivered_to("n2");
    let next = heard
        .iter()
        .find(|(at, _)| *at > files.at(Duration::from_secs(1)))
        .expect("it hears again");
    assert_eq!(
        (next.0, &*next.1.kind),
        (files.at(Duration::from_millis(5500)), "init")
    );
    let pause = report
        .faults
        .iter()
        .find(|fault| fault.name.starts_with("pause"))
        .expect("the pause");
    assert_eq!(pause.touched, 1, "it kept the new life paused: {pause:?}");
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn what_was_on_its_way_to_a_node_from_the_control_client_does_not_reach_its_next_life() {
    let schedule = r#"
        [[fault]]
        kind = "restart"
        at = "1s"
        targets = "n1"

        [[fault]]
        kind = "restart"
        at = "1.05s"
        targets = "n1"

        [[fault]]
        kind = "restart"
        at = "1.3s"
        targets = "n1"
    "#;
    let run = simulated("flood-retry")
        .schedule(schedule)
        .with(|options| options.client_latency = Latency::constant(Duration::from_millis(100)));
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let heard = files.delivered_to("n1");
    let told = heard
        .iter()
        .filter(|(at, message)| *at > files.zero && message.src == CONTROL);
    let told: Vec<(u64, &str)> = told
        .map(|(at, message)| ((at - files.zero) / 1_000_000, &*message.kind))
        .collect();
    // The init that was due at 1,100 and the topology that was due at 1,350 are for earlier lives.
    assert_eq!(told, [(1150, "init"), (1400, "init"), (1600, "topology")]);
}
