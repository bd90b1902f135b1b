//! Traces of built-in nodes, and the node that is worth one.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use common::{Run, story};
use swelkie::engine::Rate;
use swelkie::options::{Binary, Target, TraceFormat};
use swelkie_checkers::Validity;

fn live(workload: &str, spec: &str) -> Run {
    Run::new(workload, Target::Builtin(spec.to_owned())).with(|options| {
        options.time_limit = Duration::from_secs(2);
        options.rate = Rate::PerSecond(40.0);
    })
}

fn under_kills(run: Run) -> Run {
    run.with(|options| {
        options.nemesis = vec!["kill".to_owned(), "partition".to_owned()];
        options.nemesis_interval = Duration::from_millis(500);
    })
}

fn text(run: &Run, name: &str) -> String {
    String::from_utf8(run.bytes(name)).expect("text")
}

/// Every tag that is opened is closed, in order; quotes are closed, entities known.
fn assert_is_xml(text: &str) {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin..];
        if let Some(data) = rest.strip_prefix("<![CDATA[") {
            rest = &data[data.find("]]>").expect("CDATA ends") + 3..];
            continue;
        }
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        match tag.as_bytes()[0] {
            b'?' | b'!' => {}
            b'/' => assert_eq!(open.pop(), Some(&tag[1..]), "of {open:?}"),
            _ if tag.ends_with('/') => {}
            _ => open.push(tag.split_whitespace().next().expect("a name")),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn nodes_that_share_a_file_keep_their_promises_however_they_do_it() {
    for spec in [
        "shared-file",
        "shared-file:sync=yes",
        "shared-file:access=new",
        "shared-file:access=new,sync=yes",
    ] {
        for workload in ["broadcast", "g-set"] {
            let report = under_kills(live(workload, spec)).report();
            assert_eq!(
                report.validity,
                Validity::Valid,
                "{spec}: {}",
                story(&report)
            );
            let messages = report.figures.get("net.servers.msgs").expect("counted");
            assert_eq!(messages.as_f64(), 0.0, "they need no messages");
        }
    }
}

#[test]
fn a_new_run_begins_with_an_empty_file_and_the_path_is_in_the_environment() {
    let run = live("broadcast", "shared-file");
    for _ in 0..2 {
        let report = run.report();
        assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
        let lines = text(&run, "shared/shared.jsonl").lines().count();
        let broadcasts = report.figures.get("ops.broadcast.ok").expect("counted");
        assert_eq!(lines, broadcasts.as_f64() as usize);
    }
}

#[test]
fn a_flame_graph_names_the_spans_of_all_nodes() {
    let run = under_kills(live("broadcast", "shared-file:sync=yes"))
        .with(|options| options.trace = Some(TraceFormat::Flame));
    let report = run.report();
    let svg = text(&run, "flame.svg");
    assert_is_xml(&svg);
    for span in [
        "parse",
        "handle",
        "write",
        "wait for lock",
        "read file",
        "append to file",
        "sync",
        "unlock",
    ] {
        assert!(
            svg.contains(&format!("{span} (")),
            "{span}: {}",
            story(&report)
        );
    }
    assert!(!svg.contains("idle ("));
    let traced = report.run.trace.as_ref().expect("traced");
    assert!(traced.file.ends_with("flame.svg") && traced.story.contains("of work by 5 nodes"));
    assert!(swelkie::summary::summary(&report, false).contains("flame.svg"));
    for node in 0..5 {
        assert!(text(&run, &format!("trace/n{node}.1.folded")).contains("handle"));
    }
}

#[test]
fn a_chrome_trace_has_events_of_every_node_in_the_time_of_the_run() {
    let run = under_kills(live("broadcast", "flood-retry"))
        .with(|options| options.trace = Some(TraceFormat::Chrome));
    let report = run.report();
    let json: serde_json::Value = serde_json::from_slice(&run.bytes("trace.json")).expect("JSON");
    let events = json["traceEvents"].as_array().expect("a list");
    let of = |event: &&serde_json::Value| event["ph"] == "X";
    let nodes: BTreeSet<u64> = (events.iter().filter(of))
        .filter_map(|event| event["pid"].as_u64())
        .collect();
    assert_eq!(nodes, (1..=5).collect(), "{}", story(&report));
    let names = events
        .iter()
        .filter(|event| event["name"] == "process_name");
    let names: Vec<&str> = names
        .filter_map(|event| event["args"]["name"].as_str())
        .collect();
    assert_eq!(names, ["n0", "n1", "n2", "n3", "n4"]);
    let lives: BTreeSet<u64> = events
        .iter()
        .filter_map(|event| event["tid"].as_u64())
        .collect();
    assert!(
        lives.contains(&2),
        "a node was killed and traced again: {lives:?}"
    );
    let end = report.milestones.end.nanos() as f64 / 1e3;
    let times: Vec<f64> = events
        .iter()
        .filter_map(|event| event["ts"].as_f64())
        .collect();
    assert!(times.iter().all(|&time| (0.0..end + 1e6).contains(&time)));
    assert!(times.iter().any(|&time| time > end / 2.0));
}

#[test]
fn what_cannot_be_traced_or_simulated_is_refused_with_the_reason() {
    let refused = |run: Run| run.options.run().expect_err("refused").to_string();
    let flame = |run: Run| run.with(|options| options.trace = Some(TraceFormat::Flame));
    let binary = Target::Binary(Binary {
        program: Path::new("/bin/cat").into(),
        ..Binary::default()
    });
    let text = refused(flame(Run::new("echo", binary)));
    assert!(
        text.starts_with("--trace flame does not go with --bin"),
        "{text}"
    );
    let text = refused(flame(Run::sim("broadcast", "flood")));
    assert!(
        text.starts_with("--trace flame does not go with --sim"),
        "{text}"
    );
    let text = refused(flame(live("echo", "echo")).with(|options| options.no_store = true));
    assert!(
        text.starts_with("--trace flame does not go with --no-store"),
        "{text}"
    );
    let text = refused(Run::sim("broadcast", "shared-file:sync=yes"));
    assert!(
        text.starts_with("--sim does not go with --builtin shared-file"),
        "{text}"
    );
}
