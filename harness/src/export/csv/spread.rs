//! Tables of which way elements went.

use std::collections::BTreeMap;
use std::io::{self, Write};

use swelkie_checkers::{History, Nanos, Outcome, Value};

use super::tables::millis;
use super::{Cell, Table};
use crate::export::Source;
use crate::propagation::{Follow, Propagation};

/// Which way all elements went; none if no messages were recorded. With what the reader
/// should know.
fn followed(source: &Source) -> io::Result<(Option<Propagation>, Vec<String>)> {
    if !source.has_messages() {
        return Ok((None, Vec::new()));
    }
    let of = source
        .archive
        .propagation(&source.operations, Follow::All, u64::MAX)?;
    let mut notes = of.warnings().to_vec();
    let basis = of.basis();
    if !basis.exact && !of.is_left_out() {
        notes.push(match basis.carriers.as_slice() {
            [] => "no field of these messages was found to carry elements".to_owned(),
            fields => format!("that {} carry elements is a guess", fields.join(", ")),
        });
    }
    Ok((Some(of).filter(|of| !of.is_left_out()), notes))
}

pub(super) fn propagation<W: Write>(
    source: &Source,
    table: &mut Table<W>,
) -> io::Result<Vec<String>> {
    table.names([
        "element", "node", "life", "time_ns", "hops", "src", "message",
    ])?;
    let (propagation, notes) = followed(source)?;
    for landing in propagation.iter().flat_map(Propagation::landings) {
        if !source.window.contains(&landing.at_ns) {
            continue;
        }
        table.row([
            landing.element.into(),
            landing.to.into(),
            u64::from(landing.life).into(),
            landing.at_ns.into(),
            (landing.hops as u64).into(),
            landing.from.into(),
            landing.message.into(),
        ])?;
    }
    Ok(notes)
}

/// How an element was added, all attempts taken together.
struct Added {
    node: usize,
    invoked: Nanos,
    acknowledged: Option<Nanos>,
    outcome: &'static str,
}

/// How far an element got: by node, when it came there first.
#[derive(Default)]
struct Reach(BTreeMap<usize, Nanos>);

pub(super) fn elements<W: Write>(source: &Source, table: &mut Table<W>) -> io::Result<Vec<String>> {
    table.names([
        "element",
        "node",
        "invoked_ns",
        "acknowledged_ns",
        "outcome",
        "nodes",
        "reached",
        "last_node",
        "last_ns",
        "to_all_ms",
    ])?;
    let (propagation, notes) = followed(source)?;
    let mut reach: BTreeMap<&str, Reach> = BTreeMap::new();
    for landing in propagation.iter().flat_map(Propagation::landings) {
        let Some(node) = landing.node else { continue };
        let first = &mut reach.entry(landing.element).or_default().0;
        first.entry(node).or_insert(landing.at_ns);
    }
    let history = source.archive.history(&source.operations);
    let nodes = history.nodes.len() as u64;
    for (element, added) in added(&history) {
        if !source.window.contains(&added.invoked) {
            continue;
        }
        let text = history.elements.text(element);
        let none = Reach::default();
        let first = &reach.get(text).unwrap_or(&none).0;
        let last = first.iter().max_by_key(|(_, at)| **at);
        let all = last.filter(|_| first.len() as u64 == nodes);
        let reached: Cell = match propagation {
            Some(_) => (first.len() as u64).into(),
            None => Cell::Empty,
        };
        table.row([
            text.into(),
            (&*history.nodes[added.node].name).into(),
            added.invoked.into(),
            added.acknowledged.into(),
            added.outcome.into(),
            nodes.into(),
            reached,
            last.map(|(node, _)| &*history.nodes[*node].name).into(),
            last.map(|(_, at)| *at).into(),
            all.map(|(_, at)| millis(at.saturating_sub(added.invoked)))
                .into(),
        ])?;
    }
    Ok(notes)
}

fn added(history: &History) -> BTreeMap<u32, Added> {
    // The better of two outcomes is what is known of the element.
    const WORDS: [&str; 4] = ["fail", "pending", "info", "ok"];
    let mut all: BTreeMap<u32, Added> = BTreeMap::new();
    for one in &history.operations {
        let Value::Element(element) = one.input else {
            continue;
        };
        let word = match one.outcome {
            Outcome::Pending => "pending",
            Outcome::Ok => "ok",
            Outcome::Fail => "fail",
            Outcome::Info => "info",
        };
        let added = all.entry(element).or_insert(Added {
            node: one.node,
            invoked: one.invoked,
            acknowledged: None,
            outcome: word,
        });
        let rank = |word: &str| WORDS.iter().position(|known| *known == word);
        if rank(word) > rank(added.outcome) {
            added.outcome = word;
        }
        if word == "ok" {
            added.acknowledged = added.acknowledged.into_iter().chain(one.completed).min();
        }
    }
    all
}
