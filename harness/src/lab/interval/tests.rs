//! Known values, limits, exact merging, and coverage under honest and dishonest stopping.
//!
//! Reference values: SciPy 1.16 (`beta.ppf`, `t.ppf`, `norm.ppf`).

use proptest::prelude::*;
use rand::RngExt;
use swelkie_nodes::Seed;

use super::*;

fn assert_close(actual: f64, expected: f64, relative: f64) {
    assert!(
        (actual - expected).abs() <= relative * expected.abs(),
        "{actual} is not {expected}"
    );
}

#[test]
fn exact_limits_are_those_of_the_beta_distribution_up_to_a_billion_trials() {
    let cases = [
        (
            5,
            10,
            Confidence::P95,
            0.187_086_028_447_398_55,
            0.812_913_971_552_601_5,
        ),
        (
            990,
            1000,
            Confidence::P999,
            0.974_936_566_858_367_3,
            0.997_292_424_400_835,
        ),
        (
            3,
            1_000_000_000,
            Confidence::P999,
            1.497_038_500_616_626e-10,
            1.393_402_315_127_688e-8,
        ),
        (
            500_000_000,
            1_000_000_000,
            Confidence::P95,
            0.499_969_009_748_422_3,
            0.500_030_990_251_577_7,
        ),
        (
            999_999_995,
            1_000_000_000,
            Confidence::P999,
            0.999_999_982_589_362_8,
            0.999_999_999_367_508_9,
        ),
    ];
    for (successes, trials, confidence, low, high) in cases {
        let interval = Proportion::new(successes, trials).exact(confidence);
        assert_close(interval.low, low, 1e-11);
        assert_close(interval.high, high, 1e-9);
    }
}

