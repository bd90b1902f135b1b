//! A durable set of values and the peers that may still lack some of them.
//!
//! ```text
//!   n1                                       n2
//!    │ store 7                                │
//!    ├── gossip [7] ────────── lost ✗         │
//!    │   … retry …                            │
//!    ├── gossip [7, 8] ──────────────────────►│ store 7, 8
//!    │◄───────────────────── gossip_ok [7,8] ─┤   and pass them on
//!    │ n2 lacks nothing: silence              │
//! ```
//!
//! The node around it answers clients in the words of its workload; gossip and
//! `topology` are served here, alike for all of them.
//!
//! Contract: a value is stored before anybody is told of it, acknowledgements
//! included. An acknowledgement names the values, so it is true whichever
//! incarnation reads it and however late it comes. Who tells of a value has it.
//! A peer that lacks nothing is left alone; one that does not answer is asked
//! again after `retry`, then after twice and four times as long.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::values::{Index, Values};
use super::wire;
use crate::node::{Context, Time, Timer};
use crate::protocol::{Body, Message, NodeId};

/// How a replica tells its peers.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long to wait for an acknowledgement before telling again.
    pub retry: Duration,
    /// At most so many values in one message.
    pub batch: usize,
    /// Tell at once what is new; otherwise when `retry` has passed.
    pub push: bool,
}

/// The longest wait, in units of [`Pace::retry`].
const MAX_BACK_OFF: u32 = 4;

/// A durable set of values and the peers that may lack some. See the module.
#[derive(Debug)]
pub struct Replica {
    pace: Pace,
    values: Values,
    peers: Vec<Peer>,
}

#[derive(Debug)]
struct Peer {
    id: NodeId,
    /// What it has not acknowledged, and when it was told last.
    missing: BTreeMap<Index, Option<Time>>,
    timer: Option<Timer>,
    wait: Duration,
    /// It acknowledged something since the timer was set.
    heard: bool,
    /// The last message to it was full.
    more: bool,
}

/// What a node with a replica may be told, whatever its workload calls the value.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub msg_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "wire::present")]
    pub message: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "wire::present")]
    pub element: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    topology: Option<wire::Topology>,
}

