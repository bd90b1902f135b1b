//! How many messages, how many bytes, from whom to whom, and what became of them.
//!
//! Counted the way the reference counts: a message once, however often it is
//! delivered; `servers` are messages with a client at neither end (services count).

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::network::{Endpoint, Layout, Role};

/// Messages and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many messages.
    pub messages: u64,
    /// The sum of their bodies' sizes.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

/// Why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// Lost by chance.
    Loss,
    /// A cut link.
    Cut,
    /// Its destination was down when it was due.
    NodeDown,
    /// Nobody has that name.
    UnknownDestination,
    /// The client it answers has given up.
    ClientGone,
    /// A service was sent something that is no request.
    NotARequest,
}

impl DropReason {
    /// The word for it in files and figures.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DropReason::Loss => "loss",
            DropReason::Cut => "cut",
            DropReason::NodeDown => "node-down",
            DropReason::UnknownDestination => "unknown-destination",
            DropReason::ClientGone => "client-gone",
            DropReason::NotARequest => "not-a-request",
        }
    }
}

/// The network's statistics of a run.
pub struct Traffic {
    layout: Layout,
    /// Sent with a client at one end.
    pub clients: Tally,
    /// Sent with a client at neither end.
    pub servers: Tally,
    /// Deliveries, copies included, with a client at neither end.
    pub servers_delivered: u64,
    /// Copies made by duplication.
    pub duplicates: u64,
    /// Dropped, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Sent between nodes and services: by source times width plus destination
    /// while that is small, by pair beyond.
    dense: Vec<Tally>,
    sparse: BTreeMap<(u32, u32), Tally>,
    width: usize,
    /// Delivered minus due, nanoseconds.
    late: Histogram<u64>,
    punctual: u64,
}

impl Traffic {
    const DENSE_LIMIT: usize = 1 << 20;
    /// An hour, nanoseconds: what is later than that counts as that.
    const LATEST: u64 = 3_600_000_000_000;

    /// Nothing counted yet.
    #[must_use]
    pub fn new(layout: Layout) -> Traffic {
        let width = (layout.nodes + layout.services) as usize;
        let cells = width * width;
        let dense = if cells <= Self::DENSE_LIMIT { cells } else { 0 };
        Traffic {
            layout,
            clients: Tally::default(),
            servers: Tally::default(),
            servers_delivered: 0,
            duplicates: 0,
            dropped: BTreeMap::new(),
            dense: vec![Tally::default(); dense],
            sparse: BTreeMap::new(),
            width,
            late: Histogram::new_with_max(Self::LATEST, 2).expect("two digits up to an hour"),
            punctual: 0,
        }
    }

    /// A message was sent.
    pub fn sent(&mut self, src: Endpoint, dest: Endpoint, bytes: usize) {
        if self.is_client(src) || self.is_client(dest) {
            self.clients.add(bytes);
            return;
        }
        self.servers.add(bytes);
        if self.dense.is_empty() {
            self.sparse.entry((src.0, dest.0)).or_default().add(bytes);
        } else {
            self.dense[src.index() * self.width + dest.index()].add(bytes);
        }
    }

    /// A message was sent to nobody: it counts, but has no link.
    pub fn sent_to_nobody(&mut self, bytes: usize) {
        self.servers.add(bytes);
    }

    /// A message was delivered this long after it was due.
    pub fn delivered(&mut self, src: Endpoint, dest: Endpoint, late_ns: u64) {
        if !self.is_client(src) && !self.is_client(dest) {
            self.servers_delivered += 1;
        }
        if late_ns == 0 {
            self.punctual += 1;
        } else {
            self.late.saturating_record(late_ns);
        }
    }

    /// A message was dropped.
    pub fn dropped(&mut self, reason: DropReason) {
        *self.dropped.entry(reason).or_default() += 1;
    }

    /// The links that carried most bytes, for a person who asks who filled the network.
    #[must_use]
    pub fn busiest_links(&self, count: usize) -> Vec<(Endpoint, Endpoint, Tally)> {
        let mut links: Vec<_> = self.links().collect();
        links.sort_by_key(|link| std::cmp::Reverse(link.2.bytes));
        links.truncate(count);
        links
    }

    /// Every link between nodes and services that carried anything.
    pub fn links(&self) -> impl Iterator<Item = (Endpoint, Endpoint, Tally)> {
        let width = self.width.max(1);
        let at = move |(index, tally): (usize, &Tally)| {
            let (src, dest) = ((index / width) as u32, (index % width) as u32);
            (Endpoint(src), Endpoint(dest), *tally)
        };
        let dense = self.dense.iter().enumerate().map(at);
        let sparse = (self.sparse.iter())
            .map(|(&(src, dest), &tally)| (Endpoint(src), Endpoint(dest), tally));
        dense.chain(sparse).filter(|link| link.2.messages > 0)
    }

    /// Quantile `q` of how late deliveries were against their due time, nanoseconds.
    #[must_use]
    pub fn lateness(&self, q: f64) -> u64 {
        let total = self.punctual + self.late.len();
        let rank = (q * total as f64).ceil() as u64;
        if rank <= self.punctual {
            return 0;
        }
        let of_late = (rank - self.punctual) as f64 / self.late.len() as f64;
        self.late.value_at_quantile(of_late)
    }

    fn is_client(&self, endpoint: Endpoint) -> bool {
        self.layout.role(endpoint) == Role::Client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_to_a_service_counts_as_servers_and_one_to_a_client_does_not() {
        let layout = Layout {
            nodes: 2,
            services: 1,
        };
        let mut traffic = Traffic::new(layout);
        traffic.sent(Endpoint(0), Endpoint(1), 10);
        traffic.sent(Endpoint(0), Endpoint(2), 20);
        traffic.sent(Endpoint(0), Endpoint(3), 40);
        assert_eq!(
            traffic.servers,
            Tally {
                messages: 2,
                bytes: 30
            }
        );
        assert_eq!(
            traffic.clients,
            Tally {
                messages: 1,
                bytes: 40
            }
        );
        assert_eq!(traffic.links().count(), 2);
    }

    #[test]
    fn lateness_counts_punctual_deliveries_too() {
        let mut traffic = Traffic::new(Layout {
            nodes: 2,
            services: 0,
        });
        for late in [0, 0, 0, 0, 0, 0, 0, 0, 0, 5_000_000] {
            traffic.delivered(Endpoint(0), Endpoint(1), late);
        }
        assert_eq!(traffic.lateness(0.9), 0);
        assert!(traffic.lateness(0.99) > 4_900_000);
    }
}
