//! Percolation on narrow graphs, exactly: who is reached if each node forwards to each
//! neighbour with probability p.
//!
//! Whether a node sends straight back changes nothing about who is reached, and of each pair
//! of neighbours only the first one informed has a use for the link; so the set reached
//! is the source's component if each *undirected* link is kept with probability p.
//!
//! Nodes are taken up one by one, with their links to earlier ones, and given up once their last
//! link was seen. What must be remembered in between is which of the nodes at hand
//! are connected (a partition; block 0 holds the source), its probability, and how many nodes
//! hang on each block.
//!
//! ```text
//!   given up ● ● ● ●
//!            ● ● a b   a, b, c, d at hand: five nodes of a 5-wide grid have at
//!            c d ○ ○   most 52 partitions
//! ```
//!
//! The frontier method of K. Sekine, H. Imai, S. Tani, "Computing the Tutte polynomial of a graph of
//! moderate size", ISAAC 1995, p. 224. The number of partitions grows exponentially with the nodes at hand:
//! grids up to about 8 wide.

use std::collections::BTreeMap;

/// An undirected graph, its nodes numbered so that neighbours are close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    nodes: usize,
    links: Vec<(usize, usize)>,
}

impl Graph {
    /// `nodes` nodes with undirected `links`.
    ///
    /// # Panics
    /// If a link names a node that does not exist, or a node twice.
    #[must_use]
    pub fn new(nodes: usize, links: &[(usize, usize)]) -> Graph {
        let ordered = links.iter().map(|&(a, b)| (a.min(b), a.max(b)));
        let links: Vec<_> = ordered
            .inspect(|&(a, b)| assert!(a < b && b < nodes, "no link {a}–{b} among {nodes} nodes"))
            .collect();
        Graph { nodes, links }
    }

    /// A grid; node 0 is a corner.
    #[must_use]
    pub fn grid(width: usize, height: usize) -> Graph {
        let right = (0..width * height)
            .filter(|i| (i + 1) % width != 0)
            .map(|i| (i, i + 1));
        let down = (width..width * height).map(|i| (i - width, i));
        Graph::new(width * height, &right.chain(down).collect::<Vec<_>>())
    }

    /// The last node that `node` is linked to: from there on it matters no more.
    fn last_use(&self, node: usize) -> usize {
        let linked = self
            .links
            .iter()
            .filter(|link| link.0 == node)
            .map(|link| link.1);
        linked.max().unwrap_or(node).max(node)
    }
}

/// How far a broadcast gets on a graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percolation {
    /// P(everybody is reached).
    pub everybody: f64,
    /// The expected share of nodes reached, the source counted.
    pub coverage: f64,
}

/// Which nodes at hand are connected: a block for each, 0 being the source's.
type Blocks = Vec<usize>;

/// What there is to know of a partition.
#[derive(Clone, Debug, Default)]
struct Weight {
    /// Its probability, for the coverage.
    probability: f64,
    /// The part of it in which no node has been cut off for good.
    whole: f64,
    /// Per block, the expected number of nodes on it times the probability.
    nodes: Vec<f64>,
}

/// P(everybody) and coverage from `source`, each link kept with probability `p`.
///
/// # Panics
/// If the graph has no such node.
#[must_use]
pub fn percolation(graph: &Graph, source: usize, p: f64) -> Percolation {
    assert!(
        source < graph.nodes,
        "no node {source} among {}",
        graph.nodes
    );
    let last_use: Vec<usize> = (0..graph.nodes).map(|node| graph.last_use(node)).collect();
    let mut at_hand: Vec<usize> = Vec::new();
    let mut states = BTreeMap::from([(
        Blocks::new(),
        Weight {
            probability: 1.0,
            whole: 1.0,
            nodes: vec![0.0],
        },
    )]);
    let (mut everybody, mut reached) = (0.0, 0.0);
    for node in 0..graph.nodes {
        at_hand.push(node);
        states = taken_up(states, node == source);
        for &(earlier, _) in graph.links.iter().filter(|link| link.1 == node) {
            let place = at_hand.iter().position(|other| *other == earlier);
            states = linked(states, place.expect("its last use is yet to come"), p);
        }
        while let Some(place) = at_hand.iter().position(|other| last_use[*other] == node) {
            at_hand.remove(place);
            let mut next = BTreeMap::new();
            for (mut blocks, mut weight) in states {
                let block = blocks.remove(place);
                let cut_off = !blocks.contains(&block);
                if cut_off && block == 0 && node >= source {
                    // Nobody else will be reached: that was all.
                    reached += weight.nodes[0];
                    if node + 1 == graph.nodes && blocks.is_empty() {
                        everybody += weight.whole;
                    }
                    continue;
                }
                if cut_off {
                    weight.whole = 0.0;
                }
                add(&mut next, &blocks, weight);
            }
            states = next;
        }
    }
    Percolation {
        everybody,
        coverage: reached / graph.nodes as f64,
    }
}

/// One more node at hand, in a block of its own.
fn taken_up(states: BTreeMap<Blocks, Weight>, source: bool) -> BTreeMap<Blocks, Weight> {
    let mut next = BTreeMap::new();
    for (mut blocks, mut weight) in states {
        if source {
            blocks.push(0);
            weight.nodes[0] += weight.probability;
        } else {
            blocks.push(weight.nodes.len());
            weight.nodes.push(weight.probability);
        }
        add(&mut next, &blocks, weight);
    }
    next
}

/// A link between the node at `place` and the latest: there with probability `p`.
fn linked(states: BTreeMap<Blocks, Weight>, place: usize, p: f64) -> BTreeMap<Blocks, Weight> {
    let mut next = BTreeMap::new();
    for (blocks, weight) in states {
        let latest = *blocks.last().expect("the latest is at hand");
        let (kept, merged) = (blocks[place].min(latest), blocks[place].max(latest));
        if kept == merged {
            add(&mut next, &blocks, weight);
            continue;
        }
        add(&mut next, &blocks, weight.times(1.0 - p));
        let mut joined = weight.times(p);
        joined.nodes[kept] += joined.nodes[merged];
        joined.nodes[merged] = 0.0;
        let blocks: Blocks = blocks
            .iter()
            .map(|b| if *b == merged { kept } else { *b })
            .collect();
        add(&mut next, &blocks, joined);
    }
    next
}

impl Weight {
    fn times(&self, factor: f64) -> Weight {
        Weight {
            probability: self.probability * factor,
            whole: self.whole * factor,
            nodes: self.nodes.iter().map(|nodes| nodes * factor).collect(),
        }
    }
}

/// Adds a state under its canonical name: blocks numbered in order of appearance.
fn add(states: &mut BTreeMap<Blocks, Weight>, blocks: &[usize], weight: Weight) {
    let mut names = vec![0];
    let canonical: Blocks = blocks
        .iter()
        .map(|block| {
            names
                .iter()
                .position(|name| name == block)
                .unwrap_or_else(|| {
                    names.push(*block);
                    names.len() - 1
                })
        })
        .collect();
    let entry = states.entry(canonical).or_default();
    entry.probability += weight.probability;
    entry.whole += weight.whole;
    entry.nodes.resize(names.len(), 0.0);
    for (sum, name) in entry.nodes.iter_mut().zip(&names) {
        *sum += weight.nodes[*name];
    }
}

/// P(everybody) on a tree of `n` nodes: every one of its n − 1 links must work.
#[must_use]
pub fn everybody_on_tree(n: u64, p: f64) -> f64 {
    p.powf(n.saturating_sub(1) as f64)
}
