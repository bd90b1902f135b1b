//! Broadcast and g-set by the reference's rule (`set-full`), for comparison.
//!
//! All reads of all nodes are pooled and ordered by invocation. Of the reads that
//! completed after an element's add was invoked, look at the last-invoked one that
//! shows it and the last-invoked one that misses it:
//!
//! ```text
//!   add e  |---|ok                          known: e was acknowledged, or a read showed it
//!   n0        |- read -| misses             missed: last invocation of a read that missed it
//!   n4             |- read -| shows         stable: shown later than missed
//!             known ──► missed              stable latency: from known to missed, 0 if earlier
//! ```
//!
//! *stable*: the last one that shows it was invoked after the last one that misses
//! it. *lost*: the other way round, and the one that misses it was invoked after
//! the element became known. *never-read*: neither. *stale*: stable with a latency
//! of at least a millisecond (the reference counts whole ones). Quantile q of n
//! latencies is the one at index ⌊q·n⌋, as there. Where events share an instant,
//! completions count as earlier than invocations.
//!
//! Valid for the reference means nothing lost and something stable. That has two
//! holes: an element that n0 never got is stable if another node is read later, and
//! its test for duplicates compares with the wrong sign and never fires. Here
//! `duplicated-count` is what that test meant to count: elements that some read
//! lists more than once; `reference.valid` ignores it as the reference does.
//!
//! Figures, under `<prefix>`: `attempt-count`, `acknowledged-count`,
//! `stable-count`, `lost-count`, `never-read-count`, `stale-count`,
//! `duplicated-count`, `stable-latency.*`, `lost-latency.*`, and
//! `reference.valid`: 1 for valid, 0 for invalid, missing for unknown.

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{Element, History, Nanos, Outcome, Phase, Value};
use crate::set::{Reads, Rules};
use crate::verdict::{Figure, Figures, Validity};

const MILLISECOND: Nanos = 1_000_000;
const QUANTILES: [(&str, f64); 5] = [
    ("min", 0.0),
    ("p50", 0.5),
    ("p95", 0.95),
    ("p99", 0.99),
    ("max", 1.0),
];
const COUNTS: [&str; 7] = [
    "attempt-count",
    "acknowledged-count",
    "stable-count",
    "lost-count",
    "never-read-count",
    "stale-count",
    "duplicated-count",
];

/// What the reference would have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFull {
    /// Its verdict.
    pub validity: Validity,
    /// Elements that were tried to be added.
    pub attempt_count: usize,
    /// Of those, acknowledged.
    pub acknowledged_count: usize,
    /// Elements the last-invoked read that could see them did.
    pub stable_count: usize,
    /// Known elements the last-invoked read did not show.
    pub lost_count: usize,
    /// The others.
    pub never_read_count: usize,
    /// Stable ones that a read missed a millisecond or more after they were known.
    pub stale_count: usize,
    /// Elements some read listed more than once.
    pub duplicated_count: usize,
    /// Of stable elements, from known to the last read that missed them.
    pub stable_latencies: Vec<Nanos>,
    /// Of lost elements, from known to the last read that showed them.
    pub lost_latencies: Vec<Nanos>,
}

/// Judges the main phase and the judged round of final reads.
#[must_use]
pub fn set_full(history: &History, rules: &Rules) -> SetFull {
    judge(history, rules, &Reads::of(history, rules))
}

/// Per element, over all nodes. Operations are given as index + 1; 0 is none.
#[derive(Clone, Copy, Default)]
struct State {
    /// When its add was invoked first.
    tracked: Option<Nanos>,
    acknowledged: bool,
    known: Option<Nanos>,
    last_present: u32,
    last_absent: u32,
    duplicated: bool,
}

pub(crate) fn judge(history: &History, rules: &Rules, reads: &Reads) -> SetFull {
    let mut states = vec![State::default(); history.elements.len()];
    for operation in history
        .operations
        .iter()
        .filter(|operation| operation.f == rules.add)
    {
        let Value::Element(element) = operation.input else {
            continue;
        };
        let state = &mut states[element as usize];
        state.tracked = state.tracked.or(Some(operation.invoked));
        if operation.outcome == Outcome::Ok {
            state.acknowledged = true;
            state.know(operation.completed.unwrap_or(operation.invoked));
        }
    }
    let mut pool = Pool::default();
    for node in 0..history.nodes.len() {
        pool.node(history, reads, node, &mut states);
    }
    summary(history, &states)
}

impl State {
    fn know(&mut self, at: Nanos) {
        self.known = Some(self.known.map_or(at, |known| known.min(at)));
    }
}

/// Follows the reads of one node. Only reads that count (not the rounds of
/// recovery) have a position; an element is on show or not over a range of them.
#[derive(Default)]
struct Pool {
    /// Per position: when the read completed.
    completed: Vec<Nanos>,
    /// Positions and operations of the reads invoked later than all that completed
    /// after them: the last-invoked one since a position is the first from there on.
    latest: Vec<(u32, u32)>,
    /// Per element: whether it is on show, and from which position on that holds.
    shown: Vec<bool>,
    since: Vec<u32>,
}

