//! Nodes that misbehave, as real processes: each gets one clear message, the run
//! ends in bounded time, its results are on disk and nothing is left running.

mod common;

use std::time::Duration;

use common::{Run, story};
use swelkie::report::Report;
use swelkie_checkers::Validity;

fn echo(mode: &str) -> Run {
    Run::script("echo", "bad.py", &[mode])
        .nodes(1)
        .with(|options| {
            options.rate = swelkie::engine::Rate::PerSecond(20.0);
            options.init_timeout = Duration::from_secs(5);
            options.rpc_timeout = Some(Duration::from_millis(500));
        })
}

/// What the report says of one kind of anomaly or offence.
fn says(report: &Report, kind: &str) -> String {
    let anomalies = report
        .anomalies
        .iter()
        .map(|anomaly| (&*anomaly.kind, &anomaly.text));
    let offences = report
        .offences
        .iter()
        .map(|offence| (&*offence.kind, &offence.story));
    let mut found = anomalies.chain(offences).filter(|(of, _)| *of == kind);
    match found.next() {
        Some((_, text)) => text.clone(),
        None => panic!("nothing is said of {kind}: {}", story(report)),
    }
}

/// Runs `bad.py MODE` and expects this validity and these words about this kind.
fn expect(mode: &str, validity: Validity, kind: &str, words: &[&str]) -> Report {
    let run = echo(mode);
    let report = run.report();
    assert_eq!(report.validity, validity, "{mode}: {}", story(&report));
    let text = says(&report, kind);
    for word in words {
        assert!(text.contains(word), "{mode}: `{word}` is not in: {text}");
    }
    report
}

#[test]
fn a_node_that_exits_at_once_is_named_with_its_status_and_stderr() {
    let words = ["n0", "status 7", "no such option: --frobnicate"];
    let report = expect("exit-at-once", Validity::Invalid, "crashed", &words);
    assert_eq!(report.exit_status, 1);
}

#[test]
fn a_crash_in_the_middle_is_named_with_its_status_and_escaped_stderr() {
    let words = ["n0", "status 3", "Traceback: \\u{1b}[31mboom"];
    expect("crash", Validity::Invalid, "crashed", &words);
}

#[test]
fn an_exit_with_status_0_in_the_middle_is_a_crash_too() {
    expect(
        "exit-zero",
        Validity::Invalid,
        "crashed",
        &["n0", "status 0"],
    );
}

#[test]
fn a_segmentation_fault_is_named_by_its_signal() {
    expect("segfault", Validity::Invalid, "crashed", &["SIGSEGV"]);
}

#[test]
fn a_node_that_never_answers_init_is_named_after_the_time_out() {
    let run = echo("silent").with(|options| options.init_timeout = Duration::from_millis(400));
    let report = run.report();
    assert_eq!(
        (report.validity, report.exit_status),
        (Validity::Invalid, 1)
    );
    let text = says(&report, "init-timeout");
    assert!(
        text.contains("n0 did not answer init within 400ms") && text.contains("init_ok"),
        "{text}"
    );
}

#[test]
fn another_answer_to_init_is_shown() {
    expect(
        "wrong-init",
        Validity::Invalid,
        "init-refused",
        &["hello_ok", "init_ok"],
    );
    expect(
        "error-init",
        Validity::Invalid,
        "init-refused",
        &["no disk"],
    );
}

#[test]
fn text_on_stdout_is_shown_and_does_not_end_the_run() {
    expect(
        "text",
        Validity::Valid,
        "not-json",
        &["debug: got an echo", "stderr, not stdout"],
    );
}

#[test]
fn strict_runs_are_invalid_when_a_node_writes_text_on_stdout() {
    let report = echo("text").with(|options| options.strict = true).report();
    assert_eq!(report.validity, Validity::Invalid, "{}", story(&report));
}

#[test]
fn a_blank_line_is_harmless_and_counted() {
    expect("blank", Validity::Valid, "blank-line", &["blank line"]);
}

#[test]
fn half_a_line_before_the_end_is_shown() {
    let report = expect(
        "half-line",
        Validity::Invalid,
        "half-line",
        &["\"src\": \"n0\", \"de"],
    );
    says(&report, "crashed");
}

