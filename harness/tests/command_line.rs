//! The program as a user meets it: exit statuses, streams, what is refused before a
//! node starts.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `swelkie …` in a directory of its own, as a log sees it: no terminal, no colours.
fn swelkie(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    for variable in [
        "SWELKIE_LOG",
        "CLICOLOR_FORCE",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
    ] {
        command.env_remove(variable);
    }
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it exits")
}

const SIMULATED: [&str; 8] = [
    "test",
    "-w",
    "broadcast",
    "--builtin",
    "flood",
    "--sim",
    "--time-limit",
    "5",
];

/// A simulated test of flood with more flags.
fn simulated(directory: &Path, more: &[&str]) -> Output {
    swelkie(directory, &[&SIMULATED, more].concat())
}

#[test]
fn a_valid_run_exits_with_0_and_says_so_first() {
    let directory = tempfile::tempdir().unwrap();
    let output = simulated(directory.path(), &["--seed", "7"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(status(&output), 0, "{out}{err}");
    assert!(out.starts_with("Valid: "), "{out}");
    assert_eq!(
        err,
        "broadcast on 5 nodes of flood, 5s in virtual time, seed 7\n"
    );
    assert!(out.contains("--time-limit 5 --seed 7\n"), "{out}");
    assert!(directory.path().join("store/latest/results.json").exists());
}

#[test]
fn a_broken_promise_exits_with_1_and_json_is_the_results_file() {
    let directory = tempfile::tempdir().unwrap();
    let broken = [
        "test",
        "-w",
        "broadcast",
        "--builtin",
        "broken-never-gossip",
        "--sim",
        "--time-limit",
        "5",
        "--json",
    ];
    let output = swelkie(directory.path(), &broken);
    assert_eq!(status(&output), 1, "{}", text(&output.stderr));
    let written = std::fs::read(directory.path().join("store/latest/results.json")).unwrap();
    assert_eq!(text(&output.stdout), text(&written));
    let printed: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(printed["validity"], "invalid");
}

#[test]
fn a_quiet_valid_run_prints_nothing_and_no_store_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let output = simulated(directory.path(), &["-q", "--no-store"]);
    assert_eq!(status(&output), 0);
    assert_eq!(text(&output.stdout) + &text(&output.stderr), "");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn several_runs_go_up_in_seeds_and_stop_at_the_first_that_is_not_valid() {
    let directory = tempfile::tempdir().unwrap();
    let output = simulated(
        directory.path(),
        &["--no-store", "--seed", "7", "--test-count", "3"],
    );
    let out = text(&output.stdout);
    let seeds: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        seeds,
        [
            "Valid  run 1 of 3, seed 7",
            "Valid  run 2 of 3, seed 8",
            "Valid  run 3 of 3, seed 9"
        ]
    );

    let output = simulated(
        directory.path(),
        &[
            "--no-store",
            "--seed",
            "7",
            "--test-count",
            "3",
            "--assert",
            "ops.ok < 1",
        ],
    );
    let out = text(&output.stdout);
    assert_eq!(status(&output), 1, "{out}");
    assert_eq!(out.matches("INVALID").count(), 1, "{out}");
}

#[test]
fn without_a_seed_one_is_drawn_and_the_command_repeats_it() {
    let directory = tempfile::tempdir().unwrap();
    let first = text(&simulated(directory.path(), &["--nemesis", "partition,kill"]).stdout);
    let again = first
        .lines()
        .find_map(|line| line.strip_prefix("again"))
        .expect("a command");
    let words = shlex::split(again.trim()).unwrap();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let second = text(&swelkie(directory.path(), &words).stdout);
    // The wall time and the directory are no part of it.
    let same = |text: &str| {
        text.lines()
            .take_while(|line| !line.starts_with("seed"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(same(&first), same(&second));
}

#[test]
fn what_is_wrong_before_a_node_starts_exits_with_254_and_leaves_no_directory() {
    let directory = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 11] = [
        (
            &["--node-count", "0"],
            "expected a number of nodes from 1 to 100000",
        ),
        (
            &["--nodes", "a,a"],
            "--nodes names a twice; every node needs a name of its own",
        ),
        (
            &["--nodes", "c0"],
            "`c0` cannot be a node's name: c and a number names a client; n0, n1, … are usual",
        ),
        (
            &["--nodes", "lin-kv"],
            "`lin-kv` cannot be a node's name: that is the name of a service",
        ),
        (
            &["--nodes", "a/b"],
            "`a/b` cannot be a node's name: a node's name has 1 to 64 letters",
        ),
        (&["--nodes", "a,,b"], "cannot be a node's name"),
        (&["--rate", "max"], "--rate max does not go with --sim"),
        (&["--faults", "none.toml"], "none.toml"),
        (&["--topology", "none.json"], "none.json"),
        (
            &["--assert", "ops.ok"],
            "--assert: `ops.ok`: expected a figure",
        ),
        (&["--frobnicate"], "unexpected argument '--frobnicate'"),
    ];
    for (flags, expected) in cases {
        let output = simulated(directory.path(), flags);
        let err = text(&output.stderr);
        assert_eq!(status(&output), 254, "{flags:?}: {err}");
        assert!(
            err.starts_with("error: ") && err.contains(expected),
            "{flags:?}: {err}"
        );
        assert_eq!(text(&output.stdout), "", "{flags:?}");
    }
    let output = swelkie(
        directory.path(),
        &["test", "-w", "echo", "--bin", "./missing"],
    );
    let err = text(&output.stderr);
    assert_eq!(status(&output), 254, "{err}");
    assert!(err.contains("missing"), "{err}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_dry_run_shows_the_plan_and_runs_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let output = simulated(
        directory.path(),
        &["--dry-run", "--seed", "7", "--nemesis", "partition"],
    );
    let out = text(&output.stdout);
    assert_eq!(status(&output), 0);
    for expected in [
        "workload      broadcast\n",
        "              n0: n1 n3\n",
        "seed          7\n",
    ] {
        assert!(out.contains(expected), "{expected:?} in\n{out}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn help_and_lists_exit_with_0_and_name_what_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&["--help"], "Commands:"),
        (&["test", "--help"], "What is tested:"),
        (&["nodes"], "flood-retry"),
        (&["workloads"], "broadcast_ok"),
        (
            &["schema", "faults"],
            "https://json-schema.org/draft/2020-12/schema",
        ),
        (&["completions", "bash"], "--nemesis-interval"),
        (&["man"], ".TH swelkie 1"),
        (&["man", "test"], "swelkie\\-test"),
    ];
    for (arguments, expected) in cases {
        let output = swelkie(directory.path(), arguments);
        let out = text(&output.stdout);
        assert_eq!(status(&output), 0, "{arguments:?}");
        assert!(out.contains(expected), "{arguments:?}: {out}");
    }
    assert_eq!(status(&swelkie(directory.path(), &[])), 254);
    let output = swelkie(directory.path(), &["man", "tset"]);
    assert!(text(&output.stderr).contains("there is no command `tset`; there are test,"));
}

#[test]
fn replay_hands_a_node_the_very_input_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let output = simulated(directory.path(), &["--seed", "7"]);
    assert_eq!(status(&output), 0);

    let printed = text(&swelkie(directory.path(), &["replay", "--node", "n3", "--print"]).stdout);
    let first = printed.lines().next().unwrap();
    assert!(
        first.contains(r#""dest":"n3""#) && first.contains(r#""type":"init""#),
        "{first}"
    );

    // cat shows what it is fed.
    let fed = swelkie(directory.path(), &["replay", "--node", "n3", "--", "cat"]);
    assert_eq!(text(&fed.stdout), printed);

    // The recorded command: flood answers as it did in the run.
    let node = swelkie(directory.path(), &["replay", "--node", "n3"]);
    assert_eq!(status(&node), 0, "{}", text(&node.stderr));
    assert_eq!(text(&node.stdout).matches("init_ok").count(), 1);

    for (arguments, expected) in [
        (
            &["replay", "--node", "n9"][..],
            "nothing was handed to n9; the run's nodes are n0, n1, n2, n3, n4",
        ),
        (
            &["replay", "--node", "n3", "--incarnation", "1"],
            "n3 has no incarnation 1; the last is 0",
        ),
        (
            &["replay", "nowhere", "--node", "n3"],
            "nowhere/messages.jsonl: No such file or directory",
        ),
    ] {
        let output = swelkie(directory.path(), arguments);
        let err = text(&output.stderr);
        assert_eq!(status(&output), 254, "{err}");
        assert!(err.contains(expected), "{err}");
    }
}

#[test]
fn replay_starts_the_program_that_was_tested_with_its_arguments() {
    let directory = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_swelkie");
    let live = [
        "test",
        "-w",
        "echo",
        "--bin",
        program,
        "--node-count",
        "1",
        "--time-limit",
        "0.5",
        "--wrap",
        "env -u X",
    ];
    let output = swelkie(
        directory.path(),
        &[&live[..], &["--env", "A=b c", "--", "node", "echo"]].concat(),
    );
    assert_eq!(
        status(&output),
        0,
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );

    let node = swelkie(directory.path(), &["replay", "--node", "n0"]);
    let replies = text(&node.stdout);
    assert_eq!(status(&node), 0, "{}", text(&node.stderr));
    assert!(
        replies.contains("init_ok") && replies.contains("echo_ok"),
        "{replies}"
    );
}