impl Pool {
    fn node(&mut self, history: &History, reads: &Reads, node: usize, states: &mut [State]) {
        self.completed.clear();
        self.latest.clear();
        self.shown.clear();
        self.shown.resize(states.len(), false);
        self.since.clear();
        self.since.resize(states.len(), 0);
        for read in reads.of_node(history, node) {
            for &element in read.view.removed.iter().chain(&read.view.added) {
                self.turn(element, &mut states[element as usize]);
            }
            for &element in &read.view.repeated {
                states[element as usize].duplicated = true;
            }
            if read.operation.phase == Phase::Recovery {
                continue;
            }
            let position = self.completed.len() as u32;
            self.completed
                .push(read.operation.completed.unwrap_or(read.operation.invoked));
            while self
                .latest
                .last()
                .is_some_and(|&(_, earlier)| earlier < read.index)
            {
                self.latest.pop();
            }
            self.latest.push((position, read.index));
        }
        for (element, state) in (0..).zip(states) {
            self.turn(element, state);
        }
    }

    /// Ends the range in which an element was on show, or was not.
    fn turn(&mut self, element: Element, state: &mut State) {
        let index = element as usize;
        let shown = self.shown[index];
        self.shown[index] = !shown;
        let since = std::mem::replace(&mut self.since[index], self.completed.len() as u32);
        let Some(tracked) = state.tracked else { return };
        // Reads before the add was invoked say nothing of the element.
        let begin = self
            .completed
            .partition_point(|&completed| completed < tracked + Nanos::from(!shown));
        let begin = since.max(begin as u32);
        let Some(&first) = self.completed.get(begin as usize) else {
            return;
        };
        let latest = self
            .latest
            .partition_point(|&(position, _)| position < begin);
        let operation = self.latest[latest].1 + 1;
        if shown {
            state.know(first);
            state.last_present = state.last_present.max(operation);
        } else {
            state.last_absent = state.last_absent.max(operation);
        }
    }
}

fn summary(history: &History, states: &[State]) -> SetFull {
    let mut sum = SetFull {
        validity: Validity::Valid,
        attempt_count: 0,
        acknowledged_count: 0,
        stable_count: 0,
        lost_count: 0,
        never_read_count: 0,
        stale_count: 0,
        duplicated_count: states.iter().filter(|state| state.duplicated).count(),
        stable_latencies: Vec::new(),
        lost_latencies: Vec::new(),
    };
    let invoked = |operation: u32| {
        operation
            .checked_sub(1)
            .map(|index| history.operations[index as usize].invoked)
    };
    for state in states.iter().filter(|state| state.tracked.is_some()) {
        sum.attempt_count += 1;
        sum.acknowledged_count += usize::from(state.acknowledged);
        let (present, absent) = (invoked(state.last_present), invoked(state.last_absent));
        match (state.known, absent) {
            (Some(known), absent) if state.last_present > state.last_absent => {
                let latency = absent.map_or(0, |missed| missed.saturating_sub(known));
                sum.stable_count += 1;
                // The reference adds a nanosecond before it counts milliseconds.
                let stale =
                    absent.is_some_and(|missed| (missed + 1).saturating_sub(known) >= MILLISECOND);
                sum.stale_count += usize::from(stale);
                sum.stable_latencies.push(latency);
            }
            (Some(known), Some(missed)) if known <= missed => {
                sum.lost_count += 1;
                sum.lost_latencies
                    .push(present.map_or(0, |shown| shown.saturating_sub(known)));
            }
            _ => sum.never_read_count += 1,
        }
    }
    sum.validity = match (sum.lost_count, sum.stable_count) {
        (1.., _) => Validity::Invalid,
        (0, 0) => Validity::Unknown,
        (0, _) => Validity::Valid,
    };
    sum
}

impl SetFull {
    /// Sets the figures under `prefix`.
    pub fn figures(mut self, prefix: &str, figures: &mut Figures) {
        let counts = [
            self.attempt_count,
            self.acknowledged_count,
            self.stable_count,
            self.lost_count,
            self.never_read_count,
            self.stale_count,
            self.duplicated_count,
        ];
        for (name, count) in COUNTS.iter().zip(counts) {
            figures.count(format!("{prefix}.{name}"), count);
        }
        let latencies = [
            ("stable-latency", &mut self.stable_latencies),
            ("lost-latency", &mut self.lost_latencies),
        ];
        for (name, sample) in latencies {
            sample.sort_unstable();
            for (quantile, q) in QUANTILES {
                let index = (sample.len() as f64 * q) as usize;
                if let Some(&latency) = sample.get(index.min(sample.len().saturating_sub(1))) {
                    figures.set(
                        format!("{prefix}.{name}.{quantile}"),
                        Figure::Duration(latency),
                    );
                }
            }
        }
        let name = format!("{prefix}.reference.valid");
        match self.validity {
            Validity::Valid => figures.count(name, 1),
            Validity::Invalid => figures.count(name, 0),
            Validity::Unknown => {}
        }
    }
}

/// The figures that [`SetFull::figures`] sets.
pub fn names(catalogue: &mut Catalogue, prefix: &str) {
    catalogue.add_all(Quantity::Count, prefix, &COUNTS);
    catalogue.add(Quantity::Count, format!("{prefix}.reference.valid"));
    for name in ["stable-latency", "lost-latency"] {
        for (quantile, _) in QUANTILES {
            catalogue.add(Quantity::Duration, format!("{prefix}.{name}.{quantile}"));
        }
    }
}

#[cfg(test)]
mod tests {
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
        let mut states: std::collections::BTreeMap<Element, State> =
            std::collections::BTreeMap::new();
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
        #![proptest_config(ProptestConfig::with_cases(4000))]

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
}
