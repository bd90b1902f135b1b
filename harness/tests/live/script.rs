//! A scripted engine: a rule that answers inputs with outputs.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use swelkie::engine::{Exit, Input, Output};
use swelkie::live::{self, Core, Hooks, NodeCommand, NodeSettings, Report, Settings};
use swelkie_nodes::{Body, NodeId, Seed, Time};

/// No test takes this long unless the driver hangs.
const BOUND: Duration = Duration::from_secs(60);

/// What a rule can do.
#[derive(Default)]
pub struct Engine {
    outputs: VecDeque<Output>,
    deadline: Option<Time>,
    pub in_flight: u64,
    delivered: u64,
    /// All that was handed in, deadlines excepted.
    pub log: Vec<(Time, Input)>,
}

impl Engine {
    pub fn start(&mut self, node: usize, incarnation: u32) {
        let wipe = false;
        self.put(Output::Start {
            node,
            incarnation,
            wipe,
        });
    }

    pub fn deliver(&mut self, node: usize, src: &str, body: &str) {
        self.delivered += 1;
        let body = Body::from_json(Bytes::copy_from_slice(body.as_bytes()));
        let (id, src) = (self.delivered, NodeId::from(src));
        self.put(Output::Deliver {
            node,
            id,
            src,
            body,
        });
    }

    pub fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub fn finish(&mut self) {
        self.put(Output::Finished);
    }

    /// Asks for a deadline.
    pub fn wake(&mut self, at: Time) {
        self.deadline = Some(self.deadline.map_or(at, |earlier| earlier.min(at)));
    }
}

/// The engine that a rule makes.
pub struct Scripted<F> {
    pub engine: Engine,
    rule: F,
    begun: bool,
    keep_lines: bool,
}

