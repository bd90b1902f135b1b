//! What theory says, to stand beside what the laboratory measures.
//!
//! Every function names its source; what is called exact is computed without
//! approximation, to ten digits or more, independently of any simulation.
//!
//! - [`everybody`], [`threshold_fixed`], [`threshold_bernoulli`]: the columns beside measured
//!   thresholds, exact where that is affordable, else by the formula, and saying which.
//! - [`spread`]: one infect-and-die broadcast on a complete graph, exactly.
//! - [`limits`]: the formulas for large n.
//! - [`rounds`]: rounds until everybody knows, exactly.
//! - [`rumor`]: Demers' epidemics and anti-entropy.
//! - [`sparse`]: percolation on grids, trees and other narrow graphs, exactly.

pub mod limits;
mod minimum;
mod pmf;
pub mod rounds;
pub mod rumor;
pub mod sparse;
pub mod spread;

#[cfg(test)]
mod tests;

pub use minimum::{EXACT, Threshold, everybody, threshold_bernoulli, threshold_fixed};

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
    /// Computed without approximation.
    Exact,
    /// From a formula for large n.
    Approximate,
}
