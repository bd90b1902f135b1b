//! Real processes, written as strangers would write them, from options to verdict.
//!
//! What is asserted of times is asserted of the run's own milestones and generously:
//! the machine may be busy.

mod common;

use std::time::Duration;

use common::files::{CONTROL, Files};
use common::{Run, nodes_directory, story};
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::options::{Options, Target, TopologyChoice};
use swelkie::report::Report;
use swelkie_checkers::{Anomaly, Validity};
use swelkie_nodes::Seed;

/// Real processes of a program under `tests/nodes`: 2 s at 20 operations per second.
fn script(workload: &str, script: &str) -> Run {
    Run::script(workload, script, &[]).with(usual)
}

/// Real processes of a built-in node.
fn builtin(workload: &str, spec: &str) -> Run {
    Run::new(workload, Target::Builtin(spec.to_owned())).with(usual)
}

fn usual(options: &mut Options) {
    options.seed = Seed(3);
    options.time_limit = Duration::from_secs(2);
    options.rate = Rate::PerSecond(20.0);
    options.latency = Latency::constant(Duration::from_millis(5));
}

fn random(run: Run, kinds: &[&str]) -> Run {
    run.with(|options| {
        options.time_limit = Duration::from_secs(3);
        options.nemesis = kinds.iter().map(|&kind| kind.to_owned()).collect();
        options.nemesis_interval = Duration::from_millis(400);
    })
}

fn carry_out(run: &Run) -> (Report, Files) {
    (run.report(), run.files())
}

/// Runs it, which must be valid.
fn valid(run: &Run) -> (Report, Files) {
    let (report, files) = carry_out(run);
    assert_eq!(
        report.validity,
        Validity::Valid,
        "{:?}: {}",
        run.options,
        story(&report)
    );
    assert_eq!(report.exit_status, 0);
    (report, files)
}

/// What each life of a diary.py on n0 told stderr.
fn lives(run: &Run) -> Vec<serde_json::Value> {
    let log = String::from_utf8(run.bytes("nodes/n0.stderr.log")).expect("text");
    let lives = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lives.collect()
}

#[test]
fn a_gossip_in_python_is_valid_on_a_grid() {
    let (report, files) = valid(&script("broadcast", "gossip.py"));
    assert!(report.offences.is_empty(), "{:?}", report.offences);
    assert!(files.generated().len() > 20);
}

#[test]
fn a_flood_in_perl_is_valid_on_a_grid() {
    let (report, _) = valid(&script("broadcast", "flood.pl"));
    assert!(report.offences.is_empty(), "{:?}", report.offences);
}

#[test]
fn a_gossip_in_python_survives_partitions() {
    let (report, files) = valid(&random(script("broadcast", "gossip.py"), &["partition"]));
    assert!(
        report.faults.iter().any(|fault| fault.touched > 0),
        "{:?}",
        report.faults
    );
    assert!(files.figure("net.dropped.cut") > 0.0);
}

/// The first loss of a run that is invalid because of one.
fn first_lost(report: &Report) -> &Anomaly {
    assert_eq!(
        (report.validity, report.exit_status),
        (Validity::Invalid, 1),
        "{}",
        story(report)
    );
    let mut lost = report
        .anomalies
        .iter()
        .filter(|anomaly| anomaly.kind == "lost");
    lost.next().unwrap_or_else(|| panic!("{}", story(report)))
}

#[test]
fn a_flood_without_retries_loses_messages_to_a_partition_and_the_evidence_names_it() {
    let schedule = "[[fault]]\nname = \"alone\"\nkind = \"partition\"\nat = \"300ms\"\nfor = \"1.2s\"\ntargets = \"n0\"\n";
    let run = script("broadcast", "flood.pl")
        .schedule(schedule)
        .with(|options| options.recovery.bound = Duration::from_millis(500));
    let (report, _) = carry_out(&run);
    let lost = first_lost(&report);
    assert!(lost.text.contains("alone"), "{}", lost.text);
}

#[test]
fn a_node_that_acknowledges_and_tells_nobody_is_invalid_and_the_evidence_says_who_lacks_what() {
    let run = script("broadcast", "hoarder.py")
        .nodes(3)
        .with(|options| options.recovery.bound = Duration::from_millis(300));
    let (report, files) = carry_out(&run);
    let lost = first_lost(&report);
    let element = lost.element.as_deref().expect("the message");
    let value: serde_json::Value = serde_json::from_str(element).expect("JSON");
    let told = files
        .lines
        .iter()
        .find(|line| line.kind == "ok" && line.f == "broadcast" && line.value == value);
    let told = told
        .and_then(|line| line.node.as_deref())
        .expect("it was acknowledged");
    let lacks = lost.node_name.as_deref().expect("a node");
    assert_ne!(lacks, told, "{}", lost.text);
    for word in [element, lacks, told] {
        assert!(
            lost.text.contains(word),
            "`{word}` is not in: {}",
            lost.text
        );
    }
    assert_eq!(files.figure("net.servers.msgs"), 0.0);
}

