//! Who does not read, and who wrote what waits for it.
//!
//! ```text
//!   bytes for a node   0 ······ tracked ······ limit ─────────── tracked again
//!                               (who writes?)  writers are slowed … until here
//! ```
//!
//! Below a quarter of the limit nothing is recorded per writer, so the usual case costs
//! one addition per message. A writer is slowed from the limit on, until half of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use swelkie_nodes::NodeId;

/// The bytes that wait for nodes.
pub(super) struct Backlog {
    limit: u64,
    total: u64,
    nodes: Vec<Waiting>,
    names: Vec<NodeId>,
    index: BTreeMap<NodeId, usize>,
}

#[derive(Default)]
struct Waiting {
    bytes: u64,
    /// Whether its writers are slowed.
    over: bool,
    /// By sender, what was queued since the backlog began.
    writers: BTreeMap<NodeId, u64>,
}

impl Backlog {
    pub(super) fn new(limit: u64, names: Vec<NodeId>) -> Backlog {
        Backlog {
            limit,
            total: 0,
            nodes: names.iter().map(|_| Waiting::default()).collect(),
            index: names.iter().cloned().zip(0..).collect(),
            names,
        }
    }

    /// Bytes that wait, for all nodes.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// A message was queued for a node.
    pub(super) fn queued(&mut self, node: usize, src: &NodeId, bytes: u64) {
        self.total += bytes;
        let waiting = &mut self.nodes[node];
        waiting.bytes += bytes;
        if waiting.bytes > self.limit / 4 {
            if let Some(written) = waiting.writers.get_mut(src) {
                *written += bytes;
            } else {
                waiting.writers.insert(src.clone(), bytes);
            }
        }
        waiting.over |= waiting.bytes > self.limit;
    }

    /// A node took some of it, or it was thrown away.
    pub(super) fn gone(&mut self, node: usize, bytes: u64) {
        self.total -= bytes;
        let waiting = &mut self.nodes[node];
        waiting.bytes -= bytes;
        waiting.over &= waiting.bytes > self.limit / 2;
        if waiting.bytes <= self.limit / 4 {
            waiting.writers.clear();
        }
    }

    /// The nodes that write to somebody who does not keep up.
    pub(super) fn writers_to_slow(&self) -> BTreeSet<usize> {
        let over = self.nodes.iter().filter(|waiting| waiting.over);
        over.flat_map(|waiting| waiting.writers.keys())
            .filter_map(|name| self.index.get(name).copied())
            .collect()
    }

    /// Who does not read, who wrote, how much. For an overload.
    pub(super) fn story(&self, in_network: u64, limit: u64) -> String {
        let mut slowest: Vec<usize> = (0..self.nodes.len()).collect();
        slowest.sort_by_key(|&node| std::cmp::Reverse(self.nodes[node].bytes));
        let mut text = format!(
            "{} wait to be delivered, more than the queue limit of {}",
            size(self.total + in_network),
            size(limit)
        );
        if in_network > 0 {
            let _ = write!(text, "; {} are under way in the network", size(in_network));
        }
        let readers = slowest
            .iter()
            .filter(|&&node| self.nodes[node].bytes > self.total / 20);
        for &node in readers.take(3) {
            let waiting = &self.nodes[node];
            let _ = write!(
                text,
                "; {} does not read fast enough, {} wait for it",
                self.names[node].as_str().escape_debug(),
                size(waiting.bytes)
            );
            if !waiting.writers.is_empty() {
                let _ = write!(text, ", written by {}", waiting.top_writers());
            }
        }
        text
    }
}

impl Waiting {
    /// `n1 (3.0 GiB) and n2 (1.0 MiB)`, the three who wrote most since the backlog began.
    fn top_writers(&self) -> String {
        let mut writers: Vec<_> = self.writers.iter().collect();
        writers.sort_by_key(|&(_, bytes)| std::cmp::Reverse(*bytes));
        let named = writers
            .iter()
            .take(3)
            .map(|(name, bytes)| format!("{} ({})", name.as_str().escape_debug(), size(**bytes)));
        let mut named: Vec<String> = named.collect();
        if writers.len() > named.len() {
            named.push(format!("{} more", writers.len() - named.len()));
        }
        named.join(", ")
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut amount = bytes as f64;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0);
    format!("{amount:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog() -> Backlog {
        Backlog::new(1000, ["n0", "n1", "n2"].map(NodeId::from).to_vec())
    }

    #[test]
    fn writers_are_slowed_from_the_limit_until_half_of_it() {
        let mut backlog = backlog();
        backlog.queued(1, &"n0".into(), 900);
        assert!(backlog.writers_to_slow().is_empty());
        backlog.queued(1, &"n2".into(), 200);
        assert_eq!(backlog.writers_to_slow(), BTreeSet::from([0, 2]));
        backlog.gone(1, 500);
        assert_eq!(backlog.writers_to_slow(), BTreeSet::from([0, 2]));
        backlog.gone(1, 101);
        assert!(backlog.writers_to_slow().is_empty());
        assert_eq!(backlog.total(), 499);
    }

    #[test]
    fn a_client_that_writes_too_much_slows_no_node() {
        let mut backlog = backlog();
        backlog.queued(0, &"c1".into(), 2000);
        assert!(backlog.writers_to_slow().is_empty());
    }

    #[test]
    fn the_story_names_who_does_not_read_and_who_wrote_how_much() {
        let mut backlog = backlog();
        backlog.queued(1, &"n0".into(), 3 << 20);
        backlog.queued(1, &"n2".into(), 1 << 20);
        backlog.queued(2, &"n0".into(), 10);
        assert_eq!(
            backlog.story(1 << 20, 2 << 20),
            "5.0 MiB wait to be delivered, more than the queue limit of 2.0 MiB; \
             1.0 MiB are under way in the network; n1 does not read fast enough, \
             4.0 MiB wait for it, written by n0 (3.0 MiB), n2 (1.0 MiB)"
        );
    }
}
