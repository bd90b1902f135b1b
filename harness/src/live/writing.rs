//! What nodes are sent, and what happens when they do not read it.
//!
//! A slowed writer is read once per 10 ms instead of whenever it has something, never
//! not at all: two nodes blocked on full pipes would wait for each other for ever.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use swelkie_nodes::{Body, NodeId, Time};

use super::driver::{Driver, Source, polling};
use super::outbox::Outbox;
use super::process::Node;
use super::{Core, Error};
use crate::engine::Input;

/// How often slowed writers are read, and who is slowed is decided.
const PACE: Duration = Duration::from_millis(10);
/// How long after a broken pipe its process may be on its way out.
const GRACE: Duration = Duration::from_millis(100);

impl<C: Core> Driver<'_, C> {
    /// Queues a message. A node that is gone, or does not read any more, gets nothing.
    pub(super) fn deliver(&mut self, node: usize, id: u64, src: &NodeId, body: &Body) {
        let Node { process, dest, .. } = &mut self.nodes[node];
        let Some(process) = process.as_mut().filter(|process| process.stdin.is_some()) else {
            return;
        };
        let bytes = process.outbox.push(id, src, dest, body);
        self.backlog.queued(node, src, bytes);
        if !process.dirty && !process.blocked {
            process.dirty = true;
            self.dirty.push(node);
        }
    }

    /// Stdin can be written again, or nobody reads it any more.
    pub(super) fn mark_dirty(&mut self, node: usize) {
        if let Some(process) = &mut self.nodes[node].process
            && !process.dirty
        {
            process.dirty = true;
            self.dirty.push(node);
        }
    }

    /// Writes all outboxes that have something, each once.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let mut dirty = std::mem::take(&mut self.dirty);
        for &node in &dirty {
            self.write_stdin(node)?;
        }
        dirty.clear();
        self.dirty = dirty;
        Ok(())
    }

    fn write_stdin(&mut self, node: usize) -> Result<(), Error> {
        let Some(process) = &mut self.nodes[node].process else {
            return Ok(());
        };
        process.dirty = false;
        let Some(stdin) = &process.stdin else {
            return Ok(());
        };
        let before = process.outbox.len();
        match process.outbox.write_to(stdin) {
            Ok(written) => self.backlog.gone(node, written),
            Err(_nobody_reads) => {
                self.backlog.gone(node, before);
                process.outbox = Outbox::default();
                process.stdin = None;
                process.blocked = false;
                let at = self.clock.now() + GRACE;
                self.settle_later(node, at);
                return Ok(());
            }
        }
        let blocked = process.outbox.len() > 0;
        if blocked != process.blocked {
            process.blocked = blocked;
            let changed: io::Result<()> = if blocked {
                self.poller.add_writer(stdin, Source::Stdin(node).token())
            } else {
                self.poller.remove(stdin)
            };
            changed.map_err(polling)?;
        }
        Ok(())
    }

    /// Every 10 ms: decides who is slowed, reads those who are, and ends the run
    /// when too much waits.
    pub(super) fn keep_pace(&mut self, now: Time) -> Result<(), Error> {
        if now < self.next_pace {
            return Ok(());
        }
        self.next_pace = now + PACE;
        let in_network = self.core.in_flight_bytes();
        self.check_queue_limit(in_network, now)?;
        let full = if self.network_full {
            self.settings.backlog / 2
        } else {
            self.settings.backlog
        };
        self.network_full = in_network > full;
        self.choose_slowed()?;
        for node in self.slowed.clone() {
            self.read_stdout(node, now)?;
        }
        Ok(())
    }

    fn check_queue_limit(&mut self, in_network: u64, now: Time) -> Result<(), Error> {
        let limit = self.settings.queue_limit;
        if self.overloaded || self.backlog.total() + in_network <= limit {
            return Ok(());
        }
        self.overloaded = true;
        let story = self.backlog.story(in_network, limit);
        self.input(now, Input::Overload { story })
    }

    fn choose_slowed(&mut self) -> Result<(), Error> {
        let slow: BTreeSet<usize> = if self.network_full {
            (0..self.nodes.len()).collect()
        } else {
            self.backlog.writers_to_slow()
        };
        if slow == self.slowed {
            return Ok(());
        }
        let before = std::mem::take(&mut self.slowed);
        for (node, Node { process, .. }) in self.nodes.iter().enumerate() {
            let running = process.as_ref().filter(|process| process.pid.is_some());
            let Some(stdout) = running.and_then(|process| process.stdout.as_ref()) else {
                continue;
            };
            let changed = match (before.contains(&node), slow.contains(&node)) {
                (false, true) => self.poller.remove(stdout),
                (true, false) => self.poller.add_reader(stdout, Source::Stdout(node).token()),
                _ => Ok(()),
            };
            changed.map_err(polling)?;
            if slow.contains(&node) {
                self.slowed.insert(node);
            }
        }
        Ok(())
    }
}
