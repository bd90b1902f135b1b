//! How long a message takes.
//!
//! A [`Latency`] is what people write (`100ms exponential`); a [`Sampler`] is the
//! same with its parameters worked out, so that a draw costs a few nanoseconds.

use std::fmt;
use std::time::Duration;

use rand::distr::Uniform;
use rand_distr::{Distribution, Exp, LogNormal, Normal, Pareto};
use swelkie_nodes::Rng;

use crate::units::{Unit, UnitError, exact_duration, parse_duration};

/// A latency distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// The mean. If it is zero every message takes no time, whatever the shape.
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
    /// Normal with this standard deviation, clipped at 0 (which lifts the mean if
    /// the deviation is large against it).
    Normal {
        /// Standard deviation.
        sd: Duration,
    },
    /// Lognormal with this standard deviation (of the latency, not of its logarithm).
    LogNormal {
        /// Standard deviation.
        sd: Duration,
    },
    /// Pareto with this tail index (> 1), scaled to the mean.
    Pareto {
        /// Tail index.
        alpha: f64,
    },
}

impl Shape {
    /// The names, in the order in which they are documented.
    pub const NAMES: [&'static str; 6] = [
        "constant",
        "uniform",
        "exponential",
        "normal",
        "lognormal",
        "pareto",
    ];

    /// Tail index of a Pareto distribution that names none.
    pub const DEFAULT_ALPHA: f64 = 3.0;

    /// The distribution's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let index = match self {
            Shape::Constant => 0,
            Shape::Uniform => 1,
            Shape::Exponential => 2,
            Shape::Normal { .. } => 3,
            Shape::LogNormal { .. } => 4,
            Shape::Pareto { .. } => 5,
        };
        Self::NAMES[index]
    }

    /// Reads a shape: a name, then `sd=25ms` (normal, lognormal; default a quarter
    /// of the mean) or `alpha=3` (pareto) where wanted. A bare `sd` is in units of `bare`.
    ///
    /// # Errors
    /// If the name is unknown or a parameter is none of the shape or out of range.
    pub fn parse(text: &str, mean: Duration, bare: Option<Unit>) -> Result<Shape, UnitError> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let quarter = mean / 4;
        let alpha = Self::DEFAULT_ALPHA;
        let mut shape = match name {
            "constant" => Shape::Constant,
            "uniform" => Shape::Uniform,
            "exponential" => Shape::Exponential,
            "normal" => Shape::Normal { sd: quarter },
            "lognormal" => Shape::LogNormal { sd: quarter },
            "pareto" => Shape::Pareto { alpha },
            _ => return Err(unknown_shape(name)),
        };
        for word in words {
            shape.set(word, bare)?;
        }
        Ok(shape)
    }

    /// Takes one `key=value`.
    fn set(&mut self, word: &str, bare: Option<Unit>) -> Result<(), UnitError> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match (key, &mut *self) {
            ("sd", Shape::Normal { sd } | Shape::LogNormal { sd }) => {
                *sd = parse_duration(value, bare)?;
            }
            ("alpha", Shape::Pareto { alpha }) => {
                *alpha = parse_alpha(value)?;
            }
            _ => {
                let problem = format!("{word:?} is not a parameter of {}", self.name());
                return Err(UnitError::new(problem, self.parameters(), None));
            }
        }
        Ok(())
    }

    fn parameters(self) -> &'static str {
        match self {
            Shape::Constant | Shape::Uniform | Shape::Exponential => "none",
            Shape::Normal { .. } | Shape::LogNormal { .. } => {
                r#"the standard deviation, such as "sd=25ms""#
            }
            Shape::Pareto { .. } => r#"the tail index, such as "alpha=3""#,
        }
    }
}

fn unknown_shape(name: &str) -> UnitError {
    let near = Shape::NAMES
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 3);
    let suggestion = near.map(|(_, known)| format!("{known:?}"));
    let expected = "constant, uniform, exponential, normal, lognormal or pareto";
    UnitError::new(
        format!("{name:?} is not a distribution"),
        expected,
        suggestion,
    )
}