#[test]
fn no_success_and_no_failure_leave_the_rule_of_three() {
    let never = Proportion::new(0, 1000).exact(Confidence::P95);
    assert_eq!(never.low.to_bits(), 0.0_f64.to_bits());
    assert_close(never.high, 1.0 - 0.025_f64.powf(1e-3), 1e-9);
    let always = Proportion::new(1000, 1000).exact(Confidence::P95);
    assert_close(always.low, 0.025_f64.powf(1e-3), 1e-12);
    assert_eq!(always.high.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn without_trials_every_share_is_possible() {
    let none = Proportion::default();
    for interval in [
        none.exact(Confidence::P95),
        none.wilson(Confidence::P95),
        none.anytime(Confidence::P95),
    ] {
        assert_eq!(
            interval,
            Interval {
                low: 0.0,
                high: 1.0
            }
        );
    }
    assert_eq!(none.estimate(), None);
    assert_eq!(
        Moments::default().anytime(Confidence::P95),
        Interval::ANYTHING
    );
}

#[test]
fn wilson_limits_are_the_printed_ones() {
    // Newcombe, Statist. Med. 17 (1998), table I: 81/263 and 15/148.
    let interval = Proportion::new(81, 263).wilson(Confidence::P95);
    assert_close(interval.low, 0.2553, 2e-4);
    assert_close(interval.high, 0.3662, 2e-4);
    let interval = Proportion::new(15, 148).wilson(Confidence::P95);
    assert_close(interval.low, 0.0624, 1e-3);
    assert_close(interval.high, 0.1605, 1e-3);
}

#[test]
fn the_t_quantile_is_right_from_one_degree_of_freedom_to_a_million() {
    let cases = [
        (1.0, 12.706_204_736_174_694, 636.619_248_768_789_7),
        (2.0, 4.302_652_729_749_462, 31.599_054_576_445_365),
        (10.0, 2.228_138_851_986_274, 4.586_893_858_702_708),
        (999.0, 1.962_341_461_133_449_3, 3.300_292_440_398_766_6),
        (1000.0, 1.962_339_080_826_408_3, 3.300_282_648_423_944),
        (1e6, 1.959_966_356_814_107, 3.290_536_461_248_722),
    ];
    for (freedom, at_95, at_999) in cases {
        assert_close(student::quantile(Confidence::P95, freedom), at_95, 1e-9);
        assert_close(student::quantile(Confidence::P999, freedom), at_999, 1e-9);
    }
    assert_close(
        Confidence::P999.normal_quantile(),
        3.290_526_731_491_925_5,
        1e-12,
    );
}

/// The share of runs in which somebody who looks again and again, after a fifth more
/// trials each time, finds a moment to stop at which the interval is wrong.
fn caught_out(share: f64, runs: u64, seed: u64, interval: impl Fn(Proportion) -> Interval) -> f64 {
    let mut rng = Seed(seed).rng();
    let mut caught = 0;
    for _ in 0..runs {
        let mut seen = Proportion::default();
        let mut look = 10;
        while seen.trials < 3000 {
            while seen.trials < look {
                seen.record(rng.random::<f64>() < share);
            }
            look += look / 5;
            if !interval(seen).contains(share) {
                caught += 1;
                break;
            }
        }
    }
    f64::from(caught) / runs as f64
}

#[test]
fn anytime_intervals_of_shares_survive_somebody_who_stops_when_they_are_wrong() {
    for (seed, share) in [(1, 0.5), (2, 0.9), (3, 0.99), (4, 0.037)] {
        let anytime = caught_out(share, 1000, seed, |seen| seen.anytime(Confidence::P95));
        // At most .05; three standard errors of 1000 runs are .02.
        assert!(
            anytime < 0.07,
            "seed {seed}: {anytime} of the runs at share {share}"
        );
    }
}

#[test]
fn exact_intervals_do_not_survive_that_which_is_why_there_are_others() {
    let exact = caught_out(0.5, 500, 1, |seen| seen.exact(Confidence::P95));
    assert!(exact > 0.12, "only {exact} of the runs");
}

#[test]
fn exact_intervals_keep_their_word_for_a_number_of_trials_fixed_beforehand() {
    // Not simulated: the sum over all outcomes whose interval misses the truth.
    for share in [0.5, 0.9, 0.99, 0.037] {
        for trials in [10, 100, 300] {
            let missing: f64 = (0..=trials)
                .filter(|k| {
                    !Proportion::new(*k, trials)
                        .exact(Confidence::P95)
                        .contains(share)
                })
                .map(|k| binomial::ln_pmf(k, trials, share).exp())
                .sum();
            assert!(
                missing <= 0.05,
                "{missing} at share {share} of {trials} trials"
            );
        }
    }
}

#[test]
fn anytime_limits_are_those_of_the_mixture() {
    // Reference: the mixture's beta functions, solved with 40 digits by mpmath.
    let cases = [
        (
            5,
            10,
            Confidence::P95,
            0.117_562_924_079_569_4,
            0.882_437_075_920_430_6,
        ),
        (
            990,
            1000,
            Confidence::P999,
            0.968_035_075_985_494_8,
            0.998_514_756_278_404_8,
        ),
        (
            3,
            1_000_000_000,
            Confidence::P999,
            3.225_589_260_113_462e-12,
            2.711_320_705_329_403e-8,
        ),
    ];
    for (successes, trials, confidence, low, high) in cases {
        let interval = Proportion::new(successes, trials).anytime(confidence);
        assert_close(interval.low, low, 1e-11);
        assert_close(interval.high, high, 1e-8);
    }
}

/// Not simulated: the probability that one of the first `trials` looks, one after each
/// trial, finds the share ruled out.
fn ever_ruled_out(share: f64, trials: u64) -> f64 {
    let mut by_successes = vec![1.0];
    let mut ruled_out = 0.0;
    for seen in 1..=trials {
        let mut next = vec![0.0; by_successes.len() + 1];
        for (successes, probability) in by_successes.iter().enumerate() {
            next[successes] += probability * (1.0 - share);
            next[successes + 1] += probability * share;
        }
        for (successes, probability) in (0..).zip(&mut next) {
            let possible = *probability > 1e-12;
            if possible
                && !Proportion::new(successes, seen)
                    .anytime(Confidence::P95)
                    .contains(share)
            {
                ruled_out += *probability;
                *probability = 0.0;
            }
        }
        by_successes = next;
    }
    ruled_out
}

#[test]
fn the_chance_of_ever_ruling_out_the_truth_is_within_the_promise_and_not_far_below() {
    for share in [0.5, 0.9] {
        let chance = ever_ruled_out(share, 200);
        assert!(
            (0.015..0.05).contains(&chance),
            "{chance} at {share} in 200 looks"
        );
    }
}

/// As `caught_out`, for the mean of skewed numbers: rounds until a success of probability 1/10.
fn mean_caught_out(runs: u32, seed: u64, interval: impl Fn(Moments) -> Interval) -> f64 {
    let mut rng = Seed(seed).rng();
    let mut caught = 0;
    for _ in 0..runs {
        let mut seen = Moments::default();
        let mut look = 30;
        while seen.count() < 5000 {
            while seen.count() < look {
                let uniform: f64 = rng.random();
                seen.record(1 + (uniform.ln() / 0.9_f64.ln()).floor() as i64);
            }
            look += look / 5;
            if !interval(seen).contains(10.0) {
                caught += 1;
                break;
            }
        }
    }
    f64::from(caught) / f64::from(runs)
}

#[test]
fn anytime_intervals_of_means_survive_it_too_and_t_intervals_do_not() {
    let anytime = mean_caught_out(600, 5, |seen| seen.anytime(Confidence::P95));
    assert!(anytime < 0.07, "{anytime} of the runs");
    let fixed = mean_caught_out(300, 5, |seen| seen.interval(Confidence::P95));
    assert!(fixed > 0.12, "only {fixed} of the runs");
}

#[test]
fn anytime_intervals_are_at_most_twice_as_wide() {
    for (successes, trials) in [
        (990, 1000),
        (500, 1000),
        (999_000, 1_000_000),
        (500_000, 1_000_000),
        (5, 10),
    ] {
        let seen = Proportion::new(successes, trials);
        let ratio =
            seen.anytime(Confidence::P999).half_width() / seen.exact(Confidence::P999).half_width();
        assert!(
            (1.0..2.0).contains(&ratio),
            "{ratio} at {successes} of {trials}"
        );
    }
}

#[test]
fn moments_of_huge_values_that_hardly_differ_are_exact() {
    let mut moments = Moments::default();
    let base = 1_i64 << 47;
    for offset in [0, 1, 2, 3, 4] {
        moments.record(base + offset);
    }
    assert_eq!(moments.mean(), Some((base + 2) as f64));
    assert_eq!(moments.variance(), Some(2.5));
    let mut negative = Moments::default();
    for value in [-3, -4, -5, -8] {
        negative.record(value);
    }
    assert_eq!(negative.mean(), Some(-5.0));
    assert_close(negative.variance().unwrap(), 14.0 / 3.0, 1e-15);
    assert_eq!(negative.range(), Some((-8, -3)));
}

#[test]
#[should_panic(expected = "too large to be averaged")]
fn a_value_whose_square_would_not_fit_is_refused() {
    Moments::default().record(1 << 50);
}

#[test]
fn plans_for_trials_lead_to_the_width_asked_for() {
    for share in [0.5, 0.9, 0.99] {
        let trials = trials_for(share, 0.002, Confidence::P95);
        let successes = (share * trials as f64).round() as u64;
        let half = Proportion::new(successes, trials)
            .wilson(Confidence::P95)
            .half_width();
        assert!(
            (0.0018..0.0021).contains(&half),
            "{half} at {share} after {trials}"
        );
    }
}

proptest! {
    #[test]
    fn shards_merged_in_any_order_and_grouping_give_the_same_bytes(
        values in prop::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 1..60),
        cuts in prop::collection::vec(0_usize..5, 60),
    ) {
        let mut whole = Moments::default();
        let mut shards = [Moments::default(); 5];
        for (value, shard) in values.iter().zip(&cuts) {
            whole.record(*value);
            shards[*shard].record(*value);
        }
        let mut backwards = Moments::default();
        for shard in shards.iter().rev() {
            backwards += *shard;
        }
        prop_assert_eq!(whole, backwards);
        let text = serde_json::to_string(&backwards).unwrap();
        prop_assert_eq!(serde_json::from_str::<Moments>(&text).unwrap(), whole);
    }

    #[test]
    fn every_interval_contains_its_estimate_and_grows_with_confidence(
        trials in 1_u64..2_000_000_000, part in 0.0..=1.0_f64,
    ) {
        let successes = (part * trials as f64) as u64;
        let seen = Proportion::new(successes.min(trials), trials);
        let estimate = seen.estimate().unwrap();
        for make in [Proportion::exact, Proportion::wilson, Proportion::anytime] {
            let (narrow, wide) = (make(seen, Confidence::P95), make(seen, Confidence::P999));
            prop_assert!(narrow.contains(estimate), "{:?} lacks {}", narrow, estimate);
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
            prop_assert!(wide.low >= 0.0 && wide.high <= 1.0);
        }
    }
}
