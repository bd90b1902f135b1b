use super::*;
use crate::strategy::probe::Probe;
use crate::testing::Cluster;

fn rumors(numbers: &[u32]) -> Vec<Rumor> {
    numbers.iter().copied().map(Rumor).collect()
}

fn up(numbers: &[u32]) -> Said {
    Said::Up(rumors(numbers), Upto::default())
}

fn down(from: u64, numbers: &[u32], flushed: u64) -> Said {
    Said::Down {
        epoch: 9,
        from,
        rumors: rumors(numbers),
        flushed,
        again: false,
    }
}

fn leaf(id: u32) -> Probe<HubAcked> {
    let mut probe = Probe::new("hub-acked", 4);
    probe.id = Peer(id);
    probe
}

fn ack(have: u64, more: bool) -> String {
    format!("Ack {{ upto: Upto {{ epoch: 9, have: {have} }}, more: {more} }}")
}

#[test]
fn a_hub_tells_all_in_a_batch_and_those_again_who_do_not_acknowledge() {
    let mut hub = Probe::<HubAcked>::new("hub-acked", 4);
    assert_eq!(hub.receive(2, up(&[7])), []);
    assert_eq!(hub.broadcast(5), []);
    let [(dests, batch)] = &hub.wait()[..] else {
        panic!("one batch")
    };
    assert_eq!(dests, &[1, 2, 3]);
    assert!(batch.contains("from: 0, rumors: [Rumor(7), Rumor(5)], flushed: 2, again: false"));
    let upto = Upto {
        epoch: hub.node.epoch,
        have: 2,
    };
    hub.receive(2, Said::Up(Vec::new(), upto));
    hub.receive(1, Said::Ack { upto, more: false });
    let [(dests, batch)] = &hub.wait()[..] else {
        panic!("one is behind")
    };
    assert_eq!(dests, &[3]);
    assert!(batch.contains("rumors: [Rumor(7), Rumor(5)], flushed: 2, again: true"));
    hub.receive(3, Said::Ack { upto, more: false });
    assert_eq!(hub.wait(), []);
    assert!(hub.timers.is_empty(), "all have it");
    assert_eq!(hub.records, ["WasHub"]);
}

#[test]
fn an_acknowledgement_goes_with_the_next_rumor_or_by_itself_after_a_second() {
    let mut node = leaf(2);
    assert_eq!(node.receive(0, down(0, &[1, 2], 2)), []);
    let sent = node.broadcast(3);
    let with = "Up([Rumor(3)], Upto { epoch: 9, have: 2 })".to_owned();
    assert_eq!(sent, [(vec![0], with)]);
    node.now = Time::ZERO + Duration::from_millis(400);
    assert_eq!(node.receive(0, down(2, &[3], 3)), []);
    assert_eq!(node.wait(), [], "nothing is pending");
    assert_eq!(node.wait(), [], "the first was paid, the second is not due");
    assert_eq!(node.wait(), [(vec![0], ack(3, false))]);
    assert_eq!(node.now, Time::ZERO + Duration::from_millis(1400));
    assert!(node.timers.is_empty());

    let mut node = leaf(2);
    node.receive(0, down(0, &[1, 2], 2));
    assert_eq!(node.wait(), [(vec![0], ack(2, false))]);
}

#[test]
fn a_gap_is_asked_for_at_once() {
    let mut node = leaf(2);
    node.receive(0, down(0, &[1], 1));
    assert_eq!(node.receive(0, down(3, &[4], 4)), [(vec![0], ack(1, true))]);
    let again = Said::Down {
        epoch: 9,
        from: 1,
        rumors: rumors(&[2, 3, 4]),
        flushed: 4,
        again: true,
    };
    assert_eq!(node.receive(0, again), [(vec![0], ack(4, false))]);
    assert_eq!(node.known(), [1, 2, 3, 4]);
}

#[test]
fn a_hub_that_does_not_answer_twice_is_replaced_by_the_next_until_it_is_heard_again() {
    let mut node = leaf(3);
    let told = |hub: u32| {
        vec![(
            vec![hub],
            "Up([Rumor(5)], Upto { epoch: 0, have: 0 })".into(),
        )]
    };
    assert_eq!(node.broadcast(5), told(0));
    assert_eq!(node.wait(), told(0));
    assert_eq!(node.wait(), told(1));
    assert_eq!(node.wait(), told(1));
    assert_eq!(node.wait(), told(2));
    assert_eq!(node.receive(2, Said::Taken(rumors(&[5]))), []);
    assert_eq!(node.wait(), []);
    assert!(node.timers.is_empty());
    node.receive(0, down(0, &[6], 1));
    assert_eq!(node.broadcast(8)[0].0, [0]);
}

