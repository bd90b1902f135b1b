//! Discrete distributions as runs of probabilities, pruned where they no longer matter.

use crate::lab::interval::binomial::ln_pmf;

/// What is less likely than this times the likeliest is left out: all that is left out
/// together changes no result by 10⁻¹².
const NEGLIGIBLE: f64 = 1e-20;

/// Probabilities of `first`, `first + 1`, …
#[derive(Clone, Debug, PartialEq)]
pub struct Pmf {
    pub first: usize,
    pub weights: Vec<f64>,
}

impl Pmf {
    /// Certainty.
    pub fn certain(value: usize) -> Pmf {
        Pmf {
            first: value,
            weights: vec![1.0],
        }
    }

    /// Values and their probabilities.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        (self.first..).zip(self.weights.iter().copied())
    }

    /// Grows from the likeliest value to both sides by the ratio of neighbours,
    /// `ratio(k)` = P(k + 1) / P(k), so that nothing cancels.
    fn around(
        mode: usize,
        at_mode: f64,
        range: (usize, usize),
        ratio: impl Fn(usize) -> f64,
    ) -> Pmf {
        let floor = at_mode * NEGLIGIBLE;
        let mut below = Vec::new();
        let (mut k, mut weight) = (mode, at_mode);
        while k > range.0 {
            weight /= ratio(k - 1);
            if weight < floor {
                break;
            }
            k -= 1;
            below.push(weight);
        }
        below.reverse();
        let mut weights = below;
        weights.push(at_mode);
        let (mut up, mut weight) = (mode, at_mode);
        while up < range.1 {
            weight *= ratio(up);
            if weight < floor {
                break;
            }
            up += 1;
            weights.push(weight);
        }
        Pmf { first: k, weights }
    }

    /// Successes among `n` with probability `p` each.
    pub fn binomial(n: usize, p: f64) -> Pmf {
        if p <= 0.0 || n == 0 {
            return Pmf::certain(0);
        }
        if p >= 1.0 {
            return Pmf::certain(n);
        }
        let mode = (((n + 1) as f64 * p) as usize).min(n);
        let at_mode = ln_pmf(mode as u64, n as u64, p).exp();
        let odds = p / (1.0 - p);
        Pmf::around(mode, at_mode, (0, n), |k| {
            (n - k) as f64 / (k + 1) as f64 * odds
        })
    }

    /// Marked ones among `drawn` of `all` of which `marked` are marked.
    pub fn hypergeometric(all: usize, marked: usize, drawn: usize) -> Pmf {
        let least = (marked + drawn).saturating_sub(all);
        let most = marked.min(drawn);
        if least == most {
            return Pmf::certain(least);
        }
        let mode = ((marked + 1) as f64 * (drawn + 1) as f64 / (all + 2) as f64) as usize;
        let mode = mode.clamp(least, most);
        let share = drawn as f64 / all as f64;
        let plain = |k: usize, n: usize| ln_pmf(k as u64, n as u64, share);
        let at_mode = plain(mode, marked) + plain(drawn - mode, all - marked) - plain(drawn, all);
        Pmf::around(mode, at_mode.exp(), (least, most), |k| {
            let up = (marked - k) as f64 * (drawn - k) as f64;
            up / ((k + 1) as f64 * (all + k + 1 - marked - drawn) as f64)
        })
    }

    /// Negligible ends cut off.
    pub fn pruned(mut self) -> Pmf {
        let floor = self.weights.iter().copied().fold(0.0, f64::max) * NEGLIGIBLE;
        while self.weights.last().is_some_and(|weight| *weight < floor) {
            self.weights.pop();
        }
        let leading = self
            .weights
            .iter()
            .take_while(|weight| **weight < floor)
            .count();
        self.weights.drain(..leading);
        self.first += leading;
        self
    }
}
