//! Where the nodes of a topology are drawn.
//!
//! ```text
//!   grid  o─o─o    ring  o o    star   o    tree    o      anything else: so that the
//!         o─o─o         o   o        o─o─o         o o     distance on paper is the number
//!         o─o            o o           o         oo  oo    of hops (stress majorization)
//! ```
//!
//! Pure and deterministic: the same graph has the same picture on every machine.
//!
//! Source: Gansner, Koren, North, Graph Drawing by Stress Majorization, GD 2004.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::str::FromStr as _;

use swelkie_workloads::topology::Shape;

/// More nodes than this stand on a circle: distances between all pairs would take too long.
const MAX_STRESSED: usize = 400;

/// The place of each node in the unit square, (0, 0) in the upper left corner. Edges are
/// indices of nodes, in either direction; `shape` is the name a topology was asked for by
/// (`grid`, `tree3`), if it has one. Nodes without edges among others that have some stand
/// apart.
///
/// # Panics
/// If an edge names a node that is none.
#[must_use]
pub fn positions(nodes: usize, edges: &[(usize, usize)], shape: Option<&str>) -> Vec<(f64, f64)> {
    let shape = shape.and_then(|shape| Shape::from_str(shape).ok());
    fit(match shape {
        Some(Shape::Line) => line(nodes),
        Some(Shape::Grid) => grid(nodes),
        Some(Shape::Tree { branching }) => tree(nodes, branching),
        Some(Shape::Star) => star(nodes),
        Some(Shape::Ring | Shape::Total | Shape::SmallWorld { .. }) => ring(nodes),
        _ if edges.is_empty() || nodes > MAX_STRESSED => ring(nodes),
        _ => stressed(nodes, edges),
    })
}

/// A row, or rows that are read like the furrows of a field when there are many.
fn line(nodes: usize) -> Vec<(f64, f64)> {
    const LONGEST: usize = 12;
    if nodes <= LONGEST {
        return (0..nodes).map(|node| (node as f64, 0.0)).collect();
    }
    let width = ((nodes as f64 * 2.0).sqrt().ceil() as usize).max(LONGEST);
    let place = |node: usize| {
        let (row, column) = (node / width, node % width);
        let column = if row % 2 == 0 {
            column
        } else {
            width - 1 - column
        };
        (column as f64, row as f64)
    };
    (0..nodes).map(place).collect()
}

/// Rows of ⌈√n⌉, as the topology is built.
fn grid(nodes: usize) -> Vec<(f64, f64)> {
    let width = (nodes as f64).sqrt().ceil().max(1.0) as usize;
    (0..nodes)
        .map(|node| ((node % width) as f64, (node / width) as f64))
        .collect()
}

/// Tier below tier, each parent above the middle of its children.
fn tree(nodes: usize, branching: usize) -> Vec<(f64, f64)> {
    let mut places = Vec::with_capacity(nodes);
    let (mut first, mut width, mut depth) = (0, 1, 0);
    while first < nodes {
        let tier = width.min(nodes - first);
        // As wide as if the tier were full: children stand below their parents.
        let place = |index: usize| ((index as f64 + 0.5) / width as f64, f64::from(depth));
        places.extend((0..tier).map(place));
        first += tier;
        width = width.saturating_mul(branching);
        depth += 1;
    }
    let deepest = f64::from((depth - 1).max(1));
    places.iter().map(|&(x, y)| (x, y / deepest)).collect()
}

fn star(nodes: usize) -> Vec<(f64, f64)> {
    let mut places = vec![(0.0, 0.0)];
    places.extend(ring(nodes.saturating_sub(1)));
    places.truncate(nodes);
    places
}

fn ring(nodes: usize) -> Vec<(f64, f64)> {
    let place = |node: usize| {
        // The first one at the top, the others clockwise.
        let (sin, cos) = (TAU * node as f64 / nodes as f64).sin_cos();
        (sin, -cos)
    };
    (0..nodes).map(place).collect()
}

/// Places whose distances are close to the numbers of hops.
fn stressed(nodes: usize, edges: &[(usize, usize)]) -> Vec<(f64, f64)> {
    const ROUNDS: usize = 120;
    let hops = distances(nodes, edges);
    let widest = hops.iter().copied().fold(1.0, f64::max);
    // A circle has no two nodes in one place and is the same every time; that it is no
    // perfect one keeps symmetric graphs from staying folded.
    let mut places: Vec<(f64, f64)> = (ring(nodes).into_iter().enumerate())
        .map(|(node, (x, y))| {
            let radius = widest / 2.0 * (1.0 + 0.05 * (node as f64 * 0.618).fract());
            (x * radius, y * radius)
        })
        .collect();
    for _ in 0..ROUNDS {
        for node in 0..nodes {
            places[node] = pulled(node, &places, &hops);
        }
    }
    places
}

