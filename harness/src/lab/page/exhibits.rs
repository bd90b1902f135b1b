//! The charts of an experiment: curves, figures against labels, heat maps, fronts.

use std::collections::BTreeSet;

use super::dimensions::{Placed, STRATEGY, Space, magnitude};
use super::plot::KINDS;
use super::{
    Axis, Body, Entry, Exhibit, Front, Heat, HeatCell, Kind, Lines, Point, Scale, Section, Series,
    maths,
};
use crate::lab::estimate::{Estimate, Target, number};
use crate::lab::interval::Confidence;
use crate::lab::measure::Figure;
use crate::lab::table::shown;
use crate::network::{Latency, Shape};

/// So many charts of a kind; tables have the rest.
const MOST: usize = 12;

/// Charts of a kind as a section; nothing without charts. Of very many the first ones.
pub(super) fn section(title: &str, about: &str, mut exhibits: Vec<Exhibit>) -> Option<Section> {
    let all = exhibits.len();
    exhibits.truncate(MOST);
    let cut = if all > MOST {
        format!(" The first {MOST} of {all} charts; the table below has all cells.")
    } else {
        String::new()
    };
    (all > 0).then(|| Section {
        title: title.to_owned(),
        about: format!("{about}{cut}"),
        exhibits,
    })
}

/// `title`, and which part of how many.
fn numbered(title: &str, at: usize, parts: usize) -> String {
    if parts > 1 {
        format!("{title} · {} of {parts}", at + 1)
    } else {
        title.to_owned()
    }
}

/// Coverage over time, a line for each cell.
pub(super) fn curves(space: &Space) -> Vec<Exhibit> {
    let mut exhibits = Vec::new();
    let numeric: Vec<&str> = space.numeric.iter().map(String::as_str).collect();
    let others: Vec<&str> = space.dimensions.iter().map(String::as_str).collect();
    // A chart for each strategy and topology if numbers vary, one for all if only names do.
    let within = if numeric.is_empty() {
        &others
    } else {
        &numeric
    };
    for (name, cells) in space.groups(within) {
        let watched: Vec<&&Placed> = cells
            .iter()
            .filter(|cell| cell.result.measures.curve.is_some())
            .collect();
        let parts = watched.len().div_ceil(KINDS);
        for (at, cells) in watched.chunks(KINDS).enumerate() {
            let rounds = cells.iter().all(|cell| in_rounds(cell));
            let (unit, word) = if rounds { ("rounds", "") } else { ("ms", "") };
            let series = cells.iter().map(|cell| {
                let varied = cell.name(within.iter().copied());
                let label = if varied.is_empty() {
                    cell.result.strategy.clone()
                } else {
                    varied
                };
                Series::band(label, curve(cell, rounds))
            });
            let lines = Lines {
                x: Axis::new(format!("time since the broadcast{word}"), unit).within(0.0, 0.0),
                y: Axis::new("share of nodes that know", "").within(0.0, 1.0),
                series: series.collect(),
            };
            let title = match name.as_str() {
                "" => "Coverage over time".to_owned(),
                name => format!("Coverage over time: {name}"),
            };
            exhibits.push(
                Exhibit::new(numbered(&title, at, parts), Body::Lines(lines))
                    .about("Mean of the trials watched; the band is their whole range.")
                    .notes([maths::curve()]),
            );
        }
    }
    exhibits
}

/// Whether messages of a cell take equally long, so that all happens in rounds.
fn in_rounds(cell: &Placed) -> bool {
    let latency = Latency::parse(&cell.result.latency, None);
    latency.is_ok_and(|latency| latency.shape == Shape::Constant)
}

fn curve(cell: &Placed, rounds: bool) -> Vec<Point> {
    let Some(curve) = &cell.result.measures.curve else {
        return Vec::new();
    };
    let whole = f64::from(cell.result.nodes) * f64::from(cell.result.rumors);
    let points = curve.points(whole).map(|point| {
        let nanos = point.at.as_nanos() as f64;
        let x = if rounds {
            nanos / cell.result.round.max(1) as f64
        } else {
            nanos / 1e6
        };
        Point::new(x, point.mean).between(point.low, point.high)
    });
    points.collect()
}

