//! Everybody's neighbours in one array.

use swelkie_nodes::strategy::Peer;
use swelkie_workloads::topology::Topology;

/// Who is whose neighbour, as nodes of a lab cluster see it: 4 bytes per neighbour and
/// node. A cluster without neighbourhoods is complete and needs no memory for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhoods {
    /// Where each node's neighbours begin, and where the last one's end.
    starts: Vec<u32>,
    peers: Vec<Peer>,
}

impl Neighbourhoods {
    /// From a list of neighbours for each node.
    ///
    /// # Panics
    /// If there are 2³² links or more.
    pub fn new<L: IntoIterator<Item = Peer>>(lists: impl IntoIterator<Item = L>) -> Neighbourhoods {
        let mut peers = Vec::new();
        let mut starts = vec![0];
        for list in lists {
            peers.extend(list);
            starts.push(u32::try_from(peers.len()).expect("fewer than 2^32 links"));
        }
        Neighbourhoods { starts, peers }
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// A node's neighbours.
    ///
    /// # Panics
    /// If there is no such node.
    #[inline]
    #[must_use]
    pub fn of(&self, node: Peer) -> &[Peer] {
        let (start, end) = (self.starts[node.index()], self.starts[node.index() + 1]);
        &self.peers[start as usize..end as usize]
    }
}

impl From<&Topology> for Neighbourhoods {
    fn from(topology: &Topology) -> Self {
        let peer = |&index: &usize| Peer(index as u32);
        Neighbourhoods::new(
            (0..topology.len()).map(|node| topology.neighbours(node).iter().map(peer)),
        )
    }
}
