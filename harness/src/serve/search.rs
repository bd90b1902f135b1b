//! Messages looked for in a `messages.jsonl` of any size.
//!
//! The file is read once from where the page begins; what is wanted is kept until its end
//! (delivery, drop) is seen. A search reads [`BUDGET`] bytes at most and then says how far
//! it came, so that no question takes longer than about a second and the next one goes on.
//!
//! ```text
//!   from=5s                        page full            budget
//!      │ seek, by halves              │                    │
//!   ───┼──────────────────────────────┼────────────────────┼──────────►  bytes
//!      │ ◄──── rows, their ends ────► │ ◄─ more, counted ► │ the next page goes on
//! ```
//!
//! Memory: a page, and the wanted messages that are on their way.
#![allow(
    clippy::disallowed_types,
    reason = "a map with a fixed hasher that nobody iterates in its own order"
)]

mod wanted;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use foldhash::fast::FixedState;
use memchr::memmem::Finder;
use swelkie_checkers::Nanos;

use crate::propagation::{Event, Record};

pub use wanted::Wanted;

/// A search reads so many bytes at most.
pub const BUDGET: u64 = 256 << 20;
/// With a full page it is not worth more than this to count the others.
const COUNTING: u64 = 32 << 20;
/// So many messages are on a page.
pub const PAGE: usize = 100;
/// Halving ends here; the rest is read.
const NEAR: u64 = 64 << 10;

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub id: u64,
    /// When it was sent.
    pub sent: Nanos,
    /// Who wrote it.
    pub src: String,
    /// Whom it is for.
    pub dest: String,
    /// Where its body is and how long; none where bodies were left out.
    pub body: Option<(u64, u64)>,
    /// How it and its copies ended, as far as that was seen.
    pub ends: Vec<End>,
    /// How many copies a fault made of it.
    pub copies: usize,
    /// Where its line ends, in the file.
    line_end: u64,
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Nanos,
    /// The reason and the fault, if it was dropped.
    pub dropped: Option<(String, Option<String>)>,
}

impl Found {
    fn is_over(&self) -> bool {
        self.ends.len() > self.copies
    }

    /// The beginning of its body, at most so many bytes.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read_body(&self, file: &File, max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((at, length)) = self.body else {
            return Ok(None);
        };
        let mut body = vec![0; length.min(max) as usize];
        file.read_exact_at(&mut body, at)?;
        Ok(Some(body))
    }
}

/// What came of a search.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The first ones, in the order of sending.
    pub messages: Vec<Found>,
    /// How many were found in all.
    pub count: u64,
    /// Where the next page begins, if there is more.
    pub next: Option<u64>,
    /// The time up to which was searched, if that is not the end.
    pub until: Option<Nanos>,
    /// Wanted messages whose end was not seen before the search stopped.
    pub open: u64,
    /// Lines that are none of ours, a torn last one included.
    pub unread: u64,
}

/// Looks for messages from a place of the file on: the beginning of a line, or what
/// [`Results::next`] said.
///
/// # Errors
/// What reading gives.
pub fn search(file: &File, wanted: &Wanted, at: Option<u64>, budget: u64) -> io::Result<Results> {
    let start = match (at, wanted.from) {
        (Some(at), _) => line_start(file, at)?,
        (None, Some(from)) => seek(file, from)?,
        (None, None) => 0,
    };
    let mut reader = file;
    reader.seek(SeekFrom::Start(start))?;
    let mut source = BufReader::with_capacity(1 << 18, reader);
    let mut search = Search::new(wanted);
    let (mut line, mut place) = (Vec::new(), start);
    while !search.is_done() {
        let worth = if search.is_full() { COUNTING } else { u64::MAX };
        if place - start >= budget.min(worth) {
            return Ok(search.stopped(place));
        }
        line.clear();
        let length = source.read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        let whole = line.strip_suffix(b"\n");
        match whole.map_or_else(|| Record::as_json(&line), Record::parse) {
            Some(record) => search.take(&record, (place, length), &line),
            None => search.results.unread += 1,
        }
        place += length;
    }
    Ok(search.over())
}

struct Search<'a> {
    wanted: &'a Wanted,
    finder: Option<Finder<'a>>,
    /// Wanted messages that are on their way, by number.
    open: HashMap<u64, Found, FixedState>,
    /// The page, by the ends of lines.
    page: BTreeMap<u64, Found>,
    /// How many wait for a place on the page, or have one; where all ends are good.
    kept: usize,
    now: Nanos,
    past: bool,
    results: Results,
}

