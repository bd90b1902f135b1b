//! Suites and sweeps as their users meet them: files, tables, exit statuses, what is
//! left on disk; simulations and real processes.

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::nodes_directory;
use serde_json::Value;

fn command(directory: &Path, arguments: &[&str]) -> Command {
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
    command
}

/// `swelkie …` in a directory, as a log sees it: its exit status, stdout and stderr.
fn swelkie(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(directory, arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        status.code().expect("it exits"),
        text(&stdout),
        text(&stderr),
    )
}

/// A directory with a suite in it.
fn suite(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("ci.toml"), text).expect("written");
    directory
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Takes out what belongs to one execution.
fn same(mut value: Value) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("run");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value.to_string()
}

/// `seed outcome` of every case of a rung.
fn outcomes(suite: &Value, rung: &str) -> Vec<String> {
    let rungs = suite["rungs"].as_array().expect("rungs");
    let rung = rungs.iter().find(|one| one["name"] == rung).expect(rung);
    let cases = rung["cases"].as_array().expect("cases");
    let line = |case: &Value| format!("{} {}", case["seed"], case["outcome"].as_str().unwrap());
    cases.iter().map(line).collect()
}

const TROUBLE: &str = r#"
[suite]
seed = 5
[defaults]
workload = "broadcast"
builtin = "flood-retry"
sim = true
time-limit = "5s"
nemesis-interval = "1s"

[[rung]]
name = "calm"
[[rung]]
name = "kills"
nemesis = ["kill", "partition"]
seeds = "1..=12"
[[rung]]
name = "too much for flood"
builtin = "flood"
nemesis = "partition"
seeds = 6
repeat = 2
"#;

#[test]
fn the_example_suite_of_the_built_in_nodes_passes() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites/builtin.toml");
    let file = file.to_str().expect("text");
    let (status, out, err) = swelkie(directory.path(), &["suite", file]);
    assert_eq!(status, 0, "{out}\n{err}");
    assert!(
        out.starts_with("Passed: built-in nodes: 8 rungs, 41 of 41 runs as expected ("),
        "{out}"
    );
    assert_eq!(err.matches("\npassed ").count(), 41, "{err}");
    assert!(directory.path().join("store/latest/results.json").exists());
}

#[test]
fn results_are_the_same_to_the_byte_for_any_number_of_jobs() {
    let directory = suite(TROUBLE);
    for more in [&[][..], &["--fail-fast"]] {
        let told = ["1", "2", "5"].map(|jobs| {
            let arguments = [&["suite", "ci.toml", "--json", "--jobs", jobs], more].concat();
            let (status, out, err) = swelkie(directory.path(), &arguments);
            assert_eq!(status, 1, "{out}{err}");
            same(json(&out))
        });
        assert_eq!(told[0], told[1], "{more:?}");
        assert_eq!(told[0], told[2], "{more:?}");
    }
}

#[test]
fn the_command_of_a_failed_case_repeats_it() {
    let directory = suite(TROUBLE);
    let (_, out, _) = swelkie(directory.path(), &["suite", "ci.toml"]);
    let again = out.lines().find_map(|line| line.strip_prefix("again"));
    let words = shlex::split(again.expect(&out)).expect("a command");
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let (status, repeated, _) = swelkie(directory.path(), &words);
    assert_eq!(status, 1, "{repeated}");
    let first = out
        .lines()
        .find(|line| line.starts_with("first"))
        .expect(&out);
    let story = first.split(": ").nth(1).expect(first);
    assert!(
        repeated.starts_with(&format!("INVALID: {story}\n")),
        "{first}\n{repeated}"
    );
}

