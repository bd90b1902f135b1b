//! Sees every message between nodes; cheap until a link is suspicious.
//!
//! ```text
//!   messages of a link in this window   0 ··········· share/10 + operations ··········· share
//!                                       one addition  each body is looked at, copies of
//!                                       per message   each element counted ─► Sighting
//! ```
//!
//! A link on which nothing is repeated never gets beyond the first stage: it carries
//! each element once, and there are no more of them than operations.

use std::collections::BTreeMap;

use swelkie_checkers::{History, Value};
use swelkie_nodes::{Body, Time};

use super::{FULL_SHARE, LEAST_SHARE, PER_OPERATION, Sighting, WINDOW, naming};
use crate::network::Endpoint;

/// What the limit comes to where so many links are in use. In a storm all of them fill
/// alike, and what is on its way has to stay within the machine's memory.
fn share(limit: u64, links: u64) -> u64 {
    let part = u128::from(limit) * u128::from(FULL_SHARE) / u128::from(links.max(FULL_SHARE));
    u64::try_from(part)
        .expect("no more than the limit")
        .max(limit / LEAST_SHARE)
}

/// Looks for a storm. See the [module](super).
pub(crate) struct Watch {
    limit: u64,
    nodes: u32,
    /// Messages of this window by link, source times nodes plus destination, while
    /// that is small; by pair beyond.
    dense: Vec<u32>,
    sparse: BTreeMap<(u32, u32), u32>,
    /// How many links have carried something in this window.
    used: u64,
    /// How often each of so many may carry an element.
    share: u64,
    /// When the next window begins.
    until: Time,
    /// How many operations there were when this one began.
    operations: usize,
    /// How often a suspicious link carried an element in this window, and since when.
    copies: BTreeMap<(u32, u32, u64), (u64, Time)>,
    /// The operation that first asked for an element.
    asked: BTreeMap<u64, usize>,
    /// How many operations were looked at for that.
    known: usize,
    /// What one body names.
    named: Vec<u64>,
}

impl Watch {
    const DENSE_LIMIT: usize = 1 << 20;

    /// A watch over so many nodes.
    pub fn new(limit: u64, nodes: u32) -> Watch {
        let cells = (nodes as usize).pow(2);
        let dense = if cells <= Self::DENSE_LIMIT { cells } else { 0 };
        Watch {
            limit,
            nodes,
            dense: vec![0; dense],
            sparse: BTreeMap::new(),
            used: 0,
            share: limit,
            until: Time::ZERO + WINDOW,
            operations: 0,
            copies: BTreeMap::new(),
            asked: BTreeMap::new(),
            known: 0,
            named: Vec::new(),
        }
    }

    /// A message was sent; what is not between two nodes is ignored.
    pub fn sent(
        &mut self,
        now: Time,
        (src, dest): (Endpoint, Endpoint),
        body: &Body,
        history: &History,
    ) -> Option<Sighting> {
        if src.0 >= self.nodes || dest.0 >= self.nodes {
            return None;
        }
        if now >= self.until {
            self.begin_window(now, history);
        }
        let carried = match self.dense.as_mut_slice() {
            [] => self.sparse.entry((src.0, dest.0)).or_default(),
            dense => &mut dense[src.index() * self.nodes as usize + dest.index()],
        };
        if *carried == 0 {
            self.used += 1;
            self.share = share(self.limit, self.used);
        }
        *carried = carried.saturating_add(1);
        let operations = (history.operations.len() - self.operations) as u64;
        if u64::from(*carried) <= self.share / 10 + operations {
            return None;
        }
        self.look_at(now, (src, dest), body, history)
    }

    fn begin_window(&mut self, now: Time, history: &History) {
        self.until = now + WINDOW;
        self.operations = history.operations.len();
        self.dense.fill(0);
        self.sparse.clear();
        (self.used, self.share) = (0, self.limit);
        self.copies.clear();
    }

    /// Counts what a message on a suspicious link carries.
    #[cold]
    fn look_at(
        &mut self,
        now: Time,
        (src, dest): (Endpoint, Endpoint),
        body: &Body,
        history: &History,
    ) -> Option<Sighting> {
        self.learn(history);
        let operations = (history.operations.len() - self.operations) as u64;
        let allowed = self.share.max(PER_OPERATION * operations);
        naming::numbers(body.as_bytes(), &mut self.named);
        for &element in &self.named {
            let Some(&operation) = self.asked.get(&element) else {
                continue;
            };
            let key = (src.0, dest.0, element);
            let (copies, since) = self.copies.entry(key).or_insert((0, now));
            *copies += 1;
            if *copies > allowed {
                return Some(Sighting {
                    element,
                    operation,
                    src,
                    dest,
                    copies: *copies,
                    since: *since,
                    at: now,
                    allowed,
                });
            }
        }
        None
    }

    /// Which elements clients have asked for by now.
    fn learn(&mut self, history: &History) {
        for (index, operation) in history.operations.iter().enumerate().skip(self.known) {
            if let Value::Element(element) = operation.input
                && let Ok(number) = history.elements.text(element).parse()
            {
                self.asked.entry(number).or_insert(index);
            }
        }
        self.known = history.operations.len();
    }
}
