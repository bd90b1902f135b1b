//! What `swelkie test` tells CI systems, as they read it: logs by the rules of GitHub's
//! runner, JUnit XML by a parser. `tests/ci/check.sh` has foreign programs read the same.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::nodes_directory;
use roxmltree::Document;
use rustix::process::{Pid, Signal, kill_process};

const SIMULATED: [&str; 7] = [
    "-w",
    "broadcast",
    "--builtin",
    "flood",
    "--sim",
    "--time-limit",
    "5",
];
const PARTITIONS: [&str; 4] = ["--nemesis", "partition", "--nemesis-interval", "2"];

/// `swelkie test …` with these variables, outside of any CI system otherwise.
fn test(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command.arg("test").args(arguments).current_dir(directory);
    for variable in [
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
        "GITLAB_CI",
        "SWELKIE_LOG",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(directory: &Path, arguments: &[&[&str]], variables: &[(&str, &str)]) -> Output {
    let output = test(directory, &arguments.concat(), variables).output();
    output.expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn show(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// The commands in a log, by the rules of GitHub's runner: a line that begins with `::`
/// after white space, or has `##[` anywhere. Carriage returns end lines too.
fn commands(output: &Output) -> Vec<String> {
    let mut found = Vec::new();
    for stream in [&output.stdout, &output.stderr] {
        for line in text(stream).split(['\n', '\r']) {
            let command = line.trim_start().strip_prefix("::");
            if let Some((command, _)) = command.and_then(|rest| rest.split_once("::")) {
                found.push(command.split(' ').next().unwrap_or_default().to_owned());
            }
            if line.contains("##[") {
                found.push(line.to_owned());
            }
        }
    }
    found
}

fn cases(path: &Path) -> Vec<(String, Option<String>)> {
    let xml =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let judged = cases.map(|case| {
        let judged = case.children().find(|child| child.has_attribute("type"));
        let judged = judged.map(|judged| judged.tag_name().name().to_owned());
        (
            case.attribute("name").unwrap_or_default().to_owned(),
            judged,
        )
    });
    judged.collect()
}

#[test]
fn a_hostile_node_issues_no_command_whatever_is_shown_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let node = nodes_directory().join("hostile.py");
    let node = node.to_str().expect("a path");
    let hostile = [
        "-w",
        "broadcast",
        "--bin",
        node,
        "--node-count",
        "3",
        "--time-limit",
        "1",
        "--rate",
        "20",
    ];
    let shown = [
        "--log-stderr",
        "--log-net-send",
        "--log-net-recv",
        "--strict",
        "--recovery",
        "1",
        "--seed",
        "3",
    ];
    let github = [("GITHUB_ACTIONS", "true")];
    let output = run(directory.path(), &[&hostile, &shown], &github);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(
        text(&output.stderr).contains("\\u{23}#[group]forged"),
        "{}",
        show(&output)
    );
    assert_eq!(
        commands(&output),
        ["group", "endgroup", "error"],
        "{}",
        show(&output)
    );
    // As JSON on stdout, for a program: the annotation stands on stderr.
    let output = run(directory.path(), &[&hostile, &shown, &["--json"]], &github);
    assert_eq!(commands(&output), ["error"], "{}", show(&output));
    serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON");
    // Its own file is XML, with what the node wrote to stderr visible.
    let own =
        fs::read_to_string(directory.path().join("store/latest/junit.xml")).expect("junit.xml");
    let own = Document::parse(&own).unwrap_or_else(|error| panic!("{error}\n{own}"));
    let err = own
        .descendants()
        .find(|node| node.has_tag_name("system-err"));
    let err = err.and_then(|node| node.text()).expect("the nodes' stderr");
    for part in [
        "n0:\n",
        "n2:\n",
        "]]></failure></system-err><script>",
        "\\u{fffe}\\u{ffff}",
        "[\\u{5b}ATTACHMENT|",
    ] {
        assert!(err.contains(part), "{part:?} in\n{err}");
    }
}

#[test]
fn a_run_has_a_junit_file_of_its_own_and_a_series_one_for_all() {
    let directory = tempfile::tempdir().expect("a directory");
    let series = [
        "--test-count",
        "5",
        "--seed",
        "1",
        "--junit",
        "reports/all.xml",
    ];
    let output = run(directory.path(), &[&SIMULATED, &series], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    let all = cases(&directory.path().join("reports/all.xml"));
    let names: Vec<String> = (1..=5)
        .map(|seed| format!("no faults · seed {seed}"))
        .collect();
    assert_eq!(
        all,
        names
            .iter()
            .map(|name| (name.clone(), None))
            .collect::<Vec<_>>()
    );
    assert!(
        text(&output.stdout).starts_with("Valid  run 1 of 5"),
        "{}",
        show(&output)
    );
    let output = run(directory.path(), &[&SIMULATED, &["--seed", "6"]], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    let own = cases(&directory.path().join("store/latest/junit.xml"));
    assert_eq!(own, [("no faults · seed 6".to_owned(), None)]);
}

#[test]
fn a_series_that_stops_early_has_the_cases_that_were_run_and_replaces_an_old_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("all.xml");
    fs::write(&file, "of yesterday").expect("a file");
    let series = ["--test-count", "5", "--seed", "1", "--junit", "all.xml"];
    let output = run(directory.path(), &[&SIMULATED, &PARTITIONS, &series], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    let all = cases(&file);
    assert_eq!(
        all.last().and_then(|case| case.1.as_deref()),
        Some("failure"),
        "{all:?}"
    );
    assert!(all.len() < 5, "{all:?}");
}

#[test]
fn an_interrupted_series_ends_with_130_and_has_the_cases_that_were_run() {
    // Live runs end when they are interrupted; of simulations that take milliseconds none
    // looks for signals, so the series has to.
    let live = [
        "-w",
        "echo",
        "--builtin",
        "echo",
        "--node-count",
        "1",
        "--time-limit",
        "1",
    ];
    for kind in [&live[..], &SIMULATED] {
        let directory = tempfile::tempdir().expect("a directory");
        let series = [
            "--test-count",
            "100000",
            "--seed",
            "1",
            "--junit",
            "all.xml",
        ];
        let mut command = test(directory.path(), &[kind, &series].concat(), &[]);
        let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
        let file = directory.path().join("all.xml");
        let told = || fs::read_to_string(&file).is_ok_and(|xml| xml.contains("<testcase"));
        while !told() {
            assert!(child.try_wait().expect("a child").is_none(), "it goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_child(&child), Signal::INT).expect("a signal");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(
            output.status.code(),
            Some(130),
            "{kind:?} {}",
            show(&output)
        );
        let all = cases(&file);
        let (last, before) = all.split_last().expect("cases");
        assert!(before.iter().all(|case| case.1.is_none()), "{all:?}");
        // The one that was interrupted, unless that was between two.
        assert!(
            matches!(last.1.as_deref(), None | Some("error")),
            "{last:?}"
        );
        let runs = fs::read_dir(directory.path().join("store").join(kind[1])).expect("runs");
        let runs = runs
            .flatten()
            .filter(|run| run.file_name() != "latest")
            .count();
        assert_eq!(all.len(), runs, "a case for every run");
    }
}

#[test]
fn what_could_not_be_run_is_an_error_for_everybody() {
    let directory = tempfile::tempdir().expect("a directory");
    let wrong = [
        "-w",
        "echo",
        "--bin",
        "./there-is-none",
        "--seed",
        "4",
        "--junit",
        "all.xml",
    ];
    let output = run(directory.path(), &[&wrong], &[("GITHUB_ACTIONS", "true")]);
    assert_eq!(output.status.code(), Some(254), "{}", show(&output));
    assert_eq!(commands(&output), ["error"], "{}", show(&output));
    let all = cases(&directory.path().join("all.xml"));
    assert_eq!(all, [("seed 4".to_owned(), Some("error".to_owned()))]);
}

#[test]
fn a_junit_file_that_cannot_be_written_is_refused_before_a_node_starts() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("file"), "").expect("a file");
    for place in ["file/all.xml", "/", "."] {
        let output = run(directory.path(), &[&SIMULATED, &["--junit", place]], &[]);
        assert_eq!(
            output.status.code(),
            Some(254),
            "{place}: {}",
            show(&output)
        );
        assert!(
            text(&output.stderr).contains("--junit"),
            "{place}: {}",
            show(&output)
        );
        assert!(!directory.path().join("store").exists(), "{place}");
    }
}

#[test]
fn the_job_summary_is_appended_to_what_a_step_has_written_and_stays_within_its_limit() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("summary.md");
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
    ];
    for (before, after) in [
        ("# Tests\n", true),
        (&"x".repeat((1 << 20) - 100) as &str, false),
    ] {
        fs::write(&file, before).expect("a file");
        let output = run(
            directory.path(),
            &[&SIMULATED, &PARTITIONS, &["--seed", "1"]],
            &variables,
        );
        assert_eq!(output.status.code(), Some(1), "{}", show(&output));
        let summary = fs::read_to_string(&file).expect("a summary");
        let added = summary
            .strip_prefix(before)
            .expect("what was there is there");
        assert_eq!(added.contains("| ❌ | broadcast"), after, "{added}");
        assert!(summary.len() <= 1 << 20);
    }
    // A place that cannot be written is a warning.
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", "no/where.md"),
    ];
    let output = run(
        directory.path(),
        &[&SIMULATED, &["--seed", "1"]],
        &variables,
    );
    assert_eq!(output.status.code(), Some(0), "{}", show(&output));
    assert!(
        text(&output.stderr).contains("warning: no/where.md: "),
        "{}",
        show(&output)
    );
}

#[test]
fn a_ci_system_is_spoken_to_where_it_is_named_and_nowhere_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let told = |more: &[&str], variables: &[(&str, &str)]| {
        let output = run(
            directory.path(),
            &[&SIMULATED, &["--seed", "1"], more],
            variables,
        );
        assert_eq!(output.status.code(), Some(0), "{}", show(&output));
        let out = text(&output.stdout);
        match (
            out.contains("::group::"),
            out.contains("\x1b[0Ksection_start:"),
        ) {
            (true, false) => "github",
            (false, true) => "gitlab",
            (false, false) => "nobody",
            (true, true) => "both",
        }
    };
    assert_eq!(told(&[], &[]), "nobody");
    assert_eq!(told(&[], &[("CI", "true")]), "nobody");
    assert_eq!(told(&[], &[("GITHUB_ACTIONS", "true")]), "github");
    assert_eq!(told(&[], &[("GITLAB_CI", "true")]), "gitlab");
    assert_eq!(
        told(&["--ci", "none"], &[("GITHUB_ACTIONS", "true")]),
        "nobody"
    );
    assert_eq!(
        told(&["--ci", "gitlab"], &[("GITHUB_ACTIONS", "true")]),
        "gitlab"
    );
    assert_eq!(told(&["--ci=github"], &[]), "github");
    let output = run(
        directory.path(),
        &[&SIMULATED, &["--seed", "1", "--ci=github"]],
        &[],
    );
    let again = text(&output.stdout);
    let again = again
        .lines()
        .find(|line| line.starts_with("again"))
        .expect("a command");
    assert!(!again.contains("--ci"), "{again}");
}
