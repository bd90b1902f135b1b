//! Carries out a plan: driver, journal, verdict, report.

use swelkie_nodes::Time;

use crate::engine::Progress;

/// Watches a run; called at least every 100 ms while it goes.
pub trait Watcher {
    /// How the run stands.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }

    /// A line for people: a message sent or received (`--log-net-…`), a line a node
    /// wrote to stderr (`--log-stderr`). The text is already made safe to show.
    fn line(&mut self, now: Time, line: &str) {
        let _ = (now, line);
    }
}

/// Watches nothing.
impl Watcher for () {}
