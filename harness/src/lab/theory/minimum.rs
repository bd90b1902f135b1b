//! The smallest parameter that reaches everybody with a given probability.

use super::limits;
use super::spread::reached;
use super::{Forwarding, Method};

/// Up to this many nodes P(everybody) is computed exactly.
pub const EXACT: u64 = 10_000;

/// A threshold by theory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold<T> {
    /// The smallest parameter that reaches the target.
    pub value: T,
    /// P(everybody) there.
    pub probability: f64,
    /// How it was computed.
    pub method: Method,
}

/// P(everybody is reached) by one infect-and-die broadcast on a complete graph of `n` nodes,
/// each message lost with probability `loss`: exact up to [`EXACT`] nodes.
#[must_use]
pub fn everybody(n: u64, forwarding: Forwarding, loss: f64) -> (f64, Method) {
    match usize::try_from(n) {
        Ok(nodes) if n <= EXACT => (reached(nodes, forwarding, loss).everybody(), Method::Exact),
        _ => {
            let p = per_neighbour(n, forwarding) * (1.0 - loss);
            (limits::everybody(n, p), Method::Approximate)
        }
    }
}

/// The smallest fixed fan-out at which everybody is reached with probability `target`;
/// `None` if not even telling all others does it (loss).
#[must_use]
pub fn threshold_fixed(n: u64, target: f64, loss: f64) -> Option<Threshold<u64>> {
    let others = n.saturating_sub(1);
    let at = |fanout| everybody(n, Forwarding::Fixed(fanout), loss);
    // The formula is a step off at most; from there on by exact values alone.
    let mut fanout = formula_fanout(n, target, loss);
    while fanout > 0 && at(fanout - 1).0 >= target {
        fanout -= 1;
    }
    loop {
        let (probability, method) = at(fanout);
        if probability >= target {
            return Some(Threshold {
                value: fanout,
                probability,
                method,
            });
        }
        if fanout >= others {
            return None;
        }
        fanout += 1;
    }
}

/// The probability per neighbour at which everybody is reached with probability `target`, to
/// nine digits; `None` if not even telling all others does it (loss).
#[must_use]
pub fn threshold_bernoulli(n: u64, target: f64, loss: f64) -> Option<Threshold<f64>> {
    let at = |p| everybody(n, Forwarding::Bernoulli(p), loss);
    let (all, method) = at(1.0);
    if all < target {
        return None;
    }
    // −ln(−ln P) is nearly linear in p: the secant takes a handful of steps.
    let excess = |p: f64| limits::surplus(at(p).0) - limits::surplus(target);
    let guess = (limits::probability_for(n, target) / (1.0 - loss)).min(1.0);
    let value = secant(guess, guess * 0.98, excess).clamp(0.0, 1.0);
    Some(Threshold {
        value,
        probability: at(value).0,
        method,
    })
}

/// The probability that a given neighbour is among those a node sends to.
fn per_neighbour(n: u64, forwarding: Forwarding) -> f64 {
    match forwarding {
        Forwarding::Bernoulli(p) => p,
        Forwarding::Fixed(fanout) => (fanout as f64 / n.saturating_sub(1).max(1) as f64).min(1.0),
    }
}

fn formula_fanout(n: u64, target: f64, loss: f64) -> u64 {
    let others = n.saturating_sub(1);
    let fanout = limits::probability_for(n, target) / (1.0 - loss) * others as f64;
    (fanout.ceil() as u64).min(others)
}

/// The root of an increasing function near `a` and `b`, which must not be equal.
fn secant(a: f64, b: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (a, b);
    let (mut at_a, mut at_b) = (function(a), function(b));
    for _ in 0..60 {
        let step = at_b * (b - a) / (at_b - at_a);
        if !step.is_finite() {
            break;
        }
        (a, at_a) = (b, at_b);
        b = (b - step).clamp(b / 2.0, f64::midpoint(b, 1.0));
        if (b - a).abs() <= 1e-10 * b {
            break;
        }
        at_b = function(b);
    }
    b
}
