//! Bare loops: one broadcast by random sampling and nothing else, written by hand for
//! each case. What they cost is what the problem costs.

use rand::Rng as _;
use rand_distr::{Distribution, Exp};
use swelkie_nodes::{Rng, Seed};

/// A number below `bound`.
fn below(rng: &mut Rng, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// Draws `fanout` different nodes that are not `me`.
fn sample(rng: &mut Rng, nodes: u32, fanout: usize, me: u32, out: &mut Vec<u32>) {
    out.clear();
    while out.len() < fanout {
        let at = below(rng, nodes - 1);
        let peer = at + u32::from(at >= me);
        if !out.contains(&peer) {
            out.push(peer);
        }
    }
}

/// In rounds, on lists of who heard it last; returns how many were reached.
pub fn rounds(nodes: u32, fanout: usize, seed: u64) -> u32 {
    let mut rng = Seed(seed).rng();
    let mut known = vec![0u64; nodes.div_ceil(64) as usize];
    known[0] = 1;
    let (mut now, mut next, mut dests) = (vec![0u32], Vec::new(), Vec::new());
    let mut reached = 1;
    while !now.is_empty() {
        for &node in &now {
            sample(&mut rng, nodes, fanout, node, &mut dests);
            for &dest in &dests {
                let (word, mask) = (&mut known[dest as usize / 64], 1 << (dest % 64));
                if *word & mask == 0 {
                    *word |= mask;
                    next.push(dest);
                }
            }
        }
        reached += next.len() as u32;
        std::mem::swap(&mut now, &mut next);
        next.clear();
    }
    reached
}

/// With exponential latency, every delivery an event, on a hand-made calendar queue.
pub fn exponential(nodes: u32, fanout: usize, seed: u64) -> u32 {
    const DAYS: usize = 4096;
    let mut rng = Seed(seed).rng();
    let latency = Exp::new(1e-8f64).expect("above 0"); // 100 ms
    let shift = (100_000_000u64 / 256).ilog2();
    let mut days: Vec<Vec<(u64, u32)>> = vec![Vec::new(); DAYS];
    let mut known = vec![0u64; nodes.div_ceil(64) as usize];
    known[0] = 1;
    let (mut reached, mut waiting, mut dests) = (1, 0u64, Vec::new());
    let mut today: Vec<(u64, u32)> = Vec::new();
    let mut day = 0u64;
    let (mut at, mut now, mut node) = (0, 0u64, 0u32);
    loop {
        // `node` has just heard it.
        sample(&mut rng, nodes, fanout, node, &mut dests);
        for &dest in &dests {
            let due = now + latency.sample(&mut rng) as u64;
            // Further than a year away is taken for a year: one in e^16.
            let that = (due >> shift).min(day + DAYS as u64 - 1);
            waiting += 1;
            if that == day {
                let place = at + today[at..].partition_point(|&(other, _)| other <= due);
                today.insert(place, (due, dest));
            } else {
                days[that as usize % DAYS].push((due, dest));
            }
        }
        loop {
            if waiting == 0 {
                return reached;
            }
            if at == today.len() {
                day += 1;
                today.clear();
                today.append(&mut days[day as usize % DAYS]);
                today.sort_unstable();
                at = 0;
                continue;
            }
            let (due, dest) = today[at];
            at += 1;
            waiting -= 1;
            let (word, mask) = (&mut known[dest as usize / 64], 1 << (dest % 64));
            if *word & mask == 0 {
                *word |= mask;
                reached += 1;
                (now, node) = (due, dest);
                break;
            }
        }
    }
}

/// Up to 32 nodes in rounds, everything a bit mask.
pub fn small_rounds(nodes: u32, fanout: u32, rng: &mut Rng) -> u32 {
    let (mut known, mut now) = (1u32, 1u32);
    while now != 0 {
        let mut next = 0u32;
        while now != 0 {
            let node = now.trailing_zeros();
            now &= now - 1;
            let mut drawn = 1u32 << node;
            let mut left = fanout;
            while left > 0 {
                let mask = 1 << below(rng, nodes);
                left -= u32::from(drawn & mask == 0);
                drawn |= mask;
            }
            next |= drawn;
        }
        next &= !known;
        known |= next;
        now = next;
    }
    known.count_ones()
}

/// Up to 32 nodes with exponential latency, every delivery an event, on a binary heap.
pub fn small_exponential(
    nodes: u32,
    fanout: u32,
    rng: &mut Rng,
    heap: &mut std::collections::BinaryHeap<std::cmp::Reverse<u64>>,
) -> u32 {
    let latency = Exp::new(1e-8f64).expect("above 0");
    let mut known = 1u32;
    let (mut node, mut now) = (0, 0u64);
    loop {
        let mut drawn = 1u32 << node;
        let mut left = fanout;
        while left > 0 {
            let dest = below(rng, nodes);
            if drawn & (1 << dest) == 0 {
                drawn |= 1 << dest;
                left -= 1;
                let due = now + latency.sample(rng) as u64;
                heap.push(std::cmp::Reverse(due << 5 | u64::from(dest)));
            }
        }
        loop {
            let Some(std::cmp::Reverse(next)) = heap.pop() else {
                return known.count_ones();
            };
            let dest = (next & 31) as u32;
            if known & (1 << dest) == 0 {
                known |= 1 << dest;
                (node, now) = (dest, next >> 5);
                break;
            }
        }
    }
}
