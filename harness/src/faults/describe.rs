//! Faults in few words, for progress and evidence: `cut n0 | n1 n2`, `kill n3`,
//! `loss 25% between nodes`.

use super::{Action, Cluster};
use crate::network::{Endpoint, EndpointSet, LinkFault, Links};
use crate::units::{exact_fraction, exact_rate};

/// More names than this are counted, not listed.
const LISTED: usize = 8;

/// What an action does and where.
pub(super) fn action(action: &Action, cluster: &Cluster) -> String {
    let forever = |forever: &bool| if *forever { " forever" } else { "" };
    match action {
        Action::Link { links, fault } => link_fault(fault, links, cluster),
        Action::Kill { nodes, forever: f } => {
            format!("kill {}{}", list(nodes, cluster), forever(f))
        }
        Action::Stop { nodes, forever: f } => {
            format!("stop {}{}", list(nodes, cluster), forever(f))
        }
        Action::Pause { nodes } => format!("pause {}", list(nodes, cluster)),
        Action::Restart { nodes } => format!("restart {}", list(nodes, cluster)),
    }
}

/// What is done to which links.
pub(super) fn link_fault(fault: &LinkFault, links: &Links, cluster: &Cluster) -> String {
    let what = match fault {
        LinkFault::Cut => return format!("cut {}", separated(links, cluster)),
        LinkFault::Hold => return format!("hold {}", separated(links, cluster)),
        LinkFault::Loss(probability) => format!("loss {}", exact_fraction(*probability)),
        LinkFault::Duplicate(probability) => format!("duplicate {}", exact_fraction(*probability)),
        LinkFault::Reorder { probability, delay } => {
            format!("reorder {} by {}", exact_fraction(*probability), delay)
        }
        LinkFault::Delay(delay) => format!("slow by {}", delay),
        LinkFault::Latency(new) => format!("latency {}", new),
        LinkFault::Bandwidth(rate) => format!("bandwidth {}", exact_rate(*rate)),
    };
    format!("{what} {}", place(links, cluster))
}

/// Who no longer hears whom.
fn separated(links: &Links, cluster: &Cluster) -> String {
    match links {
        Links::Between { from, to } => format!("{} → {}", set(from, cluster), set(to, cluster)),
        Links::Both(a, b)
        | Links::Touching {
            these: a,
            others: b,
        } => {
            format!("{} | {}", set(a, cluster), set(b, cluster))
        }
        Links::Sides(sides) => split(sides, cluster).join(" | "),
        Links::Deaf(deaf) => hearing(deaf, cluster),
    }
}

/// Where something acts that does not separate.
fn place(links: &Links, cluster: &Cluster) -> String {
    let layout = cluster.layout();
    let nodes = EndpointSet::nodes(layout);
    // Clients all stand above the services: one end more stands for them.
    let only_nodes = |set: &EndpointSet| {
        (layout.nodes..=layout.nodes + layout.services).all(|end| !set.contains(Endpoint(end)))
    };
    match links {
        Links::Between { from, to } if *from == nodes && *to == nodes => "between nodes".to_owned(),
        Links::Between { from, to } => format!("{} → {}", set(from, cluster), set(to, cluster)),
        Links::Both(a, b) if *b == nodes && only_nodes(a) => {
            format!("around {}", set(a, cluster))
        }
        Links::Both(a, b)
        | Links::Touching {
            these: a,
            others: b,
        } => {
            format!("between {} and {}", set(a, cluster), set(b, cluster))
        }
        Links::Sides(_) | Links::Deaf(_) => format!("over {}", separated(links, cluster)),
    }
}

fn split(sides: &[u16], cluster: &Cluster) -> Vec<String> {
    super::sides_of(sides)
        .iter()
        .map(|side| {
            let names: Vec<&str> = side.iter().map(|&end| cluster.name(end)).collect();
            shorten(&names)
        })
        .collect()
}

/// `n0 deaf to n2 n3, n1 deaf to n3 n4, …`
fn hearing(deaf: &[EndpointSet], cluster: &Cluster) -> String {
    let told: Vec<String> = deaf
        .iter()
        .enumerate()
        .filter(|(_, senders)| !members(senders, cluster).is_empty())
        .map(|(end, senders)| format!("{} deaf to {}", cluster.name(end), set(senders, cluster)))
        .collect();
    match told.len() {
        0 => "nobody".to_owned(),
        1..=5 => told.join(", "),
        many => format!("{}, … ({many} in all)", told[..3].join(", ")),
    }
}

fn list(nodes: &[usize], cluster: &Cluster) -> String {
    let names: Vec<&str> = nodes.iter().map(|&node| cluster.name(node)).collect();
    shorten(&names)
}

fn set(set: &EndpointSet, cluster: &Cluster) -> String {
    if *set == EndpointSet::nodes(cluster.layout()) && cluster.nodes.len() > 1 {
        return "all nodes".to_owned();
    }
    shorten(&members(set, cluster))
}

/// The names in a set: nodes, services, `clients`.
pub(super) fn members<'a>(set: &EndpointSet, cluster: &'a Cluster) -> Vec<&'a str> {
    let ends = cluster.nodes.len() + cluster.services.len();
    let named = (0..ends).filter(|&end| set.contains(Endpoint(end as u32)));
    let clients = set.contains(Endpoint(u32::MAX)).then_some("clients");
    named.map(|end| cluster.name(end)).chain(clients).collect()
}

fn shorten(names: &[&str]) -> String {
    match names.len() {
        0 => "nobody".to_owned(),
        1..=LISTED => names.join(" "),
        many => format!("{} … ({many} in all)", names[..3].join(" ")),
    }
}
