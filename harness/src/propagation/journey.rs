//! All that is known of the way of one element, in names, for those who show it.

use serde::Serialize;
use swelkie_checkers::{Element, Nanos};

use super::{Dropped, Propagation};

/// The way of an element through the cluster: a forest of arrivals, and for each place
/// what became of the messages that should have brought it there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Journey {
    /// The element, JSON text.
    pub element: String,
    /// False if what messages carried is a guess.
    pub exact: bool,
    /// In the order of time.
    pub arrivals: Vec<Arrived>,
    /// The nodes, then the services.
    pub places: Vec<Place>,
}

/// The element came to a life of a place that did not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrived {
    /// Who wrote the message, whatever sender it named.
    pub from: String,
    /// Who got it.
    pub to: String,
    /// When.
    pub at_ns: Nanos,
    /// The message's number in the journal.
    pub message: u64,
    /// Which life of the place, counted from 1; 0 for one whose start was not seen.
    pub life: usize,
    /// The arrival that the sender had it from; none where a client brought it.
    pub parent: Option<usize>,
    /// Messages with it to this place that were dropped since it had come there before,
    /// if ever.
    pub dropped_before: Vec<Dropped>,
}

/// How the element stands at a node or a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Whether it is a service.
    pub service: bool,
    /// When its lives began, as far as the journal says.
    pub lives_ns: Vec<Nanos>,
    /// The last life's arrival that brought it, or an earlier life's.
    pub latest: Option<usize>,
    /// Whether the last life has it.
    pub has_it: bool,
    /// Deliveries of it to a life that had it already.
    pub copies: u64,
    /// Messages with it to this place that were dropped since it came there last.
    pub dropped: Vec<Dropped>,
    /// Messages with it on their way to this place when the recording ended.
    pub in_flight: u64,
}

impl Propagation {
    /// The whole way of an element. None if it is not among those followed, or if the
    /// journal could not be used.
    #[must_use]
    pub fn journey(&self, element: Element) -> Option<Journey> {
        let trace = self.traces.iter().find(|trace| trace.element == element)?;
        let map = &self.map;
        let arrivals = trace.arrivals.iter().map(|arrival| Arrived {
            from: self.origin(&arrival.from),
            to: map.name(arrival.place).to_owned(),
            at_ns: arrival.at,
            message: arrival.message,
            life: arrival.life as usize,
            parent: arrival.parent,
            dropped_before: self.all_dropped(&arrival.before),
        });
        let places = (0..map.names.len()).map(|place| {
            let (towards, latest) = (&trace.towards[place], trace.latest[place]);
            let life = map.lives[place].len() as u32;
            Place {
                name: map.names[place].clone(),
                service: map.is_service(place as u32),
                lives_ns: map.lives[place].clone(),
                latest,
                has_it: latest.is_some_and(|arrival| trace.arrivals[arrival].life == life),
                copies: towards.copies,
                dropped: self.all_dropped(&towards.drops),
                in_flight: towards.in_flight,
            }
        });
        let journey = Journey {
            element: trace.text.clone(),
            exact: self.exact,
            arrivals: arrivals.collect(),
            places: places.collect(),
        };
        (!self.left_out).then_some(journey)
    }

    fn all_dropped(&self, drops: &[super::trace::Drops]) -> Vec<Dropped> {
        drops.iter().map(|drops| self.dropped(drops)).collect()
    }
}
