//! Turns a [`Node`] into a process that speaks JSON lines on stdio.
//!
//! One thread, no wake-up without a reason: it sleeps until there is input or the
//! earliest timer is due.
//!
//! ```text
//!         ┌─► wait for input or the earliest timer
//!         │   read what there is (up to the buffer) ─► all whole lines to the node
//!         │   fire the timers that are due
//!         └── append what was stored, then write what was sent: whole lines
//! ```
//!
//! Contract: what a handler stored is in `store.jsonl` in the directory `SWELKIE_DATA` names, or the current one,
//! before anything it sent afterwards is written. "In" means handed to the kernel:
//! it survives a kill of the process, not a crash of the machine. Nothing sent is
//! held back while the process waits. The end of stdin ends the process, after
//! what is queued was written.
//!
//! The clock starts with the process. The random stream comes from the environment
//! variable `SWELKIE_SEED` (a whole number; it must differ between incarnations),
//! else from the operating system.
#![expect(
    clippy::disallowed_methods,
    reason = "this is a driver: the process lives in real time"
)]

mod envelope;
mod lines;
mod store;
pub mod trace;

/// Where the store is.
fn store_path() -> PathBuf {
    let directory = std::env::var_os(DATA)
        .map(PathBuf::from)
        .unwrap_or_default();
    directory.join(STORE)
}

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::host::Host;
use crate::node::{Effect, Node, Time, Timer};
use crate::protocol::{Body, NodeId};
use crate::rng::Seed;
use lines::Lines;
use store::Store;
use trace::Tracer;
use tracing::info_span;

/// Where the store is, in the current directory.
const STORE: &str = "store.jsonl";
/// The harness's name for the node's own directory: the current one may be shared.
const DATA: &str = "SWELKIE_DATA";
/// Output is written at the latest when there is more of it than this.
const MUCH: usize = 1 << 20;

