//! Broadcast that keeps its promise: store, forward, repeat until acknowledged.
//!
//! - Idea: a value is stored before it is acknowledged to anybody, told at once to
//!   the topology's neighbours except its sender, and told again until each of them
//!   says that it has stored it ([`replica`](super::replica) has the picture). A
//!   node that restarts reloads its values and tells its neighbours all of them.
//! - Cost: about twice flood's messages (each is acknowledged) when nothing is
//!   lost; at a share p of loss each is told about 1/(1−p)² times. Silent when idle.
//!   After a restart every value travels once more over the node's links, `batch`
//!   to a message.
//! - Survives loss, cuts that heal, kills (all nodes at once, too), delay, duplicates.
//!   Does not survive a wiped store: what no neighbour had is lost, and what they
//!   know that node to have had they do not tell it again. Nor a crash of the
//!   machine: records are written, not synced.
//! - Parameters: `retry` (200ms) how long to wait for an acknowledgement, up to four
//!   times as long while a neighbour is silent; `batch` (1000) values in a message.
//! - Before `topology` it has no neighbours.

use std::time::Duration;

use super::replica::{Pace, Replica};
use super::wire;
use crate::node::{Context, Node, Timer};
use crate::protocol::{Message, NodeId};

/// The flood-retry node. See the module.
#[derive(Debug)]
pub struct FloodRetry {
    replica: Replica,
}

impl FloodRetry {
    /// Waits `retry` for an acknowledgement; puts at most `batch` values in a message.
    #[must_use]
    pub fn new(retry: Duration, batch: usize) -> FloodRetry {
        let pace = Pace {
            retry,
            batch,
            push: true,
        };
        let replica = Replica::new(pace);
        FloodRetry { replica }
    }
}

impl Node for FloodRetry {
    fn init(&mut self, _members: &[NodeId], cx: &mut Context) {
        self.replica.restore(cx);
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Some(request) = self.replica.receive(message, cx) else {
            return;
        };
        let msg_id = request.msg_id;
        match (&*request.kind, request.message) {
            ("broadcast", Some(value)) => {
                self.replica.learn(&[value], &message.src, cx);
                wire::ok(cx, message, msg_id, "broadcast_ok");
            }
            ("broadcast", None) => {
                wire::malformed(cx, message, "broadcast wants a field `message`")
            }
            ("read", _) => {
                let listed = self.replica.values().listed();
                wire::list(cx, message, msg_id, "messages", listed);
            }
            _ => wire::unknown(cx, message),
        }
    }

    fn timeout(&mut self, timer: Timer, cx: &mut Context) {
        self.replica.timeout(timer, cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::testing::{Bench, Cluster, line};

    const TOPOLOGY: &str = r#"{"type":"topology","topology":{"n1":["n2","n3"]},"msg_id":1}"#;

    fn node() -> FloodRetry {
        FloodRetry::new(Duration::from_millis(200), 3)
    }

    #[test]
    fn a_value_is_stored_before_anybody_hears_of_it() {
        let mut bench = Bench::new(node());
        bench.receive("c0", TOPOLOGY);
        let sent = bench.receive(
            "c1",
            r#"{"type":"broadcast","message":{"a": 1},"msg_id":5}"#,
        );
        assert_eq!(
            sent,
            [
                r#"store {"a": 1}"#,
                r#"n2 {"type":"gossip","messages":[{"a": 1}]}"#,
                r#"n3 {"type":"gossip","messages":[{"a": 1}]}"#,
                r#"c1 {"type":"broadcast_ok","in_reply_to":5}"#,
            ]
        );
        let sent = bench.receive("n2", r#"{"type":"gossip","messages":[7,8]}"#);
        assert_eq!(
            sent,
            [
                "store 7",
                "store 8",
                r#"n3 {"type":"gossip","messages":[7,8]}"#,
                r#"n2 {"type":"gossip_ok","messages":[7,8]}"#,
            ]
        );
    }

    #[test]
    fn a_silent_neighbour_is_told_again_less_and_less_often_until_it_acknowledges() {
        let mut bench = Bench::new(node());
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
    fn a_restarted_node_tells_what_it_stored_in_batches_as_they_are_acknowledged() {
        let stored = b"1\n2\n\"x\"\n4\n5".to_vec();
        let mut bench = Bench::start(node(), "n1", &["n1", "n2"], Seed(2), stored);
        let sent = bench.receive(
            "c0",
            r#"{"type":"topology","topology":{"n1":["n2"]},"msg_id":1}"#,
        );
        assert_eq!(sent[1..], [r#"n2 {"type":"gossip","messages":[1,2,"x"]}"#]);
        let sent = bench.receive("n2", r#"{"type":"gossip_ok","messages":[1,2,"x"]}"#);
        assert_eq!(
            sent,
            [r#"n2 {"type":"gossip","messages":[4]}"#],
            "5 was cut short"
        );
        assert_eq!(
            bench.receive("c1", r#"{"type":"read","msg_id":7}"#),
            [r#"c1 {"type":"read_ok","messages":[1,2,"x",4],"in_reply_to":7}"#]
        );
    }

    #[test]
    fn a_late_acknowledgement_of_a_value_this_life_does_not_know_changes_nothing() {
        let mut bench = Bench::new(node());
        bench.receive("c0", TOPOLOGY);
        assert!(
            bench
                .receive("n2", r#"{"type":"gossip_ok","messages":[99]}"#)
                .is_empty()
        );
        let sent = bench.receive("c1", r#"{"type":"broadcast","message":1,"msg_id":5}"#);
        assert_eq!(sent.len(), 4, "{sent:?}");
    }

    fn cluster(seed: u64) -> Cluster {
        let mut cluster = Cluster::new(seed, 5, || {
            Box::new(FloodRetry::new(Duration::from_millis(200), 1000))
        });
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