impl<'a> Search<'a> {
    fn new(wanted: &'a Wanted) -> Search<'a> {
        Search {
            finder: wanted
                .text
                .as_ref()
                .map(|text| Finder::new(text.as_bytes())),
            wanted,
            open: HashMap::default(),
            page: BTreeMap::new(),
            kept: 0,
            now: 0,
            past: false,
            results: Results::default(),
        }
    }

    /// Whether nothing that is wanted can come any more.
    fn is_done(&self) -> bool {
        let one = self.wanted.id.is_some() && self.results.count + self.page.len() as u64 > 0;
        self.open.is_empty() && (self.past || one)
    }

    fn is_full(&self) -> bool {
        self.kept.max(self.page.len()) == PAGE
    }

    fn take(&mut self, record: &Record, (place, length): (u64, u64), line: &[u8]) {
        self.now = record.at;
        match &record.event {
            Event::Send { .. } => {
                self.past = self.past || self.wanted.to.is_some_and(|to| record.at >= to);
                if !self.past && self.wanted.wants(record, self.finder.as_ref()) {
                    self.sent(record, (place, length), line);
                }
            }
            Event::Duplicate => {
                if let Some(found) = self.open.get_mut(&record.id) {
                    found.copies += 1;
                }
            }
            Event::Deliver => self.ended(record, None),
            Event::Drop { why, fault } => {
                let fault = fault.as_ref().map(|fault| fault.to_string());
                self.ended(record, Some((why.to_string(), fault)));
            }
        }
    }

    fn sent(&mut self, record: &Record, (place, length): (u64, u64), line: &[u8]) {
        let Event::Send { src, dest, body } = &record.event else {
            return;
        };
        if self.wanted.fate.is_none() {
            self.results.count += 1;
            if self.kept == PAGE {
                return;
            }
            self.kept += 1;
        }
        let offset = |body: &[u8]| place + (body.as_ptr() as usize - line.as_ptr() as usize) as u64;
        let found = Found {
            id: record.id,
            sent: record.at,
            src: src.to_string(),
            dest: dest.to_string(),
            body: body.map(|body| (offset(body), body.len() as u64)),
            ends: Vec::new(),
            copies: 0,
            line_end: place + length,
        };
        self.open.insert(record.id, found);
    }

    fn ended(&mut self, record: &Record, dropped: Option<(String, Option<String>)>) {
        let Some(found) = self.open.get_mut(&record.id) else {
            return;
        };
        let at = record.at;
        found.ends.push(End { at, dropped });
        if found.is_over() {
            let found = self.open.remove(&record.id).expect("just seen");
            self.decide(found, false);
        }
    }

    /// Puts a message on the page, if its end is wanted and it is one of the first.
    fn decide(&mut self, found: Found, in_flight: bool) {
        match &self.wanted.fate {
            None => {}
            Some(fate) if fate.wants(&found, in_flight) => self.results.count += 1,
            Some(_) => return,
        }
        self.page.insert(found.line_end, found);
        if self.page.len() > PAGE {
            self.page.pop_last();
        }
    }

    /// The file has come to its end, or what is wanted has.
    fn over(mut self) -> Results {
        self.drain(true);
        self.results(None)
    }

    /// The budget has come to its end.
    fn stopped(mut self, place: u64) -> Results {
        self.results.open = self.open.len() as u64;
        self.results.until = Some(self.now);
        self.drain(false);
        self.results(Some(place))
    }

    fn drain(&mut self, in_flight: bool) {
        let mut open: Vec<Found> = self.open.drain().map(|(_, found)| found).collect();
        open.sort_by_key(|found| found.line_end);
        for found in open {
            self.decide(found, in_flight);
        }
    }

    fn results(mut self, stopped: Option<u64>) -> Results {
        let last = self.page.keys().next_back().copied();
        let more = self.results.count > self.page.len() as u64;
        self.results.next = if more { last } else { stopped };
        self.results.messages = self.page.into_values().collect();
        self.results
    }
}

/// Where to read from to see everything since a moment. Records are in the order of time,
/// so halving finds it.
fn seek(file: &File, from: Nanos) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high - low > NEAR {
        let middle = low + (high - low) / 2;
        let start = line_start(file, middle)?;
        if start >= high {
            high = middle;
            continue;
        }
        match time_at(file, start)? {
            Some(time) if time < from => low = start,
            Some(_) => high = middle,
            // Another tool wrote this file: it is read from the beginning.
            None => return Ok(0),
        }
    }
    Ok(low)
}

/// Where the first line begins that begins at a place or behind it.
fn line_start(file: &File, at: u64) -> io::Result<u64> {
    let Some(before) = at.checked_sub(1) else {
        return Ok(0);
    };
    let mut reader = file;
    reader.seek(SeekFrom::Start(before))?;
    let mut source = BufReader::new(reader);
    Ok(before + source.skip_until(b'\n')? as u64)
}

/// The time of the record that begins at a place.
fn time_at(file: &File, at: u64) -> io::Result<Option<Nanos>> {
    let mut reader = file;
    reader.seek(SeekFrom::Start(at))?;
    let mut head = Vec::new();
    reader.take(40).read_to_end(&mut head)?;
    let Some(rest) = head.strip_prefix(b"{\"time\":") else {
        return Ok(None);
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = std::str::from_utf8(&rest[..digits]);
    Ok(digits.ok().and_then(|digits| digits.parse().ok()))
}

#[cfg(test)]
mod tests;
