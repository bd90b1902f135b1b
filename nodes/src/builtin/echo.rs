//! Says what it was told.
//!
//! - Idea: `echo_ok` carries the request's `echo`, byte for byte.
//! - Cost: one reply per request, no message between nodes.
//! - Survives everything; it keeps no state. A request that is lost stays unanswered.
//! - Parameters: none.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire;
use crate::node::{Context, Node};
use crate::protocol::{Message, NodeId};

/// The echo node. See the module.
#[derive(Debug, Default)]
pub struct Echo;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "wire::present")]
    echo: Option<&'a RawValue>,
}

impl Node for Echo {
    fn init(&mut self, _members: &[NodeId], _cx: &mut Context) {}

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Ok(request) = message.body.parse::<Request>() else {
            return wire::malformed(cx, message, "expected fields that each stand once");
        };
        match (&*request.kind, request.echo) {
            ("echo", Some(echo)) => {
                let pieces = ["{\"type\":\"echo_ok\",\"echo\":", echo.get()];
                wire::reply(cx, message, request.msg_id, &pieces);
            }
            ("echo", None) => wire::malformed(cx, message, "echo wants a field `echo`"),
            _ => wire::unknown(cx, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    #[test]
    fn an_echo_is_the_same_bytes() {
        let mut node = Bench::new(Echo);
        for echo in [
            "\"hi\"",
            "null",
            "[1, 2.50,{\"b\":1,\"a\":1}]",
            "12345678901234567890123",
        ] {
            let sent = node.receive(
                "c1",
                &format!(r#"{{"type":"echo","echo":{echo},"msg_id":7}}"#),
            );
            assert_eq!(
                sent,
                [format!(
                    r#"c1 {{"type":"echo_ok","echo":{echo},"in_reply_to":7}}"#
                )]
            );
        }
    }

    #[test]
    fn what_is_no_echo_is_refused_to_clients_and_ignored_from_peers_and_in_replies() {
        let mut node = Bench::new(Echo);
        let refused = node.receive("c1", r#"{"type":"sing","msg_id":1}"#);
        assert!(refused[0].contains(r#""code":10"#), "{refused:?}");
        let malformed = node.receive("c1", r#"{"type":"echo","msg_id":1}"#);
        assert!(malformed[0].contains(r#""code":12"#), "{malformed:?}");
        assert!(
            node.receive("n2", r#"{"type":"sing","msg_id":1}"#)
                .is_empty()
        );
        assert!(
            node.receive("c1", r#"{"type":"sing_ok","msg_id":1,"in_reply_to":1}"#)
                .is_empty()
        );
    }
}
