//! The way between the nodes of a lab cluster: three of them, for the same contract.
//!
//! - [`Rounds`]: every message takes equally long. What is sent first arrives first, so
//!   a list will do: four bytes a message.
//! - [`Random`]: latencies are drawn. A calendar queue: seventeen bytes a message.
//! - [`Faulty`]: the network of `swelkie test`, with all faults of a schedule.
//!
//! Contract: after every handler the cluster calls [`Carrier::carry`], which takes the
//! node's messages; [`Carrier::deliver`] when the next of them is due. All three draw
//! from the same streams in the same order (latency, loss), and what is due at the same
//! moment arrives in the order in which it was sent: with the same seed the same
//! messages arrive in the same order, whichever carries them.

mod faulty;
mod lives;
mod random;
mod rounds;
#[cfg(test)]
mod tests;

use rand::distr::{Bernoulli, Distribution};
use swelkie_nodes::strategy::{Peer, Rumor, Strategy};
use swelkie_nodes::{Rng, Seed, Time};

use super::conditions::Conditions;
use super::ensemble::{Alarm, Ensemble};

pub use faulty::Faulty;
pub use random::Random;
pub use rounds::Rounds;

/// The way between nodes. See the module's contract.
pub trait Carrier<S: Strategy>: Sized {
    /// A way without anything on it.
    fn new(conditions: &Conditions) -> Self;

    /// A new trial begins.
    fn reset(&mut self, seed: Seed);

    /// When the next message is due, [`Time::MAX`] if none is on its way.
    fn next_due(&self) -> Time;

    /// Takes what `from` wants to be sent, and the timers it sets.
    fn carry(&mut self, nodes: &mut Ensemble<S>, from: Peer);

    /// Delivers what is due at `nodes.now`: one message at least, perhaps several that
    /// were sent together, and carries out what comes of it.
    fn deliver(&mut self, nodes: &mut Ensemble<S>);

    /// When a fault begins or ends next.
    #[inline]
    fn next_change(&self) -> Time {
        Time::MAX
    }

    /// Begins or ends the faults that are due at `nodes.now`.
    fn change(&mut self, nodes: &mut Ensemble<S>) {
        let _ = nodes;
    }

    /// Whether a client can give a node a rumor now.
    #[inline]
    fn accept(&mut self, node: Peer, rumor: Rumor) -> Access {
        let _ = (node, rumor);
        Access::Open
    }

    /// Whether a timer may fire now; if not, it is kept for later or for never.
    #[inline]
    fn lets_fire(&mut self, alarm: Alarm) -> bool {
        let _ = alarm;
        true
    }
}

/// Whether a client can give a node a rumor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes.
    Open,
    /// The carrier hands it over later.
    Waits,
    /// The node is down.
    Refused,
}

/// Independent loss. The stream is that of a standing fault of the network.
#[derive(Clone, Debug)]
struct Loss {
    chance: Option<Bernoulli>,
    rng: Rng,
}

/// The name of the stream that losses are drawn from: that of [`faulty::LOSS`].
const LOSS_STREAM: &str = "fault 4294967295";

impl Loss {
    fn new(probability: f64) -> Loss {
        let chance = Bernoulli::new(probability).expect("a probability is in 0…1");
        Loss {
            chance: (probability > 0.0).then_some(chance),
            rng: Seed(0).rng(),
        }
    }

    fn reset(&mut self, seed: Seed) {
        if self.chance.is_some() {
            self.rng = seed.fork(LOSS_STREAM);
        }
    }

    fn is_none(&self) -> bool {
        self.chance.is_none()
    }

    #[inline]
    fn loses(&mut self) -> bool {
        self.chance
            .is_some_and(|chance| chance.sample(&mut self.rng))
    }
}
