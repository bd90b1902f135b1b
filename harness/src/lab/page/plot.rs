//! What charts have in common: the frame with its axes, the marks of series, the legend.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Ruler;
use super::{Axis, Scale, Style};

/// The size of a chart, in units of its drawing.
pub(super) const WIDTH: f64 = 720.0;
pub(super) const HEIGHT: f64 = 380.0;
/// The edges of the field within.
pub(super) const LEFT: f64 = 66.0;
pub(super) const RIGHT: f64 = WIDTH - 18.0;
pub(super) const TOP: f64 = 12.0;
pub(super) const BOTTOM: f64 = HEIGHT - 48.0;

/// As many colours, marks and dashes as there are.
pub(super) const KINDS: usize = 8;

/// The marks of series 0, 1, 2 and so on around (0, 0): circle, square, triangle, diamond,
/// triangle down, plus, cross, star.
const MARKS: [&str; KINDS] = [
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-4.8L4.6 3.4H-4.6z",
    "M0-5.2L4.4 0L0 5.2L-4.4 0z",
    "M0 4.8L4.6-3.4H-4.6z",
    "M-1.5-4.8h3v3.3h3.3v3h-3.3v3.3h-3v-3.3h-3.3v-3h3.3z",
    "M-4.4-2.6L-2.6-4.4L0-1.8L2.6-4.4L4.4-2.6L1.8 0L4.4 2.6L2.6 4.4L0 1.8L-2.6 4.4L-4.4 2.6L-1.8 0z",
    "M0-5.6L1.5-1.7H5.4L2.3.8L3.4 4.8L0 2.4L-3.4 4.8L-2.3.8L-5.4-1.7H-1.5z",
];

/// What theory and targets are drawn with.
pub(super) const TARGET: &str = "M0-6L6 0L0 6L-6 0z";

/// The mark of a series.
pub(super) fn mark(number: usize) -> &'static str {
    MARKS[number % KINDS]
}

/// The classes of a series: colour and dash.
pub(super) fn class(number: usize, style: Style) -> String {
    match style {
        Style::Bars | Style::Band => format!("s{}", number % KINDS),
        Style::Theory | Style::Targets => "theory".to_owned(),
    }
}

/// A place in a drawing: a tenth of a unit is finer than a screen.
pub(super) fn place(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A path through points.
pub(super) fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut out = String::new();
    for (x, y) in points {
        let step = if out.is_empty() { 'M' } else { 'L' };
        let _ = write!(out, "{step}{} {}", place(x), place(y));
    }
    out
}

/// An axis' label with its unit.
pub(super) fn title(axis: &Axis) -> String {
    let log = match axis.scale {
        Scale::Log => ", log scale",
        Scale::Linear | Scale::Names(_) => "",
    };
    match axis.unit.as_str() {
        "" if log.is_empty() => axis.label.clone(),
        "" => format!("{} (log scale)", axis.label),
        unit => format!("{} ({unit}{log})", axis.label),
    }
}

/// A chart: the frame with both axes, and what is drawn in it.
pub(super) fn chart(
    title_text: &str,
    (x, across): (&Axis, &Ruler),
    (y, up): (&Axis, &Ruler),
    field: &Markup,
) -> Markup {
    let names = matches!(x.scale, Scale::Names(_));
    let ticks = across.ticks();
    let letters: usize = ticks.iter().map(|tick| tick.1.chars().count() + 1).sum();
    // Names that would run into each other stand aslant, below which they need room.
    let aslant = letters > 100;
    let longest = ticks.iter().map(|tick| tick.1.chars().count()).max();
    let depth = if aslant {
        (longest.unwrap_or(0) as f64 * 4.2).min(170.0)
    } else {
        0.0
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + depth) } role="img" aria-label=(title_text) {
            @for (at, text) in up.ticks() {
                path.grid d={ "M" (LEFT) " " (place(at)) "H" (RIGHT) } {}
                text.tick.left x=(LEFT - 7.0) y=(place(at + 4.0)) { (text) }
            }
            @for (at, text) in &ticks {
                @if !names { path.grid d={ "M" (place(*at)) " " (TOP) "V" (BOTTOM) } {} }
                @if aslant {
                    text.tick.left transform={
                        "translate(" (place(*at + 4.0)) " " (BOTTOM + 14.0) ")rotate(-35)"
                    } { (text) }
                } @else {
                    text.tick x=(place(*at)) y=(BOTTOM + 17.0) { (text) }
                }
            }
            path.axis d={ "M" (LEFT) " " (TOP) "V" (BOTTOM) "H" (RIGHT) } {}
            text.label x=((LEFT + RIGHT) / 2.0) y=(HEIGHT + depth - 8.0) { (title(x)) }
            text.label transform={ "translate(14 " ((TOP + BOTTOM) / 2.0) ")rotate(-90)" } {
                (title(y))
            }
            (field)
        }
    }
}

/// What is drawn how.
pub(super) fn legend<'a>(entries: impl Iterator<Item = (usize, &'a str, Style)>) -> Markup {
    html! {
        ul.legend {
            @for (number, name, style) in entries {
                li {
                    svg.key.(class(number, style)) viewBox="0 0 34 14" aria-hidden="true" {
                        @if style == Style::Band { path.band d="M0 1H34V13H0z" {} }
                        @if style != Style::Targets { path.line d="M0 7H34" {} }
                        @match style {
                            Style::Bars => path.mark transform="translate(17 7)" d=(mark(number)) {},
                            Style::Band => {},
                            Style::Theory | Style::Targets => {
                                path.mark transform="translate(17 7)" d=(TARGET) {}
                            },
                        }
                    }
                    (name)
                }
            }
        }
    }
}
