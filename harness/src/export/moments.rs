//! What happened to messages, in the order of the journal.
//!
//! Rows know when a message was sent and when it ended, and in a simulation a node receives
//! and sends at one and the same nanosecond. What came first, so what may have caused what,
//! only the order of the journal's lines tells.
#![allow(
    clippy::disallowed_types,
    reason = "a map with a fixed hasher that nobody iterates"
)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use foldhash::fast::FixedState;
use swelkie_checkers::Nanos;

use crate::archive::{Archive, Fate, Messages};
use crate::propagation::{Event, Record};

/// One thing that happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Nanos,
    /// Which message, by index into [`Messages::rows`].
    pub row: u32,
    /// What.
    pub what: What,
}

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A node, service or client sent it; or a fault made this copy of it.
    Sent,
    /// It was delivered.
    Received,
    /// It was dropped.
    Dropped,
}

/// Reads the journal once more, for its order. Empty for a run without one.
pub(super) fn read(archive: &Archive, messages: &Messages) -> io::Result<Vec<Moment>> {
    match File::open(archive.directory.join("messages.jsonl")) {
        Ok(file) => order(BufReader::with_capacity(1 << 18, file), messages),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn order(mut journal: impl BufRead, messages: &Messages) -> io::Result<Vec<Moment>> {
    let mut moments = Vec::with_capacity(2 * messages.rows.len());
    // As in the archive: lines make rows in their order, and ends are the oldest copy's.
    let mut in_flight: HashMap<u64, VecDeque<u32>, FixedState> = HashMap::default();
    let (mut line, mut rows) = (Vec::new(), 0);
    while journal.read_until(b'\n', &mut line)? > 0 {
        let whole = line.strip_suffix(b"\n");
        let record = whole.map_or_else(|| Record::as_json(&line), Record::parse);
        if let Some(Record { at, id, event }) = record {
            let what = match event {
                Event::Send { .. } | Event::Duplicate => What::Sent,
                Event::Deliver => What::Received,
                Event::Drop { .. } => What::Dropped,
            };
            let row = match event {
                // A copy of what is not on its way makes no row.
                Event::Duplicate if !in_flight.contains_key(&id) => None,
                Event::Send { .. } | Event::Duplicate => {
                    in_flight.entry(id).or_default().push_back(rows);
                    rows += 1;
                    Some(rows - 1)
                }
                Event::Deliver | Event::Drop { .. } => oldest(&mut in_flight, id),
            };
            // A run that goes on may have written more since its rows were read.
            let known = |row: &u32| {
                let known = messages.rows.get(*row as usize);
                known.is_some_and(|known| what == What::Sent || known.fate != Fate::InFlight)
            };
            moments.extend(row.filter(known).map(|row| Moment { at, row, what }));
        }
        line.clear();
    }
    Ok(moments)
}

/// The row of the oldest copy that is on its way; from now on it is not.
fn oldest(in_flight: &mut HashMap<u64, VecDeque<u32>, FixedState>, id: u64) -> Option<u32> {
    let copies = in_flight.get_mut(&id)?;
    let row = copies.pop_front();
    if copies.is_empty() {
        in_flight.remove(&id);
    }
    row
}

/// What is to be known of messages while they are on their way, by their numbers.
pub(super) struct OnTheWay<T>(BTreeMap<u64, (T, u32)>);

impl<T: Clone> OnTheWay<T> {
    pub fn new() -> OnTheWay<T> {
        OnTheWay(BTreeMap::new())
    }

    /// A message was sent.
    pub fn send(&mut self, id: u64, known: T) {
        self.0.insert(id, (known, 1));
    }

    /// It was copied; gives what is known of it.
    pub fn copy(&mut self, id: u64) -> Option<T> {
        let (known, copies) = self.0.get_mut(&id)?;
        *copies += 1;
        Some(known.clone())
    }

    /// It, or a copy of it, is on its way no more.
    pub fn end(&mut self, id: u64) -> Option<T> {
        let (_, copies) = self.0.get_mut(&id)?;
        *copies -= 1;
        match copies {
            0 => self.0.remove(&id).map(|(known, _)| known),
            _ => self.0.get(&id).map(|(known, _)| known.clone()),
        }
    }
}
