//! A dissemination strategy: how news spreads, typed and without IO.
//!
//! A strategy is written once and runs three ways:
//!
//! ```text
//!                      ┌─ Spread<S>, a protocol Node ─┬─ stdio process (real or reference harness)
//!   S: Strategy ───────┤      JSON, any value         └─ in-process node of a simulated cluster
//!                      └─ lab cluster: typed messages, no JSON, up to a million nodes
//! ```
//!
//! Nodes are [`Peer`]s and broadcast values are [`Rumor`]s: small numbers, whatever
//! their names and texts are. The driver keeps what every node knows; a strategy asks
//! ([`Context::has`]) and tells ([`Context::deliver`]). What every node shares, its
//! parameters, is [`Strategy::Config`]; what one node remembers beside the rumors it
//! knows is the strategy itself, for the simplest ones nothing at all.
//!
//! Contract: the driver calls [`Strategy::start`] once per incarnation, after
//! [`Strategy::on_record`] for each record that earlier ones stored; then the other
//! handlers. A handler only queues effects; the driver carries them out after it
//! returned: what is to be stored first, then what is to be sent.
//!
//! ```text
//!   driver                          strategy
//!     │ broadcast(r), now known       │
//!     ├──────────────────────────────►│ cx.tell(cx.neighbours(), None, message)
//!     │◄──────────────────────────────┤
//!     │ store r if the strategy stores, acknowledge, send
//! ```

mod context;
#[cfg(test)]
pub(crate) mod crowd;
mod effects;
mod known;
mod names;
mod neighbours;
#[cfg(test)]
pub(crate) mod probe;
mod reader;
mod sample;
mod spread;
mod wire;

use std::fmt;

pub use context::{Context, Lent, Surroundings};
pub use effects::{Effects, Multicast};
pub use known::Known;
pub use names::Names;
pub use neighbours::Neighbours;
pub use reader::Reader;
pub use sample::Scratch;
pub use spread::Spread;
pub use wire::{Wire, Writer};

use crate::registry::{Parameter, Promises, Settings};

/// A member of the cluster, by its position in the list of members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u32);

impl Peer {
    /// As an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A broadcast value. In a process each node numbers the values it hears of by itself;
/// in the lab all nodes use the same numbers. Between nodes only the value travels, so
/// never put a number of your own node's into a message other than as a rumor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rumor(pub u32);

impl Rumor {
    /// As an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a timer is for, chosen by the strategy that sets it. Timers are never
/// cancelled: a strategy that no longer cares does nothing when one fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

/// How urgent a rumor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// May wait for a batch.
    Bulk,
    /// The usual.
    #[default]
    Normal,
    /// At once, whatever it costs.
    Urgent,
}

/// How far a rumor may travel in a hierarchy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// Only the team it was born in.
    Team,
    /// The teams under the same next leader.
    Department,
    /// The unit of this level: 1 is the team, 2 the department, 3 what is above it, …
    Level(u8),
    /// Everyone.
    #[default]
    Everyone,
}

impl Priority {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Priority::Bulk => "bulk",
            Priority::Normal => "normal",
            Priority::Urgent => "urgent",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Priority> {
        let all = [Priority::Bulk, Priority::Normal, Priority::Urgent];
        all.into_iter().find(|priority| priority.word() == word)
    }
}

impl Sensitivity {
    /// The level of the unit that may know: 1 is the team; the highest there is for
    /// everyone.
    #[must_use]
    pub fn level(self) -> u8 {
        match self {
            Sensitivity::Team => 1,
            Sensitivity::Department => 2,
            Sensitivity::Level(level) => level,
            Sensitivity::Everyone => u8::MAX,
        }
    }

    /// The one of this word: `team`, `department`, `everyone` or the number of a level
    /// from 1.
    #[must_use]
    pub fn parse(word: &str) -> Option<Sensitivity> {
        Some(match word {
            "team" => Sensitivity::Team,
            "department" => Sensitivity::Department,
            "everyone" => Sensitivity::Everyone,
            number => Sensitivity::Level(number.parse().ok().filter(|&level| level > 0)?),
        })
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Sensitivity::Team => f.write_str("team"),
            Sensitivity::Department => f.write_str("department"),
            Sensitivity::Level(level) => level.fmt(f),
            Sensitivity::Everyone => f.write_str("everyone"),
        }
    }
}

/// What is known of a rumor without asking a node: in a process read from the value, an
/// object with `priority` (`"bulk"`, `"normal"`, `"urgent"`) or `sensitivity` (`"team"`,
/// `"department"`, `"everyone"`, or the number of a level); in the lab set by the
/// experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// How urgent it is.
    pub priority: Priority,
    /// How far it may travel.
    pub sensitivity: Sensitivity,
}

/// What a strategy is, for lists, specs and the registry.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in specs.
    pub name: &'static str,
    /// The family it belongs to: the name of its folder.
    pub family: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// What it keeps its word under.
    pub promises: Promises,
}

/// How news spreads. See the module's contract.
pub trait Strategy: Sized + Send {
    /// What it is called and promises, and what can be set.
    const ABOUT: About;

    /// Whether what a node delivers is stored before it is acknowledged or passed on, so
    /// that it survives a kill.
    const STORES: bool = false;

    /// Whether one broadcast may cause messages without end: a run or a trial with it has
    /// to be short or limited.
    const STORMS: bool = false;

    /// The parameters, shared by all nodes.
    type Config: Clone + fmt::Debug + Send + Sync;

    /// What nodes say to each other.
    type Message: Wire + fmt::Debug + Send;

    /// What a node stores beside the rumors it delivers;
    /// [`Infallible`](std::convert::Infallible) if nothing.
    type Record: Wire + fmt::Debug + Send;

    /// The parameters as a spec gives them.
    ///
    /// # Errors
    /// If they contradict each other: a sentence that says how.
    fn configure(settings: &Settings) -> Result<Self::Config, String>;

    /// A node that remembers nothing.
    fn new(config: &Self::Config) -> Self;

    /// Takes back a record that an earlier incarnation stored, oldest first.
    fn on_record(&mut self, record: Self::Record, cx: &mut Context<Self>) {
        let _ = (record, cx);
    }

    /// The cluster and what this node delivered in earlier lives are known. The
    /// neighbours may come later.
    fn start(&mut self, cx: &mut Context<Self>) {
        let _ = cx;
    }

    /// The neighbours are known now, or others than before.
    fn on_neighbours(&mut self, cx: &mut Context<Self>) {
        let _ = cx;
    }

    /// A client gave this node a rumor that it did not know; it is delivered already.
    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>);

    /// A peer said something.
    fn on_receive(&mut self, from: Peer, message: &Self::Message, cx: &mut Context<Self>);

    /// A timer is due.
    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        let _ = (tag, cx);
    }
}
