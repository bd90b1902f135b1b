//! One broadcast on a complete graph: thresholds, loss, limits.

use super::{assert_close, assert_prints};
use crate::lab::theory::limits;
use crate::lab::theory::spread::reached;
use crate::lab::theory::*;

/// P(everybody) by recursion on who is reached if not everybody: an s-set that holds the source,
/// reached entirely and cut off (Gilbert 1959 for the Bernoulli case). Another
/// computation than the chain's, exact enough while the result is not small.
fn by_recursion(n: usize, forwarding: Forwarding) -> f64 {
    let choose = |n: usize, k: usize| -> f64 {
        (0..k)
            .map(|i| ((n - i) as f64).ln() - ((k - i) as f64).ln())
            .sum()
    };
    let mut whole = vec![1.0; n + 1];
    for s in 1..=n {
        let mut missing = 0.0;
        for (part, reached) in whole.iter().enumerate().take(s).skip(1) {
            let cut_off = match forwarding {
                // All forwarders of the part of s find their f within it.
                Forwarding::Fixed(f) if part as u64 > f => {
                    part as f64 * (choose(part - 1, f as usize) - choose(s - 1, f as usize))
                }
                Forwarding::Fixed(_) => continue,
                Forwarding::Bernoulli(p) => (part * (s - part)) as f64 * (1.0 - p).ln(),
            };
            missing += reached * (choose(s - 1, part - 1) + cut_off).exp();
        }
        whole[s] = 1.0 - missing;
    }
    whole[n]
}

#[test]
fn the_chain_agrees_with_gilberts_recursion() {
    for (n, f) in [(5, 2), (5, 3), (10, 3), (25, 4), (25, 7), (60, 5)] {
        let forwarding = Forwarding::Fixed(f);
        let what = format!("n = {n}, f = {f}");
        assert_close(
            reached(n, forwarding, 0.0).everybody(),
            by_recursion(n, forwarding),
            1e-9,
            &what,
        );
    }
    for (n, p) in [(5, 0.3), (5, 0.63), (25, 0.1), (25, 0.3), (60, 0.06)] {
        let forwarding = Forwarding::Bernoulli(p);
        let what = format!("n = {n}, p = {p}");
        assert_close(
            reached(n, forwarding, 0.0).everybody(),
            by_recursion(n, forwarding),
            1e-9,
            &what,
        );
    }
}

#[test]
fn small_cases_are_those_counted_by_hand() {
    let five = reached(5, Forwarding::Fixed(3), 0.0);
    assert_close(five.everybody(), 63.0 / 64.0, 1e-14, "n = 5, f = 3");
    assert_close(five.exactly(4), 1.0 / 64.0, 1e-12, "one is left out");
    // Three nodes, one message each: the second tells the third or the source.
    let three = reached(3, Forwarding::Fixed(1), 0.0);
    assert_close(three.everybody(), 0.5, 1e-15, "n = 3, f = 1");
    assert_close(three.coverage(), 2.5 / 3.0, 1e-15, "coverage");
    // Half the messages lost: nothing, or the second, or all.
    let lossy = reached(3, Forwarding::Fixed(1), 0.5);
    assert_close(lossy.exactly(1), 0.5, 1e-15, "the first is lost");
    assert_close(lossy.everybody(), 0.125, 1e-15, "two arrive");
    for n in [1, 2] {
        assert_close(
            reached(n, Forwarding::Fixed(1), 0.0).everybody(),
            1.0,
            1e-15,
            "no choice",
        );
    }
}

#[test]
fn losing_messages_to_all_others_is_choosing_them_at_random() {
    let lost = reached(30, Forwarding::Fixed(29), 0.85);
    let chosen = reached(30, Forwarding::Bernoulli(0.15), 0.0);
    for size in 0..=30 {
        assert_close(
            lost.exactly(size),
            chosen.exactly(size),
            1e-9,
            "the same distribution",
        );
    }
}

