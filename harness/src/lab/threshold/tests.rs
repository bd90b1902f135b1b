//! Searches against oracles whose probabilities are known.

use rand::RngExt;
use rand_distr::{Binomial, Distribution};
use swelkie_nodes::Seed;

use super::*;
use crate::lab::theory::{Forwarding, everybody, threshold_fixed};

fn goal(target: f64, confidence: Confidence, budget: u64) -> Goal {
    Goal {
        target,
        confidence,
        budget,
    }
}

/// Searches a ladder of known probabilities.
fn search(ladder: &[f64], goal: Goal, seed: u64) -> Outcome {
    let mut rng = Seed(seed).rng();
    Search::new(goal, ladder.len()).run(|candidate, trials| {
        let draws = Binomial::new(trials, ladder[candidate]).expect("a probability");
        draws.sample(&mut rng)
    })
}

/// The index of the first candidate that reaches the target.
fn truth(ladder: &[f64], target: f64) -> usize {
    ladder.partition_point(|share| *share < target)
}

/// Exact probabilities of fan-outs 1, 2, … among `n` nodes.
fn fanouts(n: u64) -> Vec<f64> {
    let exact = |fanout| everybody(n, Forwarding::Fixed(fanout), 0.0).0;
    (1..n.min(32))
        .map(|fanout| exact(fanout).clamp(0.0, 1.0))
        .collect()
}

#[test]
fn the_threshold_table_is_found_with_a_sensible_number_of_trials() {
    // Trials as they come out, with a margin of about two: near .999 a step such as
    // n = 100, f = 11 (.99915) takes a million by any method.
    let table = [
        (5, 0.99, 30_000),
        (5, 0.999, 30_000),
        (10, 0.99, 40_000),
        (10, 0.999, 250_000),
        (25, 0.99, 60_000),
        (25, 0.999, 700_000),
        (100, 0.99, 150_000),
        (100, 0.999, 3_500_000),
        (1000, 0.99, 80_000),
        (1000, 0.999, 1_500_000),
    ];
    let ladders: BTreeMap<u64, Vec<f64>> = [5, 10, 25, 100, 1000].map(|n| (n, fanouts(n))).into();
    for (n, target, sensible) in table {
        let expected = threshold_fixed(n, target, 0.0)
            .expect("it can be reached")
            .value;
        for seed in 1..=3 {
            let found = search(&ladders[&n], goal(target, Confidence::P999, sensible), seed);
            let fanout = found.single().map(|index| index as u64 + 1);
            assert_eq!(
                fanout,
                Some(expected),
                "n = {n}, target {target}, seed {seed}: {found:?}"
            );
        }
    }
}

#[test]
fn a_budget_too_small_to_separate_neighbours_leaves_a_range_around_the_truth() {
    let ladder = fanouts(100);
    let found = search(&ladder, goal(0.999, Confidence::P999, 60_000), 1);
    assert_eq!(found.single(), None);
    assert!(found.low <= 10 && 10 <= found.high, "{found:?}");
    assert!(
        found.high - found.low <= 3,
        "it closed in from both sides: {found:?}"
    );
    assert!(found.trials() <= 60_000);
    let nothing = search(&ladder, goal(0.999, Confidence::P999, 0), 1);
    assert_eq!(
        (nothing.low, nothing.high, nothing.trials()),
        (0, ladder.len(), 0)
    );
}

/// The share of searches whose outcome leaves the truth out.
fn wrong(ladder: &[f64], goal: Goal, searches: u32) -> f64 {
    let truth = truth(ladder, goal.target);
    let missed = (0..searches).filter(|seed| {
        let found = search(ladder, goal, u64::from(*seed));
        found.contradictory || truth < found.low || found.high < truth
    });
    missed.count() as f64 / f64::from(searches)
}

#[test]
fn no_more_searches_are_wrong_than_the_confidence_allows() {
    // Steps so near the target that luck decides; at 80 % confidence errors would show.
    let confidence = Confidence::new(0.8).expect("between 0 and 1");
    let ladders: [(f64, Vec<f64>); 4] = [
        (0.9, vec![0.1, 0.5, 0.89, 0.91, 0.99]),
        (0.99, vec![0.5, 0.985, 0.989, 0.9905, 0.992, 0.9999]),
        (0.5, (0..60).map(|i| 0.47 + 0.001 * f64::from(i)).collect()),
        (0.9, vec![0.9; 8]), // reached exactly, by the first: that is enough
    ];
    for (target, ladder) in ladders {
        let share = wrong(&ladder, goal(target, confidence, 30_000), 300);
        // .2 by promise; three standard errors of 300 searches are .07.
        assert!(
            share <= 0.2 + 0.07,
            "{share} of the searches for {target} were wrong"
        );
    }
}

