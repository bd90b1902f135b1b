//! Flood that keeps its promise: store, forward, repeat until acknowledged.
//!
//! - Idea: a rumor is stored before it is acknowledged to anybody, told at once to the
//!   topology's neighbours except its sender, and told again until each of them says
//!   that it has stored it ([`replica`](super::replica) has the picture). A node that
//!   restarts tells its neighbours all it stored.
//! - Source: folklore; reliable flooding with acknowledgements as link-state routing
//!   does it: RFC 2328 (OSPF), sections 13.3, 13.5 and 13.6.
//! - Parameters: `retry` (200ms) how long to wait for an acknowledgement, up to four
//!   times as long while a neighbour is silent; `batch` (1000) rumors in a message.
//! - Cost: about twice flood's messages (each is acknowledged) when nothing is lost; at
//!   a share p of loss each is told about 1/(1−p)² times. Silent when idle. After a
//!   restart, or a new topology, every rumor travels once more over the node's links,
//!   `batch` to a message.
//! - Survives loss, cuts that heal, kills (all nodes at once, too), delay, duplicates.
//!   Does not survive a wiped store: what no neighbour had is lost, and what they know
//!   that node to have had they do not tell it again. Nor a crash of the machine:
//!   records are written, not synced.

use super::replica::{BATCH, Manner, Replica};
use crate::registry::{Kind, Parameter, Promises};
use crate::strategy::About;

/// The flood-retry strategy. See the module.
pub type Retry = Replica<AtOnce>;

/// Tells the topology's neighbours at once.
#[derive(Clone, Copy, Debug)]
pub struct AtOnce;

impl Manner for AtOnce {
    const ABOUT: About = About {
        name: "flood-retry",
        family: "flood",
        summary: "stores what is new and tells its neighbours until each acknowledges",
        parameters: &[
            Parameter {
                name: "retry",
                kind: Kind::Duration,
                default: "200ms",
                summary: "how long to wait for an acknowledgement, up to 4 times as long while \
                          there is none",
            },
            BATCH,
        ],
        promises: Promises::ALL,
    };
    const INTERVAL: &'static str = "retry";
    const AT_ONCE: bool = true;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::replica::{Gossip, Pace};
    use super::*;
    use crate::node::Time;
    use crate::rng::Seed;
    use crate::strategy::probe::Probe;
    use crate::strategy::{Peer, Rumor, Spread, Strategy};
    use crate::testing::{Bench, Cluster, line};

    const TOPOLOGY: &str = r#"{"type":"topology","topology":{"n1":["n2","n3"]},"msg_id":1}"#;

    fn node(batch: usize) -> Spread<Retry> {
        let interval = Duration::from_millis(200);
        Spread::new(Pace { interval, batch })
    }

