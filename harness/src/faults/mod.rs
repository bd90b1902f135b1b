//! Fault schedules: what goes wrong, where, from when to when.
//!
//! Faults that are random are *generated into a schedule first*; the engine
//! executes only a [`Schedule`]. Every run can therefore print the schedule that
//! happened, and that file runs it again.
//!
//! ```text
//!   faults.toml ─► parse ───────┐
//!   --nemesis … ─► add_nemesis ─┴► File ── resolve (nodes, seed) ─► Plan ─► engine
//!                                                                    └─ to_toml ─► faults.toml
//! ```
//!
//! A [`File`] says *who* by name, by a word for a random choice, or by group, and
//! *when* as a pattern; a [`Plan`] says which nodes and which nanosecond. Each fault
//! draws from a stream of its own, named after it: to add one changes no other.
//! What [`to_toml`] writes is a file like any other, without anything left to chance:
//! resolving it gives the same plan for every seed.
//!
//! Time zero is when operations begin. Faults compose: each end undoes only itself.

mod choice;
mod describe;
mod file;
pub mod mistake;
mod names;
mod places;
mod random;
mod read;
mod read_random;
mod resolve;
mod schema;
mod scope;
mod spec;
#[cfg(test)]
mod tests;
mod value;
mod write;

use std::time::Duration;

use swelkie_nodes::NodeId;

use crate::network::{Latency, Layout, LinkFault, Links};

pub use file::{DEFAULT_INTERVAL, File};
pub use mistake::Mistakes;
pub use read::parse;
pub(crate) use read::syntax;
pub use resolve::resolve;
pub use schema::schema;
pub use scope::Scope;
pub use spec::Kind;
pub use write::to_toml;

/// Who takes part in a run, and for how long: what a file's names and words mean.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The nodes' names, in the order of their endpoints.
    pub nodes: Vec<NodeId>,
    /// The services' names, in the order of their endpoints.
    pub services: Vec<NodeId>,
    /// When operations, and with them faults, end.
    pub time_limit: Duration,
}

impl Cluster {
    /// How many endpoints there are of each kind.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout {
            nodes: self.nodes.len() as u32,
            services: self.services.len() as u32,
        }
    }

    /// The name of a node or a service, by endpoint number.
    fn name(&self, end: usize) -> &str {
        let mut names = self.nodes.iter().chain(&self.services);
        names.nth(end).map_or("?", NodeId::as_str)
    }

    /// The endpoint number of a node or a service.
    fn find(&self, name: &str) -> Option<usize> {
        let mut names = self.nodes.iter().chain(&self.services);
        names.position(|known| known.as_str() == name)
    }
}

/// All that a file asks for, with nothing left to chance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What goes wrong, and when.
    pub schedule: Schedule,
    /// What the network is like all the time.
    pub network: NetworkPlan,
    /// What was probably not meant, for the user: several lines each.
    pub warnings: Vec<String>,
}

/// What the network is like all the time, as far as the file says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkPlan {
    /// Latency of links without a client; none: as the command line says.
    pub latency: Option<Latency>,
    /// Latency of links with a client; none: as the command line says.
    pub client_latency: Option<Latency>,
    /// What holds from before time zero until the end of the run, the final heal
    /// notwithstanding, to be applied in this order.
    pub standing: Vec<Standing>,
}

/// A property of some links that never ends: any [`LinkFault`] but a cut or a hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Which links.
    pub links: Links,
    /// What they are like.
    pub fault: LinkFault,
    /// In a few words.
    pub summary: String,
}

/// The endpoints of each side of [`Links::Sides`], sides and endpoints ascending.
fn sides_of(sides: &[u16]) -> Vec<Vec<usize>> {
    let mut found: std::collections::BTreeMap<u16, Vec<usize>> = Default::default();
    for (end, &side) in sides.iter().enumerate() {
        if side != Links::NO_SIDE {
            found.entry(side).or_default().push(end);
        }
    }
    found.into_values().collect()
}

/// A schedule: faults with resolved targets and planned times, in the order of `at`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// The faults; [`FaultId`](crate::network::FaultId) is the index here.
    pub faults: Vec<Fault>,
}

/// One fault with resolved targets and planned times.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// For people and for `faults.toml`: `partition-1`, or the name the file gives it.
    pub name: String,
    /// When it begins, since time zero.
    pub at: Duration,
    /// How long it lasts; none means until the final heal. Ignored by `restart`.
    pub lasts: Option<Duration>,
    /// What it does.
    pub action: Action,
    /// What and where in a few words: `cut n0 | n1 n2 n3 n4`, `kill n2`, `loss 25% between nodes`.
    pub summary: String,
    /// The same for programs.
    pub scope: Scope,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Something about links, for as long as it lasts.
    Link {
        /// Which links.
        links: Links,
        /// What.
        fault: LinkFault,
    },
    /// SIGKILL; started again when the last fault that keeps the node down ends.
    Kill {
        /// Node indices, ascending.
        nodes: Vec<usize>,
        /// Not even the final heal starts them again; they are then not judged.
        forever: bool,
    },
    /// SIGTERM, otherwise as `Kill`.
    Stop {
        /// Node indices, ascending.
        nodes: Vec<usize>,
        /// As for `Kill`.
        forever: bool,
    },
    /// SIGSTOP, and SIGCONT when the last pause of the node ends.
    Pause {
        /// Node indices, ascending.
        nodes: Vec<usize>,
    },
    /// SIGKILL and start again at once.
    Restart {
        /// Node indices, ascending.
        nodes: Vec<usize>,
    },
}