#[test]
fn real_processes_climb_and_the_broken_one_is_caught() {
    let nodes = nodes_directory();
    let nodes = nodes.parent().expect("tests").display();
    // The suite is not where the command is typed: paths are relative to the file.
    let directory = suite("");
    std::fs::create_dir(directory.path().join("ci")).expect("made");
    std::os::unix::fs::symlink(nodes.to_string(), directory.path().join("ci/tests"))
        .expect("linked");
    let text = r#"
        [suite]
        name = "gossip.py"
        [defaults]
        workload = "broadcast"
        bin = "./tests/nodes/gossip.py"
        time-limit = "1s"
        rate = 20
        node-count = 3
        recovery = "5s"
        seeds = [3]
        [[rung]]
        name = "calm"
        repeat = 2
        [[rung]]
        name = "split"
        needs = "calm"
        faults = "split.toml"
        [[rung]]
        name = "it only floods"
        bin = "tests/nodes/flood.py"
        faults = "split.toml"
        expect = { validity = "invalid", kind = "lost" }
        [[rung]]
        name = "arguments and environment"
        bin = "python3"
        args = ["-u", "-c", "exit(3)"]
        env = { A = "b" }
        init-timeout = "2s"
        expect = { validity = "invalid", kind = "crashed" }
    "#;
    std::fs::write(directory.path().join("ci/suite.toml"), text).expect("written");
    let split = r#"
        [[fault]]
        kind = "partition"
        targets = ["n2"]
        at = "200ms"
        for = "500ms"
    "#;
    std::fs::write(directory.path().join("ci/split.toml"), split).expect("written");
    let arguments = ["suite", "ci/suite.toml", "--json", "--junit", "junit.xml"];
    let (status, out, err) = swelkie(directory.path(), &arguments);
    assert_eq!(status, 0, "{out}{err}");
    let told = json(&out);
    assert_eq!(outcomes(&told, "calm"), ["3 passed", "3 passed"]);
    assert_eq!(outcomes(&told, "it only floods"), ["3 passed"]);
    let command = &told["rungs"][1]["cases"][0]["command"];
    let command = command.as_str().expect("a command");
    assert!(
        command.contains("--bin ci/tests/nodes/gossip.py"),
        "{command}"
    );
    assert!(command.contains("--faults ci/split.toml"), "{command}");

    let xml = std::fs::read_to_string(directory.path().join("junit.xml")).expect("written");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let elements = |name| {
        let all = document.descendants();
        all.filter(move |node| node.has_tag_name(name))
            .collect::<Vec<_>>()
    };
    let suites = elements("testsuite");
    let names: Vec<&str> = suites
        .iter()
        .filter_map(|one| one.attribute("name"))
        .collect();
    assert_eq!(
        names,
        [
            "calm",
            "split",
            "it only floods",
            "arguments and environment"
        ]
    );
    assert_eq!(elements("testcase").len(), 5);
    assert!(
        elements("failure").is_empty() && elements("error").is_empty(),
        "{xml}"
    );
}

#[test]
fn a_live_run_is_ended_when_the_budget_is_used_up_and_what_is_left_is_skipped() {
    let directory = suite(&format!(
        r#"
        [suite]
        budget = "3s"
        [defaults]
        workload = "broadcast"
        bin = "{}/gossip.py"
        time-limit = "60s"
        node-count = 2
        seeds = [1, 2]
        [[rung]]
        name = "long"
        "#,
        nodes_directory().display()
    ));
    let arguments = ["suite", "ci.toml", "--json", "--junit", "junit.xml"];
    let (status, out, err) = swelkie(directory.path(), &arguments);
    assert_eq!(status, 2, "{out}{err}");
    let told = json(&out);
    assert_eq!(outcomes(&told, "long"), ["1 skipped", "2 skipped"]);
    let story = |at: usize| told["rungs"][0]["cases"][at]["story"].as_str().unwrap();
    let why = "the suite's budget of 3s was used up";
    assert!(
        story(0).starts_with(&format!("{why}; the run was ended after ")),
        "{out}"
    );
    assert_eq!(story(1), why);
    let xml = std::fs::read_to_string(directory.path().join("junit.xml")).expect("written");
    assert_eq!(xml.matches("<skipped").count(), 2, "{xml}");
}

