//! Fault schedules as files: every kind of fault acts and ends, faults compose, and
//! the schedule that happened runs again.

#[path = "../common/mod.rs"]
mod common;

mod again;
mod composition;
mod kinds;
mod starting;

use std::time::Duration;

use common::Run;
use common::files::{CONTROL, Files};
use swelkie::engine::{FaultRecord, Rate};
use swelkie::network::Latency;
use swelkie::report::Report;
use swelkie_nodes::Seed;

const SEED: u64 = 7;

/// The latency between nodes, nanoseconds.
const LATENCY: u64 = 20_000_000;

/// Five simulated nodes on a grid with 20 ms between them, for 10 s at 50 operations
/// per second. Messages tell what a fault did best where nothing else is random.
fn simulated(node: &str) -> Run {
    Run::sim("broadcast", node).with(|options| {
        options.seed = Seed(SEED);
        options.time_limit = Duration::from_secs(10);
        options.rate = Rate::PerSecond(50.0);
        options.latency = Latency::constant(Duration::from_nanos(LATENCY));
    })
}

fn carry_out(run: &Run) -> (Report, Files) {
    (run.report(), run.files())
}

/// The fault of this name.
fn fault<'a>(report: &'a Report, name: &str) -> &'a FaultRecord {
    let found = report.faults.iter().find(|fault| fault.name == name);
    found.unwrap_or_else(|| panic!("no fault {name}: {:?}", report.faults))
}

/// When a node got its inits, milliseconds since operations began.
fn inits(files: &Files, node: &str) -> Vec<u64> {
    let heard = files.delivered_to(node).into_iter();
    let inits = heard.filter(|(_, message)| message.src == CONTROL && message.kind == "init");
    inits.map(|(at, _)| (at - files.zero) / 1_000_000).collect()
}
