//! What nodes write, and how they end.
//!
//! ```text
//!   the process ends ─► what is in its pipes is read ─► both ended?  ─► Exited
//!                                                    └─ stdout held ─► 100 ms ─► Exited, the rest is killed
//!   stdout ends ─► half a line? ─► Fragment ─► 100 ms ─► process lives? ─► Closed
//! ```

use std::time::Duration;

use bytes::Bytes;
use swelkie_nodes::Time;

use super::driver::{Driver, lost};
use super::lines::Fragment;
use super::{Core, Error};
use crate::engine::{Exit, Input};
use crate::platform;
use crate::supervisor::{Life, Signal};

/// How long a closed pipe may be the first sign of an exit, and how long somebody
/// else may hold a pipe open after one.
const GRACE: Duration = Duration::from_millis(100);

/// After so many lines of a chunk what they caused is written, so that a node on
/// another core begins with it while the rest is read: soon at first, for a few
/// clients in step, then for every so many of a long chunk.
const FIRST_BURST: usize = 4;
const BURST: usize = 64;

impl<C: Core> Driver<'_, C> {
    /// Reads a chunk of a node's stdout; returns how many bytes, none if there is
    /// nothing now or the stream has ended.
    pub(super) fn read_stdout(&mut self, node: usize, now: Time) -> Result<Option<usize>, Error> {
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(None);
        };
        let Some(stdout) = &process.stdout else {
            return Ok(None);
        };
        // An error on a pipe is its end.
        match platform::read(stdout, &mut self.chunk).unwrap_or(Some(0)) {
            None => Ok(None),
            Some(0) => self.end_stdout(node, now).map(|()| None),
            Some(bytes) if self.finished => Ok(Some(bytes)),
            Some(bytes) => {
                let life = process.life;
                let completed = process.lines.feed(&self.chunk[..bytes]);
                let lines = process.lines.split(completed.lines);
                if let Some(fragment) = completed.overlong {
                    self.hand_in(life, Err(fragment), now)?;
                }
                for (number, line) in (1..).zip(lines) {
                    self.hand_in(life, line, now)?;
                    if number == FIRST_BURST || number % BURST == 0 {
                        self.flush()?;
                    }
                }
                Ok(Some(bytes))
            }
        }
    }

    fn hand_in(
        &mut self,
        life: Life,
        line: Result<Bytes, Fragment>,
        now: Time,
    ) -> Result<(), Error> {
        let Life { node, incarnation } = life;
        let input = match line {
            Ok(line) => Input::Line {
                node,
                incarnation,
                line,
            },
            Err(Fragment {
                start,
                len,
                too_long,
            }) => Input::Fragment {
                node,
                incarnation,
                start,
                len,
                too_long,
            },
        };
        self.input(now, input)
    }

    /// Reads a chunk of a node's stderr to its log; returns how many bytes.
    pub(super) fn read_stderr(&mut self, node: usize) -> Result<Option<usize>, Error> {
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(None);
        };
        let Some(stderr) = &process.stderr else {
            return Ok(None);
        };
        match platform::read(stderr, &mut self.chunk).unwrap_or(Some(0)) {
            None => Ok(None),
            Some(0) => {
                process.stderr = None;
                Ok(None)
            }
            Some(bytes) => {
                let chunk = &self.chunk[..bytes];
                let log = &mut self.nodes[node].stderr;
                if let Some(hook) = &mut self.hooks.stderr {
                    log.lines(chunk, &mut |line| hook(node, line));
                }
                let written = log.write(chunk);
                written.map_err(|error| Error::at("writing", log.path(), error))?;
                Ok(Some(bytes))
            }
        }
    }

    /// Reads what waits now: not more, somebody else may go on writing.
    pub(super) fn read_rest_of_stderr(&mut self, node: usize) -> Result<(), Error> {
        let process = self.nodes[node].process.as_ref();
        let stderr = process.and_then(|process| process.stderr.as_ref());
        let mut owed = stderr.map_or(0, platform::unread);
        while owed > 0 {
            match self.read_stderr(node)? {
                Some(bytes) => owed = owed.saturating_sub(bytes as u64),
                None => break,
            }
        }
        Ok(())
    }

    fn end_stdout(&mut self, node: usize, now: Time) -> Result<(), Error> {
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        process.stdout = None;
        self.slowed.remove(&node);
        self.hand_in_rest(node, now)?;
        match &self.nodes[node].process {
            Some(process) if process.exit.is_some() => self.bury(node, now),
            _ => {
                self.settle_later(node, now + GRACE);
                Ok(())
            }
        }
    }

    /// The line that stdout ended in the middle of.
    fn hand_in_rest(&mut self, node: usize, now: Time) -> Result<(), Error> {
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        let life = process.life;
        let rest = process.lines.end();
        match rest.filter(|rest| rest.too_long || !process.ended_by_us) {
            Some(rest) => self.hand_in(life, Err(rest), now),
            None => Ok(()),
        }
    }

    /// The process ended: all it wrote is in its pipes now.
    pub(super) fn ended(&mut self, life: Life, exit: Exit, now: Time) -> Result<(), Error> {
        let node = life.node;
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        process.exit = Some(exit);
        let mut owed = process.stdout.as_ref().map_or(0, platform::unread);
        while let Some(bytes) = self.read_stdout(node, now)? {
            // More than it owed: somebody else goes on writing to this pipe.
            if owed == 0 {
                break;
            }
            owed = owed.saturating_sub(bytes as u64);
        }
        match &self.nodes[node].process {
            Some(process) if process.life == life => match process.stdout {
                None => return self.bury(node, now),
                Some(_) => self.settle_later(node, now + GRACE),
            },
            // Its end was read: it is buried already.
            _ => {}
        }
        Ok(())
    }

    /// Hands in the exit of a life and forgets it.
    fn bury(&mut self, node: usize, now: Time) -> Result<(), Error> {
        self.read_rest_of_stderr(node)?;
        self.hand_in_rest(node, now)?;
        let Some(process) = self.nodes[node].process.take() else {
            return Ok(());
        };
        self.backlog.gone(node, process.outbox.len());
        self.slowed.remove(&node);
        if let Some(at) = process.settle_at {
            self.settling.remove(&(at, node));
        }
        if !process.killed && !self.finished {
            // What it started and left behind.
            self.supervisor
                .signal(process.life, Signal::Kill)
                .map_err(lost)?;
        }
        self.end_stderr_line(node);
        let stderr_tail = self.nodes[node].stderr.tail();
        let waiting = std::mem::take(&mut self.nodes[node].waiting);
        if let Some(exit) = process.exit {
            let incarnation = process.life.incarnation;
            self.input(
                now,
                Input::Exited {
                    node,
                    incarnation,
                    exit,
                    stderr_tail,
                },
            )?;
        }
        self.resume_waiting(waiting)
    }

    pub(super) fn end_stderr_line(&mut self, node: usize) {
        if let Some(hook) = &mut self.hooks.stderr {
            self.nodes[node]
                .stderr
                .end_line(&mut |line| hook(node, line));
        }
    }

    pub(super) fn settle_later(&mut self, node: usize, at: Time) {
        if let Some(process) = &mut self.nodes[node].process
            && process.settle_at.is_none()
        {
            process.settle_at = Some(at);
            self.settling.insert((at, node));
        }
    }

    /// Looks at nodes whose pipes were closed a while ago.
    pub(super) fn settle(&mut self, now: Time) -> Result<(), Error> {
        while let Some(&(at, node)) = self.settling.first() {
            if at > now {
                break;
            }
            self.settling.pop_first();
            let Some(process) = &mut self.nodes[node].process else {
                continue;
            };
            process.settle_at = None;
            if process.exit.is_some() {
                self.bury(node, now)?;
                continue;
            }
            let entry = process.pid.and_then(platform::process);
            if !entry.is_some_and(|entry| entry.lives()) {
                // Its exit is on its way to us.
                self.settle_later(node, now + GRACE);
                continue;
            }
            let Life { node, incarnation } = process.life;
            let closed = process.stdout.is_none() && !process.told_closed;
            let deaf = process.stdin.is_none() && !process.told_deaf;
            process.told_closed |= closed;
            process.told_deaf |= deaf;
            if closed {
                self.input(now, Input::Closed { node, incarnation })?;
            }
            if deaf {
                self.input(now, Input::Deaf { node, incarnation })?;
            }
        }
        Ok(())
    }
}
