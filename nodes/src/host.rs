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
        let is_init = message.body.header().is_ok_and(|header| header.kind == "init");
        if !is_init {
            return;
        }
        // Until it knows better it has the name it is called by.
        self.context.id = message.dest.clone();
        let Ok(init) = message.body.parse::<Init>() else {
            let text = "init wants node_id and node_ids";
            self.context.error(message, ErrorCode::MalformedRequest, text);
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
