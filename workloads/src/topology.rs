//! Who is whose neighbour.
//!
//! A [`Shape`] is what a user asks for (`grid`, `random-regular(4)`); built for a
//! number of nodes it is a [`Topology`]. Nodes are indices here; names come in
//! only in files and in the `topology` request. Every shape is connected and
//! symmetric; a topology from a file may be neither.

mod file;
mod random;
mod shape;

use std::fmt;

use petgraph::Directed;
use petgraph::csr::Csr;
use petgraph::visit::Bfs;
use serde::{Serialize, Serializer};
use swelkie_nodes::{Body, NodeId};

pub use shape::Shape;

/// The neighbours of every node.
#[derive(Clone, Debug)]
pub struct Topology {
    graph: Graph,
}

/// Directed, one edge per (node, neighbour), neighbours ascending in one array.
type Graph = Csr<(), (), Directed, usize>;

/// Why a topology cannot be had; the message says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologyError(String);

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TopologyError {}

impl Topology {
    /// `n` nodes; each link makes its two ends neighbours of each other.
    fn symmetric(n: usize, links: impl IntoIterator<Item = (usize, usize)>) -> Topology {
        let both = links.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]);
        Topology::directed(n, both.collect())
    }

    /// `n` nodes; each edge makes its second end a neighbour of its first.
    fn directed(n: usize, edges: Vec<(usize, usize)>) -> Topology {
        let graph = directed_graph(n, edges);
        Topology { graph }
    }

    /// Reads a topology from a file's JSON, `{"n0": ["n1", "n2"], "n1": []}`: one key
    /// per member, and a list of its neighbours. What n0 lists need not list n0.
    ///
    /// # Errors
    /// If it is not JSON of that shape, or a name is unknown, missing or given twice.
    pub fn from_lists(json: &str, members: &[NodeId]) -> Result<Topology, TopologyError> {
        let edges = file::edges(json, members)?;
        Ok(Topology::directed(members.len(), edges))
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The neighbours of a node, ascending.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn neighbours(&self, node: usize) -> &[usize] {
        self.graph.neighbors_slice(node)
    }

    /// Whether every node reaches every other from neighbour to neighbour. Never
    /// false for a [`Shape`].
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let backwards = (0..self.len()).flat_map(|node| {
            let neighbours = self.neighbours(node).iter();
            neighbours.map(move |&neighbour| (neighbour, node))
        });
        let backwards = directed_graph(self.len(), backwards.collect());
        reaches_all(&self.graph) && reaches_all(&backwards)
    }

    /// The body of the `topology` request. `members` names the nodes; every one
    /// has its key, with an empty list if it has no neighbours.
    #[must_use]
    pub fn body(&self, members: &[NodeId]) -> Body {
        #[derive(Serialize)]
        struct Request<'a> {
            r#type: &'static str,
            topology: Named<'a>,
        }
        Body::encode(&Request {
            r#type: "topology",
            topology: Named {
                topology: self,
                members,
            },
        })
    }
}

fn directed_graph(n: usize, mut edges: Vec<(usize, usize)>) -> Graph {
    edges.sort_unstable();
    edges.dedup();
    let mut graph = Graph::from_sorted_edges(&edges).expect("edges in order");
    while graph.node_count() < n {
        graph.add_node(());
    }
    graph
}

/// Whether all nodes are reached from the first one.
fn reaches_all(graph: &Graph) -> bool {
    if graph.node_count() == 0 {
        return true;
    }
    let mut search = Bfs::new(graph, 0);
    let reached = std::iter::from_fn(|| search.next(graph)).count();
    reached == graph.node_count()
}

/// A topology as JSON, with names for indices.
struct Named<'a> {
    topology: &'a Topology,
    members: &'a [NodeId],
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = |&index: &usize| &self.members[index];
        serializer.collect_map(self.members.iter().enumerate().map(|(index, name)| {
            let neighbours = self.topology.neighbours(index).iter();
            (name, neighbours.map(named).collect::<Vec<_>>())
        }))
    }
}

#[cfg(test)]
mod tests;
