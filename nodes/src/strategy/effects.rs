//! What handlers asked for: the driver's face.

use super::{Peer, Rumor, Strategy, Tag};

/// What a strategy's handlers asked for since the driver carried it out last. A message
/// is here once however many it is for; its destinations are numbers in one list.
#[derive(Debug)]
pub struct Effects<S: Strategy> {
    /// What the node knows now and did not before, in order.
    pub delivered: Vec<Rumor>,
    /// What clients are no longer shown, although the node goes on knowing it.
    pub withdrawn: Vec<Rumor>,
    /// What is to be stored, after what was delivered if the strategy stores that.
    pub records: Vec<S::Record>,
    /// What is to be sent.
    pub multicasts: Vec<Multicast<S::Message>>,
    /// To whom: the destinations of all multicasts, one after the other.
    pub dests: Vec<Peer>,
    /// The timers to be set: nanoseconds from now, and what for.
    pub timers: Vec<(u64, Tag)>,
}

/// One message to some peers.
#[derive(Debug)]
pub struct Multicast<M> {
    /// The message.
    pub message: M,
    /// How many of [`Effects::dests`] it is for; at least one.
    pub count: u32,
}

impl<S: Strategy> Default for Effects<S> {
    fn default() -> Self {
        Effects {
            delivered: Vec::new(),
            withdrawn: Vec::new(),
            records: Vec::new(),
            multicasts: Vec::new(),
            dests: Vec::new(),
            timers: Vec::new(),
        }
    }
}

impl<S: Strategy> Effects<S> {
    /// Sends `message` to the destinations that were listed from position `first` on.
    #[inline]
    pub(super) fn close(&mut self, first: usize, message: S::Message) {
        let count = (self.dests.len() - first) as u32;
        if count > 0 {
            self.multicasts.push(Multicast { message, count });
        }
    }

    /// Whether there is nothing to carry out.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // One branch instead of five: this is asked after every delivery.
        let rumors = self.delivered.len() | self.withdrawn.len();
        rumors | self.multicasts.len() | self.timers.len() | self.records.len() == 0
    }

    /// Forgets all of it, keeping the memory.
    pub fn clear(&mut self) {
        self.delivered.clear();
        self.withdrawn.clear();
        self.records.clear();
        self.multicasts.clear();
        self.dests.clear();
        self.timers.clear();
    }
}
