//! The laboratory: how a dissemination strategy behaves over thousands of clusters.
//!
//! The same strategies that run as processes run here typed, without JSON, in virtual
//! time; one trial is one cluster with a seed of its own.
//!
//! ```
//! use std::time::Duration;
//!
//! use swelkie::lab::{AnyCluster, Conditions};
//! use swelkie::network::Latency;
//! use swelkie_nodes::Seed;
//! use swelkie_nodes::strategies::flood::Flood;
//!
//! // Flooding reaches everybody at once if everybody is everybody's neighbour.
//! let conditions = Conditions::new(100, Latency::constant(Duration::from_millis(100)));
//! let mut cluster = AnyCluster::<Flood>::new((), &conditions);
//! let trial = cluster.run(Seed(7));
//! assert!(trial.everybody());
//! assert_eq!(trial.rumors[0].times[3], Some(Duration::from_millis(100)));
//! ```

mod calendar;
pub mod carrier;
mod chunks;
mod cluster;
pub mod compare;
mod conditions;
pub mod congestion;
mod ensemble;
pub mod estimate;
pub mod experiment;
pub mod experiments;
pub mod interval;
pub mod measure;
mod names;
mod neighbourhoods;
pub mod notebook;
pub mod page;
pub mod result;
pub mod runner;
pub mod shard;
pub mod table;
mod tally;
#[cfg(test)]
mod tests;
pub mod theory;
pub mod threshold;
mod trial;

pub use cluster::{AnyCluster, Cluster};
pub use conditions::{Bounds, Broadcast, Conditions, Grid, Origin, Watch};
pub use neighbourhoods::Neighbourhoods;
pub use trial::{End, Reach, SHARES, Traffic, Trial};
