//! Events from the lines of a run's two streams, as far as a window wants them.
#![allow(
    clippy::disallowed_types,
    reason = "a map with a fixed hasher that nobody iterates"
)]

use std::collections::HashMap;
use std::io::{self, BufRead};

use foldhash::fast::FixedState;
use swelkie_checkers::Nanos;
use swelkie_nodes::Header;

use super::{Event, Window};
use crate::archive::HistoryLine;
use crate::propagation::{self, Record};

/// So much of a body is kept.
const BODY: usize = 4096;

/// A message on its way.
struct Flight {
    src: String,
    dest: String,
    kind: String,
    sent: Nanos,
    copies: u32,
}

/// Tells what happened to messages; returns the last time that was read.
pub(super) fn messages(
    mut source: impl BufRead,
    window: &Window,
    mut tell: impl FnMut(Event),
) -> io::Result<Nanos> {
    let mut flights: HashMap<u64, Flight, FixedState> = HashMap::default();
    let (mut line, mut last) = (Vec::new(), 0);
    loop {
        line.clear();
        if source.read_until(b'\n', &mut line)? == 0 {
            return Ok(last);
        }
        let whole = line.strip_suffix(b"\n");
        let record = whole.map_or_else(|| Record::as_json(&line), Record::parse);
        let Some(record) = record else { continue };
        last = record.at;
        if record.at > window.to() {
            return Ok(last);
        }
        if let Some(event) = message(&record, &mut flights, record.at >= window.from()) {
            let concerned = |node: &str| event.from == node || event.to.as_deref() == Some(node);
            if window.node.is_none_or(concerned) {
                tell(event);
            }
        }
    }
}

fn message(
    record: &Record,
    flights: &mut HashMap<u64, Flight, FixedState>,
    wanted: bool,
) -> Option<Event> {
    if let propagation::Event::Send { src, dest, body } = &record.event {
        let header: Option<Header> = body.and_then(|body| serde_json::from_slice(body).ok());
        let flight = Flight {
            src: src.clone().into_owned(),
            dest: dest.clone().into_owned(),
            kind: header.map_or_else(String::new, |header| header.kind.clone().into_owned()),
            sent: record.at,
            copies: 1,
        };
        let text = body.map_or_else(
            || "(its body was not recorded)".to_owned(),
            |body| String::from_utf8_lossy(&body[..body.len().min(BODY)]).into_owned(),
        );
        let event = wanted.then(|| event(record, "send", &flight, text));
        flights.insert(record.id, flight);
        return event;
    }
    let flight = flights.get_mut(&record.id)?;
    let after = format!("after {}", ago(record.at, flight.sent));
    let (word, text) = match &record.event {
        propagation::Event::Deliver => ("deliver", after),
        propagation::Event::Duplicate => ("duplicate", String::new()),
        propagation::Event::Drop { why, fault } => {
            let by = fault
                .as_ref()
                .map_or_else(String::new, |fault| format!(" by {fault}"));
            ("drop", format!("{why}{by} {after}"))
        }
        propagation::Event::Send { .. } => return None,
    };
    let event = wanted.then(|| event(record, word, flight, text));
    match word {
        "duplicate" => flight.copies += 1,
        _ if flight.copies > 1 => flight.copies -= 1,
        _ => drop(flights.remove(&record.id)),
    }
    event
}

fn event(record: &Record, word: &str, flight: &Flight, text: String) -> Event {
    Event {
        time_ns: record.at,
        event: word.to_owned(),
        from: flight.src.clone(),
        to: Some(flight.dest.clone()),
        number: Some(record.id),
        kind: flight.kind.clone(),
        text,
    }
}

fn ago(now: Nanos, then: Nanos) -> String {
    crate::units::short_duration(std::time::Duration::from_nanos(now.saturating_sub(then)))
}

/// Tells what clients and faults did; returns the last time that was read.
pub(super) fn history(
    mut source: impl BufRead,
    window: &Window,
    mut tell: impl FnMut(Event),
) -> io::Result<Nanos> {
    let (mut text, mut last) = (Vec::new(), 0);
    loop {
        text.clear();
        if source.read_until(b'\n', &mut text)? == 0 {
            return Ok(last);
        }
        let Some(line) = HistoryLine::parse(&text) else {
            continue;
        };
        last = line.time;
        if line.time > window.to() {
            return Ok(last);
        }
        let concerned = |node: &str| line.op.is_none() || line.node == node || line.client == node;
        if line.time >= window.from() && window.node.is_none_or(concerned) {
            tell(operation(line));
        }
    }
}

fn operation(line: HistoryLine) -> Event {
    let value = line.value.get();
    let Some(op) = line.op else {
        let what = line.summary();
        return Event {
            time_ns: line.time,
            event: line.f.into_owned(),
            from: line.fault.unwrap_or_default().into_owned(),
            to: None,
            number: None,
            kind: String::new(),
            text: what,
        };
    };
    let value: String = value.chars().take(BODY).collect();
    let text = match line.error {
        Some((kind, story)) if story.is_empty() => kind.into_owned(),
        Some((kind, story)) => format!("{kind}: {story}"),
        None if value == "null" => String::new(),
        None => value,
    };
    Event {
        time_ns: line.time,
        event: line.kind.into_owned(),
        from: line.client.into_owned(),
        to: Some(line.node.into_owned()),
        number: Some(op),
        kind: line.f.into_owned(),
        text,
    }
}
