//! The charts that compare: P(everybody) against two labels, messages against time.

use std::collections::BTreeSet;

use super::dimensions::{Placed, STRATEGY, Space, by_span, magnitude};
use super::exhibits::axis;
use super::{Axis, Body, Entry, Exhibit, Front, Heat, HeatCell, Kind, Scale, maths};
use crate::lab::estimate::number;
use crate::lab::interval::Confidence;
use crate::lab::measure::Figure;
use crate::lab::table::shown;

/// P(everybody) against two numeric dimensions, a map for each combination of the others.
pub(super) fn heats(space: &Space, confidence: Confidence) -> Vec<Exhibit> {
    let mut exhibits = Vec::new();
    for (at, across) in space.numeric.iter().enumerate() {
        for down in &space.numeric[at + 1..] {
            for (name, cells) in space.groups(&[across, down]) {
                let Some(heat) = heat(space, (across, down), &cells, confidence) else {
                    continue;
                };
                let of = if name.is_empty() {
                    String::new()
                } else {
                    format!(": {name}")
                };
                let title = format!("P(everybody) by {across} and {down}{of}");
                exhibits.push(
                    Exhibit::new(title, Body::Heat(heat))
                        .notes(maths::figure(Figure::Everybody, confidence)),
                );
            }
        }
    }
    exhibits
}

fn heat(
    space: &Space,
    (across, down): (&str, &str),
    cells: &[&Placed],
    confidence: Confidence,
) -> Option<Heat> {
    let columns = values(cells, across);
    let rows = values(cells, down);
    let room = columns.len() <= 14 && rows.len() <= 24;
    if columns.len() < 2 || rows.len() < 2 || !room || cells.len() * 2 < columns.len() * rows.len()
    {
        return None;
    }
    let cell = |row: &String, column: &String| {
        let at =
            |cell: &&&Placed| cell.value(across) == Some(column) && cell.value(down) == Some(row);
        let cell = cells.iter().find(at)?;
        let estimate = cell.result.estimate(Figure::Everybody, confidence)?;
        let said = shown(Figure::Everybody, &estimate);
        Some(HeatCell {
            value: estimate.value,
            shown: number(estimate.value, 3),
            text: format!(
                "{across}: {column}\n{down}: {row}\neverybody: {said} ({} trials)",
                estimate.trials
            ),
        })
    };
    let rows_of_cells = rows
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, column)));
    Some(Heat {
        rows: rows_of_cells.map(Iterator::collect).collect(),
        x: named(space, across, columns.clone()),
        y: named(space, down, rows.clone()),
        figure: axis(Figure::Everybody).within(0.0, 1.0),
    })
}

fn named(space: &Space, dimension: &str, values: Vec<String>) -> Axis {
    Axis {
        scale: Scale::Names(values),
        ..Axis::new(dimension, space.unit(dimension))
    }
}

/// The values of a numeric dimension, rising.
fn values(cells: &[&Placed], dimension: &str) -> Vec<String> {
    let mut values: Vec<(f64, &str)> = Vec::new();
    for value in cells.iter().filter_map(|cell| cell.value(dimension)) {
        if let Some((number, _)) = magnitude(value)
            && !values.iter().any(|known| known.1 == value)
        {
            values.push((number, value));
        }
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values
        .into_iter()
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// Who reaches everybody this often at least takes part in a front.
const RELIABLE: f64 = 0.99;

/// Messages against time, a chart for each combination of conditions under which several
/// strategies were played.
pub(super) fn fronts(space: &Space, confidence: Confidence) -> Vec<Exhibit> {
    let labels: BTreeSet<&str> = space
        .cells
        .iter()
        .flat_map(|cell| &cell.result.labels)
        .map(|(name, _)| name.as_str())
        .collect();
    // Parameters belong to a strategy, labels are conditions.
    let parameters = space.dimensions.iter().map(String::as_str);
    let who: Vec<&str> = parameters
        .filter(|name| *name == STRATEGY || !labels.contains(name))
        .collect();
    let mut exhibits = Vec::new();
    for (name, cells) in space.groups(&who) {
        let entries: Vec<Entry> = cells
            .iter()
            .filter_map(|cell| entry(cell, confidence))
            .collect();
        let strategies: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let ranked = entries.iter().any(|entry| entry.kind == Kind::Measured);
        if strategies.len() < 2 || !ranked {
            continue;
        }
        let of = if name.is_empty() {
            String::new()
        } else {
            format!(": {name}")
        };
        let front = Front {
            x: Axis {
                scale: by_span(entries.iter().map(|entry| entry.x), 20.0),
                ..axis(Figure::MessagesPerNode)
            },
            y: Axis {
                scale: by_span(entries.iter().map(|entry| entry.y), 20.0),
                ..axis(Figure::Rounds(3))
            },
            entries,
        };
        exhibits.push(
            Exhibit::new(format!("Messages against rounds{of}"), Body::Front(front))
                .about(
                    "Left is cheaper, below is faster. Who reaches everybody in less than 99% of \
                     trials is not ranked.",
                )
                .notes([
                    maths::front(),
                    maths::definition(Figure::MessagesPerNode),
                    maths::definition(Figure::Rounds(3)),
                ]),
        );
    }
    exhibits
}

fn entry(cell: &Placed, confidence: Confidence) -> Option<Entry> {
    let estimate = |figure| cell.result.estimate(figure, confidence);
    let everybody = estimate(Figure::Everybody)?;
    let messages = estimate(Figure::MessagesPerNode)?;
    let rounds = estimate(Figure::Rounds(3))?;
    let kind = if everybody.value >= RELIABLE {
        Kind::Measured
    } else {
        Kind::Failed
    };
    let said = |figure: Figure, estimate| format!("{figure}: {}", shown(figure, estimate));
    Some(Entry {
        name: cell.result.strategy.clone(),
        x: messages.value,
        y: rounds.value,
        interval: rounds
            .interval
            .half_width()
            .is_finite()
            .then_some((rounds.interval.low, rounds.interval.high)),
        text: Some(format!(
            "{}\n{}\n{}",
            said(Figure::MessagesPerNode, &messages),
            said(Figure::Rounds(3), &rounds),
            said(Figure::Everybody, &everybody)
        )),
        kind,
    })
}