#[test]
fn several_objects_on_a_line_are_named_as_such() {
    let words = ["several JSON values on one line", "newline after each"];
    expect(
        "two-objects",
        Validity::Valid,
        "several-objects-on-a-line",
        &words,
    );
}

#[test]
fn invalid_utf8_and_nul_bytes_are_escaped() {
    expect("invalid-utf8", Validity::Valid, "not-json", &["\u{fffd}"]);
    expect("nul", Validity::Valid, "not-json", &["\\u{0}"]);
}

#[test]
fn a_line_of_100_mb_is_dropped_with_its_length_and_the_run_goes_on() {
    let run = echo("long-line").with(|options| options.rpc_timeout = Some(Duration::from_secs(5)));
    let report = run.report();
    let text = says(&report, "line-too-long");
    assert!(
        text.contains("100000000 bytes") && text.contains("xxxx"),
        "{text}"
    );
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
}

#[test]
fn deeply_nested_json_is_a_malformed_reply_not_a_crash_of_ours() {
    let report = echo("deep").report();
    says(&report, "malformed-reply");
}

#[test]
fn an_unknown_destination_is_named_and_escaped() {
    let words = ["n99\\u{1b}[31m", "does not exist", "node_ids"];
    expect(
        "unknown-destination",
        Validity::Valid,
        "unknown-destination",
        &words,
    );
}

#[test]
fn a_forged_source_is_reported_and_the_message_travels_all_the_same() {
    let report = echo("forged-src").nodes(3).report();
    assert!(says(&report, "forged-src").contains("expected its own name"));
    assert_eq!(
        report
            .figures
            .get("net.servers.delivered")
            .map(swelkie_checkers::Figure::as_f64),
        Some(3.0)
    );
}

#[test]
fn a_second_reply_and_one_to_the_wrong_client_are_counted() {
    expect("twice", Validity::Valid, "late-reply", &["once more"]);
    expect(
        "wrong-client",
        Validity::Invalid,
        "unawaited-reply",
        &["c0", "in_reply_to"],
    );
}

#[test]
fn replies_of_the_wrong_type_or_without_their_fields_say_what_was_expected() {
    expect(
        "wrong-type",
        Validity::Invalid,
        "malformed-reply",
        &["echo_ok", "ehco_ok"],
    );
    expect(
        "missing-field",
        Validity::Invalid,
        "malformed-reply",
        &["echo"],
    );
    expect(
        "no-reply-to",
        Validity::Invalid,
        "unawaited-reply",
        &["in_reply_to"],
    );
    expect(
        "wrong-echo",
        Validity::Invalid,
        "mismatch",
        &["something else"],
    );
}

#[test]
fn a_closed_stdout_is_named() {
    expect(
        "close-stdout",
        Validity::Valid,
        "stdout-closed",
        &["closed its stdout"],
    );
}

#[test]
fn a_child_that_holds_the_pipe_does_not_keep_the_run() {
    expect(
        "child-holds-pipe",
        Validity::Invalid,
        "crashed",
        &["status 1"],
    );
}

#[test]
fn nodes_that_ignore_eof_and_sigterm_are_killed_at_the_end() {
    let report = echo("stubborn").report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
}

#[test]
fn megabytes_on_stderr_are_drained_into_the_nodes_log() {
    let run = echo("stderr-flood");
    let report = run.report();
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(run.bytes("nodes/n0.stderr.log").len(), 6_000_000);
}

#[test]
fn a_node_that_floods_its_peers_ends_in_an_overload_that_names_it() {
    let run = echo("flood-peers").nodes(2).with(|options| {
        options.queue_limit = 20 << 20;
        options.time_limit = Duration::from_secs(20);
        options.latency = swelkie::network::Latency::constant(Duration::from_secs(60));
    });
    let report = run.report();
    assert_eq!(report.validity, Validity::Invalid, "{}", story(&report));
    let text = says(&report, "overload");
    assert!(text.contains("n0") || text.contains("n1"), "{text}");
}

#[test]
fn a_slow_reader_is_only_slow() {
    let report = echo("slow-reader").report();
    assert_ne!(report.validity, Validity::Unknown, "{}", story(&report));
}
