//! Any strategy as a protocol node.
//!
//! ```text
//!   client: broadcast, read, topology │ add, read         peer: what S says
//!        │                                                   │
//!        └─► values become rumors ─► S, typed ◄── JSON ──────┘
//!                                    │
//!            store lines ◄───────────┼──► messages as JSON ──► peers
//! ```
//!
//! Serves the workloads `broadcast` and `g-set`, which are the same in other words.
//! Stored lines are `{"rumor":VALUE}` for what was delivered, if the strategy stores
//! that, and the strategy's own records.
//!
//! Neighbours come with `topology`. A workload without one never sends it; then, from
//! the first request of a client, everybody else is a neighbour. A strategy that stores
//! notes that, because after a kill perhaps no client speaks to it again.

mod heard;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::value::RawValue;

use super::{
    Context, Effects, Known, Names, Neighbours, Peer, Reader, Scratch, Strategy, Surroundings, Tag,
    Wire, Writer,
};
use crate::builtin::{values::Values, wire};
use crate::node::{self, Node, Timer};
use crate::protocol::{Body, Message, NodeId};
use heard::Heard;

/// A protocol node that runs a strategy. See the module.
pub struct Spread<S: Strategy> {
    config: S::Config,
    strategy: S,
    heard: Heard,
    known: Known,
    me: Peer,
    topology: Topology,
    words: Words,
    timers: BTreeMap<Timer, Tag>,
    effects: Effects<S>,
    scratch: Scratch,
}

/// A node alone with its knowledge has the first row of it.
const ROW: Peer = Peer(0);

/// What a node knows of its neighbours.
#[derive(Debug)]
enum Topology {
    Unknown,
    Absent,
    Told(Vec<Peer>),
}

/// In which workload's words clients ask; a read is answered in both until that is known.
#[derive(Clone, Copy, Debug)]
enum Words {
    Unknown,
    Broadcast,
    Set,
}

/// The stored line that says that there is no topology.
const ABSENT: &str = r#"{"neighbours":"everybody"}"#;

const READ_OK: &str = "{\"type\":\"read_ok\",";

