//! Two costs, and the Pareto front: who is beaten by nobody in both.

use maud::{Markup, html};

use super::axis::Ruler;
use super::lines::short;
use super::plot::{self, BOTTOM, KINDS, LEFT, RIGHT, TARGET, TOP, mark, path, place};
use super::{Entry, Front, Kind};

/// Draws it.
pub(super) fn draw(title: &str, front: &Front) -> Markup {
    let entries = &front.entries;
    let across = Ruler::new(&front.x, entries.iter().map(|entry| entry.x), (LEFT, RIGHT));
    let heights = entries.iter().flat_map(|entry| {
        let ends = entry.interval.map(|interval| [interval.0, interval.1]);
        ends.into_iter().flatten().chain([entry.y])
    });
    let up = Ruler::new(&front.y, heights, (BOTTOM, TOP));
    let best = best(entries);
    let corners = best.iter().map(|&at| &entries[at]);
    let corners: Vec<(f64, f64)> = corners
        .filter_map(|entry| Some((across.at(entry.x)?, up.at(entry.y)?)))
        .collect();
    let field = html! {
        path.front d=(steps(&corners)) {}
        @for (number, entry) in entries.iter().enumerate() {
            @if let (Some(x), Some(y)) = (across.at(entry.x), up.at(entry.y)) {
                g.point.(class(number, entry.kind)) {
                    title { (says(front, entry, best.contains(&number))) }
                    @if let Some((low, high)) = entry.interval {
                        path.bar d={
                            "M" (place(x)) " " (place(up.end(low))) "V" (place(up.end(high)))
                        } {}
                    }
                    path.mark transform={ "translate(" (place(x)) " " (place(y)) ")" }
                        d=(shape(number, entry.kind)) {}
                    text.number x=(place(x + 7.0)) y=(place(y - 6.0)) { (number + 1) }
                }
            }
        }
    };
    html! {
        (plot::chart(title, (&front.x, &across), (&front.y, &up), &field))
        ol.legend {
            @for (number, entry) in entries.iter().enumerate() {
                li {
                    svg.key.(class(number, entry.kind)) viewBox="0 0 14 14" aria-hidden="true" {
                        path.mark transform="translate(7 7)" d=(shape(number, entry.kind)) {}
                    }
                    (number + 1) ". " (entry.name) (remark(entry.kind, best.contains(&number)))
                }
            }
        }
    }
}

/// Who is beaten by nobody in both costs, from left to right.
fn best(entries: &[Entry]) -> Vec<usize> {
    let runs =
        |entry: &Entry| entry.kind == Kind::Measured && entry.x.is_finite() && entry.y.is_finite();
    let beats =
        |a: &Entry, b: &Entry| runs(a) && a.x <= b.x && a.y <= b.y && (a.x < b.x || a.y < b.y);
    let numbered = entries.iter().enumerate();
    let mut best: Vec<usize> = numbered
        .filter(|(_, entry)| runs(entry) && !entries.iter().any(|other| beats(other, entry)))
        .map(|(number, _)| number)
        .collect();
    best.sort_by(|&a, &b| entries[a].x.total_cmp(&entries[b].x));
    best
}

/// The border of what is beaten: right and down in steps.
fn steps(corners: &[(f64, f64)]) -> String {
    let mut points = Vec::new();
    if let Some(&(x, _)) = corners.first() {
        points.push((x, TOP));
    }
    for (at, &(x, y)) in corners.iter().enumerate() {
        points.push((x, y));
        let next = corners.get(at + 1).map_or(RIGHT, |next| next.0);
        points.push((next, y));
    }
    path(points)
}

fn class(number: usize, kind: Kind) -> String {
    match kind {
        Kind::Measured => format!("s{}", number % KINDS),
        Kind::Failed => format!("s{} failed", number % KINDS),
        Kind::Reference => "theory".to_owned(),
    }
}

fn shape(number: usize, kind: Kind) -> &'static str {
    match kind {
        Kind::Reference => TARGET,
        Kind::Measured | Kind::Failed => mark(number),
    }
}

fn remark(kind: Kind, best: bool) -> &'static str {
    match (kind, best) {
        (Kind::Measured, true) => " · on the front",
        (Kind::Measured, false) => "",
        (Kind::Failed, _) => " · failed, not ranked",
        (Kind::Reference, _) => " · for comparison",
    }
}

fn says(front: &Front, entry: &Entry, best: bool) -> String {
    let name = format!("{}{}", entry.name, remark(entry.kind, best));
    match &entry.text {
        Some(text) => format!("{name}\n{text}"),
        None => format!(
            "{name}\n{}: {} {}\n{}: {} {}",
            front.x.label,
            short(entry.x),
            front.x.unit,
            front.y.label,
            short(entry.y),
            front.y.unit
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(x: f64, y: f64, kind: Kind) -> Entry {
        Entry {
            name: "x".to_owned(),
            x,
            y,
            interval: None,
            text: None,
            kind,
        }
    }

    #[test]
    fn the_front_is_who_nobody_beats_in_both_costs() {
        let ours = |x, y| entry(x, y, Kind::Measured);
        let entries = [
            ours(3.0, 1.0),
            ours(1.0, 3.0),
            ours(2.0, 2.0),
            ours(3.0, 3.0),
        ];
        assert_eq!(best(&entries), [1, 2, 0]);
    }

    #[test]
    fn equals_share_the_front_and_failures_and_references_are_not_on_it() {
        let entries = [
            entry(2.0, 2.0, Kind::Measured),
            entry(2.0, 2.0, Kind::Measured),
            entry(1.0, 1.0, Kind::Failed),
            entry(0.0, 0.0, Kind::Reference),
            entry(f64::NAN, 0.0, Kind::Measured),
        ];
        assert_eq!(best(&entries), [0, 1]);
    }
}
