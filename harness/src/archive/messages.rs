//! Every message of a run as a row, from `messages.jsonl`.
//!
//! ```text
//!   send 12 ─┬─────────────────► deliver 12        one row
//!   duplicate 12 ──────► drop 12                   one more, a copy
//! ```
//!
//! Rows are in the order of sending. Bodies stay in the file and are read when they are
//! asked for, so a million messages take some 80 MB.
#![allow(
    clippy::disallowed_types,
    reason = "maps with a fixed hasher that nobody iterates"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::FileExt as _;

use foldhash::fast::FixedState;
use serde_json::value::RawValue;
use swelkie_checkers::Nanos;
use swelkie_nodes::Header;

use super::bodies::Bodies;
use crate::propagation::{Event, Record};
use crate::services;

/// No row, no fault, no time.
pub const NONE: u32 = u32::MAX;

/// Which messages to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Messages sent at this time or later.
    pub from: Nanos,
    /// Messages sent before this time.
    pub to: Nanos,
    /// At most so many of them, the first ones.
    pub limit: usize,
}

impl Window {
    /// All messages.
    pub const ALL: Window = Window {
        from: 0,
        to: Nanos::MAX,
        limit: usize::MAX,
    };

    /// The first so many messages.
    #[must_use]
    pub fn first(limit: usize) -> Window {
        Window {
            limit,
            ..Window::ALL
        }
    }
}

/// The messages of a run. Numbers in rows are indices into the lists of names.
#[derive(Debug, Default)]
pub struct Messages {
    /// Who sends and receives: the nodes as the run names them, then everybody else in
    /// the order of appearance.
    pub ends: Vec<String>,
    /// What each of them is.
    pub roles: Vec<Role>,
    /// The types of bodies; the empty one where a body has none or was not recorded.
    pub kinds: Vec<String>,
    /// Why messages were dropped: `cut`, `loss`, `node-down`, …
    pub reasons: Vec<String>,
    /// The faults that dropped or duplicated messages, by name.
    pub faults: Vec<String>,
    /// A row for each message and each copy, in the order of sending.
    pub rows: Vec<Row>,
    /// What is not in the rows.
    pub left_out: LeftOut,
    pub(super) file: Option<File>,
}

/// What somebody who sends or receives is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A node of the run.
    Node,
    /// One of Swelkie's services.
    Service,
    /// A client.
    Client,
    /// A name that nobody has: messages to it are dropped.
    Stranger,
}

/// One message, or one copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the journal. A copy has the number of its original.
    pub id: u64,
    /// When it was sent.
    pub sent: Nanos,
    /// When it was delivered or dropped; none if that was not seen.
    pub ended: Option<Nanos>,
    /// Who wrote it, whatever sender it names.
    pub src: u32,
    /// Whom it is for.
    pub dest: u32,
    /// The type of its body.
    pub kind: u32,
    /// What became of it.
    pub fate: Fate,
    /// The row of the message that it replies to (`in_reply_to`); [`NONE`] if there is none.
    pub cause: u32,
    /// Bytes of its body.
    pub size: u32,
    /// Whether a fault made it out of another.
    pub copy: bool,
    /// Where its body stands in the file; none where bodies were left out.
    pub(super) body: Option<u64>,
}

impl Row {
    /// Whether its body was recorded.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was on its way when the recording ended.
    InFlight,
    /// It was delivered.
    Delivered,
    /// It was dropped.
    Dropped {
        /// The reason.
        why: u32,
        /// The fault that did it, or [`NONE`].
        fault: u32,
    },
}

/// What is missing from the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Messages sent from this moment on were not read, for the window's limit.
    pub since: Option<Nanos>,
    /// Messages without a body: the journal was full.
    pub bodies: u64,
    /// Lines that are none of ours, a torn last one included.
    pub lines: u64,
}

impl Messages {
    /// Those of a run that recorded none.
    pub(super) fn none(nodes: &[String]) -> Messages {
        Reader::new(nodes, Window::ALL).messages
    }

    /// Reads a journal.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(file: File, nodes: &[String], window: &Window) -> io::Result<Messages> {
        let mut reader = Reader::new(nodes, *window);
        let mut source = BufReader::with_capacity(1 << 18, file.try_clone()?);
        let (mut line, mut at) = (Vec::new(), 0);
        while !reader.done {
            line.clear();
            let length = source.read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            let whole = line.strip_suffix(b"\n");
            let record = whole.map_or_else(|| Record::as_json(&line), Record::parse);
            match record {
                Some(record) => reader.take(&record, at, &line),
                None => reader.messages.left_out.lines += 1,
            }
            at += length as u64;
        }
        reader.messages.file = Some(file);
        Ok(reader.messages)
    }

    /// The body of a message, JSON text; none where bodies were left out.
    ///
    /// # Errors
    /// What reading gives.
    pub fn body(&self, row: &Row) -> io::Result<Option<String>> {
        let (Some(file), Some(at)) = (&self.file, row.body) else {
            return Ok(None);
        };
        let mut body = vec![0; row.size as usize];
        file.read_exact_at(&mut body, at)?;
        Ok(Some(String::from_utf8_lossy(&body).into_owned()))
    }

    /// Reads bodies one after the other, for whoever wants all of them.
    #[must_use]
    pub fn bodies(&self) -> Bodies<'_> {
        Bodies::of(self)
    }

    /// The name of an endpoint.
    #[must_use]
    pub fn end(&self, end: u32) -> &str {
        &self.ends[end as usize]
    }
}

