//! `swelkie lab threshold` as a user meets it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn threshold(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command
        .args(["lab", "threshold"])
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .env_remove("SWELKIE_LOG");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const SAMPLE: [&str; 8] = [
    "--builtin",
    "sample",
    "--vary",
    "fanout",
    "--target",
    "0.9",
    "--n",
    "5,10",
];

#[test]
fn the_smallest_fan_out_is_printed_beside_theory_and_the_same_command_knows_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = threshold(directory.path(), &SAMPLE);
    let (out, err) = (text(&first.stdout), text(&first.stderr));
    assert_eq!(first.status.code(), Some(0), "{out}{err}");
    let row = |nodes: &str| -> Vec<String> {
        let row = out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(nodes));
        let row = row.unwrap_or_else(|| panic!("no row of {nodes} nodes: {out}"));
        row.split_whitespace().map(str::to_owned).collect()
    };
    for (nodes, fanout, share) in [("5", "3", "75.0%"), ("10", "4", "44.4%")] {
        let row = row(nodes);
        assert_eq!(row[..4], [nodes, "0.9", fanout, share], "{out}");
        assert!(row.contains(&"exact)".to_owned()), "{out}");
    }
    let kept = directory.path().join("store/lab/threshold-sample-fanout");
    let notebook = std::fs::read(kept.join("thresholds.jsonl")).expect("a notebook");
    assert!(kept.join("thresholds.csv").exists());
    let again = threshold(directory.path(), &SAMPLE);
    assert_eq!(text(&again.stdout), out);
    let after = std::fs::read(kept.join("thresholds.jsonl")).expect("a notebook");
    assert_eq!(after, notebook, "nothing was played again");
}

#[test]
fn a_budget_that_is_too_small_prints_a_range_and_a_larger_one_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let with = |budget: &str| {
        let output = threshold(
            directory.path(),
            &[&SAMPLE, ["--budget", budget].as_slice()].concat(),
        );
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    };
    let range = with("300");
    assert!(range.contains('…'), "{range}");
    assert!(!with("20000").contains('…'));
}

#[test]
fn mistakes_are_answered_before_anything_is_played() {
    let directory = tempfile::tempdir().expect("a directory");
    let sample = |vary: &str, more: &[&str]| {
        let flags = [&["--builtin", "sample", "--vary", vary], more].concat();
        threshold(directory.path(), &flags)
    };
    for (output, expected) in [
        (sample("fanot", &[]), "`sample` has no parameter `fanot`"),
        (
            sample("among", &[]),
            "expected a count or a share (it has fanout, share)",
        ),
        (
            sample("fanout", &["--target", "1"]),
            "target is `1`: expected a probability",
        ),
        (
            sample("fanout", &["--n", "5,x"]),
            "nodes is `x`: expected a whole number",
        ),
        (
            sample("fanout", &["--n", "1"]),
            "a threshold wants at least 2",
        ),
        (sample("fanout", &["--budget", "0"]), "budget is 0"),
        (
            sample("fanout", &["--resolution", "0.1"]),
            "a resolution is for shares",
        ),
        (sample("share", &["--resolution", "2"]), "resolution is `2`"),
        (
            sample("fanout", &["--confidence", "100%"]),
            "confidence is 100%",
        ),
        (sample("fanout", &["--topology", "blob"]), "topology"),
        (
            sample("fanout", &["--faults", "none.toml"]),
            "none.toml cannot be read",
        ),
        (
            threshold(
                directory.path(),
                &["--builtin", "sample:fanout=3", "--vary", "fanout"],
            ),
            "sets `fanout`, which --vary seeks",
        ),
        (
            threshold(directory.path(), &["--builtin", "echo", "--vary", "fanout"]),
            "`echo` has no parameter `fanout`",
        ),
    ] {
        let shown = text(&output.stderr);
        assert_eq!(output.status.code(), Some(254), "{shown}");
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
    assert!(!directory.path().join("store").exists());
}
