//! How far an element got, for a person: its path, what was dropped on the way,
//! who could have told, which faults acted.

use serde::{Deserialize, Serialize};
use swelkie_checkers::{Anomaly, Element, Nanos};
use swelkie_nodes::Time;

use super::trace::{Drops, Origin, Trace};
use super::wording::{self, join, moment};
use super::{Propagation, is_about_spread};
use crate::engine::FaultRecord;

/// An element on its way from a client to one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// The element, JSON text.
    pub element: String,
    /// The node.
    pub node: String,
    /// False if what messages carried is a guess.
    pub exact: bool,
    /// When it came to the node, to its last life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_ns: Option<Nanos>,
    /// When it came to an earlier life of the node, if it did not come to the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_before_restart_ns: Option<Nanos>,
    /// When the node was started again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restarts_ns: Vec<Nanos>,
    /// The way to the node, or to the one closest to it that the element came to.
    pub chain: Vec<Step>,
    /// The first arrivals at all nodes and services, the first 100 in the order of time.
    pub tree: Vec<Step>,
    /// To how many nodes it came.
    pub reached: usize,
    /// Messages to the node that carried it and were dropped since it came there last.
    pub dropped: Vec<Dropped>,
    /// Messages to the node that carried it and were on their way when the run ended.
    pub in_flight: u64,
    /// If none of that happened: where else the element was stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<Stopped>,
    /// Its neighbours in the topology and whoever sent it any message.
    pub neighbours: Vec<Neighbour>,
    /// All of it in a line or two.
    pub text: String,
}

/// A message that brought the element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who wrote it, whatever sender it named.
    pub from: String,
    /// Who got it.
    pub to: String,
    /// When.
    pub at_ns: Nanos,
    /// Its number in the journal.
    pub message: u64,
}

/// Messages dropped for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// `cut`, `loss`, `node-down`.
    pub why: String,
    /// The fault that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// How many.
    pub count: u64,
    /// When the first was dropped.
    pub first_ns: Nanos,
    /// When the last was dropped.
    pub last_ns: Nanos,
    /// Who wrote the first.
    pub from: String,
}

/// Another node that the element was sent to and never came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Its name.
    pub node: String,
    /// Messages to it that were dropped.
    pub dropped: Vec<Dropped>,
    /// Messages to it that are on their way.
    pub in_flight: u64,
}

/// Somebody who could have told the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// When the element came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had_it_ns: Option<Nanos>,
}

/// Why an element is not where it should be, as far as messages and faults tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// How far it got.
    pub path: Path,
    /// Faults that acted on anything between its acknowledgement (its invocation,
    /// if there was none) and the final heal. Those that
    /// concerned the element come first; if there are any, the text names only them.
    pub faults: Vec<ActiveFault>,
    /// Both in a few lines.
    pub text: String,
}

/// A fault that acted while the element should have spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    /// Its name in the schedule.
    pub name: String,
    /// What and where.
    pub summary: String,
    /// When it began.
    pub began_ns: Nanos,
    /// When it ended; none if it never did.
    pub ended_ns: Option<Nanos>,
    /// How many messages (nodes, for faults of nodes) it touched in all.
    pub touched: u64,
    /// Whether it dropped a message that carried the element, or took the node down
    /// when it had it or should have got it.
    pub concerned: bool,
}

/// At most so many steps of a tree are given.
const TREE: usize = 100;
/// Nodes where it was stopped that are told of.
const STOPPED: usize = 3;
/// Faults named in one text.
const NAMED_FAULTS: usize = 3;

/// How an element stands at a node.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    /// The node's last life got it.
    Reached,
    /// An earlier life got it.
    Forgotten,
    /// It never came.
    Never,
}

impl Propagation {
    /// How far an element got towards a node. None if the element is not among those of
    /// the question's anomalies (the first 64), or the journal could not be used.
    #[must_use]
    pub fn path(&self, element: Element, node: usize) -> Option<Path> {
        let &trace = self.trace_of.get(element as usize)?;
        let trace = self.traces.get(trace as usize)?;
        (!self.left_out && node < self.map.nodes).then(|| self.path_of(trace, node as u32))
    }

