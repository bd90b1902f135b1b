//! `swelkie show`, `ls` and `diff` as a user meets them.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// `swelkie …` in a directory, as a log sees it: no terminal, no colours.
fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swelkie"));
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    for name in [
        "SWELKIE_LOG",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "LC_ALL",
        "LC_CTYPE",
    ] {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8");
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

/// What a command that goes well prints.
fn out(directory: &Path, arguments: &[&str]) -> String {
    let output = swelkie(directory, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{out}{err}");
    out
}

/// What a user who asked for the wrong thing is told.
fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = swelkie(directory, arguments);
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(254), "{arguments:?}\n{err}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert!(
        err.starts_with("error: ") && err.lines().count() == 1,
        "{err}"
    );
    err
}

/// A simulation under partitions and kills; returns its name in the store.
fn simulate(directory: &Path, node: &str, seed: &str, more: &[&str]) -> String {
    let arguments = format!(
        "test -q -w broadcast --builtin {node} --sim --time-limit 10 --latency 20 \
         --nemesis partition,kill --nemesis-interval 2 --seed {seed}"
    );
    let arguments: Vec<&str> = arguments
        .split_whitespace()
        .chain(more.iter().copied())
        .collect();
    let output = swelkie(directory, &arguments);
    assert!(output.status.code() < Some(3), "{}", text(&output.stderr));
    let link = std::fs::read_link(directory.join("store/latest")).expect("a link");
    link.to_string_lossy().into_owned()
}

#[test]
fn the_newest_run_is_shown_as_after_the_run_with_plots_below() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &[]);
    let shown = out(directory, &["show"]);
    assert!(shown.starts_with("INVALID: lost "), "{shown}");
    for part in [
        "  … and ",
        "operations  ok",
        "fault   ",
        "\nseed          3",
        "messages  ",
        "reached  ",
        "│0 s",
        "━━━",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let widest = shown
        .lines()
        .skip_while(|line| !line.starts_with("files"))
        .skip(1);
    assert!(
        widest.map(|line| line.chars().count()).max() <= Some(100),
        "{shown}"
    );
    let all = out(directory, &["show", "--all"]);
    assert!(
        all.len() > shown.len() && !all.contains(" more in results.json"),
        "{all}"
    );
    let report = std::fs::read(directory.join("store/latest/results.json")).expect("there");
    assert_eq!(out(directory, &["show", "--json"]), text(&report));
    let output = swelkie(directory, &["show", "--exit-status"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_run_is_named_by_its_directory_its_name_or_the_beginning_of_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let first = simulate(directory, "flood", "3", &[]);
    let second = simulate(directory, "flood", "4", &[]);
    let short = second.split_once('/').expect("a workload").1;
    let path = format!("store/{second}");
    for name in [
        &*second,
        short,
        &*path,
        "latest",
        "broadcast/latest",
        "store/latest",
    ] {
        assert!(
            out(directory, &["show", name]).contains("\nseed          4 "),
            "{name}"
        );
    }
    let ambiguous = refused(directory, &["show", "broadcast/2"]);
    assert!(
        ambiguous.contains("2 runs of store begin with broadcast/2"),
        "{ambiguous}"
    );
    let slip = first.replacen("20", "02", 1);
    let unknown = refused(directory, &["show", &slip]);
    assert!(unknown.contains("did you mean broadcast/"), "{unknown}");
    assert!(refused(directory, &["show", "--store", "none"]).contains("`swelkie test` makes one"));
    assert!(refused(directory, &["show", "store"]).contains("expected the directory of a run"));
    assert!(refused(directory, &["show", "\u{1b}[31m"]).contains("\\u{1b}[31m"));
}

#[test]
fn a_message_that_is_lost_is_followed_to_where_it_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &[]);
    let report: serde_json::Value =
        serde_json::from_str(&out(directory, &["show", "--json"])).expect("JSON");
    let lost = report["anomalies"].as_array().expect("evidence");
    let mut followed = 0;
    for anomaly in lost.iter().filter(|one| one["kind"] == "lost") {
        let Some(element) = anomaly["element"].as_str() else {
            continue;
        };
        let page = out(directory, &["show", "--follow-value", element]);
        assert!(page.starts_with(&format!("{element}\nasked ")), "{page}");
        assert!(
            page.contains("never got it") || page.contains("forgot it"),
            "{page}"
        );
        let not_shown = page.lines().find(|line| line.starts_with("not shown by"));
        assert!(
            not_shown.is_some_and(|line| line.contains(anomaly["node"].as_str().expect("a node"))),
            "{page}"
        );
        let json = out(directory, &["show", "--follow-value", element, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["element"], *element);
        followed += 1;
    }
    assert!(followed > 0, "the run lost something");
    let unknown = refused(directory, &["show", "--follow-value", "100000"]);
    assert!(unknown.contains("the nearest"), "{unknown}");
    assert!(
        refused(directory, &["show", "--follow-value", "0", "--node", "n7"]).contains("n0, n1")
    );
    assert!(refused(directory, &["show", "--node", "n0"]).contains("--at"));
}

#[test]
fn a_moment_is_shown_line_by_line_and_figures_by_pattern() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &[]);
    let log = out(
        directory,
        &["show", "--at", "5s", "--for", "4s", "--limit", "10"],
    );
    assert!(log.starts_with("3.000000 s to 7.000000 s\n… "), "{log}");
    assert_eq!(log.matches(" more ").count(), 2, "{log}");
    let json = out(
        directory,
        &["show", "--at", "5", "--for", "4s", "--node", "n1", "--json"],
    );
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let about_n1 = |event: &serde_json::Value| {
        event["to"].is_null() || event["from"] == "n1" || event["to"] == "n1"
    };
    let events = json["events"].as_array().expect("a list");
    assert!(!events.is_empty() && events.iter().all(about_n1), "{json}");
    assert!(out(directory, &["show", "--at", "1h"]).contains("Nothing was recorded then"));
    let figures = out(directory, &["show", "--figures", "broadcast.*"]);
    assert!(
        figures.lines().all(|line| line.starts_with("broadcast.")),
        "{figures}"
    );
    assert!(out(directory, &["show", "--figures"]).lines().count() > 60);
    let json = out(directory, &["show", "--figures", "msgs-per-op", "--json"]);
    assert!(json.contains("\"net.servers.msgs-per-op\": "), "{json}");
    assert!(refused(directory, &["show", "--figures", "tempo"]).contains("`tempo`"));
}

