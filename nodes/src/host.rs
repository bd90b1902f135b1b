//! The driver's face of a node: deliver, fire, drain.
//!
//! Both drivers, the stdio process and the simulation, run a node through a
//! [`Host`], so that a node behaves alike in both. The host speaks the `init`
//! handshake for it.
//!
//! ```text
//!   deliver(init) ─► Node::init ─► effects: init_ok, then what init queued
//!   deliver(any)  ─► Node::receive          (before init: ignored)
//!   fire(timer)   ─► Node::timeout
//!   drain()       ─► effects in order; the driver carries them out
//! ```

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::node::{Context, Effect, Node, Time, Timer};
use crate::protocol::{ErrorCode, Message, NodeId};
use crate::rng::Seed;

/// One incarnation of a node with its surroundings.
pub struct Host {
    node: Box<dyn Node>,
    context: Context,
    started: bool,
}

#[derive(Deserialize)]
struct Init {
    node_id: NodeId,
    node_ids: Vec<NodeId>,
}

#[derive(Serialize)]
struct InitOk {
    r#type: &'static str,
}

impl Host {
    /// A node that has not seen its `init` yet. `stored` is what earlier
    /// incarnations stored, lines of JSON; the node's random stream comes from `seed`, which
    /// every incarnation of a node needs anew: what is unique by chance
    /// (ids, request numbers) would otherwise repeat after a restart.
    #[must_use]
    pub fn new(node: Box<dyn Node>, seed: Seed, stored: Vec<u8>) -> Host {
        let mut rng = seed.rng();
        // Each incarnation counts its requests from a random number below 2^40, so
        // that a reply to an earlier incarnation is not taken for one to this.
        let last_msg_id = rng.next_u64() >> 24;
        let context = Context {
            id: NodeId::default(),
            members: Vec::new(),
            now: Time::ZERO,
            rng,
            stored,
            effects: Vec::new(),
            last_msg_id,
            last_timer: 0,
        };
        Host {
            node,
            context,
            started: false,
        }
    }

    /// A message arrived at time `now`.
    pub fn deliver(&mut self, now: Time, message: &Message) {
        self.context.now = now;
        if self.started {
            self.node.receive(message, &mut self.context);
        } else {
            self.start(message);
        }
    }

    /// A timer is due at time `now`.
    pub fn fire(&mut self, now: Time, timer: Timer) {
        self.context.now = now;
        self.node.timeout(timer, &mut self.context);
    }

    /// The node's name, empty before its `init`.
    #[must_use]
    pub fn id(&self) -> &NodeId {
        &self.context.id
    }

    /// What the node asked for since the last call, in order.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.context.effects.drain(..)
    }

    fn start(&mut self, message: &Message) {
        let is_init = message
            .body
            .header()
            .is_ok_and(|header| header.kind == "init");
        if !is_init {
            return;
        }
        // Until it knows better it has the name it is called by.
        self.context.id = message.dest.clone();
        let Ok(init) = message.body.parse::<Init>() else {
            let text = "init wants node_id and node_ids";
            self.context
                .error(message, ErrorCode::MalformedRequest, text);
            return;
        };
        self.started = true;
        self.context.id = init.node_id;
        self.context.members.clone_from(&init.node_ids);
        self.context.reply(message, &InitOk { r#type: "init_ok" });
        self.node.init(&init.node_ids, &mut self.context);
        self.context.stored = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;

    /// Asks `n2` for something when told to.
    struct Asker;

    impl Node for Asker {
        fn init(&mut self, _members: &[NodeId], _cx: &mut Context) {}

        fn receive(&mut self, _message: &Message, cx: &mut Context) {
            cx.request(&"n2".into(), &serde_json::json!({"type": "ask"}));
        }
    }

    const INIT: &str = r#"{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}"#;

    fn sent(host: &mut Host, body: &str) -> Vec<String> {
        host.deliver(Time::ZERO, &message("c0", "n1", body));
        host.drain().map(|effect| format!("{effect:?}")).collect()
    }

    #[test]
    fn a_node_hears_nothing_before_its_init() {
        let mut host = Host::new(Box::new(Asker), Seed(1), Vec::new());
        assert!(sent(&mut host, r#"{"type":"go"}"#).is_empty());
        let refused = sent(&mut host, r#"{"type":"init","msg_id":1}"#);
        assert!(refused[0].contains(r#""code":12"#), "{refused:?}");
        assert!(sent(&mut host, INIT)[0].contains("init_ok"));
        assert_eq!(sent(&mut host, r#"{"type":"go"}"#).len(), 1);
        assert_eq!(host.context.members(), ["n1".into(), "n2".into()]);
    }

    #[test]
    fn requests_of_two_incarnations_have_different_numbers_that_every_runtime_can_hold() {
        let number = |seed| {
            let mut host = Host::new(Box::new(Asker), Seed(seed), Vec::new());
            sent(&mut host, INIT);
            host.deliver(Time::ZERO, &message("c0", "n1", r#"{"type":"go"}"#));
            let Some(Effect::Send { body, .. }) = host.drain().next() else {
                panic!("a request")
            };
            let number: u64 = body
                .header()
                .unwrap()
                .msg_id
                .unwrap()
                .get()
                .parse()
                .unwrap();
            number
        };
        assert!(number(1).abs_diff(number(2)) > 1_000_000);
        assert!((0..100).all(|seed| number(seed) < 1 << 53));
    }
}
