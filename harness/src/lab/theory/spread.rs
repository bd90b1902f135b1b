//! One infect-and-die broadcast on a complete graph, exactly.
//!
//! Every informed node forwards once, and *when* it does changes nothing about who is
//! reached in the end. So let them forward one after another, in any order: all that
//! matters is how many are informed (i) and how many of those have forwarded (j).
//!
//! ```text
//!   i  n ┤          ·······x   everybody
//!        │      ····  /
//!        │   ···    /          each forwarder j informs some of the n − i others;
//!        │ ··     /            the broadcast is over where i meets j
//!        │·     /
//!      1 ┤·   /
//!        └────────────────► j
//! ```
//!
//! A Markov chain with positive terms only, so nothing cancels; Gilbert's recursion
//! (Ann. Math. Statist. 30 (1959), p. 1141), which it equals, subtracts sums from 1 and drowns in
//! rounding where P(everybody) is small. The steps are n times the width of the distribution
//! times the fan-out: milliseconds at n = 1,000, seconds at 10,000.

use super::Forwarding;
use super::pmf::Pmf;

/// How far a broadcast gets, the source counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    sizes: Vec<f64>,
}

impl Reached {
    /// P(exactly `nodes` are reached).
    #[must_use]
    pub fn exactly(&self, nodes: usize) -> f64 {
        self.sizes.get(nodes).copied().unwrap_or(0.0)
    }

    /// P(everybody is reached).
    #[must_use]
    pub fn everybody(&self) -> f64 {
        self.sizes.last().copied().unwrap_or(1.0)
    }

    /// The expected share of nodes reached.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        let nodes: f64 = (0..)
            .zip(&self.sizes)
            .map(|(size, p)| f64::from(size) * p)
            .sum();
        nodes / (self.sizes.len() - 1) as f64
    }
}

/// The distribution of the number of nodes reached among `n` ≥ 1, each message lost with
/// probability `loss`.
///
/// # Panics
/// If `n` is 0.
#[must_use]
pub fn reached(n: usize, forwarding: Forwarding, loss: f64) -> Reached {
    assert!(n > 0, "a broadcast has a source");
    let mut sizes = vec![0.0; n + 1];
    let mut gains: Vec<Option<Pmf>> = vec![None; n];
    // Informed, and probability, while somebody has yet to forward and somebody to hear.
    let mut active = Pmf::certain(1);
    if n == 1 {
        sizes[1] = 1.0;
        return Reached { sizes };
    }
    for forwarded in 0..n {
        if active.first == forwarded && !active.weights.is_empty() {
            sizes[forwarded] += active.weights.remove(0);
            active.first += 1;
        }
        if active.weights.is_empty() {
            break;
        }
        let mut next = vec![0.0; n + 1 - active.first];
        for (informed, weight) in active.iter() {
            let gain = gains[informed].get_or_insert_with(|| gain(n, informed, forwarding, loss));
            for (new, p) in gain.iter() {
                next[informed + new - active.first] += weight * p;
            }
        }
        sizes[n] += next.pop().expect("it has a place for everybody");
        active.weights = next;
        active = active.pruned();
    }
    Reached { sizes }
}

/// How many of the `n − informed` others hear of the message from one forwarder.
fn gain(n: usize, informed: usize, forwarding: Forwarding, loss: f64) -> Pmf {
    match forwarding {
        Forwarding::Bernoulli(p) => Pmf::binomial(n - informed, p * (1.0 - loss)),
        Forwarding::Fixed(fanout) => {
            let fanout = usize::try_from(fanout).unwrap_or(usize::MAX).min(n - 1);
            sampled(n - 1, n - informed, fanout, loss)
        }
    }
}

/// Of `fanout` different ones among `others` those that are `ignorant` and not lost: what
/// arrives is a uniform sample too, of binomial size.
fn sampled(others: usize, ignorant: usize, fanout: usize, loss: f64) -> Pmf {
    if loss <= 0.0 {
        return Pmf::hypergeometric(others, ignorant, fanout);
    }
    let mut weights = vec![0.0; fanout.min(ignorant) + 1];
    for (arriving, weight) in Pmf::binomial(fanout, 1.0 - loss).iter() {
        for (new, p) in Pmf::hypergeometric(others, ignorant, arriving).iter() {
            weights[new] += weight * p;
        }
    }
    Pmf { first: 0, weights }.pruned()
}
