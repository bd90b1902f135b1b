//! Faults that meet a node while it starts.

use std::time::Duration;

use swelkie_checkers::Validity;

use crate::common::story;
use crate::{carry_out, simulated};

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
