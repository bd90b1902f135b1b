//! Writes a schedule as a file that runs it again: targets resolved, times planned,
//! nothing left to chance. What happened stands beside it as comments.

use std::fmt::Write as _;

use super::describe::members;
use super::places::between_nodes;
use super::spec::{self, SETS};
use super::{Action, Cluster, Fault, NetworkPlan, Schedule, Standing, sides_of};
use crate::network::{Endpoint, EndpointSet, Latency, LinkFault, Links};
use crate::units::{exact_duration, exact_fraction, exact_rate};

/// Writes the schedule and the network. `header` is said first, as a comment: the
/// workload, the seed, the command. `outcome` is what came of a fault, by its number
/// in the schedule: `dropped 312 messages`, `no effect: n2 was down already`.
///
/// [`parse`](super::parse) and [`resolve`](super::resolve) give the same schedule and
/// the same network back, whatever the seed, for the same nodes and services and at
/// least the same time limit.
#[must_use]
pub fn to_toml(
    schedule: &Schedule,
    network: &NetworkPlan,
    cluster: &Cluster,
    header: &str,
    outcome: impl Fn(usize) -> Option<String>,
) -> String {
    let mut text = String::new();
    comment(&mut text, header);
    let writer = Writer { cluster };
    writer.network(&mut text, network);
    if schedule.faults.is_empty() {
        text += "\n# no faults\n";
    }
    for (number, fault) in schedule.faults.iter().enumerate() {
        text.push('\n');
        comment(&mut text, &fault.summary);
        if let Some(outcome) = outcome(number) {
            comment(&mut text, &outcome);
        }
        writer.fault(&mut text, fault);
    }
    text
}

/// Comment lines; what TOML does not allow in them is shown escaped.
fn comment(text: &mut String, lines: &str) {
    for line in lines.lines() {
        text.push('#');
        if !line.is_empty() {
            text.push(' ');
        }
        for c in line.chars() {
            if c.is_control() && c != '\t' {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        text.push('\n');
    }
}

fn line(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str(" = ");
    text.push_str(value);
    text.push('\n');
}

struct Writer<'a> {
    cluster: &'a Cluster,
}

impl Writer<'_> {
    fn network(&self, text: &mut String, network: &NetworkPlan) {
        let everywhere = between_nodes(self.cluster);
        // Its keys are read in the order of the vocabulary: what stands first and in
        // that order can be keys of [network], the rest are links.
        let order = |fault: &LinkFault| {
            spec::NETWORK
                .iter()
                .position(|key| key.name == standing_key(fault).0)
        };
        let mut last = order(&LinkFault::Loss(0.0)).unwrap_or(0);
        let keys = network.standing.iter().take_while(|standing| {
            let here = order(&standing.fault).filter(|here| {
                standing.links == everywhere
                    && *here >= last
                    && !matches!(standing.fault, LinkFault::Latency(_))
            });
            last = here.map_or(last, |here| here + 1);
            here.is_some()
        });
        let keys = keys.count();
        let (keys, links) = network.standing.split_at(keys);
        if network.latency.is_none()
            && network.client_latency.is_none()
            && keys.is_empty()
            && links.is_empty()
        {
            return;
        }
        text.push_str("\n[network]\n");
        for (key, value) in [
            ("latency", network.latency),
            ("client-latency", network.client_latency),
        ] {
            if let Some(value) = value {
                line(text, key, &latency(&value));
            }
        }
        for standing in keys {
            let (key, value) = standing_key(&standing.fault);
            line(text, key, &value);
        }
        for standing in links {
            self.link(text, standing, &everywhere);
        }
    }

    fn link(&self, text: &mut String, standing: &Standing, everywhere: &Links) {
        text.push('\n');
        comment(text, &standing.summary);
        text.push_str("[[network.link]]\n");
        let (key, value) = standing_key(&standing.fault);
        line(text, key, &value);
        if standing.links != *everywhere {
            self.place(text, &standing.links, None, "network.link");
        }
    }

    fn fault(&self, text: &mut String, fault: &Fault) {
        text.push_str("[[fault]]\n");
        line(text, "name", &quoted(&fault.name));
        line(text, "kind", &quoted(kind(&fault.action)));
        line(text, "at", &quoted(&exact_duration(fault.at)));
        if let Some(lasts) = fault.lasts {
            line(text, "for", &quoted(&exact_duration(lasts)));
        }
        match &fault.action {
            Action::Link { links, fault } => {
                self.deed(text, fault);
                let anywhere = between_nodes(self.cluster);
                if *links != anywhere || *fault == LinkFault::Cut {
                    self.place(text, links, Some(fault), "fault");
                }
            }
            Action::Kill { nodes, forever } | Action::Stop { nodes, forever } => {
                line(text, "targets", &self.nodes(nodes));
                if *forever {
                    line(text, "forever", "true");
                }
            }
            Action::Pause { nodes } | Action::Restart { nodes } => {
                line(text, "targets", &self.nodes(nodes));
            }
        }
    }

    fn deed(&self, text: &mut String, fault: &LinkFault) {
        match fault {
            LinkFault::Cut | LinkFault::Hold => {}
            LinkFault::Loss(probability) | LinkFault::Duplicate(probability) => {
                line(text, "probability", &quoted(&exact_fraction(*probability)));
            }
            LinkFault::Reorder { probability, delay } => {
                line(text, "probability", &quoted(&exact_fraction(*probability)));
                line(text, "delay", &latency(delay));
            }
            LinkFault::Delay(delay) => line(text, "delay", &latency(delay)),
            LinkFault::Latency(new) => line(text, "latency", &latency(new)),
            LinkFault::Bandwidth(rate) => line(text, "bandwidth", &quoted(&exact_rate(*rate))),
        }
    }

    /// Where, in the form that is read back as the same links.
    fn place(&self, text: &mut String, links: &Links, fault: Option<&LinkFault>, table: &str) {
        let separates = matches!(fault, Some(LinkFault::Cut | LinkFault::Hold));
        match links {
            Links::Between { from, to } => {
                line(text, "from", &self.set(from));
                line(text, "to", &self.set(to));
            }
            Links::Both(a, b) if !separates && *b == EndpointSet::nodes(self.cluster.layout()) => {
                line(text, "targets", &self.set(a));
            }
            Links::Both(a, b)
            | Links::Touching {
                these: a,
                others: b,
            } => {
                line(
                    text,
                    "between",
                    &format!("[{}, {}]", self.set(a), self.set(b)),
                );
            }
            Links::Sides(sides) => {
                let sides = sides_of(sides);
                let mut lists: Vec<String> = sides.iter().map(|side| self.nodes(side)).collect();
                match lists.len() {
                    0 | 1 => {
                        // One side alone separates nobody.
                        lists.resize(2, "[]".to_owned());
                        line(text, "between", &format!("[{}]", lists.join(", ")));
                    }
                    _ => line(text, "sides", &format!("[{}]", lists.join(", "))),
                }
            }
            Links::Deaf(senders) => {
                let _ = writeln!(text, "[{table}.deaf]");
                for (end, set) in senders.iter().enumerate() {
                    if *set != EndpointSet::empty(self.cluster.layout()) {
                        line(text, &key(self.cluster.name(end)), &self.set(set));
                    }
                }
            }
        }
    }

    fn nodes(&self, ends: &[usize]) -> String {
        list(ends.iter().map(|&end| self.cluster.name(end)))
    }

    /// A set of endpoints; all nodes are "nodes", unless somebody is called so.
    fn set(&self, set: &EndpointSet) -> String {
        let nodes = self.cluster.nodes.len();
        let all = nodes > 1 && (0..nodes).all(|node| set.contains(Endpoint(node as u32)));
        let names = members(set, self.cluster);
        if !all || SETS.iter().any(|word| self.cluster.find(word).is_some()) {
            return list(names.into_iter());
        }
        match &names[nodes..] {
            [] => quoted("nodes"),
            others => list(std::iter::once("nodes").chain(others.iter().copied())),
        }
    }
}

