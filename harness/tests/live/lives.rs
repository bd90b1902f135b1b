//! Starts, exits, kills, pauses.

use std::time::Duration;

use swelkie::engine::{Input, Output};
use swelkie::live::NodeCommand;

use crate::script::*;

#[test]
fn exits_carry_the_status_or_the_signal() {
    for (script, word) in [
        ("exit 0", "n0/0 exited 0"),
        ("exit 77", "n0/0 exited 77"),
        ("kill -SEGV $$", "n0/0 killed by 11"),
    ] {
        assert_eq!(
            run(vec![sh(script)], until_exit).words(),
            ["n0/0 started", word]
        );
    }
}

#[test]
fn a_program_that_cannot_be_started_is_reported_in_the_systems_words() {
    let dir = tempfile::tempdir().unwrap();
    let prose = dir.path().join("prose");
    std::fs::write(&prose, "print('hello')\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&prose, mode).unwrap();
    for (program, words) in [
        (
            "/no/such/program".into(),
            "No such file or directory (os error 2)",
        ),
        ("/tmp".into(), "Permission denied (os error 13)"),
        (prose, "Exec format error (os error 8)"),
    ] {
        let node = NodeCommand {
            program,
            ..NodeCommand::default()
        };
        assert_eq!(
            run(vec![node], until_exit).words(),
            [format!("failed: {words}")]
        );
    }
    let gone = NodeCommand {
        cwd: Some("/no/such/place".into()),
        ..sh("exit 0")
    };
    let words = run(vec![gone], until_exit).words();
    assert_eq!(words, ["failed: No such file or directory (os error 2)"]);
}

#[test]
fn arguments_too_long_to_hand_over_are_a_failed_start() {
    let node = NodeCommand {
        args: vec!["x".repeat(1 << 20).into()],
        ..sh("")
    };
    let words = run(vec![node], until_exit).words();
    assert!(words[0].contains("too long"), "{words:?}");
}

#[test]
fn what_was_written_before_a_kill_is_read_and_the_half_line_is_not() {
    let script = "seq 1 5000; printf 'last\nhalf'; exec sleep 1000";
    let outcome = run(vec![sh(script)], |engine, now, input| {
        match input {
            Input::Line { line, .. } if line == "1" => engine.put(Output::Kill { node: 0 }),
            _ => {}
        }
        until_exit(engine, now, input);
    });
    let words = outcome.words();
    assert_eq!(words.last().unwrap(), "n0/0 killed by 9");
    let lines = &words[1..words.len() - 1];
    assert!(
        lines.iter().all(|line| !line.starts_with("fragment")),
        "{lines:?}"
    );
    for (at, line) in lines.iter().take(5000).enumerate() {
        assert_eq!(*line, (at + 1).to_string());
    }
}

#[test]
fn a_terminated_node_may_answer_and_one_that_does_not_is_killed() {
    let polite = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    let stubborn = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
    let plain = "echo ready; exec sleep 1000";
    for (script, end) in [
        (polite, "n0/0 exited 5"),
        (stubborn, "n0/0 killed by 9"),
        (plain, "n0/0 killed by 15"),
    ] {
        let outcome = run(vec![sh(script)], |engine, now, input| {
            match input {
                Input::Line { line, .. } if line == "ready" => {
                    engine.put(Output::Terminate { node: 0 });
                    engine.wake(now + Duration::from_secs(2));
                }
                Input::Deadline if now.nanos() > 1_000_000_000 => {
                    engine.put(Output::Kill { node: 0 });
                }
                _ => {}
            }
            until_exit(engine, now, input);
        });
        let words = outcome.words();
        assert_eq!(words.last().unwrap(), end, "{script}");
        assert_eq!(words.contains(&"bye".to_owned()), script == polite);
    }
}

#[test]
fn a_restart_waits_for_the_earlier_life_and_finds_what_it_stored() {
    let script = "echo life >> stored; wc -l < stored; exec sleep 1000";
    let outcome = run(vec![sh(script)], |engine, _, input| {
        let Input::Line { incarnation, .. } = input else {
            return;
        };
        if *incarnation == 3 {
            return engine.finish();
        }
        engine.put(Output::Kill { node: 0 });
        let (node, incarnation) = (0, incarnation + 1);
        engine.put(Output::Start {
            node,
            incarnation,
            wipe: incarnation == 2,
        });
    });
    let words = outcome.words();
    let words: Vec<&str> = words.iter().map(|word| word.trim()).collect();
    let expected = [
        ["n0/0 started", "1", "n0/0 killed by 9"],
        ["n0/1 started", "2", "n0/1 killed by 9"],
        // This one began with its data wiped.
        ["n0/2 started", "1", "n0/2 killed by 9"],
    ];
    assert_eq!(words[..9], expected.concat());
    assert_eq!(words[9..], ["n0/3 started", "2"]);
}

/// A node with a child in its group and one in a session of its own; writes the numbers.
const FAMILY: &str = "sleep 1000 & a=$!; setsid sleep 1000 & b=$!; echo $$ $a $b; wait";

#[test]
fn a_pause_stops_the_node_and_all_it_started_and_a_resume_continues_them() {
    let mut family = Vec::new();
    let mut paused = false;
    run(vec![sh(FAMILY)], |engine, now, input| {
        engine.wake(now + Duration::from_millis(5));
        match input {
            Input::Line { line, .. } => {
                family = pids(line);
                engine.put(Output::Pause { node: 0 });
            }
            _ if family.is_empty() => {}
            _ if !paused && family.iter().all(|pid| state(*pid) == Some('T')) => {
                paused = true;
                engine.put(Output::Resume { node: 0 });
            }
            _ if paused && family.iter().all(|pid| state(*pid) == Some('S')) => engine.finish(),
            _ => {}
        }
    });
    assert_eq!(family.len(), 3);
    assert!(family.iter().all(|pid| gone(*pid)));
}

#[test]
fn a_paused_node_can_be_killed() {
    let outcome = run(vec![sh(FAMILY)], |engine, now, input| {
        if let Input::Line { .. } = input {
            engine.put(Output::Pause { node: 0 });
            engine.put(Output::Kill { node: 0 });
        }
        until_exit(engine, now, input);
    });
    assert_eq!(outcome.words().last().unwrap(), "n0/0 killed by 9");
}

#[test]
fn a_kill_reaches_those_whom_the_node_started_and_abandoned() {
    // The second child is adopted by the supervisor and in a session of its own.
    let script = "sleep 1000 & a=$!; (setsid sleep 1000 & echo $! > b); echo $$ $a $(cat b); wait";
    let mut family = Vec::new();
    let mut exited = false;
    run(vec![sh(script)], |engine, now, input| {
        engine.wake(now + Duration::from_millis(5));
        match input {
            Input::Line { line, .. } => {
                family = pids(line);
                engine.put(Output::Kill { node: 0 });
            }
            Input::Exited { .. } => exited = true,
            // Before the run ends: it is the kill that ends them.
            _ if exited && family.iter().all(|pid| gone(*pid)) => engine.finish(),
            _ => {}
        }
    });
    assert_eq!(family.len(), 3);
}

#[test]
fn a_child_that_holds_the_pipe_open_does_not_delay_the_exit_and_does_not_outlive_it() {
    let mut holder = 0;
    let mut exited = false;
    let outcome = run(
        vec![sh("sleep 1000 & echo $!; exit 6")],
        |engine, now, input| {
            engine.wake(now + Duration::from_millis(5));
            match input {
                Input::Line { line, .. } => holder = pids(line)[0],
                Input::Exited { .. } => exited = true,
                _ if exited && gone(holder) => engine.finish(),
                _ => {}
            }
        },
    );
    assert_eq!(outcome.words().last().unwrap(), "n0/0 exited 6");
}

#[test]
fn a_child_that_writes_for_ever_does_not_delay_the_exit_either() {
    let core = scripted_without_lines(until_exit);
    let outcome = run_core(core, vec![sh("yes & exit 6")], |_| {});
    assert_eq!(outcome.words(), ["n0/0 started", "n0/0 exited 6"]);
}

#[test]
fn an_exit_of_its_own_with_a_dying_child_takes_no_grace() {
    let outcome = run(vec![sh("sleep 0.01 & exit 6")], until_exit);
    let took = outcome.log[1].0 - outcome.log[0].0;
    assert_eq!(outcome.words()[1], "n0/0 exited 6");
    assert!(took < Duration::from_secs(10), "{took:?}");
}