/// Figures against a numeric dimension, a line for each combination of the others.
pub(super) fn against(
    space: &Space,
    dimension: &str,
    figures: &[Figure],
    confidence: Confidence,
) -> Vec<Exhibit> {
    let mut groups = space.groups(&[dimension]);
    groups.retain(|(_, cells)| {
        let values: BTreeSet<_> = cells
            .iter()
            .filter_map(|cell| cell.value(dimension))
            .collect();
        values.len() > 1
    });
    let parts = groups.len().div_ceil(KINDS);
    let mut exhibits = Vec::new();
    for figure in figures {
        for (at, groups) in groups.chunks(KINDS).enumerate() {
            let mut series = Vec::new();
            for (name, cells) in groups {
                let name = if name.is_empty() { "measured" } else { name };
                let (points, targets) = points(cells, dimension, *figure, confidence);
                if !points.is_empty() {
                    series.push(Series::new(name, points));
                }
                if !targets.is_empty() {
                    series.push(Series::targets(format!("target: {name}"), targets));
                }
            }
            if series.iter().all(|series| series.points.len() < 2) {
                continue;
            }
            let title = format!("{} against {dimension}", capital(figure.name()));
            let lines = Lines {
                x: Axis {
                    scale: space.scale(dimension),
                    ..Axis::new(dimension, space.unit(dimension))
                },
                y: height(*figure, &series),
                series: merged(series),
            };
            exhibits.push(
                Exhibit::new(numbered(&title, at, parts), Body::Lines(lines))
                    .about(figure.meaning())
                    .notes(maths::figure(*figure, confidence))
                    .notes([maths::target()]),
            );
        }
    }
    exhibits
}

/// Targets as one series: they are marks, told apart by where they lie.
fn merged(series: Vec<Series>) -> Vec<Series> {
    let (targets, mut measured): (Vec<Series>, Vec<Series>) = series
        .into_iter()
        .partition(|series| series.style == super::Style::Targets);
    let points: Vec<Point> = targets
        .into_iter()
        .flat_map(|series| series.points)
        .collect();
    if !points.is_empty() {
        measured.push(Series::targets("target", points));
    }
    measured
}

/// A figure's axis: shares from 0 to 1, and what spans many powers of ten by factors.
fn height(figure: Figure, series: &[Series]) -> Axis {
    let axis = axis(figure);
    if matches!(figure, Figure::Everybody | Figure::Coverage) {
        return axis.within(0.0, 1.0);
    }
    let values = || {
        series
            .iter()
            .flat_map(|series| &series.points)
            .map(|point| point.y)
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    if low > 0.0 && high / low >= 50.0 {
        axis.log()
    } else {
        axis
    }
}

/// A figure's name and unit.
pub(super) fn axis(figure: Figure) -> Axis {
    let unit = match figure {
        Figure::Time(_) | Figure::LastTime => "ms",
        Figure::Rounds(_) | Figure::LastRound => "rounds",
        Figure::Hops => "hops",
        Figure::MessagesPerNode | Figure::CarryingPerNode | Figure::MessagesPerBroadcast => {
            "messages"
        }
        Figure::CopiesPerNode => "rumors",
        Figure::BytesPerBroadcast | Figure::BytesPerMessage => "bytes",
        Figure::PeakLoad => "messages in a round",
        Figure::Everybody => "share of trials",
        Figure::Coverage | Figure::Residue => "share of nodes",
        Figure::Redundancy => "ratio",
    };
    Axis::new(figure.name(), unit)
}

/// What was measured and what was expected, by the value of a dimension.
fn points(
    cells: &[&Placed],
    dimension: &str,
    figure: Figure,
    confidence: Confidence,
) -> (Vec<Point>, Vec<Point>) {
    let (mut measured, mut targets) = (Vec::new(), Vec::new());
    for cell in cells {
        let Some((x, _)) = cell.value(dimension).and_then(magnitude) else {
            continue;
        };
        if let Some(estimate) = cell.result.estimate(figure, confidence) {
            measured.push(point(x, figure, &estimate));
        }
        if let Some(text) = cell.result.expect.get(&figure)
            && let Ok(target) = text.parse::<Target>()
        {
            let said = format!("{target}, the target of {}", cell.result.strategy);
            targets.push(Point::new(x, target.value()).saying(said));
        }
    }
    measured.sort_by(|a, b| a.x.total_cmp(&b.x));
    (measured, targets)
}

fn point(x: f64, figure: Figure, estimate: &Estimate) -> Point {
    let text = format!("{} ({} trials)", shown(figure, estimate), estimate.trials);
    Point::new(x, estimate.value)
        .between(estimate.interval.low.max(0.0), estimate.interval.high)
        .saying(text)
}

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
            x: axis(Figure::MessagesPerNode),
            y: axis(Figure::Rounds(3)),
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
