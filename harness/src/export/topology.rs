//! The nodes as a graph, and what went over its edges.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Source;
use crate::archive::{Fate, Messages, Role};

/// The nodes, and who had to do with whom.
pub(super) struct Graph {
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// Whether nodes were told these neighbours. Else they are those that sent each other
    /// messages.
    pub told: bool,
    /// Whether some edge goes one way only.
    pub directed: bool,
    pub edges: Vec<Edge>,
    /// The shape's name, for drawing.
    pub shape: Option<String>,
}

/// Two nodes. In an undirected graph the first one has the lower number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// Whether it is of the topology that nodes were told.
    pub told: bool,
    pub there: Traffic,
    /// The other way; nothing in a directed graph.
    pub back: Traffic,
}

/// What went over a link, one way. Copies are not counted as messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub messages: u64,
    pub bytes: u64,
    pub dropped: u64,
}

impl Edge {
    /// Messages both ways.
    pub fn messages(&self) -> u64 {
        self.there.messages + self.back.messages
    }

    /// Drops both ways.
    pub fn dropped(&self) -> u64 {
        self.there.dropped + self.back.dropped
    }
}

type Links = BTreeMap<(usize, usize), Traffic>;

/// The graph of a run, with the traffic of the window.
pub(super) fn graph(source: &Source) -> Graph {
    let report = &source.archive.report;
    let nodes = report.plan.nodes.clone();
    let told = told(&source.messages, &nodes);
    let traffic = match source.has_messages() {
        true => counted(source),
        false => reported(source, &nodes),
    };
    let is_told = told.is_some();
    let links: BTreeSet<(usize, usize)> = match &told {
        Some(told) => told.clone(),
        None => traffic.keys().copied().collect(),
    };
    let directed = links.iter().any(|&(a, b)| !links.contains(&(b, a)));
    let all: BTreeSet<(usize, usize)> = (links.iter().copied())
        .chain(traffic.keys().copied())
        .filter(|&(a, b)| a != b)
        .map(|(a, b)| {
            if directed {
                (a, b)
            } else {
                (a.min(b), a.max(b))
            }
        })
        .collect();
    let of = |link| traffic.get(&link).copied().unwrap_or_default();
    let edges = all.into_iter().map(|(from, to)| Edge {
        from,
        to,
        told: is_told && links.contains(&(from, to)),
        there: of((from, to)),
        back: if directed {
            Traffic::default()
        } else {
            of((to, from))
        },
    });
    Graph {
        edges: edges.collect(),
        nodes,
        told: is_told,
        directed,
        shape: report.plan.topology.clone().filter(|_| is_told),
    }
}

/// What the first `topology` request says; all nodes are told the same.
fn told(messages: &Messages, nodes: &[String]) -> Option<BTreeSet<(usize, usize)>> {
    #[derive(Deserialize)]
    struct Request {
        topology: BTreeMap<String, Option<Vec<String>>>,
    }
    let kind = messages.kinds.iter().position(|kind| kind == "topology")?;
    let of_client = |end: u32| messages.roles[end as usize] == Role::Client;
    let mut rows = messages.rows.iter();
    let row = rows.find(|row| row.kind as usize == kind && of_client(row.src))?;
    let body = messages.body(row).ok()??;
    let request: Request = serde_json::from_str(&body).ok()?;
    let index: BTreeMap<&str, usize> = nodes.iter().map(String::as_str).zip(0..).collect();
    let mut links = BTreeSet::new();
    for (node, neighbours) in &request.topology {
        for neighbour in neighbours.iter().flatten() {
            if let (Some(&a), Some(&b)) = (index.get(&**node), index.get(&**neighbour)) {
                links.insert((a, b));
            }
        }
    }
    (!links.is_empty()).then_some(links)
}

/// What messages say.
fn counted(source: &Source) -> Links {
    let messages = &source.messages;
    let is_node = |end: u32| messages.roles[end as usize] == Role::Node;
    let mut links = Links::new();
    for row in source.rows() {
        if !is_node(row.src) || !is_node(row.dest) {
            continue;
        }
        let link = links
            .entry((row.src as usize, row.dest as usize))
            .or_default();
        if !row.copy {
            link.messages += 1;
            link.bytes += u64::from(row.size);
        }
        link.dropped += u64::from(matches!(row.fate, Fate::Dropped { .. }));
    }
    links
}

/// What the report says of a run that kept no messages: no drops.
fn reported(source: &Source, nodes: &[String]) -> Links {
    let index: BTreeMap<&str, usize> = nodes.iter().map(String::as_str).zip(0..).collect();
    let links = source.archive.report.links.iter().filter_map(|link| {
        let ends = (*index.get(&*link.src)?, *index.get(&*link.dest)?);
        let traffic = Traffic {
            messages: link.messages,
            bytes: link.bytes,
            dropped: 0,
        };
        (link.messages > 0).then_some((ends, traffic))
    });
    links.collect()
}