#[test]
fn a_narrow_terminal_a_plain_locale_and_a_closed_pipe_are_put_up_with() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &[]);
    let ascii = command(directory, &["show"])
        .env("LC_ALL", "C")
        .env("COLUMNS", "60")
        .output();
    let ascii = text(&ascii.expect("it starts").stdout);
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("====") && ascii.contains("|0 s"), "{ascii}");
    assert!(out(directory, &["show", "--ascii", "--follow-value", "0"]).is_ascii());
    let colored = out(directory, &["show", "--color", "always"]);
    assert!(colored.contains("\u{1b}["));
    let mut child = command(directory, &["show", "--all"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn runs_are_listed_newest_first_and_filtered() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    assert!(out(directory, &["ls"]).contains("no runs in store"));
    let invalid = simulate(directory, "flood", "3", &[]);
    let valid = simulate(directory, "flood-retry", "5", &[]);
    std::fs::create_dir_all(directory.join("store/lab/threshold")).expect("made");
    std::fs::create_dir_all(directory.join("store/echo/2026-01-01T00-00-00-1")).expect("made");
    std::fs::write(
        directory.join("store/echo/2026-01-01T00-00-00-1/results.json"),
        "{\"a\":",
    )
    .expect("written");
    let all = out(directory, &["ls"]);
    assert_eq!(all.lines().count(), 2 + 3 + 2, "{all}");
    assert!(all.find(&valid) < all.find(&invalid), "{all}");
    assert!(
        all.contains("unreadable: store/echo/") && !all.contains("threshold"),
        "{all}"
    );
    let some = out(directory, &["ls", "--verdict", "invalid", "--json"]);
    let some: serde_json::Value = serde_json::from_str(&some).expect("JSON");
    assert_eq!(some.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&some[0]["name"], &some[0]["seed"]),
        (&invalid.clone().into(), &3.into())
    );
    let newest = out(directory, &["ls", "--limit", "1"]);
    assert!(
        newest.contains(&valid) && !newest.contains(&invalid),
        "{newest}"
    );
    assert!(out(directory, &["ls", "-w", "g-set"]).contains("None of the 3 runs"));
    assert!(refused(directory, &["ls", "-w", "brodcast"]).contains("no workload"));
}