#[test]
fn a_suite_that_is_interrupted_says_what_there_is() {
    let directory = suite(&format!(
        r#"
        [defaults]
        workload = "broadcast"
        bin = "{}/gossip.py"
        time-limit = "60s"
        node-count = 2
        [[rung]]
        name = "quick"
        builtin = "flood"
        sim = true
        [[rung]]
        name = "long"
        seeds = [1, 2]
        "#,
        nodes_directory().display()
    ));
    for (signal, expected) in [
        (rustix::process::Signal::INT, 130),
        (rustix::process::Signal::TERM, 143),
    ] {
        let mut child = command(directory.path(), &["suite", "ci.toml", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let passed = lines.find(|line| {
            let line = line.as_ref().expect("text");
            line.starts_with("passed  quick")
        });
        assert!(passed.is_some(), "the simulation is played first");
        // The real run has its directory once it has begun.
        let begun = || {
            let runs = std::fs::read_dir(directory.path().join("store/broadcast"));
            let history = |run: std::fs::DirEntry| run.path().join("nodes/n0").exists();
            runs.is_ok_and(|mut runs| runs.any(|run| run.is_ok_and(history)))
        };
        while !begun() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).expect("sent");
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let mut out = String::new();
        let stdout = child.stdout.as_mut().expect("piped");
        stdout.read_to_string(&mut out).expect("text");
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(expected), "{out}{rest:?}");
        let told = json(&out);
        assert_eq!(outcomes(&told, "quick").len(), 1);
        assert_eq!(outcomes(&told, "long"), ["1 skipped", "2 skipped"]);
        let story = told["rungs"][1]["cases"][0]["story"].as_str().unwrap();
        assert!(
            story.starts_with("the suite was interrupted (signal "),
            "{story}"
        );
        std::fs::remove_dir_all(directory.path().join("store")).expect("removed");
    }
}

#[test]
fn each_mistake_in_a_suite_has_its_place_and_says_what_to_do() {
    let base = "[defaults]\nworkload = \"broadcast\"\nbuiltin = \"flood\"\nsim = true\n\n";
    for (rung, message) in [
        (
            "[[rung]]\nname = \"a\"\ntime-limt = \"5s\"\n",
            "ci.toml:8:1: error: unknown key `time-limt` in this rung\n  8 | time-limt = \"5s\"\n    | ^^^^^^^^^ no such key\n    = did you mean `time-limit`?\n",
        ),
        (
            "[[rung]]\nname = \"a\"\ntime-limit = \"5 lightyears\"\n",
            "ci.toml:8:14: error: `time-limit` cannot be \"5 lightyears\"\n  8 | time-limit = \"5 lightyears\"\n    |              ^^^^^^^^^^^^^^ \"lightyears\" in \"5 lightyears\" is not a unit of time; expected a duration such as \"250ms\", \"1.5s\" or \"1m30s\" (units: h, m, s, ms, us, ns)\n",
        ),
        (
            "[[rung]]\nname = \"a\"\nneeds = \"b\"\n[[rung]]\nname = \"b\"\n",
            "ci.toml:8:9: error: `b` does not stand above this rung\n  8 | needs = \"b\"\n    |         ^^^ expected a rung above this one, and this is the first\n",
        ),
        (
            "[[rung]]\nname = \"a\"\nseeds = \"9..3\"\n",
            "ci.toml:8:9: error: `seeds` = \"9..3\" is no range with a seed in it\n  8 | seeds = \"9..3\"\n    |         ^^^^^^ expected \"1..=20\" (with 20) or \"1..21\" (without 21)\n",
        ),
        (
            "[[rung]]\nname = \"a\"\nassert = [\"net.servers.msg-per-op < 20\"]\n",
            "ci.toml:8:10: error: rung `a` cannot be run\n  8 | assert = [\"net.servers.msg-per-op < 20\"]\n    |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ --assert: `net.servers.msg-per-op < 20`: there is no such figure; did you mean `net.servers.msgs-per-op`?\n",
        ),
        (
            "[[rung]]\nname = \"a\"\nbin = \"./nope\"\nsim = false\n",
            "ci.toml:8:7: error: rung `a` cannot be run\n  8 | bin = \"./nope\"\n    |       ^^^^^^^^ --bin: ./nope does not exist, seen from ",
        ),
        (
            "[[rung]]\nname = \"a\"\nquiet = true\n",
            "ci.toml:8:1: error: `quiet` is no key of a rung\n  8 | quiet = true\n    | ^^^^^\n    = it is a flag: swelkie suite FILE --quiet\n",
        ),
        (
            "[[rungs]]\nname = \"a\"\n",
            "ci.toml:6:3: error: unknown key `rungs` in a suite file\n",
        ),
    ] {
        let directory = suite(&format!("{base}{rung}"));
        let (status, out, err) = swelkie(directory.path(), &["suite", "ci.toml"]);
        assert_eq!((status, out.as_str()), (254, ""), "{err}");
        assert!(err.contains(message), "expected\n{message}\nin\n{err}");
        assert!(!directory.path().join("store").exists(), "nothing is run");
    }
}

