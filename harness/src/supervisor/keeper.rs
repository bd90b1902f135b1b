//! The supervisor process: starts nodes, signals their trees, reaps, and at the
//! end leaves nothing behind.
//!
//! ```text
//!   harness ── Spawn, Signal ──►┌──────────┐── posix_spawn ──► n0 ─┬─ helper
//!           ◄── Spawned, Exited─┤  keeper  │◄── SIGCHLD ──── n1    └─ helper
//!           ──┤ (socket closes) └──────────┘── SIGKILL until wait() says ECHILD, then exit
//! ```
//!
//! A signal to a node goes to its process group at once, then to those of its
//! descendants outside the group, found in the process table. A kill is repeated
//! until none of them lives, so that a fork in between does not escape.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, kill_process, kill_process_group, wait};

use super::channel::{Channel, Received};
use super::message::{Event, Life, Request, Signal, Spawn};
use super::tree::{Descendant, descendants};
use super::{ENVIRONMENT, INCARNATION, NODE};
use crate::engine::Exit;
use crate::platform;

/// How often a kill is repeated while somebody survives it.
const SWEEP: Duration = Duration::from_millis(5);
/// How often new members of a tree are looked for when it is stopped.
const STOP_ROUNDS: usize = 5;
/// After this many sweeps what is left cannot be killed (another user's process,
/// a hanging disk): about 10 s.
const LAST_SWEEP: usize = 2_000;

/// The supervisor's state.
pub(super) struct Keeper {
    channel: Channel<Event, Request>,
    child_signals: UnixStream,
    /// The nodes' main processes by number, kept until their tree is gone.
    mains: BTreeMap<i32, Life>,
    /// Main processes that have not been reaped: their numbers are surely theirs.
    running: BTreeSet<i32>,
    names: BTreeMap<Life, String>,
    /// Trees that are being killed.
    dying: BTreeSet<Life>,
    /// Signals whose tree has not been walked yet, in order.
    walks: Vec<(Life, Signal)>,
}

