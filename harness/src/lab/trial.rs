//! What came of one trial.

use std::time::Duration;

use swelkie_nodes::strategy::Peer;
use swelkie_nodes::{Seed, Time};

/// The shares of the cluster whose times [`Reach::times`] holds, in percent.
pub const SHARES: [u32; 4] = [50, 90, 99, 100];

/// One trial: one cluster, one seed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The seed that repeats it.
    pub seed: Seed,
    /// How many nodes the cluster had.
    pub nodes: u32,
    /// How many of them were killed for ever: nobody expects them to know anything.
    pub gone: u32,
    /// What became of each rumor, in the order of the conditions' broadcasts.
    pub rumors: Vec<Reach>,
    /// What was said.
    pub traffic: Traffic,
    /// The most messages that any one node received in a stretch of [`Watch::load`].
    ///
    /// [`Watch::load`]: super::Watch::load
    pub peak_load: Option<u32>,
    /// New deliveries of all rumors by time since their broadcast, on the grid of
    /// [`Watch::curve`]; empty if none was asked for. Its running sum over nodes times
    /// rumors is the coverage over time.
    ///
    /// [`Watch::curve`]: super::Watch::curve
    pub curve: Vec<u32>,
    /// Why it ended.
    pub end: End,
    /// When it ended: the time of the last event.
    pub ended: Time,
}

/// Why a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing was on its way and no timer was set.
    Quiet,
    /// Everybody knew everything, and that was asked for.
    Everybody,
    /// Something was due after the horizon.
    Horizon,
    /// Too many messages and timers: a storm.
    Storm,
}

/// How far a rumor came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// When it was broadcast.
    pub began: Time,
    /// Where; none if the node was down then and the rumor never began.
    pub origin: Option<Peer>,
    /// How many nodes know it at the end, its origin included.
    pub reached: u32,
    /// How long it took until so many of all nodes knew it (see [`SHARES`]), rounded up
    /// to a whole node; none if they never did.
    pub times: [Option<Duration>; SHARES.len()],
    /// How long it took to the last delivery.
    pub last: Duration,
    /// The largest number of hops at which a node first learned it: the origin has 0, a
    /// node one more than the one that told it. 0 if hops were not watched.
    pub last_hop: u16,
}

/// What was said between nodes. All but `bytes` is always counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages sent, lost ones included; one for each destination.
    pub sent: u64,
    /// Those of them that carried a rumor at least.
    pub carrying: u64,
    /// Rumors that messages carried, one for each message and rumor.
    pub copies: u64,
    /// Messages that nobody received: lost, cut off, or their destination was down.
    /// What is still on its way at the end is not among them.
    pub dropped: u64,
    /// Messages received.
    pub received: u64,
    /// Rumors in them.
    pub copies_received: u64,
    /// Deliveries of a rumor to a node that did not know it; broadcasts do not count.
    pub learned: u64,
    /// The sizes of the messages sent, as JSON, without their envelope; 0 if not watched.
    pub bytes: u64,
    /// Timers that fired.
    pub timers: u64,
}

impl Traffic {
    /// Rumors brought to a node that knew them.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.copies_received.saturating_sub(self.learned)
    }
}

impl Trial {
    /// Whether every node that is not gone for ever knows every rumor that began.
    #[must_use]
    pub fn everybody(&self) -> bool {
        let audience = self.audience();
        let mut began = self.began();
        began.all(|rumor| rumor.reached == audience)
    }

    /// How many nodes are expected to know every rumor.
    #[must_use]
    pub fn audience(&self) -> u32 {
        self.nodes - self.gone
    }

    /// The rumors that began.
    pub fn began(&self) -> impl Iterator<Item = &Reach> {
        self.rumors.iter().filter(|rumor| rumor.origin.is_some())
    }

    /// The share of the audience that knows a rumor, on average; 1 if none began.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        let (mut began, mut reached) = (0u64, 0u64);
        for rumor in self.began() {
            began += 1;
            reached += u64::from(rumor.reached);
        }
        let expected = began * u64::from(self.audience());
        if expected == 0 {
            return 1.0;
        }
        reached as f64 / expected as f64
    }

    /// Relative message redundancy: rumors carried per node that learned one, less one; 0
    /// is a perfect tree (Leitão, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS
    /// 2007: m/(n − 1) − 1, n being the nodes reached). None if nobody learned anything.
    #[must_use]
    pub fn redundancy(&self) -> Option<f64> {
        let Traffic {
            copies, learned, ..
        } = self.traffic;
        (learned > 0).then(|| copies as f64 / learned as f64 - 1.0)
    }
}