#[test]
fn at_high_confidence_hardly_any_search_is_wrong() {
    let ladder = fanouts(25);
    for target in [0.99, 0.999] {
        let share = wrong(&ladder, goal(target, Confidence::P999, 20_000), 300);
        assert!(
            share < 0.01,
            "{share} of the searches for {target} were wrong"
        );
    }
}

#[test]
fn a_ladder_that_never_or_always_reaches_the_target_ends_at_its_ends() {
    let goal = goal(0.99, Confidence::P999, 100_000);
    let never = search(&[0.0, 0.5, 0.9, 0.95], goal, 1);
    assert_eq!(never.single(), Some(4), "its length: no candidate does");
    let always = search(&[1.0; 10], goal, 1);
    assert_eq!(always.single(), Some(0));
    assert_eq!(
        search(&[], goal, 1).single(),
        Some(0),
        "an empty ladder is at its end"
    );
}

#[test]
fn high_candidates_are_not_tried_before_low_ones() {
    // A flood to all of 10,000 costs as many trials of a small fan-out as nobody has time for.
    let ladder: Vec<f64> = (0..10_000)
        .map(|i| if i < 13 { 0.2 } else { 0.9999 })
        .collect();
    let found = search(&ladder, goal(0.99, Confidence::P999, 100_000), 1);
    assert_eq!(found.single(), Some(13));
    let highest = found.tried.keys().next_back().copied();
    assert!(highest <= Some(30), "it climbed to {highest:?}");
}

#[test]
fn a_range_of_reals_is_narrowed_to_what_the_budget_tells() {
    // Bernoulli p at n = 25: .278 for .99.
    let reals = Reals::new(0.0, 1.0, 0.001).expect("a range");
    let ladder: Vec<f64> = (0..reals.len())
        .map(|i| {
            everybody(25, Forwarding::Bernoulli(reals.value(i)), 0.0)
                .0
                .clamp(0.0, 1.0)
        })
        .collect();
    let mut widths = Vec::new();
    for budget in [10_000, 100_000, 3_000_000] {
        let found = search(&ladder, goal(0.99, Confidence::P999, budget), 7);
        let range = reals.value(found.low)..=reals.value(found.high);
        assert!(range.contains(&0.279), "{range:?} with {budget} trials");
        widths.push(found.high - found.low);
    }
    assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
    assert!(widths[2] <= 6, "{widths:?}");
}

#[test]
fn a_ladder_that_falls_is_found_out() {
    let found = search(
        &[0.1, 0.999, 0.999, 0.3, 0.3, 0.3, 0.3, 0.999],
        goal(0.9, Confidence::P999, 50_000),
        1,
    );
    // It climbs over the dent or into it; what it may not do is name the dent's far end with
    // candidates tried that reach the target below it.
    assert!(
        found.contradictory || found.single() == Some(1) || found.single() == Some(7),
        "{found:?}"
    );
    let mut search = Search::new(goal(0.9, Confidence::P999, 50_000), 3);
    search.record(0, Proportion::new(1000, 1000));
    search.record(2, Proportion::new(100, 1000));
    assert!(search.outcome().contradictory);
    assert_eq!(search.next(), None);
    assert_eq!(search.outcome().single(), None);
}

#[test]
fn a_search_resumes_from_what_was_recorded_in_any_order_and_portion() {
    let goal = goal(0.99, Confidence::P999, 200_000);
    let first = search(&fanouts(25), goal, 3);
    let mut resumed = Search::new(goal, fanouts(25).len());
    for (candidate, seen) in first.tried.iter().rev() {
        resumed.record(*candidate, *seen);
    }
    assert_eq!(resumed.next(), None);
    assert_eq!(resumed.outcome(), first);
}

#[test]
fn fewer_trials_than_asked_for_are_taken_as_they_are() {
    let mut rng = Seed(5).rng();
    let ladder = [0.2, 0.95, 1.0];
    let mut search = Search::new(goal(0.9, Confidence::P95, 50_000), 3);
    while let Some(Request { candidate, trials }) = search.next() {
        let done = trials.div_ceil(3);
        let successes = (0..done)
            .filter(|_| rng.random::<f64>() < ladder[candidate])
            .count();
        search.record(candidate, Proportion::new(successes as u64, done));
    }
    assert_eq!(search.outcome().single(), Some(1));
}

#[test]
fn reals_meet_both_their_ends_or_are_none() {
    let reals = Reals::new(0.1, 0.3, 0.1).expect("a range");
    assert_eq!(reals.len(), 3);
    assert!((reals.value(2) - 0.3).abs() < 1e-12);
    for (low, high, step) in [
        (0.3, 0.1, 0.1),
        (0.0, 1.0, 0.0),
        (0.0, 1.0, -0.1),
        (0.0, 1.0, 1e-12),
        (f64::NAN, 1.0, 0.1),
    ] {
        assert_eq!(Reals::new(low, high, step), None, "{low}, {high}, {step}");
    }
}
