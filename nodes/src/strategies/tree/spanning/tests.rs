use super::*;
use crate::strategy::probe::Probe;
use crate::testing::{Cluster, line};

fn hello(root: u32, count: u64, distance: u64) -> Hello {
    Hello {
        root: Peer(root),
        count,
        distance,
        epoch: 9,
        ..Hello::default()
    }
}

/// Node 5, with the neighbours 2, 6 and 7.
fn node() -> Probe<Spanning> {
    let mut probe = Probe::<Spanning>::new("spanning-tree", 9);
    probe.id = Peer(5);
    probe.neighbours = [2, 6, 7].map(Peer).to_vec();
    probe.call(|node, cx| node.start(cx));
    probe.call(|node, cx| node.on_neighbours(cx));
    probe
}

fn told(sent: &[(Vec<u32>, String)]) -> Vec<u32> {
    let told = sent.iter().filter(|(_, said)| said.starts_with("Told"));
    told.flat_map(|(dests, _)| dests.clone()).collect()
}

fn says(probe: &mut Probe<Spanning>, from: u32, hello: Hello) -> Vec<(Vec<u32>, String)> {
    probe.receive(from, Said::Hello(hello))
}

#[test]
fn the_parent_is_the_neighbour_nearest_to_the_lowest_root() {
    let mut node = node();
    assert_eq!((node.node.root, node.node.parent), (Peer(5), None));
    says(&mut node, 6, hello(1, 1, 3));
    assert_eq!(
        (node.node.root, node.node.parent, node.node.distance),
        (Peer(1), Some(Peer(6)), 4)
    );
    says(&mut node, 7, hello(1, 1, 3));
    assert_eq!(node.node.parent, Some(Peer(6)), "no better");
    says(&mut node, 7, hello(1, 1, 2));
    assert_eq!((node.node.parent, node.node.distance), (Some(Peer(7)), 3));
    let sent = says(&mut node, 2, hello(0, 1, 7));
    assert_eq!(
        (node.node.root, node.node.parent, node.node.distance),
        (Peer(0), Some(Peer(2)), 8)
    );
    assert!(
        sent[0]
            .1
            .contains("root: Peer(0), count: 1, distance: 8, parent: true")
    );
    assert_eq!(sent.len(), 3, "all are told at once");
    let too_far = hello(0, 1, 9);
    says(&mut node, 2, too_far);
    assert_ne!(node.node.root, Peer(0));
}

#[test]
fn rumors_go_once_over_each_link_of_the_tree_and_no_other() {
    let mut node = node();
    says(&mut node, 2, hello(0, 1, 0));
    says(&mut node, 6, hello(0, 1, 1));
    let child = Hello {
        parent: true,
        ..hello(0, 1, 2)
    };
    says(&mut node, 7, child);
    assert_eq!(told(&node.broadcast(1)), [2, 7]);
    let epoch = node.node.epoch;
    let from_parent = Told {
        epoch: 9,
        to: epoch,
        at: 0,
        rumors: vec![Rumor(3)],
    };
    assert_eq!(told(&node.receive(2, Said::Told(from_parent.clone()))), [7]);
    assert_eq!(told(&node.receive(2, Said::Told(from_parent))), [0; 0]);
}

#[test]
fn what_is_not_acknowledged_after_two_intervals_is_told_again() {
    let mut node = node();
    says(&mut node, 2, hello(0, 1, 0));
    node.broadcast(1);
    node.broadcast(2);
    assert_eq!(told(&node.wait()), [0; 0]);
    assert_eq!(told(&node.wait()), [0; 0]);
    assert_eq!(told(&node.wait()), [2]);
    let have = Hello {
        to: node.node.epoch,
        have: 2,
        ..hello(0, 2, 0)
    };
    says(&mut node, 2, have);
    for _ in 0..4 {
        assert_eq!(told(&node.wait()), [0; 0]);
    }
}

