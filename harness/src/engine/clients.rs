//! Client slots: who asks which node, and what is in flight.
//!
//! A slot stays with its node for the whole run and has one operation in flight
//! at a time. After an `info` its process number grows by the concurrency and it
//! takes a client id that was never used before, so that a late reply to the old
//! one cannot be mistaken for a reply to the new one.
//!
//! ```text
//!   slot 2 (n0)   process 2, c3  |--read--|ok |--broadcast 7 ···· time-out: info
//!                 process 7, c9                                  |--read--|ok
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use swelkie_nodes::Time;
use swelkie_workloads::Invocation;

use super::directory::Directory;
use crate::network::Endpoint;

/// A client that may have an operation in flight.
pub struct Slot {
    /// The node it asks, as an index.
    pub node: usize,
    /// Its process number.
    pub process: u64,
    /// Its present client id.
    pub client: Endpoint,
    /// The `msg_id` of its last request.
    pub last_msg_id: u64,
    /// What it waits for.
    pub flight: Option<Flight>,
}

/// An operation in flight.
pub struct Flight {
    /// Its index in the history.
    pub op: usize,
    /// What was asked.
    pub invocation: Invocation,
}

/// All client slots.
pub struct Clients {
    slots: Vec<Slot>,
    /// By client number: the slot whose present client it is.
    slot_of: Vec<Option<usize>>,
    /// Slots of the generator that have nothing in flight.
    free: Vec<usize>,
    /// In the order of deadlines: every time-out is equally long.
    timeouts: VecDeque<(Time, usize, usize)>,
    concurrency: usize,
}

impl Clients {
    /// `concurrency` slots, bound to the nodes in turn.
    #[must_use]
    pub fn new(concurrency: usize, nodes: usize, directory: &mut Directory) -> Clients {
        let mut clients = Clients {
            slots: Vec::with_capacity(concurrency),
            slot_of: Vec::new(),
            free: (0..concurrency).collect(),
            timeouts: VecDeque::new(),
            concurrency,
        };
        for index in 0..concurrency {
            clients.add_slot(index % nodes, index as u64, directory);
        }
        clients
    }

    /// One slot per node, for final reads, with process numbers nobody has.
    pub fn add_readers(&mut self, nodes: usize, directory: &mut Directory) -> Vec<usize> {
        let highest = self
            .slots
            .iter()
            .map(|slot| slot.process)
            .max()
            .unwrap_or(0);
        let step = self.concurrency.max(1) as u64;
        let first = (highest / step + 1) * step;
        (0..nodes)
            .map(|node| self.add_slot(node, first + node as u64, directory))
            .collect()
    }

    /// A slot.
    #[must_use]
    pub fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// How many slots there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot whose present client this is.
    #[must_use]
    pub fn slot_of(&self, client_index: usize) -> Option<usize> {
        self.slot_of.get(client_index).copied().flatten()
    }

    /// The slots of the generator that have nothing in flight, in no order that matters.
    #[must_use]
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// Whether nothing is in flight.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.slots.iter().all(|slot| slot.flight.is_none())
    }

    /// Puts an operation in flight.
    pub fn begin(&mut self, slot: usize, flight: Flight, deadline: Time) {
        self.timeouts.push_back((deadline, slot, flight.op));
        if let Some(place) = self.free.iter().position(|&free| free == slot) {
            self.free.swap_remove(place);
        }
        self.slots[slot].flight = Some(flight);
    }

    /// The `msg_id` of the request that is sent now: 1, 2, 3, … without a gap, since
    /// what is not sent takes no number.
    pub fn next_msg_id(&mut self, slot: usize) -> u64 {
        let slot = &mut self.slots[slot];
        slot.last_msg_id += 1;
        slot.last_msg_id
    }

    /// Takes the operation in flight.
    pub fn end(&mut self, slot: usize) -> Option<Flight> {
        let flight = self.slots[slot].flight.take()?;
        if slot < self.concurrency {
            self.free.push(slot);
        }
        Some(flight)
    }

    /// The slot goes on as another process with another client.
    pub fn retire(&mut self, index: usize, directory: &mut Directory) {
        let client = directory.add_client();
        let slot = &mut self.slots[index];
        self.slot_of[directory.client_index(slot.client)] = None;
        slot.process += self.concurrency as u64;
        slot.client = client;
        slot.last_msg_id = 0;
        self.register(client, index, directory);
    }

    /// When the next operation in flight times out.
    pub fn next_timeout(&mut self) -> Option<Time> {
        while let Some(&(deadline, slot, op)) = self.timeouts.front() {
            let waiting = self.slots[slot]
                .flight
                .as_ref()
                .is_some_and(|flight| flight.op == op);
            if waiting {
                return Some(deadline);
            }
            self.timeouts.pop_front();
        }
        None
    }

    /// The slot whose operation has timed out by `now`.
    pub fn poll_timeout(&mut self, now: Time) -> Option<usize> {
        let due = self.next_timeout().is_some_and(|deadline| deadline <= now);
        due.then(|| self.timeouts.pop_front().expect("just seen").1)
    }

    fn add_slot(&mut self, node: usize, process: u64, directory: &mut Directory) -> usize {
        let client = directory.add_client();
        let index = self.slots.len();
        self.slots.push(Slot {
            node,
            process,
            client,
            last_msg_id: 0,
            flight: None,
        });
        self.register(client, index, directory);
        index
    }

    fn register(&mut self, client: Endpoint, slot: usize, directory: &Directory) {
        let number = directory.client_index(client);
        self.slot_of
            .resize((number + 1).max(self.slot_of.len()), None);
        self.slot_of[number] = Some(slot);
    }
}

/// The mean-rate generator clock: intervals uniform on 0…2/rate.
#[must_use]
pub fn interval(rate: f64, uniform: f64) -> Duration {
    Duration::from_secs_f64((2.0 * uniform / rate).min(1e9))
}
