//! The journal: every operation and every message, as line-oriented JSON.
//!
//! Pure: lines are formatted into two buffers that the driver empties into files
//! at least every 100 ms. Bodies stand on send records only; deliveries and drops
//! refer to them by id.
//!
//! ```text
//! history.jsonl
//!   {"time":1200,"process":0,"type":"invoke","f":"broadcast","value":3,"op":7,"node":"n0","client":"c1"}
//!   {"time":1900,"process":0,"type":"ok","f":"broadcast","value":3,"op":7,"node":"n0","client":"c1"}
//!   {"time":2000,"process":"nemesis","type":"info","f":"begin","value":"cut n0 | n1 n2","fault":"partition-1"}
//! messages.jsonl
//!   {"time":1210,"event":"send","id":12,"src":"c1","dest":"n0","body":{"type":"broadcast","message":3,"msg_id":1}}
//!   {"time":1210,"event":"deliver","id":12}
//!   {"time":1310,"event":"drop","id":13,"why":"cut","fault":"partition-1"}
//! ```
//!
//! Times are nanoseconds since the start of the run.

use std::io::Write as _;

use serde::Serialize;
use swelkie_nodes::{Body, NodeId, Time};

use super::config::JournalConfig;

/// Lines waiting to be written to the run's files.
pub struct Journal {
    config: JournalConfig,
    history: Buffer,
    messages: Buffer,
    /// Bodies and values left out since a bound was reached.
    omitted: u64,
}

#[derive(Default)]
struct Buffer {
    lines: Vec<u8>,
    /// Bytes handed out before.
    taken: u64,
}

impl Buffer {
    fn total(&self) -> u64 {
        self.taken + self.lines.len() as u64
    }

    fn take(&mut self) -> Vec<u8> {
        self.taken += self.lines.len() as u64;
        std::mem::take(&mut self.lines)
    }

    fn recycle(&mut self, mut buffer: Vec<u8>) {
        if self.lines.is_empty() {
            buffer.clear();
            self.lines = buffer;
        }
    }
}

/// One line of the history.
pub struct OpLine<'a> {
    /// When.
    pub time: Time,
    /// Who.
    pub process: u64,
    /// `invoke`, `ok`, `fail` or `info`.
    pub kind: &'static str,
    /// What.
    pub f: &'static str,
    /// Argument or result, JSON text.
    pub value: &'a str,
    /// The operation's index: invocation and completion share it.
    pub op: usize,
    /// The node asked.
    pub node: &'a NodeId,
    /// The client that asked.
    pub client: &'a NodeId,
    /// Why it did not end ok: a word and the rest of the story.
    pub error: Option<(&'a str, &'a str)>,
    /// True for reads after the last heal.
    pub recovery: bool,
}

impl Journal {
    /// An empty journal.
    #[must_use]
    pub fn new(config: JournalConfig) -> Journal {
        Journal {
            config,
            history: Buffer::default(),
            messages: Buffer::default(),
            omitted: 0,
        }
    }

    /// The lines of `history.jsonl` since the last call.
    pub fn take_history(&mut self) -> Vec<u8> {
        self.history.take()
    }

    /// The lines of `messages.jsonl` since the last call.
    pub fn take_messages(&mut self) -> Vec<u8> {
        self.messages.take()
    }

    /// Gives emptied buffers back, so that the next lines need no new memory.
    pub fn recycle(&mut self, history: Vec<u8>, messages: Vec<u8>) {
        self.history.recycle(history);
        self.messages.recycle(messages);
    }