    /// What messages and faults say about an anomaly of the kinds lost, partial and
    /// vanished; `healed` is when the last fault ended. None as for [`Propagation::path`].
    #[must_use]
    pub fn explain(
        &self,
        anomaly: &Anomaly,
        faults: &[FaultRecord],
        healed: Option<Time>,
    ) -> Option<Explanation> {
        let text = anomaly
            .element
            .as_deref()
            .filter(|_| is_about_spread(anomaly))?;
        let element = self.known.find(text)?;
        let path = self.path(element, anomaly.node?)?;
        let asked = self.known.asked(element)?;
        let since = asked.acked.unwrap_or(asked.invoked);
        let until = healed.map_or(Nanos::MAX, Time::nanos);
        let mut faults: Vec<ActiveFault> = faults
            .iter()
            .filter_map(|fault| active(fault, (since, until), &path))
            .collect();
        faults.sort_by_key(|fault| !fault.concerned);
        let text = format!(
            "{}.{}",
            path.text,
            describe_faults(&faults, path.reached_ns.is_some())
        );
        Some(Explanation { path, faults, text })
    }

    fn path_of(&self, trace: &Trace, node: u32) -> Path {
        let map = &self.map;
        let latest = trace.latest[node as usize].map(|arrival| &trace.arrivals[arrival]);
        let life = map.lives[node as usize].len() as u32;
        let fate = match latest {
            Some(arrival) if arrival.life == life => Fate::Reached,
            Some(_) => Fate::Forgotten,
            None => Fate::Never,
        };
        let at = latest.map(|arrival| arrival.at);
        let steps = |arrivals: &[usize]| {
            arrivals
                .iter()
                .map(|&arrival| self.step(trace, arrival))
                .collect()
        };
        let chain = self
            .nearest(trace, node)
            .map_or_else(Vec::new, |last| trace.chain(last));
        let mut tree: Vec<usize> = (0..map.names.len())
            .filter_map(|place| trace.first(place as u32))
            .collect();
        tree.sort_unstable();
        let reached = tree
            .iter()
            .filter(|&&arrival| !map.is_service(trace.arrivals[arrival].place))
            .count();
        let towards = &trace.towards[node as usize];
        let untold = matches!(fate, Fate::Never) && towards.is_empty();
        let neighbours = map.tellers(node).map(|teller| Neighbour {
            name: map.name(teller).to_owned(),
            had_it_ns: trace
                .first(teller)
                .map(|arrival| trace.arrivals[arrival].at),
        });
        let mut path = Path {
            element: trace.text.clone(),
            node: map.name(node).to_owned(),
            exact: self.exact,
            reached_ns: at.filter(|_| matches!(fate, Fate::Reached)),
            reached_before_restart_ns: at.filter(|_| matches!(fate, Fate::Forgotten)),
            restarts_ns: map.lives[node as usize].iter().skip(1).copied().collect(),
            chain: steps(&chain),
            tree: steps(&tree[..tree.len().min(TREE)]),
            reached,
            dropped: towards
                .drops
                .iter()
                .map(|drops| self.dropped(drops))
                .collect(),
            in_flight: towards.in_flight,
            stopped: if untold {
                self.stopped(trace)
            } else {
                Vec::new()
            },
            neighbours: neighbours.collect(),
            text: String::new(),
        };
        path.text = if chain.is_empty() {
            self.never_arrived(trace, &path)
        } else {
            let stopped = path
                .stopped
                .iter()
                .filter_map(|stopped| map.place(&stopped.node));
            let stopped: Vec<_> = stopped
                .map(|place| (map.name(place), &trace.towards[place as usize]))
                .collect();
            wording::path(&path, fate, towards, &stopped, map.nodes)
        };
        path
    }

    /// The arrival at the node, or else the last one among those who tried to tell
    /// it, or who could have told it, or any.
    fn nearest(&self, trace: &Trace, node: u32) -> Option<usize> {
        if let Some(arrival) = trace.latest[node as usize] {
            return Some(arrival);
        }
        let towards = &trace.towards[node as usize];
        let senders = towards
            .drops
            .iter()
            .map(|drops| &drops.from)
            .chain(&towards.sender);
        let tried = senders.filter_map(|origin| match origin {
            Origin::Place(place) => trace.first(*place),
            Origin::Client(_) => None,
        });
        let could = self
            .map
            .tellers(node)
            .filter_map(|teller| trace.first(teller));
        let any = (0..self.map.names.len()).filter_map(|place| trace.first(place as u32));
        tried.max().or_else(|| could.max()).or_else(|| any.max())
    }

