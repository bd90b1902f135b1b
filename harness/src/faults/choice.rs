//! The field's words for random targets: `one`, `minority`, `majority`, …
//!
//! | word | nodes of n |
//! |---|---|
//! | `one` | 1 |
//! | `minority-third` | ⌊(n−1)/3⌋: fewer than a third; none below 4 |
//! | `minority` | ⌊(n−1)/2⌋: what a majority leaves; none below 3 |
//! | `majority` | ⌊n/2⌋+1 |
//! | `all` | n |
//! | `random` | a random size of at least 1, then that many |
//!
//! A cut needs someone on either side: there `majority` is a random bisection,
//! `random` leaves out at least one node, and `majorities-ring` lets every node hear
//! a majority, no two the same one.

use rand::RngExt as _;
use rand::seq::SliceRandom;
use swelkie_nodes::Rng;

use super::file::Word;

/// Draws the nodes of `0..n` that a word means, ascending. The ring means them all.
pub(super) fn choose(word: Word, n: usize, rng: &mut Rng) -> Vec<usize> {
    let size = match word {
        Word::One => 1,
        Word::Minority => n.saturating_sub(1) / 2,
        Word::MinorityThird => n.saturating_sub(1) / 3,
        Word::Majority => n / 2 + 1,
        Word::MajoritiesRing | Word::All => n,
        Word::Random if n == 0 => 0,
        Word::Random => rng.random_range(1..=n),
    };
    take(size.min(n), n, rng)
}

/// Draws one side of a cut, ascending; the others are the other side.
pub(super) fn choose_side(word: Word, n: usize, rng: &mut Rng) -> Vec<usize> {
    match word {
        Word::Majority => take(n / 2, n, rng),
        Word::Random if n < 2 => Vec::new(),
        Word::Random => take(rng.random_range(1..n), n, rng),
        Word::One if n < 2 => Vec::new(),
        word => choose(word, n, rng),
    }
}

fn take(size: usize, n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut nodes = shuffled(n, rng);
    nodes.truncate(size);
    nodes.sort_unstable();
    nodes
}

fn shuffled(n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut nodes: Vec<usize> = (0..n).collect();
    nodes.shuffle(rng);
    nodes
}

/// Draws a ring in which every node hears the ⌊n/2⌋+1 nodes around it, itself
/// included. For each node: whom it does not hear.
pub(super) fn majorities_ring(n: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let ring = shuffled(n, rng);
    let majority = n / 2 + 1;
    let mut deaf = vec![Vec::new(); n];
    for start in 0..n {
        // The window's middle is the node that hears it.
        let middle = ring[(start + majority / 2) % n];
        let mut unheard: Vec<usize> = (majority..n).map(|step| ring[(start + step) % n]).collect();
        unheard.sort_unstable();
        deaf[middle] = unheard;
    }
    deaf
}

#[cfg(test)]
mod tests {
    use super::*;
    use swelkie_nodes::Seed;

    /// The sizes over many seeds, ascending, each once.
    fn sizes(n: usize, draw: impl Fn(&mut Rng) -> Vec<usize>) -> Vec<usize> {
        let mut sizes: Vec<usize> = (0..200)
            .map(|seed| {
                let nodes = draw(&mut Seed(seed).rng());
                assert!(
                    nodes.is_sorted_by(|a, b| a < b),
                    "ascending, each once: {nodes:?}"
                );
                assert!(nodes.iter().all(|&node| node < n));
                nodes.len()
            })
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    #[test]
    fn each_word_means_its_number_of_nodes_on_one_to_nine() {
        let words = [
            Word::One,
            Word::MinorityThird,
            Word::Minority,
            Word::Majority,
            Word::All,
        ];
        let expected = [
            [1, 0, 0, 1, 1],
            [1, 0, 0, 2, 2],
            [1, 0, 1, 2, 3],
            [1, 1, 1, 3, 4],
            [1, 1, 2, 3, 5],
            [1, 1, 2, 4, 6],
            [1, 2, 3, 4, 7],
            [1, 2, 3, 5, 8],
            [1, 2, 4, 5, 9],
        ];
        for (n, row) in (1..=9).zip(expected) {
            for (word, size) in words.into_iter().zip(row) {
                assert_eq!(
                    sizes(n, |rng| choose(word, n, rng)),
                    [size],
                    "{} of {n}",
                    word.name()
                );
            }
            let every: Vec<usize> = (1..=n).collect();
            assert_eq!(sizes(n, |rng| choose(Word::Random, n, rng)), every);
        }
    }

    #[test]
    fn a_side_of_a_cut_always_leaves_someone_on_the_other() {
        for n in 1..=9 {
            assert_eq!(
                sizes(n, |rng| choose_side(Word::Majority, n, rng)),
                [n / 2],
                "bisection of {n}"
            );
            assert_eq!(
                sizes(n, |rng| choose_side(Word::One, n, rng)),
                [usize::from(n > 1)]
            );
            let proper: Vec<usize> = if n == 1 { vec![0] } else { (1..n).collect() };
            assert_eq!(sizes(n, |rng| choose_side(Word::Random, n, rng)), proper);
        }
    }

    #[test]
    fn every_node_is_drawn_about_equally_often() {
        let mut drawn = [0u32; 5];
        for seed in 0..5000 {
            drawn[choose(Word::One, 5, &mut Seed(seed).rng())[0]] += 1;
        }
        // 1000 expected, standard deviation 28: five of them on either side.
        assert!(
            drawn.iter().all(|count| (860..1140).contains(count)),
            "{drawn:?}"
        );
    }

    #[test]
    fn in_a_majorities_ring_every_node_hears_a_majority_and_no_two_the_same() {
        for n in 1..=9 {
            for seed in 0..50 {
                let deaf = majorities_ring(n, &mut Seed(seed).rng());
                let mut heard: Vec<Vec<usize>> = (0..n)
                    .map(|node| (0..n).filter(|other| !deaf[node].contains(other)).collect())
                    .collect();
                for (node, heard) in heard.iter().enumerate() {
                    assert_eq!(heard.len(), n / 2 + 1, "{n} nodes, seed {seed}");
                    assert!(heard.contains(&node), "a node hears itself");
                }
                heard.sort();
                heard.dedup();
                assert_eq!(
                    heard.len(),
                    if n < 3 { 1 } else { n },
                    "{n} nodes, seed {seed}"
                );
            }
        }
    }
}
