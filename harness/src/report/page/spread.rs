//! Which way elements went, as columns.
//!
//! Arrivals and drops stand by element, one after the other, with a column that says how
//! many each element has. Rows are those of the messages in the page, one more than their
//! index; 0 where a message is not among them.

use std::io;

use serde::Serialize;
use swelkie_checkers::{Element, History};

use super::columns::Columns;
use super::operations::shortened;
use super::recording::{Ends, RowIndex};
use crate::archive::{Archive, Completion, Operations, Role};
use crate::propagation::{Follow, Known, Manifest, Propagation};
use crate::services;

/// Elements × nodes and services that are followed: some 100 bytes of memory each.
const MAX_CELLS: usize = 1 << 21;
/// Elements that final reads may show, in all.
const MAX_SHOWN: usize = 8_000_000;
/// Bytes for the texts of elements, in all, and for one.
const TEXTS: usize = 8 << 20;
const LONGEST_TEXT: usize = 4096;

/// The elements of a run, and their ways.
pub struct Spread {
    history: History,
    known: Known,
    /// How many of them were followed.
    followed: usize,
    propagation: io::Result<Propagation>,
}

/// What the reader needs beside the columns.
#[derive(Serialize)]
pub struct SpreadHeader {
    exact: bool,
    carriers: Vec<String>,
    /// Whether every drop is there.
    drops_complete: bool,
    /// Whether it is known what each message carried.
    carried: bool,
    /// Whether there are final reads.
    shown: bool,
}

impl Spread {
    /// Follows as many elements as memory allows, those of the evidence first.
    pub fn read(archive: &Archive, operations: &Operations, limit: u64) -> Spread {
        let history = archive.history(operations);
        let known = Known::of(&history);
        let places = history.nodes.len() + services::all().len();
        let room = MAX_CELLS / places.max(1);
        let count = history.elements.len();
        let all: Vec<&str> = (0..count as Element)
            .map(|element| history.elements.text(element))
            .collect();
        let evidence = archive.report.anomalies.iter();
        let evidence = evidence.filter_map(|anomaly| anomaly.element.as_deref());
        let mut texts: Vec<&str> = if count > room {
            evidence.collect()
        } else {
            Vec::new()
        };
        texts.extend(all.iter().take(room));
        let propagation = archive.propagation(operations, Follow::Closely(&texts), limit);
        Spread {
            followed: count.min(room),
            propagation,
            known,
            history,
        }
    }

    /// The element that this JSON text spells.
    pub fn find(&self, text: &str) -> Option<Element> {
        self.known.find(text)
    }

    /// Adds the columns; says what is not in them.
    pub fn add(
        &self,
        columns: &mut Columns,
        operations: &Operations,
        rows: &RowIndex,
        ends: &mut Ends,
        left_out: &mut Vec<String>,
    ) -> SpreadHeader {
        self.add_elements(columns);
        let mut header = SpreadHeader {
            exact: false,
            carriers: Vec::new(),
            drops_complete: true,
            carried: false,
            shown: self.add_shown(columns, operations, left_out),
        };
        // Without a journal it is already said that there are no messages.
        let propagation = self.propagation.as_ref().ok();
        let propagation = propagation.filter(|propagation| {
            if propagation.is_left_out() {
                left_out.extend_from_slice(propagation.warnings());
            }
            !propagation.is_left_out()
        });
        self.add_ways(columns, propagation, rows, ends);
        let Some(propagation) = propagation else {
            return header;
        };
        let basis = propagation.basis();
        (header.exact, header.carriers) = (basis.exact, basis.carriers);
        header.drops_complete = propagation.has_all_losses();
        let count = self.history.elements.len();
        if self.followed < count {
            left_out.push(format!(
                "Of {count} messages (elements) the ways of {} are here, those in the evidence among \
                 them: all would take too much memory.",
                self.followed
            ));
        }
        if !header.drops_complete {
            left_out.push(
                "Only the first drops of messages with elements are listed by element.".to_owned(),
            );
        }
        let manifest = propagation.manifest();
        if let Some(manifest) = manifest.filter(|manifest| manifest.is_complete()) {
            header.carried = true;
            add_carried(columns, manifest, rows);
        } else {
            left_out.push(
                "Which elements each message carried is not here: they are too many. Bodies say it."
                    .to_owned(),
            );
        }
        header
    }