#[test]
fn a_node_that_nobody_answers_is_its_own_hub_at_last() {
    let mut node = leaf(1);
    node.broadcast(5);
    node.wait();
    assert_eq!(node.wait(), [], "it takes over itself");
    let [(dests, _)] = &node.wait()[..] else {
        panic!("a batch")
    };
    assert_eq!(dests, &[0, 2, 3]);
}

#[test]
fn the_first_is_tried_again_beside_another_hub() {
    let mut node = leaf(3);
    node.node.hub = Peer(1);
    node.now = Time::ZERO + Duration::from_secs(5);
    let dests: Vec<Vec<u32>> = node.broadcast(5).into_iter().map(|sent| sent.0).collect();
    assert_eq!(dests, [[0], [1]]);
    assert_eq!(node.broadcast(6).len(), 1);
}

#[test]
fn a_restarted_node_hands_over_what_it_knows_but_one_that_was_a_hub_tells_all_itself() {
    let mut node = leaf(2);
    node.known.insert(Peer(2), Rumor(4));
    let sent = node.call(|node, cx| node.start(cx));
    let told = "Up([Rumor(4)], Upto { epoch: 0, have: 0 })".to_owned();
    assert_eq!(sent, [(vec![0], told)]);

    // The others let go of what it took over; the first knows it, and would take it for told.
    let mut node = leaf(2);
    node.known.insert(Peer(2), Rumor(4));
    node.call(|node, cx| node.on_record(WasHub, cx));
    assert_eq!(node.call(|node, cx| node.start(cx)), []);
    let [(dests, batch)] = &node.wait()[..] else {
        panic!("a batch")
    };
    assert_eq!(dests, &[0, 1, 3]);
    assert!(batch.contains("rumors: [Rumor(4)]"));
}

fn cluster(seed: u64) -> Cluster {
    let mut cluster = Cluster::new(seed, 6, || crate::registry::build("hub-acked").unwrap());
    cluster.topology(&crate::testing::line(6));
    cluster
}

fn broadcast(cluster: &mut Cluster, values: std::ops::Range<usize>) {
    for value in values {
        let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
        cluster.request(value % 6, &body);
        cluster.run_for(20);
    }
}

fn assert_all_know(cluster: &mut Cluster, count: i64) {
    let all: Vec<i64> = (0..count).collect();
    for node in 0..6 {
        assert_eq!(cluster.read(node, "messages"), all, "n{node}");
    }
}

#[test]
fn on_a_sound_network_acknowledgements_cost_next_to_nothing() {
    let mut cluster = cluster(7);
    broadcast(&mut cluster, 0..60);
    cluster.run_for(3000);
    assert_all_know(&mut cluster, 60);
    // As `hub`, and 5 acknowledgements of the last batches.
    assert_eq!(cluster.sent_between_nodes(), 50 + 7 * 5 + 5);
    assert!(cluster.is_idle());
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
        cluster.run_for(10_000);
        assert!(cluster.is_idle());
    }
}

#[test]
fn what_was_acknowledged_survives_restarts_of_anybody_at_any_time() {
    for seed in 0..20 {
        let mut cluster = cluster(seed);
        cluster.loss(0.2);
        for part in 0..9 {
            broadcast(&mut cluster, part * 10..part * 10 + 10);
            cluster.restart((part + seed as usize) % 6, false);
            cluster.restart(part % 2, false);
        }
        for node in 0..6 {
            cluster.restart(node, false);
        }
        cluster.loss(0.0);
        cluster.run_for(5_000);
        assert_all_know(&mut cluster, 90);
    }
}

#[test]
fn without_its_disk_a_killed_node_forgets() {
    let mut cluster = cluster(1);
    cluster.cut(true);
    broadcast(&mut cluster, 0..6);
    cluster.restart(5, true);
    cluster.cut(false);
    cluster.run_for(20_000);
    assert_eq!(cluster.read(0, "messages"), [0, 1, 2, 3, 4]);
}