    /// How many bytes are waiting to be taken.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.history.lines.len() + self.messages.lines.len()
    }

    /// How many bodies and read results were left out for the size bound.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// An operation was invoked or completed.
    pub fn operation(&mut self, line: &OpLine) {
        if !self.config.history {
            return;
        }
        let full = self.history.total() > self.config.body_limit && line.value.len() > 256;
        let value = if full { "null" } else { line.value };
        self.omitted += u64::from(full);
        let out = &mut self.history.lines;
        text(out, "{\"time\":");
        number(out, line.time.nanos());
        text(out, ",\"process\":");
        number(out, line.process);
        text(out, ",\"type\":\"");
        text(out, line.kind);
        text(out, "\",\"f\":\"");
        text(out, line.f);
        text(out, "\",\"value\":");
        text(out, value);
        text(out, ",\"op\":");
        number(out, line.op as u64);
        text(out, ",\"node\":\"");
        text(out, line.node.as_str());
        text(out, "\",\"client\":\"");
        text(out, line.client.as_str());
        text(out, "\"");
        if let Some((kind, story)) = line.error {
            text(out, ",\"error\":");
            json(out, &[kind, story]);
        }
        if line.recovery {
            text(out, ",\"recovery\":true");
        }
        if full {
            text(out, ",\"value_omitted\":true");
        }
        text(out, "}\n");
    }

    /// A fault begins or ends.
    pub fn fault(&mut self, time: Time, f: &str, name: &str, summary: &str) {
        if !self.config.history {
            return;
        }
        let out = &mut self.history.lines;
        text(out, "{\"time\":");
        number(out, time.nanos());
        text(out, ",\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"");
        text(out, f);
        text(out, "\",\"value\":");
        json(out, summary);
        text(out, ",\"fault\":");
        json(out, name);
        text(out, "}\n");
    }

    /// A message was sent. `claimed` is the sender it gives if that is not who wrote it.
    pub fn sent(
        &mut self,
        time: Time,
        id: u64,
        (src, dest): (&NodeId, &str),
        claimed: Option<&NodeId>,
        body: &Body,
    ) {
        if !self.config.messages {
            return;
        }
        let full = self.messages.total() > self.config.body_limit;
        let out = &mut self.messages.lines;
        message_head(out, time, "send", id);
        text(out, ",\"src\":\"");
        text(out, src.as_str());
        // A destination may be any text a node wrote.
        let plain = dest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain {
            text(out, "\",\"dest\":\"");
            text(out, dest);
            text(out, "\"");
        } else {
            text(out, "\",\"dest\":");
            json(out, dest);
        }
        if let Some(claimed) = claimed {
            text(out, ",\"claimed_src\":");
            json(out, claimed);
        }
        if full {
            self.omitted += 1;
            text(out, ",\"bytes\":");
            number(out, body.len() as u64);
        } else {
            text(out, ",\"body\":");
            out.extend_from_slice(body.as_bytes());
        }
        text(out, "}\n");
    }

    /// A message was delivered.
    pub fn delivered(&mut self, time: Time, id: u64) {
        if !self.config.messages {
            return;
        }
        let out = &mut self.messages.lines;
        message_head(out, time, "deliver", id);
        text(out, "}\n");
    }

    /// A message was duplicated by a fault: there will be two deliveries or drops.
    pub fn duplicated(&mut self, time: Time, id: u64, fault: &str) {
        if self.config.messages {
            let out = &mut self.messages.lines;
            message_head(out, time, "duplicate", id);
            text(out, ",\"fault\":");
            json(out, fault);
            text(out, "}\n");
        }
    }

    /// A message was dropped.
    pub fn dropped(&mut self, time: Time, id: u64, why: &str, fault: Option<&str>) {
        if !self.config.messages {
            return;
        }
        let out = &mut self.messages.lines;
        message_head(out, time, "drop", id);
        text(out, ",\"why\":\"");
        text(out, why);
        text(out, "\"");
        if let Some(fault) = fault {
            text(out, ",\"fault\":");
            json(out, fault);
        }
        text(out, "}\n");
    }
}

fn message_head(out: &mut Vec<u8>, time: Time, event: &str, id: u64) {
    text(out, "{\"time\":");
    number(out, time.nanos());
    text(out, ",\"event\":\"");
    text(out, event);
    text(out, "\",\"id\":");
    number(out, id);
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out.by_ref(), value).expect("text serialises");
}
