//! Whom a node may talk to.

use super::Peer;

/// A set of peers, listed or all others; all others take no memory however many.
#[derive(Clone, Copy, Debug)]
pub enum Neighbours<'a> {
    /// Every member but one.
    Others {
        /// The one.
        but: Peer,
        /// How many members there are.
        size: u32,
    },
    /// These, each once.
    Listed(&'a [Peer]),
}

impl<'a> Neighbours<'a> {
    /// How many they are.
    #[inline]
    #[must_use]
    pub fn len(self) -> u32 {
        match self {
            Neighbours::Others { size, .. } => size.saturating_sub(1),
            Neighbours::Listed(peers) => peers.len() as u32,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one at a position.
    ///
    /// # Panics
    /// If `at` is not below [`Neighbours::len`]; of others perhaps not.
    #[inline]
    #[must_use]
    pub fn get(self, at: u32) -> Peer {
        match self {
            Neighbours::Others { but, .. } => Peer(at + u32::from(at >= but.0)),
            Neighbours::Listed(peers) => peers[at as usize],
        }
    }

    /// All of them, in order of position.
    pub fn iter(self) -> impl Iterator<Item = Peer> + use<'a> {
        (0..self.len()).map(move |at| self.get(at))
    }

    /// At which position a peer is, if it is among them.
    #[inline]
    #[must_use]
    pub fn position(self, peer: Peer) -> Option<u32> {
        match self {
            Neighbours::Others { but, size } => {
                (peer != but && peer.0 < size).then(|| peer.0 - u32::from(peer > but))
            }
            Neighbours::Listed(peers) => {
                let at = peers.iter().position(|&listed| listed == peer)?;
                Some(at as u32)
            }
        }
    }

    /// Whether a peer is among them.
    #[must_use]
    pub fn contains(self, peer: Peer) -> bool {
        match self {
            Neighbours::Others { but, size } => peer != but && peer.0 < size,
            Neighbours::Listed(peers) => peers.contains(&peer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_others_are_everybody_but_one() {
        for but in 0..4 {
            let others = Neighbours::Others {
                but: Peer(but),
                size: 4,
            };
            let expected: Vec<Peer> = (0..4).filter(|&id| id != but).map(Peer).collect();
            assert_eq!(others.iter().collect::<Vec<_>>(), expected);
            assert!((0..6).all(|id| others.contains(Peer(id)) == expected.contains(&Peer(id))));
        }
    }
}
