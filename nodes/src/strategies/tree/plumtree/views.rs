//! The two views of HyParView: a small active one, symmetric, whose members a node talks to,
//! and a larger passive one of spare members it knows of.

use rand::RngExt as _;

use crate::node::Time;
use crate::rng::Rng;
use crate::strategy::Peer;

/// A link to a peer of the active view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The peer.
    pub peer: Peer,
    /// It gets only announcements: the link is not part of the tree.
    pub lazy: bool,
    /// When it said something last.
    pub heard: Time,
}

/// Both views. See the module.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// Whom the node talks to.
    pub active: Vec<Link>,
    /// Whom it could talk to.
    pub passive: Vec<Peer>,
}

impl Views {
    /// The link to a peer.
    pub fn link(&mut self, peer: Peer) -> Option<&mut Link> {
        self.active.iter_mut().find(|link| link.peer == peer)
    }

    /// Whether there is a link to a peer.
    pub fn has(&self, peer: Peer) -> bool {
        self.active.iter().any(|link| link.peer == peer)
    }

    /// Adds an eager link to a new peer. If the view is full, one drawn at random has to go
    /// to the passive view, and is returned.
    pub fn connect(&mut self, peer: Peer, sizes: Sizes, now: Time, rng: &mut Rng) -> Option<Peer> {
        self.passive.retain(|&spare| spare != peer);
        let full = self.active.len() >= sizes.active;
        let evicted = full.then(|| {
            let at = rng.random_range(0..self.active.len());
            self.active.swap_remove(at).peer
        });
        self.active.push(Link {
            peer,
            lazy: false,
            heard: now,
        });
        if let Some(evicted) = evicted {
            self.spare(evicted, sizes, rng);
        }
        evicted
    }

    /// Removes the link to a peer; whether there was one.
    pub fn disconnect(&mut self, peer: Peer) -> bool {
        let before = self.active.len();
        self.active.retain(|link| link.peer != peer);
        self.active.len() < before
    }

    /// Keeps a peer in the passive view; if it is full, in place of one drawn at random.
    pub fn spare(&mut self, peer: Peer, sizes: Sizes, rng: &mut Rng) {
        if self.has(peer) || self.passive.contains(&peer) {
            return;
        }
        if self.passive.len() < sizes.passive {
            self.passive.push(peer);
        } else {
            let at = rng.random_range(0..self.passive.len());
            self.passive[at] = peer;
        }
    }

    /// A peer of the active view, drawn at random, but none of these.
    pub fn any(&self, but: &[Peer], rng: &mut Rng) -> Option<Peer> {
        let peers = self.active.iter().map(|link| link.peer);
        let peers: Vec<Peer> = peers.filter(|peer| !but.contains(peer)).collect();
        draw(&peers, rng)
    }

    /// Up to so many of the active and of the passive view, drawn at random.
    pub fn sample(&self, active: usize, passive: usize, rng: &mut Rng) -> Vec<Peer> {
        let peers: Vec<Peer> = self.active.iter().map(|link| link.peer).collect();
        let mut sample = some(peers, active, rng);
        sample.extend(some(self.passive.clone(), passive, rng));
        sample
    }
}

/// How large the views may be; at least 1 each.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// The active one.
    pub active: usize,
    /// The passive one.
    pub passive: usize,
}

/// One of them.
pub fn draw(peers: &[Peer], rng: &mut Rng) -> Option<Peer> {
    (!peers.is_empty()).then(|| peers[rng.random_range(0..peers.len())])
}

fn some(mut peers: Vec<Peer>, count: usize, rng: &mut Rng) -> Vec<Peer> {
    let mut drawn = Vec::new();
    while drawn.len() < count && !peers.is_empty() {
        drawn.push(peers.swap_remove(rng.random_range(0..peers.len())));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    const SIZES: Sizes = Sizes {
        active: 2,
        passive: 3,
    };

    #[test]
    fn a_full_active_view_sends_one_to_the_passive_view_and_nobody_is_in_both() {
        let (mut views, mut rng) = (Views::default(), Seed(1).rng());
        assert_eq!(views.connect(Peer(1), SIZES, Time::ZERO, &mut rng), None);
        assert_eq!(views.connect(Peer(2), SIZES, Time::ZERO, &mut rng), None);
        for peer in 3..20 {
            views.spare(Peer(peer), SIZES, &mut rng);
            let evicted = views.connect(Peer(peer), SIZES, Time::ZERO, &mut rng);
            let evicted = evicted.expect("the view is full");
            assert!(!views.has(evicted) && views.passive.contains(&evicted));
            assert!(views.has(Peer(peer)) && !views.passive.contains(&Peer(peer)));
            assert!(views.active.len() == 2 && views.passive.len() <= 3);
        }
        assert_eq!(views.sample(9, 9, &mut rng).len(), 5);
    }
}
