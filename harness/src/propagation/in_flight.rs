//! Messages on their way, and what they carry.
#![allow(
    clippy::disallowed_types,
    reason = "a map with a fixed hasher that nobody iterates"
)]

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// A message on its way.
pub(super) struct Flight<T> {
    /// Who wrote it: a place, or none for a client.
    pub src: Option<u32>,
    /// The place it is for.
    pub dest: u32,
    /// What it carries.
    pub cargo: T,
    /// One, and one more for each duplicate.
    copies: u32,
}

/// Messages on their way that carry something, by number. Never iterated.
pub(super) struct InFlight<T> {
    flights: HashMap<u64, Flight<T>, FixedState>,
    /// The last one that arrived or was dropped.
    ended: Option<Flight<T>>,
}

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        InFlight {
            flights: HashMap::default(),
            ended: None,
        }
    }
}

impl<T> InFlight<T> {
    /// A message was sent.
    pub fn send(&mut self, id: u64, src: Option<u32>, dest: u32, cargo: T) {
        self.flights.insert(
            id,
            Flight {
                src,
                dest,
                cargo,
                copies: 1,
            },
        );
    }

    /// A message is on its way twice.
    pub fn duplicate(&mut self, id: u64) -> Option<&Flight<T>> {
        let flight = self.flights.get_mut(&id)?;
        flight.copies += 1;
        Some(flight)
    }

    /// One copy of a message arrived or was dropped.
    pub fn end(&mut self, id: u64) -> Option<&Flight<T>> {
        let flight = self.flights.get_mut(&id)?;
        flight.copies -= 1;
        if flight.copies > 0 {
            return self.flights.get(&id);
        }
        self.ended = self.flights.remove(&id);
        self.ended.as_ref()
    }
}