impl Replica {
    /// An empty set without peers.
    #[must_use]
    pub fn new(pace: Pace) -> Replica {
        Replica {
            pace,
            values: Values::default(),
            peers: Vec::new(),
        }
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Takes back what earlier incarnations stored.
    pub fn restore(&mut self, cx: &Context) {
        for record in cx.stored() {
            if let Ok(value) = serde_json::from_slice::<&RawValue>(record) {
                self.values.insert(value.get());
            }
        }
    }

    /// From now on these are the peers. A new one is told everything; one that
    /// stays keeps what it acknowledged.
    pub fn meet(&mut self, peers: Vec<NodeId>, cx: &mut Context) {
        let mut known = std::mem::take(&mut self.peers);
        for id in peers {
            if id == *cx.id() || self.peers.iter().any(|peer| peer.id == id) {
                continue;
            }
            let old = known.iter().position(|peer| peer.id == id);
            let peer = match old {
                Some(at) => known.swap_remove(at),
                None => Peer {
                    id,
                    missing: (0..self.values.len()).map(|index| (index, None)).collect(),
                    timer: None,
                    wait: self.pace.retry,
                    heard: false,
                    more: false,
                },
            };
            self.peers.push(peer);
        }
        for peer in &mut self.peers {
            if self.pace.push {
                peer.tell(&self.values, self.pace, cx);
            }
            peer.watch(cx);
        }
    }

    /// Serves what all nodes with a replica do alike: gossip, its acknowledgement and
    /// `topology`. Any other request is given back for the node to answer.
    pub(super) fn receive<'a>(
        &mut self,
        message: &'a Message,
        cx: &mut Context,
    ) -> Option<Request<'a>> {
        let Ok(request) = message.body.parse::<Request>() else {
            wire::malformed(cx, message, wire::TOPOLOGY);
            return None;
        };
        let src = &message.src;
        match &*request.kind {
            "gossip" => {
                self.learn(&request.messages, src, cx);
                cx.send_body(src, gossip_ok(&request.messages));
            }
            "gossip_ok" => self.acknowledged(&request.messages, src, cx),
            "topology" => {
                let topology = request.topology;
                if let Some(ids) = wire::neighbours(cx, message, request.msg_id, topology) {
                    self.meet(ids, cx);
                }
            }
            _ => return Some(request),
        }
        None
    }

    /// Takes values from a client or a peer; new ones are stored and told on.
    pub fn learn(&mut self, values: &[&RawValue], src: &NodeId, cx: &mut Context) {
        let first = self.values.len();
        for value in values {
            let inserted = self.values.insert(value.get());
            if inserted.new {
                cx.store(value);
            } else if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == *src) {
                peer.missing.remove(&inserted.index);
            }
        }
        let new = first..self.values.len();
        if new.is_empty() {
            return;
        }
        let told = self.pace.push.then_some(cx.now());
        let body = gossip(new.clone().map(|index| self.values.text(index)));
        for peer in self.peers.iter_mut().filter(|peer| peer.id != *src) {
            peer.missing.extend(new.clone().map(|index| (index, told)));
            if self.pace.push {
                cx.send_body(&peer.id, body.clone());
            }
            peer.watch(cx);
        }
    }

    /// A peer says that it has stored these values.
    fn acknowledged(&mut self, values: &[&RawValue], src: &NodeId, cx: &mut Context) {
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == *src) else {
            return;
        };
        for value in values {
            if let Some(index) = self.values.find(value.get()) {
                peer.missing.remove(&index);
            }
        }
        // It is back, or there is more than fitted into one message: no need to wait.
        let hurry = peer.more || peer.wait > self.pace.retry;
        peer.heard = true;
        peer.wait = self.pace.retry;
        if hurry {
            peer.tell(&self.values, self.pace, cx);
        }
    }

    /// Tells the peer whose timer this is what it still lacks.
    pub fn timeout(&mut self, timer: Timer, cx: &mut Context) {
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.timer == Some(timer)) else {
            return;
        };
        peer.timer = None;
        let silent = !peer.heard && peer.missing.values().any(Option::is_some);
        if peer.tell(&self.values, self.pace, cx) && silent {
            peer.wait = (peer.wait * 2).min(self.pace.retry * MAX_BACK_OFF);
        }
        peer.watch(cx);
    }
}

impl Peer {
    /// Sends what was never told or not acknowledged in time; whether there was any.
    fn tell(&mut self, values: &Values, pace: Pace, cx: &mut Context) -> bool {
        let now = cx.now();
        let overdue = |told: &Option<Time>| told.is_none_or(|at| now.since(at) >= pace.retry);
        let mut texts = Vec::new();
        for (index, told) in self
            .missing
            .iter_mut()
            .filter(|(_, told)| overdue(told))
            .take(pace.batch)
        {
            texts.push(values.text(*index));
            *told = Some(now);
        }
        self.more = texts.len() == pace.batch;
        if !texts.is_empty() {
            cx.send_body(&self.id, gossip(texts.iter().copied()));
        }
        !texts.is_empty()
    }

    /// Has a timer running as long as something is missing.
    fn watch(&mut self, cx: &mut Context) {
        if self.timer.is_none() && !self.missing.is_empty() {
            self.timer = Some(cx.set_timer(self.wait));
            self.heard = false;
        }
    }
}

fn gossip<'a>(values: impl Iterator<Item = &'a str>) -> Body {
    list_body("gossip", values)
}

/// The acknowledgement of these values.
fn gossip_ok(values: &[&RawValue]) -> Body {
    list_body("gossip_ok", values.iter().map(|value| value.get()))
}

fn list_body<'a>(kind: &str, values: impl Iterator<Item = &'a str>) -> Body {
    let mut text = format!("{{\"type\":\"{kind}\",\"messages\":[");
    let open = text.len();
    for value in values {
        if text.len() > open {
            text.push(',');
        }
        text.push_str(value);
    }
    text.push_str("]}");
    Body::from_json(text.into())
}
