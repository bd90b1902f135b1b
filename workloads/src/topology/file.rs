//! Topologies written by hand: `{"n0": ["n1", "n2"], "n1": ["n0"], "n2": []}`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use swelkie_checkers::text::safe;
use swelkie_nodes::NodeId;

use super::TopologyError;
use crate::suggest;

/// The (node, neighbour) pairs a file lists.
pub(super) fn edges(json: &str, members: &[NodeId]) -> Result<Vec<(usize, usize)>, TopologyError> {
    let lists: Lists = serde_json::from_str(json).map_err(|error| {
        let expected =
            r#"expected an object that lists each node's neighbours, as {"n0": ["n1"], "n1": []}"#;
        TopologyError(format!("{expected}, but {error}"))
    })?;
    let names = Names::of(members);
    let mut listed = vec![false; members.len()];
    let mut edges = Vec::new();
    for (node, neighbours) in &lists.0 {
        let index = names.index(node).map_err(TopologyError)?;
        if std::mem::replace(&mut listed[index], true) {
            return Err(TopologyError(format!(
                "`{node}` is there twice; give its neighbours in one list"
            )));
        }
        names.add_edges(index, node, neighbours, &mut edges)?;
    }
    let missing: Vec<_> = members
        .iter()
        .zip(&listed)
        .filter(|(_, listed)| !**listed)
        .collect();
    if let Some((first, _)) = missing.first() {
        let others = match missing.len() {
            1 => String::new(),
            more => format!(" (nor for {} more)", more - 1),
        };
        return Err(TopologyError(format!(
            "there is no list for `{first}`{others}; write \"{first}\": [] for a node without neighbours"
        )));
    }
    Ok(edges)
}

/// The members' indices by name.
struct Names<'a> {
    indices: BTreeMap<&'a str, usize>,
    members: &'a [NodeId],
}

impl<'a> Names<'a> {
    fn of(members: &'a [NodeId]) -> Names<'a> {
        let indices = members.iter().enumerate();
        let indices = indices
            .map(|(index, name)| (name.as_str(), index))
            .collect();
        Names { indices, members }
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        self.indices.get(name).copied().ok_or_else(|| {
            let hint = suggest::hint(name, self.members.iter().map(NodeId::as_str));
            let (first, last) = match self.members {
                [] => return format!("no node is called `{}`: there are none", safe(name)),
                [first, .., last] => (first, last),
                [only] => (only, only),
            };
            let count = self.members.len();
            format!(
                "no node is called `{}`{hint} (there are {count}, {first} … {last})",
                safe(name)
            )
        })
    }

    fn add_edges(
        &self,
        index: usize,
        node: &str,
        neighbours: &[String],
        edges: &mut Vec<(usize, usize)>,
    ) -> Result<(), TopologyError> {
        let mut listed = Vec::with_capacity(neighbours.len());
        for name in neighbours {
            let in_list =
                |story: String| TopologyError(format!("in the list of `{node}`: {story}"));
            let neighbour = self.index(name).map_err(in_list)?;
            if neighbour == index {
                return Err(in_list("a node is not its own neighbour".to_owned()));
            }
            listed.push(neighbour);
        }
        listed.sort_unstable();
        if let Some(pair) = listed.windows(2).find(|pair| pair[0] == pair[1]) {
            let twice = &self.members[pair[0]];
            return Err(TopologyError(format!(
                "the list of `{node}` has `{twice}` twice"
            )));
        }
        edges.extend(listed.into_iter().map(|neighbour| (index, neighbour)));
        Ok(())
    }
}

/// The file's lists in its order; a map would forget repeated keys.
struct Lists(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Lists {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Lists, D::Error> {
        reader.deserialize_map(ListsVisitor)
    }
}

struct ListsVisitor;

impl<'de> Visitor<'de> for ListsVisitor {
    type Value = Lists;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of lists")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lists, A::Error> {
        let mut lists = Vec::new();
        while let Some(entry) = map.next_entry()? {
            lists.push(entry);
        }
        Ok(Lists(lists))
    }
}