#[test]
fn several_mistakes_are_told_together_and_other_files_by_their_own_names() {
    let directory = suite(
        "[suite]\nbudget = 0\n[defaults]\nworkload = \"broadcast\"\nbuiltin = \"flood\"\nnode-count = 0\n[[rung]]\nname = \"a\"\nexpect = \"valdi\"\n",
    );
    let (status, _, err) = swelkie(directory.path(), &["suite", "ci.toml"]);
    assert_eq!(status, 254);
    for place in ["ci.toml:2:10", "ci.toml:6:14", "ci.toml:9:10"] {
        assert!(
            err.contains(&format!("{place}: error: ")),
            "{place} in\n{err}"
        );
    }
    let directory = suite(
        "[[rung]]\nname = \"a\"\nworkload = \"broadcast\"\nbuiltin = \"flood\"\nfaults = \"faults.toml\"\n",
    );
    let schedule = "[[fault]]\nkind = \"kil\"\n";
    std::fs::write(directory.path().join("faults.toml"), schedule).expect("written");
    let (status, _, err) = swelkie(directory.path(), &["suite", "ci.toml"]);
    assert_eq!(status, 254);
    assert!(
        err.contains("faults.toml:2:8: error: ") && err.contains("= in rung `a`"),
        "{err}"
    );
}

#[test]
fn rungs_are_chosen_by_name_and_a_dry_run_runs_nothing() {
    let directory = suite(TROUBLE);
    let (status, out, _) = swelkie(
        directory.path(),
        &["suite", "ci.toml", "--dry-run", "--only", "kills"],
    );
    assert_eq!(status, 0, "{out}");
    assert!(
        out.starts_with("kills: expected valid, seeds 1…12\n"),
        "{out}"
    );
    assert!(
        !out.contains("calm") && !directory.path().join("store").exists(),
        "{out}"
    );
    let (status, _, err) = swelkie(directory.path(), &["suite", "ci.toml", "--only", "kils"]);
    assert_eq!(
        (status, err.as_str()),
        (
            254,
            "error: --only \"kils\": there is no such rung; did you mean \"kills\"? (there are calm, kills, too much for flood)\n"
        )
    );
}

#[test]
fn a_sweep_goes_on_after_a_failure_and_groups_what_failed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let line = "test -w broadcast --builtin flood --sim --time-limit 5 --nemesis partition \
                --nemesis-interval 8 --seed 1 --stress-count 12";
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let (status, out, err) = swelkie(directory.path(), &arguments);
    assert_eq!(status, 1, "{out}{err}");
    let (_, told, _) = swelkie(directory.path(), &[&arguments[..], &["--json"]].concat());
    let told = json(&told);
    let failed = told["counts"]["failed"].as_u64().expect("a number");
    assert!(
        failed > 0 && failed < 12,
        "the seeds were chosen to have both: {out}"
    );
    assert!(
        out.starts_with(&format!("FAILED: {failed} of 12 runs are not valid\n")),
        "{out}"
    );
    assert!(
        out.contains(&format!("\n  lost ×{failed} (seeds ")),
        "{out}"
    );
    assert_eq!(err.matches("\nfailed  ").count() as u64, failed, "{err}");
    let share = &told["rungs"][0]["failure_share"];
    let number = |name: &str| share[name].as_f64().expect("a number");
    assert!(number("low") < number("estimate") && number("estimate") < number("high"));
    // Each of them is the run of `swelkie test` with its seed.
    let cases = told["rungs"][0]["cases"].as_array().expect("cases");
    let bad = cases
        .iter()
        .find(|case| case["outcome"] == "failed")
        .expect("one");
    let again = bad["command"].as_str().expect("a command");
    assert!(again.ends_with(&format!("--seed {}", bad["seed"])) && !again.contains("stress"));
    let words = shlex::split(again).expect("a command");
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let (status, repeated, _) = swelkie(directory.path(), &words);
    assert_eq!(status, 1);
    let story = bad["story"].as_str().expect("text");
    assert!(
        repeated.starts_with(&format!("INVALID: {story}\n")),
        "{repeated}"
    );
}