fn parse_alpha(text: &str) -> Result<f64, UnitError> {
    let alpha = text.parse().ok().filter(|alpha: &f64| alpha.is_finite());
    let expected = "a tail index above 1, such as \"alpha=3\" (at 1 and below there is no mean)";
    alpha
        .filter(|&alpha| alpha > 1.0)
        .ok_or_else(|| UnitError::new(format!("alpha is {text:?}"), expected, None))
}

impl Latency {
    /// No latency.
    pub const ZERO: Latency = Latency::constant(Duration::ZERO);

    /// Always the same.
    #[must_use]
    pub const fn constant(mean: Duration) -> Latency {
        let shape = Shape::Constant;
        Latency { mean, shape }
    }

    /// Exponential with this mean.
    #[must_use]
    pub const fn exponential(mean: Duration) -> Latency {
        let shape = Shape::Exponential;
        Latency { mean, shape }
    }

    /// Reads a latency: the mean, then the shape unless it is constant: `100ms`,
    /// `1.5s exponential`, `100ms normal sd=10ms`, `50ms pareto alpha=2.5`. Bare
    /// numbers are in units of `bare`. What `Display` writes is read back exactly.
    ///
    /// # Errors
    /// If the mean, the distribution's name or a parameter is wrong.
    pub fn parse(text: &str, bare: Option<Unit>) -> Result<Latency, UnitError> {
        let text = text.trim();
        let (mean, shape) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mean = parse_duration(mean, bare)?;
        let shape = match shape.trim() {
            "" => Shape::Constant,
            shape => Shape::parse(shape, mean, bare)?,
        };
        Ok(Latency { mean, shape })
    }

    /// The distribution, ready to be drawn from.
    ///
    /// # Panics
    /// If a Pareto tail index is not above 1 (the parsers refuse it).
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        let mean = self.mean.as_nanos() as f64;
        let constant = Sampler::Constant(self.mean.as_nanos().try_into().unwrap_or(u64::MAX));
        if self.mean.is_zero() {
            return constant;
        }
        match self.shape {
            Shape::Constant => constant,
            Shape::Uniform => {
                let high = u64::try_from(2 * self.mean.as_nanos()).unwrap_or(u64::MAX);
                Sampler::Uniform(Uniform::new_inclusive(0, high).expect("0 is not above high"))
            }
            Shape::Exponential => Sampler::Exponential(Exp::new(1.0 / mean).expect("mean > 0")),
            Shape::Normal { sd } | Shape::LogNormal { sd } if sd.is_zero() => constant,
            Shape::Normal { sd } => {
                let sd = sd.as_nanos() as f64;
                Sampler::Normal(Normal::new(mean, sd).expect("finite"))
            }
            Shape::LogNormal { sd } => {
                // sd² = (e^σ² − 1)·mean² and mean = e^(μ + σ²/2).
                let ratio = sd.as_nanos() as f64 / mean;
                let variance = (ratio * ratio).ln_1p();
                let mu = mean.ln() - variance / 2.0;
                Sampler::LogNormal(LogNormal::new(mu, variance.sqrt()).expect("finite"))
            }
            Shape::Pareto { alpha } => {
                assert!(alpha > 1.0, "a Pareto latency has alpha > 1, not {alpha}");
                // mean = scale·α/(α − 1).
                let scale = mean * (alpha - 1.0) / alpha;
                Sampler::Pareto(Pareto::new(scale, alpha).expect("scale > 0"))
            }
        }
    }
}

impl fmt::Display for Latency {
    /// `100ms`, `100ms exponential`, `100ms normal sd=25ms`, `100ms pareto alpha=3`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&exact_duration(self.mean))?;
        match self.shape {
            Shape::Constant => Ok(()),
            shape @ (Shape::Uniform | Shape::Exponential) => write!(f, " {}", shape.name()),
            shape @ (Shape::Normal { sd } | Shape::LogNormal { sd }) => {
                write!(f, " {} sd={}", shape.name(), exact_duration(sd))
            }
            shape @ Shape::Pareto { alpha } => write!(f, " {} alpha={alpha}", shape.name()),
        }
    }
}