/// Runs a node on stdin and stdout until stdin ends.
///
/// # Errors
/// If `SWELKIE_SEED` is no number, or stdin, stdout or the store cannot be read or
/// written. A reader that has gone away (a broken pipe) is the end, not an error.
pub fn run(node: Box<dyn Node>) -> io::Result<()> {
    let seed = seed()?;
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let tracer = Tracer::from_environment()?;
    match serve(node, seed, &store_path(), tracer, input, output) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn seed() -> io::Result<Seed> {
    let Some(text) = std::env::var_os("SWELKIE_SEED") else {
        // The hasher's keys are the operating system's randomness, without a crate.
        return Ok(Seed(RandomState::new().hash_one(std::process::id())));
    };
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.map(Seed).ok_or_else(|| {
        let text = format!("SWELKIE_SEED is {text:?}; expected a whole number from 0 to 2^64-1");
        io::Error::new(ErrorKind::InvalidInput, text)
    })
}

/// Runs a node on any input that can be waited for and any output.
fn serve(
    node: Box<dyn Node>,
    seed: Seed,
    store: &Path,
    tracer: Option<Tracer>,
    mut input: impl Read + AsFd,
    mut output: impl Write,
) -> io::Result<()> {
    let start = Instant::now();
    let clock = || Time::ZERO + start.elapsed();
    let (store, stored) = Store::open(store)?;
    let mut process = Process::new(Host::new(node, seed, stored), store);
    let mut lines = Lines::new();
    loop {
        let due = process.next_timer().map(|at| at.since(clock()));
        if wait(input.as_fd(), due, tracer.as_ref())? {
            let span = info_span!("read").entered();
            let more = lines.fill(&mut input)?;
            drop(span);
            let now = clock();
            while let Some(line) = lines.next() {
                process.line(now, line);
                if process.output.len() > MUCH {
                    process.flush(&mut output)?;
                }
            }
            if !more {
                if let Some(rest) = lines.rest() {
                    process.line(now, rest);
                }
                process.flush(&mut output)?;
                return tracer.map_or(Ok(()), |tracer| tracer.flush(true));
            }
        }
        if process.next_timer().is_some() {
            process.fire(clock());
        }
        process.flush(&mut output)?;
        if let Some(tracer) = &tracer {
            tracer.flush(false)?;
        }
    }
}

/// Waits for input as [`readable`] does. A trace tells waiting from reading, and is
/// written before a long wait.
fn wait(
    input: BorrowedFd,
    patience: Option<Duration>,
    tracer: Option<&Tracer>,
) -> io::Result<bool> {
    let Some(tracer) = tracer else {
        return readable(input, patience);
    };
    let _span = info_span!(trace::IDLE).entered();
    let brief = patience.map_or(trace::PATIENCE, |patience| patience.min(trace::PATIENCE));
    if readable(input, Some(brief))? {
        return Ok(true);
    }
    if tracer.is_dirty() {
        tracer.flush(true)?;
    }
    match patience {
        Some(patience) => readable(input, Some(patience - brief)),
        None => readable(input, Some(Duration::MAX)),
    }
}

/// Waits for input, for so long at most; whether there is some (or its end).
fn readable(input: BorrowedFd, patience: Option<Duration>) -> io::Result<bool> {
    let Some(patience) = patience else {
        return Ok(true); // reading waits as well
    };
    let timeout = Timespec::try_from(patience).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    });
    let mut input = [PollFd::new(&input, PollFlags::IN)];
    match poll(&mut input, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The node with its timers and what it queued.
struct Process {
    host: Host,
    timers: BinaryHeap<Reverse<(Time, Timer)>>,
    store: Store,
    output: Vec<u8>,
    /// What every line of the node of this name begins with, up to the destination.
    opening: (NodeId, Vec<u8>),
    lines: u64,
}

impl Process {
    fn new(host: Host, store: Store) -> Process {
        Process {
            host,
            timers: BinaryHeap::new(),
            store,
            output: Vec::new(),
            opening: Default::default(),
            lines: 0,
        }
    }

    fn next_timer(&self) -> Option<Time> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Hands one line of input to the node.
    fn line(&mut self, now: Time, line: &[u8]) {
        self.lines += 1;
        let span = info_span!("parse").entered();
        let message = envelope::read(line);
        drop(span);
        match message {
            Ok(message) => {
                let _span = info_span!("handle").entered();
                self.host.deliver(now, &message);
                self.carry_out();
            }
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(what) => complain(self.lines, line, &what),
        }
    }

    /// Fires the timers that are due.
    fn fire(&mut self, now: Time) {
        while self.next_timer().is_some_and(|at| at <= now) {
            let _span = info_span!("timer").entered();
            let Reverse((_, timer)) = self.timers.pop().expect("there is one");
            self.host.fire(now, timer);
            self.carry_out();
        }
    }

    fn carry_out(&mut self) {
        if self.opening.0 != *self.host.id() {
            self.opening = (self.host.id().clone(), opening(self.host.id()));
        }
        for effect in self.host.drain() {
            match effect {
                Effect::Send { dest, body } => {
                    self.output.extend_from_slice(&self.opening.1);
                    write_name(&mut self.output, &dest);
                    self.output.extend_from_slice(b",\"body\":");
                    write_body(&mut self.output, &body);
                    self.output.extend_from_slice(b"}\n");
                }
                Effect::SetTimer { timer, at } => self.timers.push(Reverse((at, timer))),
                Effect::Store(line) => self.store.pending.extend_from_slice(&line),
            }
        }
    }

    /// Appends to the store, then writes to stdout. In this order.
    fn flush(&mut self, output: &mut impl Write) -> io::Result<()> {
        if !self.store.pending.is_empty() {
            let _span = info_span!("store").entered();
            self.store.write()?;
        }
        if self.output.is_empty() {
            return Ok(());
        }
        let _span = info_span!("write").entered();
        let written = output.write_all(&self.output);
        self.output.clear();
        written
    }
}

/// Says on stderr what is wrong with a line of input.
fn complain(number: u64, line: &[u8], what: &str) {
    let shown = String::from_utf8_lossy(&line[..line.len().min(200)]);
    let cut = if line.len() > 200 { "…" } else { "" };
    // Nobody may be listening; then there is nobody to tell that either.
    let _ = writeln!(
        io::stderr(),
        "line {number} of stdin is not a message and is ignored: {what}; expected \
         {{\"src\": string, \"dest\": string, \"body\": object}}, got {} bytes: {}{cut}",
        line.len(),
        shown.escape_debug()
    );
}

/// `{"src":"n1","dest":` for the node of this name.
fn opening(id: &NodeId) -> Vec<u8> {
    let mut text = b"{\"src\":".to_vec();
    write_name(&mut text, id);
    text.extend_from_slice(b",\"dest\":");
    text
}

fn write_name(text: &mut Vec<u8>, id: &NodeId) {
    let name = id.as_str().as_bytes();
    if name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    {
        text.push(b'"');
        text.extend_from_slice(name);
        text.push(b'"');
    } else {
        serde_json::to_writer(text, id.as_str()).expect("a string serialises");
    }
}

/// Inside JSON text a newline is white space; inside a line it would be its end.
fn write_body(text: &mut Vec<u8>, body: &Body) {
    let body = body.as_bytes();
    let start = text.len();
    text.extend_from_slice(body);
    if memchr::memchr(b'\n', body).is_some() {
        text[start..]
            .iter_mut()
            .filter(|byte| **byte == b'\n')
            .for_each(|byte| *byte = b' ');
    }
}
