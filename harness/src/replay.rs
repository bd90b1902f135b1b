//! What one node was handed in a recorded run, as the lines it read.
//!
//! ```text
//!   messages.jsonl                                     the node's stdin
//!   send    id 12  c1 → n0  {"type":"read",…}  ─┐
//!   deliver id 12                              ─┴────► {"id":12,"src":"c1","dest":"n0","body":{…}}
//! ```
//!
//! A life of a node begins with the `init` that a client sends it. Reading needs the
//! memory of what is on its way at one time, not of the file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::value::RawValue;
use swelkie_nodes::Time;

/// A line that was written to a node's stdin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When, since the start of the run.
    pub time: Time,
    /// The bytes, newline included.
    pub line: Vec<u8>,
}

/// What a node was handed in one of its lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The lines in the order they were written.
    pub deliveries: Vec<Delivery>,
    /// How many lives the node had; the first is number 0.
    pub lives: u32,
    /// Deliveries that are missing here because their bodies were not recorded.
    pub without_body: u64,
    /// The nodes of the run, as far as they were started.
    pub nodes: BTreeSet<String>,
}

/// Why a recording cannot be read.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be read.
    Io(io::Error),
    /// A line that is none of ours.
    Line {
        /// Which, from 1.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::Line { number, why } => {
                write!(f, "line {number} is no record of a message: {why}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// A record of `messages.jsonl`.
#[derive(Deserialize)]
struct Record<'a> {
    time: u64,
    #[serde(borrow)]
    event: Cow<'a, str>,
    id: u64,
    #[serde(borrow, default)]
    src: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    dest: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    claimed_src: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
}

/// A message to the node that has not arrived yet, or not for the last time.
struct Pending {
    /// The line; none if its body was not recorded.
    line: Option<Vec<u8>>,
    /// Whether it begins a life.
    init: bool,
    /// How often it will still arrive or be dropped.
    copies: u32,
}

/// Reads `messages.jsonl` for what `node` was handed in its life number `life`.
/// A torn last line is accepted.
///
/// # Errors
/// If the file cannot be read or a line before the last is no record.
pub fn read(mut messages: impl BufRead, node: &str, life: u32) -> Result<Recording, Error> {
    let mut reader = Reader::new(node, life);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        messages.read_until(b'\n', &mut line).map_err(Error::Io)?;
        if line.last() != Some(&b'\n') {
            break; // the end, or a line torn by it
        }
        let record = serde_json::from_slice(&line).map_err(|error| Error::Line {
            number,
            why: error.to_string(),
        })?;
        reader.record(&record);
    }
    Ok(reader.recording)
}

struct Reader<'a> {
    node: &'a str,
    life: u32,
    pending: BTreeMap<u64, Pending>,
    recording: Recording,
}