    fn add_elements(&self, columns: &mut Columns) {
        let elements = 0..self.history.elements.len() as Element;
        let text = |element: Element| self.history.elements.text(element);
        let most = (TEXTS / elements.len().max(1)).clamp(SHORTEST_CUT, LONGEST_TEXT);
        let texts = elements.clone().map(|element| match text(element) {
            long if long.len() > most => shortened(long, most),
            short => short.to_owned(),
        });
        columns.texts(("element.text", "element.text.length"), texts);
        let asked = || elements.clone().map(|element| self.known.asked(element));
        let invoked = asked().map(|asked| asked.map_or(0, |asked| asked.invoked));
        columns.deltas("element.invoked", invoked);
        let acked = asked().map(|asked| {
            let asked = asked?;
            Some(asked.acked?.saturating_sub(asked.invoked) + 1)
        });
        columns.plain("element.acked", acked.map(Option::unwrap_or_default));
        let failed = asked().map(|asked| u64::from(asked.is_some_and(|asked| asked.failed)));
        columns.plain("element.failed", failed);
    }

    fn add_ways(
        &self,
        columns: &mut Columns,
        propagation: Option<&Propagation>,
        rows: &RowIndex,
        ends: &mut Ends,
    ) {
        let mut ways = vec![None; self.history.elements.len()];
        let mut places = Vec::new();
        if let Some(propagation) = propagation {
            let nodes = self.history.nodes.len();
            for (place, name) in propagation.places().iter().enumerate() {
                let role = if place < nodes {
                    Role::Node
                } else {
                    Role::Service
                };
                // A service that nothing came to need not be known to the page.
                let known = place < nodes || ends.index_of(name).is_some();
                places.push(known.then(|| u64::from(ends.number(name, role))));
            }
            for way in propagation.ways() {
                ways[way.element as usize] = Some(way);
            }
        }
        let place = |place: u32| places[place as usize].unwrap_or(0);
        let arrivals = || ways.iter().flatten().flat_map(|way| way.arrivals);
        let losses = || ways.iter().flatten().flat_map(|way| way.losses);
        let count = |count: usize| count as u64;
        let arrived = ways
            .iter()
            .map(|way| way.map_or(0, |way| count(way.arrivals.len())));
        columns.plain("arrival.count", arrived);
        columns.plain("arrival.place", arrivals().map(|one| place(one.place)));
        let row = arrivals().map(|one| rows.arrived(one.message, one.at));
        columns.deltas("arrival.row", row);
        columns.deltas("arrival.at", arrivals().map(|one| one.at));
        columns.plain("arrival.life", arrivals().map(|one| u64::from(one.life)));
        let parent = arrivals().map(|one| one.parent.map_or(0, |parent| count(parent) + 1));
        columns.plain("arrival.parent", parent);
        let dropped = ways
            .iter()
            .map(|way| way.map_or(0, |way| count(way.losses.len())));
        columns.plain("drop.count", dropped);
        columns.plain("drop.place", losses().map(|one| place(one.place)));
        columns.deltas("drop.row", losses().map(|one| rows.dropped(one.message)));
    }

    /// What the last final read of each node showed.
    fn add_shown(
        &self,
        columns: &mut Columns,
        operations: &Operations,
        left_out: &mut Vec<String>,
    ) -> bool {
        let nodes = &self.history.nodes;
        let mut shown: Vec<Option<Vec<Element>>> = vec![None; nodes.len()];
        let reads = operations
            .all
            .iter()
            .rev()
            .filter(|one| one.recovery && one.f == "read" && one.completion == Completion::Ok);
        for read in reads {
            let Some(node) = nodes.iter().position(|node| node.name == read.node) else {
                continue;
            };
            let mut found = Vec::new();
            let list = operations.output(read);
            if shown[node].is_none()
                && list.starts_with('[')
                && self.known.find_all(list, &mut found)
            {
                found.sort_unstable();
                found.dedup();
                shown[node] = Some(found);
            }
        }
        let total: usize = shown.iter().flatten().map(Vec::len).sum();
        if total > MAX_SHOWN {
            left_out.push(format!(
                "The final reads showed {total} elements together: the matrix of elements and nodes is \
                 not here."
            ));
            return false;
        }
        let counts = shown
            .iter()
            .map(|shown| shown.as_ref().map_or(0, |shown| shown.len() as u64 + 1));
        columns.plain("shown.count", counts);
        let elements = shown.iter().flatten().flatten();
        columns.deltas("shown.element", elements.map(|&element| u64::from(element)));
        shown.iter().any(Option::is_some)
    }
}

/// However many elements there are, so much of each text is kept.
const SHORTEST_CUT: usize = 64;

fn add_carried(columns: &mut Columns, manifest: &Manifest, rows: &RowIndex) {
    let mut of_row: Vec<&[Element]> = vec![&[]; rows.len()];
    for (message, elements) in manifest.iter() {
        for row in rows.all(message) {
            of_row[row] = elements;
        }
    }
    columns.plain(
        "carried.count",
        of_row.iter().map(|elements| elements.len() as u64),
    );
    let elements = of_row.iter().copied().flatten();
    columns.deltas(
        "carried.element",
        elements.map(|&element| u64::from(element)),
    );
}
