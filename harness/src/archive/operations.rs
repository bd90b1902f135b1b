//! What clients did, from `history.jsonl`.

use std::collections::BTreeMap;
use std::ops::Range;

use swelkie_checkers::{self as checkers, Cause, History, Nanos, Phase, Value};

use super::line::HistoryLine;

/// Every operation of a run, in the order of invocation.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    /// One per invocation.
    pub all: Vec<Operation>,
    /// Lines that are none of ours, a torn last one included.
    pub unread: u64,
    text: Vec<u8>,
}

/// One invocation and its completion. Values are JSON text; [`Operations::input`] and
/// [`Operations::output`] have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its number, the `op` of both lines.
    pub op: usize,
    /// The process that invoked it.
    pub process: u64,
    /// What was asked: `broadcast`, `read`, …
    pub f: String,
    /// The node that was asked.
    pub node: String,
    /// The client that asked.
    pub client: String,
    /// When it was invoked.
    pub invoked: Nanos,
    /// When it completed; none while pending.
    pub completed: Option<Nanos>,
    /// How it ended.
    pub completion: Completion,
    /// A read after the last heal.
    pub recovery: bool,
    /// Why it did not end ok: a word, and the rest of the story.
    pub error: Option<(String, String)>,
    /// What it was asked with.
    input: Range<usize>,
    /// What it returned.
    output: Range<usize>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completion {
    /// It never completed.
    Pending,
    /// It happened.
    Ok,
    /// It did not happen.
    Fail,
    /// Nobody knows.
    Info,
}

impl Completion {
    /// `pending`, `ok`, `fail` or `info`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Completion::Pending => "pending",
            Completion::Ok => "ok",
            Completion::Fail => "fail",
            Completion::Info => "info",
        }
    }
}

impl Operations {
    /// Reads a history.
    #[must_use]
    pub fn read(text: Vec<u8>) -> Operations {
        let mut operations = Operations::default();
        let mut index: BTreeMap<usize, usize> = BTreeMap::new();
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let Some(line) = HistoryLine::parse(line) else {
                operations.unread += 1;
                continue;
            };
            // The nemesis has no operation numbers.
            let Some(op) = line.op else { continue };
            let op = op as usize;
            let value = within(&text, line.value.get());
            match (&*line.kind, index.get(&op).copied()) {
                ("invoke", None) => {
                    index.insert(op, operations.all.len());
                    operations.all.push(Operation {
                        op,
                        process: line.process.get().parse().unwrap_or(u64::MAX),
                        f: line.f.into_owned(),
                        node: line.node.into_owned(),
                        client: line.client.into_owned(),
                        invoked: line.time,
                        completed: None,
                        completion: Completion::Pending,
                        recovery: line.recovery,
                        error: None,
                        input: value,
                        output: 0..0,
                    });
                }
                (kind, Some(known)) => {
                    let operation = &mut operations.all[known];
                    operation.completed = Some(line.time);
                    operation.completion = match kind {
                        "ok" => Completion::Ok,
                        "fail" => Completion::Fail,
                        _ => Completion::Info,
                    };
                    operation.error = (line.error).map(|(kind, story)| (kind.into(), story.into()));
                    operation.output = value;
                }
                _ => operations.unread += 1,
            }
        }
        operations.text = text;
        operations
    }

    /// What an operation was asked with, JSON text.
    #[must_use]
    pub fn input(&self, operation: &Operation) -> &str {
        self.slice(&operation.input)
    }

    /// What an operation returned, JSON text; for one that did not end ok what it was
    /// asked with, empty while pending.
    #[must_use]
    pub fn output(&self, operation: &Operation) -> &str {
        self.slice(&operation.output)
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        std::str::from_utf8(&self.text[range.clone()]).expect("JSON text is UTF-8")
    }

    /// Puts the operations that added an element into a history.
    pub(super) fn adds_to(&self, history: &mut History) {
        for operation in &self.all {
            if !matches!(&*operation.f, "broadcast" | "add") {
                continue;
            }
            let Ok(element) = history.elements.intern(self.input(operation)) else {
                continue;
            };
            let node = (history.nodes.iter()).position(|node| node.name == operation.node);
            history.operations.push(checkers::Operation {
                process: operation.process,
                node: node.unwrap_or(0),
                incarnation: 0,
                phase: Phase::Main,
                f: "add",
                input: Value::Element(element),
                invoked: operation.invoked,
                completed: operation.completed,
                outcome: match operation.completion {
                    Completion::Pending => checkers::Outcome::Pending,
                    Completion::Ok => checkers::Outcome::Ok,
                    Completion::Fail => checkers::Outcome::Fail,
                    Completion::Info => checkers::Outcome::Info,
                },
                output: Value::Nothing,
                cause: (operation.error.as_ref()).map(|(kind, text)| Cause {
                    kind: kind.clone(),
                    text: text.clone(),
                }),
            });
        }
    }
}

/// Where a slice of a text stands in it.
fn within(text: &[u8], slice: &str) -> Range<usize> {
    let offset = slice.as_ptr() as usize - text.as_ptr() as usize;
    offset..offset + slice.len()
}
