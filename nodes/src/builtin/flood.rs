//! Forward once: the simplest broadcast.
//!
//! ```text
//!   c1 ── broadcast 7 ──► n1 ──► n2 ──► n3      each node tells the neighbours that
//!      ◄─ broadcast_ok ──      └► n4 ──► n5     did not tell it, the first time only
//! ```
//!
//! - Idea: what is new is told to the topology's neighbours except its sender, at
//!   once and once. Between nodes it is a `broadcast` without `msg_id`, which
//!   nobody answers.
//! - Cost: 2·links − (nodes − 1) messages per broadcast in all, and as few hops as
//!   the topology has.
//! - Survives delay and reordering. Does not survive loss, cuts or kills: nothing
//!   is repeated and nothing is stored.
//! - Parameters: none.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::values::{Values, small_integer};
use super::wire;
use crate::node::{Context, Node};
use crate::protocol::{Body, Message, NodeId};

/// The flood node. See the module.
#[derive(Debug, Default)]
pub struct Flood {
    values: Values,
    neighbours: Vec<NodeId>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "wire::present")]
    message: Option<&'a RawValue>,
    topology: Option<wire::Topology>,
}

impl Flood {
    /// What this node has heard of.
    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// Tells the neighbours, except who told this node.
    fn tell(&self, body: &Body, src: &NodeId, cx: &mut Context) {
        for id in self.neighbours.iter().filter(|&id| id != src) {
            cx.send_body(id, body.clone());
        }
    }
}

/// How a body that this node writes to others begins and ends.
const TELL: [&str; 2] = ["{\"type\":\"broadcast\",\"message\":", "}"];

/// The value in what a flood node wrote to another, if it is a small integer. Nearly
/// all messages of a run are of this kind, and recognising the text costs a tenth of
/// parsing it.
fn told(body: &Body) -> Option<&str> {
    let [open, close] = TELL.map(str::as_bytes);
    let value = body.as_bytes().strip_prefix(open)?.strip_suffix(close)?;
    small_integer(value)?;
    std::str::from_utf8(value).ok()
}

impl Node for Flood {
    fn init(&mut self, _members: &[NodeId], _cx: &mut Context) {}

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        if let Some(value) = told(&message.body) {
            if self.values.insert(value).new {
                self.tell(&message.body, &message.src, cx);
            }
            return;
        }
        let Ok(request) = message.body.parse::<Request>() else {
            return wire::malformed(cx, message, wire::TOPOLOGY);
        };
        let msg_id = request.msg_id;
        match &*request.kind {
            "broadcast" => {
                let Some(value) = request.message else {
                    return wire::malformed(cx, message, "broadcast wants a field `message`");
                };
                let new = self.values.insert(value.get()).new;
                wire::ok(cx, message, msg_id, "broadcast_ok");
                if new {
                    self.tell(
                        &Body::concat(&[TELL[0], value.get(), TELL[1]]),
                        &message.src,
                        cx,
                    );
                }
            }
            "read" => wire::list(cx, message, msg_id, "messages", self.values.listed()),
            "topology" => {
                if let Some(ids) = wire::neighbours(cx, message, msg_id, request.topology) {
                    self.neighbours = ids;
                }
            }
            _ => wire::unknown(cx, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, Cluster, line};

    #[test]
    fn what_is_new_is_told_once_to_the_neighbours_except_its_sender() {
        let mut node = Bench::new(Flood::default());
        let topology =
            r#"{"type":"topology","topology":{"n1":["n2","n3"],"n2":["n1"]},"msg_id":1}"#;
        assert_eq!(
            node.receive("c0", topology),
            [r#"c0 {"type":"topology_ok","in_reply_to":1}"#]
        );
        let sent = node.receive(
            "c1",
            r#"{"type":"broadcast","message":{"b": 1,"a":2},"msg_id":5}"#,
        );
        assert_eq!(
            sent,
            [
                r#"c1 {"type":"broadcast_ok","in_reply_to":5}"#,
                r#"n2 {"type":"broadcast","message":{"b": 1,"a":2}}"#,
                r#"n3 {"type":"broadcast","message":{"b": 1,"a":2}}"#,
            ]
        );
        let sent = node.receive("n2", r#"{"type":"broadcast","message":7}"#);
        assert_eq!(sent, [r#"n3 {"type":"broadcast","message":7}"#]);
        assert!(
            node.receive("n3", r#"{"type":"broadcast","message":7}"#)
                .is_empty()
        );
        let again = node.receive("c1", r#"{"type":"broadcast","message":7,"msg_id":6}"#);
        assert_eq!(again, [r#"c1 {"type":"broadcast_ok","in_reply_to":6}"#]);
        assert_eq!(
            node.receive("c1", r#"{"type":"read","msg_id":7}"#),
            [r#"c1 {"type":"read_ok","messages":[{"b": 1,"a":2},7],"in_reply_to":7}"#]
        );
    }

    #[test]
    fn before_a_topology_nobody_is_told() {
        let mut node = Bench::new(Flood::default());
        let sent = node.receive("c1", r#"{"type":"broadcast","message":null,"msg_id":"x"}"#);
        assert_eq!(sent, [r#"c1 {"type":"broadcast_ok","in_reply_to":"x"}"#]);
        let sent = node.receive("c1", r#"{"type":"read","msg_id":0}"#);
        assert_eq!(
            sent,
            [r#"c1 {"type":"read_ok","messages":[null],"in_reply_to":0}"#]
        );
    }

    #[test]
    fn every_node_of_a_line_hears_everything_when_nothing_is_lost() {
        let mut cluster = Cluster::new(7, 6, || Box::new(Flood::default()));
        cluster.topology(&line(6));
        for value in 0..30 {
            cluster.request(
                value % 6,
                &format!(r#"{{"type":"broadcast","message":{value}}}"#),
            );
        }
        cluster.run_for(1000);
        for node in 0..6 {
            assert_eq!(
                cluster.read(node, "messages"),
                (0..30).collect::<Vec<i64>>(),
                "n{node}"
            );
        }
        // Each of the 5 links carries each message once: a line has no cycle.
        assert_eq!(cluster.sent_between_nodes(), 30 * 5);
    }

    #[test]
    fn a_lost_message_is_not_told_again() {
        let mut cluster = Cluster::new(7, 6, || Box::new(Flood::default()));
        cluster.topology(&line(6));
        cluster.loss(0.5);
        for value in 0..30 {
            cluster.request(0, &format!(r#"{{"type":"broadcast","message":{value}}}"#));
        }
        cluster.run_for(60_000);
        assert!(cluster.read(5, "messages").len() < 30);
    }
}
