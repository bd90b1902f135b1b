//! The end of a run: close every stdin, wait a moment, leave nothing behind.

use std::time::Duration;

use super::driver::{Driver, Source, polling};
use super::{Core, Error, Report};
use crate::platform;

/// How long nodes have to end by themselves after their stdin was closed.
const FAREWELL: Duration = Duration::from_millis(200);

impl<C: Core> Driver<'_, C> {
    /// Ends the nodes. What they still write to stdout is nobody's; their stderr is logged.
    pub(super) fn finish(&mut self) -> Result<Report, Error> {
        let finished = self.clock.now();
        self.close_stdins()?;
        let kill_at = finished + FAREWELL;
        let mut ready = Vec::new();
        loop {
            let now = self.clock.now();
            if now >= kill_at || self.running().next().is_none() {
                break;
            }
            self.wait(kill_at - now, &mut ready)?;
            for ready in &ready {
                self.take(Source::of(ready.token))?;
            }
        }
        let survivors = self.running().collect();
        let ended = self.supervisor.end();
        ended.map_err(|error| Error::new("ending the node processes", error))?;
        for node in 0..self.nodes.len() {
            self.read_rest_of_stderr(node)?;
            self.end_stderr_line(node);
        }
        self.tick(self.clock.now())?;
        Ok(Report {
            finished,
            survivors,
        })
    }

    fn close_stdins(&mut self) -> Result<(), Error> {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            node.waiting.clear();
            let Some(process) = &mut node.process else {
                continue;
            };
            process.stdin = None;
            // A slowed writer would block instead of seeing that its stdin has ended.
            if let Some(stdout) = process
                .stdout
                .as_ref()
                .filter(|_| self.slowed.remove(&index))
            {
                let token = Source::Stdout(index).token();
                self.poller.add_reader(stdout, token).map_err(polling)?;
            }
        }
        Ok(())
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        let runs = |node: &usize| {
            let process = self.nodes[*node].process.as_ref();
            process.is_some_and(|process| process.exit.is_none())
        };
        (0..self.nodes.len()).filter(runs)
    }

    /// The run failed. The supervisor kills the nodes; if it is what failed, we do.
    pub(super) fn abandon(&mut self) {
        if self.supervisor.end().is_ok() {
            return;
        }
        for process in self.nodes.iter().filter_map(|node| node.process.as_ref()) {
            if let Some(pid) = process.pid.filter(|_| process.exit.is_none()) {
                platform::kill_group(pid);
            }
        }
    }
}
