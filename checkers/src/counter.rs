//! Counters: every final read is the sum of the acknowledged adds and of some of
//! the indeterminate ones.
//!
//! The sums that some subset of the indeterminate deltas can make are kept as
//! disjoint intervals, so the answer is exact for any number of them. A delta
//! costs time in the number of intervals; small deltas coalesce into a few
//! (for −5…4 into fewer than ten, however many there are), and there are never
//! more than half the spread of the sums. Deltas that are large and all different
//! double them each: 2^k intervals for k of those.
//!
//! Counters are eventually consistent: a read that is lower than one before it is
//! no violation. The figure `<prefix>.backward-reads` counts those that were, on
//! one node in one incarnation.

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Operation, Outcome, Phase, Value};
use crate::stats;
use crate::text;
use crate::verdict::{Anomaly, Figure, Findings, Validity, Verdict};

/// Judges operations `add` (input [`Value::Int`]) and `read` (output
/// [`Value::Int`]); figures are named `prefix.…`.
///
/// Anomalies: `wrong-sum` (invalid); `no-final-read`, `unreadable`, and those of
/// [`stats::tried`].
#[must_use]
pub fn check(history: &History, prefix: &str) -> Verdict {
    let mut verdict = Verdict::valid();
    let mut unreadable = Findings::default();
    let sums = Sums::of(history, &mut unreadable);
    let mut wrong = Findings::default();
    let mut answered = vec![false; history.nodes.len()];
    for (index, operation) in history
        .completed()
        .filter(|(_, operation)| is_read(operation))
    {
        let Value::Int(value) = operation.output else {
            unreadable.push(index);
            continue;
        };
        if operation.phase == Phase::Final && history.nodes[operation.node].judged {
            answered[operation.node] = true;
            if !sums.contains(value) {
                wrong.push((index, value));
            }
        }
    }
    for &(index, value) in &wrong.first {
        verdict.blame(Validity::Invalid, wrong_sum(history, &sums, index, value));
    }
    let figure = format!("{prefix}.anomalies.wrong-sum");
    verdict.blame_more(Validity::Invalid, "wrong-sum", wrong.more(), &figure);
    verdict.figures.count(figure, wrong.count);
    blame_unanswered(history, &answered, &mut verdict);
    if let Some(&index) = unreadable.first.first() {
        let story = format!("{} operations hold no integer to judge", unreadable.count);
        verdict.blame(
            Validity::Unknown,
            Anomaly::new("unreadable", story).shown_by([index]),
        );
    }
    let figures = &mut verdict.figures;
    figures.count(format!("{prefix}.acknowledged-count"), sums.acknowledged);
    figures.count(format!("{prefix}.indeterminate-count"), sums.indeterminate);
    figures.count(format!("{prefix}.backward-reads"), backward_reads(history));
    let (min, max) = sums.bounds();
    figures.set(
        format!("{prefix}.acceptable.min"),
        Figure::Number(min as f64),
    );
    figures.set(
        format!("{prefix}.acceptable.max"),
        Figure::Number(max as f64),
    );
    verdict.merge(stats::tried(history))
}

/// Whether every judged node's final reads are acceptable already.
#[must_use]
pub fn settled(history: &History) -> bool {
    let verdict = check(history, "");
    let unsettled = |anomaly: &Anomaly| matches!(&*anomaly.kind, "wrong-sum" | "no-final-read");
    !verdict.anomalies.iter().any(unsettled)
}

/// The figures that [`check`] sets.
pub fn names(catalogue: &mut Catalogue, prefix: &str) {
    let counts = [
        "anomalies.wrong-sum",
        "acknowledged-count",
        "indeterminate-count",
        "backward-reads",
    ];
    catalogue.add_all(Quantity::Count, prefix, &counts);
    catalogue.add_all(
        Quantity::Number,
        prefix,
        &["acceptable.min", "acceptable.max"],
    );
}

fn is_read(operation: &Operation) -> bool {
    operation.f == "read" && operation.outcome == Outcome::Ok
}