#[test]
fn probabilities_add_up_to_one_even_where_everybody_is_hopeless() {
    for (n, forwarding, loss) in [
        (1000, Forwarding::Fixed(2), 0.1),
        (300, Forwarding::Bernoulli(0.63), 0.0),
        (1000, Forwarding::Fixed(1), 0.0),
    ] {
        let reached = reached(n, forwarding, loss);
        let sum: f64 = (0..=n).map(|size| reached.exactly(size)).sum();
        assert_close(sum, 1.0, 1e-10, "all sizes");
    }
    let hopeless = reached(1000, Forwarding::Fixed(2), 0.0).everybody();
    assert!(
        hopeless > 0.0 && hopeless < 1e-60,
        "no rounding noise: {hopeless}"
    );
}

#[test]
fn the_threshold_table_is_the_printed_one() {
    let table = [
        (5, (4, 4), (0.791, 0.882), 1e-3),
        (10, (5, 6), (0.536, 0.641), 1e-3),
        (25, (7, 9), (0.278, 0.344), 1e-3),
        (100, (9, 11), (0.0888, 0.1098), 1e-4),
        (1000, (12, 14), (0.01145, 0.01373), 1e-5),
    ];
    for (n, fixed, bernoulli, unit) in table {
        for (target, fanout, p) in [(0.99, fixed.0, bernoulli.0), (0.999, fixed.1, bernoulli.1)] {
            let what = format!("n = {n}, target {target}");
            let found = threshold_fixed(n, target, 0.0).expect("it can be reached");
            assert_eq!(
                (found.value, found.method),
                (fanout, Method::Exact),
                "{what}"
            );
            assert!(found.probability >= target, "{what}");
            assert!(
                everybody(n, Forwarding::Fixed(fanout - 1), 0.0).0 < target,
                "{what}"
            );
            let found = threshold_bernoulli(n, target, 0.0).expect("it can be reached");
            assert_eq!(found.method, Method::Exact);
            assert_close(found.probability, target, 1e-9, &what);
            assert_prints(found.value, p, unit, &what);
        }
    }
}

#[test]
fn the_formula_gives_the_rows_that_exact_computation_does_not_reach() {
    for (target, fanout) in [(0.99, 17), (0.999, 19)] {
        let found = threshold_fixed(100_000, target, 0.0).expect("it can be reached");
        assert_eq!((found.value, found.method), (fanout, Method::Approximate));
    }
    for (n, target, p) in [(10_000, 0.99, 0.001_380), (10_000, 0.999, 0.001_611)] {
        assert_prints(limits::probability_for(n, target), p, 1e-6, "n = 10,000");
    }
}

#[test]
fn ten_thousand_nodes_are_exact_too() {
    let (exact, method) = everybody(10_000, Forwarding::Fixed(14), 0.0);
    assert_eq!(method, Method::Exact);
    let formula = limits::everybody(10_000, 14.0 / 9_999.0);
    assert_close(exact, formula, 1e-6, "f = 14");
    assert!(exact >= 0.99 && limits::everybody(10_000, 13.0 / 9_999.0) < 0.985);
}

#[test]
fn loss_costs_what_is_printed() {
    let table = [
        (25, 9, [0.9997, 0.9994, 0.9988, 0.9954]),
        (1000, 14, [0.9992, 0.9985, 0.9969, 0.9873]),
    ];
    for (n, fanout, printed) in table {
        for (loss, printed) in [0.0, 0.05, 0.1, 0.2].into_iter().zip(printed) {
            let what = format!("n = {n}, f = {fanout}, loss {loss}");
            let exact = everybody(n, Forwarding::Fixed(fanout), loss).0;
            assert_prints(exact, printed, 1e-4, &what);
            let p = fanout as f64 / (n - 1) as f64 * (1.0 - loss);
            assert_close(limits::everybody(n, p), exact, 1e-5, &what);
        }
    }
}

