//! How long a message takes.

use std::time::Duration;

/// A latency distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// The mean.
    pub mean: Duration,
    /// The shape around the mean.
    pub shape: Shape,
}

/// The shape of a latency distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Always the mean.
    Constant,
    /// Uniform on 0…2·mean.
    Uniform,
    /// Exponential.
    Exponential,
    /// Normal with this standard deviation, clipped at 0.
    Normal {
        /// Standard deviation.
        sd: Duration,
    },
    /// Lognormal with this standard deviation (of the latency, not of its logarithm).
    LogNormal {
        /// Standard deviation.
        sd: Duration,
    },
    /// Pareto with this tail index (> 1).
    Pareto {
        /// Tail index.
        alpha: f64,
    },
}
