//! The arrivals of an element, each below the one that its sender had it from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Following;
use super::page::{moment, told};
use crate::propagation::{Arrived, Journey};
use crate::summary::{FAINT, Page, counted, safe};
use crate::units::short_duration;

/// Lines of the tree, unless all are wanted.
const LINES: usize = 100;
/// Limbs are drawn so deep; what is deeper says how deep it is.
const DEPTH: usize = 12;

/// The arrivals that are shown: all, or those on the ways to one node.
fn kept(following: &Following, journey: &Journey) -> BTreeSet<usize> {
    let all = 0..journey.arrivals.len();
    let Some(node) = &following.node else {
        return all.collect();
    };
    let mut kept = BTreeSet::new();
    for arrival in all.filter(|&arrival| journey.arrivals[arrival].to == *node) {
        let up = std::iter::successors(Some(arrival), |&arrival| journey.arrivals[arrival].parent);
        kept.extend(up);
    }
    kept
}

/// An arrival and what stands before it.
struct Limb {
    arrival: usize,
    depth: usize,
    /// The trunks of its ancestors, then its own limb.
    before: String,
    limb: &'static str,
}

/// The arrivals as a tree, drawn by `limbs`: a branch, the last branch, a trunk.
pub(super) fn draw(
    page: &mut Page,
    following: &Following,
    journey: &Journey,
    limbs: [&'static str; 3],
    all: bool,
) {
    let rows = rows(journey, &kept(following, journey), limbs);
    page.gap();
    if rows.is_empty() {
        let place = following.node.as_deref().map(safe);
        page.line(&match place {
            None => "It came to no node.".to_owned(),
            Some(node) => format!("It never came to {node}."),
        });
        return;
    }
    let most = if all {
        rows.len()
    } else {
        LINES.min(rows.len())
    };
    let widths = rows[..most].iter().map(|(who, _)| who.chars().count());
    let width = widths.max().unwrap_or(0);
    for (who, arrival) in &rows[..most] {
        page.line(&format!("{who:<width$}  {}", arrived(journey, *arrival)));
        for dropped in &journey.arrivals[*arrival].dropped_before {
            let before = format!("{:width$}    before: {}", "", told(dropped));
            let before = page.paint(&before, FAINT);
            page.line(&before);
        }
    }
    if rows.len() > most {
        let more = counted((rows.len() - most) as u64, "arrival", "arrivals");
        let more = page.paint(&format!("… and {more} more: --all"), FAINT);
        page.line(&more);
    }
}

/// Who told whom, each below the arrival that it had it from, and which arrival that is.
/// Ways may be thousands of hops long, so this does not recurse.
fn rows(
    journey: &Journey,
    kept: &BTreeSet<usize>,
    limbs: [&'static str; 3],
) -> Vec<(String, usize)> {
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for &arrival in kept {
        let parent = journey.arrivals[arrival].parent;
        children.entry(parent).or_default().push(arrival);
    }
    let roots = children.get(&None).into_iter().flatten();
    // The next one last.
    let mut open: Vec<Limb> = roots
        .rev()
        .map(|&arrival| Limb {
            arrival,
            depth: 0,
            before: String::new(),
            limb: "",
        })
        .collect();
    let [branch, last_branch, trunk] = limbs;
    let mut rows = Vec::new();
    while let Some(Limb {
        arrival,
        depth,
        before,
        limb,
    }) = open.pop()
    {
        let deep = match depth > DEPTH {
            true => format!("({depth}) "),
            false => String::new(),
        };
        let Arrived { from, to, .. } = &journey.arrivals[arrival];
        let who = format!("{before}{limb}{deep}{} → {}", safe(from), safe(to));
        rows.push((who, arrival));
        let below = match limb {
            _ if depth >= DEPTH => before,
            "" => String::new(),
            limb if limb == branch => format!("{before}{trunk}"),
            _ => format!("{before}   "),
        };
        let next = children.get(&Some(arrival)).map_or(&[][..], Vec::as_slice);
        open.extend(next.iter().enumerate().rev().map(|(index, &child)| Limb {
            arrival: child,
            depth: depth + 1,
            before: below.clone(),
            limb: if index + 1 == next.len() {
                last_branch
            } else {
                branch
            },
        }));
    }
    rows
}

/// `1.310 s  +100 ms  message 15`
fn arrived(journey: &Journey, arrival: usize) -> String {
    let arrival = &journey.arrivals[arrival];
    let since = arrival.parent.map_or_else(String::new, |parent| {
        let after = arrival.at_ns.saturating_sub(journey.arrivals[parent].at_ns);
        format!("+{}", short_duration(Duration::from_nanos(after)))
    });
    let place = journey.places.iter().find(|place| place.name == arrival.to);
    let lives = place.map_or(0, |place| place.lives_ns.len());
    let life = match lives > 1 {
        true => format!("  life {} of {lives}", arrival.life),
        false => String::new(),
    };
    format!(
        "{:>10}  {since:>8}  message {}{life}",
        moment(arrival.at_ns),
        arrival.message
    )
}