fn wrong_sum(history: &History, sums: &Sums, index: usize, value: i64) -> Anomaly {
    let operation = &history.operations[index];
    let at = operation.completed.unwrap_or(operation.invoked);
    let story = format!(
        "the final read of {} at {} shows {value}, expected {} ({} adds acknowledged, {} indeterminate)",
        history.nodes[operation.node].name,
        text::moment(at),
        sums.around(i128::from(value)),
        sums.acknowledged,
        sums.indeterminate,
    );
    Anomaly::new("wrong-sum", story)
        .on(history, operation.node)
        .when(at)
        .shown_by([index])
}

/// Every judged node without an ok final read makes the verdict unknown.
pub(crate) fn blame_unanswered(history: &History, answered: &[bool], verdict: &mut Verdict) {
    let judged = || {
        history
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.judged)
    };
    for (node, record) in judged().filter(|&(node, _)| !answered[node]) {
        let tried = history.operations.iter().enumerate().rev();
        let mut tried = tried
            .filter(|(_, operation)| operation.node == node && operation.phase == Phase::Final);
        let (how, last) = match tried.next() {
            None => ("it was not asked".to_owned(), None),
            Some((index, operation)) => {
                let cause = operation
                    .cause
                    .as_ref()
                    .map_or("no answer", |cause| cause.kind.as_str());
                (
                    format!(
                        "asked at {}: {}",
                        text::moment(operation.invoked),
                        text::safe(cause)
                    ),
                    Some(index),
                )
            }
        };
        let story = format!(
            "{} gave no final read after recovery ({how}), so it cannot be judged",
            record.name
        );
        let anomaly = Anomaly::new("no-final-read", story).on(history, node);
        verdict.blame(Validity::Unknown, anomaly.shown_by(last));
    }
    if judged().next().is_none() {
        let story = "no node was left to read after recovery, so nothing can be judged";
        verdict.blame(Validity::Unknown, Anomaly::new("no-final-read", story));
    }
}

fn backward_reads(history: &History) -> usize {
    let mut before: Vec<Option<(u32, i64)>> = vec![None; history.nodes.len()];
    let mut backward = 0;
    for (_, operation) in history
        .completed()
        .filter(|(_, operation)| is_read(operation))
    {
        let Value::Int(value) = operation.output else {
            continue;
        };
        let now = (operation.incarnation, value);
        if let Some((incarnation, earlier)) = before[operation.node].replace(now) {
            backward += usize::from(incarnation == operation.incarnation && value < earlier);
        }
    }
    backward
}

/// What a counter may show: the sum of what was acknowledged plus any subset of
/// what may have happened. In 128 bits, so that no sum overflows.
struct Sums {
    /// Disjoint, ascending, not adjacent; both ends included.
    intervals: Vec<(i128, i128)>,
    acknowledged: usize,
    indeterminate: usize,
}

impl Sums {
    fn of(history: &History, unreadable: &mut Findings<usize>) -> Sums {
        let mut base = 0;
        let mut acknowledged = 0;
        let mut maybe = Vec::new();
        for (index, operation) in history
            .operations
            .iter()
            .enumerate()
            .filter(|(_, operation)| operation.f == "add")
        {
            let Value::Int(delta) = operation.input else {
                unreadable.push(index);
                continue;
            };
            match operation.outcome {
                Outcome::Ok => {
                    base += i128::from(delta);
                    acknowledged += 1;
                }
                Outcome::Info | Outcome::Pending => maybe.push(i128::from(delta)),
                Outcome::Fail => {}
            }
        }
        let indeterminate = maybe.len();
        // Small deltas first: what they fill stays one interval under larger ones.
        maybe.sort_unstable_by_key(|delta| delta.abs());
        let mut intervals = vec![(base, base)];
        for delta in maybe {
            intervals = union(&intervals, delta);
        }
        Sums {
            intervals,
            acknowledged,
            indeterminate,
        }
    }

    fn contains(&self, value: i64) -> bool {
        let value = i128::from(value);
        let after = self.intervals.partition_point(|&(low, _)| low <= value);
        after > 0 && value <= self.intervals[after - 1].1
    }

