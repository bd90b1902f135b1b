//! Formulas for large n: coverage, P(everybody), thresholds.

use std::f64::consts::E;

/// P(everybody is reached) on a complete graph of `n` nodes, each of which sends to each
/// other with probability `p`, fixed fan-out f being `p` = f / (n − 1):
/// exp(−(n−1)(1−p)ⁿ⁻¹), the Poisson law of the number of nodes that nobody sends to.
///
/// P. Erdős and A. Rényi, "On random graphs I", Publ. Math. Debrecen 6 (1959), p. 290; for gossip
/// A.-M. Kermarrec, L. Massoulié, A. Ganesh, "Probabilistic reliable dissemination in
/// large-scale systems", IEEE TPDS 14 (2003), theorem 1.
#[must_use]
pub fn everybody(n: u64, p: f64) -> f64 {
    let others = n.saturating_sub(1) as f64;
    if others < 1.0 {
        return 1.0;
    }
    (-others * (others * (-p.min(1.0)).ln_1p()).exp()).exp()
}

/// The `p` at which [`everybody`] is `target`.
#[must_use]
pub fn probability_for(n: u64, target: f64) -> f64 {
    let others = n.saturating_sub(1) as f64;
    if others < 1.0 {
        return 0.0;
    }
    let missed = ((-target.ln()) / others).ln() / others;
    (-missed.exp_m1()).clamp(0.0, 1.0)
}

/// The c of "a mean fan-out of ln n + c": −ln(−ln P), 4.60 for P = .99.
///
/// Kermarrec, Massoulié, Ganesh 2003, theorem 1: P → exp(−e⁻ᶜ).
#[must_use]
pub fn surplus(target: f64) -> f64 {
    -(-target.ln()).ln()
}

/// The limit of P(everybody) at mean fan-out ln n + `surplus`.
#[must_use]
pub fn everybody_at_surplus(surplus: f64) -> f64 {
    (-(-surplus).exp()).exp()
}

/// The share of nodes that a broadcast reaches which does not die at once:
/// the largest root of π = 1 − e^(−fπ); 0 up to a mean fan-out of 1.
///
/// Kermarrec, Massoulié, Ganesh 2003, section 3; the giant component of Erdős and Rényi.
#[must_use]
pub fn coverage(fanout: f64) -> f64 {
    if fanout <= 1.0 {
        return 0.0;
    }
    root(1e-12, 1.0, |share| share + (-fanout * share).exp_m1())
}

/// Of n nodes the share that n messages to uniform ones reach: 1 − 1/e, the famous 63 %,
/// which says nothing about reaching everybody.
#[must_use]
pub fn covered_by_one_each() -> f64 {
    1.0 - 1.0 / E
}

/// Of `n` nodes the share that `messages` to uniform ones (the sender among them) reach.
#[must_use]
pub fn covered_by(messages: u64, n: u64) -> f64 {
    -(messages as f64 * (-1.0 / n as f64).ln_1p()).exp_m1()
}

/// P(everybody) by flooding over symmetric random neighbourhoods: each of `n` nodes picks `picks`
/// others once, links work both ways, and a message is lost with probability `loss`. A node
/// is missed if all its picks' messages are lost, and those of all who picked it (Poisson
/// many): probability ε^k e^(−k(1−ε)) each; for k ≥ 2 nothing else keeps anybody apart.
///
/// T. Fenner and A. Frieze, "On the connectivity of random m-orientable graphs and
/// digraphs", Combinatorica 2 (1982), p. 347: without loss connected from k = 2 on.
#[must_use]
pub fn everybody_by_symmetric_picks(n: u64, picks: u32, loss: f64) -> f64 {
    let k = f64::from(picks);
    let missed = loss.powf(k) * (-k * (1.0 - loss)).exp();
    (-(n as f64) * missed).exp()
}

/// Messages per node of that flood for large n: k links per node each carry two messages, less
/// the one that is not sent back to whom a node has it from.
#[must_use]
pub fn messages_by_symmetric_picks(picks: u32) -> f64 {
    2.0 * f64::from(picks) - 1.0
}

/// The root of an increasing function between `low`, where it is negative, and `high`.
pub(super) fn root(low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
