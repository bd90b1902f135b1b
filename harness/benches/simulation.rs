//! Simulated clusters: protocol messages per second on one core.
//!
//!     cargo bench -p swelkie --bench simulation
//!
//! Built-in nodes in this process, JSON bodies, virtual time. A message is counted
//! when it is sent; reading and writing of JSON by the nodes is included.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(missing_docs)]

use std::time::{Duration, Instant};

use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::options::{Options, Target, TopologyChoice, node_names};
use swelkie_nodes::Seed;

const TURNS: u64 = 5;

/// Messages per second, the median of some turns.
fn measure(name: &str, options: &mut Options) -> f64 {
    let mut rates: Vec<f64> = (0..TURNS)
        .map(|seed| {
            options.seed = Seed(seed);
            let clock = Instant::now();
            let report = options.run().expect("it runs");
            let wall = clock.elapsed().as_secs_f64();
            assert_eq!(report.exit_status, 0, "{:?}", report.anomalies);
            // The next turn shall find the memory that this one's journal took.
            if let Some(directory) = &report.run.directory {
                std::fs::remove_dir_all(directory).expect("it can be removed");
            }
            let messages = report
                .figures
                .get("net.all.msgs")
                .expect("counted")
                .as_f64();
            messages / wall
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let median = rates[rates.len() / 2];
    println!(
        "{name:<44} {:>6.2} M msgs/s (median of {TURNS})",
        median / 1e6
    );
    median
}

fn main() {
    let store = tempfile::tempdir().expect("a temporary directory");
    let mut circulate = Options::new("echo", Target::Builtin("circulate:window=64".to_owned()));
    circulate.sim = true;
    circulate.nodes = node_names(25);
    circulate.latency = Latency::constant(Duration::from_millis(1));
    circulate.time_limit = Duration::from_secs(1);
    circulate.store = store.path().to_owned();

    let mut flood = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    flood.sim = true;
    flood.nodes = node_names(25);
    flood.topology = TopologyChoice::Shape("total".parse().expect("a shape"));
    flood.latency = Latency::constant(Duration::from_millis(100));
    flood.rate = Rate::PerSecond(100.0);
    flood.time_limit = Duration::from_secs(30);
    flood.store = store.path().to_owned();

    for (name, options) in [
        ("circulate", &mut circulate),
        ("flood, total topology, reads included", &mut flood),
    ] {
        options.no_store = true;
        options.journal_messages = false;
        let off = measure(&format!("{name}, journal off"), options);
        options.no_store = false;
        options.journal_messages = true;
        let on = measure(&format!("{name}, journal on"), options);
        println!("{:<44} {:>6.2}", "  on / off", on / off);
    }
}