    fn bounds(&self) -> (i128, i128) {
        let (low, _) = self.intervals[0];
        let (_, high) = self.intervals[self.intervals.len() - 1];
        (low, high)
    }

    /// The acceptable values, in words; near `value` if there are many intervals.
    fn around(&self, value: i128) -> String {
        let after = self.intervals.partition_point(|&(low, _)| low <= value);
        let from = if self.intervals.len() <= 4 {
            0
        } else {
            after.saturating_sub(2)
        };
        let shown = self.intervals[from..].iter().take(4);
        let shown: Vec<String> = shown
            .map(|&(low, high)| {
                if low == high {
                    low.to_string()
                } else {
                    format!("{low}…{high}")
                }
            })
            .collect();
        let hidden = if self.intervals.len() > shown.len() {
            " (among others)"
        } else {
            ""
        };
        format!("{}{hidden}", shown.join(" or "))
    }
}

/// The union of the intervals and of the same ones shifted by `delta`.
fn union(intervals: &[(i128, i128)], delta: i128) -> Vec<(i128, i128)> {
    let mut merged: Vec<(i128, i128)> = Vec::with_capacity(intervals.len() + 1);
    let mut stay = intervals.iter().copied().peekable();
    let mut shifted = intervals
        .iter()
        .map(|&(low, high)| (low + delta, high + delta))
        .peekable();
    loop {
        let next = match (stay.peek(), shifted.peek()) {
            (Some(one), Some(other)) if one <= other => stay.next(),
            (_, Some(_)) => shifted.next(),
            (_, None) => stay.next(),
        };
        let Some((low, high)) = next else {
            return merged;
        };
        match merged.last_mut() {
            Some(last) if low <= last.1 + 1 => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Span, Story, fail, info, ok, pending};
    use proptest::prelude::*;

    fn add(story: &mut Story, delta: i64, span: Span) {
        story.operation(0, "add", Value::Int(delta), span, Value::Nothing);
    }

    fn verdict_of(adds: &[(i64, Span)], finals: &[i64]) -> Verdict {
        let mut story = Story::new(finals.len());
        for &(delta, span) in adds {
            add(&mut story, delta, span);
        }
        for (node, &value) in finals.iter().enumerate() {
            story.count(node, Phase::Final, ok(1000, 1001), value);
        }
        check(&story.history(), "pn-counter")
    }

    #[test]
    fn a_final_read_is_the_acknowledged_sum_and_any_subset_of_the_indeterminate() {
        let adds = [
            (3, ok(1, 2)),
            (4, ok(1, 2)),
            (-5, info(1, 2)),
            (2, pending(3)),
        ];
        for value in [7, 2, 9, 4] {
            assert_eq!(
                verdict_of(&adds, &[value]).validity,
                Validity::Valid,
                "{value}"
            );
        }
        for value in [6, 8, 3, 10, 0, 5] {
            assert_eq!(
                verdict_of(&adds, &[value]).validity,
                Validity::Invalid,
                "{value}"
            );
        }
    }

    #[test]
    fn a_failed_add_must_not_count() {
        let adds = [(3, ok(1, 2)), (4, fail(1, 2))];
        assert_eq!(verdict_of(&adds, &[3]).validity, Validity::Valid);
        let verdict = verdict_of(&adds, &[3, 7]);
        assert_eq!(verdict.validity, Validity::Invalid);
        assert_eq!(verdict.anomalies[0].node, Some(1));
        assert!(
            verdict.anomalies[0]
                .text
                .contains("n1 at 1.001 s shows 7, expected 3 (1 adds"),
            "{}",
            verdict.anomalies[0].text
        );
    }

    #[test]
    fn a_judged_node_without_a_final_read_is_unknown_and_one_killed_for_good_is_not_judged() {
        let mut story = Story::new(2);
        add(&mut story, 1, ok(1, 2));
        story.count(0, Phase::Final, ok(10, 11), 1);
        story.count(1, Phase::Final, fail(10, 11), 1);
        let verdict = check(&story.history(), "g-counter");
        assert_eq!(
            (verdict.validity, &*verdict.anomalies[0].kind),
            (Validity::Unknown, "no-final-read")
        );
        assert!(!settled(&story.history()));
        story.nodes[1].judged = false;
        assert_eq!(
            check(&story.history(), "g-counter").validity,
            Validity::Valid
        );
        assert!(settled(&story.history()));
    }

    #[test]
    fn reads_may_go_back_before_the_final_ones_and_are_counted() {
        let mut story = Story::new(1);
        add(&mut story, 2, ok(1, 2));
        story.count(0, Phase::Main, ok(3, 4), 5);
        story.count(0, Phase::Main, ok(5, 6), 1);
        story.incarnations[0] = 1;
        story.count(0, Phase::Main, ok(7, 8), 0);
        story.count(0, Phase::Final, ok(9, 10), 2);
        let verdict = check(&story.history(), "g-counter");
        assert_eq!(verdict.validity, Validity::Valid, "{verdict:?}");
        assert_eq!(
            verdict.figures.get("g-counter.backward-reads"),
            Some(Figure::Count(1))
        );
        let mut catalogue = Catalogue::default();
        names(&mut catalogue, "g-counter");
        for (name, &figure) in &verdict.figures.0 {
            assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
        }
    }

    #[test]
    fn a_hundred_thousand_indeterminate_adds_stay_a_few_intervals() {
        let mut story = Story::new(1);
        for index in 0..100_000_i64 {
            add(&mut story, index % 10 - 5, pending(1));
        }
        let sums = Sums::of(&story.history(), &mut Findings::default());
        assert_eq!(sums.intervals, [(-150_000, 100_000)]);
        // A single odd parity class: multiples of four only.
        let mut story = Story::new(1);
        for _ in 0..3_000 {
            add(&mut story, 4, pending(1));
        }
        let sums = Sums::of(&story.history(), &mut Findings::default());
        assert!(sums.contains(4 * 1_717) && !sums.contains(4 * 1_717 + 2));
    }

    #[test]
    fn sums_beyond_64_bits_do_not_overflow() {
        let adds = [
            (i64::MAX, info(1, 2)),
            (i64::MAX, info(1, 2)),
            (i64::MIN, info(1, 2)),
            (1, ok(1, 2)),
        ];
        assert_eq!(verdict_of(&adds, &[0]).validity, Validity::Valid);
        assert_eq!(verdict_of(&adds, &[1]).validity, Validity::Valid);
        assert_eq!(verdict_of(&adds, &[i64::MAX]).validity, Validity::Valid);
        assert_eq!(verdict_of(&adds, &[2]).validity, Validity::Invalid);
    }

    fn span() -> impl Strategy<Value = Span> {
        prop_oneof![3 => Just(ok(1, 2)), 3 => Just(info(1, 2)), 1 => Just(pending(1)), 2 => Just(fail(1, 2))]
    }

    proptest! {
        #[test]
        fn counters_agree_with_trying_every_subset(
            adds in proptest::collection::vec((prop_oneof![-6..7_i64, Just(100), Just(-37)], span()), 0..9),
            value in prop_oneof![8 => -25..25_i64, 1 => 60..130_i64],
        ) {
            let maybe: Vec<i64> = adds.iter()
                .filter(|(_, span)| matches!(span.outcome, Outcome::Info | Outcome::Pending))
                .map(|&(delta, _)| delta)
                .collect();
            let sum: i64 = adds.iter().filter(|(_, span)| span.outcome == Outcome::Ok).map(|&(delta, _)| delta).sum();
            let reachable = (0_u32..1 << maybe.len()).any(|subset| {
                let chosen = maybe.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1);
                sum + chosen.map(|(_, delta)| delta).sum::<i64>() == value
            });
            let verdict = verdict_of(&adds, &[value]);
            let wrong = verdict.anomalies.iter().any(|anomaly| anomaly.kind == "wrong-sum");
            prop_assert_eq!(wrong, !reachable, "{:?}", verdict);
        }
    }
}
