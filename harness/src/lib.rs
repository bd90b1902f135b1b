//! Swelkie: test any stdio node binary under an unfriendly network.
//!
//! This is the library behind the `swelkie` program: the same run, from a test of
//! your own crate. [`Options`](options::Options) say what to run; `run` starts the
//! nodes, plays clients and network, judges, and returns a [`Report`](report::Report).
//! A promise that a node broke is in the report; an error is what was asked for
//! wrongly, or a failure of the harness.
//!
//! # Real processes
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use swelkie::options::{Binary, Options, Target};
//! use swelkie::summary::summary;
//!
//! # fn my_node_survives_partitions() {
//! // In an integration test: env!("CARGO_BIN_EXE_my-node").into()
//! let program = "./my-node".into();
//! let node = Target::Binary(Binary { program, ..Binary::default() });
//! let mut options = Options::new("broadcast", node);
//! options.time_limit = Duration::from_secs(5);
//! options.nemesis = vec!["partition".to_owned()];
//! options.nemesis_interval = Duration::from_secs(1);
//! let report = options.run().expect("it can be run");
//! assert_eq!(report.exit_status, 0, "{}", summary(&report, false));
//! # }
//! ```
//!
//! Nodes and a supervisor that outlives nobody are child processes. Built-in nodes
//! and the supervisor are this very program started again: a function that runs
//! before `main` turns it into one of them, so a test needs no second binary.
//!
//! # Simulation
//!
//! Built-in nodes also run in this process and in virtual time, a minute in
//! milliseconds; a seed gives the same bytes every time.
//!
//! ```
//! use swelkie::options::{Options, Target};
//!
//! let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
//! options.sim = true;
//! options.no_store = true;
//! let report = options.run()?;
//! assert_eq!(report.exit_status, 0);
//! let per_operation = report.figures.get("net.servers.msgs-per-op").expect("counted");
//! assert!(per_operation.as_f64() < 4.0);
//!
//! // It tells its neighbours once: a partition is too much for it.
//! options.nemesis = vec!["partition".to_owned()];
//! let report = options.run()?;
//! assert_eq!(report.anomalies[0].kind, "lost");
//! # Ok::<(), swelkie::run::RunError>(())
//! ```
//!
//! # How a run goes
//!
//! ```text
//!   options ─► plan ─► engine ◄─► driver: live | sim     engine: clients, network, faults,
//!                        │                               services; no clock, no IO
//!                        ├─► journal ─► history.jsonl, messages.jsonl
//!                        └─► outcome ─► judge ─► report ─► results.json, summary
//! ```
//!
//! [`options`] is what a user asks for, [`plan`] what that comes to; [`engine`] is the
//! pure state machine with its [`network`] and [`faults`]; [`live`] and [`sim`] drive it;
//! [`judge`] makes a verdict of what is left, [`propagation`] says which way messages
//! went, [`summary`] shows it to people. [`archive`] reads a run back from its files, for
//! [`report::page`], [`show`], [`diff`], [`export`], [`serve`] and [`ci`]; [`suite`] plays
//! many runs.

pub mod archive;
mod builtin;
pub mod ci;
pub mod diff;
pub mod engine;
pub mod export;
pub mod faults;
pub mod judge;
pub mod lab;
pub mod labels;
pub mod listing;
pub mod live;
mod netlog;
pub mod network;
pub mod options;
pub mod plan;
mod platform;
pub mod propagation;
mod render;
pub mod replay;
pub mod report;
pub mod run;
pub mod series;
pub mod serve;
pub mod services;
pub mod show;
pub mod sim;
pub mod store;
pub mod storm;
pub mod suite;
pub mod summary;
pub mod supervisor;
pub mod text;
pub mod trace;
pub mod units;