#[test]
fn what_loss_forbids_is_no_threshold() {
    assert_eq!(threshold_fixed(5, 0.99, 0.5), None);
    assert_eq!(threshold_bernoulli(5, 0.99, 0.5), None);
    let lossy = threshold_fixed(25, 0.99, 0.2).expect("it can be reached");
    assert_eq!(
        lossy.value, 9,
        "f = 9 gives .9954 at 20 % loss, f = 8 less than .99"
    );
}

#[test]
fn alone_or_with_one_other_nothing_is_left_to_chance() {
    assert_eq!(
        threshold_fixed(1, 0.99, 0.0).map(|found| found.value),
        Some(0)
    );
    assert_eq!(
        threshold_fixed(2, 0.99, 0.0).map(|found| found.value),
        Some(1)
    );
    let two = threshold_bernoulli(2, 0.99, 0.0).expect("it can be reached");
    assert_close(two.value, 0.99, 1e-9, "one link must work");
}

#[test]
fn a_mean_fanout_of_ln_n_and_c_reaches_everybody_as_often_as_printed() {
    // A mean over all n nodes, as in the paper: p = (ln n + c) / n.
    for (c, printed) in [
        (-1.0, 0.068),
        (0.0, 0.374),
        (1.0, 0.698),
        (2.0, 0.877),
        (3.0, 0.953),
    ] {
        let p = (1000_f64.ln() + c) / 1000.0;
        let exact = everybody(1000, Forwarding::Bernoulli(p), 0.0).0;
        assert_prints(exact, printed, 1e-3, "n = 1000");
        assert_close(limits::everybody_at_surplus(c), exact, 0.04, "the limit");
    }
    assert_prints(limits::surplus(0.99), 4.60, 0.01, "c for .99");
    assert_prints(limits::surplus(0.999), 6.91, 0.01, "c for .999");
    assert_close(
        limits::everybody_at_surplus(limits::surplus(0.37)),
        0.37,
        1e-12,
        "inverse",
    );
}

#[test]
fn sixty_three_percent_is_enough_for_everybody_from_ten_nodes_on() {
    let at = |n| everybody(n, Forwarding::Bernoulli(0.63), 0.0).0;
    assert_prints(at(5), 0.90, 0.01, "n = 5");
    assert_prints(at(10), 0.9987, 1e-4, "n = 10");
    assert!(at(25) > 0.999_999_99);
    assert_prints(limits::covered_by_one_each(), 0.63, 0.01, "what is covered");
    assert_close(
        limits::covered_by(1_000_000, 1_000_000),
        1.0 - (-1.0_f64).exp(),
        1e-6,
        "n messages",
    );
}

#[test]
fn the_coverage_fixed_point_is_the_printed_one() {
    for (fanout, printed, unit) in [
        (2.0, 0.797, 1e-3),
        (3.0, 0.9405, 1e-4),
        (4.0, 0.980, 1e-3),
        (5.0, 0.993, 1e-3),
    ] {
        assert_prints(limits::coverage(fanout), printed, unit, "coverage");
    }
    assert_close(
        limits::coverage(1.0) + 1.0,
        1.0,
        1e-12,
        "one message each dies out",
    );
    // The chain's coverage tends there: a fan-out of 3 does not die at once.
    let exact = reached(1000, Forwarding::Fixed(3), 0.0).coverage();
    assert_close(exact, limits::coverage(3.0), 2e-3, "n = 1000, f = 3");
}

#[test]
fn symmetric_picks_lose_as_many_as_printed() {
    for (picks, printed, tolerance) in [(2, 0.68, 0.015), (3, 0.992, 0.0015), (4, 0.9997, 0.0003)] {
        let share = limits::everybody_by_symmetric_picks(1000, picks, 0.05);
        assert!(
            (share - printed).abs() < tolerance,
            "{picks} picks: {share}"
        );
    }
    assert_close(
        limits::messages_by_symmetric_picks(2),
        3.0,
        1e-15,
        "messages per node",
    );
}
