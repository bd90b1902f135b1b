use super::*;
use crate::strategy::probe::Probe;
use crate::testing::Cluster;

fn probe(neighbours: &[u32]) -> Probe<Plumtree> {
    let mut probe = Probe::<Plumtree>::new("plumtree", 9);
    for &peer in neighbours {
        probe.call(|node, cx| node.connect(Peer(peer), cx));
    }
    probe
}

fn gossip(rumor: u32, origin: u32) -> Said {
    Said::Gossip(Rumor(rumor), Peer(origin))
}

fn key(probe: &Probe<Plumtree>, rumor: u32) -> u64 {
    use crate::strategy::Names as _;
    probe.names.key(Rumor(rumor))
}

fn dests(sent: &[(Vec<u32>, String)], kind: &str) -> Vec<u32> {
    let of_kind = sent.iter().filter(|(_, said)| said.starts_with(kind));
    of_kind.flat_map(|(dests, _)| dests.clone()).collect()
}

/// Lets timers fire until one of them sends this; when it did.
fn wait_for(probe: &mut Probe<Plumtree>, kind: &str) -> (Time, Vec<(Vec<u32>, String)>) {
    for _ in 0..50 {
        let sent = probe.wait();
        if !dests(&sent, kind).is_empty() {
            return (probe.now, sent);
        }
    }
    panic!("{kind} was never sent");
}

#[test]
fn a_duplicate_prunes_its_link_which_carries_announcements_from_then_on() {
    let mut node = probe(&[1, 2, 3]);
    let sent = node.receive(1, gossip(5, 4));
    assert_eq!(dests(&sent, "Gossip"), [2, 3]);
    let sent = node.receive(2, gossip(5, 4));
    assert_eq!(sent, [(vec![2], "Prune".to_owned())]);
    let sent = node.receive(1, gossip(6, 4));
    assert_eq!(dests(&sent, "Gossip"), [3]);
    let (at, sent) = wait_for(&mut node, "IHave");
    assert_eq!(dests(&sent, "IHave"), [2]);
    assert_eq!(at, Time::ZERO + Duration::from_millis(200));
    // Whom this node's prune did not reach prunes for its part.
    node.receive(3, Said::Prune);
    assert_eq!(dests(&node.receive(1, gossip(7, 4)), "Gossip"), [0; 0]);
}

#[test]
fn rumors_of_another_source_do_not_prune() {
    let mut node = probe(&[1, 2, 3]);
    node.receive(1, gossip(5, 4));
    node.receive(1, gossip(6, 8));
    assert_eq!(node.receive(2, gossip(6, 8)), []);
    // An earlier one takes over.
    node.receive(1, gossip(7, 2));
    assert_eq!(dests(&node.receive(3, gossip(7, 2)), "Prune"), [3]);
    assert_eq!(node.receive(2, gossip(5, 4)), []);
}

#[test]
fn what_was_announced_and_does_not_come_is_asked_for_and_the_link_is_eager_again() {
    let mut node = probe(&[1, 2, 3]);
    node.receive(2, Said::Prune);
    let key = key(&node, 8);
    assert_eq!(node.receive(2, Said::IHave(vec![key])), []);
    assert_eq!(node.receive(3, Said::IHave(vec![key])), []);
    let (at, sent) = wait_for(&mut node, "Graft");
    assert_eq!(at, Time::ZERO + Duration::from_millis(600));
    assert_eq!(dests(&sent, "Graft"), [2]);
    let (at, sent) = wait_for(&mut node, "Graft");
    assert_eq!(at, Time::ZERO + Duration::from_millis(1200));
    assert_eq!(dests(&sent, "Graft"), [3], "the next one that has it");
    let sent = node.receive(3, Said::Missed(vec![Rumor(8)]));
    assert_eq!(dests(&sent, "Missed"), [1, 2]);
}

#[test]
fn a_graft_is_answered_and_an_inventory_filled_up() {
    let mut node = probe(&[1, 2]);
    node.receive(1, gossip(5, 4));
    node.receive(2, gossip(5, 4));
    let key = key(&node, 5);
    let sent = node.receive(2, Said::Graft(vec![key]));
    assert_eq!(sent, [(vec![2], "Missed([Rumor(5)])".to_owned())]);
    assert_eq!(dests(&node.receive(1, gossip(6, 4)), "Gossip"), [2]);
    let sent = node.receive(7, Said::Inventory(vec![key]));
    assert_eq!(sent, [(vec![7], "Missed([Rumor(6)])".to_owned())]);
}

#[test]
fn a_silent_neighbour_is_given_up_and_a_spare_asked() {
    let mut node = probe(&[1, 2, 3, 4, 5]);
    node.receive(1, Said::ShuffleReply(vec![Peer(8)]));
    let alive = || Said::Alive {
        sum: 0,
        quiet: true,
        linked: true,
    };
    loop {
        for peer in 1..5 {
            node.receive(peer, alive());
        }
        let (at, sent) = wait_for(&mut node, "Alive");
        if at < Time::ZERO + Duration::from_millis(2500) {
            assert!(node.node.views.has(Peer(5)));
            continue;
        }
        assert!(!node.node.views.has(Peer(5)));
        assert_eq!(dests(&sent, "Neighbour"), [8]);
        return;
    }
}

fn cluster(seed: u64) -> Cluster {
    let mut cluster = Cluster::new(seed, 9, || crate::registry::build("plumtree").unwrap());
    cluster.topology(&crate::testing::line(9));
    cluster.run_for(100);
    cluster
}

fn broadcast(cluster: &mut Cluster, values: std::ops::Range<usize>) {
    for value in values {
        let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
        cluster.request(value % 9, &body);
        cluster.run_for(20);
    }
}

fn assert_all_know(cluster: &mut Cluster, count: i64) {
    let all: Vec<i64> = (0..count).collect();
    for node in 0..9 {
        assert_eq!(cluster.read(node, "messages"), all, "n{node}");
    }
}

#[test]
fn losses_and_a_cut_are_made_good() {
    for seed in 0..20 {
        let mut cluster = cluster(seed);
        cluster.loss(0.3);
        broadcast(&mut cluster, 0..60);
        cluster.cut(true);
        broadcast(&mut cluster, 60..90);
        cluster.run_for(10_000);
        cluster.cut(false);
        cluster.loss(0.0);
        cluster.run_for(5_000);
        assert_all_know(&mut cluster, 90);
    }
}

#[test]
fn what_was_acknowledged_survives_restarts() {
    for seed in 0..20 {
        let mut cluster = cluster(seed);
        for part in 0..9 {
            broadcast(&mut cluster, part * 10..part * 10 + 10);
            cluster.restart((part + seed as usize) % 9, false);
        }
        for node in 0..9 {
            cluster.restart(node, false);
        }
        cluster.run_for(5_000);
        assert_all_know(&mut cluster, 90);
    }
}