#[test]
fn a_root_that_counts_no_more_is_gone_and_not_believed_in_again_until_it_counts_on() {
    let mut node = node();
    says(&mut node, 2, hello(0, 7, 0));
    while node.node.root == Peer(0) {
        node.wait();
    }
    assert_eq!(node.now, Time::ZERO + Duration::from_secs(3));
    says(&mut node, 6, hello(0, 7, 1));
    assert_eq!(node.node.root, Peer(5), "its ghost");
    says(&mut node, 6, hello(0, 8, 1));
    assert_eq!(node.node.root, Peer(0));
}

#[test]
fn a_new_link_carries_everything_unless_both_ends_have_it() {
    let mut node = node();
    node.broadcast(1);
    node.broadcast(2);
    let sum = node.node.sum;
    assert_eq!(told(&says(&mut node, 2, hello(0, 1, 0))), [2]);
    let same = Hello {
        parent: true,
        sum,
        ..hello(0, 1, 2)
    };
    assert_eq!(told(&says(&mut node, 7, same)), [0; 0]);
}

fn cluster(seed: u64, topology: &[Vec<usize>]) -> Cluster {
    let make = || crate::registry::build("spanning-tree").unwrap();
    let mut cluster = Cluster::new(seed, topology.len(), make);
    cluster.topology(topology);
    cluster.run_for(100);
    cluster
}

/// A ring with chords: everybody has four neighbours.
fn ring(nodes: usize) -> Vec<Vec<usize>> {
    let near = |node: usize| [1, 2, nodes - 1, nodes - 2].map(|step| (node + step) % nodes);
    (0..nodes).map(|node| near(node).to_vec()).collect()
}

fn broadcast(cluster: &mut Cluster, nodes: usize, values: std::ops::Range<usize>) {
    for value in values {
        let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
        cluster.request(value % nodes, &body);
        cluster.run_for(20);
    }
}

fn assert_all_know(cluster: &mut Cluster, nodes: usize, count: i64) {
    let all: Vec<i64> = (0..count).collect();
    for node in 0..nodes {
        assert_eq!(cluster.read(node, "messages"), all, "n{node}");
    }
}

#[test]
fn on_a_sound_network_a_rumor_costs_a_message_per_node() {
    let mut cluster = cluster(3, &ring(9));
    let before = cluster.sent_between_nodes();
    cluster.run_for(2000);
    let hellos = cluster.sent_between_nodes() - before;
    let before = cluster.sent_between_nodes();
    broadcast(&mut cluster, 9, 0..90);
    cluster.run_for(200);
    assert_all_know(&mut cluster, 9, 90);
    assert_eq!(cluster.sent_between_nodes() - before - hellos, 90 * 8);
}

#[test]
fn losses_and_a_cut_are_made_good() {
    for seed in 0..20 {
        for topology in [ring(9), line(9)] {
            let mut cluster = cluster(seed, &topology);
            cluster.loss(0.3);
            broadcast(&mut cluster, 9, 0..60);
            cluster.cut(true);
            broadcast(&mut cluster, 9, 60..90);
            cluster.run_for(10_000);
            cluster.cut(false);
            cluster.loss(0.0);
            cluster.run_for(6_000);
            assert_all_know(&mut cluster, 9, 90);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_restarts_even_of_the_root() {
    for seed in 0..20 {
        let mut cluster = cluster(seed, &ring(9));
        for part in 0..9 {
            broadcast(&mut cluster, 9, part * 10..part * 10 + 10);
            cluster.restart((part + seed as usize) % 9, false);
            cluster.restart(0, false);
        }
        for node in 0..9 {
            cluster.restart(node, false);
        }
        cluster.run_for(5_000);
        assert_all_know(&mut cluster, 9, 90);
    }
}

#[test]
fn a_root_that_lost_its_disk_is_the_root_again() {
    let mut cluster = cluster(3, &ring(9));
    cluster.run_for(5_000);
    cluster.restart(0, true);
    cluster.run_for(1_000);
    broadcast(&mut cluster, 9, 0..20);
    cluster.run_for(5_000);
    assert_all_know(&mut cluster, 9, 20);
}
