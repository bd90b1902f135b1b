//! Two samples by their ranks: does one tend to be larger, and by how much?

use statrs::function::erf::erfc;

/// The quantile of the normal distribution that leaves 2.5 % above it.
const Z95: f64 = 1.959_963_984_540_054;

/// What ranks say about two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranks {
    /// The two-sided p-value of the Mann-Whitney test.
    pub p: f64,
    /// The median of all differences, second minus first (Hodges and Lehmann 1963).
    pub shift: f64,
    /// From where to where that is with 95 % confidence.
    pub interval: (f64, f64),
    /// How often a member of the second sample is larger than one of the first, ties
    /// counting half: 0.5 where neither tends to be larger.
    pub larger: f64,
}

/// Compares two samples; none if one of them is empty.
///
/// Mann and Whitney (1947) with the normal approximation, corrected for ties and for
/// continuity: good from some eight values in each sample on. The interval of the shift
/// is Moses' (Hollander, Wolfe, "Nonparametric Statistical Methods", section 4.3).
///
/// # Panics
/// If a value is no number.
#[must_use]
pub fn compare(first: &[f64], second: &[f64]) -> Option<Ranks> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let sorted = |sample: &[f64]| {
        let mut sample = sample.to_vec();
        assert!(
            sample.iter().all(|value| value.is_finite()),
            "samples are numbers"
        );
        sample.sort_unstable_by(f64::total_cmp);
        sample
    };
    let (first, second) = (sorted(first), sorted(second));
    let (n, m) = (first.len() as f64, second.len() as f64);
    let (pairs, total) = (n * m, n + m);
    let larger = pairs_larger(&first, &second);
    let variance = pairs / 12.0 * ((total + 1.0) - ties(&first, &second) / (total * (total - 1.0)));
    let distance = ((larger - pairs / 2.0).abs() - 0.5).max(0.0);
    let p = match variance > 0.0 {
        true => erfc(distance / variance.sqrt() / std::f64::consts::SQRT_2).min(1.0),
        // All values are the same.
        false => 1.0,
    };
    let count = first.len() as u64 * second.len() as u64;
    let at = |rank: u64| difference(&first, &second, rank.clamp(1, count));
    let outside = pairs / 2.0 - Z95 * (pairs * (total + 1.0) / 12.0).sqrt();
    let outside = outside.floor().max(1.0) as u64;
    Some(Ranks {
        p,
        shift: f64::midpoint(at(count.div_ceil(2)), at(count / 2 + 1)),
        interval: (at(outside), at(count + 1 - outside)),
        larger: larger / pairs,
    })
}

/// Of all pairs, those in which the second is larger; ties count half.
fn pairs_larger(first: &[f64], second: &[f64]) -> f64 {
    let (mut below, mut not_above, mut halves) = (0, 0, 0u64);
    for value in second {
        while below < first.len() && first[below] < *value {
            below += 1;
        }
        while not_above < first.len() && first[not_above] <= *value {
            not_above += 1;
        }
        halves += (below + not_above) as u64;
    }
    halves as f64 / 2.0
}

/// The sum of t³ − t over all groups of t equal values.
fn ties(first: &[f64], second: &[f64]) -> f64 {
    let mut all = [first, second].concat();
    all.sort_unstable_by(f64::total_cmp);
    let groups = all.chunk_by(|one, other| one == other);
    groups
        .map(|group| (group.len() as f64).powi(3) - group.len() as f64)
        .sum()
}