/// Where a node wants to be: the mean of where each other one would have it, those that
/// are close weighing most.
fn pulled(node: usize, places: &[(f64, f64)], hops: &[f64]) -> (f64, f64) {
    let (x, y) = places[node];
    let (mut sum_x, mut sum_y, mut weights) = (0.0, 0.0, 0.0);
    for (other, &(other_x, other_y)) in places.iter().enumerate() {
        if other == node {
            continue;
        }
        let wanted = hops[node * places.len() + other];
        let weight = 1.0 / (wanted * wanted);
        let (dx, dy) = (x - other_x, y - other_y);
        let distance = dx.hypot(dy).max(1e-9);
        sum_x += weight * (other_x + dx * wanted / distance);
        sum_y += weight * (other_y + dy * wanted / distance);
        weights += weight;
    }
    if weights == 0.0 {
        (x, y)
    } else {
        (sum_x / weights, sum_y / weights)
    }
}

/// Hops between all pairs; those without a way are a little farther than the farthest.
fn distances(nodes: usize, edges: &[(usize, usize)]) -> Vec<f64> {
    let mut neighbours = vec![Vec::new(); nodes];
    for &(one, other) in edges.iter().filter(|(one, other)| one != other) {
        neighbours[one].push(other);
        neighbours[other].push(one);
    }
    let mut hops = vec![0.0; nodes * nodes];
    let mut widest = 1.0_f64;
    for start in 0..nodes {
        let row = &mut hops[start * nodes..(start + 1) * nodes];
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &next in &neighbours[node] {
                if next != start && row[next] == 0.0 {
                    row[next] = row[node] + 1.0;
                    widest = widest.max(row[next]);
                    queue.push_back(next);
                }
            }
        }
    }
    for (index, distance) in hops.iter_mut().enumerate() {
        if *distance == 0.0 && index / nodes != index % nodes {
            *distance = widest + 1.0;
        }
    }
    hops
}

/// Scaled to the unit square, the picture's shape kept, in its middle.
fn fit(mut places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let bounds = |of: fn(&(f64, f64)) -> f64| {
        let least = places.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = places.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (least, most)
    };
    let ((left, right), (top, bottom)) = (bounds(|place| place.0), bounds(|place| place.1));
    let size = (right - left).max(bottom - top);
    for (x, y) in &mut places {
        if size > 0.0 {
            *x = 0.5 + (*x - (left + right) / 2.0) / size;
            *y = 0.5 + (*y - (top + bottom) / 2.0) / size;
        } else {
            (*x, *y) = (0.5, 0.5);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(places: &[(f64, f64)]) -> f64 {
        let pairs = (0..places.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let distance = |(a, b): (usize, usize)| {
            let ((ax, ay), (bx, by)) = (places[a], places[b]);
            (ax - bx).hypot(ay - by)
        };
        pairs.map(distance).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn every_shape_stands_in_the_unit_square_and_no_two_nodes_in_one_place() {
        let chain: Vec<(usize, usize)> = (1..30).map(|node| (node - 1, node)).collect();
        for shape in [
            "line",
            "grid",
            "tree",
            "tree4",
            "total",
            "ring",
            "star",
            "scale-free(2)",
            "mine.json",
        ] {
            for nodes in [0, 1, 2, 3, 5, 25, 30] {
                let edges: Vec<_> = (chain.iter().copied())
                    .filter(|&(_, to)| to < nodes)
                    .collect();
                let places = positions(nodes, &edges, Some(shape));
                assert_eq!(places.len(), nodes);
                let inside = |value: f64| (-1e-9..=1.0 + 1e-9).contains(&value);
                assert!(
                    places.iter().all(|&(x, y)| inside(x) && inside(y)),
                    "{shape} {nodes}: {places:?}"
                );
                assert!(apart(&places) > 0.01, "{shape} {nodes}: {places:?}");
            }
        }
    }

    #[test]
    fn a_graph_without_a_name_is_unfolded() {
        // A ring of twelve, its nodes in a strange order: neighbours end up close.
        let name = |step: usize| step * 5 % 12;
        let edges: Vec<_> = (0..12)
            .map(|step| (name(step), name((step + 1) % 12)))
            .collect();
        let places = positions(12, &edges, None);
        let far = |a: usize, b: usize| {
            let ((ax, ay), (bx, by)) = (places[a], places[b]);
            (ax - bx).hypot(ay - by)
        };
        let longest = edges.iter().map(|&(a, b)| far(a, b)).fold(0.0, f64::max);
        assert!(longest < 0.35, "{places:?}");
        assert!(far(name(0), name(6)) > 0.8, "{places:?}");
    }

    #[test]
    fn nodes_without_a_way_to_each_other_are_all_drawn() {
        let places = positions(6, &[(0, 1), (2, 3)], None);
        assert!(apart(&places) > 0.05, "{places:?}");
    }
}
