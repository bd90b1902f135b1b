//! Numbers, gaps, restarts and wiped stores.

use super::super::Said;
use super::super::net::Net;
use super::*;
use crate::strategy::Peer;
use crate::strategy::probe::Probe;

fn net(nodes: u32) -> Net<Scuttlebutt> {
    let mut net = Net::new("scuttlebutt", 6, nodes, 200);
    net.start();
    net
}

fn deltas(lives: &[u64], firsts: &[u64], counts: &[u64], rumors: &[u32]) -> Said<Versions> {
    Said::Digest {
        flow: Flow::PUSH,
        digest: Versions::Deltas {
            lives: lives.to_vec(),
            firsts: firsts.to_vec(),
            counts: counts.to_vec(),
            rumors: rumors.iter().copied().map(Rumor).collect(),
            behind: Vec::new(),
            lengths: Vec::new(),
        },
    }
}

#[test]
fn a_rumor_has_its_number_stored_when_it_is_taken_and_a_life_goes_on_counting() {
    let mut probe = Probe::<Entropy<Scuttlebutt>>::new("scuttlebutt", 3);
    assert!(probe.records.is_empty());
    (0..3).for_each(|rumor| drop(probe.broadcast(rumor)));
    assert_eq!(probe.records.len(), 3);
    let life = probe.records[0]
        .split_once(", first")
        .expect("a life")
        .0
        .to_owned();
    for (at, record) in probe.records.iter().enumerate() {
        assert!(
            record.starts_with(&format!("{life}, first: {at}, keys: [")),
            "{record}"
        );
    }
}

#[test]
fn what_comes_out_of_order_leaves_no_gap_and_what_comes_twice_is_taken_once() {
    let mut probe = Probe::<Entropy<Scuttlebutt>>::new("scuttlebutt", 3);
    probe.receive(1, deltas(&[7], &[2], &[2], &[12, 13]));
    assert!(probe.known().is_empty(), "0 and 1 are missing");
    probe.receive(1, deltas(&[7, 8], &[0, 0], &[3, 1], &[10, 11, 12, 20]));
    assert_eq!(probe.known(), [10, 11, 12, 20]);
    let records = probe.records.len();
    probe.receive(2, deltas(&[7], &[1], &[2], &[11, 12]));
    assert_eq!(probe.records.len(), records);
    probe.receive(2, deltas(&[7], &[1], &[3], &[11, 12, 13]));
    assert_eq!(probe.known(), [10, 11, 12, 13, 20]);
    // Nonsense: more counted than there are, numbers beyond all bounds.
    probe.receive(2, deltas(&[7, 9], &[u64::MAX, 0], &[9, u64::MAX], &[1]));
    assert_eq!(probe.known(), [10, 11, 12, 13, 20]);
}

#[test]
fn only_what_differs_is_sent_once() {
    let mut net = net(2);
    (0..100).for_each(|rumor| net.broadcast(rumor % 2, rumor));
    net.exchange(0);
    assert!(net.all_know(100));
    assert_eq!((net.messages, net.carried), (3, 100));
    net.broadcast(1, 100);
    net.exchange(0);
    assert_eq!((net.messages, net.carried), (5, 101));
}

#[test]
fn a_node_that_starts_again_knows_how_far_it_was_and_counts_in_another_life() {
    let mut net = net(3);
    (0..60).for_each(|rumor| net.broadcast(rumor % 3, rumor));
    (0..12).for_each(|_| net.round(|_| false));
    assert!(net.all_know(60));
    net.carried = 0;
    net.restart(1, false);
    net.broadcast(1, 60);
    (0..12).for_each(|_| net.round(|_| false));
    assert!(net.all_know(61));
    // Two may tell the third at once.
    assert!((2..5).contains(&net.carried), "nothing but the new one");
    assert_eq!(net.nodes[0].digest().logs.len(), 4);
}

#[test]
fn a_wiped_origin_gives_no_number_twice() {
    let mut net = net(3);
    (0..30).for_each(|rumor| net.broadcast(1, rumor));
    (0..12).for_each(|_| net.round(|_| false));
    for (life, count) in [(1, 45), (2, 60)] {
        net.restart(1, true);
        // At once, before it could hear of its former life.
        (count - 15..count).for_each(|rumor| net.broadcast(1, rumor));
        (0..12).for_each(|_| net.round(|_| false));
        assert!(net.all_know(count));
        assert_eq!(net.nodes[1].digest().logs.len(), life + 1);
    }
}

#[test]
fn a_rumor_whose_number_was_not_stored_any_more_is_numbered_anew() {
    let mut net = net(2);
    (0..10).for_each(|rumor| net.broadcast(0, rumor));
    net.records[0].truncate(7);
    net.restart(0, false);
    (0..6).for_each(|_| net.round(|_| false));
    assert!(net.all_know(10));
    assert_eq!(net.known.count(Peer(1)), 10);
    let lengths: Vec<usize> = net.nodes[1].digest().logs.values().map(Vec::len).collect();
    assert_eq!(lengths.iter().sum::<usize>(), 10, "7 and 3: {lengths:?}");
}
