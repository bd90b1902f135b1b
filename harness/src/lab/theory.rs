//! Theory.

/// How a node that hears of a message for the first time forwards it, once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Forwarding {
    /// To a random sample of so many of the n − 1 others (all of them if there are fewer).
    Fixed(u64),
    /// To each of the n − 1 others with this probability, independently.
    Bernoulli(f64),
}

/// Where a theoretical value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Computed without approximation, to about ten digits.
    Exact,
    /// From the formula for large n.
    Approximate,
}

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
/// each message lost with probability `loss`.
#[must_use]
pub fn everybody(n: u64, forwarding: Forwarding, loss: f64) -> (f64, Method) {
    todo!("{n} {forwarding:?} {loss}")
}

/// The smallest fixed fan-out at which everybody is reached with probability `target`;
/// `None` if not even telling all others does it (loss).
#[must_use]
pub fn threshold_fixed(n: u64, target: f64, loss: f64) -> Option<Threshold<u64>> {
    todo!("{n} {target} {loss}")
}

/// The probability per neighbour at which everybody is reached with probability `target`;
/// `None` if not even telling all others does it (loss).
#[must_use]
pub fn threshold_bernoulli(n: u64, target: f64, loss: f64) -> Option<Threshold<f64>> {
    todo!("{n} {target} {loss}")
}