#[test]
fn a_run_that_goes_on_is_told_from_one_whose_harness_was_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let test = "test -q -w broadcast --builtin flood --time-limit 60 --rate 50 --latency 5 --seed 1 \
                --nemesis partition --nemesis-interval 200ms";
    let test: Vec<&str> = test.split_whitespace().collect();
    let mut harness = command(directory, &test)
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let has_run = || {
        let history = std::fs::read_to_string(directory.join("store/latest/history.jsonl"));
        history.is_ok_and(|history| history.lines().count() > 100)
    };
    // Enough to follow, on however slow a machine.
    for _ in 0..1000 {
        if has_run() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let running = out(directory, &["ls"]);
    let shown = out(directory, &["show"]);
    harness.kill().expect("it is killed");
    harness.wait().expect("it ends");
    assert!(
        running.contains(" running ") && running.contains(" so far"),
        "{running}"
    );
    assert!(
        shown.starts_with("UNKNOWN: the run is going on") && shown.contains("messages "),
        "{shown}"
    );
    let killed = out(directory, &["ls"]);
    assert!(killed.contains(" killed "), "{killed}");
    let shown = out(directory, &["show"]);
    assert!(
        shown.contains("Swelkie was killed") && shown.contains("reached "),
        "{shown}"
    );
    assert!(out(directory, &["show", "--follow-value", "0"]).contains("came to"));
    assert!(!out(directory, &["show", "--at", "1s"]).contains("Nothing"));
    assert!(refused(directory, &["show", "--figures"]).contains("not over"));
    let diff = swelkie(directory, &["diff", "latest", "latest"]);
    assert_eq!(diff.status.code(), Some(0));
    assert!(text(&diff.stderr).contains("is not over, or was killed"));
}

#[test]
fn a_run_without_messages_is_shown_as_far_as_it_is_known() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &["--no-messages"]);
    let shown = out(directory, &["show"]);
    assert!(
        shown.contains("the run recorded no messages") && shown.contains("operations  "),
        "{shown}"
    );
    assert!(!shown.contains("reached  "), "{shown}");
    assert!(out(directory, &["show", "--follow-value", "0"]).contains("recorded no messages"));
    assert!(out(directory, &["show", "--at", "5s", "--for", "5s"]).contains("invoke"));
    std::fs::remove_file(directory.join("store/latest/messages.jsonl")).expect("removed");
    std::fs::remove_file(directory.join("store/latest/history.jsonl")).expect("removed");
    assert!(out(directory, &["show"]).starts_with("INVALID"));
    assert!(refused(directory, &["show", "--follow-value", "0"]).contains("no value"));
}

#[test]
fn a_torn_journal_without_bodies_is_no_obstacle() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    simulate(directory, "flood", "3", &["--journal-limit", "20000"]);
    let path = directory.join("store/latest/messages.jsonl");
    let mut journal = std::fs::read(&path).expect("there");
    assert!(
        text(&journal).contains("\"bytes\":"),
        "some bodies were left out"
    );
    journal.truncate(journal.len() - 7);
    journal.extend_from_slice(b"\n\xff\xfe none of ours\n{\"time\":1");
    std::fs::write(&path, journal).expect("written");
    assert!(out(directory, &["show"]).contains("none of Swelkie's: 3 lines of messages.jsonl"));
    assert!(out(directory, &["show", "--follow-value", "0"]).contains("holds no bodies"));
    assert!(
        out(directory, &["show", "--at", "9s", "--for", "2s"]).contains("body was not recorded")
    );
}

#[test]
fn two_runs_are_compared_and_a_regression_can_fail_a_pipeline() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let one = simulate(directory, "flood-retry", "3", &["--rate", "50"]);
    let again = simulate(directory, "flood-retry", "3", &["--rate", "50"]);
    let worse = simulate(directory, "flood", "3", &["--rate", "50"]);
    let equal = out(directory, &["diff", &one, &again, "--fail-on-regression"]);
    assert!(equal.contains("The same seed, the same bytes"), "{equal}");
    let page = out(directory, &["diff", &one, &worse]);
    for part in [
        "what was run",
        "target",
        "flood-retry",
        "evidence",
        "only in the second",
        "no difference here is chance",
        "\n* ",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let table = page.split("\nfigure ").nth(1).expect("a table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('…'));
    let rows: Vec<&str> = rows.filter(|line| !line.starts_with("   ")).collect();
    let marks = rows.iter().filter(|line| line.starts_with("* ")).count();
    assert!(marks > 0 && marks < rows.len(), "{page}");
    assert!(
        rows[..marks].iter().all(|line| line.starts_with("* ")),
        "marked ones come first: {page}"
    );
    let failed = swelkie(
        directory,
        &["diff", &one, &worse, "--fail-on-regression", "--json"],
    );
    assert_eq!(failed.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&failed.stdout).expect("JSON");
    assert_eq!(
        (&json["regression"], &json["kinship"]),
        (&true.into(), &"same-seed".into())
    );
    let better = swelkie(
        directory,
        &[
            "diff",
            &worse,
            &one,
            "--at-least",
            "100%",
            "--fail-on-regression",
        ],
    );
    assert!(
        text(&better.stdout).contains("at least 100% large"),
        "{}",
        text(&better.stdout)
    );
    assert!(refused(directory, &["diff", &one, "nothing"]).contains("there is no run nothing"));
}
