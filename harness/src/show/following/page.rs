//! The way of an element in words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use super::{Asked, Following};
use crate::engine::FaultRecord;
use crate::propagation::{Arrived, Dropped, Journey, Place};
use crate::show::Screen;
use crate::show::glyphs::Glyphs;
use crate::summary::{BAD, DOUBTFUL, FAINT, GOOD, Page, TITLE, counted, safe};
use crate::text::excerpt;
use crate::units::short_duration;

/// Lines of the tree, unless all are wanted.
const LINES: usize = 100;
/// Limbs are drawn so deep; what is deeper says how deep it is.
const DEPTH: usize = 12;

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
        tree(&mut page, following, journey, screen, all);
        totals(&mut page, following, journey);
        stops(&mut page, following, journey);
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

fn moment(at: Nanos) -> String {
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

fn tree(page: &mut Page, following: &Following, journey: &Journey, screen: &Screen, all: bool) {
    let kept = kept(following, journey);
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for &arrival in &kept {
        children
            .entry(journey.arrivals[arrival].parent)
            .or_default()
            .push(arrival);
    }
    page.gap();
    if kept.is_empty() {
        let name = following
            .node
            .as_deref()
            .map_or_else(|| "no node".to_owned(), safe);
        page.line(&match following.node {
            None => format!("It came to {name}."),
            Some(_) => format!("It never came to {name}."),
        });
        return;
    }
    let [branch, last_branch, trunk] = Glyphs::choose(screen.ascii).tree;
    let mut rows: Vec<(String, usize)> = Vec::new();
    // Arrival, what stands before its limb, its limb, its depth: the next one last.
    let roots = children.get(&None).into_iter().flatten().rev();
    let mut open: Vec<(usize, String, &str, usize)> =
        roots.map(|&root| (root, String::new(), "", 0)).collect();
    while let Some((arrival, before, limb, depth)) = open.pop() {
        let deep = if depth > DEPTH {
            format!("({depth}) ")
        } else {
            String::new()
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
        for (index, &child) in next.iter().enumerate().rev() {
            let limb = if index + 1 == next.len() {
                last_branch
            } else {
                branch
            };
            open.push((child, below.clone(), limb, depth + 1));
        }
    }
    let most = if all { usize::MAX } else { LINES };
    let width = rows
        .iter()
        .take(most)
        .map(|(who, _)| who.chars().count())
        .max();
    let width = width.unwrap_or(0);
    for (who, arrival) in rows.iter().take(most) {
        let line = format!("{who:<width$}  {}", arrived(journey, *arrival));
        page.line(&line);
        for dropped in &journey.arrivals[*arrival].dropped_before {
            let before = format!("{:width$}    before: {}", "", told(dropped));
            let before = page.paint(&before, FAINT);
            page.line(&before);
        }
    }
    if rows.len() > most {
        let more = format!(
            "… and {} more: --all",
            counted((rows.len() - most) as u64, "arrival", "arrivals")
        );
        let more = page.paint(&more, FAINT);
        page.line(&more);
    }
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
    let text = format!(
        "{:>10}  {since:>8}  message {}{life}",
        moment(arrival.at_ns),
        arrival.message
    );
    text
}

/// `3 messages dropped: cut by partition-1, from n0, 1.310 s to 2.410 s`
fn told(dropped: &Dropped) -> String {
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

/// Where it is missing, and why.
fn stops(page: &mut Page, following: &Following, journey: &Journey) {
    let failed =
        !following.asked.is_empty() && following.asked.iter().all(|one| one.ended == "fail");
    if failed {
        page.gap();
        page.line("The request failed: nobody needs to have it.");
    }
    let untold = untold(following, journey);
    if untold.len() > 1 && following.node.is_none() {
        page.gap();
        let names: Vec<String> = untold.iter().map(|place| safe(&place.name)).collect();
        let names = page.paint(&names.join(", "), TITLE);
        let never = page.paint("never got it", BAD);
        page.line(&format!("{names}  {never}"));
        page.line("    no message with it was sent there");
    }
    for place in &journey.places {
        if untold.len() > 1 && following.node.is_none() && untold.contains(&place) {
            continue;
        }
        let asked_about = following
            .node
            .as_ref()
            .is_none_or(|node| place.name == *node);
        let meant = place.service || following.audience.contains(&place.name);
        let under_way = place.in_flight > 0 || !place.dropped.is_empty();
        if !asked_about || place.has_it || place.service && !under_way {
            continue;
        }
        if !meant && !under_way && place.latest.is_none() {
            continue;
        }
        page.gap();
        let name = page.paint(&safe(&place.name), TITLE);
        page.line(&format!(
            "{name}  {}",
            standing(page, following, journey, place, meant)
        ));
        for dropped in &place.dropped {
            page.line(&format!("    {}", told(dropped)));
            if let Some(fault) = fault_behind(following, dropped) {
                let fault = page.paint(&fault, FAINT);
                page.line(&format!("        {fault}"));
            }
        }
        if place.in_flight > 0 {
            let flying = counted(place.in_flight, "message", "messages");
            page.line(&format!(
                "    {flying} with it still on the way when the recording ended"
            ));
        }
        if !under_way && meant {
            let again = if place.latest.is_some() { " again" } else { "" };
            page.line(&format!("    no message with it was sent there{again}"));
        }
        for neighbour in &following.neighbours {
            let had = neighbour.had_it_ns.map_or_else(
                || "never had it".to_owned(),
                |at| format!("had it from {}", moment(at)),
            );
            page.line(&format!(
                "    {}, who could have told it, {had}",
                safe(&neighbour.name)
            ));
        }
    }
}

/// The nodes that it should have come to and that nobody tried to tell.
fn untold<'a>(following: &Following, journey: &'a Journey) -> Vec<&'a Place> {
    let untold = |place: &&Place| {
        let under_way = place.in_flight > 0 || !place.dropped.is_empty();
        let meant = !place.service && following.audience.contains(&place.name);
        meant && place.latest.is_none() && !under_way
    };
    journey.places.iter().filter(untold).collect()
}

/// `never got it`, or when it had it and when it was started again.
fn standing(
    page: &Page,
    following: &Following,
    journey: &Journey,
    place: &Place,
    meant: bool,
) -> String {
    let Some(latest) = place.latest else {
        return match (place.service, meant) {
            (false, true) => page.paint("never got it", BAD),
            _ => "did not get it".to_owned(),
        };
    };
    let arrival = &journey.arrivals[latest];
    let restarts: Vec<String> = (place.lives_ns.iter().skip(arrival.life))
        .map(|&at| moment(at))
        .collect();
    let remembers = following
        .last_read(&place.name)
        .and_then(|read| read.shows_it);
    let word = match remembers {
        Some(true) => page.paint("kept it over a restart", GOOD),
        Some(false) => page.paint("forgot it", BAD),
        None => page.paint("may have forgotten it", DOUBTFUL),
    };
    format!(
        "{word}: got it at {}, was started again at {}{}",
        moment(arrival.at_ns),
        restarts.join(", "),
        behind_restarts(following, &place.name, arrival.at_ns)
    )
}

/// ` (nemesis-kill-2)`: the faults that took a node down since it had the element.
fn behind_restarts(following: &Following, node: &str, since: Nanos) -> String {
    let ends = |fault: &&FaultRecord| {
        let hits = fault.scope.nodes.iter().any(|name| name == node);
        let takes_down = matches!(&*fault.scope.action, "kill" | "stop" | "restart");
        hits && takes_down && fault.began.is_some_and(|began| began.nanos() >= since)
    };
    let names = following.faults.iter().filter(ends);
    let names: Vec<String> = names.map(|fault| safe(&fault.name)).collect();
    match names.len() {
        0 => String::new(),
        1..=4 => format!(" ({})", names.join(", ")),
        many => format!(" ({} and {} more faults)", names[..3].join(", "), many - 3),
    }
}

/// `partition-1: cut n0 | n1 n2, 1.2 s to 4.5 s`
fn fault_behind(following: &Following, dropped: &Dropped) -> Option<String> {
    let name = dropped.fault.as_ref()?;
    let fault = following.faults.iter().find(|fault| fault.name == *name)?;
    let ended = fault
        .ended
        .map_or_else(|| "the end".to_owned(), |at| at.to_string());
    let what = excerpt(fault.summary.as_bytes(), 100);
    Some(format!(
        "{}: {what}, {} to {ended}",
        safe(name),
        fault.began?
    ))
}

/// Who shows it in the end.
fn reads(page: &mut Page, following: &Following) {
    let mut rows: [Vec<String>; 3] = Default::default();
    for read in &following.last_reads {
        if following
            .node
            .as_ref()
            .is_some_and(|node| *node != read.node)
        {
            continue;
        }
        let row = match read.shows_it {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        };
        rows[row].push(format!("{} ({})", safe(&read.node), moment(read.at_ns)));
    }
    let words = [
        ("shown by", GOOD),
        ("not shown by", BAD),
        ("not recorded", FAINT),
    ];
    if rows.iter().any(|row| !row.is_empty()) {
        page.gap();
        let text = page.paint("the last read of each node that answered one", FAINT);
        page.line(&text);
    }
    for (row, (word, style)) in rows.iter().zip(words) {
        if !row.is_empty() {
            let names = page.paint(&row.join(", "), style);
            page.fact(word, &names);
        }
    }
}