impl Keeper {
    pub(super) fn new(socket: OwnedFd) -> io::Result<Keeper> {
        use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM};
        // What a terminal or an init system sends to everybody is for the harness to
        // answer. Handlers rather than "ignore", which nodes would inherit.
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] {
            platform::disregard(signal)?;
        }
        // Fails if it leads its session already, which is just as well.
        let _ = rustix::process::setsid();
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        Ok(Keeper {
            channel: Channel::new(socket)?,
            child_signals: platform::signal_stream(SIGCHLD)?,
            mains: BTreeMap::new(),
            running: BTreeSet::new(),
            names: BTreeMap::new(),
            dying: BTreeSet::new(),
            walks: Vec::new(),
        })
    }

    /// Serves until the harness is gone, then kills everything.
    pub(super) fn run(mut self) -> io::Result<()> {
        let served = self.serve();
        self.end()?;
        served
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            self.wait_for_something()?;
            while platform::read(&self.child_signals, &mut [0; 256])?.is_some() {}
            self.reap()?;
            self.channel.flush()?;
            loop {
                match self.channel.receive()? {
                    Received::Message(request, fds) => self.obey(request, fds)?,
                    Received::Nothing => break,
                    Received::End => return Ok(()),
                }
            }
            self.walk_trees()?;
        }
    }

    fn wait_for_something(&self) -> io::Result<()> {
        let mut wanted = PollFlags::IN;
        wanted.set(PollFlags::OUT, self.channel.has_unsent());
        let fd = self.channel.fd();
        let mut fds = [
            PollFd::from_borrowed_fd(fd, wanted),
            PollFd::new(&self.child_signals, PollFlags::IN),
        ];
        let sweep = platform::timespec(SWEEP);
        let timeout = (!self.dying.is_empty()).then_some(&sweep);
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn obey(&mut self, request: Request, fds: Vec<OwnedFd>) -> io::Result<()> {
        match request {
            Request::FileLimit(files) => platform::set_file_limit(files),
            Request::Spawn(spawn) => {
                // An earlier life's leftovers go before the next life begins.
                self.walk_trees()?;
                let life = spawn.life;
                let event = match self.spawn(spawn, fds) {
                    Ok(pid) => Event::Spawned { life, pid },
                    Err(error) => Event::SpawnFailed {
                        life,
                        error: error.to_string(),
                    },
                };
                self.channel.send(&event, Vec::new())?;
            }
            Request::Signal(life, signal) => {
                let main = self.running.iter().find(|pid| self.mains[*pid] == life);
                if let Some(group) = main.copied().and_then(Pid::from_raw) {
                    // It may have ended: its exit is on its way to the harness.
                    let _ = kill_process_group(group, number(signal));
                }
                if signal == Signal::Kill {
                    self.dying.insert(life);
                } else if signal != Signal::Terminate {
                    self.walks.push((life, signal));
                }
            }
        }
        Ok(())
    }

    fn spawn(&mut self, spawn: Spawn, fds: Vec<OwnedFd>) -> io::Result<i32> {
        let Ok([stdin, stdout, stderr]) = <[OwnedFd; 3]>::try_from(fds) else {
            return Err(io::Error::other("the limit of open files is too low"));
        };
        let mut command = Command::new(&spawn.program);
        command
            .args(&spawn.args)
            .env_remove(ENVIRONMENT)
            .env(NODE, &spawn.name)
            .env(INCARNATION, spawn.life.incarnation.to_string())
            .envs(spawn.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&spawn.cwd)
            .process_group(0)
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::from(stdout))
            .stderr(Stdio::from(stderr));
        let child = start(&mut command)?;
        let pid = child.id().cast_signed();
        self.mains.insert(pid, spawn.life);
        self.running.insert(pid);
        self.names.insert(spawn.life, spawn.name);
        Ok(pid)
    }

    /// Reaps whoever ended: nodes, and orphans of theirs.
    fn reap(&mut self) -> io::Result<()> {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_nonzero().get();
            if !self.running.remove(&pid) {
                continue;
            }
            let exit = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Exit::Code(code),
                (None, signal) => Exit::Signal(signal.unwrap_or(0)),
            };
            let life = self.mains[&pid];
            self.channel
                .send(&Event::Exited { life, exit }, Vec::new())?;
        }
        Ok(())
    }

    /// Carries signals to those members of the trees whom the group did not reach.
    fn walk_trees(&mut self) -> io::Result<()> {
        if self.walks.is_empty() && self.dying.is_empty() {
            return Ok(());
        }
        let mut tree = self.tree()?;
        for (life, signal) in std::mem::take(&mut self.walks) {
            if signal == Signal::Continue {
                members(&tree, life).for_each(|process| send(process, signal));
                continue;
            }
            for _ in 0..STOP_ROUNDS {
                let mut news = members(&tree, life)
                    .filter(|process| process.entry.state != 'T')
                    .peekable();
                if news.peek().is_none() {
                    break;
                }
                news.for_each(|process| send(process, signal));
                tree = self.tree()?;
            }
        }
        for life in self.dying.clone() {
            let mut living = members(&tree, life).peekable();
            if living.peek().is_none() && !self.is_running(life) {
                self.forget(life);
            }
            living.for_each(|process| send(process, Signal::Kill));
        }
        Ok(())
    }

    fn is_running(&self, life: Life) -> bool {
        self.running.iter().any(|pid| self.mains[pid] == life)
    }

    fn forget(&mut self, life: Life) {
        self.dying.remove(&life);
        self.names.remove(&life);
        self.mains.retain(|_, of| *of != life);
    }

    fn tree(&self) -> io::Result<Vec<Descendant>> {
        let marker = |pid| {
            let name = platform::variable_of(pid, NODE)?;
            let incarnation: u32 = platform::variable_of(pid, INCARNATION)?.parse().ok()?;
            let mut lives = self.names.iter();
            let owner = lives.find(|(life, of)| **of == name && life.incarnation == incarnation);
            owner.map(|(life, _)| *life)
        };
        let own = std::process::id().cast_signed();
        Ok(descendants(
            &platform::processes()?,
            own,
            &self.mains,
            marker,
        ))
    }

    /// Kills and reaps until nobody is left.
    fn end(&mut self) -> io::Result<()> {
        for &pid in &self.running {
            if let Some(group) = Pid::from_raw(pid) {
                let _ = kill_process_group(group, number(Signal::Kill));
            }
        }
        for _ in 0..LAST_SWEEP {
            for process in self.tree()?.iter().filter(|process| process.entry.lives()) {
                send(process, Signal::Kill);
            }
            loop {
                match wait(WaitOptions::NOHANG) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_no_child_left) => return Ok(()),
                }
            }
            let mut fds = [PollFd::new(&self.child_signals, PollFlags::IN)];
            let _ = poll(&mut fds, Some(&platform::timespec(SWEEP)));
            while platform::read(&self.child_signals, &mut [0; 256])?.is_some() {}
        }
        let left = self.tree()?;
        let left: Vec<String> = left.iter().map(|left| left.entry.pid.to_string()).collect();
        let left = left.join(", ");
        Err(io::Error::other(format!(
            "processes that SIGKILL does not end: {left}"
        )))
    }
}

/// Starts the process. A program somebody has just written may count as "busy"
/// for a moment, until a process forked meanwhile lets go of it.
fn start(command: &mut Command) -> io::Result<std::process::Child> {
    let mut tries = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < 20 => {
                tries += 1;
                std::thread::sleep(SWEEP);
            }
            result => return result,
        }
    }
}

fn members(tree: &[Descendant], life: Life) -> impl Iterator<Item = &Descendant> {
    let of_life = move |process: &&Descendant| process.life == Some(life);
    tree.iter()
        .filter(of_life)
        .filter(|process| process.entry.lives())
}

fn send(process: &Descendant, signal: Signal) {
    if let Some(pid) = Pid::from_raw(process.entry.pid) {
        // It may have ended since the table was read.
        let _ = kill_process(pid, number(signal));
    }
}

fn number(signal: Signal) -> rustix::process::Signal {
    match signal {
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Continue => rustix::process::Signal::CONT,
    }
}
