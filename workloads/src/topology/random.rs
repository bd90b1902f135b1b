//! The random shapes. Each is checked to exist before it is drawn.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::SliceRandom;
use swelkie_nodes::Rng;

use super::shape::ring;
use super::{Topology, reaches_all};

/// Links with their smaller end first.
type Links = BTreeSet<(usize, usize)>;

fn link(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

/// A connected random graph in which every node has `degree` neighbours.
pub(super) fn regular(n: usize, degree: usize, rng: &mut Rng) -> Topology {
    if degree == 2 {
        // Connected and 2-regular is a ring; of random draws few would be one.
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        return Topology::symmetric(n, ring(n, 1).map(|(a, b)| (order[a], order[b])));
    }
    loop {
        let topology = match 2 * degree < n {
            true => Topology::symmetric(n, pairing(n, degree, rng)),
            false => dense(n, degree, rng),
        };
        if reaches_all(&topology.graph) {
            return topology;
        }
    }
}

/// The complement of a regular graph is one, and the sparser of the two is easier to draw.
fn dense(n: usize, degree: usize, rng: &mut Rng) -> Topology {
    let absent = pairing(n, n - 1 - degree, rng);
    let all = (0..n).flat_map(|b| (0..b).map(move |a| (a, b)));
    Topology::symmetric(n, all.filter(|pair| !absent.contains(pair)))
}

/// Pairs `degree` stubs per node at random (the configuration model), then
/// switches away the loops and double links that remain, each with a random
/// other link (McKay & Wormald, J. Algorithms 11, 1990): nearly uniform.
fn pairing(n: usize, degree: usize, rng: &mut Rng) -> Links {
    loop {
        let mut stubs: Vec<usize> = (0..n * degree).map(|stub| stub / degree).collect();
        stubs.shuffle(rng);
        let mut links = Links::new();
        let mut order = Vec::with_capacity(stubs.len() / 2);
        let mut bad = Vec::new();
        for pair in stubs.chunks_exact(2) {
            let (a, b) = (pair[0], pair[1]);
            match a != b && links.insert(link(a, b)) {
                true => order.push((a, b)),
                false => bad.push((a, b)),
            }
        }
        if bad
            .into_iter()
            .all(|pair| switch(pair, &mut links, &mut order, rng))
        {
            return links;
        }
    }
}

/// Places the pair (a, b) by opening a link (c, d) and linking a–c and b–d. False
/// if no link was found that allows it, as may happen in very small graphs.
fn switch(
    (a, b): (usize, usize),
    links: &mut Links,
    order: &mut Vec<(usize, usize)>,
    rng: &mut Rng,
) -> bool {
    const TRIES: usize = 1000;
    for _ in 0..TRIES {
        if order.is_empty() {
            return false;
        }
        let chosen = rng.random_range(0..order.len());
        let (mut c, mut d) = order[chosen];
        if rng.random_bool(0.5) {
            (c, d) = (d, c);
        }
        let (one, two) = (link(a, c), link(b, d));
        let free = a != c && b != d && one != two && !links.contains(&one) && !links.contains(&two);
        if free {
            links.remove(&link(c, d));
            links.extend([one, two]);
            order[chosen] = one;
            order.push(two);
            return true;
        }
    }
    false
}

/// Newman & Watts 1999: a ring of `nearest` neighbours, plus shortcuts. The ring
/// stays whole, hence connected.
pub(super) fn small_world(n: usize, nearest: usize, shortcuts: f64, rng: &mut Rng) -> Topology {
    let near: Vec<(usize, usize)> = ring(n, nearest / 2).collect();
    let mut links: Links = near.iter().map(|&(a, b)| link(a, b)).collect();
    let mut degrees = vec![nearest; n];
    for (node, _) in near {
        // A node that knows everybody has nobody left to take a shortcut to.
        if !rng.random_bool(shortcuts) || degrees[node] == n - 1 {
            continue;
        }
        let end = loop {
            let end = rng.random_range(0..n);
            if end != node && links.insert(link(node, end)) {
                break end;
            }
        };
        degrees[node] += 1;
        degrees[end] += 1;
    }
    Topology::symmetric(n, links)
}

/// Barabási & Albert 1999, from a complete core of `links + 1` nodes. Choosing an
/// end of a random earlier link is choosing by degree (Batagelj & Brandes,
/// Phys. Rev. E 71, 2005). Every node links to an earlier one, hence connected.
pub(super) fn scale_free(n: usize, links: usize, rng: &mut Rng) -> Topology {
    let core = links + 1;
    let mut edges: Vec<(usize, usize)> = (0..core)
        .flat_map(|b| (0..b).map(move |a| (a, b)))
        .collect();
    let mut ends: Vec<usize> = edges.iter().flat_map(|&(a, b)| [a, b]).collect();
    for node in core..n {
        let mut chosen = BTreeSet::new();
        while chosen.len() < links {
            chosen.insert(ends[rng.random_range(0..ends.len())]);
        }
        for earlier in chosen {
            edges.push((earlier, node));
            ends.extend([earlier, node]);
        }
    }
    Topology::symmetric(n, edges)
}
