//! What is plotted of a run: its operations and messages, counted by column of time.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::Style;
use serde::Deserialize;
use swelkie_checkers::{Element, History, Nanos, Outcome, Value};

use super::axis::Axis;
use super::plot::{Lane, Plot};
use crate::archive::{Completion, Fate, Messages, Operation, Operations, Role};
use crate::propagation::Propagation;
use crate::summary::{BAD, DOUBTFUL, FAINT, GOOD, grouped, safe, three_digits};
use crate::units::short_duration;

/// Rows of the plot of latencies.
const LATENCY_ROWS: usize = 5;

/// Operations per second by how they ended, when they ended (pending ones: when they began).
pub(super) fn operations(operations: &Operations, axis: Axis) -> Option<Plot> {
    let endings = [
        (Completion::Ok, GOOD),
        (Completion::Fail, BAD),
        (Completion::Info, DOUBTFUL),
        (Completion::Pending, FAINT),
    ];
    let main = |one: &&Operation| !one.recovery;
    let counted = endings.map(|(ending, style)| {
        let ended = |one: &&Operation| main(one) && one.completion == ending;
        let ended = operations.all.iter().filter(ended);
        let (counts, total) = count(ended, axis);
        (ending.word(), style, counts, total)
    });
    let scale = counted
        .iter()
        .flat_map(|row| &row.2)
        .copied()
        .fold(0.0, f64::max);
    let lanes = counted
        .into_iter()
        .filter(|row| row.3 > 0)
        .map(|(word, style, values, total)| Lane::Bars {
            label: format!("{word} {}", grouped(total)),
            note: per_second(&values, axis),
            rows: if word == "ok" { 2 } else { 1 },
            values,
            scale,
            style,
        });
    let mut lanes: Vec<Lane> = lanes.collect();
    // Swelkie's own reads while it waits for recovery come as fast as they can.
    let (values, total) = count(operations.all.iter().filter(|one| !main(one)), axis);
    if total > 0 {
        lanes.push(Lane::Bars {
            label: format!("reads {}", grouped(total)),
            note: per_second(&values, axis),
            rows: 1,
            scale: values.iter().copied().fold(0.0, f64::max),
            values,
            style: FAINT,
        });
    }
    (!lanes.is_empty()).then(|| Plot {
        title: "operations",
        about: "by how they ended; reads: after the last heal; right: most per second".to_owned(),
        lanes,
    })
}

/// Operations by the column in which they ended, or began if they did not; and how many.
fn count<'a>(operations: impl Iterator<Item = &'a Operation>, axis: Axis) -> (Vec<f64>, u64) {
    let mut counts = vec![0.0; axis.columns];
    let mut total = 0;
    for operation in operations {
        counts[axis.column(operation.completed.unwrap_or(operation.invoked))] += 1.0;
        total += 1;
    }
    (counts, total)
}

/// Median and 99th percentile of the latency of operations that ended ok.
pub(super) fn latency(operations: &Operations, axis: Axis, ends: [char; 3]) -> Option<Plot> {
    let mut samples: Vec<Vec<Nanos>> = vec![Vec::new(); axis.columns];
    for operation in operations.all.iter().filter(|one| !one.recovery) {
        if let (Completion::Ok, Some(at)) = (operation.completion, operation.completed) {
            samples[axis.column(at)].push(at.saturating_sub(operation.invoked));
        }
    }
    // A simulation without latency has nothing to show.
    if samples.iter().flatten().all(|&latency| latency == 0) {
        return None;
    }
    let ranges = samples.into_iter().map(|mut sample| {
        sample.sort_unstable();
        let rank = |q: f64| (q * sample.len() as f64).ceil() as usize - 1;
        // A logarithmic scale has no zero.
        let at = |q: f64| (sample[rank(q)].max(1)) as f64;
        (!sample.is_empty()).then(|| (at(0.5), at(0.99)))
    });
    let [low, _, high] = ends;
    Some(Plot {
        title: "latency",
        about: format!("of operations that ended ok: {low} median, {high} 99th percentile"),
        lanes: vec![Lane::Ranges {
            ranges: ranges.collect(),
            rows: LATENCY_ROWS,
            word: |nanos| short_duration(Duration::from_nanos(nanos as Nanos)),
        }],
    })
}

/// Messages between nodes and services per second, when they were sent.
pub(super) fn messages(messages: &Messages, axis: Axis) -> Option<Plot> {
    let inside = |end: u32| matches!(messages.roles[end as usize], Role::Node | Role::Service);
    let mut values = vec![0.0; axis.columns];
    let mut total = 0;
    for row in &messages.rows {
        if inside(row.src) && inside(row.dest) && !row.copy {
            values[axis.column(row.sent)] += 1.0;
            total += 1;
        }
    }
    (total > 0).then(|| Plot {
        title: "messages",
        about: "between nodes, when they were sent".to_owned(),
        lanes: vec![Lane::Bars {
            label: grouped(total),
            note: per_second(&values, axis),
            scale: values.iter().copied().fold(0.0, f64::max),
            values,
            rows: 3,
            style: Style::new(),
        }],
    })
}