/// Numbers for names, in the order of appearance.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    fn number(&mut self, name: &str, list: &mut Vec<String>) -> u32 {
        if let Some(&number) = self.0.get(name) {
            return number;
        }
        let number = list.len() as u32;
        list.push(name.to_owned());
        self.0.insert(name.to_owned(), number);
        number
    }
}

struct Reader {
    messages: Messages,
    window: Window,
    done: bool,
    ends: Names,
    kinds: Names,
    reasons: Names,
    faults: Names,
    /// By number: the rows that are on their way, the original first.
    in_flight: HashMap<u64, Vec<u32>, FixedState>,
    /// By sender, receiver and `msg_id`: the row.
    requests: HashMap<(u32, u32, u64), u32, FixedState>,
}

impl Reader {
    fn new(nodes: &[String], window: Window) -> Reader {
        let mut reader = Reader {
            messages: Messages::default(),
            window,
            done: false,
            ends: Names::default(),
            kinds: Names::default(),
            reasons: Names::default(),
            faults: Names::default(),
            in_flight: HashMap::default(),
            requests: HashMap::default(),
        };
        for node in nodes {
            reader.ends.number(node, &mut reader.messages.ends);
            reader.messages.roles.push(Role::Node);
        }
        reader
    }

    fn take(&mut self, record: &Record, at: u64, line: &[u8]) {
        match &record.event {
            Event::Send { src, dest, body } => {
                let Window { from, to, limit } = self.window;
                if record.at < from || self.messages.left_out.since.is_some() {
                    return;
                }
                if record.at >= to || self.messages.rows.len() >= limit {
                    if record.at < to {
                        self.messages.left_out.since = Some(record.at);
                    }
                    self.window.to = 0;
                    self.done = self.in_flight.is_empty();
                    return;
                }
                self.sent(record, (src, dest), *body, at, line);
            }
            Event::Duplicate => self.duplicated(record),
            Event::Deliver => self.ended(record, Fate::Delivered),
            Event::Drop { why, fault } => {
                let why = self.reasons.number(why, &mut self.messages.reasons);
                let fault = fault.as_ref().map_or(NONE, |fault| {
                    self.faults.number(fault, &mut self.messages.faults)
                });
                self.ended(record, Fate::Dropped { why, fault });
            }
        }
    }

    fn sent(
        &mut self,
        record: &Record,
        (src, dest): (&str, &str),
        body: Option<&[u8]>,
        at: u64,
        line: &[u8],
    ) {
        let row = self.messages.rows.len() as u32;
        let (src, dest) = (self.end(src), self.end(dest));
        let header: Option<Header> = body.and_then(|body| serde_json::from_slice(body).ok());
        let kind = header.as_ref().map_or("", |header| &header.kind);
        let kind = self.kinds.number(kind, &mut self.messages.kinds);
        let header = header.as_ref();
        let replies_to = header.and_then(|header| header.in_reply_to());
        let cause = replies_to.and_then(|id| self.requests.get(&(dest, src, id)));
        let cause = cause.copied().unwrap_or(NONE);
        if let Some(id) = header.and_then(|header| number(header.msg_id)) {
            self.requests.insert((src, dest, id), row);
        }
        self.messages.left_out.bodies += u64::from(body.is_none());
        self.messages.rows.push(Row {
            id: record.id,
            sent: record.at,
            ended: None,
            src,
            dest,
            kind,
            fate: Fate::InFlight,
            cause,
            size: body.map_or(0, |body| body.len() as u32),
            copy: false,
            body: body.map(|body| at + (body.as_ptr() as usize - line.as_ptr() as usize) as u64),
        });
        self.in_flight.entry(record.id).or_default().push(row);
    }

    fn duplicated(&mut self, record: &Record) {
        let Some(rows) = self.in_flight.get_mut(&record.id) else {
            return;
        };
        let row = self.messages.rows.len() as u32;
        let original = self.messages.rows[rows[0] as usize];
        rows.push(row);
        self.messages.rows.push(Row {
            sent: record.at,
            copy: true,
            ..original
        });
    }

    fn ended(&mut self, record: &Record, fate: Fate) {
        let Some(rows) = self.in_flight.get_mut(&record.id) else {
            return;
        };
        let row = &mut self.messages.rows[rows.remove(0) as usize];
        row.ended = Some(record.at);
        row.fate = fate;
        if rows.is_empty() {
            self.in_flight.remove(&record.id);
            self.done = self.window.to == 0 && self.in_flight.is_empty();
        }
    }

    fn end(&mut self, name: &str) -> u32 {
        let number = self.ends.number(name, &mut self.messages.ends);
        if self.messages.roles.len() < self.messages.ends.len() {
            self.messages.roles.push(role(name));
        }
        number
    }
}

/// What a name that is no node's belongs to.
fn role(name: &str) -> Role {
    let digits = name.strip_prefix('c').filter(|rest| !rest.is_empty());
    if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        Role::Client
    } else if services::all().iter().any(|service| service.name() == name) {
        Role::Service
    } else {
        Role::Stranger
    }
}

fn number(raw: Option<&RawValue>) -> Option<u64> {
    raw.and_then(|raw| raw.get().parse().ok())
}
