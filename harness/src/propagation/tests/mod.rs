//! Journals by hand, one event per line, times in milliseconds:
//!
//! ```text
//!   10 send 1 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
//!   10 deliver 1
//!   90 drop 2 cut partition-1
//!   95 duplicate 3 dup-1
//! ```

mod figures;
mod guessing;
mod paths;

use std::io;

use swelkie_checkers::{
    Anomaly, Element, History, Nanos, NodeRecord, Operation, Outcome, Phase, Value,
};

use super::{DEFAULT_LIMIT, Follow, Propagation, Question};

/// Milliseconds.
pub fn ms(milliseconds: u64) -> Nanos {
    milliseconds * 1_000_000
}

/// A run: who took part, what was asked for, and the journal.
pub struct Run {
    pub history: History,
    pub journal: String,
    pub builtin: bool,
    pub services: Vec<&'static str>,
    pub limit: u64,
}

impl Run {
    /// A run of this many nodes, of built-in nodes until said otherwise.
    pub fn new(nodes: usize, story: &str) -> Run {
        let record = |index| NodeRecord {
            name: format!("n{index}"),
            judged: true,
        };
        let history = History {
            nodes: (0..nodes).map(record).collect(),
            ..History::default()
        };
        Run {
            history,
            journal: journal(story),
            builtin: true,
            services: Vec::new(),
            limit: DEFAULT_LIMIT,
        }
    }

    /// The same by strangers' nodes.
    pub fn of_strangers(self) -> Run {
        Run {
            builtin: false,
            ..self
        }
    }

    /// A client asked `node` to add an element at a time, acknowledged 1 ms later.
    pub fn adds(mut self, node: usize, json: &str, at: u64) -> Run {
        let element = self.history.elements.intern(json).unwrap();
        self.history.completions.push(self.history.operations.len());
        self.history.operations.push(Operation {
            process: 0,
            node,
            incarnation: 0,
            phase: Phase::Main,
            f: "broadcast",
            input: Value::Element(element),
            invoked: ms(at),
            completed: Some(ms(at + 1)),
            outcome: Outcome::Ok,
            output: Value::Nothing,
            cause: None,
        });
        self
    }

    /// What is found when these anomalies are to be explained.
    pub fn read_for(&self, anomalies: &[Anomaly]) -> Propagation {
        let question = Question {
            history: &self.history,
            services: &self.services,
            builtin: self.builtin,
            follow: Follow::Anomalies(anomalies),
            limit: self.limit,
        };
        let open = || Ok::<_, io::Error>(self.journal.as_bytes());
        Propagation::read(&question, open).expect("reading memory does not fail")
    }

    pub fn read(&self) -> Propagation {
        self.read_for(&[])
    }

    /// The number of an element.
    pub fn element(&self, json: &str) -> Element {
        self.history.elements.clone().intern(json).unwrap()
    }

    /// When an element came to each node first, in milliseconds.
    pub fn firsts(&self, json: &str) -> Vec<Option<u64>> {
        let propagation = self.read();
        let element = self.element(json);
        let first = |node| propagation.first(element, node).map(|at| at / 1_000_000);
        (0..self.history.nodes.len()).map(first).collect()
    }

    /// The path of an element to a node in words.
    pub fn path(&self, json: &str, node: usize) -> String {
        let propagation = self.read_for(&[lost(json, node)]);
        propagation
            .path(self.element(json), node)
            .expect("it is traced")
            .text
    }
}

/// An element is missing on a node.
pub fn lost(json: &str, node: usize) -> Anomaly {
    Anomaly {
        element: Some(json.to_owned()),
        node: Some(node),
        ..Anomaly::new("lost", "")
    }
}

/// The lines of `messages.jsonl` of a story.
pub fn journal(story: &str) -> String {
    story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(line)
        .collect()
}

fn line(event: &str) -> String {
    let mut words = event.splitn(6, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (time, event, id) = (word().parse().map(ms).unwrap(), word(), word());
    let head = format!(r#"{{"time":{time},"event":"{event}","id":{id}"#);
    let (one, two, rest) = (word(), word(), word());
    match event {
        "send" if rest.starts_with('{') => {
            format!("{head},\"src\":\"{one}\",\"dest\":\"{two}\",\"body\":{rest}}}\n")
        }
        "send" => format!("{head},\"src\":\"{one}\",\"dest\":\"{two}\",{rest}}}\n"),
        "drop" if two.is_empty() => format!("{head},\"why\":\"{one}\"}}\n"),
        "drop" => format!("{head},\"why\":\"{one}\",\"fault\":\"{two}\"}}\n"),
        "duplicate" => format!("{head},\"fault\":\"{one}\"}}\n"),
        _ => format!("{head}}}\n"),
    }
}
