//! The charts of an experiment: coverage over time, figures against labels.

use std::collections::BTreeSet;

use super::dimensions::{Placed, Space, by_span, magnitude};
use super::plot::KINDS;
use super::{Axis, Body, Exhibit, Lines, Point, Section, Series, Style, maths};
use crate::lab::estimate::{Estimate, Target};
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
            let unit = if rounds { "rounds" } else { "ms" };
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
                x: Axis::new("time since the broadcast", unit).within(0.0, 0.0),
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
        .partition(|series| series.style == Style::Targets);
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
    let points = series.iter().flat_map(|series| &series.points);
    let scale = by_span(points.map(|point| point.y), 50.0);
    Axis { scale, ..axis }
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
