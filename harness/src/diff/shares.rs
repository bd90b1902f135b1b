//! Two shares: of so many things, so many had a property.

use crate::lab::interval::{Confidence, Proportion, binomial::ln_pmf};

/// What counts say about two shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// The two-sided p-value of Fisher's exact test.
    pub p: f64,
    /// The second share minus the first.
    pub change: f64,
    /// From where to where that is with 95 % confidence.
    pub interval: (f64, f64),
}

/// Compares `(successes, trials)` with `(successes, trials)`; none without trials.
///
/// The interval is Newcombe's (1998, method 10): Wilson's intervals of both shares, put
/// together.
#[must_use]
pub fn compare(first: (u64, u64), second: (u64, u64)) -> Option<Shares> {
    if first.1 == 0 || second.1 == 0 {
        return None;
    }
    let share = |(successes, trials): (u64, u64)| successes as f64 / trials as f64;
    let wilson = |(successes, trials)| Proportion::new(successes, trials).wilson(Confidence::P95);
    let (one, other) = (share(first), share(second));
    let (of_one, of_other) = (wilson(first), wilson(second));
    let change = other - one;
    let below = (other - of_other.low).hypot(of_one.high - one);
    let above = (of_other.high - other).hypot(one - of_one.low);
    Some(Shares {
        p: fisher(first, second),
        change,
        interval: (change - below, change + above),
    })
}

/// Fisher's exact test, two-sided: the probability, both shares being one and the margins
/// given, of a table as improbable as this or more so.
///
/// The hypergeometric probabilities come from binomial ones in Loader's form, so that
/// tables of millions keep their digits.
#[must_use]
pub fn fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let (successes, trials) = (first.0 + second.0, first.1 + second.1);
    if successes == 0 || successes == trials {
        return 1.0;
    }
    let p = successes as f64 / trials as f64;
    let whole = ln_pmf(successes, trials, p);
    let ln_of =
        |here: u64| ln_pmf(here, first.1, p) + ln_pmf(successes - here, second.1, p) - whole;
    let observed = ln_of(first.0);
    // What is as probable but for rounding counts as well.
    let limit = observed + 1e-7;
    let least = successes.saturating_sub(second.1);
    let most = successes.min(first.1);
    let tail = |from: u64, step: &dyn Fn(u64) -> Option<u64>| {
        let mut sum = 0.0;
        let mut next = Some(from);
        while let Some(here) = next {
            let ln = ln_of(here);
            // From the end inwards probabilities grow until they are above the limit.
            if ln > limit {
                break;
            }
            sum += ln.exp();
            next = step(here);
        }
        sum
    };
    let low = tail(least, &|here| (here < most).then(|| here + 1));
    let high = tail(most, &|here| {
        here.checked_sub(1).filter(|&here| here >= least)
    });
    // If every table counts, each was counted twice.
    (low + high).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Successes and failures of two samples, and p.
    const FISHER: [(u64, u64, u64, u64, f64); 11] = [
        (8, 2, 1, 5, 0.034965034965034975),
        (3, 5, 4, 50, 0.039707492465292815),
        (61, 118, 2, 1, 0.27535061623459417),
        (52, 0, 40, 12, 0.000238782538637343),
        (100, 0, 100, 0, 1.0),
        (990, 10, 970, 30, 0.0020083335618300093),
        (99900, 100, 99700, 300, 2.3448023658308584e-24),
        (500000, 500, 500000, 620, 0.00036964371750979774),
        (1, 9, 9, 1, 0.001093333910671372),
        (0, 5, 5, 0, 0.007936507936507938),
        (10, 10, 10, 10, 1.0),
    ];

    /// scipy.stats.fisher_exact([[a, b], [c, d]]), the tables as successes and failures.
    #[test]
    fn p_values_are_those_of_scipy() {
        for (a, b, c, d, p) in FISHER {
            let own = fisher((a, a + b), (c, c + d));
            assert!(
                (own - p).abs() <= 1e-7 * p,
                "{a} {b} {c} {d}: {own}, SciPy {p}"
            );
        }
    }

    /// Newcombe (1998), table II, method 10.
    #[test]
    fn intervals_are_those_of_the_paper() {
        for (first, second, low, high) in [
            ((48, 80), (56, 70), 0.0524, 0.3339),
            ((3, 10), (9, 10), 0.1705, 0.8090),
            ((0, 10), (10, 10), 0.6075, 1.0),
        ] {
            let shares = compare(first, second).expect("trials");
            let (a, b) = shares.interval;
            assert!(
                (a - low).abs() < 1e-4 && (b - high).abs() < 1e-4,
                "{shares:?}"
            );
        }
        assert_eq!(compare((0, 0), (1, 2)), None);
    }

    proptest! {
        #[test]
        fn p_is_a_probability_and_does_not_care_which_run_is_first(
            (a, b, c, d) in (0u64..40, 0u64..40, 0u64..40, 0u64..40)
        ) {
            let (one, other) = ((a, a + b), (c, c + d));
            let p = fisher(one, other);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - fisher(other, one)).abs() < 1e-9);
            prop_assert!((p - fisher((b, a + b), (d, c + d))).abs() < 1e-9);
        }
    }
}
