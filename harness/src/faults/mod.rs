//! Fault schedules: what goes wrong, where, from when to when.
//!
//! Faults that are random are *generated into a schedule first*; the engine
//! executes only a [`Schedule`]. Every run can therefore print the schedule that
//! happened, and that file runs it again.
//!
//! ```text
//!   faults.toml ─► parse ─┐
//!   --nemesis … ─► sugar ─┴► plan ── resolve (seed, nodes) ─► Schedule ─► engine
//!                                                               └─► faults.toml
//! ```
//!
//! Time zero is when operations begin. Faults compose: each end undoes only itself.

use std::time::Duration;

use crate::network::{LinkFault, Links};

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
