//! Which test belongs to which figure, and what many tests at once do to p-values.

use serde::Serialize;

use super::samples::Samples;
use super::{ranks, shares};

/// A test of one figure of two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// `mann-whitney`, `fisher`, `quantile`.
    pub method: &'static str,
    /// How probable a difference at least as large is by chance alone.
    pub p: f64,
    /// The same, corrected for all tests of the comparison.
    pub adjusted_p: f64,
    /// How large the difference is, for methods that say so.
    pub effect: Option<Effect>,
    /// How many values of the first and the second run were compared.
    pub sizes: (usize, usize),
}

/// The size of a difference: in the unit of the figure, for shares as a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The best guess.
    pub value: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Fewer values say nothing that the figures do not say.
const LEAST: usize = 8;
/// As many values must lie beyond a quantile for it to be compared.
const BEYOND: f64 = 10.0;

/// The test of a figure; none where raw data are missing or too few.
pub(super) fn test(name: &str, first: &Samples, second: &Samples) -> Option<Test> {
    if let (Some(&one), Some(&other)) = (first.shares.get(name), second.shares.get(name)) {
        let sizes = (one.1 as usize, other.1 as usize);
        let found = enough(sizes)
            .then(|| shares::compare(one, other))
            .flatten()?;
        let effect = effect(found.change, found.interval);
        return Some(fresh("fisher", found.p, Some(effect), sizes));
    }
    if let (Some(one), Some(other)) = (first.parts.get(name), second.parts.get(name)) {
        return by_ranks(one, other);
    }
    let (family, quantile) = name.rsplit_once('.')?;
    let (one, other) = (first.times.get(family)?, second.times.get(family)?);
    match quantile {
        "p50" => by_ranks(one, other),
        "p95" => by_quantile(one, other, 0.95),
        "p99" => by_quantile(one, other, 0.99),
        _ => None,
    }
}

fn enough(sizes: (usize, usize)) -> bool {
    sizes.0 >= LEAST && sizes.1 >= LEAST
}

fn fresh(method: &'static str, p: f64, effect: Option<Effect>, sizes: (usize, usize)) -> Test {
    Test {
        method,
        p,
        adjusted_p: p,
        effect,
        sizes,
    }
}

fn effect(value: f64, (low, high): (f64, f64)) -> Effect {
    Effect { value, low, high }
}

fn by_ranks(one: &[f64], other: &[f64]) -> Option<Test> {
    let sizes = (one.len(), other.len());
    let ranks = enough(sizes)
        .then(|| ranks::compare(one, other))
        .flatten()?;
    let effect = effect(ranks.shift, ranks.interval);
    Some(fresh("mann-whitney", ranks.p, Some(effect), sizes))
}

/// Mood's median test for another quantile: if both samples are alike, each has its share
/// of what lies above the quantile of both together.
fn by_quantile(one: &[f64], other: &[f64], q: f64) -> Option<Test> {
    let sizes = (one.len(), other.len());
    let mut all = [one, other].concat();
    if !enough(sizes) || all.len() as f64 * (1.0 - q) < BEYOND {
        return None;
    }
    all.sort_unstable_by(f64::total_cmp);
    let rank = (q * all.len() as f64).ceil() as usize;
    let quantile = all[rank.clamp(1, all.len()) - 1];
    let above = |sample: &[f64]| {
        let above = sample.iter().filter(|&&value| value > quantile).count();
        (above as u64, sample.len() as u64)
    };
    let p = shares::fisher(above(one), above(other));
    Some(fresh("quantile", p, None, sizes))
}

/// Whether a larger value of a tested figure is the better one.
pub(super) fn more_is_better(name: &str) -> bool {
    name.ends_with(".ok") || name.ends_with(".everywhere")
}

/// P-values corrected so that the probability of *any* false finding among them stays
/// below the level they are held against (Holm 1979).
#[must_use]
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&one, &other| ps[one].total_cmp(&ps[other]));
    let mut adjusted = vec![0.0; ps.len()];
    let mut least = 0.0f64;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(ps[index] * (ps.len() - place) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// R: p.adjust(c(.01, .04, .03, .005), "holm")
    #[test]
    fn holm_corrects_as_r_does() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (own, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((own - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn a_longer_tail_is_found_though_the_median_is_the_same() {
        let one: Vec<f64> = (0..2000).map(f64::from).collect();
        let other: Vec<f64> = (0..2000)
            .map(|i| if i < 1900 { i } else { i * 2 }.into())
            .collect();
        let mut samples = [Samples::default(), Samples::default()];
        for (samples, times) in samples.iter_mut().zip([one, other]) {
            samples.times.insert("ops.read.latency".to_owned(), times);
        }
        let [one, other] = samples;
        let p = |name: &str| test(name, &one, &other).map(|test| test.p);
        assert!(p("ops.read.latency.p50").expect("tested") > 0.1);
        assert!(p("ops.read.latency.p99").expect("tested") < 1e-6);
        assert_eq!(p("ops.read.latency.max"), None);
        assert_eq!(p("net.dropped"), None);
    }

    #[test]
    fn what_is_too_little_is_not_tested() {
        let mut samples = Samples::default();
        samples
            .times
            .insert("ops.read.latency".to_owned(), vec![1.0; 7]);
        samples.shares.insert("ops.read.ok".to_owned(), (7, 7));
        assert_eq!(test("ops.read.latency.p50", &samples, &samples), None);
        assert_eq!(test("ops.read.ok", &samples, &samples), None);
    }

    proptest! {
        #[test]
        fn corrected_p_values_keep_their_order_and_never_shrink(
            ps in prop::collection::vec(0.0..=1.0f64, 1..20)
        ) {
            let adjusted = holm(&ps);
            for (one, p) in adjusted.iter().zip(&ps) {
                prop_assert!(p <= one && *one <= 1.0);
                for (other, q) in adjusted.iter().zip(&ps) {
                    prop_assert!(p > q || one <= other);
                }
            }
        }
    }
}