/// The file's word for an action.
fn kind(action: &Action) -> &'static str {
    match action {
        Action::Kill { .. } => "kill",
        Action::Stop { .. } => "stop",
        Action::Pause { .. } => "pause",
        Action::Restart { .. } => "restart",
        Action::Link { links, fault } => match fault {
            LinkFault::Cut if matches!(links, Links::Between { .. }) => "one-way",
            LinkFault::Cut => "partition",
            LinkFault::Hold => "hold",
            LinkFault::Delay(_) => "slow",
            fault => standing_key(fault).0,
        },
    }
}

/// The key and the value of a property of links in `[network]` and `[[network.link]]`.
fn standing_key(fault: &LinkFault) -> (&'static str, String) {
    match fault {
        LinkFault::Loss(probability) => ("loss", quoted(&exact_fraction(*probability))),
        LinkFault::Duplicate(probability) => ("duplicate", quoted(&exact_fraction(*probability))),
        LinkFault::Reorder { probability, delay } => {
            let probability = quoted(&exact_fraction(*probability));
            let delay = latency(delay);
            (
                "reorder",
                format!("{{ probability = {probability}, delay = {delay} }}"),
            )
        }
        LinkFault::Delay(delay) => ("slow", latency(delay)),
        LinkFault::Latency(new) => ("latency", latency(new)),
        LinkFault::Bandwidth(rate) => ("bandwidth", quoted(&exact_rate(*rate))),
        LinkFault::Cut | LinkFault::Hold => {
            unreachable!("a cut or a hold is a fault, never a standing property")
        }
    }
}

fn latency(latency: &Latency) -> String {
    quoted(&latency.to_string())
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// A TOML string. JSON's escapes are TOML's; only the delete character is not escaped in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007F")
}

/// A TOML key.
fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.chars().all(bare) {
        text.to_owned()
    } else {
        quoted(text)
    }
}
