//! What a trial is like, apart from the strategy: the cluster, the network, the news.

use std::sync::Arc;
use std::time::Duration;

use swelkie_nodes::strategy::{Attributes, Peer};

use super::Neighbourhoods;
use crate::faults::Plan;
use crate::network::Latency;

/// What every trial of an experiment's cell has in common.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// How many nodes the cluster has; at least one.
    pub nodes: u32,
    /// Who is whose neighbour; none: everybody is everybody's.
    pub neighbours: Option<Arc<Neighbourhoods>>,
    /// What is broadcast; rumor i is the i-th of these. In the order of `at`.
    pub broadcasts: Vec<Broadcast>,
    /// How long a message takes.
    pub latency: Latency,
    /// The probability that a message is lost, each on its own.
    pub loss: f64,
    /// What goes wrong beside that; time zero is the start of the trial.
    pub faults: Option<Arc<Plan>>,
    /// When all faults end that still last (kills for ever excepted); none: with the trial.
    pub heal: Option<Duration>,
    /// When a trial ends at the latest.
    pub bounds: Bounds,
    /// What is measured.
    pub watch: Watch,
}

impl Conditions {
    /// One rumor from node 0 at time 0 in a complete cluster without loss or faults.
    #[must_use]
    pub fn new(nodes: u32, latency: Latency) -> Conditions {
        Conditions {
            nodes,
            neighbours: None,
            broadcasts: vec![Broadcast::default()],
            latency,
            loss: 0.0,
            faults: None,
            heal: None,
            bounds: Bounds::default(),
            watch: Watch::default(),
        }
    }
}

/// A client gives a node a rumor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Broadcast {
    /// When, since the start of the trial.
    pub at: Duration,
    /// To which node.
    pub origin: Origin,
    /// What is known of the rumor without asking a node.
    pub attributes: Attributes,
}

/// Where a rumor starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At this node.
    Node(Peer),
    /// At any node, drawn anew in each trial.
    Random,
}

impl Default for Origin {
    fn default() -> Self {
        Origin::Node(Peer(0))
    }
}

/// When a trial ends although something is still going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What is due later does not happen.
    pub horizon: Duration,
    /// More messages sent, or timers fired, are a storm.
    pub events: u64,
    /// Ends as soon as everybody knows every rumor: for strategies that never rest.
    pub until_everybody: bool,
    /// Ends once no message carried a rumor for so long: for strategies that poll for ever.
    pub idle: Option<Duration>,
}

impl Default for Bounds {
    /// An hour of virtual time, 10⁹ events.
    fn default() -> Self {
        Bounds {
            horizon: Duration::from_secs(3600),
            events: 1_000_000_000,
            until_everybody: false,
            idle: None,
        }
    }
}

/// What is measured beside what costs nothing to speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Last delivery hop: two bytes per node and rumor.
    pub hops: bool,
    /// The sizes of messages as JSON.
    pub bytes: bool,
    /// The most messages that any one node receives in a stretch of this length, the
    /// stretches being counted from the start of the trial; none: not measured.
    pub load: Option<Duration>,
    /// How many learn a rumor in each stretch of this length since its broadcast.
    pub curve: Option<Grid>,
}

/// Stretches of time of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// How long each is; above zero.
    pub step: Duration,
    /// How many are counted; what comes later is not in the curve.
    pub steps: u32,
}
