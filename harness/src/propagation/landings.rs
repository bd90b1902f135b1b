//! Every arrival of an element, one by one: for tables.

use swelkie_checkers::Nanos;

use super::Propagation;
use super::trace::Origin;

/// An element came to a life of a node or service that did not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing<'a> {
    /// The element, JSON text.
    pub element: &'a str,
    /// The node or service.
    pub to: &'a str,
    /// Its index among the run's nodes; none for a service.
    pub node: Option<usize>,
    /// Which of its lives; 1 is the first.
    pub life: u32,
    /// When.
    pub at_ns: Nanos,
    /// Who wrote the message that brought it, whatever sender that named.
    pub from: &'a str,
    /// The number of that message.
    pub message: u64,
    /// How many nodes and services it had come by: 0 where a client brought it.
    pub hops: usize,
}

impl Propagation {
    /// All arrivals of the elements that were [followed](super::Follow): element by element,
    /// each in the order of time. Several per node where it had several lives.
    pub fn landings(&self) -> impl Iterator<Item = Landing<'_>> {
        self.traces.iter().flat_map(move |trace| {
            let mut hops: Vec<usize> = Vec::with_capacity(trace.arrivals.len());
            trace.arrivals.iter().map(move |arrival| {
                let (from, hop) = match &arrival.from {
                    Origin::Client(client) => (client.as_str(), 0),
                    // A sender that never got it counts as its origin.
                    Origin::Place(place) => {
                        let before = arrival.parent.map_or(0, |parent| hops[parent]);
                        (self.map.name(*place), before + 1)
                    }
                };
                hops.push(hop);
                Landing {
                    element: &trace.text,
                    to: self.map.name(arrival.place),
                    node: (!self.map.is_service(arrival.place)).then_some(arrival.place as usize),
                    life: arrival.life.max(1),
                    at_ns: arrival.at,
                    from,
                    message: arrival.message,
                    hops: hop,
                }
            })
        })
    }
}
