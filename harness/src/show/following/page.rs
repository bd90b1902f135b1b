//! The way of an element in words.

use std::time::Duration;

use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use super::{Asked, Following, LastRead, stops, tree};
use crate::propagation::{Dropped, Journey, Place};
use crate::show::Screen;
use crate::show::glyphs::Glyphs;
use crate::summary::{BAD, FAINT, GOOD, Page, TITLE, counted, safe};
use crate::text::excerpt;
use crate::units::short_duration;

/// The way of an element as a page, `all` with every arrival.
#[must_use]
pub fn page(following: &Following, screen: &Screen, all: bool) -> String {
    let mut page = Page::new(screen.color);
    let element = excerpt(following.element.as_bytes(), 200);
    let about = match &following.node {
        None => String::new(),
        Some(node) => format!(" on its way to {}", safe(node)),
    };
    let title = page.paint(&format!("{element}{about}"), TITLE);
    page.line(&title);
    for asked in &following.asked {
        tell_asked(&mut page, asked);
    }
    if let Some(journey) = &following.journey {
        let limbs = Glyphs::choose(screen.ascii).tree;
        tree::draw(&mut page, following, journey, limbs, all);
        totals(&mut page, following, journey);
        stops::draw(&mut page, following, journey);
    }
    reads(&mut page, following);
    if !following.notes.is_empty() {
        page.gap();
    }
    for note in &following.notes {
        let note = page.paint(&safe(note), FAINT);
        page.line(&note);
    }
    screen.finish(page)
}

pub(super) fn moment(at: Nanos) -> String {
    Time(at).to_string()
}

fn tell_asked(page: &mut Page, asked: &Asked) {
    let (client, node) = (safe(&asked.client), safe(&asked.node));
    page.fact(
        "asked",
        &format!(
            "{} by {client} of {node} (operation {})",
            moment(asked.invoked_ns),
            asked.op
        ),
    );
    let took = |at: Nanos| {
        let took = Duration::from_nanos(at.saturating_sub(asked.invoked_ns));
        format!("{}, after {}", moment(at), short_duration(took))
    };
    match (asked.completed_ns, asked.ended) {
        (Some(at), "ok") => page.fact("acknowledged", &took(at)),
        (Some(at), ended) => {
            let why = asked
                .error
                .as_ref()
                .map_or_else(String::new, |(kind, story)| {
                    let between = if story.is_empty() { "" } else { ": " };
                    format!(
                        ", {}{between}{}",
                        safe(kind),
                        excerpt(story.as_bytes(), 120)
                    )
                });
            page.fact(ended, &format!("{}{why}", took(at)));
        }
        (None, _) => page.fact("pending", "it never ended"),
    }
}

/// `3 messages dropped: cut by partition-1, from n0, 1.310 s to 2.410 s`
pub(super) fn told(dropped: &Dropped) -> String {
    let by = dropped
        .fault
        .as_deref()
        .map_or_else(String::new, |fault| format!(" by {}", safe(fault)));
    let when = match dropped.first_ns == dropped.last_ns {
        true => format!("at {}", moment(dropped.first_ns)),
        false => format!(
            "{} to {}",
            moment(dropped.first_ns),
            moment(dropped.last_ns)
        ),
    };
    let first = if dropped.count > 1 { "the first " } else { "" };
    format!(
        "{} dropped: {}{by}, {first}from {}, {when}",
        counted(dropped.count, "message", "messages"),
        safe(&dropped.why),
        safe(&dropped.from)
    )
}

/// How many nodes have it, how many copies were needless.
fn totals(page: &mut Page, following: &Following, journey: &Journey) {
    let shown = |place: &&Place| {
        following
            .node
            .as_ref()
            .is_none_or(|node| place.name == *node)
    };
    let nodes = || journey.places.iter().filter(|place| !place.service);
    page.gap();
    if following.node.is_none() {
        let meant = |place: &&Place| following.audience.contains(&place.name);
        let reached = nodes()
            .filter(meant)
            .filter(|place| place.latest.is_some())
            .count();
        let of = following.audience.len();
        let style = if reached == of { GOOD } else { BAD };
        let text = page.paint(&format!("{reached} of {of} nodes"), style);
        let guess = if journey.exact {
            ""
        } else {
            " (a guess at what these messages carry)"
        };
        page.fact("came to", &format!("{text}{guess}"));
    }
    let copies: Vec<String> = nodes()
        .filter(shown)
        .filter(|place| place.copies > 0)
        .map(|place| format!("{} {}", safe(&place.name), place.copies))
        .collect();
    let sum: u64 = nodes().filter(shown).map(|place| place.copies).sum();
    if sum > 0 {
        let sum = counted(sum, "delivery", "deliveries");
        let listed = match copies.len() {
            ..=16 => format!(": {}", copies.join(", ")),
            many => format!(" to {many} nodes"),
        };
        page.fact("needless", &format!("{sum} to nodes that had it{listed}"));
    }
}

/// Who shows it in the end.
fn reads(page: &mut Page, following: &Following) {
    let mut rows: [Vec<&LastRead>; 3] = Default::default();
    for read in &following.last_reads {
        let row = match read.shows_it {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        };
        if following
            .node
            .as_ref()
            .is_none_or(|node| *node == read.node)
        {
            rows[row].push(read);
        }
    }
    if rows.iter().any(|row| !row.is_empty()) {
        page.gap();
        let text = page.paint("the last read of each node that answered one", FAINT);
        page.line(&text);
    }
    let words = [
        ("shown by", GOOD),
        ("not shown by", BAD),
        ("not recorded", FAINT),
    ];
    for (row, (word, style)) in rows.iter().zip(words) {
        let times = row.iter().map(|read| read.at_ns);
        let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
            continue;
        };
        let names: Vec<String> = row.iter().map(|read| safe(&read.node)).collect();
        let names = page.paint(&names.join(", "), style);
        let when = match first == last {
            true => format!("at {}", moment(last)),
            false => format!("between {} and {}", moment(first), moment(last)),
        };
        page.fact(word, &format!("{names} {when}"));
    }
}
