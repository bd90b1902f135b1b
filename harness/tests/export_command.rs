//! `swelkie export` as a user meets it: where files go, what is told, what is refused.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    command
        .env_remove("SWELKIE_LOG")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn swelkie(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A directory with a store with a run in it.
fn with_run(more: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let run = [
        "test",
        "-w",
        "broadcast",
        "--builtin",
        "flood",
        "--sim",
        "--seed",
        "7",
        "-q",
    ];
    let output = swelkie(directory.path(), &[&run, more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    directory
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = (entries.map(|entry| entry.unwrap().file_name()))
        .map(|name| name.into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_written_beside_the_run_and_its_size_is_told() {
    let directory = with_run(&["--time-limit", "5"]);
    let run = directory.path().join("store/latest");
    let before = names(&run);
    let mut expected = before.clone();
    for (words, file) in [
        (&["perfetto"][..], "perfetto.json"),
        (&["shiviz"], "shiviz.log"),
        (&["dot"], "topology.dot"),
        (&["svg"], "topology.svg"),
        (&["csv", "network"], "network.csv"),
    ] {
        let output = swelkie(directory.path(), &[&["export"], words].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(output.stdout.is_empty());
        assert!(
            told.starts_with(&format!("store/latest/{file}: ")),
            "{told}"
        );
        expected.push(file.to_owned());
    }
    expected.sort();
    assert_eq!(names(&run), expected, "these files and nothing half-done");
}

#[test]
fn stdout_has_the_file_and_nothing_else_and_may_be_closed_early() {
    let directory = with_run(&[]);
    let run = swelkie(
        directory.path(),
        &["export", "perfetto", "store/latest", "--out", "-"],
    );
    assert_eq!(text(&run.stderr), "");
    serde_json::from_slice::<serde_json::Value>(&run.stdout).expect("the trace alone");
    assert!(run.stdout.len() > 1 << 17, "more than a pipe holds");
    let mut child = command(directory.path(), &["export", "perfetto", "--out", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new())
    );
}

#[test]
fn what_a_link_points_to_is_replaced_and_a_device_is_written_to() {
    let directory = with_run(&["--time-limit", "5"]);
    let path = directory.path();
    fs::write(path.join("old.svg"), "old").unwrap();
    std::os::unix::fs::symlink("old.svg", path.join("link.svg")).unwrap();
    swelkie(path, &["export", "svg", "--out", "link.svg"]);
    assert!(path.join("link.svg").is_symlink());
    assert!(
        fs::read_to_string(path.join("old.svg"))
            .unwrap()
            .starts_with("<svg")
    );
    let output = swelkie(path, &["export", "svg", "--out", "/dev/null"]);
    assert_eq!(output.status.code(), Some(0));
    let null = fs::metadata("/dev/null").unwrap().file_type();
    assert!(null.is_char_device(), "it is what it was");
}

#[test]
fn each_mistake_gets_a_message_that_says_what_to_do_and_no_file() {
    let directory = with_run(&["--time-limit", "5", "--no-messages"]);
    let run = directory.path().join("store/latest");
    let before = names(&run);
    for (words, told) in [
        (
            &["perfetto", "nowhere"][..],
            "there is no run nowhere in store",
        ),
        (
            &["perfetto", "--from", "3", "--to", "2s"],
            "expected --from before --to",
        ),
        (&["csv", "messages"], "expected one without --no-messages"),
        (&["csv"], "<SERIES>"),
        (
            &["csv", "operation"],
            "a similar value exists: 'operations'",
        ),
        (&["csv", "rate", "--bin", "1ns"], "expected a wider --bin"),
        (&["csv", "rate", "--bin", "5"], "unit"),
        (&["dot", "--out", "store"], "is a directory"),
        (
            &["dot", "--out", "no/such/place.dot"],
            "--out names another place",
        ),
    ] {
        let output = swelkie(directory.path(), &[&["export"], words].concat());
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(254), "{words:?}: {complaint}");
        assert!(complaint.contains(told), "{words:?}: {complaint}");
    }
    assert_eq!(names(&run), before);
}

#[test]
fn a_run_without_messages_is_exported_with_a_warning() {
    let directory = with_run(&["--time-limit", "5", "--no-messages"]);
    let output = swelkie(directory.path(), &["export", "dot"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0));
    assert!(told.contains("recorded no messages"), "{told}");
    // Operations are none the poorer for it.
    let output = swelkie(directory.path(), &["export", "csv", "operations"]);
    assert!(!text(&output.stderr).contains("warning"));
}

#[test]
fn the_list_names_every_series_with_what_is_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let output = swelkie(directory.path(), &["export", "csv", "--list"]);
    let list = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    for series in swelkie::export::csv::Series::ALL {
        assert!(
            list.lines().any(|line| line.starts_with(series.name())),
            "{list}"
        );
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_it_is_said_how_to_get_it_and_what_does_instead() {
    let directory = with_run(&["--time-limit", "5"]);
    let output = swelkie(directory.path(), &["export", "parquet", "history"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(254));
    assert!(
        told.contains("--features parquet") && told.contains("csv operations"),
        "{told}"
    );
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_goes_beside_the_run_or_into_a_pipe() {
    let directory = with_run(&["--time-limit", "5"]);
    let output = swelkie(directory.path(), &["export", "parquet", "history"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let file = fs::read(directory.path().join("store/latest/history.parquet")).unwrap();
    let piped = swelkie(
        directory.path(),
        &["export", "parquet", "history", "--out", "-"],
    );
    assert!(piped.stdout == file && file.starts_with(b"PAR1"));
}
