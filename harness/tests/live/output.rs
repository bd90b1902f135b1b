//! What nodes read and write.

use swelkie::engine::{Input, Output};
use swelkie::live::{self, Hooks, NodeCommand};

use crate::script::*;

#[test]
fn a_message_reaches_a_node_as_one_line_and_its_lines_come_back() {
    let cat = NodeCommand {
        program: "/bin/cat".into(),
        ..NodeCommand::default()
    };
    let outcome = run(vec![cat], |engine, _, input| match input {
        Input::Started { .. } => {
            engine.deliver(0, "c1", r#"{"type":"a", "n":1.00}"#);
            engine.deliver(0, "c\"2", "{}");
        }
        Input::Line { line, .. } if line.starts_with(b"{\"id\":2") => engine.finish(),
        _ => {}
    });
    let expected = [
        "n0/0 started",
        r#"{"id":1,"src":"c1","dest":"n0","body":{"type":"a", "n":1.00}}"#,
        r#"{"id":2,"src":"c\"2","dest":"n0","body":{}}"#,
    ];
    assert_eq!(outcome.words(), expected);
    assert_eq!(outcome.report.survivors, Vec::<usize>::new());
}

#[test]
fn all_a_node_wrote_is_handed_in_before_its_exit() {
    let outcome = run(vec![sh("seq 1 200000; exit 3")], until_exit);
    let words = outcome.words();
    assert_eq!(words.len(), 200_002);
    assert_eq!(words[200_000], "200000");
    assert_eq!(words[200_001], "n0/0 exited 3");
}

#[test]
fn a_line_without_a_newline_is_a_fragment_and_nul_bytes_are_bytes() {
    let outcome = run(vec![sh(r"printf 'a\0b\n\n\377\nhalf'")], until_exit);
    let expected = [
        "n0/0 started",
        "a\0b",
        "",
        "\u{fffd}",
        "fragment half of 4",
        "n0/0 exited 0",
    ];
    assert_eq!(outcome.words(), expected);
}

#[test]
fn a_line_of_100_megabytes_is_one_fragment_and_the_next_line_is_read() {
    let script = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo next";
    let outcome = run(vec![sh(script)], until_exit);
    let expected = [
        "n0/0 started",
        "fragment xxxxxxxxxx of 100000000, too long",
        "next",
        "n0/0 exited 0",
    ];
    assert_eq!(outcome.words(), expected);
}

#[test]
fn a_line_below_the_limit_is_whole_however_long() {
    let script = "head -c 20000000 /dev/zero | tr '\\0' x; echo";
    let mut length = 0;
    run(vec![sh(script)], |engine, now, input| {
        if let Input::Line { line, .. } = input {
            length = line.len();
        }
        until_exit(engine, now, input);
    });
    assert_eq!(length, 20_000_000);
}

#[test]
fn a_node_that_closes_its_stdout_and_lives_is_told_from_one_that_exits() {
    let script = "echo a; printf half; exec >&-; read line; exit 4";
    let outcome = run(vec![sh(script)], |engine, now, input| {
        if let Input::Closed { .. } = input {
            engine.deliver(0, "c1", "{}");
        }
        until_exit(engine, now, input);
    });
    let expected = [
        "n0/0 started",
        "a",
        "fragment half of 4",
        "closed",
        "n0/0 exited 4",
    ];
    assert_eq!(outcome.words(), expected);
}

#[test]
fn a_node_that_closes_its_stdin_and_lives_is_reported_when_it_is_written_to() {
    let script = "exec <&-; echo ready; exec sleep 1000";
    let outcome = run(vec![sh(script)], |engine, now, input| {
        match input {
            Input::Line { .. } => engine.deliver(0, "c1", "{}"),
            Input::Deaf { .. } => engine.put(Output::Kill { node: 0 }),
            _ => {}
        }
        until_exit(engine, now, input);
    });
    assert_eq!(
        outcome.words(),
        ["n0/0 started", "ready", "deaf", "n0/0 killed by 9"]
    );
}

#[test]
fn a_node_that_exits_before_it_is_written_to_is_only_an_exit() {
    let outcome = run(vec![sh("exit 0")], |engine, now, input| {
        if let Input::Started { .. } = input {
            for _ in 0..1000 {
                engine.deliver(0, "c1", "{}");
            }
        }
        until_exit(engine, now, input);
    });
    assert_eq!(outcome.words(), ["n0/0 started", "n0/0 exited 0"]);
}

#[test]
fn stderr_is_logged_its_end_is_evidence_and_its_lines_reach_the_hook() {
    let script = "echo first >&2; head -c 3000000 /dev/zero | tr '\\0' e >&2; printf 'the end' >&2";
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(vec![sh(script)], dir.path());
    let mut core = scripted(until_exit);
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut stderr = |node, line: &[u8]| lines.push((node, line.to_vec()));
    let hooks = Hooks {
        tick: &mut |_, _| Ok(()),
        stderr: Some(&mut stderr),
    };
    live::run(&mut core, &settings, hooks).unwrap();
    let Some((_, Input::Exited { stderr_tail, .. })) = core.engine.log.last() else {
        panic!("{:?}", core.engine.log);
    };
    assert_eq!(stderr_tail.len(), 4096);
    assert!(stderr_tail.ends_with("eeethe end"));
    let log = std::fs::read(dir.path().join("nodes/n0.stderr.log")).unwrap();
    assert_eq!(log.len(), 6 + 3_000_000 + 7);
    assert_eq!(lines[0], (0, b"first".to_vec()));
    assert!(lines.last().unwrap().1.ends_with(b"the end"));
}

#[test]
fn a_node_finds_its_directory_its_name_and_its_seed_and_nothing_of_the_supervisor() {
    let script = r#"pwd; echo "$SWELKIE_DATA"; echo "$HOME"; echo "$SWELKIE_NODE $SWELKIE_INCARNATION"
        echo "${SWELKIE_SUPERVISOR-unset} $K"; echo "$SWELKIE_SEED"; ulimit -n"#;
    let node = NodeCommand {
        home: true,
        env: vec![("K".into(), "v".into())],
        ..sh(script)
    };
    let limit = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -n"])
        .output()
        .unwrap();
    let outcome = run(vec![node], until_exit);
    let words = outcome.words();
    let data = outcome
        .dir
        .path()
        .join("nodes/n0/data")
        .canonicalize()
        .unwrap();
    for place in &words[1..4] {
        assert_eq!(std::path::Path::new(place).canonicalize().unwrap(), data);
    }
    assert_eq!(words[4..6], ["n0 0", "unset v"]);
    let seed = live::node_seed(swelkie_nodes::Seed(7), &"n0".into(), 0);
    assert_eq!(words[6], seed.0.to_string());
    // Another test may have raised this process's own limit by now: the node's is the lower one.
    let limit: u64 = String::from_utf8(limit.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(words[7].parse::<u64>().unwrap() <= limit);
}
