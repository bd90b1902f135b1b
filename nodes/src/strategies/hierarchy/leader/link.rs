//! What a node owes one peer, and what it knows of it.
//!
//! ```text
//!   owed for the next batch ──► told, not acknowledged ──► the peer has it
//!                                   └─ told again ─┘
//! ```
//!
//! An obligation ends with an acknowledgement and with nothing else: not with a change of
//! leaders, not with a suspicion.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::node::Time;
use crate::strategy::Rumor;

/// What a node owes one peer. See the module.
#[derive(Debug, Default)]
pub struct Link {
    /// What the peer is known to have.
    has: Bits,
    /// What it was told and did not acknowledge, and when it was told last.
    told: BTreeMap<Rumor, Time>,
    /// What it is to be told in a batch, and from when on.
    batch: BTreeMap<Rumor, Time>,
    /// When it last said anything.
    pub heard: Option<Time>,
    /// By when it owes a sign of life.
    pub deadline: Option<Time>,
    /// When it is to be asked for one.
    pub ask: Option<Time>,
    /// While it is suspected: how long until it is asked again.
    pub pause: Duration,
    /// For when a timer is set for it; one that fires earlier was set before and is void.
    pub armed: Option<Time>,
}

impl Link {
    /// Whether the peer has the rumor or is to get it.
    pub fn is_served(&self, rumor: Rumor) -> bool {
        self.has.contains(rumor)
            || self.told.contains_key(&rumor)
            || self.batch.contains_key(&rumor)
    }

    /// The peer said that it has the rumor.
    pub fn has(&mut self, rumor: Rumor) {
        self.has.insert(rumor);
        self.told.remove(&rumor);
        self.batch.remove(&rumor);
    }

    /// The peer is being told the rumor.
    pub fn tell(&mut self, rumor: Rumor, now: Time, patience: Duration) {
        self.batch.remove(&rumor);
        self.told.insert(rumor, now);
        self.deadline.get_or_insert(now + patience);
    }

    /// The peer is to be told the rumor in a batch at this time or later.
    pub fn tell_later(&mut self, rumor: Rumor, from: Time) {
        self.batch.insert(rumor, from);
    }

    /// The peer said something.
    pub fn alive(&mut self, now: Time, patience: Duration) {
        self.heard = Some(now);
        self.deadline = (!self.told.is_empty()).then_some(now + patience);
    }

    /// What is due for a batch.
    pub fn batched(&self, now: Time) -> Vec<Rumor> {
        let due = self.batch.iter().filter(|&(_, &from)| from <= now);
        due.map(|(&rumor, _)| rumor).collect()
    }

    /// Whether anything waits for a batch.
    pub fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// What was told `retry` ago or earlier and not acknowledged.
    pub fn overdue(&self, now: Time, retry: Duration) -> Vec<Rumor> {
        let late = self.told.iter().filter(|&(_, &at)| at + retry <= now);
        late.map(|(&rumor, _)| rumor).collect()
    }

    /// What was told and not acknowledged.
    pub fn unacknowledged(&self) -> Vec<Rumor> {
        self.told.keys().copied().collect()
    }

    /// When something is to be done about the peer next; one that is suspected is only
    /// asked.
    pub fn next(&self, suspected: bool, retry: Duration) -> Option<Time> {
        let again = self.told.values().min().map(|&at| at + retry);
        let rest = [again, self.deadline].into_iter().flatten();
        rest.filter(|_| !suspected).chain(self.ask).min()
    }
}

/// A set of rumors, a bit each.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, rumor: Rumor) {
        let word = rumor.index() / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (rumor.0 % 64);
    }

    fn contains(&self, rumor: Rumor) -> bool {
        let word = self.0.get(rumor.index() / 64);
        word.is_some_and(|word| word >> (rumor.0 % 64) & 1 == 1)
    }
}