impl<'a> Reader<'a> {
    fn new(node: &'a str, life: u32) -> Reader<'a> {
        Reader {
            node,
            life,
            pending: BTreeMap::new(),
            recording: Recording::default(),
        }
    }

    fn record(&mut self, record: &Record) {
        match &*record.event {
            "send" => self.sent(record),
            "duplicate" => {
                if let Some(pending) = self.pending.get_mut(&record.id) {
                    pending.copies += 1;
                }
            }
            "deliver" => self.arrived(record, true),
            "drop" => self.arrived(record, false),
            _ => {}
        }
    }

    fn sent(&mut self, record: &Record) {
        let (Some(src), Some(dest)) = (&record.src, &record.dest) else {
            return;
        };
        let init = begins_life(src, record.body);
        if init && !self.recording.nodes.contains(&**dest) {
            self.recording.nodes.insert(dest.to_string());
        }
        if dest == self.node {
            let seen = record.claimed_src.as_ref().unwrap_or(src);
            let line = record
                .body
                .map(|body| wire_line(record.id, seen, dest, body.get()));
            self.pending.insert(
                record.id,
                Pending {
                    line,
                    init,
                    copies: 1,
                },
            );
        }
    }

    fn arrived(&mut self, record: &Record, delivered: bool) {
        let Some(pending) = self.pending.get_mut(&record.id) else {
            return;
        };
        pending.copies -= 1;
        if delivered {
            self.recording.lives += u32::from(pending.init);
            if self.recording.lives == self.life + 1 {
                match &pending.line {
                    None => self.recording.without_body += 1,
                    Some(line) => self.recording.deliveries.push(Delivery {
                        time: Time(record.time),
                        line: line.clone(),
                    }),
                }
            }
        }
        if pending.copies == 0 {
            self.pending.remove(&record.id);
        }
    }
}

/// Only clients start nodes; their names are c and a number.
fn begins_life(src: &str, body: Option<&RawValue>) -> bool {
    let number = src.strip_prefix('c').unwrap_or_default();
    let client = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let kind = |body: &RawValue| {
        serde_json::from_str::<Kind>(body.get()).is_ok_and(|body| body.kind == "init")
    };
    client && body.is_some_and(kind)
}

/// The line as the node read it.
fn wire_line(id: u64, src: &str, dest: &str, body: &str) -> Vec<u8> {
    let text = |name: &str| serde_json::to_string(name).expect("a text serialises");
    format!(
        "{{\"id\":{id},\"src\":{},\"dest\":{},\"body\":{body}}}\n",
        text(src),
        text(dest)
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = r#"
{"time":1,"event":"send","id":1,"src":"c0","dest":"n0","body":{"type":"init","msg_id":1,"node_id":"n0","node_ids":["n0","n1"]}}
{"time":2,"event":"deliver","id":1}
{"time":2,"event":"send","id":2,"src":"c0","dest":"n1","body":{"type":"init","msg_id":1}}
{"time":3,"event":"send","id":3,"src":"n1","dest":"n0","claimed_src":"n9","body":{"n":12345678901234567890123, "z":1}}
{"time":3,"event":"duplicate","id":3,"fault":"twice"}
{"time":4,"event":"send","id":4,"src":"n0","dest":"n1","body":{"type":"gossip"}}
{"time":5,"event":"deliver","id":3}
{"time":5,"event":"drop","id":4,"why":"cut","fault":"partition-1"}
{"time":6,"event":"deliver","id":3}
{"time":7,"event":"send","id":5,"src":"n1","dest":"n0","body":{"type":"init"}}
{"time":8,"event":"deliver","id":5}
{"time":9,"event":"send","id":6,"src":"n1","dest":"n0","body":{"type":"lost"}}
{"time":9,"event":"drop","id":6,"why":"cut","fault":"partition-1"}
{"time":10,"event":"send","id":7,"src":"c0","dest":"n0","body":{"type":"init","msg_id":1}}
{"time":11,"event":"deliver","id":7}
{"time":12,"event":"send","id":8,"src":"n1","dest":"n0","bytes":99}
{"time":13,"event":"deliver","id":8}
{"time":14,"event":"del"#;

    fn recording(life: u32) -> Recording {
        read(RECORDED.trim_start().as_bytes(), "n0", life).unwrap()
    }

    fn lines(recording: &Recording) -> Vec<(u64, &str)> {
        let deliveries = recording.deliveries.iter();
        deliveries
            .map(|delivery| {
                (
                    delivery.time.nanos(),
                    std::str::from_utf8(&delivery.line).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn a_life_holds_what_arrived_in_it_to_the_byte_twice_if_it_came_twice() {
        let forged = "{\"id\":3,\"src\":\"n9\",\"dest\":\"n0\",\"body\":{\"n\":12345678901234567890123, \"z\":1}}\n";
        let first = recording(0);
        let lines = lines(&first);
        assert_eq!(
            lines[0],
            (
                2,
                "{\"id\":1,\"src\":\"c0\",\"dest\":\"n0\",\"body\":{\"type\":\"init\",\"msg_id\":1,\"node_id\":\"n0\",\"node_ids\":[\"n0\",\"n1\"]}}\n"
            )
        );
        assert_eq!(lines[1..3], [(5, forged), (6, forged)]);
        // An init from a peer is a message like any other.
        assert_eq!(lines[3].0, 8);
        assert_eq!(lines.len(), 4);
        assert_eq!((first.lives, first.without_body), (2, 0));
    }

    #[test]
    fn a_later_life_begins_with_its_own_init_and_counts_what_was_not_recorded() {
        let second = recording(1);
        assert_eq!(
            lines(&second).iter().map(|line| line.0).collect::<Vec<_>>(),
            [11]
        );
        assert_eq!(second.without_body, 1);
        assert_eq!(recording(2).deliveries, []);
        assert_eq!(second.nodes.iter().collect::<Vec<_>>(), ["n0", "n1"]);
    }

    #[test]
    fn a_line_that_is_no_record_is_named_by_its_number() {
        let text = "{\"time\":2,\"event\":\"deliver\",\"id\":1}\nhello\n";
        let error = read(text.as_bytes(), "n0", 0).unwrap_err().to_string();
        assert!(
            error.starts_with("line 2 is no record of a message: expected value"),
            "{error}"
        );
    }
}
