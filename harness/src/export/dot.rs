//! The topology for [Graphviz](https://graphviz.org): `dot -Tsvg`, `neato`, `circo`.
//!
//! A graph of links, or a digraph where some link goes one way only. An edge's label says how
//! many messages went over it (both ways apart in a graph) and how many were dropped; the
//! more, the thicker. Edges that nobody used are grey and dashed, those that are no part of
//! the topology that nodes were told are dotted.

use std::io::{self, Write};

use super::Source;
use super::topology::{Edge, Graph, graph};
use crate::text::printable;

/// Writes the graph.
///
/// # Errors
/// What writing gives.
pub fn write(source: &Source, mut out: impl Write) -> io::Result<()> {
    let graph = graph(source);
    let (word, arrow) = match graph.directed {
        true => ("digraph", "->"),
        false => ("graph", "--"),
    };
    writeln!(out, "{word} topology {{")?;
    writeln!(out, "  label={};", quoted(&caption(source, &graph)))?;
    writeln!(out, "  node [shape=circle, fontname=\"sans-serif\"];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    for node in &graph.nodes {
        writeln!(out, "  {};", quoted(node))?;
    }
    let most = graph.edges.iter().map(Edge::messages).max().unwrap_or(0);
    for edge in &graph.edges {
        let [from, to] = [edge.from, edge.to].map(|node| quoted(&graph.nodes[node]));
        writeln!(
            out,
            "  {from} {arrow} {to} [{}];",
            attributes(&graph, edge, most)
        )?;
    }
    writeln!(out, "}}")?;
    out.flush()
}

fn attributes(graph: &Graph, edge: &Edge, most: u64) -> String {
    let style = match edge {
        edge if edge.messages() == 0 => ", style=dashed, color=gray",
        edge if graph.told && !edge.told => ", style=dotted",
        _ => "",
    };
    format!(
        "label={}, tooltip={}, penwidth={:.2}, messages={}, bytes={}, dropped={}{style}",
        quoted(&label(graph, edge)),
        quoted(&sentence(graph, edge)),
        width(edge, most),
        edge.messages(),
        edge.there.bytes + edge.back.bytes,
        edge.dropped(),
    )
}

/// How thick an edge is: 1 for nothing, 5 for the most that any carried.
pub(super) fn width(edge: &Edge, most: u64) -> f64 {
    1.0 + 4.0 * edge.messages() as f64 / most.max(1) as f64
}

/// `12 / 9, 3 dropped`
pub(super) fn label(graph: &Graph, edge: &Edge) -> String {
    let counts = match graph.directed {
        true => edge.there.messages.to_string(),
        false => format!("{} / {}", edge.there.messages, edge.back.messages),
    };
    match edge.dropped() {
        0 => counts,
        dropped => format!("{counts}, {dropped} dropped"),
    }
}

/// All that is known of an edge.
pub(super) fn sentence(graph: &Graph, edge: &Edge) -> String {
    let [from, to] = [edge.from, edge.to].map(|node| graph.nodes[node].as_str());
    let way = |from: &str, to: &str, traffic: &super::topology::Traffic| {
        format!(
            "{from} to {to}: {} messages, {} bytes, {} dropped",
            traffic.messages, traffic.bytes, traffic.dropped
        )
    };
    let there = way(from, to, &edge.there);
    match graph.directed {
        true => there,
        false => format!("{there}; {}", way(to, from, &edge.back)),
    }
}

/// What the picture shows.
pub(super) fn caption(source: &Source, graph: &Graph) -> String {
    let plan = &source.archive.report.plan;
    let what = match (graph.told, &graph.shape) {
        (true, Some(shape)) => format!("topology {shape}"),
        (true, None) => "the topology that nodes were told".to_owned(),
        (false, _) => "links that carried messages".to_owned(),
    };
    format!(
        "{} of {}, seed {}: {what}",
        plan.workload, plan.target, plan.seed
    )
}

/// A quoted string of DOT. Characters that act on a screen are spelled out.
fn quoted(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
