//! `swelkie compare` as a user meets it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn compare(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command.arg("compare").args(arguments);
    command.current_dir(directory).stdin(Stdio::null());
    command.env_remove("CLICOLOR_FORCE");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn gossip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes/gossip.py")
}

const SHORT: [&str; 10] = [
    "--node-count",
    "5",
    "--time-limit",
    "2",
    "--recovery",
    "2",
    "--rate",
    "20",
    "--seed",
    "7",
];

#[test]
fn two_simulated_strategies_stand_beside_a_program_and_leave_nothing_behind() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let gossip = gossip();
    let program = gossip.to_str().expect("a path of text");
    let strategies = [
        "--builtin",
        "flood",
        "--builtin",
        "flood-retry",
        "--bin",
        program,
        "--json",
        "--sort",
        "median",
        "--csv",
        "board.csv",
    ];
    let output = compare(directory.path(), &[&strategies[..], &SHORT].concat());
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(
        err.starts_with("broadcast, 2 simulated runs and 1 real run, about 5s, seed 7\n"),
        "{err}"
    );
    let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let standings = json["standings"].as_array().expect("a list");
    let rows: Vec<(&str, &str)> = standings
        .iter()
        .map(|row| {
            (
                row["strategy"].as_str().expect("text"),
                row["mode"].as_str().expect("text"),
            )
        })
        .collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().any(|row| row.0.ends_with("/gossip.py")),
        "{rows:?}"
    );
    for (strategy, mode) in rows {
        assert_eq!(
            mode == "live",
            strategy.ends_with("/gossip.py"),
            "{strategy}"
        );
    }
    for row in standings {
        let figures = &row["figures"];
        assert!(
            figures["msgs"]["middle"].as_f64().expect("counted") > 1.0,
            "{row}"
        );
        assert!(
            figures["max"]["middle"].as_f64().expect("measured") > 0.0,
            "{row}"
        );
        assert_eq!(row["validity"], "valid");
    }
    let csv = std::fs::read_to_string(directory.path().join("board.csv")).expect("written");
    assert_eq!(csv.lines().count(), 4);
    assert!(
        !directory.path().join("store").exists(),
        "valid runs leave no record"
    );
}

#[test]
fn of_a_strategy_that_loses_messages_the_first_record_is_kept() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let broken = [
        "--builtin",
        "broken-never-gossip",
        "--builtin",
        "flood",
        "--runs",
        "3",
    ];
    let output = compare(directory.path(), &[&broken[..], &SHORT].concat());
    let out = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{out}{}",
        text(&output.stderr)
    );
    assert!(out.contains("INVALID 3 of 3"), "{out}");
    assert!(
        out.contains("broken-never-gossip (sim), seed 7: lost ×"),
        "{out}"
    );
    assert!(
        out.contains("--builtin broken-never-gossip --sim --time-limit 2 --rate 20"),
        "{out}"
    );
    let runs = directory.path().join("store/compare/broadcast");
    let runs = std::fs::read_dir(runs).expect("there are records");
    let names = runs.map(|entry| {
        entry
            .expect("readable")
            .file_name()
            .into_string()
            .expect("text")
    });
    let names: Vec<String> = names.filter(|name| name != "latest").collect();
    assert!(names.len() == 1 && names[0].ends_with("-7"), "{names:?}");
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (line, expected) in [
        (
            "",
            "nothing to compare: name built-in nodes with --builtin, programs with --bin",
        ),
        ("--builtin flod", "did you mean `flood`?"),
        (
            "--builtin echo",
            "--builtin echo: it does not answer broadcast",
        ),
        (
            "--builtin flood --builtin flood",
            "--builtin flood is named twice; for several runs of each write --runs 2",
        ),
        ("--bin ./x --sim", "--sim does not go with --bin"),
        (
            "--bin n0=./x",
            "--bin n0=./x: here a program runs on all nodes",
        ),
        ("--bin ./x", "--bin: ./x does not exist"),
        (
            "--builtin flood --env A=b",
            "--env: only for programs given by --bin",
        ),
        (
            "--builtin flood --sort speed",
            "expected one of msgs, median, max, bytes, busiest, lost",
        ),
        ("--builtin shared-file --sim", "leave out --sim"),
        (
            "--builtin flood --csv /nowhere/x",
            "/nowhere/x cannot be written",
        ),
        (
            "--builtin flood --rate max",
            "--rate max does not go with --sim",
        ),
    ] {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let output = compare(directory.path(), &arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(254), "{line}: {err}");
        assert!(err.contains(expected), "{line}: {err}");
        assert!(err.starts_with("error: "), "{line}: {err}");
    }
    let left = std::fs::read_dir(directory.path())
        .expect("readable")
        .count();
    assert_eq!(left, 0, "nothing was left behind");
}
