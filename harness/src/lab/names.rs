//! What rumors and peers are called in the lab.

use swelkie_nodes::Seed;
use swelkie_nodes::strategy::{Attributes, Names, Peer, Rumor};

/// Rumor 7 is the value `7`, peer 7 is `n7`, as in a run of the broadcast workload: so
/// messages have the sizes and rumors the keys that they have there.
#[derive(Clone, Debug)]
pub struct Numbered {
    peers: u32,
    attributes: Vec<Attributes>,
    keys: Vec<u64>,
    /// Sorted.
    by_key: Vec<(u64, Rumor)>,
}

impl Numbered {
    /// Names of so many peers, and of the rumors that have these attributes.
    #[must_use]
    pub fn new(peers: u32, attributes: Vec<Attributes>) -> Numbered {
        let key = |rumor: usize| Seed(0).child(&rumor.to_string()).0;
        let keys: Vec<u64> = (0..attributes.len()).map(key).collect();
        let mut by_key: Vec<(u64, Rumor)> = keys.iter().copied().zip((0..).map(Rumor)).collect();
        by_key.sort_unstable();
        Numbered {
            peers,
            attributes,
            keys,
            by_key,
        }
    }
}

impl Names for Numbered {
    fn write_rumor(&self, rumor: Rumor, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(rumor.0).as_bytes());
    }

    fn write_peer(&self, peer: Peer, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"n");
        out.extend_from_slice(itoa::Buffer::new().format(peer.0).as_bytes());
        out.push(b'"');
    }

    fn read_rumor(&mut self, json: &str) -> Rumor {
        let rumor = json.parse().expect("what the lab wrote is a number");
        assert!((rumor as usize) < self.keys.len(), "no rumor {rumor}");
        Rumor(rumor)
    }

    fn read_peer(&self, name: &str) -> Option<Peer> {
        let peer = name.strip_prefix('n')?.parse().ok()?;
        (peer < self.peers).then_some(Peer(peer))
    }

    fn key(&self, rumor: Rumor) -> u64 {
        self.keys[rumor.index()]
    }

    fn find(&self, key: u64) -> Option<Rumor> {
        let at = self
            .by_key
            .binary_search_by_key(&key, |entry| entry.0)
            .ok()?;
        Some(self.by_key[at].1)
    }

    fn attributes(&self, rumor: Rumor) -> Attributes {
        self.attributes[rumor.index()]
    }
}