#[test]
fn flood_retry_keeps_its_word_as_real_processes_that_are_killed_cut_off_and_paused() {
    let (report, files) = valid(&random(
        builtin("broadcast", "flood-retry"),
        &["kill", "partition", "pause"],
    ));
    let touched = |kind: &str| {
        report
            .faults
            .iter()
            .filter(|fault| fault.name.contains(kind))
            .map(|fault| fault.touched)
            .sum::<u64>()
    };
    for kind in ["kill", "partition", "pause"] {
        assert!(touched(kind) > 0, "{kind}: {:?}", report.faults);
    }
    assert!(files.figure("nodes.restarts") > 0.0);
}

#[test]
fn services_answer_a_node_before_it_answers_init() {
    let (_, files) = valid(&script("unique-ids", "claims.py").nodes(3));
    for node in &files.nodes {
        let sent = files
            .messages
            .values()
            .filter(|message| message.src == *node);
        let before: Vec<&str> = sent
            .take_while(|message| message.dest != CONTROL)
            .map(|message| &*message.dest)
            .collect();
        assert!(
            before.len() >= 5 && before.ends_with(&["seq-kv", "seq-kv", "lin-tso"]),
            "{node}: {before:?}"
        );
    }
    // A block per node, so that ids of three nodes stand in three millions.
    let ids = files
        .lines
        .iter()
        .filter(|line| line.kind == "ok")
        .filter_map(|line| line.value.as_u64());
    let blocks: std::collections::BTreeSet<u64> = ids.map(|id| id / 1_000_000).collect();
    assert_eq!(blocks, [0, 1, 2].into());
}

const KILL_ONCE: &str =
    "[[fault]]\nkind = \"kill\"\nat = \"600ms\"\nfor = \"200ms\"\ntargets = \"n0\"\n";

#[test]
fn a_restarted_node_finds_what_its_first_life_wrote_into_its_directory() {
    let run = script("broadcast", "diary.py").nodes(1).schedule(KILL_ONCE);
    valid(&run);
    let lives = lives(&run);
    assert_eq!(lives.len(), 2, "{lives:?}");
    assert_eq!(lives[0]["found"], 0);
    assert!(lives[1]["found"].as_u64() > Some(0), "{lives:?}");
    assert!(run.file("nodes/n0/data/diary.jsonl").exists());
}

#[test]
fn a_wiped_node_finds_nothing_and_what_it_acknowledged_is_lost() {
    let run = script("broadcast", "diary.py")
        .nodes(1)
        .schedule(KILL_ONCE)
        .with(|options| {
            options.wipe = true;
            options.recovery.bound = Duration::from_millis(300);
        });
    let (report, _) = carry_out(&run);
    let lives = lives(&run);
    assert_eq!(
        (lives.len(), &lives[1]["found"]),
        (2, &0.into()),
        "{lives:?}"
    );
    assert_eq!(report.validity, Validity::Invalid, "{}", story(&report));
    assert!(
        report
            .anomalies
            .iter()
            .any(|anomaly| anomaly.kind == "lost"),
        "{}",
        story(&report)
    );
}

#[test]
fn a_node_is_told_its_directory_a_seed_for_each_life_and_what_the_user_adds() {
    let run = script("broadcast", "diary.py")
        .nodes(1)
        .schedule(KILL_ONCE)
        .with(|options| {
            let Target::Binary(binary) = &mut options.target else {
                unreachable!("a script")
            };
            binary.env = vec![("COLOUR".into(), "blue ü".into())];
            binary.args = vec!["--verbose".into(), "two words".into()];
            binary.home = true;
        });
    valid(&run);
    let data = std::fs::canonicalize(run.file("nodes/n0/data")).expect("a directory");
    let lives = lives(&run);
    assert_eq!(lives.len(), 2);
    for life in &lives {
        for name in ["cwd", "SWELKIE_DATA", "HOME"] {
            let place = std::fs::canonicalize(life[name].as_str().expect(name)).expect(name);
            assert_eq!(place, data, "{name}");
        }
        assert_eq!(
            (&life["COLOUR"], &life["args"]),
            (
                &"blue ü".into(),
                &serde_json::json!(["--verbose", "two words"])
            )
        );
        assert!(
            life["SWELKIE_SEED"]
                .as_str()
                .is_some_and(|seed| seed.parse::<u64>().is_ok()),
            "{life}"
        );
    }
    assert_ne!(lives[0]["SWELKIE_SEED"], lives[1]["SWELKIE_SEED"]);
}

