//! Tests of schedule files as a whole; each file's opening says of what.

mod messages;
mod random;
mod resolution;
mod roundtrip;
mod schema;

use std::time::Duration;

use swelkie_nodes::Seed;

use super::*;

/// `n0 … n(n-1)`, the services `lin-kv` and `seq-kv`, 60 s.
fn cluster(n: usize) -> Cluster {
    Cluster {
        nodes: (0..n).map(|node| format!("n{node}").into()).collect(),
        services: ["lin-kv", "seq-kv"].map(NodeId::from).to_vec(),
        time_limit: Duration::from_secs(60),
    }
}

/// The plan of a file on five nodes.
fn plan(text: &str) -> Plan {
    plan_of(text, &cluster(5), 7)
}

fn plan_of(text: &str, cluster: &Cluster, seed: u64) -> Plan {
    let file = parse("faults.toml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    resolve(&file, cluster, Seed(seed)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What is said about a file that is wrong.
fn mistakes(text: &str) -> String {
    let resolved = parse("faults.toml", text).and_then(|file| resolve(&file, &cluster(5), Seed(7)));
    match resolved {
        Err(mistakes) => mistakes.to_string(),
        Ok(plan) => panic!("nothing wrong was found in:\n{text}\n{plan:#?}"),
    }
}
