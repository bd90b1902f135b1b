//! Everything that happened to one element on its way.
//!
//! A node may lose its memory: each life that an element reaches has an arrival
//! of its own, and what a life passes on descends from what that life got (or,
//! if it got nothing, restored: from what an earlier life got).
//!
//! ```text
//!   n1  life 1  ◄─ n0 ────► n2              arrivals: c3→n0, n0→n1 (life 1), n1→n2,
//!       killed, memory lost                           n2→n1 (life 2), n1→n3
//!       life 2  ◄─ n2 ────► n3              n3's path: c3 → n0 → n1 → n2 → n1 → n3
//! ```

use swelkie_checkers::{Element, Nanos};

/// An element came to a life of a place that did not have it.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When.
    pub at: Nanos,
    /// Who wrote the message that brought it.
    pub from: Origin,
    /// To which node or service, an index into [`Propagation::places`](super::Propagation::places).
    pub place: u32,
    /// To which of the node's lives: 1 for the first, 0 if the journal does not tell.
    pub life: u32,
    /// The number of the message.
    pub message: u64,
    /// The arrival of this element that the sender had it from.
    pub parent: Option<usize>,
    /// What was dropped on the way to the place before.
    pub(super) before: Vec<Drops>,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody who is no node and no service.
    Client(String),
    /// A node or service.
    Place(u32),
}

/// A message that carried an element was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Its number in the journal.
    pub message: u64,
    /// Whom it was for, an index into [`Propagation::places`](super::Propagation::places).
    pub place: u32,
}

/// Messages to one place that carried the element and were dropped for one reason.
#[derive(Clone, Debug)]
pub(super) struct Drops {
    pub why: String,
    pub fault: Option<String>,
    pub count: u64,
    /// The first few times.
    pub times: Vec<Nanos>,
    pub last: Nanos,
    /// Who wrote the first of them.
    pub from: Origin,
}

/// What was under way to one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Towards {
    pub in_flight: u64,
    /// Who wrote the last one that is in flight.
    pub sender: Option<Origin>,
    /// Since the last arrival.
    pub drops: Vec<Drops>,
    /// Deliveries to a life that had it already.
    pub copies: u64,
}

impl Towards {
    /// Whether nothing is under way and nothing was dropped.
    pub fn is_empty(&self) -> bool {
        self.in_flight == 0 && self.drops.is_empty()
    }
}

/// Times of drops that are kept, per reason.
const TIMES: usize = 3;

/// One element's way.
pub(super) struct Trace {
    pub element: Element,
    /// Its JSON text.
    pub text: String,
    pub arrivals: Vec<Arrival>,
    /// By place: the arrival in the last life that had one.
    pub latest: Vec<Option<usize>>,
    /// By place.
    pub towards: Vec<Towards>,
    /// Every drop, if it is followed closely.
    pub losses: Vec<Loss>,
}

/// A message on its way that carries a traced element.
pub(super) struct Leg {
    /// Which trace.
    pub trace: usize,
    pub from: Origin,
    pub parent: Option<usize>,
}

impl Trace {
    pub fn new(element: Element, text: &str, places: usize) -> Trace {
        Trace {
            element,
            text: text.to_owned(),
            arrivals: Vec::new(),
            latest: vec![None; places],
            towards: vec![Towards::default(); places],
            losses: Vec::new(),
        }
    }

    /// A message that carries it is on its way to `dest`.
    pub fn sent(&mut self, dest: u32, from: &Origin) {
        let towards = &mut self.towards[dest as usize];
        towards.in_flight += 1;
        towards.sender = Some(from.clone());
    }

    /// A message brought it to a life of a place.
    pub fn arrived(&mut self, at: Nanos, message: u64, (place, life): (u32, u32), leg: &Leg) {
        let towards = &mut self.towards[place as usize];
        towards.in_flight -= 1;
        let before = std::mem::take(&mut towards.drops);
        let latest = &mut self.latest[place as usize];
        if latest.is_some_and(|arrival| self.arrivals[arrival].life == life) {
            towards.copies += 1;
            return;
        }
        *latest = Some(self.arrivals.len());
        self.arrivals.push(Arrival {
            at,
            from: leg.from.clone(),
            place,
            life,
            message,
            parent: leg.parent,
            before,
        });
    }

    /// A message that carried it was dropped.
    pub fn dropped(&mut self, at: Nanos, place: u32, why: &str, fault: Option<&str>, leg: &Leg) {
        let towards = &mut self.towards[place as usize];
        towards.in_flight -= 1;
        let same = |drops: &&mut Drops| drops.why == why && drops.fault.as_deref() == fault;
        if let Some(drops) = towards.drops.iter_mut().find(same) {
            drops.count += 1;
            drops.last = at;
            if drops.times.len() < TIMES {
                drops.times.push(at);
            }
            return;
        }
        towards.drops.push(Drops {
            why: why.to_owned(),
            fault: fault.map(str::to_owned),
            count: 1,
            times: vec![at],
            last: at,
            from: leg.from.clone(),
        });
    }

    /// The first arrival at a place.
    pub fn first(&self, place: u32) -> Option<usize> {
        self.arrivals
            .iter()
            .position(|arrival| arrival.place == place)
    }

    /// An arrival and where it descends from, the first one first.
    pub fn chain(&self, last: usize) -> Vec<usize> {
        let mut chain: Vec<usize> =
            std::iter::successors(Some(last), |&arrival| self.arrivals[arrival].parent).collect();
        chain.reverse();
        chain
    }
}
