//! A grow-only set as a CRDT, spread in deltas until everybody acknowledged them.
//!
//! - Idea: every `gossip` interval each node tells each other node the elements that
//!   node may lack, until it acknowledges them ([`replica`](super::replica) has the
//!   picture). A set only grows, so order, repetition and delay do not matter. An
//!   element is stored before it is acknowledged, and told again after a restart. The
//!   topology plays no part: everybody tells everybody.
//! - Source: the grow-only set of Shapiro, Preguiça, Baquero, Zawirski, "A comprehensive
//!   study of Convergent and Commutative Replicated Data Types", INRIA RR-7506 (2011),
//!   section 3.3.1; deltas until acknowledged as in Almeida, Shoker, Baquero, "Delta
//!   State Replicated Data Types", JPDC 111 (2018).
//! - Parameters: `gossip` (100ms) the interval, up to four times as long for a silent
//!   node; `batch` (1000) elements in a message.
//! - Cost: up to 2·n·(n−1) messages per interval in which something was added, each with
//!   everything that is due, however many adds there were; silent when idle. Elements
//!   take up to one interval per hop; all nodes are one hop away.
//! - Survives loss, cuts that heal, kills, delay, duplicates, reordering. Does not
//!   survive a wiped store: what nobody else had is lost, and what others had is not told
//!   to that node again.

use super::replica::{BATCH, Manner, Replica};
use crate::registry::{Kind, Parameter, Promises};
use crate::strategy::About;

/// The g-set strategy. See the module.
pub type GSet = Replica<InIntervals>;

/// Tells everybody in intervals.
#[derive(Clone, Copy, Debug)]
pub struct InIntervals;

impl Manner for InIntervals {
    const ABOUT: About = About {
        name: "g-set",
        family: "flood",
        summary: "a grow-only set as a CRDT, stored, spread in intervals until acknowledged",
        parameters: &[
            Parameter {
                name: "gossip",
                kind: Kind::Duration,
                default: "100ms",
                summary: "the interval in which others are told, up to 4 times as long while they \
                          are silent",
            },
            BATCH,
        ],
        promises: Promises::ALL,
    };
    const INTERVAL: &'static str = "gossip";
    const AT_ONCE: bool = false;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::replica::Pace;
    use super::*;
    use crate::rng::Seed;
    use crate::strategy::Spread;
    use crate::testing::{Bench, Cluster};

    fn node() -> Spread<GSet> {
        let interval = Duration::from_millis(100);
        Spread::new(Pace {
            interval,
            batch: 1000,
        })
    }

    #[test]
    fn adds_of_one_interval_travel_in_one_message_to_each_node() {
        let mut bench = Bench::new(node());
        assert_eq!(
            bench.receive("c1", r#"{"type":"add","element":1,"msg_id":5}"#),
            [
                r#"store {"neighbours":"everybody"}"#,
                r#"store {"rumor":1}"#,
                r#"c1 {"type":"add_ok","in_reply_to":5}"#,
            ]
        );
        bench.receive("c1", r#"{"type":"add","element":"x","msg_id":6}"#);
        assert_eq!(bench.wait(), [r#"n2 {"type":"gossip","messages":[1,"x"]}"#]);
        assert_eq!(bench.wait(), [r#"n3 {"type":"gossip","messages":[1,"x"]}"#]);
        assert_eq!(bench.now(), Duration::from_millis(100));
        assert_eq!(
            bench.receive("c1", r#"{"type":"read","msg_id":7}"#),
            [r#"c1 {"type":"read_ok","value":[1,"x"],"in_reply_to":7}"#]
        );
    }

    #[test]
    fn a_restarted_node_tells_everybody_although_no_client_speaks_to_it() {
        let stored = b"{\"rumor\":1}\n{\"rumor\":2}\n".to_vec();
        let mut bench = Bench::start(node(), "n1", &["n1", "n2"], Seed(2), stored);
        assert_eq!(bench.wait(), [r#"n2 {"type":"gossip","messages":[1,2]}"#]);
    }

    #[test]
    fn sets_converge_under_loss_and_across_restarts() {
        for seed in 0..10 {
            let mut cluster = Cluster::new(seed, 5, || Box::new(node()));
            cluster.loss(0.5);
            for value in 0..40 {
                let added =
                    cluster.request(value % 5, &format!(r#"{{"type":"add","element":{value}}}"#));
                assert!(added.is_some());
                cluster.run_for(30);
                if value % 10 == 9 {
                    cluster.restart(value % 4, false);
                }
            }
            cluster.run_for(30_000);
            for node in 0..5 {
                assert_eq!(
                    cluster.read(node, "value"),
                    (0..40).collect::<Vec<i64>>(),
                    "n{node}"
                );
            }
            assert!(cluster.is_idle());
        }
    }
}
