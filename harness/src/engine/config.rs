//! What a run is to be: everything resolved, nothing left to look up.

use std::time::Duration;

use swelkie_nodes::{Body, NodeId, Seed};
use swelkie_workloads::Workload;

use crate::faults::Schedule;
use crate::network::{Latency, LinkFault, Links};
use crate::services::Service;

/// The run an [`Engine`](super::Engine) drives.
pub struct Config {
    /// The names of the nodes under test.
    pub nodes: Vec<NodeId>,
    /// What clients do.
    pub workload: Box<dyn Workload>,
    /// The body of the `topology` request, for workloads that send one.
    pub topology: Option<Body>,
    /// The services nodes may ask.
    pub services: Vec<Box<dyn Service>>,
    /// Where every random stream is forked from.
    pub seed: Seed,
    /// How long operations are invoked.
    pub time_limit: Duration,
    /// How often.
    pub rate: Rate,
    /// How many client slots there are; slot i is bound to node i modulo nodes.
    pub concurrency: usize,
    /// How long a node may take to answer `init` (from its own spawn) and `topology`.
    pub init_timeout: Duration,
    /// How long a client waits for a reply.
    pub rpc_timeout: Duration,
    /// How the run waits for the nodes to recover before it judges them.
    pub recovery: Recovery,
    /// The network before any fault.
    pub network: NetworkConfig,
    /// The faults.
    pub schedule: Schedule,
    /// Whether a restarted node has lost its data directory.
    pub wipe: bool,
    /// How often a link may carry an element; none where elements do not spread.
    pub storm_limit: Option<u64>,
    /// How many nodes may be starting (spawned, `init` not yet answered) at once.
    pub spawn_limit: usize,
    /// What is recorded.
    pub journal: JournalConfig,
}

/// How often operations are invoked, over all clients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// On average this many per second: intervals are uniform on 0…2/rate, with
    /// no catching up.
    PerSecond(f64),
    /// As soon as a client is free.
    Max,
}

/// Recovery ends when one round of reads of every node satisfies the workload's
/// final rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// No new round begins later than this after the last node is up again.
    pub bound: Duration,
    /// Wait out the whole bound and read once, as the reference does.
    pub fixed: bool,
}

/// The network before any fault.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Latency of links without a client at either end.
    pub latency: Latency,
    /// Latency of links with a client at either end.
    pub client_latency: Latency,
    /// What else is so all the time: base loss, per-link overrides, …
    pub always: Vec<(Links, LinkFault)>,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalConfig {
    /// Record every send, delivery and drop.
    pub messages: bool,
    /// Record every operation.
    pub history: bool,
    /// Past this many bytes of messages only headers are kept, past this many
    /// bytes of history results of reads are left out.
    pub body_limit: u64,
}
