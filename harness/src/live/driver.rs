//! The loop: wait, take what came, let the core answer, carry it out, write.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use swelkie_nodes::Time;

use super::backlog::Backlog;
use super::command::{Places, file_name, make_data_dir};
use super::outbox::dest_field;
use super::process::{Node, Process};
use super::stderr::StderrLog;
use super::{Core, Error, Hooks, Report, Settings};
use crate::engine::{Input, Output};
use crate::platform::{Clock, Interrupts, Poller, PreciseTimers, Ready};
use crate::supervisor::{Event, Life, Signal, Supervisor};

/// How often the caller's hook is called, at least.
/// How long it looks for more before it sleeps.
const SPIN: Duration = Duration::from_micros(20);
const TICK: Duration = Duration::from_millis(100);
/// A pass longer than this writes in between: nobody waits for a flood to be read.
const LONG_PASS: Duration = Duration::from_millis(1);
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What a ready descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Stdout(usize),
    Stderr(usize),
    Stdin(usize),
    Supervisor,
    Interrupt(usize),
}

impl Source {
    pub(super) fn token(self) -> u64 {
        let (kind, index) = match self {
            Source::Stdout(node) => (0, node),
            Source::Stderr(node) => (1, node),
            Source::Stdin(node) => (2, node),
            Source::Supervisor => (3, 0),
            Source::Interrupt(signal) => (4, signal),
        };
        (index as u64) << 3 | kind
    }

    pub(super) fn of(token: u64) -> Source {
        let index = (token >> 3) as usize;
        match token & 7 {
            0 => Source::Stdout(index),
            1 => Source::Stderr(index),
            2 => Source::Stdin(index),
            3 => Source::Supervisor,
            _ => Source::Interrupt(index),
        }
    }
}

pub(super) struct Driver<'a, C> {
    pub(super) core: &'a mut C,
    pub(super) settings: &'a Settings,
    pub(super) hooks: Hooks<'a, C>,
    pub(super) clock: Clock,
    pub(super) supervisor: Supervisor,
    pub(super) poller: Poller,
    pub(super) interrupts: Option<Interrupts>,
    pub(super) nodes: Vec<Node>,
    /// The directory that all nodes share.
    shared: PathBuf,
    pub(super) backlog: Backlog,
    /// Nodes whose outbox is to be written at the end of the pass.
    pub(super) dirty: Vec<usize>,
    /// Nodes whose stdout is read once per 10 ms.
    pub(super) slowed: BTreeSet<usize>,
    /// Slowed because of what is in the network.
    pub(super) network_full: bool,
    pub(super) next_pace: Time,
    /// When to look again at nodes with closed pipes.
    pub(super) settling: BTreeSet<(Time, usize)>,
    /// Inputs that came up while outputs were carried out.
    pub(super) later: VecDeque<Input>,
    pub(super) overloaded: bool,
    pub(super) finished: bool,
    /// Where chunks are read to.
    pub(super) chunk: Vec<u8>,
    supervisor_blocked: bool,
    next_tick: Time,
    /// Something was ready when it waited last.
    awake: bool,
    _timers: PreciseTimers,
}

