//! The laboratory as a user meets it: what is kept when it is interrupted, that no number
//! of threads or machines changes a byte, and what is refused.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Variables by which a batch or CI system that runs these tests would name a part.
const NAMED: [&str; 8] = [
    "SLURM_ARRAY_TASK_ID",
    "SLURM_PROCID",
    "JOB_COMPLETION_INDEX",
    "CI_NODE_INDEX",
    "CIRCLE_NODE_INDEX",
    "BUILDKITE_PARALLEL_JOB",
    "SWELKIE_LOG",
    "CLICOLOR_FORCE",
];

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command.arg("lab").args(arguments).current_dir(directory);
    command.stdin(Stdio::null());
    for name in NAMED {
        command.env_remove(name);
    }
    command
}

fn lab(directory: &Path, arguments: &[&str]) -> Output {
    let output = command(directory, arguments).output();
    output.expect("the program starts")
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it exits")
}

/// Played, and exit status 0.
fn played(directory: &Path, arguments: &[&str]) -> String {
    let output = lab(directory, arguments);
    assert_eq!(status(&output), 0, "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Refused: exit status 254 and one message, the rest of it given.
fn refused(directory: &Path, arguments: &[&str], expected: &str) {
    let output = lab(directory, arguments);
    let said = said(&output);
    assert_eq!(status(&output), 254, "{arguments:?}: {said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "{said}");
    assert!(said.contains(expected), "{expected:?} in {said}");
    assert!(
        !said.contains("panicked") && !said.contains('\u{1b}'),
        "{said}"
    );
}

/// The files of an experiment's results that do not depend on where it was played.
fn results(directory: &Path) -> [Vec<u8>; 3] {
    ["cells.jsonl", "figures.csv", "report.html"].map(|name| {
        let path = directory.join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

/// Random topology, random latency, faults of every trial, curves: what could depend on
/// who plays it.
const SMALL: &str = r#"
title = "Small"
trials = { most = 300 }
[all]
nodes = [3, 9, 20]
[[cells]]
strategy = "sample:fanout={f}"
vary = { f = [1, 2, 3] }
expect = { everybody = "1.0" }
[[cells]]
strategy = "flood"
topology = "random-regular(2)"
nodes = [8, 12]
latency = "5ms exponential"
loss = "5%"
"#;

fn with_small() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("small.toml"), SMALL).expect("a file");
    directory
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let home = with_small();
    for jobs in ["1", "2", "3"] {
        let out = format!("out{jobs}");
        lab(
            home.path(),
            &["small.toml", "-j", jobs, "--out", &out, "-q"],
        );
    }
    let one = results(&home.path().join("out1/small"));
    assert_eq!(one[0].iter().filter(|&&byte| byte == b'\n').count(), 11);
    for other in ["out2/small", "out3/small"] {
        assert!(one == results(&home.path().join(other)), "{other}");
    }
}

#[test]
fn parts_put_together_are_byte_for_byte_what_one_machine_writes() {
    let home = with_small();
    let whole = lab(home.path(), &["small.toml", "--out", "whole"]);
    assert_eq!(status(&whole), 1, "targets are missed: {}", said(&whole));
    for part in ["1/4", "2/4", "3/4", "4/4"] {
        let arguments = ["small.toml", "--shard", part, "--out", "parts"];
        let said = played(home.path(), &arguments);
        assert!(said.contains(&format!("part {part} is done")), "{said}");
    }
    assert!(!home.path().join("parts/small/cells.jsonl").exists());

    let merged = lab(home.path(), &["merge", "small.toml", "--out", "parts"]);
    assert_eq!(status(&merged), 1, "{}", said(&merged));
    let whole_said = said(&whole).replace("whole/", "parts/");
    assert_eq!(said(&merged), whole_said);
    let expected = results(&home.path().join("whole/small"));
    assert!(expected == results(&home.path().join("parts/small")));

    // Again, and from somewhere else, as a CI system's artifacts would lie.
    lab(home.path(), &["merge", "small.toml", "--out", "parts"]);
    assert!(expected == results(&home.path().join("parts/small")));
    let artifacts = home.path().join("artifacts/job 1");
    fs::create_dir_all(&artifacts).expect("a directory");
    fs::rename(home.path().join("parts/small"), artifacts.join("small")).expect("moved");
    let from = ["merge", "small.toml", "--from", "artifacts", "--out", "new"];
    lab(home.path(), &from);
    assert!(expected == results(&home.path().join("new/small")));
}

#[test]
fn a_merge_tells_what_is_missing_and_a_part_played_later_completes_it() {
    let home = with_small();
    lab(home.path(), &["small.toml", "--out", "whole", "-q"]);
    let merge = ["merge", "small.toml", "--out", "parts"];
    refused(home.path(), &merge, "no parts can be read in parts");
    for part in ["1/3", "3/3"] {
        played(
            home.path(),
            &["small.toml", "--shard", part, "--out", "parts", "-q"],
        );
    }
    let output = lab(home.path(), &merge);
    assert!([1, 2].contains(&status(&output)), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("of 11 cells are missing"), "{said}");
    assert!(said.contains("--shard 2/3 ("), "{said}");

    let other = [
        "small.toml",
        "--shard",
        "2/3",
        "--out",
        "parts",
        "--seed",
        "7",
    ];
    played(home.path(), &other);
    let again = lab(home.path(), &merge);
    let text = String::from_utf8_lossy(&again.stderr);
    assert!(text.contains("played with seed=7"), "{text}");

    played(
        home.path(),
        &["small.toml", "--shard", "2/3", "--out", "parts", "-q"],
    );
    let complete = lab(home.path(), &merge);
    assert_eq!(status(&complete), 1, "the targets are missed, nothing else");
    let expected = results(&home.path().join("whole/small"));
    assert!(expected == results(&home.path().join("parts/small")));
}

#[test]
fn a_part_is_taken_from_the_environment_only_if_that_is_asked_for() {
    let home = with_small();
    let array = [
        ("SLURM_ARRAY_TASK_ID", "5"),
        ("SLURM_ARRAY_TASK_COUNT", "4"),
        ("SLURM_ARRAY_TASK_MIN", "4"),
        ("SLURM_ARRAY_TASK_MAX", "7"),
    ];
    let auto = ["small.toml", "--shard", "auto", "--out", "auto"];
    let output = command(home.path(), &auto).envs(array).output();
    let text = said(&output.expect("it starts"));
    assert!(text.contains("part 2/4, by Slurm's job array"), "{text}");
    assert!(
        home.path()
            .join("auto/small/shard-2-of-4/cells.jsonl")
            .exists()
    );

    let plain = ["small.toml", "--out", "plain"];
    let output = command(home.path(), &plain).envs(array).output();
    let text = said(&output.expect("it starts"));
    assert!(text.contains("--shard auto plays the part"), "{text}");
    let [cells, ..] = results(&home.path().join("plain/small"));
    assert_eq!(cells.iter().filter(|&&byte| byte == b'\n').count(), 11);

    refused(home.path(), &auto, "nothing here names a part");
    refused(
        home.path(),
        &["small.toml", "--shard", "0/4"],
        "counted from 1/8",
    );
}

/// The commands of `job.yaml` as its pods would run them, of an experiment of ours and in
/// a directory of ours.
fn manifest_commands() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/cluster/job.yaml");
    let text = fs::read_to_string(path).expect("the manifest");
    let words = text.lines().filter_map(|line| {
        let (list, _) = line
            .trim()
            .strip_prefix("command: [swelkie, lab, ")?
            .split_once(']')?;
        let list = list.replace("run, demers", "small.toml");
        let list = list
            .replace("demers", "small.toml")
            .replace("/results", "results");
        Some(
            list.split(", ")
                .map(|word| word.trim_matches('"').to_owned())
                .collect(),
        )
    });
    words.collect()
}

#[test]
fn the_commands_of_the_kubernetes_manifest_play_every_part_and_put_them_together() {
    let home = with_small();
    lab(home.path(), &["small.toml", "--out", "whole", "-q"]);
    let commands = manifest_commands();
    let [play, merge] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    let words = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        command(home.path(), &words)
    };
    for index in 0..8 {
        let index = index.to_string();
        let output = words(play).env("JOB_COMPLETION_INDEX", index).output();
        let output = output.expect("it starts");
        assert_eq!(status(&output), 0, "{}", said(&output));
    }
    let merged = words(merge).output().expect("it starts");
    assert_eq!(status(&merged), 1, "as the whole: {}", said(&merged));
    let expected = results(&home.path().join("whole/small"));
    assert!(expected == results(&home.path().join("results/small")));
}

/// Many cells, each long enough that an interrupt comes before the last one.
const LONG: &str = r#"
trials = { most = 600 }
all = { strategy = "sample:fanout={f}", nodes = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29], vary = { f = [1, 2, 3, 4, 5] } }
"#;

/// Waits until one more cell is finished than are in `before`.
fn wait_for_a_cell(path: &Path, before: &[u8], child: &mut Child) {
    while fs::read(path).unwrap_or_default().len() <= before.len() {
        let ended = child.try_wait().expect("its status");
        assert!(ended.is_none(), "{ended:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_interrupt_keeps_finished_cells_and_the_same_command_goes_on_to_the_same_files() {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(home.path().join("long.toml"), LONG).expect("a file");
    let whole = ["long.toml", "--shard", "1/1", "--out", "whole", "-q"];
    played(home.path(), &whole);
    let expected = results(&home.path().join("whole/long/shard-1-of-1"));

    let arguments = ["long.toml", "--shard", "1/1", "--out", "out"];
    let cells = home.path().join("out/long/shard-1-of-1/cells.jsonl");
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = command(home.path(), &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let before = fs::read(&cells).unwrap_or_default();
        let mut child = command.spawn().expect("it starts");
        wait_for_a_cell(&cells, &before, &mut child);
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(status(&output), 130, "{}", said(&output));
        let kept = fs::read(&cells).expect("the notebook");
        assert!(kept.starts_with(&before) && expected[0].starts_with(&kept));
        assert!(!kept.is_empty() && kept.len() < expected[0].len());
        let said = said(&output);
        assert!(
            said.contains("the same command goes on from there"),
            "{said}"
        );
    }
    played(home.path(), &arguments);
    assert!(expected == results(&home.path().join("out/long/shard-1-of-1")));
}

#[test]
fn a_kill_in_the_middle_of_a_line_costs_that_cell_alone() {
    let home = with_small();
    lab(home.path(), &["small.toml", "--out", "out", "-q"]);
    let whole = results(&home.path().join("out/small"));
    let cells = home.path().join("out/small/cells.jsonl");
    for cut in [1, 5, 200] {
        fs::write(&cells, &whole[0][..whole[0].len() - cut]).expect("a file");
        lab(home.path(), &["small.toml", "--out", "out", "-q"]);
        assert!(
            whole == results(&home.path().join("out/small")),
            "cut by {cut}"
        );
    }
}

#[test]
fn what_cannot_be_played_or_kept_is_answered_in_one_message() {
    let home = with_small();
    let path = home.path();
    fs::create_dir(path.join("directory.toml")).expect("a directory");
    refused(path, &["directory.toml"], "directory.toml cannot be read");
    refused(path, &["nowhere.toml"], "nowhere.toml cannot be read");
    refused(path, &["run", "meen"], "there is no experiment `meen`");
    refused(path, &["merge", "meen"], "and there is no such file");
    refused(path, &["small.toml", "-j", "0"], "at least 1 thread");

    fs::write(path.join("file"), "").expect("a file");
    let inside = ["small.toml", "--out", "file"];
    refused(path, &inside, "results cannot be kept in file/small");
    refused(path, &["small.toml", "--out", "/proc/none"], "--out");
    let closed = path.join("closed");
    fs::create_dir(&closed).expect("a directory");
    let mut rights = fs::metadata(&closed).expect("rights").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&closed, rights).expect("rights");
    // Root may write anywhere.
    if fs::write(closed.join("probe"), "").is_err() {
        refused(
            path,
            &["small.toml", "--out", "closed"],
            "closed/small: Permission denied",
        );
    }

    let cells = path.join("garbage/small/cells.jsonl");
    fs::create_dir_all(cells.parent().expect("one")).expect("a directory");
    for garbage in [
        "\u{1b}[2J\0\u{7}\n\n{}\n",
        "no newline",
        "{\"version\":99}\n",
    ] {
        fs::write(&cells, garbage).expect("a file");
        let arguments = ["small.toml", "--out", "garbage"];
        refused(path, &arguments, "cells.jsonl: line 1");
        refused(path, &arguments, "--out");
        assert_eq!(
            fs::read(&cells).expect("it is left alone"),
            garbage.as_bytes()
        );
    }
}

#[test]
fn a_search_is_not_shared_out_to_parts_and_whoever_asks_for_one_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let here = directory.path();
    let search = "[[threshold]]\nseek = \"fanout\"\ntarget = 0.9\n\
                  of = { strategy = \"sample:fanout={fanout}\", nodes = 3 }\n";
    fs::write(here.join("search.toml"), search).expect("a file");
    let part = played(here, &["search.toml", "--shard", "1/2"]);
    let told = "search: threshold searches and queues are not shared out to parts";
    assert!(part.contains(told), "{part}");
    let merged = played(here, &["merge", "search.toml"]);
    assert!(merged.contains("play it without --shard"), "{merged}");
}