#[test]
fn a_sweep_over_time_ends_when_it_is_up() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let line = "test -w broadcast --builtin flood --sim --time-limit 5 --seed 1 --no-store \
                --stress-duration 1s";
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let (status, out, err) = swelkie(directory.path(), &arguments);
    assert_eq!(status, 0, "{out}{err}");
    assert!(out.starts_with("Valid: "), "{out}");
    assert_eq!(
        std::fs::read_dir(directory.path()).expect("there").count(),
        0
    );
}

/// How many runs there are, and how many of them have messages.
fn kept(directory: &Path) -> (usize, usize) {
    let runs = std::fs::read_dir(directory.join("store/broadcast")).expect("runs");
    let runs = runs.map(|run| run.expect("a run").path());
    let runs: Vec<_> = runs.filter(|run| !run.is_symlink()).collect();
    for run in &runs {
        assert!(run.join("results.json").exists() && run.join("faults.toml").exists());
        assert_eq!(
            run.join("history.jsonl").exists(),
            run.join("messages.jsonl").exists()
        );
        assert_eq!(
            run.join("nodes").exists(),
            run.join("messages.jsonl").exists()
        );
    }
    for latest in ["store/latest", "store/broadcast/latest"] {
        assert!(directory.join(latest).join("results.json").exists());
    }
    let whole = runs
        .iter()
        .filter(|run| run.join("messages.jsonl").exists());
    (runs.len(), whole.count())
}

#[test]
fn of_many_runs_only_those_that_failed_keep_their_records() {
    let sweep = "--seed 1 --stress-count 12 --jobs 4";
    let series = "--seed 1 --test-count 12";
    for (flags, runs, whole) in [
        (
            format!("{sweep} --nemesis partition --nemesis-interval 8"),
            12,
            None,
        ),
        (sweep.to_owned(), 12, Some(0)),
        (format!("{sweep} --keep all"), 12, Some(12)),
        (
            format!("{sweep} --keep none --assert ops.ok<1"),
            12,
            Some(0),
        ),
        (format!("{sweep} --assert ops.ok<1"), 12, Some(12)),
        (series.to_owned(), 12, Some(0)),
        (format!("{series} --assert ops.ok<1"), 1, Some(1)),
        ("--seed 1".to_owned(), 1, Some(1)),
        ("--seed 1 --keep failed".to_owned(), 1, Some(0)),
    ] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let line = format!("test -w broadcast --builtin flood --sim --time-limit 5 --json {flags}");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let (_, out, err) = swelkie(directory.path(), &arguments);
        let failed = || json(&out)["counts"]["failed"].as_u64().expect("a number") as usize;
        let whole = whole.unwrap_or_else(failed);
        assert_eq!(kept(directory.path()), (runs, whole), "{flags}\n{err}");
    }
}

#[test]
fn real_runs_that_are_valid_lose_their_logs_and_data_too() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let line = format!(
        "test -w broadcast --bin {}/gossip.py --node-count 2 --time-limit 1 --seed 1 --stress-count 2",
        nodes_directory().display()
    );
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let (status, out, err) = swelkie(directory.path(), &arguments);
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(kept(directory.path()), (2, 0));
    let latest = std::fs::read_dir(directory.path().join("store/latest")).expect("a run");
    let mut names: Vec<_> = latest
        .map(|file| file.expect("a file").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["faults.toml", "results.json"]);
}

#[test]
fn the_schema_knows_every_key_of_the_example() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (status, out, _) = swelkie(directory.path(), &["schema", "suite"]);
    assert_eq!(status, 0);
    let schema = json(&out);
    let text = include_str!("suites/builtin.toml");
    let file: toml::Table = toml::from_str(text).expect("TOML");
    let properties = &schema["properties"];
    let rung = &properties["rung"]["items"]["properties"];
    for (place, table) in [("suite", &file["suite"]), ("defaults", &file["defaults"])] {
        for key in table.as_table().expect("a table").keys() {
            assert!(
                properties[place]["properties"][key].is_object(),
                "{place} {key}"
            );
        }
    }
    for table in file["rung"].as_array().expect("rungs") {
        for key in table.as_table().expect("a table").keys() {
            assert!(rung[key]["description"].is_string(), "{key}");
        }
    }
    assert!(rung["json"].is_null() && rung["test-count"].is_null());
}