    #[test]
    fn a_value_is_stored_before_anybody_hears_of_it() {
        let mut bench = Bench::new(node(3));
        bench.receive("c0", TOPOLOGY);
        let sent = bench.receive(
            "c1",
            r#"{"type":"broadcast","message":{"a": 1},"msg_id":5}"#,
        );
        assert_eq!(
            sent,
            [
                r#"store {"rumor":{"a": 1}}"#,
                r#"c1 {"type":"broadcast_ok","in_reply_to":5}"#,
                r#"n2 {"type":"gossip","messages":[{"a": 1}]}"#,
                r#"n3 {"type":"gossip","messages":[{"a": 1}]}"#,
            ]
        );
        let sent = bench.receive("n2", r#"{"type":"gossip","messages":[7,8]}"#);
        assert_eq!(
            sent,
            [
                r#"store {"rumor":7}"#,
                r#"store {"rumor":8}"#,
                r#"n3 {"type":"gossip","messages":[7,8]}"#,
                r#"n2 {"type":"gossip_ok","messages":[7,8]}"#,
            ]
        );
    }

    #[test]
    fn a_silent_neighbour_is_told_again_less_and_less_often_until_it_acknowledges() {
        let mut bench = Bench::new(node(3));
        bench.receive("c0", TOPOLOGY);
        bench.receive("c1", r#"{"type":"broadcast","message":1,"msg_id":5}"#);
        bench.receive("n2", r#"{"type":"gossip_ok","messages":[1]}"#);
        let mut told = Vec::new();
        while told.len() < 6 {
            let sent = bench.wait();
            if !sent.is_empty() {
                assert_eq!(sent, [r#"n3 {"type":"gossip","messages":[1]}"#]);
                told.push(bench.now().as_millis());
            }
        }
        assert_eq!(told, [200, 600, 1400, 2200, 3000, 3800]);
        bench.receive("n3", r#"{"type":"gossip_ok","messages":[1]}"#);
        while bench.has_timer() {
            assert!(
                bench.wait().is_empty(),
                "silence when nobody lacks anything"
            );
        }
    }

    #[test]
    fn a_neighbour_that_is_back_is_told_the_rest_at_once_and_as_often_as_at_first() {
        let mut probe = Probe::<Retry>::new("flood-retry", 2);
        probe.broadcast(1);
        probe.broadcast(2);
        for _ in 0..2 {
            assert_eq!(probe.wait().len(), 1);
        }
        assert_eq!(probe.now.nanos(), 600_000_000, "next at 1400 ms");
        probe.now = Time(900_000_000);
        let rest = vec![(vec![1], "Told([Rumor(2)])".to_owned())];
        assert_eq!(probe.receive(1, Gossip::Stored(vec![Rumor(1)])), rest);
        for millis in [1400, 1600, 2000] {
            assert_eq!(probe.wait(), rest);
            assert_eq!(probe.now.nanos(), millis * 1_000_000);
        }
    }

    #[test]
    fn a_restarted_node_tells_what_it_stored_in_batches_as_they_are_acknowledged() {
        let stored = ["1", "2", "\"x\"", "4"].map(|value| format!("{{\"rumor\":{value}}}\n"));
        let stored = stored.concat() + "{\"rumor\":5"; // cut short by the kill
        let mut bench = Bench::start(node(3), "n1", &["n1", "n2"], Seed(2), stored.into());
        let sent = bench.receive(
            "c0",
            r#"{"type":"topology","topology":{"n1":["n2"]},"msg_id":1}"#,
        );
        assert_eq!(sent[1..], [r#"n2 {"type":"gossip","messages":[1,2,"x"]}"#]);
        let sent = bench.receive("n2", r#"{"type":"gossip_ok","messages":[1,2,"x"]}"#);
        assert_eq!(sent, [r#"n2 {"type":"gossip","messages":[4]}"#]);
        assert_eq!(
            bench.receive("c1", r#"{"type":"read","msg_id":7}"#),
            [r#"c1 {"type":"read_ok","messages":[1,2,"x",4],"in_reply_to":7}"#]
        );
    }

    #[test]
    fn without_a_topology_a_restarted_node_tells_everybody_although_no_client_speaks_to_it() {
        let mut bench = Bench::new(node(3));
        bench.receive("c1", r#"{"type":"add","element":1,"msg_id":5}"#);
        let stored = bench.stored.clone();
        let mut bench = Bench::start(node(3), "n1", &["n1", "n2"], Seed(2), stored);
        // Told at once when it started, and now again.
        assert_eq!(bench.wait(), [r#"n2 {"type":"gossip","messages":[1]}"#]);
    }

    #[test]
    fn a_late_acknowledgement_of_a_value_this_life_does_not_know_changes_nothing() {
        let mut bench = Bench::new(node(3));
        bench.receive("c0", TOPOLOGY);
        assert!(
            bench
                .receive("n2", r#"{"type":"gossip_ok","messages":[99]}"#)
                .is_empty()
        );
        let sent = bench.receive("c1", r#"{"type":"broadcast","message":1,"msg_id":5}"#);
        assert_eq!(sent.len(), 4, "{sent:?}");
    }

    #[test]
    fn a_quiet_node_remembers_nothing_about_its_peers() {
        let mut probe = Probe::<Retry>::new("flood-retry", 4);
        let fresh = format!("{:?}", probe.node);
        for rumor in [5, 3, 9, 4] {
            assert_eq!(probe.broadcast(rumor).len(), 1);
        }
        for peer in [1, 2] {
            let all = [3, 4, 5, 9].map(Rumor).to_vec();
            assert_eq!(probe.receive(peer, Gossip::Stored(all)), []);
        }
        // Who tells of a rumor has it, and is told that it arrived.
        let told = probe.receive(3, Gossip::Told([9, 5, 3, 4].map(Rumor).to_vec()));
        assert_eq!(told.len(), 1);
        for _ in 0..3 {
            assert_eq!(probe.wait(), []);
        }
        assert!(probe.timers.is_empty());
        assert_eq!(format!("{:?}", probe.node), fresh);
    }

    #[test]
    fn a_peer_that_is_no_neighbour_any_more_is_told_nothing_more() {
        let mut probe = Probe::<Retry>::new("flood-retry", 4);
        probe.neighbours = vec![Peer(1), Peer(2)];
        probe.broadcast(7);
        probe.neighbours = vec![Peer(2), Peer(3)];
        let told = probe.call(Strategy::on_neighbours);
        assert_eq!(told, [(vec![3], "Told([Rumor(7)])".to_owned())]);
        for _ in 0..9 {
            let told = probe.wait();
            assert!(told.iter().all(|(to, _)| *to != [1]), "{told:?}");
        }
    }

    fn cluster(seed: u64) -> Cluster {
        let mut cluster = Cluster::new(seed, 5, || Box::new(node(1000)));
        cluster.topology(&line(5));
        cluster
    }

    #[test]
    fn every_node_hears_everything_although_half_of_all_messages_are_lost() {
        for seed in 0..10 {
            let mut cluster = cluster(seed);
            cluster.loss(0.5);
            for value in 0..30 {
                cluster.request(
                    value % 5,
                    &format!(r#"{{"type":"broadcast","message":{value}}}"#),
                );
                cluster.run_for(20);
            }
            cluster.run_for(30_000);
            for node in 0..5 {
                assert_eq!(
                    cluster.read(node, "messages"),
                    (0..30).collect::<Vec<i64>>(),
                    "n{node}"
                );
            }
            assert!(cluster.is_idle(), "no message, no timer once all have all");
        }
    }

    #[test]
    fn what_was_acknowledged_survives_the_kill_of_every_node_and_still_spreads() {
        let mut cluster = cluster(3);
        cluster.cut(true);
        for value in 0..20 {
            let acknowledged = cluster.request(
                value % 5,
                &format!(r#"{{"type":"broadcast","message":{value}}}"#),
            );
            assert!(acknowledged.is_some());
        }
        cluster.run_for(3000);
        for node in 0..5 {
            cluster.restart(node, false);
            assert_eq!(cluster.read(node, "messages").len(), 4);
        }
        cluster.cut(false);
        cluster.run_for(10_000);
        for node in 0..5 {
            assert_eq!(
                cluster.read(node, "messages"),
                (0..20).collect::<Vec<i64>>(),
                "n{node}"
            );
        }
    }
}
