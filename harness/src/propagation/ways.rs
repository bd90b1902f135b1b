//! Everything that is known of elements that were followed closely: for pages and
//! exports, which draw all of it.
//!
//! ```text
//!   Follow::Closely ─► Way      per element: every arrival and the one it descends from,
//!                               every message that carried it and was dropped
//!                      Manifest per message: the elements it carried
//! ```

use std::ops::Range;

use swelkie_checkers::Element;

use super::Propagation;
pub use super::trace::{Arrival, Loss, Origin};

/// Elements of messages that are kept, in all.
const MAX_CARRIED: usize = 6_000_000;

/// Drops of elements that are kept, in all.
pub(super) const MAX_LOSSES: usize = 2_000_000;

/// One element's way through the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The element.
    pub element: Element,
    /// Where it came, in the order of time.
    pub arrivals: &'a [Arrival],
    /// Messages with it that were dropped.
    pub losses: &'a [Loss],
}

/// Which elements each message carried, in the order of sending.
#[derive(Debug, Default)]
pub struct Manifest {
    messages: Vec<u64>,
    /// Where the elements of each end.
    ends: Vec<u32>,
    elements: Vec<Element>,
    complete: bool,
}

impl Manifest {
    pub(super) fn new() -> Manifest {
        Manifest {
            complete: true,
            ..Manifest::default()
        }
    }

    /// A message carries these.
    pub(super) fn add(&mut self, message: u64, elements: &[Element]) {
        self.complete &= self.elements.len() + elements.len() <= MAX_CARRIED;
        if self.complete {
            self.messages.push(message);
            self.elements.extend_from_slice(elements);
            self.ends.push(self.elements.len() as u32);
        }
    }

    /// Whether it tells of all messages; the first ones only, otherwise.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Messages by their number in the journal, each with the elements it carried,
    /// ascending; none that carried nothing.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[Element])> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = begins.zip(&self.ends);
        let ranges = ranges.map(|(begin, &end)| Range {
            start: begin as usize,
            end: end as usize,
        });
        let elements = ranges.map(|range| &self.elements[range]);
        self.messages.iter().copied().zip(elements)
    }
}

impl Propagation {
    /// The ways of the elements that were followed, in the order of the question; losses
    /// only if it asked to follow them closely. None if the journal could not be used.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let traces = self.traces.iter().filter(|_| !self.left_out);
        traces.map(|trace| Way {
            element: trace.element,
            arrivals: &trace.arrivals,
            losses: &trace.losses,
        })
    }

    /// Whether every drop of an element that was followed closely is among its losses.
    #[must_use]
    pub fn has_all_losses(&self) -> bool {
        self.all_losses
    }

    /// What each message carried, if elements were followed closely.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref().filter(|_| !self.left_out)
    }

    /// The nodes, then the services: what the places of arrivals are indices of.
    #[must_use]
    pub fn places(&self) -> &[String] {
        &self.map.names
    }
}