/// Dropped messages by reason, clients' ones among them.
pub(super) fn drops(messages: &Messages, axis: Axis) -> Option<Plot> {
    let mut reasons: BTreeMap<u32, (u64, Vec<f64>)> = BTreeMap::new();
    for row in &messages.rows {
        if let (Fate::Dropped { why, .. }, Some(at)) = (row.fate, row.ended) {
            let fresh = || (0, vec![0.0; axis.columns]);
            let (total, values) = reasons.entry(why).or_insert_with(fresh);
            *total += 1;
            values[axis.column(at)] += 1.0;
        }
    }
    let mut reasons: Vec<(u32, (u64, Vec<f64>))> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, (total, _))| std::cmp::Reverse(*total));
    let all = reasons.iter().flat_map(|(_, (_, values))| values);
    let scale = all.copied().fold(0.0, f64::max);
    let lanes = reasons
        .into_iter()
        .map(|(why, (total, values))| Lane::Bars {
            label: format!(
                "{} {}",
                safe(&messages.reasons[why as usize]),
                grouped(total)
            ),
            note: per_second(&values, axis),
            values,
            scale,
            rows: 1,
            style: BAD,
        });
    let lanes: Vec<Lane> = lanes.collect();
    (!lanes.is_empty()).then(|| Plot {
        title: "drops",
        about: "messages that were dropped, by reason".to_owned(),
        lanes,
    })
}

/// The part of an element that says for whom it is.
#[derive(Deserialize)]
struct Labelled {
    audience: Vec<String>,
}

/// The nodes that an element is for: all of them, unless it names its audience.
pub(super) fn audience(element: &str, nodes: &[String]) -> Vec<usize> {
    let labelled = element
        .starts_with('{')
        .then(|| serde_json::from_str::<Labelled>(element));
    match labelled {
        Some(Ok(labelled)) => {
            let is_meant = |&node: &usize| labelled.audience.contains(&nodes[node]);
            (0..nodes.len()).filter(is_meant).collect()
        }
        _ => (0..nodes.len()).collect(),
    }
}

/// How far the elements that had been asked for at a time had come by then.
pub(super) fn reach(history: &History, spread: &Propagation, axis: Axis) -> Option<Plot> {
    let names: Vec<String> = history.nodes.iter().map(|node| node.name.clone()).collect();
    let mut first_asked: BTreeMap<Element, Nanos> = BTreeMap::new();
    for operation in &history.operations {
        if let (Value::Element(element), false) =
            (&operation.input, operation.outcome == Outcome::Fail)
        {
            let asked = first_asked.entry(*element).or_insert(operation.invoked);
            *asked = operation.invoked.min(*asked);
        }
    }
    if first_asked.is_empty() || spread.is_left_out() {
        return None;
    }
    let (mut wanted, mut there) = (vec![0.0; axis.columns], vec![0.0; axis.columns]);
    for (&element, &asked) in &first_asked {
        for node in audience(history.elements.text(element), &names) {
            wanted[axis.column(asked)] += 1.0;
            if let Some(at) = spread.first(element, node) {
                there[axis.column(at.max(asked))] += 1.0;
            }
        }
    }
    let mut sums = (0.0, 0.0);
    let both = wanted.iter().zip(&there).map(|(wanted, there)| {
        sums = (sums.0 + wanted, sums.1 + there);
        sums
    });
    let both: Vec<(f64, f64)> = both.collect();
    let share = |&(wanted, there): &(f64, f64)| if wanted > 0.0 { there / wanted } else { 0.0 };
    let missing: Vec<f64> = both.iter().map(|(wanted, there)| wanted - there).collect();
    let most = missing.iter().copied().fold(0.0, f64::max);
    let (wanted, arrived) = *both.last()?;
    let percent = if wanted > 0.0 {
        arrived / wanted * 100.0
    } else {
        0.0
    };
    let guessed = if spread.basis().exact {
        ""
    } else {
        " (a guess at what messages carry)"
    };
    Some(Plot {
        title: "reached",
        about: format!("share of nodes that have each message asked for so far; missing{guessed}"),
        lanes: vec![
            Lane::Bars {
                label: format!("{}%", three_digits(percent)),
                note: "100%".to_owned(),
                values: both.iter().map(share).collect(),
                scale: 1.0,
                rows: 2,
                style: GOOD,
            },
            Lane::Bars {
                label: format!("missing {}", grouped(missing[missing.len() - 1] as u64)),
                note: grouped(most as u64),
                values: missing,
                scale: most,
                rows: 1,
                style: DOUBTFUL,
            },
        ],
    })
}

/// The most of any column, `12/s`.
fn per_second(counts: &[f64], axis: Axis) -> String {
    let most = counts.iter().copied().fold(0.0, f64::max);
    format!("{}/s", three_digits(most / axis.seconds()))
}
