//! Drawing peers at random, without bias and without allocation.
//!
//! Few of many are drawn one by one and drawn again if they were there (the list is
//! short and hot); of at most 64 a bit mask tells; most of many are the first of a
//! shuffle that stops as soon as there are enough (Fisher & Yates; Knuth, TAOCP 2,
//! 3.4.2 P). The shuffle's array is kept: any permutation is as good a start as another.

use rand::Rng as _;

use super::{Neighbours, Peer};
use crate::rng::Rng;

/// Memory that draws share. See the module.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// A permutation of `0..len`.
    permutation: Vec<u32>,
    /// Whom to draw from, where some are excluded.
    left: Vec<Peer>,
}

/// A number below `bound`, which is above 0, without bias (Lemire, ACM TOMACS 29 (2019)).
#[inline]
pub fn below(rng: &mut Rng, bound: u32) -> u32 {
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(bound);
        let low = product as u32;
        if low >= bound || low >= bound.wrapping_neg() % bound {
            return (product >> 32) as u32;
        }
    }
}

/// Appends `count` different ones of `among`, never `except`; all if there are no more.
#[inline]
pub fn distinct(
    among: Neighbours,
    count: u32,
    except: Option<Peer>,
    rng: &mut Rng,
    scratch: &mut Scratch,
    out: &mut Vec<Peer>,
) {
    let except = except.filter(|&peer| among.contains(peer));
    let (len, there) = (among.len(), among.len() - u32::from(except.is_some()));
    if count >= there {
        out.extend(among.iter().filter(|&peer| Some(peer) != except));
    } else if len <= 64 {
        masked(among, count, except, rng, out);
    } else if count <= 32.min(len / 4) {
        repeated(among, count, except, rng, out);
    } else {
        shuffled(among, count, except, rng, &mut scratch.permutation, out);
    }
}

/// Appends `count` different ones of `among` that are not in `excluded`, which is
/// ascending; all of those if there are no more.
pub fn outside(
    among: Neighbours,
    count: u32,
    excluded: &[Peer],
    rng: &mut Rng,
    scratch: &mut Scratch,
    out: &mut Vec<Peer>,
) {
    let allowed = |peer: &Peer| excluded.binary_search(peer).is_err();
    let len = among.len();
    // A few of many, most of them allowed: drawn again if not.
    let few = count <= 32.min(len / 8) && excluded.len() <= len as usize / 2;
    if few && len > 64 {
        let first = out.len();
        while out.len() - first < count as usize {
            let peer = among.get(below(rng, len));
            if allowed(&peer) && !out[first..].contains(&peer) {
                out.push(peer);
            }
        }
        return;
    }
    let mut left = std::mem::take(&mut scratch.left);
    left.extend(among.iter().filter(allowed));
    distinct(Neighbours::Listed(&left), count, None, rng, scratch, out);
    left.clear();
    scratch.left = left;
}

/// Of at most 64: a bit tells who was drawn. Four numbers come from one draw of the
/// stream; there must be `count` that are not `except`.
#[inline]
fn masked(among: Neighbours, count: u32, except: Option<Peer>, rng: &mut Rng, out: &mut Vec<Peer>) {
    // Local, so that it stays in registers.
    let mut stream = rng.clone();
    let mut drawn = except
        .and_then(|peer| among.position(peer))
        .map_or(0, |at| 1u64 << at);
    let (bound, count, first) = (among.len(), count as usize, out.len());
    out.resize(first + count, Peer(0));
    let picked = &mut out[first..];
    let (mut len, mut word, mut lanes) = (0, 0, 0);
    while len < picked.len() {
        if lanes == 0 {
            (word, lanes) = (stream.next_u64(), 4);
        }
        // Lemire's way with 16 bits.
        let product = (word & 0xffff) as u32 * bound;
        (word, lanes) = (word >> 16, lanes - 1);
        let low = product & 0xffff;
        if low < bound && low < (1 << 16) % bound {
            continue;
        }
        // Who was drawn before is overwritten by the next.
        let at = product >> 16;
        picked[len] = among.get(at);
        len += usize::from(drawn >> at & 1 == 0);
        drawn |= 1 << at;
    }
    *rng = stream;
}

/// A few of many: who was drawn is in the list.
#[inline]
fn repeated(
    among: Neighbours,
    count: u32,
    except: Option<Peer>,
    rng: &mut Rng,
    out: &mut Vec<Peer>,
) {
    let mut stream = rng.clone();
    let (len, first) = (among.len(), out.len());
    out.reserve(count as usize);
    while out.len() - first < count as usize {
        let peer = among.get(below(&mut stream, len));
        // Looks at all of them: without a way out in the middle that is a few instructions.
        let drawn = out[first..]
            .iter()
            .fold(false, |drawn, &other| drawn | (other == peer));
        if !drawn && Some(peer) != except {
            out.push(peer);
        }
    }
    *rng = stream;
}

/// Many of many: a shuffle that stops when there are enough.
fn shuffled(
    among: Neighbours,
    count: u32,
    except: Option<Peer>,
    rng: &mut Rng,
    permutation: &mut Vec<u32>,
    out: &mut Vec<Peer>,
) {
    let (mut stream, len) = (rng.clone(), among.len());
    if permutation.len() != len as usize {
        permutation.clear();
        permutation.extend(0..len);
    }
    let (mut left, mut at) = (count, 0);
    while left > 0 {
        permutation.swap(at as usize, (at + below(&mut stream, len - at)) as usize);
        let peer = among.get(permutation[at as usize]);
        if Some(peer) != except {
            out.push(peer);
            left -= 1;
        }
        at += 1;
    }
    *rng = stream;
}

