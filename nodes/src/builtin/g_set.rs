//! A grow-only set as a CRDT, spread by anti-entropy in deltas.
//!
//! - Idea: every `gossip` interval each node tells each other node the elements
//!   that node may lack; it acknowledges them ([`replica`](super::replica)). A set
//!   only grows, so order, repetition and delay do not matter. An element is stored
//!   before it is acknowledged, and told again after a restart.
//! - Cost: up to 2·n·(n−1) messages per interval in which something was added, each
//!   with everything that is due, however many adds there were; silent when idle.
//!   Elements take up to one interval per hop; all nodes are one hop away.
//! - Survives loss, cuts that heal, kills, delay, duplicates, reordering. Does not
//!   survive a wiped store: what nobody else had is lost, and what others had is
//!   not told to that node again.
//! - Parameters: `gossip` (100ms) the interval, up to four times as long for a
//!   silent node; `batch` (1000) elements in a message.
//! - Tells all members until a `topology` names neighbours.

use std::time::Duration;

use super::replica::{Pace, Replica};
use super::wire;
use crate::node::{Context, Node, Timer};
use crate::protocol::{Message, NodeId};

/// The g-set node. See the module.
#[derive(Debug)]
pub struct GSet {
    replica: Replica,
}

impl GSet {
    /// Tells others every `gossip`; puts at most `batch` elements in a message.
    #[must_use]
    pub fn new(gossip: Duration, batch: usize) -> GSet {
        let pace = Pace {
            retry: gossip,
            batch,
            push: false,
        };
        let replica = Replica::new(pace);
        GSet { replica }
    }
}

impl Node for GSet {
    fn init(&mut self, members: &[NodeId], cx: &mut Context) {
        self.replica.restore(cx);
        self.replica.meet(members.to_vec(), cx);
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Some(request) = self.replica.receive(message, cx) else {
            return;
        };
        let msg_id = request.msg_id;
        match (&*request.kind, request.element) {
            ("add", Some(element)) => {
                self.replica.learn(&[element], &message.src, cx);
                wire::ok(cx, message, msg_id, "add_ok");
            }
            ("add", None) => wire::malformed(cx, message, "add wants a field `element`"),
            ("read", _) => {
                let listed = self.replica.values().listed();
                wire::list(cx, message, msg_id, "value", listed);
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
    use crate::testing::{Bench, Cluster};

    fn node() -> GSet {
        GSet::new(Duration::from_millis(100), 1000)
    }

    #[test]
    fn adds_of_one_interval_travel_in_one_message_to_each_node() {
        let mut bench = Bench::new(node());
        assert_eq!(
            bench.receive("c1", r#"{"type":"add","element":1,"msg_id":5}"#),
            ["store 1", r#"c1 {"type":"add_ok","in_reply_to":5}"#,]
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
