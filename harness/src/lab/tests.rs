//! What a trial says about what happened.

use std::sync::Arc;
use std::time::Duration;

use swelkie_nodes::registry::{self, Visitor};
use swelkie_nodes::strategies::flood::Flood;
use swelkie_nodes::strategy::{Peer, Strategy};
use swelkie_nodes::{Seed, Time};

use super::*;
use crate::network::Latency;

const MS: Duration = Duration::from_millis(1);

/// A line of nodes, 10 ms apart.
fn line(nodes: u32) -> Conditions {
    let beside = |node: u32| {
        let right = Some(node + 1).filter(|&next| next < nodes);
        let both = node.checked_sub(1).into_iter().chain(right);
        both.map(Peer)
    };
    let lists = Neighbourhoods::new((0..nodes).map(beside));
    Conditions {
        neighbours: Some(Arc::new(lists)),
        watch: Watch {
            hops: true,
            bytes: true,
            load: Some(10 * MS),
            curve: Some(Grid {
                step: 20 * MS,
                steps: 3,
            }),
        },
        ..Conditions::new(nodes, Latency::constant(10 * MS))
    }
}

fn flood(conditions: &Conditions) -> Trial {
    AnyCluster::<Flood>::new((), conditions)
        .run(Seed(1))
        .clone()
}

#[test]
fn a_rumor_that_runs_down_a_line_is_measured_to_the_node() {
    let trial = flood(&line(10));
    assert!(trial.everybody());
    let reach = trial.rumors[0];
    assert_eq!((reach.origin, reach.reached), (Some(Peer(0)), 10));
    // 5, 9, 10 and 10 of 10.
    assert_eq!(reach.times, [40, 80, 90, 90].map(|at| Some(at * MS)));
    assert_eq!((reach.last, reach.last_hop), (90 * MS, 9));
    assert_eq!((trial.end, trial.ended), (End::Quiet, Time::ZERO + 90 * MS));
    // At 0 and 10 ms, 20 and 30 ms, 40 and 50 ms; later is beyond the curve.
    assert_eq!(trial.curve, [2, 2, 2]);
    assert_eq!(trial.peak_load, Some(1));
    let Traffic {
        sent,
        carrying,
        copies,
        received,
        copies_received,
        learned,
        ..
    } = trial.traffic;
    assert_eq!(
        [sent, carrying, copies, received, copies_received, learned],
        [9; 6]
    );
    assert_eq!(
        trial.traffic.bytes,
        9 * r#"{"type":"broadcast","message":0}"#.len() as u64
    );
    assert_eq!(
        (trial.redundancy(), trial.traffic.duplicates()),
        (Some(0.0), 0)
    );
    assert!((trial.coverage() - 1.0).abs() < 1e-12);
}

#[test]
fn a_horizon_ends_a_trial_and_what_comes_later_does_not_happen() {
    let mut conditions = line(10);
    conditions.bounds.horizon = 45 * MS;
    let trial = flood(&conditions);
    assert_eq!((trial.end, trial.rumors[0].reached), (End::Horizon, 5));
    assert_eq!(trial.rumors[0].times[1], None);
    assert!(!trial.everybody());
    assert!((trial.coverage() - 0.5).abs() < 1e-12);
    conditions.bounds.horizon = 40 * MS;
    assert_eq!(
        flood(&conditions).rumors[0].reached,
        5,
        "what is due then happens"
    );
}

#[test]
fn a_trial_can_end_as_soon_as_everybody_knows_every_rumor() {
    let mut conditions = Conditions::new(50, Latency::constant(10 * MS));
    conditions.bounds.until_everybody = true;
    let at = 25 * MS;
    conditions.broadcasts.push(Broadcast {
        at,
        ..Broadcast::default()
    });
    let trial = flood(&conditions);
    assert_eq!(
        (trial.end, trial.ended),
        (End::Everybody, Time::ZERO + 35 * MS)
    );
    assert!(trial.traffic.received < trial.traffic.sent);
}

#[test]
fn too_many_messages_are_a_storm() {
    let mut conditions = Conditions::new(100, Latency::ZERO);
    conditions.bounds.events = 1000;
    let trial = flood(&conditions);
    assert_eq!(trial.end, End::Storm);
    assert!((1000..1200).contains(&trial.traffic.sent));
}

#[test]
fn loads_are_counted_by_node_and_stretch() {
    let mut conditions = Conditions::new(20, Latency::constant(10 * MS));
    conditions.watch.load = Some(15 * MS);
    // n1 … n19 hear n0 at 10 ms, and each of them 18 others at 20 ms.
    assert_eq!(flood(&conditions).peak_load, Some(18));
    conditions.watch.load = Some(100 * MS);
    assert_eq!(flood(&conditions).peak_load, Some(19));
}

/// How many of so many trials reach everybody.
struct Everybody<'a>(&'a Conditions, u64);

impl Visitor for Everybody<'_> {
    type Output = u64;

    fn visit<S: Strategy + 'static>(self, config: S::Config) -> u64 {
        let mut cluster = AnyCluster::<S>::new(config, self.0);
        (0..self.1)
            .filter(|&seed| cluster.run(Seed(seed)).everybody())
            .count() as u64
    }
}

/// Of five nodes with fan-out 3, all are reached with probability 63/64: each of the
/// four others is missed by those that the origin told with probability 1/4 each.
#[test]
fn five_nodes_with_fan_out_three_are_all_reached_63_times_of_64() {
    const TRIALS: u64 = 20_000;
    for latency in ["10ms", "10ms exponential"] {
        let latency = Latency::parse(latency, None).unwrap();
        let conditions = Conditions::new(5, latency);
        let counted = registry::visit("sample:fanout=3", Everybody(&conditions, TRIALS));
        let share = counted.unwrap() as f64 / TRIALS as f64;
        let expected = 63.0 / 64.0;
        let sigma = (expected * (1.0 - expected) / TRIALS as f64).sqrt();
        assert!((share - expected).abs() < 4.0 * sigma, "{latency}: {share}");
    }
}

#[test]
fn names_in_the_lab_are_those_of_the_broadcast_workload() {
    use swelkie_nodes::strategy::{Attributes, Names, Rumor};
    let mut names = names::Numbered::new(12, vec![Attributes::default(); 3]);
    let mut text = Vec::new();
    names.write_rumor(Rumor(2), &mut text);
    names.write_peer(Peer(11), &mut text);
    assert_eq!(text, b"2\"n11\"");
    assert_eq!(names.read_rumor("2"), Rumor(2));
    assert_eq!(names.read_peer("n11"), Some(Peer(11)));
    assert_eq!(names.read_peer("n12"), None);
    let keys: Vec<u64> = (0..3).map(|rumor| names.key(Rumor(rumor))).collect();
    assert!((0..3).all(|rumor| names.find(keys[rumor as usize]) == Some(Rumor(rumor))));
    assert_eq!(names.find(keys[0] ^ 1), None);
}
