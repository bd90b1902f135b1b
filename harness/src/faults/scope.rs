//! Where a fault acts, in names: for pages and programs that draw it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::describe::members;
use super::{Action, Cluster, sides_of};
use crate::network::{EndpointSet, LinkFault, Links};

/// What a fault does and where. `clients` stands for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// `cut`, `hold`, `loss`, `duplicate`, `reorder`, `slow`, `latency`, `bandwidth`;
    /// `kill`, `stop`, `pause`, `restart`.
    pub action: Cow<'static, str>,
    /// The nodes that it is about, for faults of nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// It acts between these groups, both ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<Vec<String>>,
    /// It acts from each of these to each of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<(Vec<String>, Vec<String>)>,
}

impl Scope {
    /// Where an action acts.
    pub(super) fn of(action: &Action, cluster: &Cluster) -> Scope {
        let nodes = |word: &'static str, nodes: &[usize]| Scope {
            action: word.into(),
            nodes: nodes
                .iter()
                .map(|&node| cluster.name(node).to_owned())
                .collect(),
            ..Scope::default()
        };
        match action {
            Action::Link { links, fault } => Scope::of_links(word(fault), links, cluster),
            Action::Kill { nodes: these, .. } => nodes("kill", these),
            Action::Stop { nodes: these, .. } => nodes("stop", these),
            Action::Pause { nodes: these } => nodes("pause", these),
            Action::Restart { nodes: these } => nodes("restart", these),
        }
    }

    fn of_links(word: &'static str, links: &Links, cluster: &Cluster) -> Scope {
        let names = |set: &EndpointSet| -> Vec<String> {
            members(set, cluster)
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        let (mut sides, mut pairs) = (Vec::new(), Vec::new());
        match links {
            Links::Between { from, to } => pairs.push((names(from), names(to))),
            Links::Both(a, b)
            | Links::Touching {
                these: a,
                others: b,
            } => {
                pairs.push((names(a), names(b)));
                pairs.push((names(b), names(a)));
            }
            Links::Sides(groups) => {
                let named = |side: Vec<usize>| {
                    let names = side.into_iter().map(|end| cluster.name(end).to_owned());
                    names.collect()
                };
                sides = sides_of(groups).into_iter().map(named).collect();
            }
            Links::Deaf(deaf) => {
                for (end, senders) in deaf.iter().enumerate() {
                    let senders = names(senders);
                    if !senders.is_empty() {
                        pairs.push((senders, vec![cluster.name(end).to_owned()]));
                    }
                }
            }
        }
        Scope {
            action: word.into(),
            nodes: Vec::new(),
            sides,
            links: pairs,
        }
    }
}

fn word(fault: &LinkFault) -> &'static str {
    match fault {
        LinkFault::Cut => "cut",
        LinkFault::Hold => "hold",
        LinkFault::Loss(_) => "loss",
        LinkFault::Duplicate(_) => "duplicate",
        LinkFault::Reorder { .. } => "reorder",
        LinkFault::Delay(_) => "slow",
        LinkFault::Latency(_) => "latency",
        LinkFault::Bandwidth(_) => "bandwidth",
    }
}