impl<S: Strategy> fmt::Debug for Spread<S> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Spread")
            .field("strategy", &S::ABOUT.name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<S: Strategy<Config: Default>> Default for Spread<S> {
    fn default() -> Self {
        Spread::new(S::Config::default())
    }
}

impl<S: Strategy> Spread<S> {
    /// A node with these parameters.
    #[must_use]
    pub fn new(config: S::Config) -> Spread<S> {
        Spread {
            strategy: S::new(&config),
            config,
            heard: Heard::default(),
            known: Known::new(1, 64),
            me: Peer(0),
            topology: Topology::Unknown,
            words: Words::Unknown,
            timers: BTreeMap::new(),
            effects: Effects::default(),
            scratch: Scratch::default(),
        }
    }

    /// What this node has heard of.
    pub(crate) fn values(&self) -> &Values {
        self.heard.values()
    }

    /// Lets a handler run and carries out what it asked for, up to what is to be sent.
    fn call(&mut self, cx: &mut node::Context, handler: impl FnOnce(&mut S, &mut Context<S>)) {
        let size = self.heard.members();
        let neighbours = match &self.topology {
            Topology::Unknown => Neighbours::Listed(&[]),
            Topology::Absent => Neighbours::Others { but: self.me, size },
            Topology::Told(peers) => Neighbours::Listed(peers),
        };
        let now = cx.now();
        let mut context = Context::new(Surroundings {
            config: &self.config,
            id: self.me,
            size,
            now,
            neighbours,
            rng: cx.rng(),
            known: &mut self.known,
            row: ROW,
            names: &self.heard,
            effects: &mut self.effects,
            scratch: &mut self.scratch,
        });
        handler(&mut self.strategy, &mut context);
        self.keep(cx);
    }

    /// Shows what was delivered; stores it and the records.
    fn keep(&mut self, cx: &mut node::Context) {
        for rumor in self.effects.delivered.drain(..) {
            self.heard.show(rumor);
            if S::STORES {
                cx.store_line(heard::record(self.heard.text(rumor)));
            }
        }
        if !self.effects.withdrawn.is_empty() {
            self.heard.hide(&self.effects.withdrawn);
            self.effects.withdrawn.clear();
        }
        for record in self.effects.records.drain(..) {
            let mut line = Vec::new();
            Writer::write(&record, &self.heard, &mut line);
            cx.store_line(line);
        }
    }

    /// Sends what is to be sent and sets the timers.
    fn send(&mut self, cx: &mut node::Context) {
        let mut dests = self.effects.dests.drain(..);
        for multicast in self.effects.multicasts.drain(..) {
            let mut text = Vec::with_capacity(64);
            Writer::write(&multicast.message, &self.heard, &mut text);
            let body = Body::from_json(text.into());
            for dest in dests.by_ref().take(multicast.count as usize) {
                cx.send_body(self.heard.name(dest), body.clone());
            }
        }
        drop(dests);
        for (after, tag) in self.effects.timers.drain(..) {
            let timer = cx.set_timer(Duration::from_nanos(after));
            self.timers.insert(timer, tag);
        }
    }

    /// Makes room for what was heard of last.
    fn make_room(&mut self) {
        self.known.reserve(self.heard.len());
    }

    /// A client hands in a value.
    fn broadcast(&mut self, value: &RawValue, cx: &mut node::Context) {
        let rumor = self.heard.read_rumor(value.get());
        self.make_room();
        if !self.known.insert(ROW, rumor) {
            return;
        }
        self.effects.delivered.push(rumor);
        self.call(cx, |strategy, cx| strategy.on_broadcast(rumor, cx));
    }

    fn peer_said(&mut self, from: Peer, message: &Message, cx: &mut node::Context) {
        let Ok(text) = std::str::from_utf8(message.body.as_bytes()) else {
            return;
        };
        let mut reader = Reader::new(text, &mut self.heard);
        let kind = reader.kind().unwrap_or_default();
        let Some(said) = S::Message::read(&kind, &mut reader) else {
            return;
        };
        self.make_room();
        self.call(cx, |strategy, cx| strategy.on_receive(from, &said, cx));
        self.send(cx);
    }

    fn client_asked(&mut self, message: &Message, cx: &mut node::Context) {
        let Ok(request) = message.body.parse::<wire::Request>() else {
            return wire::malformed(cx, message, wire::TOPOLOGY);
        };
        let msg_id = request.msg_id;
        let kind = &*request.kind;
        if kind == "topology" {
            if let Some(ids) = wire::neighbours(cx, message, msg_id, request.topology) {
                let peers = ids.iter().filter_map(|id| self.heard.peer(id));
                self.words = Words::Broadcast;
                self.topology = Topology::Told(peers.filter(|&peer| peer != self.me).collect());
                self.meet(cx);
            }
            return;
        }
        if matches!(self.topology, Topology::Unknown) {
            self.topology = Topology::Absent;
            if S::STORES {
                cx.store_line(ABSENT.into());
            }
            self.meet(cx);
        }
        match (kind, request.message, request.element) {
            ("broadcast", Some(value), _) => {
                self.words = Words::Broadcast;
                self.broadcast(value, cx);
                wire::ok(cx, message, msg_id, "broadcast_ok");
                self.send(cx);
            }
            ("add", _, Some(value)) => {
                self.words = Words::Set;
                self.broadcast(value, cx);
                wire::ok(cx, message, msg_id, "add_ok");
                self.send(cx);
            }
            ("read", _, _) => {
                let listed = self.heard.listed();
                let (messages, value) = ("\"messages\":[", "\"value\":[");
                let fields: &[&str] = match self.words {
                    Words::Broadcast => &[READ_OK, messages, listed, "]"],
                    Words::Set => &[READ_OK, value, listed, "]"],
                    Words::Unknown => &[READ_OK, messages, listed, "],", value, listed, "]"],
                };
                wire::reply(cx, message, msg_id, fields);
            }
            ("broadcast", None, _) => {
                wire::malformed(cx, message, "broadcast wants a field `message`");
            }
            ("add", _, None) => wire::malformed(cx, message, "add wants a field `element`"),
            _ => wire::unknown(cx, message),
        }
    }

    fn meet(&mut self, cx: &mut node::Context) {
        self.call(cx, |strategy, cx| strategy.on_neighbours(cx));
        self.send(cx);
    }

    /// Takes back what earlier incarnations stored.
    fn restore(&mut self, cx: &mut node::Context) {
        let lines: Vec<Vec<u8>> = cx.stored().map(<[u8]>::to_vec).collect();
        for line in lines {
            let Ok(line) = std::str::from_utf8(&line) else {
                continue;
            };
            if line == ABSENT {
                self.topology = Topology::Absent;
                continue;
            }
            if let Some(value) = heard::recorded(line) {
                let rumor = self.heard.read_rumor(value);
                self.make_room();
                if self.known.insert(ROW, rumor) {
                    self.heard.show(rumor);
                }
                continue;
            }
            let mut reader = Reader::new(line, &mut self.heard);
            let kind = reader.kind().unwrap_or_default();
            if let Some(record) = S::Record::read(&kind, &mut reader) {
                self.make_room();
                self.call(cx, |strategy, cx| strategy.on_record(record, cx));
            }
        }
    }
}

impl<S: Strategy> Node for Spread<S> {
    fn init(&mut self, members: &[NodeId], cx: &mut node::Context) {
        self.heard.meet(members);
        self.me = self.heard.peer(cx.id()).unwrap_or_default();
        self.restore(cx);
        self.call(cx, |strategy, cx| strategy.start(cx));
        self.send(cx);
        if matches!(self.topology, Topology::Absent) {
            self.meet(cx);
        }
    }

    fn receive(&mut self, message: &Message, cx: &mut node::Context) {
        match self.heard.peer(&message.src) {
            Some(from) => self.peer_said(from, message, cx),
            None => self.client_asked(message, cx),
        }
    }

    fn timeout(&mut self, timer: Timer, cx: &mut node::Context) {
        if let Some(tag) = self.timers.remove(&timer) {
            self.call(cx, |strategy, cx| strategy.on_timer(tag, cx));
            self.send(cx);
        }
    }
}
