use std::collections::VecDeque;
use std::rc::Rc;

use super::*;
use crate::node::Time;
use crate::registry;
use crate::rng::{Rng, Seed};
use crate::strategy::probe::{Plain, Probe};
use crate::strategy::{Effects, Known, Neighbours, Scratch, Surroundings};
use crate::testing::Cluster;

fn listed(rumor: u32, visited: &[u32], hops: Option<u32>) -> Listed {
    Listed {
        rumor: Rumor(rumor),
        visited: visited.iter().copied().map(Peer).collect(),
        hops,
    }
}

fn sent(to: &[u32], message: Listed) -> Vec<(Vec<u32>, String)> {
    vec![(to.to_vec(), format!("{message:?}"))]
}

#[test]
fn who_is_on_the_list_is_not_told_and_whom_the_node_tells_is_put_on_it() {
    let mut probe = Probe::<Visited>::new("visited", 9);
    probe.neighbours = vec![Peer(4), Peer(2), Peer(3)];
    assert_eq!(
        probe.broadcast(5),
        sent(&[4, 2, 3], listed(5, &[0, 2, 3, 4], None))
    );
    let heard = listed(6, &[2, 5, 7], None);
    let told = sent(&[4, 3], listed(6, &[0, 2, 3, 4, 5, 7], None));
    assert_eq!(probe.receive(2, heard.clone()), told);
    assert_eq!(probe.receive(5, heard), []);
    assert_eq!(probe.receive(3, listed(7, &[1, 2, 3, 4], None)), []);
    assert_eq!(probe.known(), [5, 6, 7]);
}

#[test]
fn a_path_is_only_whom_the_copy_went_through_and_may_be_limited_too() {
    let mut probe = Probe::<Visited>::new("visited:list=path,hops=3", 9);
    probe.neighbours = vec![Peer(2), Peer(3)];
    assert_eq!(probe.broadcast(5), sent(&[2, 3], listed(5, &[0], Some(2))));
    let (heard, told) = (listed(6, &[2, 7], Some(1)), listed(6, &[0, 2, 7], Some(0)));
    assert_eq!(probe.receive(2, heard), sent(&[3], told));
    assert_eq!(probe.receive(2, listed(8, &[2, 7], Some(0))), []);
}

#[test]
fn without_memory_a_known_rumor_is_passed_on_to_those_the_copy_does_not_list() {
    let mut probe = Probe::<Visited>::new("visited:memory=no,list=path", 9);
    probe.neighbours = vec![Peer(2), Peer(3)];
    for from in [2, 3] {
        let heard = listed(6, &[from], None);
        let told = sent(&[5 - from], listed(6, &[0, from], None));
        assert_eq!(probe.receive(from, heard), told);
    }
}

#[test]
fn a_list_costs_bytes_and_comes_back_as_it_was_written() {
    let text = |message: &Listed| {
        let mut text = Vec::new();
        Writer::write(message, &Plain::default(), &mut text);
        String::from_utf8(text).unwrap()
    };
    let (short, long) = (listed(7, &[], None), listed(7, &[0, 12, 3], Some(4)));
    assert_eq!(
        text(&short),
        r#"{"type":"broadcast","message":7,"visited":[]}"#
    );
    assert_eq!(
        text(&long),
        r#"{"type":"broadcast","message":7,"visited":["n0","n12","n3"],"hops":4}"#
    );
    for message in [short, long] {
        let (text, mut names) = (text(&message), Plain::default());
        let mut reader = Reader::new(&text, &mut names);
        let kind = reader.kind().unwrap();
        let read = Listed::read(&kind, &mut reader).unwrap();
        assert_eq!(read.hops, message.hops);
        let mut visited = message.visited.clone();
        visited.sort_unstable();
        assert_eq!(read.visited, visited);
    }
}

