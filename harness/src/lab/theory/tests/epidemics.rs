//! Rounds, rumors, anti-entropy.

use super::{assert_close, assert_prints};
use crate::lab::theory::Method;
use crate::lab::theory::rounds::{exactly, expected, push};
use crate::lab::theory::rumor::*;

#[test]
fn three_nodes_take_the_rounds_counted_by_hand() {
    assert_close(exactly(2, Contact::Push), 1.0, 1e-15, "two nodes");
    assert_close(exactly(3, Contact::Push), 7.0 / 3.0, 1e-14, "push");
    assert_close(exactly(3, Contact::Pull), 2.0, 1e-14, "pull");
    assert_close(exactly(3, Contact::PushPull), 1.5, 1e-14, "push-pull");
    assert_close(
        exactly(1, Contact::Push) + 1.0,
        1.0,
        1e-15,
        "nobody to tell",
    );
}

/// Rounds as printed, for push-pull and push; pull as this chain has it, checked by another
/// program and by simulation.
#[test]
fn rounds_to_inform_everybody_are_the_printed_ones() {
    let table = [
        (100, Contact::Push, 12.30),
        (1000, Contact::Push, 18.04),
        (100, Contact::Pull, 9.79),
        (1000, Contact::Pull, 13.77),
        (100, Contact::PushPull, 6.53),
        (1000, Contact::PushPull, 9.15),
    ];
    for (n, contact, printed) in table {
        let (rounds, method) = expected(n, contact).expect("it is affordable");
        assert_eq!(method, Method::Exact);
        assert_prints(rounds, printed, 0.01, contact.name());
    }
    let (rounds, _) = expected(10_000, Contact::Pull).expect("it is affordable");
    assert_prints(rounds, 17.50, 0.01, "pull, n = 10,000");
}

#[test]
fn the_formula_for_push_is_a_tenth_of_a_round_off_at_most() {
    for (n, exact) in [
        (100.0, 12.30),
        (1000.0, 18.04),
        (10_000.0, 23.68),
        (100_000.0, 29.16),
    ] {
        assert!(
            (push(n) - exact).abs() < 0.1,
            "{} rounds at n = {n}",
            push(n)
        );
    }
    assert_eq!(
        expected(100_000, Contact::Push),
        Some((push(1e5), Method::Approximate))
    );
    assert_eq!(expected(1_000_000, Contact::PushPull), None);
}

#[test]
fn residues_with_coin_and_feedback_are_the_printed_roots() {
    for (k, printed, unit) in [(1.0, 0.203, 1e-3), (2.0, 0.0595, 1e-4), (3.0, 0.0198, 1e-4)] {
        let residue = residue_with_feedback_and_coin(k);
        assert_prints(residue, printed, unit, "residue");
        assert_close(
            residue,
            (-(k + 1.0) * (1.0 - residue)).exp(),
            1e-9,
            "it is a root",
        );
    }
}

#[test]
fn printed_residues_of_push_follow_from_the_printed_traffic() {
    // The paper's feedback and counter, k = 1…5; both columns are rounded.
    let table = [
        (0.18, 1.7),
        (0.037, 3.3),
        (0.011, 4.5),
        (0.0036, 5.6),
        (0.0012, 6.7),
    ];
    for (residue, traffic) in table {
        let bounds = [
            residue_of_traffic(traffic + 0.05),
            residue_of_traffic(traffic - 0.05),
        ];
        let margin = 0.02 * residue + 0.5 * 10_f64.powf(f64::floor(f64::log10(residue)) - 1.0);
        assert!(
            bounds[0] - margin <= residue && residue <= bounds[1] + margin,
            "{residue} is not within {bounds:?}"
        );
    }
}

#[test]
fn a_tail_of_a_tenth_falls_slowly_by_push_and_squares_by_pull() {
    let push = tail(Contact::Push, 0.1, 3);
    assert_close(push[1], 0.1 * (-0.9_f64).exp(), 1e-14, "push");
    let pull = tail(Contact::Pull, 0.1, 3);
    assert_close(pull[3], 1e-8, 1e-12, "pull");
    let both = tail(Contact::PushPull, 0.1, 1);
    assert_close(both[1], 0.01 * (-0.9_f64).exp(), 1e-14, "both");
    assert_eq!((push.len(), both.len()), (4, 2));
}