#[test]
fn nodes_in_two_languages_make_one_cluster() {
    let run = script("broadcast", "flood.py").nodes(4).with(|options| {
        let Target::Binary(binary) = &mut options.target else {
            unreachable!("a script")
        };
        for node in ["n1", "n3"] {
            binary
                .programs
                .insert(node.to_owned(), nodes_directory().join("flood.pl"));
        }
    });
    let (_, files) = valid(&run);
    for record in files.records.iter().filter(|record| record.event == "send") {
        let node = record.src.as_deref().expect("a sender");
        let body = record.body.as_ref().expect("a body").get();
        // Python puts a space after each colon, Perl does not.
        match node {
            "n0" | "n2" => assert!(body.contains(": "), "{node} runs flood.py: {body}"),
            "n1" | "n3" => assert!(!body.contains(": "), "{node} runs flood.pl: {body}"),
            _ => {}
        }
    }
}

#[test]
fn a_node_that_never_flushes_its_stdout_is_named_with_what_to_do() {
    let run = script("echo", "buffered.py")
        .nodes(2)
        .with(|options| options.init_timeout = Duration::from_secs(1));
    let (report, _) = carry_out(&run);
    assert_eq!(
        (report.validity, report.exit_status),
        (Validity::Invalid, 1),
        "{}",
        story(&report)
    );
    let anomaly = &report.anomalies[0];
    assert_eq!(anomaly.kind, "init-timeout");
    for word in [
        "did not answer init within 1s",
        "init_ok",
        "flushed",
        "--init-timeout",
    ] {
        assert!(
            anomaly.text.contains(word),
            "`{word}` is not in: {}",
            anomaly.text
        );
    }
}

#[test]
fn a_hundred_processes_flood_a_random_regular_graph() {
    let run = builtin("broadcast", "flood").nodes(100).with(|options| {
        let shape = "random-regular(4)".parse().expect("a shape");
        options.topology = TopologyChoice::Shape(shape);
        options.init_timeout = Duration::from_secs(30);
        // Every node's client, or some have nothing to do.
        options.rate = Rate::PerSecond(50.0);
    });
    let (report, files) = valid(&run);
    assert_eq!(files.nodes.len(), 100);
    assert!(report.offences.is_empty(), "{:?}", report.offences);
    // Each of 100 nodes tells its 4 neighbours, except whom it heard it from.
    let told = files
        .lines
        .iter()
        .filter(|line| line.kind == "ok" && line.f == "broadcast")
        .count() as f64;
    assert_eq!(files.figure("net.servers.msgs"), told * (100.0 * 3.0 + 1.0));
}

#[test]
fn a_valid_run_ends_soon_after_its_time_limit() {
    let runs = [
        script("broadcast", "gossip.py").nodes(3),
        builtin("broadcast", "flood"),
        builtin("g-counter", "g-counter"),
        builtin("echo", "echo"),
    ];
    for run in runs {
        let (report, _) = valid(&run);
        let zero = report.milestones.zero.expect("operations began");
        let took = report.milestones.end - zero;
        let limit = run.options.time_limit;
        assert!(
            limit <= took && took < limit + Duration::from_millis(1500),
            "{:?} took {took:?} of {limit:?}",
            run.options.target
        );
    }
}

#[test]
fn a_node_that_ignores_its_stop_for_ever_does_not_keep_the_run() {
    let schedule = "[[fault]]\nkind = \"stop\"\nat = \"300ms\"\nforever = true\ntargets = \"n0\"\n";
    let run = Run::script("echo", "bad.py", &["stubborn"])
        .nodes(2)
        .with(usual)
        .schedule(schedule);
    let (report, _) = valid(&run);
    assert_eq!(report.faults[0].touched, 1);
}

#[test]
fn a_kill_ends_a_node_that_ignores_its_stop() {
    let schedule = r#"
        [[fault]]
        kind = "stop"
        at = "300ms"
        for = "300ms"
        targets = "n0"

        [[fault]]
        kind = "kill"
        at = "400ms"
        for = "400ms"
        targets = "n0"
    "#;
    let run = Run::script("echo", "bad.py", &["stubborn"])
        .nodes(2)
        .with(usual)
        .schedule(schedule);
    let (report, files) = valid(&run);
    let touched: Vec<u64> = report.faults.iter().map(|fault| fault.touched).collect();
    assert_eq!(touched, [1, 1], "{:?}", report.faults);
    assert_eq!(files.figure("nodes.restarts"), 1.0);
}