/// Messages that one broadcast takes among nodes who all know each other; all hear it.
fn messages(spec: &'static str, nodes: usize) -> usize {
    let mut cluster = Cluster::new(7, nodes, move || registry::build(spec).unwrap());
    let others = |node: usize| (0..nodes).filter(|&other| other != node).collect();
    cluster.topology(&(0..nodes).map(others).collect::<Vec<_>>());
    cluster.request(0, r#"{"type":"broadcast","message":1}"#);
    cluster.run_for(1000);
    for node in 0..nodes {
        assert_eq!(cluster.read(node, "messages"), [1], "n{node}");
    }
    cluster.sent_between_nodes()
}

#[test]
fn the_more_a_message_says_the_fewer_are_needed() {
    assert_eq!(messages("flood", 5), 4 + 4 * 3);
    assert_eq!(messages("visited:list=path", 5), 4 + 4 * 3);
    assert_eq!(messages("visited", 5), 4, "everybody was told by the first");
    // Every path that visits no node twice: 4 + 4·3 + 4·3·2 + 4·3·2·1.
    assert_eq!(messages("visited:list=path,memory=no", 5), 64);
    assert_eq!(messages("visited:list=path,memory=no,hops=2", 5), 16);
    assert_eq!(messages("visited:memory=no", 5), 4);
}

/// Whether one message reaches everybody of `n` in rounds, the copies of a round arriving
/// in the order they were sent.
fn reaches_everybody(config: &Config, n: u32, rng: &mut Rng) -> bool {
    let mut known = Known::new(n, 1);
    let (names, mut scratch) = (Plain::default(), Scratch::default());
    let mut queue = VecDeque::from([(Peer(0), Peer(0), None::<Rc<Listed>>)]);
    while let Some((from, id, message)) = queue.pop_front() {
        let mut effects = Effects::<Visited>::default();
        let others = Neighbours::Others { but: id, size: n };
        if message.is_none() {
            known.insert(id, Rumor(0));
        }
        let mut cx = Context::new(Surroundings {
            config,
            id,
            size: n,
            now: Time::ZERO,
            neighbours: others,
            rng,
            known: &mut known,
            row: id,
            names: &names,
            effects: &mut effects,
            scratch: &mut scratch,
        });
        match message {
            None => Visited.on_broadcast(Rumor(0), &mut cx),
            Some(message) => Visited.on_receive(from, &message, &mut cx),
        }
        for multicast in effects.multicasts {
            let message = Rc::new(multicast.message);
            let dests = effects.dests.iter();
            queue.extend(dests.map(|&dest| (id, dest, Some(message.clone()))));
        }
    }
    (0..n).all(|node| known.contains(Peer(node), Rumor(0)))
}

/// The share of trials that reach everybody of 25, and half its 99.9% interval.
fn share(spec: &str, trials: u32) -> (f64, f64) {
    let (_, settings) = registry::settings(spec).unwrap();
    let config = Visited::configure(&settings).unwrap();
    let mut rng = Seed(25).rng();
    let reached = (0..trials)
        .filter(|_| reaches_everybody(&config, 25, &mut rng))
        .count();
    let (share, trials) = (reached as f64 / f64::from(trials), f64::from(trials));
    let half = 3.29 * (share * (1.0 - share) / trials).sqrt();
    println!("{spec}: {share} ± {half}");
    (share, half)
}

/// "A shared-with set carried on the message at n=25 needs fan-out 4 for .986, 5 for
/// .9996": the set is the path and all whom the path told, and the first copy counts.
#[test]
fn a_list_of_all_who_were_told_reaches_everybody_with_fan_out_4_or_5() {
    let of = |list: &str, fanout: u32| {
        let spec = format!("visited:list={list},fanout={fanout},among=others");
        share(&spec, 10_000)
    };
    for (fanout, target, unit) in [(4, 0.986, 0.001), (5, 0.9996, 0.0001)] {
        let (share, half) = of("told", fanout);
        assert!((share - target).abs() <= half + unit / 2.0, "{share}");
        let (path, half) = of("path", fanout);
        assert!(path + half < target - 0.01, "the path alone: {path}");
    }
}