    /// The text for an element that came to no node at all.
    fn never_arrived(&self, trace: &Trace, path: &Path) -> String {
        let element = wording::element(&path.element);
        let mut tries = Vec::new();
        for (place, towards) in trace.towards.iter().enumerate() {
            if !towards.is_empty() {
                let name = &self.map.names[place];
                tries.push(format!(
                    "towards {name}: {}",
                    wording::towards(towards, name, false)
                ));
            }
        }
        if tries.is_empty() {
            tries.push("no request with it was sent".to_owned());
        }
        format!("{element} came to no node; {}", tries.join("; "))
    }

    /// Nodes and services that it was sent to and never came to.
    fn stopped(&self, trace: &Trace) -> Vec<Stopped> {
        let places = (0..self.map.names.len())
            .filter(|&place| trace.latest[place].is_none() && !trace.towards[place].is_empty());
        let stopped = places.map(|place| Stopped {
            node: self.map.names[place].clone(),
            dropped: trace.towards[place]
                .drops
                .iter()
                .map(|drops| self.dropped(drops))
                .collect(),
            in_flight: trace.towards[place].in_flight,
        });
        stopped.take(STOPPED).collect()
    }

    fn step(&self, trace: &Trace, arrival: usize) -> Step {
        let arrival = &trace.arrivals[arrival];
        Step {
            from: self.origin(&arrival.from),
            to: self.map.name(arrival.place).to_owned(),
            at_ns: arrival.at,
            message: arrival.message,
        }
    }

    pub(super) fn dropped(&self, drops: &Drops) -> Dropped {
        Dropped {
            why: drops.why.clone(),
            fault: drops.fault.clone(),
            count: drops.count,
            first_ns: drops.times[0],
            last_ns: drops.last,
            from: self.origin(&drops.from),
        }
    }

    pub(super) fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Client(name) => name.clone(),
            Origin::Place(place) => self.map.name(*place).to_owned(),
        }
    }
}

/// The fault, if it lasted at any time in the span and had any effect.
fn active(fault: &FaultRecord, (since, until): (Nanos, Nanos), path: &Path) -> Option<ActiveFault> {
    let began = fault.began?.nanos();
    let ended = fault.ended.map(Time::nanos);
    let lasted = |since, until| began <= until && ended.is_none_or(|ended| ended >= since);
    let stopped = path.stopped.iter().flat_map(|stopped| &stopped.dropped);
    let dropped =
        (path.dropped.iter().chain(stopped)).any(|drops| drops.fault.as_ref() == Some(&fault.name));
    let forgotten = path
        .reached_before_restart_ns
        .zip(path.restarts_ns.last().copied());
    let down = path.dropped.iter().filter(|drops| drops.why == "node-down");
    let mut spans = down
        .map(|drops| (drops.first_ns, drops.last_ns))
        .chain(forgotten);
    let killed =
        ends_lives_of(&path.node, fault) && spans.any(|(since, until)| lasted(since, until));
    let acted = fault.touched > 0 && lasted(since, until);
    (dropped || acted).then(|| ActiveFault {
        name: fault.name.clone(),
        summary: fault.summary.clone(),
        began_ns: began,
        ended_ns: ended,
        touched: fault.touched,
        concerned: dropped || killed,
    })
}

/// Whether a fault takes this node down.
fn ends_lives_of(node: &str, fault: &FaultRecord) -> bool {
    let ends = matches!(&*fault.scope.action, "kill" | "stop" | "restart");
    ends && fault.scope.nodes.iter().any(|name| name == node)
}

fn describe_faults(faults: &[ActiveFault], reached: bool) -> String {
    if reached {
        return " The network did its part.".to_owned();
    }
    if faults.is_empty() {
        return " No fault acted between then and the heal.".to_owned();
    }
    let tell = |fault: &ActiveFault| {
        let ended = fault.ended_ns.map_or_else(|| "the end".to_owned(), moment);
        let (name, summary) = (wording::safe(&fault.name), wording::safe(&fault.summary));
        format!(
            "{name} ({summary}, {} to {ended}, touched {})",
            moment(fault.began_ns),
            fault.touched
        )
    };
    let concerned = faults.iter().filter(|fault| fault.concerned).count();
    if concerned > 0 {
        let told: Vec<String> = faults[..concerned].iter().map(tell).collect();
        return format!(" Behind it: {}.", join(&told, NAMED_FAULTS));
    }
    let told: Vec<String> = faults.iter().map(tell).collect();
    format!(
        " Faults that acted before the heal: {}.",
        join(&told, NAMED_FAULTS)
    )
}
