//! Keeps a number of messages going round for ever: the load of the benchmarks.
//!
//! - Idea: after `init` the node sends `window` messages to the next member; what it
//!   gets from a member it passes on to the next one, byte for byte.
//! - Cost: as many messages as the machine allows. On a network without latency a
//!   simulation of it never ends by itself.
//! - Answers `echo` meanwhile, so that a run has something to judge.
//! - Parameters: `window`, how many messages each node starts with.

use crate::node::{Context, Node};
use crate::protocol::{Body, Message, NodeId};

use super::echo::Echo;

/// The circulating node. See the module.
#[derive(Debug)]
pub struct Circulate {
    window: usize,
    next: NodeId,
}

impl Circulate {
    /// A node that starts with `window` messages.
    #[must_use]
    pub fn new(window: usize) -> Circulate {
        Circulate {
            window,
            next: NodeId::default(),
        }
    }
}

impl Node for Circulate {
    fn init(&mut self, members: &[NodeId], cx: &mut Context) {
        let own = members.iter().position(|id| id == cx.id()).unwrap_or(0);
        self.next = members[(own + 1) % members.len()].clone();
        for number in 0..self.window {
            let text = format!(r#"{{"type":"token","message":{number}}}"#);
            cx.send_body(&self.next, Body::from_json(text.into()));
        }
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        if cx.members().contains(&message.src) {
            cx.send_body(&self.next, message.body.clone());
        } else {
            Echo.receive(message, cx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    #[test]
    fn what_a_member_sends_goes_to_the_next_member_unchanged() {
        let mut node = Bench::new(Circulate::new(2));
        let token = r#"{"type":"token","message":0}"#;
        assert_eq!(node.receive("n3", token), [format!("n2 {token}")]);
        let echo = node.receive("c1", r#"{"type":"echo","echo":1,"msg_id":1}"#);
        assert_eq!(echo, [r#"c1 {"type":"echo_ok","echo":1,"in_reply_to":1}"#]);
    }
}