/// The difference `second − first` of this rank among all pairs, counted from 1.
///
/// There may be 10¹² pairs, so none of them is stored: the rank of a difference takes one
/// pass over both samples, and the difference of a rank is found by bisection over all
/// floating-point numbers, in 64 passes.
fn difference(first: &[f64], second: &[f64], rank: u64) -> f64 {
    let (mut low, mut high) = (ordinal(f64::NEG_INFINITY), ordinal(f64::INFINITY));
    while low < high {
        let middle = (i128::from(low) + i128::from(high)).div_euclid(2) as i64;
        if pairs_up_to(first, second, number(middle)) >= rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // There are two zeros.
    number(low) + 0.0
}

/// How many differences are at most this.
fn pairs_up_to(first: &[f64], second: &[f64], most: f64) -> u64 {
    let (mut from, mut count) = (0, 0);
    for value in second {
        while from < first.len() && value - first[from] > most {
            from += 1;
        }
        count += (first.len() - from) as u64;
    }
    count
}

/// A number's place in the order of all numbers.
fn ordinal(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The number at a place of that order.
fn number(ordinal: i64) -> f64 {
    f64::from_bits((ordinal ^ (((ordinal >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// First sample, second sample, U, p, median of the differences.
    type Case = (&'static [f64], &'static [f64], f64, f64, f64);
    const SCIPY: [Case; 4] = [
        (
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
            46.0,
            0.15442325378008667,
            2.0,
        ),
        (
            &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0],
            &[1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0],
            56.5,
            0.1401783723255246,
            1.0,
        ),
        (
            &[
                10.73, 3.08, 53.75, 3.66, 1.15, 18.0, 4.99, 5.51, 0.3, 7.64, 10.41, 2.31, 16.77,
                2.09, 7.86,
            ],
            &[
                1.8, 12.92, 6.47, 9.64, 37.09, 15.6, 12.58, 39.76, 28.43, 16.32, 4.6, 20.09,
            ],
            130.0,
            0.05392947037277041,
            7.57,
        ),
        (
            &[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.5, 1.5],
            &[
                0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.5, 2.5, 2.5, 2.5, 2.5,
            ],
            105.0,
            0.17454124457335152,
            0.0,
        ),
    ];

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-9 * other.abs().max(1e-300)
    }

    /// scipy.stats.mannwhitneyu(second, first, method="asymptotic") of SciPy 1.x gives
    /// U and p; shifts are numpy.median(numpy.subtract.outer(second, first)).
    #[test]
    fn p_values_and_shifts_are_those_of_scipy() {
        let (early, late): (Vec<_>, Vec<_>) = (
            (1..=20).map(f64::from).collect(),
            (101..=130).map(f64::from).collect(),
        );
        let apart = (
            &early[..],
            &late[..],
            600.0,
            3.011_249_584_256_843e-9,
            105.0,
        );
        for (first, second, u, p, shift) in SCIPY.into_iter().chain([apart]) {
            let ranks = compare(first, second).expect("values");
            let pairs = (first.len() * second.len()) as f64;
            assert!(
                close(ranks.larger * pairs, u),
                "{first:?} {second:?}: {ranks:?}, U {u}"
            );
            assert!(close(ranks.p, p), "{first:?} {second:?}: {ranks:?}, p {p}");
            assert!(
                close(ranks.shift, shift),
                "{first:?} {second:?}: {ranks:?}, {shift}"
            );
        }
    }

    #[test]
    fn samples_of_one_value_do_not_differ_and_empty_ones_say_nothing() {
        let ranks = compare(&[3.0; 20], &[3.0; 30]).expect("values");
        assert_eq!((ranks.p, ranks.shift, ranks.larger), (1.0, 0.0, 0.5));
        assert_eq!(ranks.interval, (0.0, 0.0));
        assert_eq!(compare(&[], &[1.0]), None);
    }

    #[test]
    fn the_interval_of_the_shift_keeps_its_promise() {
        // Two samples of 40 from one distribution, 2,000 times: the truth is 0.
        let mut state = 7u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let uniform = ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            -uniform.ln()
        };
        let mut covered = 0;
        let mut rejected = 0;
        for _ in 0..2000 {
            let first: Vec<f64> = (0..40).map(|_| next()).collect();
            let second: Vec<f64> = (0..40).map(|_| next()).collect();
            let ranks = compare(&first, &second).expect("values");
            covered += u32::from(ranks.interval.0 <= 0.0 && 0.0 <= ranks.interval.1);
            rejected += u32::from(ranks.p <= 0.05);
        }
        // Four standard deviations around 95 % and 5 %.
        assert!((1861..=1939).contains(&covered), "{covered} of 2000");
        assert!((61..=139).contains(&rejected), "{rejected} of 2000");
    }

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-20i32..20).prop_map(|value| f64::from(value) / 4.0), 1..30)
    }

    proptest! {
        #[test]
        fn what_is_larger_turned_round_is_smaller(first in sample(), second in sample()) {
            let one = compare(&first, &second).expect("values");
            let other = compare(&second, &first).expect("values");
            prop_assert!((one.p - other.p).abs() < 1e-12);
            prop_assert!((one.larger + other.larger - 1.0).abs() < 1e-12);
            prop_assert_eq!(one.shift, -other.shift);
            prop_assert_eq!(one.interval.0, -other.interval.1);
            prop_assert!(one.interval.0 <= one.shift && one.shift <= one.interval.1);
        }

        #[test]
        fn differences_are_those_one_gets_by_sorting_all_of_them(first in sample(), second in sample()) {
            let mut all: Vec<f64> =
                second.iter().flat_map(|b| first.iter().map(move |a| b - a)).collect();
            all.sort_unstable_by(f64::total_cmp);
            let (mut first, mut second) = (first, second);
            first.sort_unstable_by(f64::total_cmp);
            second.sort_unstable_by(f64::total_cmp);
            for (index, expected) in all.iter().enumerate() {
                prop_assert_eq!(difference(&first, &second, index as u64 + 1), *expected);
            }
        }

        #[test]
        fn a_sample_moved_is_shifted_by_that_much(first in sample(), by in -50i32..50) {
            let by = f64::from(by);
            let second: Vec<f64> = first.iter().map(|value| value + by).collect();
            prop_assert_eq!(compare(&first, &second).expect("values").shift, by);
        }
    }
}
