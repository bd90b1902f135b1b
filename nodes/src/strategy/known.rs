//! Which node knows which rumor: a bit matrix.
//!
//! A row of 2^k bits per node, packed: with one rumor a million nodes take 125 KB, so
//! that a simulated broadcast's only random access stays in the cache.

use super::{Peer, Rumor};

/// Which node knows which rumor. See the module.
#[derive(Clone, Debug, Default)]
pub struct Known {
    words: Vec<u64>,
    nodes: u32,
    /// A row has `1 << shift` bits.
    shift: u32,
}

impl Known {
    /// Nobody knows anything; room for `rumors` rumors, more once [`Known::reserve`]d.
    #[must_use]
    pub fn new(nodes: u32, rumors: u32) -> Known {
        let shift = rumors.max(1).next_power_of_two().trailing_zeros();
        let bits = u64::from(nodes) << shift;
        Known {
            words: vec![0; bits.div_ceil(64) as usize],
            nodes,
            shift,
        }
    }

    /// Makes room for `rumors` rumors.
    pub fn reserve(&mut self, rumors: u32) {
        if rumors <= 1 << self.shift {
            return;
        }
        let mut wider = Known::new(self.nodes, rumors);
        for node in (0..self.nodes).map(Peer) {
            for rumor in self.of(node) {
                wider.insert(node, rumor);
            }
        }
        *self = wider;
    }

    /// Notes that a node knows a rumor; whether that is new.
    ///
    /// # Panics
    /// Perhaps, if there is no such node or no room for the rumor.
    #[inline]
    pub fn insert(&mut self, node: Peer, rumor: Rumor) -> bool {
        let bit = self.bit(node, rumor);
        let word = &mut self.words[(bit >> 6) as usize];
        let mask = 1 << (bit & 63);
        let new = *word & mask == 0;
        // Most of what nodes hear is no news: not to write then lets what is read next not
        // wait for it.
        if new {
            *word |= mask;
        }
        new
    }

    /// Whether a node knows a rumor.
    #[inline]
    #[must_use]
    pub fn contains(&self, node: Peer, rumor: Rumor) -> bool {
        let bit = self.bit(node, rumor);
        self.words[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }

    /// What a node knows, ascending.
    pub fn of(&self, node: Peer) -> impl Iterator<Item = Rumor> + use<'_> {
        let first = u64::from(node.0) << self.shift;
        let row = 1u64 << self.shift;
        // A row narrower than a word is a part of one.
        let (start, width) = (first >> 6, row.div_ceil(64));
        let mask = if row < 64 { (1 << row) - 1 } else { u64::MAX };
        let offset = if row < 64 { first & 63 } else { 0 };
        (0..width).flat_map(move |at| {
            let word = self.words[(start + at) as usize] >> offset & mask;
            ones(word).map(move |bit| Rumor(at as u32 * 64 + bit))
        })
    }

    /// How many rumors a node knows.
    #[must_use]
    pub fn count(&self, node: Peer) -> u32 {
        self.of(node).count() as u32
    }

    /// A node forgets everything.
    pub fn forget(&mut self, node: Peer) {
        let first = u64::from(node.0) << self.shift;
        let row = 1u64 << self.shift;
        if row < 64 {
            self.words[(first >> 6) as usize] &= !(((1 << row) - 1) << (first & 63));
        } else {
            let start = (first >> 6) as usize;
            self.words[start..start + (row >> 6) as usize].fill(0);
        }
    }

    /// Everybody forgets everything.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    #[inline]
    fn bit(&self, node: Peer, rumor: Rumor) -> u64 {
        debug_assert!(rumor.0 >> self.shift == 0, "no room for {rumor:?}");
        (u64::from(node.0) << self.shift) + u64::from(rumor.0)
    }
}

/// The positions of a word's ones, ascending.
fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(known: &Known, node: u32) -> Vec<u32> {
        known.of(Peer(node)).map(|rumor| rumor.0).collect()
    }

    #[test]
    fn rows_of_any_width_keep_apart_what_nodes_know() {
        for rumors in [1, 2, 5, 64, 65, 200] {
            let mut known = Known::new(70, rumors);
            for node in 0..70 {
                for rumor in (node % 3..rumors).step_by(3) {
                    assert!(known.insert(Peer(node), Rumor(rumor)));
                    assert!(!known.insert(Peer(node), Rumor(rumor)));
                }
            }
            known.forget(Peer(7));
            for node in 0..70 {
                let expected: Vec<u32> = match node {
                    7 => Vec::new(),
                    _ => (node % 3..rumors).step_by(3).collect(),
                };
                assert_eq!(of(&known, node), expected, "node {node} of {rumors}");
                assert_eq!(known.count(Peer(node)) as usize, expected.len());
                for rumor in 0..rumors {
                    let known = known.contains(Peer(node), Rumor(rumor));
                    assert_eq!(known, expected.contains(&rumor));
                }
            }
            known.clear();
            assert!((0..70).all(|node| known.count(Peer(node)) == 0));
        }
    }

    #[test]
    fn making_room_forgets_nothing() {
        let mut known = Known::new(5, 1);
        known.insert(Peer(3), Rumor(0));
        known.reserve(100);
        known.insert(Peer(3), Rumor(99));
        assert_eq!(of(&known, 3), [0, 99]);
        assert!(of(&known, 2).is_empty());
    }
}
