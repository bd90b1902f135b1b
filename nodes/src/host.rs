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
    /// incarnations stored, lines of JSON; the node's random stream comes from `seed`.
    #[must_use]
    pub fn new(node: Box<dyn Node>, seed: Seed, stored: Vec<u8>) -> Host {
        let context = Context {
            id: NodeId::default(),
            now: Time::ZERO,
            rng: seed.rng(),
            stored,
            effects: Vec::new(),
            last_msg_id: 0,
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

    /// What the node asked for since the last call, in order.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.context.effects.drain(..)
    }

    fn start(&mut self, message: &Message) {
        let is_init = message.body.header().is_ok_and(|header| header.kind == "init");
        if !is_init {
            return;
        }
        let Ok(init) = message.body.parse::<Init>() else {
            let text = "init wants node_id and node_ids";
            self.context.error(message, ErrorCode::MalformedRequest, text);
            return;
        };
        self.started = true;
        self.context.id = init.node_id;
        self.context.reply(message, &InitOk { r#type: "init_ok" });
        self.node.init(&init.node_ids, &mut self.context);
        self.context.stored = Vec::new();
    }
}
