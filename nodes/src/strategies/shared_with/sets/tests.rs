use super::*;
use crate::registry;
use crate::strategy::probe::Probe;
use crate::testing::{Cluster, line};

fn told(rumors: &[u32]) -> Said {
    Said::Told(rumors.iter().copied().map(Rumor).collect())
}

fn stored(rumors: &[u32]) -> Said {
    Said::Stored(rumors.iter().copied().map(Rumor).collect())
}

/// Whom the node tells in its rounds, as long as it has something to say, up to a limit.
fn rounds(probe: &mut Probe<SharedWith>, limit: usize) -> Vec<Vec<u32>> {
    let mut rounds = Vec::new();
    while !probe.timers.is_empty() && rounds.len() < limit {
        let sent = probe.wait();
        let mut to: Vec<u32> = sent.into_iter().flat_map(|(to, _)| to).collect();
        to.sort_unstable();
        rounds.push(to);
    }
    rounds
}

#[test]
fn on_send_everybody_but_who_told_is_told_once_some_per_round() {
    let mut probe = Probe::<SharedWith>::new("shared-with:on=send,fanout=2", 8);
    assert_eq!(probe.receive(3, told(&[5])), []);
    let rounds = rounds(&mut probe, 99);
    assert_eq!(rounds.len(), 3);
    assert!(rounds.iter().all(|round| round.len() == 2), "{rounds:?}");
    let mut all = rounds.concat();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 4, 5, 6, 7]);
    assert_eq!(probe.records.len(), 6);
    assert!(probe.node.open.is_empty(), "nothing is remembered of it");
}

#[test]
fn on_acknowledgement_who_is_silent_is_told_again_when_the_retry_has_passed() {
    let mut probe = Probe::<SharedWith>::new("shared-with:fanout=9,retry=250ms", 4);
    probe.broadcast(5);
    assert_eq!(rounds(&mut probe, 1), [[1, 2, 3]]);
    assert_eq!(probe.records, [""; 0], "not yet");
    assert_eq!(probe.receive(2, stored(&[5])), []);
    assert_eq!(
        probe.records,
        ["Grown { with: Peer(2), rumors: [Rumor(5)] }"]
    );
    let silence = Vec::new();
    assert_eq!(
        rounds(&mut probe, 3),
        [silence.clone(), silence.clone(), vec![1, 3]]
    );
    // Who tells of it has it, and hears that it arrived.
    let sent = probe.receive(1, told(&[5]));
    assert_eq!(sent, [(vec![1], "Stored([Rumor(5)])".to_owned())]);
    probe.receive(3, stored(&[5]));
    assert_eq!(rounds(&mut probe, 99), [silence]);
    assert!(probe.node.open.is_empty());
}

#[test]
fn a_message_tells_all_that_its_reader_may_lack_up_to_a_batch() {
    let mut probe = Probe::<SharedWith>::new("shared-with:on=send,batch=2", 3);
    probe.receive(1, told(&[1]));
    for rumor in [2, 3] {
        probe.broadcast(rumor);
    }
    let mut sent = probe.wait();
    sent.sort();
    let message = |rumors: &[u32]| format!("{:?}", told(rumors));
    assert_eq!(
        sent,
        [(vec![1], message(&[2, 3])), (vec![2], message(&[1, 2]))]
    );
    assert_eq!(probe.wait(), [(vec![2], message(&[3]))]);
}

#[test]
fn rounds_are_at_the_multiples_of_the_interval() {
    let mut probe = Probe::<SharedWith>::new("shared-with:interval=100ms", 3);
    probe.now = Time(123_000_000);
    probe.broadcast(5);
    assert_eq!(probe.timers, [(Time(200_000_000), Tag(0))]);
}

#[test]
fn a_restarted_node_tells_only_those_who_are_not_in_the_stored_sets() {
    let mut probe = Probe::<SharedWith>::new("shared-with:fanout=9", 5);
    for rumor in [5, 6] {
        probe.known.insert(Peer(0), Rumor(rumor));
    }
    let grown = |with: u32, rumors: &[u32]| Grown {
        with: Peer(with),
        rumors: rumors.iter().copied().map(Rumor).collect(),
    };
    for record in [
        grown(1, &[5, 6]),
        grown(2, &[5]),
        grown(3, &[5]),
        grown(4, &[5]),
    ] {
        probe.call(|node, cx| node.on_record(record, cx));
    }
    probe.call(Strategy::start);
    let sent = probe.wait();
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|(to, said)| to != &[1] && *said == format!("{:?}", told(&[6])))
    );
}

#[test]
fn sets_among_the_neighbours_wait_for_the_topology() {
    let mut probe = Probe::<SharedWith>::new("shared-with:among=neighbours,on=send", 9);
    probe.neighbours = vec![Peer(2), Peer(7)];
    probe.broadcast(5);
    assert_eq!(rounds(&mut probe, 99), [[2, 7]]);
}

fn cluster(seed: u64, spec: &'static str) -> Cluster {
    let mut cluster = Cluster::new(seed, 5, move || registry::build(spec).unwrap());
    cluster.topology(&line(5));
    cluster
}

fn broadcast(cluster: &mut Cluster, values: std::ops::Range<usize>) {
    for value in values {
        let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
        assert!(cluster.request(value % 5, &body).is_some());
        cluster.run_for(20);
    }
}

/// How many of the values each node shows.
fn shown(cluster: &mut Cluster) -> Vec<usize> {
    let mut read = |node| cluster.read(node, "messages").len();
    (0..5).map(&mut read).collect()
}

#[test]
fn acknowledged_sets_survive_loss_cuts_and_the_kill_of_everybody() {
    for seed in 0..5 {
        for spec in ["shared-with", "shared-with:among=neighbours"] {
            let mut cluster = cluster(seed, spec);
            cluster.loss(0.5);
            broadcast(&mut cluster, 0..30);
            cluster.cut(true);
            broadcast(&mut cluster, 30..60);
            (0..5).for_each(|node| cluster.restart(node, false));
            cluster.cut(false);
            cluster.run_for(20_000);
            assert_eq!(shown(&mut cluster), [60; 5], "{spec}");
            assert!(cluster.is_idle(), "silence once all sets are complete");
        }
    }
}

#[test]
fn sets_that_grow_when_a_rumor_is_sent_survive_kills_and_delay_but_not_loss() {
    let mut sound = cluster(1, "shared-with:on=send");
    broadcast(&mut sound, 0..30);
    (0..5).for_each(|node| sound.restart(node, false));
    sound.run_for(5000);
    assert_eq!(shown(&mut sound), [30; 5]);
    assert!(sound.is_idle());

    let mut cut = cluster(1, "shared-with:on=send");
    cut.cut(true);
    broadcast(&mut cut, 0..30);
    cut.run_for(1000);
    cut.cut(false);
    cut.run_for(10_000);
    assert_eq!(shown(&mut cut), [6; 5], "told once, in vain");
}