impl<'a, C: Core> Driver<'a, C> {
    pub(super) fn start(
        core: &'a mut C,
        settings: &'a Settings,
        hooks: Hooks<'a, C>,
        clock: Clock,
    ) -> Result<Driver<'a, C>, Error> {
        let (nodes, shared) = open_nodes(settings)?;
        let broken = |error| Error::new("starting the supervisor of the node processes", error);
        let supervisor = Supervisor::start().map_err(broken)?;
        let poller = Poller::new().map_err(polling)?;
        let token = Source::Supervisor.token();
        poller.add_reader(supervisor.fd(), token).map_err(polling)?;
        let interrupts = settings.catch_signals.then(Interrupts::install).transpose();
        let interrupts = interrupts.map_err(|error| Error::new("catching signals", error))?;
        for (at, (_, stream)) in interrupts.iter().flat_map(Interrupts::streams).enumerate() {
            let token = Source::Interrupt(at).token();
            poller.add_reader(stream, token).map_err(polling)?;
        }
        let names = nodes.iter().map(|node| node.name.clone()).collect();
        Ok(Driver {
            core,
            settings,
            hooks,
            clock,
            supervisor,
            poller,
            interrupts,
            nodes,
            shared,
            backlog: Backlog::new(settings.backlog, names),
            dirty: Vec::new(),
            slowed: BTreeSet::new(),
            network_full: false,
            next_pace: Time::ZERO,
            settling: BTreeSet::new(),
            later: VecDeque::new(),
            overloaded: false,
            finished: false,
            chunk: vec![0; CHUNK],
            supervisor_blocked: false,
            next_tick: Time::ZERO,
            awake: false,
            _timers: PreciseTimers::begin(),
        })
    }

    pub(super) fn run(mut self) -> Result<Report, Error> {
        let result = self.serve().and_then(|()| self.finish());
        if result.is_err() {
            self.abandon();
        }
        result
    }

    fn serve(&mut self) -> Result<(), Error> {
        let mut ready = Vec::new();
        self.input(self.clock.now(), Input::Deadline)?;
        while !self.finished {
            self.flush()?;
            let timeout = self.timeout();
            self.wait(timeout, &mut ready)?;
            self.pass(&ready)?;
        }
        Ok(())
    }

    pub(super) fn wait(&mut self, timeout: Duration, ready: &mut Vec<Ready>) -> Result<(), Error> {
        if self.supervisor.has_unsent() != self.supervisor_blocked {
            self.supervisor_blocked = !self.supervisor_blocked;
            let (fd, token) = (self.supervisor.fd(), Source::Supervisor.token());
            let changed = self.poller.also_writer(fd, token, self.supervisor_blocked);
            changed.map_err(polling)?;
        }
        // After something happened the next thing is often microseconds away, and to
        // be woken from sleep costs more than that: look a few times first.
        if self.awake {
            let begin = self.clock.now();
            while self.clock.now() - begin < SPIN.min(timeout) {
                self.poller.wait(Duration::ZERO, ready).map_err(polling)?;
                if !ready.is_empty() {
                    return Ok(());
                }
            }
        }
        self.poller.wait(timeout, ready).map_err(polling)?;
        self.awake = !ready.is_empty();
        Ok(())
    }

    fn timeout(&mut self) -> Duration {
        let mut until = self.next_tick;
        until = until.min(self.core.next_deadline().unwrap_or(Time::MAX));
        if let Some(&(at, _)) = self.settling.first() {
            until = until.min(at);
        }
        if !self.slowed.is_empty() {
            until = until.min(self.next_pace);
        }
        until - self.clock.now()
    }

    fn pass(&mut self, ready: &[Ready]) -> Result<(), Error> {
        let mut written_at = self.clock.now();
        for ready in ready {
            let now = self.take(Source::of(ready.token))?;
            if self.finished {
                return Ok(());
            }
            if now - written_at > LONG_PASS {
                self.meet_deadline(now)?;
                self.flush()?;
                written_at = now;
            }
        }
        let now = self.clock.now();
        self.settle(now)?;
        self.keep_pace(now)?;
        self.meet_deadline(now)?;
        self.flush()?;
        if self.next_tick <= now || self.core.wants_tick() {
            self.next_tick = now + TICK;
            self.tick(now)?;
        }
        Ok(())
    }

    pub(super) fn tick(&mut self, now: Time) -> Result<(), Error> {
        let done = (self.hooks.tick)(self.core, now);
        done.map_err(|error| Error::new("writing the run's results", error))?;
        // It may have told the core to end.
        if self.finished {
            return Ok(());
        }
        self.drain_all(now)
    }

    fn meet_deadline(&mut self, now: Time) -> Result<(), Error> {
        if self
            .core
            .next_deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            self.input(now, Input::Deadline)?;
        }
        Ok(())
    }

    /// Takes what one descriptor has; returns the time at which it was taken.
    pub(super) fn take(&mut self, source: Source) -> Result<Time, Error> {
        let now = self.clock.now();
        match source {
            Source::Stdout(node) => {
                self.read_stdout(node, now)?;
            }
            Source::Stderr(node) => {
                self.read_stderr(node)?;
            }
            Source::Stdin(node) => self.mark_dirty(node),
            Source::Supervisor => self.hear_supervisor(now)?,
            Source::Interrupt(at) => {
                let stream = self
                    .interrupts
                    .as_ref()
                    .map(|interrupts| &interrupts.streams()[at]);
                if let Some((signal, stream)) = stream {
                    let _ = crate::platform::read(stream, &mut [0; 64]);
                    self.input(now, Input::Interrupt { signal: *signal })?;
                }
            }
        }
        Ok(now)
    }

    pub(super) fn hear_supervisor(&mut self, now: Time) -> Result<(), Error> {
        self.supervisor.flush().map_err(lost)?;
        while let Some(event) = self.supervisor.poll_event().map_err(lost)? {
            match event {
                Event::Spawned { life, pid } => self.started(life, pid, now)?,
                Event::SpawnFailed { life, error } => self.not_started(life, error, now)?,
                Event::Exited { life, exit } => self.ended(life, exit, now)?,
            }
        }
        Ok(())
    }

    /// Hands an input to the core and carries out what it asks for.
    pub(super) fn input(&mut self, now: Time, input: Input) -> Result<(), Error> {
        if self.finished {
            return Ok(());
        }
        self.core.handle(now, input);
        self.drain_all(now)
    }

    /// Does what the core asks for, and hands in what comes up meanwhile.
    fn drain_all(&mut self, now: Time) -> Result<(), Error> {
        self.drain()?;
        while let Some(input) = self.later.pop_front() {
            self.core.handle(now, input);
            self.drain()?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Error> {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Deliver {
                    node,
                    id,
                    src,
                    body,
                } => self.deliver(node, id, &src, &body),
                other => self.carry_out(other)?,
            }
        }
        Ok(())
    }

    pub(super) fn carry_out(&mut self, output: Output) -> Result<(), Error> {
        let node = match output {
            Output::Start { node, .. }
            | Output::Kill { node }
            | Output::Terminate { node }
            | Output::Pause { node }
            | Output::Resume { node }
            | Output::Deliver { node, .. } => node,
            Output::Finished => {
                self.finished = true;
                return Ok(());
            }
        };
        if self.must_wait(node, &output) {
            self.nodes[node].waiting.push(output);
            return Ok(());
        }
        let signal = match output {
            Output::Start {
                incarnation, wipe, ..
            } => {
                return self.start_node(Life { node, incarnation }, wipe);
            }
            Output::Kill { .. } => Signal::Kill,
            Output::Terminate { .. } => Signal::Terminate,
            Output::Pause { .. } => Signal::Stop,
            Output::Resume { .. } => Signal::Continue,
            Output::Deliver { .. } | Output::Finished => return Ok(()),
        };
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        process.killed |= signal == Signal::Kill;
        process.ended_by_us |= matches!(signal, Signal::Kill | Signal::Terminate);
        self.supervisor.signal(process.life, signal).map_err(lost)
    }

    /// Whether the output is for a life that cannot begin yet. A kill that finds the
    /// earlier life alive, having been asked to end, is for that one.
    fn must_wait(&self, node: usize, output: &Output) -> bool {
        let node = &self.nodes[node];
        let Some(process) = &node.process else {
            return false;
        };
        match output {
            Output::Start { .. } => true,
            Output::Kill { .. } if !process.killed => false,
            _ => !node.waiting.is_empty(),
        }
    }

    fn start_node(&mut self, life: Life, wipe: bool) -> Result<(), Error> {
        let count = self.nodes.len();
        let node = &mut self.nodes[life.node];
        node.stderr.begin_life();
        let command = &self.settings.nodes[life.node].command;
        let places = Places {
            data: &node.data,
            shared: &self.shared,
            trace: self.settings.trace.as_ref(),
        };
        let spawn = command.spawn(life, &node.name, places, self.settings.seed);
        let prepared = make_data_dir(&node.data, wipe)
            .and_then(|()| Process::prepare(life, self.settings.line_limit, count));
        let sent = prepared.and_then(|(process, stdio)| {
            self.supervisor.spawn(spawn, stdio)?;
            node.process = Some(process);
            Ok(())
        });
        let Err(error) = sent else {
            return Ok(());
        };
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Err(lost(error));
        }
        let (Life { node, incarnation }, error) = (life, error.to_string());
        self.later.push_back(Input::SpawnFailed {
            node,
            incarnation,
            error,
        });
        Ok(())
    }

    fn started(&mut self, life: Life, pid: i32, now: Time) -> Result<(), Error> {
        let Life { node, incarnation } = life;
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        process.pid = Some(pid);
        if let Some(stdout) = &process.stdout {
            let token = Source::Stdout(node).token();
            self.poller.add_reader(stdout, token).map_err(polling)?;
        }
        if let Some(stderr) = &process.stderr {
            let token = Source::Stderr(node).token();
            self.poller.add_reader(stderr, token).map_err(polling)?;
        }
        self.input(now, Input::Started { node, incarnation })
    }

    fn not_started(&mut self, life: Life, error: String, now: Time) -> Result<(), Error> {
        let Life { node, incarnation } = life;
        if let Some(process) = self.nodes[node].process.take() {
            self.backlog.gone(node, process.outbox.len());
        }
        let waiting = std::mem::take(&mut self.nodes[node].waiting);
        self.input(
            now,
            Input::SpawnFailed {
                node,
                incarnation,
                error,
            },
        )?;
        self.resume_waiting(waiting)
    }

    /// Carries out what waited for the end of a life.
    pub(super) fn resume_waiting(&mut self, waiting: Vec<Output>) -> Result<(), Error> {
        for output in waiting {
            self.carry_out(output)?;
        }
        Ok(())
    }
}

