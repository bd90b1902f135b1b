//! Figures against a number or a name.

use maud::{Markup, html};

use super::axis::Ruler;
use super::plot::{self, BOTTOM, LEFT, RIGHT, TARGET, TOP, class, mark, path, place};
use super::{Lines, Point, Scale, Series, Style};
use crate::lab::estimate::number;

/// So many places of a band say their numbers when they are pointed at.
const SPOKEN: usize = 12;

/// Draws it.
pub(super) fn draw(title: &str, lines: &Lines) -> Markup {
    let points = || lines.series.iter().flat_map(|series| &series.points);
    let across = Ruler::new(&lines.x, points().map(|point| point.x), (LEFT, RIGHT));
    let up = Ruler::new(&lines.y, heights(&lines.series).into_iter(), (BOTTOM, TOP));
    let names = matches!(lines.x.scale, Scale::Names(_));
    let pen = Pen {
        lines,
        across: &across,
        up: &up,
        joined: !names,
    };
    // Bands below lines, targets on top.
    let rank = |style| match style {
        Style::Band => 0,
        Style::Bars => 1,
        Style::Theory | Style::Targets => 2,
    };
    let mut order: Vec<(usize, &Series)> = lines.series.iter().enumerate().collect();
    order.sort_by_key(|(_, series)| rank(series.style));
    let field = html! {
        @for (number, series) in order {
            g class=(class(number, series.style)) { (pen.series(number, series)) }
        }
    };
    html! {
        (plot::chart(title, (&lines.x, &across), (&lines.y, &up), &field))
        (plot::legend(lines.series.iter().enumerate().map(|(number, series)| {
            (number, series.name.as_str(), series.style)
        })))
    }
}

/// What the axis has to show: all points, and their intervals as far as they do not flatten the
/// points; a longer one ends at the chart's edge.
fn heights(series: &[Series]) -> Vec<f64> {
    let points = || series.iter().flat_map(|series| &series.points);
    let mut heights: Vec<f64> = points().map(|point| point.y).collect();
    let finite = || heights.iter().copied().filter(|height| height.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let room = (high - low).max(high.abs() / 2.0);
    let ends = points().flat_map(|point| [point.low, point.high]).flatten();
    let ends: Vec<f64> = ends
        .map(|end| end.max(low - room).min(high + room))
        .collect();
    heights.extend(ends);
    heights
}

struct Pen<'a> {
    lines: &'a Lines,
    across: &'a Ruler<'a>,
    up: &'a Ruler<'a>,
    joined: bool,
}

impl Pen<'_> {
    fn series(&self, number: usize, series: &Series) -> Markup {
        match series.style {
            Style::Band => self.band(series),
            Style::Bars => self.marks(series, mark(number)),
            Style::Theory | Style::Targets => self.marks(series, TARGET),
        }
    }

    fn place(&self, point: &Point) -> Option<(f64, f64)> {
        Some((self.across.at(point.x)?, self.up.at(point.y)?))
    }

    fn marks(&self, series: &Series, shape: &str) -> Markup {
        let points = &series.points;
        let joined = self.joined && series.style != Style::Targets && points.len() > 1;
        html! {
            @if joined {
                path.line d=(path(points.iter().filter_map(|point| self.place(point)))) {}
            }
            @for (point, (x, y)) in points.iter().filter_map(|p| Some((p, self.place(p)?))) {
                g.point {
                    title { (self.says(series, point)) }
                    @if let (Some(low), Some(high)) = (point.low, point.high) {
                        @let (low, high) = (self.up.end(low), self.up.end(high));
                        path.bar d={
                            "M" (place(x)) " " (place(low)) "V" (place(high))
                            "M" (place(x - 3.0)) " " (place(low)) "h6"
                            "M" (place(x - 3.0)) " " (place(high)) "h6"
                        } {}
                    }
                    path.mark transform={ "translate(" (place(x)) " " (place(y)) ")" } d=(shape) {}
                }
            }
        }
    }

    fn band(&self, series: &Series) -> Markup {
        let places: Vec<(&Point, (f64, f64))> = series
            .points
            .iter()
            .filter_map(|point| Some((point, self.place(point)?)))
            .collect();
        let end = |bound: fn(&Point) -> Option<f64>| {
            let ends = places.iter().map(move |(point, (x, y))| {
                (*x, bound(point).map_or(*y, |bound| self.up.end(bound)))
            });
            straightened(ends.collect())
        };
        let mut outline = end(|point| point.high);
        outline.extend(end(|point| point.low).into_iter().rev());
        let middle = straightened(places.iter().map(|(_, place)| *place).collect());
        let every = places.len().div_ceil(SPOKEN).max(1);
        html! {
            path.band d={ (path(outline)) "z" } {}
            path.line d=(path(middle)) {}
            @for (point, (x, y)) in places.iter().step_by(every) {
                circle.spot cx=(place(*x)) cy=(place(*y)) r="7" {
                    title { (self.says(series, point)) }
                }
            }
        }
    }

    /// What is said when a point is pointed at.
    fn says(&self, series: &Series, point: &Point) -> String {
        let what = match &point.text {
            Some(text) => text.clone(),
            None => {
                let interval = match (point.low, point.high) {
                    (Some(low), Some(high)) => {
                        format!(" [{}, {}]", number(low, 4), number(high, 4))
                    }
                    _ => String::new(),
                };
                format!("{}{interval}", number(point.y, 4))
            }
        };
        let x = match &self.lines.x.scale {
            Scale::Names(names) => names.get(point.x as usize).cloned().unwrap_or_default(),
            _ => format!("{} {}", short(point.x), self.lines.x.unit),
        };
        let (across, up) = (&self.lines.x.label, &self.lines.y.label);
        format!("{}\n{across}: {}\n{up}: {what}", series.name, x.trim_end())
    }
}

/// A number of an axis: whole ones whole, others with four digits.
pub(super) fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e12 {
        value.to_string()
    } else {
        number(value, 4)
    }
}

/// Without the points that lie on a straight line between their neighbours.
fn straightened(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (at, &point) in points.iter().enumerate() {
        let level = |other: Option<&(f64, f64)>| {
            other.is_some_and(|other| (other.1 - point.1).abs() < 0.05)
        };
        if level(kept.last()) && level(points.get(at + 1)) {
            continue;
        }
        kept.push(point);
    }
    kept
}
