//! The topology as an SVG picture that needs no other program.
//!
//! What [`dot`](super::dot) says, drawn: thicker edges carried more, dashed ones nothing,
//! dotted ones are no part of the topology that nodes were told. Every edge and node has a
//! title that a browser shows. Labels stand where there is room for them.

use std::io::{self, Write};

use super::Source;
use super::dot::{caption, label, sentence, width};
use super::topology::{Edge, Graph, graph};
use crate::report::layout::positions;
use crate::text::printable;

/// Half of a node.
const RADIUS: f64 = 18.0;
const MARGIN: f64 = 50.0;
/// The line below the picture.
const CAPTION: f64 = 30.0;
/// More edges than this have no labels but their titles.
const LABELS: usize = 60;

/// Light and dark, as the reader's screen is.
const STYLE: &str = "\
text{font:13px sans-serif;fill:#222;text-anchor:middle}\
.e text{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}\
.e line{stroke:#4a6fa5}.none line{stroke:#999;stroke-dasharray:6 4}\
.untold line{stroke-dasharray:1 4;stroke-linecap:round}.lossy line{stroke:#b5502f}\
circle{fill:#eef2f8;stroke:#334}svg{background:#fff}\
@media(prefers-color-scheme:dark){svg{background:#15181d}text{fill:#ddd}\
.e text{stroke:#15181d}circle{fill:#2a3140;stroke:#aab}.e line{stroke:#7fa3d8}\
.none line{stroke:#777}.lossy line{stroke:#e08a66}}";

/// Writes the picture.
///
/// # Errors
/// What writing gives.
pub fn write(source: &Source, mut out: impl Write) -> io::Result<()> {
    let graph = graph(source);
    let pairs: Vec<(usize, usize)> = (graph.edges.iter())
        .map(|edge| (edge.from, edge.to))
        .collect();
    let side = side(graph.nodes.len());
    let places = positions(graph.nodes.len(), &pairs, graph.shape.as_deref());
    // A flat picture gets a flat frame.
    let y = |fold: fn(f64, f64) -> f64, from| places.iter().map(|place| place.1).fold(from, fold);
    let (top, bottom) = (y(f64::min, 1.0).min(0.5), y(f64::max, 0.0).max(0.5));
    let place = |&(x, y): &(f64, f64)| (MARGIN + x * side, MARGIN + (y - top) * side);
    let places: Vec<(f64, f64)> = places.iter().map(place).collect();
    let (width, height) = (side + 2.0 * MARGIN, (bottom - top) * side + 2.0 * MARGIN);
    let caption = escaped(&caption(source, &graph));
    let frame = height + CAPTION;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {frame:.0}\" \
         width=\"{width:.0}\" height=\"{frame:.0}\" role=\"img\">\n<title>{caption}</title>\n\
         <style>{STYLE}</style>",
    )?;
    if graph.directed {
        writeln!(
            out,
            "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" \
             markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 0L8 4L0 8z\" fill=\"#888\"/></marker></defs>"
        )?;
    }
    let most = graph.edges.iter().map(Edge::messages).max().unwrap_or(0);
    for edge in &graph.edges {
        draw_edge(
            &mut out,
            &graph,
            edge,
            [places[edge.from], places[edge.to]],
            most,
        )?;
    }
    for (name, (x, y)) in graph.nodes.iter().zip(&places) {
        let name = escaped(name);
        writeln!(
            out,
            "<g><title>{name}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\">{name}</text></g>",
            y + 4.5
        )?;
    }
    let (x, y) = (width / 2.0, height + CAPTION / 2.0);
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\">{caption}</text>\n</svg>"
    )?;
    out.flush()
}

/// So large that nodes do not touch, and a screen holds a few dozen of them.
fn side(nodes: usize) -> f64 {
    (170.0 * (nodes as f64).sqrt()).clamp(480.0, 4_000.0)
}

fn draw_edge(
    out: &mut impl Write,
    graph: &Graph,
    edge: &Edge,
    [(x1, y1), (x2, y2)]: [(f64, f64); 2],
    most: u64,
) -> io::Result<()> {
    // From rim to rim; the two ways of a digraph lie side by side.
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = dx.hypot(dy).max(1.0);
    let (dx, dy) = (dx / length, dy / length);
    let aside = if graph.directed { 4.0 } else { 0.0 };
    let (ox, oy) = (-dy * aside, dx * aside);
    let (x1, y1) = (x1 + dx * RADIUS + ox, y1 + dy * RADIUS + oy);
    let (x2, y2) = (x2 - dx * RADIUS + ox, y2 - dy * RADIUS + oy);
    let class = match edge {
        edge if edge.messages() == 0 => "e none",
        edge if graph.told && !edge.told => "e untold",
        edge if edge.dropped() > 0 => "e lossy",
        _ => "e",
    };
    let head = if graph.directed {
        " marker-end=\"url(#head)\""
    } else {
        ""
    };
    write!(
        out,
        "<g class=\"{class}\"><title>{}</title><line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" \
         y2=\"{y2:.1}\" stroke-width=\"{:.2}\"{head}/>",
        escaped(&sentence(graph, edge)),
        width(edge, most)
    )?;
    if graph.edges.len() <= LABELS {
        draw_label(out, &label(graph, edge), [(x1, y1), (x2, y2)])?;
    }
    writeln!(out, "</g>")
}

/// Writes along an edge, above it, the right way up.
fn draw_label(
    out: &mut impl Write,
    label: &str,
    [(x1, y1), (x2, y2)]: [(f64, f64); 2],
) -> io::Result<()> {
    let (x, y) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    let mut angle = (y2 - y1).atan2(x2 - x1).to_degrees();
    if !(-90.0..90.0).contains(&angle) {
        angle -= 180.0_f64.copysign(angle);
    }
    write!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" transform=\"rotate({angle:.1} {x:.1} {y:.1})\">{}</text>",
        y - 7.0,
        escaped(label)
    )
}

/// Text of XML. What XML cannot hold, and what acts on a screen, is spelled out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
