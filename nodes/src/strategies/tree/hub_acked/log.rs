//! What a hub has taken over and who has acknowledged how much of it.
//!
//! ```text
//!             base     acked by n7    flushed      end
//!   trimmed ··· │ ──────────┴────────────│───────────│
//!    all have it      n7 may miss it       told to nobody yet
//! ```
//!
//! Positions count from the hub's start; its epoch tells them from those of its earlier
//! lives. What everybody acknowledged is trimmed.

use crate::strategy::{Peer, Rumor};

/// The hub's log. See the module.
#[derive(Clone, Debug, Default)]
pub struct Log {
    rumors: Vec<Rumor>,
    base: u64,
    flushed: u64,
    /// Per peer up to where it has everything; empty until the hub is one.
    acked: Vec<u64>,
}

/// A part of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The position of the first rumor.
    pub from: u64,
    /// The rumors.
    pub rumors: Vec<Rumor>,
}

impl Log {
    /// Takes rumors over; whether nothing waited to be flushed before and something does now.
    pub fn take(&mut self, rumors: impl IntoIterator<Item = Rumor>, size: u32) -> bool {
        let idle = self.end() == self.flushed;
        self.rumors.extend(rumors);
        self.acked
            .resize(size as usize, self.base.min(self.flushed));
        idle && self.end() > self.flushed
    }

    /// What was told to nobody yet; now it is.
    pub fn flush(&mut self) -> Part {
        let part = self.part(self.flushed, usize::MAX);
        self.flushed = self.end();
        part
    }

    /// Up to here everybody was told.
    pub fn flushed(&self) -> u64 {
        self.flushed
    }

    /// A peer has everything up to a position.
    pub fn acknowledge(&mut self, peer: Peer, upto: u64) {
        let upto = upto.min(self.flushed);
        if let Some(acked) = self.acked.get_mut(peer.index()) {
            *acked = upto.max(*acked);
        }
    }

    /// Who, but the hub itself, has not acknowledged everything up to a position.
    pub fn behind(&self, me: Peer, upto: u64) -> Vec<Peer> {
        let peers = (0..).map(Peer).zip(&self.acked);
        let behind = peers.filter(|&(peer, &acked)| peer != me && acked < upto);
        behind.map(|(peer, _)| peer).collect()
    }

    /// What a peer may miss of what was flushed, at most so much.
    pub fn missing(&self, peer: Peer, most: usize) -> Part {
        let acked = self.acked.get(peer.index()).copied().unwrap_or_default();
        let flushed = (self.flushed - acked.min(self.flushed)) as usize;
        self.part(acked, most.min(flushed))
    }

    /// Forgets what everybody acknowledged.
    pub fn trim(&mut self, me: Peer) {
        let peers = (0..).map(Peer).zip(&self.acked);
        let others = peers.filter(|&(peer, _)| peer != me);
        let least = others.map(|(_, &acked)| acked).min();
        let base = least.unwrap_or(self.flushed).max(self.base);
        self.rumors.drain(..(base - self.base) as usize);
        self.base = base;
    }

    fn end(&self) -> u64 {
        self.base + self.rumors.len() as u64
    }

    fn part(&self, from: u64, most: usize) -> Part {
        let from = from.max(self.base);
        let rest = &self.rumors[(from - self.base) as usize..];
        let rumors = rest[..most.min(rest.len())].to_vec();
        Part { from, rumors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rumors(numbers: std::ops::Range<u32>) -> Vec<Rumor> {
        numbers.map(Rumor).collect()
    }

    #[test]
    fn a_peer_misses_what_was_flushed_and_not_acknowledged() {
        let mut log = Log::default();
        assert!(log.take(rumors(0..3), 3));
        assert!(!log.take(rumors(3..5), 3));
        assert_eq!(log.flush().rumors, rumors(0..5));
        assert!(log.take(rumors(5..7), 3));
        assert_eq!(log.missing(Peer(1), 9).rumors, rumors(0..5));
        log.acknowledge(Peer(1), 2);
        log.acknowledge(Peer(1), 1);
        let part = log.missing(Peer(1), 2);
        assert_eq!((part.from, part.rumors), (2, rumors(2..4)));
        assert_eq!(log.behind(Peer(0), 2), [Peer(2)]);
        // What was never flushed cannot be acknowledged, whatever a peer says.
        log.acknowledge(Peer(2), 99);
        assert_eq!(log.behind(Peer(0), 5), [Peer(1)]);
        let part = log.flush();
        assert_eq!((part.from, part.rumors), (5, rumors(5..7)));
        assert_eq!(log.behind(Peer(0), 7), [Peer(1), Peer(2)]);
    }

    #[test]
    fn what_all_acknowledged_is_forgotten_and_positions_stay() {
        let mut log = Log::default();
        log.take(rumors(0..6), 3);
        log.flush();
        log.acknowledge(Peer(1), 6);
        log.trim(Peer(0));
        assert_eq!(log.missing(Peer(2), 9).rumors.len(), 6);
        log.acknowledge(Peer(2), 4);
        log.trim(Peer(0));
        let part = log.missing(Peer(2), 9);
        assert_eq!((part.from, part.rumors), (4, rumors(4..6)));
        log.take(rumors(6..7), 3);
        assert_eq!(log.flush().from, 6);
    }
}
