//! What all anti-entropy strategies have in common, and how their digests compare.

use rand::RngExt as _;

use super::net::Net;
use super::{Bloom, Digest, Entropy, FullSet, Iblt, Merkle, Said, Scuttlebutt, SetHash};
use crate::registry;
use crate::rng::Seed;
use crate::strategy::probe::Probe;
use crate::strategy::{Peer, Rumor, Spread, Strategy};
use crate::testing::{Cluster, line};

/// Calls a generic function with every digest's type.
macro_rules! with_every_digest {
    ($test:ident $(, $argument:expr)*) => {
        $test::<FullSet>($($argument),*);
        $test::<SetHash>($($argument),*);
        $test::<Bloom>($($argument),*);
        $test::<Merkle>($($argument),*);
        $test::<Scuttlebutt>($($argument),*);
        $test::<Iblt>($($argument),*);
    };
}

const FLOWS: [&str; 3] = ["push", "pull", "push-pull"];

/// The share of nodes without a rumor after a round, from the share before it
/// (CSL-89-1, section 1.3).
fn shrunk(flow: &str, share: f64, nodes: f64) -> f64 {
    let not_called = (1.0 - 1.0 / (nodes - 1.0)).powf(nodes * (1.0 - share));
    match flow {
        "push" => share * not_called,
        "pull" => share * share,
        _ => share * share * not_called,
    }
}

/// From a tenth of all nodes uninformed: each round's count, beside what theory says of it.
fn tail_is_as_theory_says<D: Digest>(nodes: u32) {
    for flow in FLOWS {
        let spec = format!("{}:flow={flow}", D::ABOUT.name);
        let mut net = Net::<D>::new(&spec, 3, nodes, 1);
        for node in 0..nodes - nodes / 10 {
            net.known.insert(Peer(node), Rumor(0));
        }
        net.start();
        let mut share = 0.1;
        let mut counts = Vec::new();
        while share > 0.0 {
            net.round(|_| false);
            let n = f64::from(nodes);
            let expected = n * shrunk(flow, share, n);
            let left = nodes as usize - net.count(0);
            // At most Poisson's variance; 4.5 standard deviations, and half a node.
            let bound = 4.5 * expected.sqrt() + 0.5;
            assert!(
                (left as f64 - expected).abs() <= bound,
                "{spec}: {left} of {nodes} left, expected {expected:.1} ± {bound:.1}"
            );
            share = left as f64 / n;
            counts.push(format!("{left} ({expected:.1})"));
            assert!(counts.len() < 20, "{spec}: {counts:?}");
        }
        println!("{spec}, n = {nodes}: left (theory) {}", counts.join(" "));
    }
}

#[test]
fn the_uninformed_shrink_by_push_pull_and_both_as_theory_says() {
    tail_is_as_theory_says::<FullSet>(10_000);
    with_every_digest!(tail_is_as_theory_says, 1_000);
}

/// Messages that are lost now and then, nodes of different sets; all get everything.
fn all_get_everything<D: Digest>() {
    for flow in FLOWS {
        for peer in ["random", "round-robin"] {
            let spec = format!("{}:flow={flow},peer={peer}", D::ABOUT.name);
            let mut net = Net::<D>::new(&spec, 5, 12, 600);
            net.measures = true;
            net.start();
            for rumor in 0..600 {
                net.broadcast(rumor * 7 % 12, rumor);
            }
            let mut chance = Seed(6).rng();
            let mut rounds = 0;
            while !net.all_know(600) {
                net.round(|_| chance.random_bool(0.25));
                rounds += 1;
                assert!(rounds < 60, "{spec}: not in {rounds} rounds");
            }
            println!("{spec}: {rounds} rounds");
        }
    }
}

#[test]
fn all_get_everything_whichever_way_rumors_go_although_a_fourth_of_all_messages_is_lost() {
    with_every_digest!(all_get_everything);
}

/// Between nodes of 2,000 and of no rumors.
fn no_message_is_larger_than_its_bound<D: Digest>() {
    for batch in [1, 16, 200] {
        let spec = format!("{}:batch={batch}", D::ABOUT.name);
        let mut net = Net::<D>::new(&spec, 5, 2, 2_000);
        net.measures = true;
        net.start();
        for rumor in 0..2_000 {
            net.broadcast(0, rumor);
        }
        for _ in 0..20 {
            net.round(|said| {
                assert!(!matches!(said, Said::Rumors { rumors, .. } if rumors.len() > batch));
                assert!(!matches!(said, Said::Rumors { wants, .. } if wants.len() > batch));
                false
            });
        }
        // Words take 11 characters of base 64; small digests have a least size.
        let bound = 300 + 14 * batch.max(60);
        assert!(net.largest <= bound, "{spec}: {} > {bound}", net.largest);
        let moved = net.known.count(Peer(1)) as usize;
        assert!(moved >= 15 * batch.min(100), "{spec}: {moved} moved");
    }
}

