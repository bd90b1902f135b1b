//! Fault schedules as files: every kind of fault acts and ends, faults compose, and
//! the schedule that happened runs again.

mod common;

use std::time::Duration;

use common::files::Files;
use common::{Run, laws, story};
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::report::Report;
use swelkie_checkers::Validity;
use swelkie_nodes::Seed;

const SEED: u64 = 7;

/// Five simulated nodes on a grid with 20 ms between them, for 10 s at 50 operations
/// per second. Messages tell what a fault did best where nothing else is random.
fn simulated(node: &str) -> Run {
    Run::sim("broadcast", node).with(|options| {
        options.seed = Seed(SEED);
        options.time_limit = Duration::from_secs(10);
        options.rate = Rate::PerSecond(50.0);
        options.latency = Latency::constant(Duration::from_millis(20));
    })
}

/// Runs it; its files keep every law.
fn carry_out(run: &Run) -> (Report, Files) {
    let report = run.report();
    let files = run.files();
    if let Err(broken) = laws::check(&files) {
        panic!("{broken}\nschedule: {}", shown(run));
    }
    (report, files)
}

/// The schedule as the user wrote it.
fn shown(run: &Run) -> String {
    let file = run.options.faults.as_ref().expect("a schedule");
    format!(
        "{:?}, seed {}: {}",
        run.options.target,
        run.options.seed.0,
        std::fs::read_to_string(file).expect("a file")
    )
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
