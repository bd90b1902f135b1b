//! Where an element is missing, and what is behind it.

use swelkie_checkers::Nanos;

use super::Following;
use super::page::{moment, told};
use crate::engine::FaultRecord;
use crate::propagation::{Dropped, Journey, Place};
use crate::summary::{BAD, DOUBTFUL, FAINT, GOOD, Page, TITLE, counted, safe};
use crate::text::excerpt;

/// The nodes and services where it is missing, and why.
pub(super) fn draw(page: &mut Page, following: &Following, journey: &Journey) {
    let asked = &following.asked;
    if !asked.is_empty() && asked.iter().all(|one| one.ended == "fail") {
        page.gap();
        page.line("The request failed: nobody needs to have it.");
    }
    // Nodes of which there is nothing else to tell share a line.
    let untold = untold(following, journey);
    let shared = untold.len() > 1 && following.node.is_none();
    if shared {
        page.gap();
        let names: Vec<String> = untold.iter().map(|place| safe(&place.name)).collect();
        let names = page.paint(&names.join(", "), TITLE);
        let never = page.paint("never got it", BAD);
        page.line(&format!("{names}  {never}"));
        page.line("    no message with it was sent there");
    }
    for place in &journey.places {
        if !(shared && untold.contains(&place)) && is_of_interest(following, place) {
            one(page, following, journey, place);
        }
    }
}

fn is_under_way(place: &Place) -> bool {
    place.in_flight > 0 || !place.dropped.is_empty()
}

fn is_meant(following: &Following, place: &Place) -> bool {
    following.audience.contains(&place.name)
}

fn is_of_interest(following: &Following, place: &Place) -> bool {
    let asked_about = following
        .node
        .as_ref()
        .is_none_or(|node| place.name == *node);
    let touched = is_under_way(place) || place.latest.is_some() && !place.service;
    asked_about && !place.has_it && (touched || is_meant(following, place))
}

/// A place that does not have it.
fn one(page: &mut Page, following: &Following, journey: &Journey, place: &Place) {
    page.gap();
    let name = page.paint(&safe(&place.name), TITLE);
    let meant = is_meant(following, place);
    let standing = standing(page, following, journey, place, meant);
    page.line(&format!("{name}  {standing}"));
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
    if !is_under_way(place) && meant {
        let again = if place.latest.is_some() { " again" } else { "" };
        page.line(&format!("    no message with it was sent there{again}"));
    }
    for neighbour in &following.neighbours {
        let had = neighbour.had_it_ns.map_or_else(
            || "never had it".to_owned(),
            |at| format!("had it from {}", moment(at)),
        );
        let name = safe(&neighbour.name);
        page.line(&format!("    {name}, who could have told it, {had}"));
    }
}

/// The nodes that it should have come to and that nobody tried to tell.
fn untold<'a>(following: &Following, journey: &'a Journey) -> Vec<&'a Place> {
    let untold = |place: &&Place| {
        is_meant(following, place) && place.latest.is_none() && !is_under_way(place)
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