/// Appends each of `among` with this probability, never `except`: jumps over those that
/// are left out, so that it costs what it draws (Batagelj & Brandes, Phys. Rev. E 71
/// (2005) 036113, algorithm 1).
#[inline]
pub fn bernoulli(
    among: Neighbours,
    probability: f64,
    except: Option<Peer>,
    rng: &mut Rng,
    out: &mut Vec<Peer>,
) {
    let len = u64::from(among.len());
    if probability <= 0.0 {
        return;
    }
    let log = (-probability.min(1.0)).ln_1p();
    let mut at = 0u64;
    loop {
        // Uniform on (0, 1], so that the logarithm is finite.
        let uniform = ((rng.next_u64() >> 11) + 1) as f64 * (1.0 / (1u64 << 53) as f64);
        let jump = if probability < 1.0 {
            uniform.ln() / log
        } else {
            0.0
        };
        at = at.saturating_add(jump as u64);
        if at >= len {
            return;
        }
        let peer = among.get(at as u32);
        if Some(peer) != except {
            out.push(peer);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    /// How often each of `len` is drawn in `rounds` draws.
    fn counts(len: u32, rounds: u32, mut draw: impl FnMut(Neighbours, &mut Vec<Peer>)) -> Vec<u32> {
        let me = Peer(len / 2);
        let among = Neighbours::Others {
            but: me,
            size: len + 1,
        };
        let mut counts = vec![0; len as usize + 1];
        let mut out = Vec::new();
        for _ in 0..rounds {
            out.clear();
            draw(among, &mut out);
            let mut seen = out.clone();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), out.len(), "drawn twice");
            out.iter().for_each(|peer| counts[peer.index()] += 1);
        }
        assert_eq!(counts[me.index()], 0, "drew itself");
        counts.remove(me.index());
        counts
    }

    /// Whether counts are as even as chance makes them: the statistic's mean is
    /// `variance` · (len − 1), and six standard deviations are allowed.
    fn assert_even(counts: &[u32], probability: f64, rounds: u32, what: &str) {
        let expected = f64::from(rounds) * probability;
        let variance = expected * (1.0 - probability);
        let sum: f64 = counts
            .iter()
            .map(|&count| (f64::from(count) - expected).powi(2) / variance)
            .sum();
        let len = counts.len() as f64;
        let bound = 6.0 * (2.0 * len).sqrt();
        assert!(
            (sum - len).abs() < bound,
            "{what}: {sum} of {len} ± {bound}"
        );
    }

    #[test]
    fn every_peer_is_drawn_equally_often_whichever_way_it_is_done() {
        let mut rng = Seed(5).rng();
        let mut scratch = Scratch::default();
        for (len, count) in [
            (24, 7),
            (24, 23),
            (64, 3),
            (200, 12),
            (200, 150),
            (1000, 40),
        ] {
            let rounds = 20_000;
            let counts = counts(len, rounds, |among, out| {
                distinct(among, count, None, &mut rng, &mut scratch, out);
                assert_eq!(out.len(), count as usize);
            });
            let probability = f64::from(count) / f64::from(len);
            assert_even(&counts, probability, rounds, &format!("{count} of {len}"));
        }
    }

    #[test]
    fn with_a_probability_each_peer_is_drawn_that_often() {
        let mut rng = Seed(6).rng();
        for (len, probability) in [(24, 0.278), (1000, 0.01145), (10, 0.99), (50, 0.63)] {
            let rounds = 20_000;
            let counts = counts(len, rounds, |among, out| {
                bernoulli(among, probability, None, &mut rng, out);
            });
            assert_even(
                &counts,
                probability,
                rounds,
                &format!("{probability} of {len}"),
            );
        }
    }

    #[test]
    fn who_is_excluded_is_never_drawn_and_the_others_equally_often() {
        let mut rng = Seed(8).rng();
        let mut scratch = Scratch::default();
        for (len, count, excluded) in [(24u32, 4, 15), (24, 7, 20), (200, 12, 60), (200, 3, 190)] {
            let rounds = 20_000;
            // `counts` draws for the node in the middle: the lowest are excluded.
            let without: Vec<Peer> = (0..excluded).map(Peer).collect();
            let there = len - excluded + u32::from(excluded > len / 2);
            let drawn = counts(len, rounds, |among, out| {
                outside(among, count, &without, &mut rng, &mut scratch, out);
                assert_eq!(out.len() as u32, count.min(there));
                assert!(out.iter().all(|peer| peer.0 >= excluded));
            });
            let allowed = &drawn[(len - there) as usize..];
            if count < there {
                let probability = f64::from(count) / f64::from(there);
                assert_even(allowed, probability, rounds, &format!("{count} of {there}"));
            }
        }
    }

    #[test]
    fn all_are_drawn_when_no_more_are_there_and_an_exception_never_is() {
        let mut rng = Seed(7).rng();
        let mut scratch = Scratch::default();
        for len in [3u32, 24, 64, 65, 300] {
            let listed: Vec<Peer> = (0..len).map(Peer).collect();
            let among = Neighbours::Listed(&listed);
            for count in [0, 1, 2, len / 3, len - 2, len - 1, len, len + 5] {
                for except in [None, Some(Peer(1)), Some(Peer(9999))] {
                    let mut out = Vec::new();
                    distinct(among, count, except, &mut rng, &mut scratch, &mut out);
                    let there = len - u32::from(except == Some(Peer(1)));
                    assert_eq!(out.len() as u32, count.min(there));
                    assert!(except.is_none_or(|peer| !out.contains(&peer)));
                    out.clear();
                    bernoulli(among, 1.0, except, &mut rng, &mut out);
                    assert_eq!(out.len() as u32, there);
                    out.clear();
                    bernoulli(among, 0.0, except, &mut rng, &mut out);
                    assert!(out.is_empty());
                }
            }
        }
    }
}
