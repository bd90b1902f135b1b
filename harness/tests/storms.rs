//! Real nodes that forward everything they hear, for ever.

mod common;

use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie_checkers::Validity;

fn storm(latency_ms: u64) -> Run {
    Run::script("broadcast", "storm.py", &[]).with(|options| {
        options.time_limit = Duration::from_secs(60);
        options.latency = Latency::constant(Duration::from_millis(latency_ms));
    })
}

#[test]
fn a_storm_ends_the_run_with_every_copy_counted() {
    for latency_ms in [0, 50] {
        let run = storm(latency_ms);
        let report = run.report();
        let text = story(&report);
        assert_eq!(
            (report.validity, report.exit_status),
            (Validity::Invalid, 1),
            "{text}"
        );
        assert_eq!(report.anomalies[0].kind, "storm", "{text}");
        assert_eq!(report.anomalies[0].element.as_deref(), Some("0"), "{text}");
        for part in [
            " times between nodes within ",
            "10 after ",
            "1,000 after ",
            "alone sent",
        ] {
            assert!(report.anomalies[0].text.contains(part), "{part}: {text}");
        }
        let end = report
            .milestones
            .end
            .since(report.milestones.zero.expect("it began"));
        assert!(end < Duration::from_secs(30), "{text}");
        let journal = run.bytes("messages.jsonl").len();
        assert!(journal < 200 << 20, "{journal} bytes");
    }
}

#[test]
fn under_a_limit_out_of_reach_every_operation_is_answered_or_times_out_and_the_run_ends() {
    let run = storm(0).with(|options| {
        options.storm_limit = u64::MAX;
        options.time_limit = Duration::from_secs(2);
        options.rate = Rate::PerSecond(20.0);
        options.rpc_timeout = Some(Duration::from_millis(500));
        options.recovery.bound = Duration::from_millis(500);
        options.journal_messages = false;
    });
    let report = run.report();
    let count = |name: &str| {
        report
            .figures
            .get(name)
            .map_or(0.0, |figure| figure.as_f64())
    };
    assert!(count("ops.count") >= 10.0, "{}", story(&report));
    assert_eq!(count("ops.pending"), 0.0, "{}", story(&report));
    assert_ne!(
        report.anomalies.first().map(|anomaly| &*anomaly.kind),
        Some("storm")
    );
    assert!(
        report
            .milestones
            .end
            .since(report.milestones.zero.expect("it began"))
            < Duration::from_secs(20)
    );
}
