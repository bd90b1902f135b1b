//! What happened around a moment: sends, deliveries, drops, operations and faults, in
//! order.
//!
//! A log has a bound. It is filled from the moment outwards, half with what came before
//! and half with what came after, and says how much it leaves out at either end.

mod page;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use serde::Serialize;
use swelkie_checkers::Nanos;

pub use page::page;

mod lines;

use crate::archive::Archive;

/// Which part of a run.
#[derive(Clone, Debug)]
pub struct Window<'a> {
    /// The moment.
    pub at: Nanos,
    /// From this long before to this long after it.
    pub around: Nanos,
    /// What concerns this node only; faults always.
    pub node: Option<&'a str>,
    /// So many events.
    pub limit: usize,
}

impl Window<'_> {
    /// The first moment.
    #[must_use]
    pub fn from(&self) -> Nanos {
        self.at.saturating_sub(self.around)
    }

    /// The last moment.
    #[must_use]
    pub fn to(&self) -> Nanos {
        self.at.saturating_add(self.around)
    }
}

/// A part of a run's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Log {
    /// In order.
    pub events: Vec<Event>,
    /// So many in the window before these.
    pub left_out_before: u64,
    /// So many in the window after these.
    pub left_out_after: u64,
    /// When the last thing happened that was recorded.
    #[serde(skip)]
    pub last: Nanos,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub time_ns: Nanos,
    /// `send`, `deliver`, `drop`, `duplicate`; `invoke`, `ok`, `fail`, `info`; `begin`,
    /// `end` of a fault.
    pub event: String,
    /// Who wrote it; the client, or the fault.
    pub from: String,
    /// For whom it is; the node that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The number of the message or of the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The type of the body, or what was asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The body, the value, why and by which fault it was dropped, what the fault is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Events around a moment, so many before and so many after it.
struct Around {
    at: Nanos,
    each: usize,
    before: VecDeque<Event>,
    after: Vec<Event>,
    left_out: [u64; 2],
}

impl Around {
    fn new(window: &Window) -> Around {
        Around {
            at: window.at,
            each: window.limit.div_ceil(2).max(1),
            before: VecDeque::new(),
            after: Vec::new(),
            left_out: [0; 2],
        }
    }

    fn add(&mut self, event: Event) {
        if event.time_ns < self.at {
            self.before.push_back(event);
            if self.before.len() > self.each {
                self.before.pop_front();
                self.left_out[0] += 1;
            }
        } else if self.after.len() < self.each {
            self.after.push(event);
        } else {
            self.left_out[1] += 1;
        }
    }

    /// Both streams in one: at the same time, what was asked and which fault began comes
    /// before messages, what was answered and which fault ended after them.
    fn merge(self, other: Around) -> Around {
        let mut both = Around {
            left_out: [0, 1].map(|side| self.left_out[side] + other.left_out[side]),
            before: VecDeque::new(),
            after: Vec::new(),
            ..self
        };
        let streams = [(self.before, self.after), (other.before, other.after)];
        let mut events: Vec<Event> = streams
            .into_iter()
            .flat_map(|(before, after)| before.into_iter().chain(after))
            .collect();
        let rank = |event: &Event| match event.event.as_str() {
            "invoke" | "begin" => 0,
            "ok" | "fail" | "info" | "end" => 2,
            _ => 1,
        };
        events.sort_by_key(|event| (event.time_ns, rank(event)));
        for event in events {
            both.add(event);
        }
        both
    }
}

impl Log {
    /// Reads what happened in a window. Files that are not there have nothing in them.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(archive: &Archive, window: &Window) -> io::Result<Log> {
        let mut last = archive.report.milestones.end.nanos();
        let mut history = Around::new(window);
        if let Some(source) = open(archive, "history.jsonl")? {
            last = last.max(lines::history(source, window, |event| history.add(event))?);
        }
        let mut messages = Around::new(window);
        if let Some(source) = open(archive, "messages.jsonl")? {
            last = last.max(lines::messages(source, window, |event| {
                messages.add(event)
            })?);
        }
        let both = history.merge(messages);
        Ok(Log {
            events: both.before.into_iter().chain(both.after).collect(),
            left_out_before: both.left_out[0],
            left_out_after: both.left_out[1],
            last,
        })
    }
}

fn open(archive: &Archive, name: &str) -> io::Result<Option<impl BufRead + use<>>> {
    match File::open(archive.directory.join(name)) {
        Ok(file) => Ok(Some(BufReader::with_capacity(1 << 18, file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
