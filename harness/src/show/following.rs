//! The way of one element: who asked for it, from node to node, where it stopped, who
//! shows it in the end.
//!
//! ```text
//!   c3 → n0           1.210 s            message 12      a client brought it
//!   ├─ n0 → n1        1.310 s  +100 ms   message 15      n1 had it from n0
//!   │  └─ n1 → n4     …
//!   └─ n0 → n2        …
//! ```

mod page;
mod stops;
mod tree;

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;
use swelkie_checkers::{Element, Elements, History, Nanos};

use super::value;
use crate::archive::{Archive, Completion, Operations};
use crate::engine::FaultRecord;
use crate::propagation::{Follow, Journey, Neighbour};

pub use page::page;

/// Everything about one element.
#[derive(Clone, Debug, Serialize)]
pub struct Following {
    /// The element, JSON text.
    pub element: String,
    /// Who asked for it to be added.
    pub asked: Vec<Asked>,
    /// Which way it went; none if the messages do not tell.
    pub journey: Option<Journey>,
    /// The nodes that it is for.
    pub audience: Vec<String>,
    /// The last read of each node that had one.
    pub last_reads: Vec<LastRead>,
    /// The one node that is asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who could have told that node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub neighbours: Vec<Neighbour>,
    /// What faults are behind what happened, by name.
    pub faults: Vec<FaultRecord>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A request to add the element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The operation.
    pub op: usize,
    /// Who asked.
    pub client: String,
    /// Whom.
    pub node: String,
    /// When.
    pub invoked_ns: Nanos,
    /// When it ended.
    pub completed_ns: Option<Nanos>,
    /// `ok`, `fail`, `info` or `pending`.
    pub ended: &'static str,
    /// Why it did not end ok.
    pub error: Option<(String, String)>,
}

/// What a node showed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastRead {
    /// The node.
    pub node: String,
    /// When the read ended.
    pub at_ns: Nanos,
    /// Whether the element was in it; none if that was not recorded.
    pub shows_it: Option<bool>,
}

/// Why there is nothing to show.
#[derive(Debug)]
pub enum Error {
    /// The user named what does not exist.
    Unknown(String),
    /// Reading failed.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl Following {
    /// Follows the element that `text` names (JSON, or a plain word for a string); `node`
    /// restricts what is shown to one node.
    ///
    /// # Errors
    /// If there is no such element or node, or reading fails.
    pub fn read(archive: &Archive, text: &str, node: Option<&str>) -> Result<Following, Error> {
        let operations = archive.operations()?;
        let history = archive.history(&operations);
        let nodes = &archive.report.plan.nodes;
        let element = value::find(text, &history).map_err(Error::Unknown)?;
        let number = node.map(|node| number_of(node, nodes)).transpose()?;
        let json = history.elements.text(element).to_owned();
        let mut following = Following {
            asked: asked(&operations, &history, element),
            journey: None,
            audience: super::series::audience(&json, nodes)
                .into_iter()
                .map(|node| nodes[node].clone())
                .collect(),
            last_reads: last_reads(&operations, nodes, &json),
            node: node.map(str::to_owned),
            neighbours: Vec::new(),
            faults: archive.report.faults.clone(),
            notes: Vec::new(),
            element: json,
        };
        let journal = archive.directory.join("messages.jsonl");
        if !journal.metadata().is_ok_and(|file| file.len() > 0) {
            let note = "the way between nodes is not known: the run recorded no messages";
            following.notes.push(note.to_owned());
            return Ok(following);
        }
        let texts = [following.element.as_str()];
        let spread = archive.propagation(&operations, Follow::Elements(&texts), u64::MAX)?;
        following.journey = spread.journey(element);
        let path = number.and_then(|node| spread.path(element, node));
        following.neighbours = path.map_or_else(Vec::new, |path| path.neighbours);
        following.notes.extend_from_slice(spread.warnings());
        Ok(following)
    }

    /// What a node showed last.
    fn last_read(&self, node: &str) -> Option<&LastRead> {
        self.last_reads.iter().find(|read| read.node == node)
    }
}

fn number_of(node: &str, nodes: &[String]) -> Result<usize, Error> {
    nodes.iter().position(|name| name == node).ok_or_else(|| {
        let node = crate::text::excerpt(node.as_bytes(), 40);
        Error::Unknown(format!(
            "there is no node {node}; the run's nodes are {}",
            nodes.join(", ")
        ))
    })
}

fn asked(operations: &Operations, history: &History, element: Element) -> Vec<Asked> {
    let mut elements = history.elements.clone();
    let mut found = Vec::new();
    for one in &operations.all {
        if !matches!(&*one.f, "broadcast" | "add")
            || elements.intern(operations.input(one)).ok() != Some(element)
        {
            continue;
        }
        found.push(Asked {
            op: one.op,
            client: one.client.clone(),
            node: one.node.clone(),
            invoked_ns: one.invoked,
            completed_ns: one.completed,
            ended: one.completion.word(),
            error: one.error.clone(),
        });
    }
    found
}

fn last_reads(operations: &Operations, nodes: &[String], element: &str) -> Vec<LastRead> {
    let last = |node: &String| {
        let mut reads = operations.all.iter().rev();
        let read = reads
            .find(|one| one.f == "read" && one.completion == Completion::Ok && one.node == *node)?;
        Some(LastRead {
            node: node.clone(),
            at_ns: read.completed.unwrap_or(read.invoked),
            shows_it: contains(operations.output(read), element),
        })
    };
    nodes.iter().filter_map(last).collect()
}

/// Whether a JSON list has an element in it; none if it is no list.
fn contains(list: &str, element: &str) -> Option<bool> {
    let values: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    let mut spelling = Elements::default();
    let wanted = spelling.intern(element).ok()?;
    let mut values = values.into_iter();
    Some(values.any(|value| spelling.intern(value.get()).ok() == Some(wanted)))
}