#[test]
fn however_large_sets_are_messages_are_not() {
    with_every_digest!(no_message_is_larger_than_its_bound);
}

/// Bytes of one exchange, rumors included, between sets of `count` and `differences` more
/// that only one of the two has, half of them here and half there.
fn bytes<D: Digest>(count: u32, differences: u32) -> usize {
    let mut net = Net::<D>::new(D::ABOUT.name, 1, 2, count + differences);
    let batch = std::mem::replace(&mut net.config.batch, 100_000);
    net.start();
    (0..count).for_each(|rumor| net.broadcast(rumor % 2, rumor));
    (0..3).for_each(|_| net.exchange(0));
    assert!(net.all_know(count));
    for rumor in count..count + differences {
        net.broadcast(rumor % 2, rumor);
    }
    net.config.batch = batch;
    net.measures = true;
    (net.bytes, net.messages) = (0, 0);
    net.exchange(0);
    net.bytes
}

const DIFFERENCES: [u32; 4] = [0, 1, 10, 100];

/// For N of 1,000 and 10,000 the bytes by number of differences.
fn row<D: Digest>() -> [[usize; 4]; 2] {
    let row = [1_000, 10_000].map(|count| DIFFERENCES.map(|d| bytes::<D>(count, d)));
    let cells: Vec<String> = row
        .iter()
        .flatten()
        .map(|bytes| format!("{bytes:>8}"))
        .collect();
    println!("{:<12}{}", D::ABOUT.name, cells.join(""));
    row
}

fn probe<D: Digest>(spec: &str) -> Probe<Entropy<D>> {
    Probe::new(spec, 5)
}

#[test]
fn a_round_is_with_one_peer_and_the_next_one_comes_after_the_interval() {
    for (spec, expected) in [
        ("full-set:interval=250ms", None),
        ("full-set:interval=250ms,peer=round-robin", Some(4)),
    ] {
        let mut probe = probe::<FullSet>(spec);
        probe.broadcast(1);
        let mut peers = Vec::new();
        for round in 1..=40 {
            let sent = probe.wait();
            assert_eq!(probe.now.nanos(), round * 250_000_000);
            let [(dests, said)] = &sent[..] else {
                panic!("one message: {sent:?}")
            };
            assert!(said.starts_with("Digest"), "{said}");
            peers.extend_from_slice(dests);
        }
        let mut turns = peers.chunks(4).map(|turn| {
            let mut turn = turn.to_vec();
            turn.sort_unstable();
            turn.dedup();
            turn.len()
        });
        match expected {
            Some(different) => assert!(turns.all(|turn| turn == different), "{peers:?}"),
            None => assert!(turns.any(|turn| turn < 4), "{peers:?}"),
        }
    }
}

#[test]
fn only_neighbours_are_asked_if_so_wished() {
    let mut probe = probe::<SetHash>("set-hash:among=neighbours");
    probe.neighbours = vec![Peer(2), Peer(4)];
    let mut asked: Vec<u32> = (0..40).flat_map(|_| probe.wait().remove(0).0).collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, [2, 4]);
}

#[test]
fn who_can_only_give_and_has_nothing_says_nothing() {
    let mut probe = probe::<FullSet>("full-set:flow=push");
    assert_eq!(probe.wait(), []);
    probe.broadcast(3);
    let said = "Ask { flow: Flow { give: true, take: false }, hash: None }";
    assert_eq!(probe.wait()[0].1, said);
}

fn spread<D: Digest + 'static>() -> Cluster {
    let make = || -> Box<dyn crate::node::Node> {
        let (_, settings) = registry::settings(D::ABOUT.name).expect("a spec");
        Box::new(Spread::<Entropy<D>>::new(
            Entropy::<D>::configure(&settings).expect("a configuration"),
        ))
    };
    Cluster::new(11, 7, make)
}

fn all_read(cluster: &mut Cluster, name: &str, count: i64) {
    for node in 0..7 {
        let expected: Vec<i64> = (0..count).collect();
        assert_eq!(cluster.read(node, "messages"), expected, "{name}: n{node}");
    }
}

/// What is broadcast while every second message is lost, or all are, is everywhere two
/// seconds after that ended.
fn repairs_itself<D: Digest + 'static>() {
    let mut cluster = spread::<D>();
    cluster.topology(&line(7));
    cluster.loss(0.5);
    for value in 0..60 {
        if value == 30 {
            cluster.cut(true);
        }
        let node = value % 7;
        cluster.request(
            node,
            &format!(r#"{{"type":"broadcast","message":{value}}}"#),
        );
        cluster.run_for(20);
    }
    assert!(cluster.read(0, "messages").len() < 60);
    cluster.cut(false);
    cluster.loss(0.0);
    cluster.run_for(2_000);
    all_read(&mut cluster, D::ABOUT.name, 60);
}