/// Directories, logs and names of the nodes.
fn open_nodes(settings: &Settings) -> Result<(Vec<Node>, PathBuf), Error> {
    let run_dir = std::path::absolute(&settings.run_dir)
        .map_err(|error| Error::at("finding", &settings.run_dir, error))?;
    let dir = run_dir.join("nodes");
    fs::create_dir_all(&dir).map_err(|error| Error::at("making", &dir, error))?;
    let shared = run_dir.join("shared");
    make_data_dir(&shared, true).map_err(|error| Error::at("making", &shared, error))?;
    let open = |node: &super::NodeSettings| {
        let file = file_name(&node.name);
        let log = dir.join(format!("{file}.stderr.log"));
        let stderr = StderrLog::create(log.clone());
        Ok(Node {
            dest: dest_field(&node.name),
            name: node.name.clone(),
            data: dir.join(file).join("data"),
            stderr: stderr.map_err(|error| Error::at("writing", &log, error))?,
            process: None,
            waiting: Vec::new(),
        })
    };
    let nodes: Result<_, Error> = settings.nodes.iter().map(open).collect();
    Ok((nodes?, shared))
}

pub(super) fn polling(error: std::io::Error) -> Error {
    Error::new("waiting for the nodes", error)
}

/// The supervisor does not answer: the run is over, and its socket's end kills the nodes.
pub(super) fn lost(error: std::io::Error) -> Error {
    Error::new("talking to the supervisor of the node processes", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_survives_its_token() {
        for source in [
            Source::Stdout(0),
            Source::Stderr(999),
            Source::Stdin(3),
            Source::Supervisor,
            Source::Interrupt(1),
        ] {
            assert_eq!(Source::of(source.token()), source);
        }
    }
}
