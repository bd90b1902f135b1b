//! Percolation on grids and trees.

use super::{assert_close, assert_prints};
use crate::lab::theory::sparse::*;

/// By all subsets of links, for graphs with few.
fn by_enumeration(nodes: usize, links: &[(usize, usize)], source: usize, p: f64) -> Percolation {
    let (mut everybody, mut reached) = (0.0, 0.0);
    for kept in 0..1_u32 << links.len() {
        let mut informed = vec![false; nodes];
        informed[source] = true;
        for _ in 0..nodes {
            for (index, &(a, b)) in links.iter().enumerate() {
                if kept >> index & 1 == 1 && (informed[a] || informed[b]) {
                    (informed[a], informed[b]) = (true, true);
                }
            }
        }
        let works = kept.count_ones() as i32;
        let probability = p.powi(works) * (1.0 - p).powi(links.len() as i32 - works);
        let count = informed.iter().filter(|yes| **yes).count();
        reached += probability * count as f64;
        everybody += if count == nodes { probability } else { 0.0 };
    }
    Percolation {
        everybody,
        coverage: reached / nodes as f64,
    }
}

#[test]
fn percolation_is_what_enumeration_says() {
    let grid = [
        (0, 1),
        (1, 2),
        (3, 4),
        (4, 5),
        (6, 7),
        (7, 8),
        (0, 3),
        (1, 4),
        (2, 5),
        (3, 6),
        (4, 7),
        (5, 8),
    ];
    let loose_ends = [(0, 4), (4, 2), (1, 2), (2, 5), (0, 5)];
    let cases: [(usize, &[(usize, usize)]); 2] = [(9, &grid), (7, &loose_ends)];
    for (nodes, links) in cases {
        for source in 0..nodes {
            for p in [0.0, 0.3, 0.8, 1.0] {
                let exact = percolation(&Graph::new(nodes, links), source, p);
                let counted = by_enumeration(nodes, links, source, p);
                let what = format!("{nodes} nodes from {source} at {p}");
                assert!(
                    (exact.everybody - counted.everybody).abs() < 1e-12,
                    "{what}: {exact:?} {counted:?}"
                );
                assert_close(exact.coverage, counted.coverage, 1e-12, &what);
            }
        }
    }
    assert_eq!(Graph::grid(3, 3), Graph::new(9, &grid));
}

/// As the exact values round; two of them (.701, .9875) stand one unit away in the printed table.
#[test]
fn a_grid_of_25_loses_somebody_as_often_as_printed() {
    let table = [
        (0.63, 0.142, 1e-3),
        (0.8, 0.701, 1e-3),
        (0.9, 0.940, 1e-3),
        (0.95, 0.9875, 1e-4),
        (0.99, 0.9996, 1e-4),
    ];
    for (p, printed, unit) in table {
        let exact = percolation(&Graph::grid(5, 5), 0, p);
        assert_prints(exact.everybody, printed, unit, "grid");
    }
    assert_prints(
        percolation(&Graph::grid(5, 5), 0, 0.63).coverage,
        0.63,
        0.01,
        "coverage",
    );
}

#[test]
fn a_tree_of_25_loses_somebody_as_often_as_printed() {
    for (p, printed) in [
        (0.63, 0.0),
        (0.8, 0.0047),
        (0.9, 0.0798),
        (0.95, 0.2920),
        (0.99, 0.7857),
    ] {
        assert_prints(everybody_on_tree(25, p), printed, 1e-4, "tree");
    }
    let line: Vec<_> = (1..25).map(|i| (i - 1, i)).collect();
    let exact = percolation(&Graph::new(25, &line), 12, 0.9);
    assert_close(
        exact.everybody,
        everybody_on_tree(25, 0.9),
        1e-12,
        "a line is a tree",
    );
}
