//! Whatever ends the harness leaves no process behind.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use swelkie::engine::Input;
use swelkie::live::{self, Hooks};
use swelkie_nodes::Time;

use crate::script::*;

/// A node that ignores EOF and SIGTERM, with a child in its group, one in a session of its
/// own, and one that forked twice and has lost its environment as well; writes the numbers.
const STUBBORN: &str = "trap '' TERM INT HUP; sleep 1000 & a=$!; setsid sleep 1000 & b=$!
    (env -i setsid sleep 1000 & echo $! > c); echo $$ $a $b $(cat c); while :; do sleep 1; done";

/// Not a test: the harness that the tests below end in every way.
#[test]
#[ignore = "the harness that other tests run and kill"]
fn a_harness() {
    let Some(dir) = std::env::var_os("HARNESS_DIR") else {
        return;
    };
    let dir = Path::new(&dir);
    let mut settings = settings(vec![sh(STUBBORN)], dir);
    settings.catch_signals = std::env::var_os("HARNESS_CATCHES").is_some();
    let numbers = |engine: &mut Engine, _: Time, input: &Input| match input {
        Input::Line { line, .. } => {
            fs::write(dir.join("numbers.new"), line).unwrap();
            fs::rename(dir.join("numbers.new"), dir.join("numbers")).unwrap();
        }
        Input::Interrupt { signal } => {
            fs::write(dir.join("signal"), signal.to_string()).unwrap();
            engine.finish();
        }
        _ => {}
    };
    let mut tick = |_: &mut _, _: Time| {
        assert!(!dir.join("panic").exists(), "asked to panic");
        match dir.join("fail").exists() {
            true => Err(io::Error::other("asked to fail")),
            false => Ok(()),
        }
    };
    let hooks = Hooks {
        tick: &mut tick,
        stderr: None,
    };
    let result = live::run(&mut scripted(numbers), &settings, hooks);
    if let Err(error) = result {
        fs::write(dir.join("error"), error.to_string()).unwrap();
    }
}

struct Harness {
    child: Child,
    family: Vec<i32>,
    dir: tempfile::TempDir,
}

/// Starts the harness above and waits until its node runs.
fn harness(catches: bool) -> Harness {
    let dir = tempfile::tempdir().unwrap();
    // Whoever runs the tests in the background may have SIGINT ignored, which is inherited.
    let mut command = Command::new("env");
    command
        .arg("--default-signal")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "cleanup::a_harness", "--ignored", "--nocapture"])
        .env("HARNESS_DIR", dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if catches {
        command.env("HARNESS_CATCHES", "1");
    }
    let child = command.spawn().unwrap();
    let numbers = dir.path().join("numbers");
    eventually("the harness's node runs", || numbers.exists());
    let family = pids(&fs::read(&numbers).unwrap());
    assert_eq!(family.len(), 4);
    assert!(family.iter().all(|pid| !gone(*pid)));
    Harness { child, family, dir }
}

impl Harness {
    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn expect_nothing_left(&self) {
        for pid in &self.family {
            eventually(
                &format!("process {pid} of {:?} is gone", self.family),
                || gone(*pid),
            );
        }
    }
}

#[test]
fn a_harness_that_is_killed_leaves_nothing_behind() {
    for (signal, number) in [
        ("-KILL", 9),
        ("-INT", 2),
        ("-TERM", 15),
        ("-HUP", 1),
        ("-ABRT", 6),
    ] {
        let mut harness = harness(false);
        harness.signal(signal);
        assert_eq!(harness.child.wait().unwrap().signal(), Some(number));
        harness.expect_nothing_left();
    }
}

#[test]
fn a_harness_that_panics_or_fails_leaves_nothing_behind() {
    for way in ["panic", "fail"] {
        let mut harness = harness(false);
        fs::write(harness.dir.path().join(way), "").unwrap();
        let status = harness.child.wait().unwrap();
        assert_eq!(status.success(), way == "fail", "{way}: {status}");
        // It waited for the end of its nodes.
        assert!(harness.family.iter().all(|pid| gone(*pid)));
        let error = fs::read_to_string(harness.dir.path().join("error"));
        assert_eq!(
            error.is_ok_and(|error| error.contains("asked to fail")),
            way == "fail"
        );
    }
}

#[test]
fn a_caught_signal_is_an_input_and_the_run_ends_in_order() {
    for (signal, number) in [("-INT", "2"), ("-TERM", "15")] {
        let mut harness = harness(true);
        harness.signal(signal);
        assert!(harness.child.wait().unwrap().success());
        let told = fs::read_to_string(harness.dir.path().join("signal")).unwrap();
        assert_eq!(told, number);
        assert!(harness.family.iter().all(|pid| gone(*pid)));
    }
}

#[test]
fn a_run_ends_soon_although_a_node_ignores_everything_and_nothing_is_left() {
    let mut family = Vec::new();
    let mut finished = Time::ZERO;
    let outcome = run(vec![sh(STUBBORN)], |engine, now, input| {
        if let Input::Line { line, .. } = input {
            family = pids(line);
            finished = now;
            engine.finish();
        }
    });
    assert_eq!(outcome.report.survivors, [0]);
    assert!(outcome.report.finished >= finished);
    assert!(family.iter().all(|pid| gone(*pid)), "{family:?}");
}

#[test]
fn nodes_that_end_at_the_end_of_their_stdin_are_not_waited_for() {
    let cat = || sh("echo ready; exec cat");
    let shortest = (0..5).map(|_| {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(vec![cat()], dir.path());
        let mut last = Time::ZERO;
        let mut finish = |engine: &mut Engine, _: Time, input: &Input| {
            if let Input::Line { .. } = input {
                engine.finish();
            }
        };
        let mut core = scripted(&mut finish);
        let mut tick = |_: &mut _, now| {
            last = now;
            Ok(())
        };
        let hooks = Hooks {
            tick: &mut tick,
            stderr: None,
        };
        let report = live::run(&mut core, &settings, hooks).unwrap();
        assert_eq!(report.survivors, Vec::<usize>::new());
        last - report.finished
    });
    let shortest = shortest.min().unwrap();
    assert!(shortest < Duration::from_millis(150), "{shortest:?}");
}

#[test]
fn when_the_supervisor_is_killed_the_run_fails_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = 0;
    let rule = |_: &mut Engine, _: Time, input: &Input| {
        let Input::Line { line, .. } = input else {
            return;
        };
        let numbers = pids(line);
        node = numbers[0];
        // The node's parent is the supervisor.
        let kill = Command::new("kill")
            .args(["-KILL", &numbers[1].to_string()])
            .status();
        assert!(kill.unwrap().success());
    };
    let settings = settings(vec![sh("echo $$ $PPID; exec sleep 1000")], dir.path());
    let hooks = Hooks {
        tick: &mut |_, _| Ok(()),
        stderr: None,
    };
    let error = live::run(&mut scripted(rule), &settings, hooks)
        .unwrap_err()
        .to_string();
    assert!(error.contains("supervisor"), "{error}");
    eventually("the node is gone", || gone(node));
}
