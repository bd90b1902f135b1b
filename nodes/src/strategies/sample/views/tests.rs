//! One node at a time, then the figures of theory.

use super::*;
use crate::registry;
use crate::rng::Seed;
use crate::strategy::crowd::{Crowd, LATENCY, Mean};
use crate::strategy::probe::Probe;
use crate::testing::Cluster;

/// Trials per figure: an optimized build can afford more.
const TRIALS: u64 = if cfg!(debug_assertions) { 50 } else { 1000 };

#[test]
fn a_link_is_asked_for_until_confirmed_and_then_used_both_ways() {
    let mut probe = Probe::<Views>::new("views:picks=3", 25);
    let drawn: Vec<u32> = probe.node.drawn.iter().map(|peer| peer.0).collect();
    assert_eq!(drawn.len(), 3);
    probe.receive(drawn[1], Say::Linked(Vec::new()));
    let asked = (vec![drawn[0], drawn[2]], "Link { joins: true }".to_owned());
    assert_eq!(probe.wait(), std::slice::from_ref(&asked));
    assert_eq!(probe.now.since(Time::ZERO), Duration::from_millis(100));
    assert_eq!(probe.wait(), [asked]);
    assert_eq!(probe.now.since(Time::ZERO), Duration::from_millis(300));
    probe.receive(drawn[0], Say::Linked(Vec::new()));
    probe.receive(drawn[2], Say::Linked(Vec::new()));
    assert_eq!(probe.wait(), []);
    assert!(probe.timers.is_empty(), "silent when linked");

    let other = (1..25).find(|peer| !drawn.contains(peer)).unwrap();
    for from in [other, drawn[0], other] {
        assert_eq!(
            probe.receive(from, Say::Link { joins: false }),
            [(vec![from], "Linked([])".to_owned())]
        );
    }
    let told = |to: &[u32]| vec![(to.to_vec(), "Told(Rumor(7))".to_owned())];
    assert_eq!(
        probe.receive(drawn[1], Say::Told(Rumor(7))),
        told(&[drawn[0], drawn[2], other])
    );
    assert_eq!(probe.receive(other, Say::Told(Rumor(7))), []);
    let joins = probe.receive(drawn[0], Say::Link { joins: true });
    assert_eq!(joins, [(vec![drawn[0]], "Linked([Rumor(7)])".to_owned())]);
    let told = "Told(Rumor(8))".to_owned();
    let view = vec![drawn[1], drawn[2], other];
    let heard = probe.receive(drawn[0], Say::Linked(vec![Rumor(7), Rumor(8)]));
    assert_eq!(heard, [(view, told)]);
}

#[test]
fn a_node_that_joins_again_is_told_what_there_is() {
    let mut cluster = Cluster::new(7, 9, || registry::build("views").expect("a spec"));
    for value in 0..20 {
        let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
        cluster.request(value % 9, &body);
    }
    cluster.run_for(1000);
    let all: Vec<i64> = (0..20).collect();
    for node in 0..9 {
        cluster.restart(node, false);
        cluster.run_for(1000);
        assert_eq!(cluster.read(node, "messages"), all, "n{node}");
    }
}

/// Broadcasts rumors 0… from node 0, one after the other, once all links are made.
fn flooded(spec: &str, size: u32, rumors: u32, loss: f64, seed: u64) -> Crowd<Views> {
    let mut crowd = Crowd::<Views>::new(spec, size, Seed(seed).child(spec));
    crowd.loss = loss;
    for rumor in 0..rumors {
        crowd.run_for(Duration::from_secs(10));
        crowd.broadcast(0, rumor);
    }
    crowd.run_for(Duration::from_secs(5));
    crowd
}

#[test]
fn two_symmetric_picks_reach_everybody_for_three_messages_per_node_at_any_size() {
    for (size, hops) in [(25, 3.8), (100, 5.3), (1000, 7.7), (10_000, 10.0)] {
        let (mut messages, mut last) = (Vec::new(), Vec::new());
        let trials = (TRIALS * 1000 / u64::from(size)).clamp(4, 1000);
        for seed in 0..trials {
            let crowd = flooded("views", size, 1, 0.0, seed);
            assert_eq!(crowd.reached(0), size as usize, "n = {size}, seed {seed}");
            messages.push(crowd.carried as f64 / f64::from(size));
            let span = crowd.deliveries.last().unwrap().0 - crowd.deliveries[0].0;
            last.push((span.as_nanos() / LATENCY.as_nanos()) as f64);
        }
        let (messages, last) = (Mean::of(&messages), Mean::of(&last));
        println!("n = {size}, {trials} trials: messages {messages:?}, hops {last:?}");
        // Links that both ends drew are fewer, the larger the cluster is.
        let links = 2.0 - 2.0 / f64::from(size - 1);
        let expected = 2.0 * links - 1.0 + 1.0 / f64::from(size);
        messages.assert_near(expected, 0.001, &format!("messages at n = {size}"));
        last.assert_near(hops, 0.1, &format!("hops at n = {size}"));
    }
}

#[test]
fn with_messages_lost_more_picks_reach_everybody() {
    for (picks, target) in [(2, 0.68), (3, 0.992), (4, 0.9997)] {
        let spec = format!("views:picks={picks}");
        let reached: Vec<f64> = (0..TRIALS)
            .map(|seed| {
                let crowd = flooded(&spec, 1000, 1, 0.05, seed);
                f64::from(crowd.reached(0) == 1000)
            })
            .collect();
        let mut mean = Mean::of(&reached);
        mean.error = f64::sqrt(target * (1.0 - target) / TRIALS as f64);
        println!("{picks} picks: {mean:?}, target {target}");
        mean.assert_near(target, 0.01, &spec);
    }
}

#[test]
fn directed_views_miss_the_same_nodes_for_every_message_unless_they_are_redrawn() {
    let missed = |spec: &str| {
        let crowd = flooded(spec, 200, 8, 0.0, 1);
        (0..8)
            .map(|rumor| {
                let got = |peer: &Peer| {
                    let mut all = crowd.deliveries.iter();
                    all.any(|(_, id, what)| id == peer && what.0 == rumor)
                };
                (0..200).map(Peer).filter(|peer| !got(peer)).collect()
            })
            .collect::<Vec<Vec<Peer>>>()
    };
    let never = missed("views:links=directed");
    assert!(!never[0].is_empty());
    assert!(never.iter().all(|peers| *peers == never[0]));
    let redrawn = missed("views:links=directed,redraw=1s");
    assert!(redrawn.iter().all(|peers| !peers.is_empty()));
    assert!(redrawn.windows(2).all(|pair| pair[0] != pair[1]));
}
