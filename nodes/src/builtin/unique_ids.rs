//! Ids that no two nodes, and no two lives of a node, ever give out twice.
//!
//! - Idea: the node's name, 64 random bits drawn by each incarnation, a count:
//!   `n1-9f86d081884c7d65-12`. Names keep nodes apart, the random bits incarnations,
//!   the count requests. Nothing is stored.
//! - Cost: one reply per request, no message between nodes.
//! - Survives loss, cuts, kills and wipes. The driver must seed every incarnation
//!   anew, as [`Host::new`](crate::Host::new) says: two incarnations with one seed
//!   would give out the same ids.
//! - Parameters: none.

use std::borrow::Cow;

use rand::Rng as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire;
use crate::node::{Context, Node};
use crate::protocol::{Message, NodeId};

/// The unique-ids node. See the module.
#[derive(Debug, Default)]
pub struct UniqueIds {
    /// What all ids of this incarnation begin with, as the start of a JSON string.
    prefix: String,
    last: u64,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
}

impl Node for UniqueIds {
    fn init(&mut self, _members: &[NodeId], cx: &mut Context) {
        let incarnation = cx.rng().next_u64();
        let name = serde_json::to_string(cx.id()).expect("a string serialises");
        let open = name.trim_end_matches('"');
        self.prefix = format!("{open}-{incarnation:016x}-");
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Ok(request) = message.body.parse::<Request>() else {
            return wire::malformed(cx, message, "expected fields that each stand once");
        };
        if request.kind != "generate" {
            return wire::unknown(cx, message);
        }
        self.last += 1;
        let pieces = [
            "{\"type\":\"generate_ok\",\"id\":",
            &self.prefix,
            &self.last.to_string(),
            "\"",
        ];
        wire::reply(cx, message, request.msg_id, &pieces);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rng::Seed;
    use crate::testing::Bench;

    #[test]
    fn ids_differ_between_requests_nodes_and_incarnations() {
        let mut ids = BTreeSet::new();
        for (name, life) in [("n1", 1), ("n1", 2), ("n2", 3), ("n2", 4)] {
            let mut node = Bench::start(
                UniqueIds::default(),
                name,
                &["n1", "n2"],
                Seed(life),
                vec![],
            );
            for _ in 0..100 {
                let sent = node.receive("c1", r#"{"type":"generate","msg_id":1}"#);
                assert!(ids.insert(sent[0].clone()), "given out twice: {}", sent[0]);
            }
        }
    }
}