impl<F: FnMut(&mut Engine, Time, &Input)> Core for Scripted<F> {
    fn handle(&mut self, now: Time, input: Input) {
        if now - Time::ZERO >= BOUND {
            let log = &self.engine.log;
            let last: Vec<String> = log
                .iter()
                .rev()
                .take(5)
                .map(|(_, input)| word(input))
                .collect();
            panic!(
                "the run hangs after {} inputs, the last ones {last:?}",
                log.len()
            );
        }
        assert!(
            self.engine.outputs.is_empty(),
            "outputs are drained before the next input"
        );
        if !std::mem::replace(&mut self.begun, true) {
            self.engine.start(0, 0);
            self.engine.wake(Time::ZERO + BOUND);
        }
        if self.engine.deadline.is_some_and(|deadline| deadline <= now) {
            self.engine.deadline = Some(Time::ZERO + BOUND);
        }
        (self.rule)(&mut self.engine, now, &input);
        let line = matches!(input, Input::Line { .. });
        if !matches!(input, Input::Deadline) && (self.keep_lines || !line) {
            self.engine.log.push((now, input));
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.engine.outputs.pop_front()
    }

    fn next_deadline(&mut self) -> Option<Time> {
        self.engine.deadline
    }

    fn in_flight_bytes(&self) -> u64 {
        self.engine.in_flight
    }
}

/// A finished run.
pub struct Outcome {
    pub log: Vec<(Time, Input)>,
    pub report: Report,
    /// When nothing was left of the nodes.
    pub gone: Time,
    pub dir: tempfile::TempDir,
}

impl Outcome {
    /// What happened, without times, a word per input.
    pub fn words(&self) -> Vec<String> {
        self.log.iter().map(|(_, input)| word(input)).collect()
    }
}

pub fn word(input: &Input) -> String {
    match input {
        Input::Started { node, incarnation } => format!("n{node}/{incarnation} started"),
        Input::SpawnFailed { error, .. } => format!("failed: {error}"),
        Input::Line { line, .. } => String::from_utf8_lossy(line).into_owned(),
        Input::Fragment {
            start,
            len,
            too_long,
            ..
        } => {
            let start = String::from_utf8_lossy(&start[..start.len().min(10)]).into_owned();
            format!(
                "fragment {start} of {len}{}",
                if *too_long { ", too long" } else { "" }
            )
        }
        Input::Closed { .. } => "closed".into(),
        Input::Deaf { .. } => "deaf".into(),
        Input::Exited {
            node,
            incarnation,
            exit,
            ..
        } => match exit {
            Exit::Code(code) => format!("n{node}/{incarnation} exited {code}"),
            Exit::Signal(signal) => format!("n{node}/{incarnation} killed by {signal}"),
        },
        Input::Overload { .. } => "overload".into(),
        Input::Interrupt { signal } => format!("signal {signal}"),
        other => format!("{other:?}"),
    }
}

pub fn sh(script: &str) -> NodeCommand {
    NodeCommand {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        ..NodeCommand::default()
    }
}

pub fn python(script: &str) -> NodeCommand {
    let path = std::env::var_os("PATH");
    let here = std::env::current_dir().unwrap();
    let program = live::resolve_program("python3".as_ref(), &here, path.as_deref()).unwrap();
    let args: Vec<OsString> = vec!["-c".into(), script.into()];
    NodeCommand {
        program,
        args,
        ..NodeCommand::default()
    }
}

/// Settings for nodes `n0`, `n1`, … in a directory.
pub fn settings(commands: Vec<NodeCommand>, dir: &Path) -> Settings {
    let node = |(index, command): (usize, NodeCommand)| NodeSettings {
        name: format!("n{index}").into(),
        command,
    };
    let nodes = commands.into_iter().enumerate().map(node).collect();
    Settings::new(nodes, PathBuf::from(dir), Seed(7))
}

/// A core that starts `n0` and then follows the rule.
pub fn scripted<F: FnMut(&mut Engine, Time, &Input)>(rule: F) -> Scripted<F> {
    Scripted {
        engine: Engine::default(),
        rule,
        begun: false,
        keep_lines: true,
    }
}

/// As [`scripted`], for floods: lines do not go into the log.
pub fn scripted_without_lines<F: FnMut(&mut Engine, Time, &Input)>(rule: F) -> Scripted<F> {
    Scripted {
        keep_lines: false,
        ..scripted(rule)
    }
}

/// Runs the core, checking that nothing is left of the nodes.
pub fn run_core<F: FnMut(&mut Engine, Time, &Input)>(
    mut core: Scripted<F>,
    commands: Vec<NodeCommand>,
    change: impl FnOnce(&mut Settings),
) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(commands, dir.path());
    change(&mut settings);
    let mut gone = Time::ZERO;
    let mut tick = |_: &mut _, now| {
        gone = now;
        Ok(())
    };
    let hooks = Hooks {
        tick: &mut tick,
        stderr: None,
    };
    let report = live::run(&mut core, &settings, hooks).unwrap();
    Outcome {
        gone,
        log: core.engine.log,
        report,
        dir,
    }
}

pub fn run(commands: Vec<NodeCommand>, rule: impl FnMut(&mut Engine, Time, &Input)) -> Outcome {
    run_core(scripted(rule), commands, |_| {})
}

/// Ends the run when n0 has exited.
pub fn until_exit(engine: &mut Engine, _now: Time, input: &Input) {
    if matches!(input, Input::Exited { .. } | Input::SpawnFailed { .. }) {
        engine.finish();
    }
}

/// Its state as in `ps`; none if it is gone.
pub fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat[stat.rfind(')')? + 1..].trim_start().chars().next()
}

/// Whether it is gone, or only waits to be reaped.
pub fn gone(pid: i32) -> bool {
    matches!(state(pid), None | Some('Z' | 'X'))
}

/// Waits for a condition; panics after a while.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..6000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{what}: not within 30 s");
}

/// The process numbers in a line.
pub fn pids(line: &[u8]) -> Vec<i32> {
    let text = String::from_utf8_lossy(line);
    text.split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}
