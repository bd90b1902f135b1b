//! The reference's rule, by hand and against its own fold.

use super::*;
use crate::testing::{Span, Story, fail, info, ms, ok};
use proptest::prelude::*;

const RULES: Rules = Rules::G_SET;

fn judged(story: &Story) -> SetFull {
    set_full(&story.history(), &RULES)
}

#[test]
fn stable_latency_runs_from_known_to_the_last_read_that_missed_it() {
    let mut story = Story::new(2);
    story.add(0, 0, ok(0, 5));
    story.read(1, Phase::Main, ok(20, 21), &[]);
    story.read(0, Phase::Main, ok(30, 31), &[0]);
    // The rounds of recovery are not the reference's.
    story.read(1, Phase::Recovery, ok(40, 41), &[]);
    story.read(1, Phase::Final, ok(50, 51), &[0]);
    let sum = judged(&story);
    assert_eq!(
        (sum.stable_count, sum.stale_count, &sum.stable_latencies[..]),
        (1, 1, &[ms(15)][..])
    );
    assert_eq!(sum.validity, Validity::Valid);
}

#[test]
fn an_element_is_known_from_the_first_read_that_shows_it_if_that_is_earlier() {
    let mut story = Story::new(1);
    story.add(0, 0, ok(0, 25));
    story.read(0, Phase::Main, ok(1, 2), &[0]);
    story.read(0, Phase::Main, ok(10, 11), &[]);
    story.read(0, Phase::Final, ok(30, 31), &[0]);
    assert_eq!(judged(&story).stable_latencies, [ms(8)]);
}

#[test]
fn lost_needs_a_read_that_was_invoked_after_the_element_became_known() {
    let mut story = Story::new(1);
    story.add(0, 0, ok(0, 5));
    story.read(0, Phase::Main, ok(4, 9), &[]);
    assert_eq!(
        (judged(&story).never_read_count, judged(&story).validity),
        (1, Validity::Unknown)
    );
    story.read(0, Phase::Main, ok(6, 9), &[]);
    let sum = judged(&story);
    assert_eq!(
        (sum.lost_count, &sum.lost_latencies[..], sum.validity),
        (1, &[0][..], Validity::Invalid)
    );
    story.add(0, 1, fail(10, 11));
    story.add(0, 2, info(10, 11));
    let sum = judged(&story);
    assert_eq!(
        (
            sum.attempt_count,
            sum.acknowledged_count,
            sum.never_read_count
        ),
        (3, 1, 2)
    );
}

#[test]
fn quantiles_are_at_the_references_index() {
    let mut story = Story::new(1);
    for (element, known) in [(0, 10), (1, 20)] {
        story.add(0, element, ok(0, known));
    }
    story.read(0, Phase::Main, ok(50, 51), &[]);
    story.read(0, Phase::Final, ok(60, 61), &[0, 1]);
    let mut figures = Figures::default();
    judged(&story).figures("g-set", &mut figures);
    let latency = |name: &str| figures.get(&format!("g-set.stable-latency.{name}"));
    assert_eq!(latency("min"), Some(Figure::Duration(ms(30))));
    assert_eq!(
        latency("p50"),
        Some(Figure::Duration(ms(40))),
        "index 2 · 0.5 = 1, not rank 1"
    );
    assert_eq!(latency("max"), Some(Figure::Duration(ms(40))));
}

/// The reference's own fold: events in order, every element updated at every read.
fn naive(story: &Story) -> (usize, usize, usize, Vec<Nanos>) {
    #[derive(Clone, Copy)]
    enum Event {
        Complete(usize),
        Invoke(usize),
    }
    #[derive(Default)]
    struct State {
        known: Option<(usize, Nanos)>,
        present: Option<usize>,
        absent: Option<usize>,
    }
    let history = story.history();
    let lists = story.lists();
    let mut events: Vec<(Nanos, u8, usize, Event)> = Vec::new();
    for (index, operation) in history.operations.iter().enumerate() {
        events.push((operation.invoked, 1, index, Event::Invoke(index)));
    }
    for (order, &index) in history.completions.iter().enumerate() {
        let at = history.operations[index].completed.unwrap();
        events.push((at, 0, order, Event::Complete(index)));
    }
    events.sort_by_key(|&(at, kind, order, _)| (at, kind, order));
    // The position of each operation's invocation among all events.
    let mut invoked = vec![0; history.operations.len()];
    let mut states: std::collections::BTreeMap<Element, State> = std::collections::BTreeMap::new();
    for (position, &(at, _, _, event)) in events.iter().enumerate() {
        match event {
            Event::Invoke(index) => {
                invoked[index] = position;
                if let Value::Element(element) = history.operations[index].input {
                    states.entry(element).or_default();
                }
            }
            Event::Complete(index) => {
                let operation = &history.operations[index];
                if operation.outcome != Outcome::Ok || operation.phase == Phase::Recovery {
                    continue;
                }
                if let Value::Element(element) = operation.input {
                    states
                        .get_mut(&element)
                        .unwrap()
                        .known
                        .get_or_insert((position, at));
                } else {
                    let list = lists[index].as_ref().unwrap();
                    for (element, state) in &mut states {
                        let field = if list.contains(element) {
                            state.known.get_or_insert((position, at));
                            &mut state.present
                        } else {
                            &mut state.absent
                        };
                        if field.is_none_or(|other| invoked[other] < invoked[index]) {
                            *field = Some(index);
                        }
                    }
                }
            }
        }
    }
    let (mut stable, mut lost, mut never, mut latencies) = (0, 0, 0, Vec::new());
    for state in states.values() {
        let (present, absent) = (
            state.present.map(|index| invoked[index]),
            state.absent.map(|index| invoked[index]),
        );
        let known = state.known;
        if present.is_some() && absent < present {
            stable += 1;
            let missed = state
                .absent
                .map_or(0, |index| history.operations[index].invoked);
            latencies.push(missed.saturating_sub(known.unwrap().1));
        } else if known.is_some()
            && absent.is_some()
            && present < absent
            && known.map(|known| known.0) < absent
        {
            lost += 1;
        } else {
            never += 1;
        }
    }
    latencies.sort_unstable();
    (stable, lost, never, latencies)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    // Adds are invoked at odd times and all else happens at even ones, and operations
    // take time, so that no read completes in the instant an add is invoked.
    #[test]
    fn set_full_agrees_with_the_references_fold(
        adds in proptest::collection::vec((0..20_u64, 1..9_u64, 0..4), 0..5),
        reads in proptest::collection::vec(
            (0..3_usize, 0..20_u64, 1..9_u64, 0..7, proptest::collection::vec(0..5_u32, 0..5)), 0..10),
    ) {
        let mut story = Story::new(3);
        for (element, &(at, took, how)) in (0..).zip(&adds) {
            let (at, end) = (2 * at + 1, 2 * (at + took));
            story.add(0, element, match how { 0 => info(at, end), 1 => fail(at, end), _ => ok(at, end) });
        }
        for (node, at, took, phase, list) in &reads {
            let phase = match phase { 0 => Phase::Recovery, 1 => Phase::Final, _ => Phase::Main };
            let span: Span = ok(2 * at, 2 * (at + took));
            story.read(*node, phase, span, list);
        }
        let mut sum = judged(&story);
        sum.stable_latencies.sort_unstable();
        prop_assert_eq!(
            (sum.stable_count, sum.lost_count, sum.never_read_count, sum.stable_latencies),
            naive(&story)
        );
    }
}