/// A [`Latency`] with its parameters worked out; see [`Latency::sampler`].
#[derive(Clone, Copy, Debug)]
pub enum Sampler {
    /// Always this many nanoseconds; draws nothing from the stream.
    Constant(u64),
    /// Integers from 0 to twice the mean.
    Uniform(Uniform<u64>),
    /// By rate.
    Exponential(Exp<f64>),
    /// Clipped at 0 when drawn.
    Normal(Normal<f64>),
    /// By mean and deviation of the logarithm.
    LogNormal(LogNormal<f64>),
    /// By scale and tail index.
    Pareto(Pareto<f64>),
}

impl Sampler {
    /// Draws a latency in nanoseconds. Fractions of one are cut off, what does not
    /// fit is `u64::MAX`.
    #[inline]
    pub fn sample(&self, rng: &mut Rng) -> u64 {
        // Casting saturates: a negative normal draw becomes 0.
        match self {
            Sampler::Constant(nanos) => *nanos,
            Sampler::Uniform(uniform) => uniform.sample(rng),
            Sampler::Exponential(exponential) => exponential.sample(rng) as u64,
            Sampler::Normal(normal) => normal.sample(rng) as u64,
            Sampler::LogNormal(lognormal) => lognormal.sample(rng) as u64,
            Sampler::Pareto(pareto) => pareto.sample(rng) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swelkie_nodes::Seed;

    const DRAWS: usize = 400_000;

    /// Draws in milliseconds, ascending.
    fn draws(text: &str) -> Vec<f64> {
        let sampler = Latency::parse(text, None).unwrap().sampler();
        let mut rng = Seed(7).fork(text);
        let mut draws: Vec<f64> = (0..DRAWS)
            .map(|_| sampler.sample(&mut rng) as f64 / 1e6)
            .collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    fn mean_and_sd(draws: &[f64]) -> (f64, f64) {
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance.sqrt())
    }

    /// Every decile must be passed by as many draws as theory says, within 5 sigma.
    fn assert_deciles(text: &str, quantile: impl Fn(f64) -> f64) {
        let draws = draws(text);
        for tenth in 1..10 {
            let p = f64::from(tenth) / 10.0;
            let below = draws.partition_point(|&x| x <= quantile(p)) as f64 / DRAWS as f64;
            let sigma = (p * (1.0 - p) / DRAWS as f64).sqrt();
            assert!(
                (below - p).abs() < 5.0 * sigma,
                "{text}: {below} of the draws below the {p} quantile"
            );
        }
    }

    /// Mean within 5 sigma, sd within `tolerance` of theory.
    fn assert_moments(text: &str, mean: f64, sd: f64, tolerance: f64) {
        let (m, s) = mean_and_sd(&draws(text));
        let sigma = sd / (DRAWS as f64).sqrt();
        assert!(
            (m - mean).abs() < 5.0 * sigma + 1e-6,
            "{text}: mean {m}, not {mean}"
        );
        assert!((s / sd - 1.0).abs() < tolerance, "{text}: sd {s}, not {sd}");
    }

    /// Quantiles of the standard normal at 0.1 … 0.9.
    fn normal_quantile(p: f64) -> f64 {
        let upper = [0.0, 0.253_347, 0.524_401, 0.841_621, 1.281_552];
        let tenth = (p * 10.0).round() as i32 - 5;
        upper[tenth.unsigned_abs() as usize] * f64::from(tenth.signum())
    }

    #[test]
    fn every_distribution_has_the_quantiles_of_theory() {
        assert_deciles("100ms uniform", |p| 200.0 * p);
        assert_deciles("100ms exponential", |p| -100.0 * (1.0 - p).ln());
        assert_deciles("100ms normal sd=20ms", |p| {
            100.0 + 20.0 * normal_quantile(p)
        });
        let variance: f64 = 1.25f64.ln(); // sd is half of the mean
        assert_deciles("100ms lognormal sd=50ms", |p| {
            (100f64.ln() - variance / 2.0 + variance.sqrt() * normal_quantile(p)).exp()
        });
        assert_deciles("100ms pareto alpha=2.5", |p| {
            60.0 * (1.0 - p).powf(-1.0 / 2.5)
        });
    }

    #[test]
    fn every_distribution_has_the_mean_and_deviation_of_theory() {
        assert_moments("100ms uniform", 100.0, 200.0 / 12f64.sqrt(), 0.01);
        assert_moments("100ms exponential", 100.0, 100.0, 0.01);
        assert_moments("100ms normal", 100.0, 25.0, 0.01);
        assert_moments("100ms lognormal", 100.0, 25.0, 0.01);
        assert_moments("100ms lognormal sd=100ms", 100.0, 100.0, 0.03);
        // With alpha 5: sd = scale/(α − 1)·√(α/(α − 2)), scale = 80 ms.
        assert_moments(
            "100ms pareto alpha=5",
            100.0,
            20.0 * (5f64 / 3.0).sqrt(),
            0.05,
        );
        // The default, alpha 3: the variance is there, but its estimate is not stable.
        assert_moments("100ms pareto", 100.0, 200.0 / 3.0 / 2.0 * 3f64.sqrt(), 0.3);
    }

    #[test]
    fn a_constant_latency_is_constant_and_draws_nothing() {
        let sampler = Latency::constant(Duration::from_nanos(1_234_567)).sampler();
        let mut rng = Seed(1).rng();
        let before = rng.clone();
        assert_eq!(sampler.sample(&mut rng), 1_234_567);
        assert_eq!(rng, before);
    }

    #[test]
    fn a_zero_mean_is_no_latency_for_every_shape() {
        let mut rng = Seed(1).rng();
        for name in Shape::NAMES {
            let sampler = Latency::parse(&format!("0s {name}"), None)
                .unwrap()
                .sampler();
            assert!((0..1000).all(|_| sampler.sample(&mut rng) == 0), "{name}");
        }
        let latency = Latency::parse("0s normal sd=10ms", None).unwrap();
        assert!((0..1000).all(|_| latency.sampler().sample(&mut rng) == 0));
    }

    #[test]
    fn a_normal_latency_is_clipped_at_zero() {
        let draws = draws("1ms normal sd=1ms");
        let zeros = draws.partition_point(|&x| x == 0.0) as f64 / DRAWS as f64;
        assert!(
            (zeros - 0.158_655).abs() < 0.003,
            "{zeros} of the draws are 0"
        );
    }

    #[test]
    fn latencies_are_written_as_they_are_read() {
        for text in [
            "0s",
            "100ms",
            "1.5s uniform",
            "250us exponential",
            "100ms normal sd=25ms",
            "100ms lognormal sd=7.25ms",
            "2s pareto alpha=3",
            "2s pareto alpha=1.0001",
        ] {
            let latency = Latency::parse(text, None).unwrap();
            assert_eq!(latency.to_string(), text);
        }
        let ms = Some(Unit::Millis);
        let parsed = Latency::parse("  100  normal   sd=1.5 ", ms).unwrap();
        assert_eq!(parsed.to_string(), "100ms normal sd=1.5ms");
        assert_eq!(
            Latency::parse("100 normal", ms).unwrap().to_string(),
            "100ms normal sd=25ms"
        );
        assert_eq!(
            Latency::parse("100 pareto", ms).unwrap().to_string(),
            "100ms pareto alpha=3"
        );
    }

    #[test]
    fn wrong_latencies_are_explained() {
        for (text, message) in [
            (
                "100ms exponentail",
                "\"exponentail\" is not a distribution; expected constant, uniform, exponential, \
                 normal, lognormal or pareto; did you mean \"exponential\"?",
            ),
            (
                "100ms zipf",
                "\"zipf\" is not a distribution; expected constant, uniform, exponential, normal, \
                 lognormal or pareto",
            ),
            (
                "100ms uniform sd=1ms",
                "\"sd=1ms\" is not a parameter of uniform; expected none",
            ),
            (
                "100ms pareto alpha=1",
                "alpha is \"1\"; expected a tail index above 1, such as \"alpha=3\" (at 1 and \
                 below there is no mean)",
            ),
        ] {
            let error = Latency::parse(text, None).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert!(Latency::parse("100", None).is_err());
        assert!(Latency::parse("100ms normal sd=3", None).is_err());
    }
}
