//! No id twice. Ids are any JSON values, interned as elements.
//!
//! Figures, under the reference's names: `unique-ids.attempted-count`,
//! `.acknowledged-count`, `.duplicated-count` (ids given more than once), and of
//! our own `.max-count` (how often the most frequent id was given) and, when all
//! ids are integers, `.range.min` and `.range.max` (to a double's precision).

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{Element, History, Outcome, Value};
use crate::stats;
use crate::text;
use crate::verdict::{Anomaly, Figure, Findings, Validity, Verdict};

const UNSEEN: u32 = u32::MAX;

/// Judges ok operations that return [`Value::Element`]; one that returns
/// anything else makes the verdict unknown (`unreadable`).
#[must_use]
pub fn check(history: &History) -> Verdict {
    // Per element: the operation that gave it first.
    let mut first = vec![UNSEEN; history.elements.len()];
    let mut repeats: BTreeMap<Element, Vec<usize>> = BTreeMap::new();
    let mut unreadable = Findings::default();
    let mut acknowledged = 0;
    for (index, operation) in history.completed() {
        if operation.outcome != Outcome::Ok {
            continue;
        }
        acknowledged += 1;
        match operation.output {
            Value::Element(id) if first[id as usize] == UNSEEN => first[id as usize] = index as u32,
            Value::Element(id) => repeats.entry(id).or_default().push(index),
            _ => unreadable.push(index),
        }
    }
    let mut verdict = Verdict::valid();
    let mut duplicates = Findings::default();
    for (&id, again) in &repeats {
        duplicates.push((id, first[id as usize] as usize, again));
    }
    for &(id, once, again) in &duplicates.first {
        verdict.blame(Validity::Invalid, duplicate(history, id, once, again));
    }
    let name = "unique-ids.duplicated-count";
    verdict.blame_more(Validity::Invalid, "duplicate-id", duplicates.more(), name);
    if let Some(&index) = unreadable.first.first() {
        let story = format!(
            "{} replies hold no id that can be compared",
            unreadable.count
        );
        verdict.blame(
            Validity::Unknown,
            Anomaly::new("unreadable", story).shown_by([index]),
        );
    }
    let most = repeats.values().map(|again| again.len() + 1).max();
    let figures = &mut verdict.figures;
    figures.count("unique-ids.attempted-count", history.operations.len());
    figures.count("unique-ids.acknowledged-count", acknowledged);
    figures.count(name, duplicates.count);
    figures.count("unique-ids.max-count", most.unwrap_or(acknowledged.min(1)));
    if let Some((min, max)) = range(history, &first) {
        figures.set("unique-ids.range.min", Figure::Number(min));
        figures.set("unique-ids.range.max", Figure::Number(max));
    }
    verdict.merge(stats::tried(history))
}

fn duplicate(history: &History, id: Element, once: usize, again: &[usize]) -> Anomaly {
    let place = |index: usize| {
        let operation = &history.operations[index];
        let at = operation.completed.unwrap_or(operation.invoked);
        let node = &history.nodes[operation.node].name;
        format!(
            "{node} at {} (process {}, operation {index})",
            text::moment(at),
            operation.process
        )
    };
    let id = history.elements.text(id);
    let more = match again.len() - 1 {
        0 => String::new(),
        1 => " and once more".to_owned(),
        more => format!(" and {more} more times"),
    };
    let story = format!(
        "id {} was given by {} and again by {}{more}; an id must be given once",
        text::safe(id),
        place(once),
        place(again[0]),
    );
    let second = &history.operations[again[0]];
    let anomaly = Anomaly::new("duplicate-id", story)
        .of(id)
        .on(history, second.node);
    let anomaly = anomaly.when(second.completed.unwrap_or(second.invoked));
    anomaly.shown_by(
        [once]
            .into_iter()
            .chain(again.iter().copied().take(crate::EVIDENCE)),
    )
}

fn range(history: &History, first: &[u32]) -> Option<(f64, f64)> {
    let mut range: Option<(f64, f64)> = None;
    for id in (0..)
        .zip(first)
        .filter(|&(_, &first)| first != UNSEEN)
        .map(|(id, _)| id)
    {
        let text = history.elements.text(id);
        let integer = text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit());
        let value = text.parse::<f64>().ok().filter(|_| integer)?;
        let (min, max) = range.unwrap_or((value, value));
        range = Some((min.min(value), max.max(value)));
    }
    range
}

/// The figures that [`check`] sets.
pub fn names(catalogue: &mut Catalogue) {
    let counts = [
        "attempted-count",
        "acknowledged-count",
        "duplicated-count",
        "max-count",
    ];
    catalogue.add_all(Quantity::Count, "unique-ids", &counts);
    catalogue.add_all(Quantity::Number, "unique-ids", &["range.min", "range.max"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, info, ok};
    use proptest::prelude::*;

    fn story(ids: &[&str]) -> History {
        let mut story = Story::new(3);
        for (index, id) in ids.iter().enumerate() {
            let at = index as u64 * 10;
            let id = Value::Element(story.elements.intern(id).unwrap());
            story.operation(index % 3, "generate", Value::Nothing, ok(at, at + 5), id);
        }
        story.operation(0, "generate", Value::Nothing, info(1, 9000), Value::Nothing);
        story.history()
    }

    #[test]
    fn an_id_given_twice_is_invalid_and_both_operations_are_named() {
        let verdict = check(&story(&["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"b\""]));
        assert_eq!(verdict.validity, Validity::Invalid);
        let anomaly = &verdict.anomalies[0];
        assert_eq!(anomaly.kind, "duplicate-id");
        assert_eq!(anomaly.element.as_deref(), Some("\"b\""));
        // Operation 1 is the one that was never answered.
        assert_eq!(anomaly.operations, [2, 5]);
        assert!(
            anomaly.text.contains("given by n1 at 0.015 s"),
            "{}",
            anomaly.text
        );
        assert!(
            anomaly.text.contains("again by n1 at 0.045 s"),
            "{}",
            anomaly.text
        );
    }

    #[test]
    fn ids_that_differ_beyond_a_doubles_precision_are_different() {
        let verdict = check(&story(&[
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105726",
        ]));
        assert_eq!(verdict.validity, Validity::Valid, "{verdict:?}");
    }

    #[test]
    fn the_range_is_there_when_ids_are_integers() {
        let verdict = check(&story(&["5", "-3", "12"]));
        assert_eq!(
            verdict.figures.get("unique-ids.range.min"),
            Some(Figure::Number(-3.0))
        );
        assert_eq!(
            verdict.figures.get("unique-ids.range.max"),
            Some(Figure::Number(12.0))
        );
        assert_eq!(
            check(&story(&["5", "\"x\""]))
                .figures
                .get("unique-ids.range.min"),
            None
        );
        let mut catalogue = Catalogue::default();
        names(&mut catalogue);
        for (name, &figure) in &verdict.figures.0 {
            assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
        }
    }

    proptest! {
        #[test]
        fn unique_ids_agrees_with_comparing_all_pairs(ids in proptest::collection::vec(0..30_u32, 0..12)) {
            let texts: Vec<String> = ids.iter().map(u32::to_string).collect();
            let history = story(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let pairs = (0..ids.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            let twice = pairs.into_iter().any(|(a, b)| ids[a] == ids[b]);
            let expected = match (ids.is_empty(), twice) {
                // Only the unanswered operation: generate never succeeded.
                (true, _) | (_, true) => Validity::Invalid,
                _ => Validity::Valid,
            };
            prop_assert_eq!(check(&history).validity, expected);
        }
    }
}
