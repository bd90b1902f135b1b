//! Who is whose neighbour, and where they are drawn.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::Serialize;

use super::columns::Columns;
use crate::archive::{Archive, Messages, Window};
use crate::report::layout::positions;

/// The nodes as a graph; its edges are columns.
#[derive(Serialize)]
pub struct Picture {
    /// Whether nodes were told these neighbours; else they are those that sent each other
    /// messages.
    told: bool,
    /// By node, in the unit square.
    position: Vec<(f32, f32)>,
}

/// Adds the edges as columns. None where nobody told a topology and nodes sent each other
/// nothing.
pub fn add(columns: &mut Columns, archive: &Archive, messages: &Messages) -> Option<Picture> {
    let nodes = &archive.report.plan.nodes;
    let told = told(archive, messages, nodes);
    let is_told = told.is_some();
    let edges: Vec<(usize, usize)> = told
        .unwrap_or_else(|| linked(archive, nodes))
        .into_iter()
        .collect();
    if edges.is_empty() {
        return None;
    }
    let shape = archive.report.plan.topology.as_deref().filter(|_| is_told);
    let position = positions(nodes.len(), &edges, shape);
    columns.deltas("edge.from", edges.iter().map(|edge| edge.0 as u64));
    columns.plain("edge.to", edges.iter().map(|edge| edge.1 as u64));
    Some(Picture {
        told: is_told,
        position: position
            .iter()
            .map(|&(x, y)| (x as f32, y as f32))
            .collect(),
    })
}

/// A link, whichever way it was named.
fn link(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

/// What the first `topology` request says: all nodes are told the same.
fn told(
    archive: &Archive,
    messages: &Messages,
    nodes: &[String],
) -> Option<BTreeSet<(usize, usize)>> {
    /// The request comes before operations do, after each node's `init`.
    const EARLY: usize = 100_000;
    archive.report.plan.topology.as_ref()?;
    let of_beginning;
    let body = match request(messages) {
        Some(body) => body,
        None => {
            // The window begins later.
            of_beginning = archive.messages(&Window::first(EARLY)).ok()?;
            request(&of_beginning)?
        }
    };
    #[derive(Deserialize)]
    struct Request {
        topology: BTreeMap<String, Option<Vec<String>>>,
    }
    let request: Request = serde_json::from_str(&body).ok()?;
    let index: BTreeMap<&str, usize> = (nodes.iter().map(String::as_str)).zip(0..).collect();
    let mut edges = BTreeSet::new();
    for (node, neighbours) in &request.topology {
        for neighbour in neighbours.iter().flatten() {
            if let (Some(&a), Some(&b)) = (index.get(&**node), index.get(&**neighbour)) {
                edges.insert(link(a, b));
            }
        }
    }
    Some(edges)
}

fn request(messages: &Messages) -> Option<String> {
    let kind = messages.kinds.iter().position(|kind| kind == "topology")?;
    let row = (messages.rows.iter()).find(|row| row.kind as usize == kind && row.has_body())?;
    messages.body(row).ok()?
}

/// Who sent whom a message.
fn linked(archive: &Archive, nodes: &[String]) -> BTreeSet<(usize, usize)> {
    let index: BTreeMap<&str, usize> = (nodes.iter().map(String::as_str)).zip(0..).collect();
    let links = archive.report.links.iter().filter(|link| link.messages > 0);
    let ends = links.filter_map(|link| Some((*index.get(&*link.src)?, *index.get(&*link.dest)?)));
    ends.filter(|(a, b)| a != b)
        .map(|(a, b)| link(a, b))
        .collect()
}