#[test]
fn what_was_lost_or_cut_is_everywhere_soon_after() {
    with_every_digest!(repairs_itself);
}

/// Kills before anything was sent, wipes after all was; broadcasts go on.
fn survives<D: Digest + 'static>() {
    let mut cluster = spread::<D>();
    cluster.topology(&line(7));
    let mut value = 0;
    let mut broadcast = |cluster: &mut Cluster, node: usize| {
        cluster.request(
            node,
            &format!(r#"{{"type":"broadcast","message":{value}}}"#),
        );
        value += 1;
    };
    for node in 0..7 {
        (0..5).for_each(|_| broadcast(&mut cluster, node));
        cluster.restart(node, false);
    }
    cluster.run_for(2_000);
    all_read(&mut cluster, D::ABOUT.name, 35);
    // The origin of some forgets everything, numbers of its own included.
    for round in 0..3 {
        cluster.restart(2, round != 1);
        (0..5).for_each(|_| broadcast(&mut cluster, 2));
        cluster.run_for(2_000);
        all_read(&mut cluster, D::ABOUT.name, 40 + round * 5);
    }
}

#[test]
fn what_was_acknowledged_survives_kills_and_a_wiped_node_gets_everything_back() {
    with_every_digest!(survives);
}

/// Once all are equal, nothing but questions or digests is said.
fn says_little_when_equal<D: Digest>() {
    let mut net = Net::<D>::new(D::ABOUT.name, 7, 5, 50);
    net.start();
    for rumor in 0..50 {
        net.broadcast(rumor % 5, rumor);
    }
    for _ in 0..40 {
        net.round(|_| false);
    }
    assert!(net.all_know(50));
    (net.messages, net.carried) = (0, 0);
    net.round(|_| false);
    assert_eq!(
        (net.messages, net.carried),
        (5, 0),
        "{}: one message per node and round",
        D::ABOUT.name
    );
}

#[test]
fn equal_sets_cost_one_message_per_round_and_no_rumors() {
    with_every_digest!(says_little_when_equal);
}

#[test]
fn bytes_of_an_exchange_grow_as_the_digest_says() {
    println!("bytes per exchange, push-pull, as JSON, rumors included");
    println!("{:<12}{:>32}{:>32}", "", "N = 1,000", "N = 10,000");
    let d: String = DIFFERENCES
        .map(|d| format!("{:>8}", format!("d={d}")))
        .concat();
    println!("{:<12}{d}{d}", "");
    let full = row::<FullSet>();
    let hash = row::<SetHash>();
    let bloom = row::<Bloom>();
    let merkle = row::<Merkle>();
    let scuttlebutt = row::<Scuttlebutt>();
    let iblt = row::<Iblt>();
    // All keys, whatever differs: ten times as many, ten times as much.
    for (small, large) in full[0].into_iter().zip(full[1]) {
        assert!((8..12).contains(&(large / small)));
    }
    // A hash for nothing, all keys for anything.
    for n in 0..2 {
        assert!(hash[n][0] < 100);
        assert!(hash[n][1] > full[n][1] * 9 / 10);
    }
    // A Bloom filter is proportional to N as well, at a sixth of the price.
    for (n, count) in [1_000, 10_000].into_iter().enumerate() {
        assert!((count..count * 2).contains(&bloom[n][0]));
        assert!(bloom[n][3] < full[n][3] / 2);
    }
    // A tree costs what differs, and a level more for sixteen times as many.
    assert!(merkle[1][0] < 100 && merkle[1][1] < 2 * merkle[0][1]);
    assert!(merkle[1][1] < merkle[1][2] && merkle[1][2] < merkle[1][3]);
    assert!(merkle[1][2] < bloom[1][2] / 4 && merkle[1][3] < full[1][3] / 3);
    // One number per origin, and what differs once.
    for [none, one, _, hundred] in scuttlebutt {
        assert!(none < 150 && one < none + 300 && hundred < one + 100 * 8);
    }
    // Tables cost what differs, whatever N: the same but for the rumors' digits.
    assert!(iblt[1][0] < 100);
    for (small, large) in iblt[0].into_iter().zip(iblt[1]) {
        assert!(large < small + 4 * 100, "{small}, {large}");
    }
    // A tree is better for one difference, a table for many.
    assert!(iblt[1][3] < merkle[1][3] / 3 && iblt[1][2] < merkle[1][2] / 2);
    assert!(scuttlebutt[1][3] < iblt[1][3]);
}
