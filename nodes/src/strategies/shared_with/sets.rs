//! Shared-with sets: the store says of each rumor who has it.
//!
//! ```text
//!   store of n0            round 1                    round 2
//!   7: []                  7 ──► n1, n2               7 ──► n3, n4
//!                          on=send  7: [n1, n2]       7: [n1, n2, n3, n4]   done
//!                          on=ack   n1 ── gossip_ok ──► 7: [n1]; n2 is told again later
//! ```
//!
//! - Idea: `0: [n1, n2]` means seen, and shared with n1 and n2. Every round a node draws
//!   `fanout` of the peers that are not in the sets of all its rumors and tells each what
//!   it may lack, in one message. `on=send`: a peer is in the set once it was told.
//!   `on=ack`: once it said that it stored the rumor; until then it is drawn again after
//!   `retry`. Who tells of a rumor is in its set, too. A rumor whose set is complete is
//!   never spoken of again.
//! - The sets are stored, one record for each time they grow by what was sent or
//!   acknowledged, so that a restarted node goes on where it was. (That somebody told of a
//!   rumor is not stored: after a restart he may be told what he said.)
//! - Source: direct mail with its queue in stable storage (Demers et al., "Epidemic
//!   algorithms for replicated database maintenance", PODC 1987, section 1.2), in rounds.
//! - Parameters: `on` (ack) or `send`; `fanout` (3) peers told per round; `interval` (100ms)
//!   the round; `retry` (500ms) how long an acknowledgement may take; `batch` (1000) rumors
//!   in a message; `among` (others) or `neighbours`, who must be in a set.
//! - Rounds are at the multiples of the interval of the node's clock; one with nothing to
//!   tell sets no timer.
//! - Cost: each pair of nodes exchanges each rumor once or, if they cross, twice: n(n−1)/2 to
//!   n(n−1) transmissions per rumor, however many of them share a message; `on=ack`
//!   acknowledges each message. Memory and store O(n) per rumor and node: that is the idea.
//! - Survives with `on=ack` loss, cuts that heal and kills: what was acknowledged is stored
//!   and told until everybody has it. With `on=send` delay and reordering only: what was
//!   lost on its way is in the set, hence not told again by the same node.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{
    About, Context, Neighbours, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer,
};

/// The shared-with strategy. See the module.
#[derive(Debug, Default)]
pub struct SharedWith {
    /// The rumors that not everybody is known to have.
    open: BTreeMap<Rumor, Shared>,
    /// A round will come.
    awaited: bool,
}

/// With whom one rumor was shared.
#[derive(Debug, Default)]
struct Shared {
    /// The set, ascending.
    with: Vec<Peer>,
    /// Who was told and did not acknowledge it yet, and when.
    told: Vec<(Peer, Time)>,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// A set grows when its rumor is acknowledged; otherwise when it is sent.
    acknowledged: bool,
    fanout: u32,
    interval: Duration,
    retry: Duration,
    batch: usize,
    neighbours: bool,
}

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Here are rumors.
    Told(Vec<Rumor>),
    /// I have stored these.
    Stored(Vec<Rumor>),
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        let (kind, rumors) = match self {
            Said::Told(rumors) => ("gossip", rumors),
            Said::Stored(rumors) => ("gossip_ok", rumors),
        };
        out.kind(kind);
        out.rumors("messages", rumors);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "gossip" => body.rumors("messages").map(Said::Told),
            "gossip_ok" => body.rumors("messages").map(Said::Stored),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        match self {
            Said::Told(rumors) => rumors.len(),
            Said::Stored(_) => 0,
        }
    }
}

/// A stored line: this peer came into the sets of these rumors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grown {
    /// The peer.
    pub with: Peer,
    /// The rumors.
    pub rumors: Vec<Rumor>,
}

impl Wire for Grown {
    fn write(&self, out: &mut Writer) {
        out.kind("shared");
        out.peer("with", self.with);
        out.rumors("messages", &self.rumors);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "shared").then_some(())?;
        Some(Grown {
            with: body.peer("with")?,
            rumors: body.rumors("messages")?,
        })
    }
}

impl Shared {
    fn contains(&self, peer: Peer) -> bool {
        self.with.binary_search(&peer).is_ok()
    }

    /// The set grows; whether it was not in it.
    fn insert(&mut self, peer: Peer) -> bool {
        self.told.retain(|&(told, _)| told != peer);
        let place = self.with.binary_search(&peer);
        if let Err(at) = place {
            self.with.insert(at, peer);
        }
        place.is_err()
    }

    /// Whether this peer is to be told now.
    fn due(&self, peer: Peer, now: Time, retry: Duration) -> bool {
        let waits = |&(told, at): &(Peer, Time)| told == peer && now.since(at) < retry;
        !self.contains(peer) && !self.told.iter().any(waits)
    }
}

impl SharedWith {
    fn among<'a>(cx: &Context<'a, Self>) -> Neighbours<'a> {
        if cx.config().neighbours {
            cx.neighbours()
        } else {
            cx.others()
        }
    }

    /// Every known rumor may have to be told.
    fn begin(&mut self, cx: &mut Context<Self>) {
        for rumor in cx.known() {
            self.open.entry(rumor).or_default();
        }
        self.await_round(cx);
    }

    /// Has a timer running as long as there is something to tell.
    fn await_round(&mut self, cx: &mut Context<Self>) {
        if self.awaited || self.open.is_empty() || Self::among(cx).is_empty() {
            return;
        }
        self.awaited = true;
        let interval = u64::try_from(cx.config().interval.as_nanos()).unwrap_or(u64::MAX);
        let left = interval - cx.now().nanos() % interval;
        cx.set_timer(Duration::from_nanos(left), Tag(0));
    }

    /// This peer is in the sets of these rumors, as this node just learnt.
    fn grow(&mut self, with: Peer, rumors: &[Rumor], cx: &mut Context<Self>) {
        let mut rumors = rumors.to_vec();
        rumors.retain(|rumor| {
            let shared = self.open.get_mut(rumor);
            shared.is_some_and(|shared| shared.insert(with))
        });
        if !rumors.is_empty() {
            cx.store(Grown { with, rumors });
        }
    }

    /// The peers that are to be told something now.
    fn due(&self, cx: &Context<Self>) -> Vec<Peer> {
        let (now, retry) = (cx.now(), cx.config().retry);
        let among = Self::among(cx);
        let due = |peer: &Peer| {
            let mut open = self.open.values();
            open.any(|shared| shared.due(*peer, now, retry))
        };
        among.iter().filter(due).collect()
    }

    /// Tells a peer what it may lack.
    fn tell(&mut self, peer: Peer, cx: &mut Context<Self>) {
        let (now, config) = (cx.now(), cx.config());
        let due = self
            .open
            .iter_mut()
            .filter(|(_, shared)| shared.due(peer, now, config.retry));
        let mut rumors = Vec::new();
        for (&rumor, shared) in due.take(config.batch) {
            rumors.push(rumor);
            if config.acknowledged {
                shared.told.retain(|&(told, _)| told != peer);
                shared.told.push((peer, now));
            }
        }
        if !config.acknowledged {
            self.grow(peer, &rumors, cx);
        }
        cx.send(peer, Said::Told(rumors));
    }
}

impl Strategy for SharedWith {
    const ABOUT: About = About {
        name: "shared-with",
        family: "shared_with",
        summary: "stores with whom each rumor was shared and tells the others, some per round",
        parameters: &[
            Parameter {
                name: "on",
                kind: Kind::Choice(&["ack", "send"]),
                default: "ack",
                summary: "when a peer counts as shared with: once it acknowledges, or once told",
            },
            Parameter {
                name: "fanout",
                kind: Kind::Count,
                default: "3",
                summary: "how many peers are told per round",
            },
            Parameter {
                name: "interval",
                kind: Kind::Duration,
                default: "100ms",
                summary: "how long a round is",
            },
            Parameter {
                name: "retry",
                kind: Kind::Duration,
                default: "500ms",
                summary: "how long an acknowledgement may take before a peer is told again",
            },
            Parameter {
                name: "batch",
                kind: Kind::Count,
                default: "1000",
                summary: "at most so many values in one message",
            },
            Parameter {
                name: "among",
                kind: Kind::Choice(&["others", "neighbours"]),
                default: "others",
                summary: "who must be in a set: everybody else, or the topology's neighbours",
            },
        ],
        promises: Promises::ALL,
    };
    const STORES: bool = true;

    type Config = Config;
    type Message = Said;
    type Record = Grown;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            acknowledged: settings.choice("on") == "ack",
            fanout: u32::try_from(settings.number("fanout")).unwrap_or(u32::MAX),
            interval: settings.duration("interval"),
            retry: settings.duration("retry"),
            batch: settings.number("batch"),
            neighbours: settings.choice("among") == "neighbours",
        })
    }

    fn new(_config: &Config) -> SharedWith {
        SharedWith::default()
    }

    fn on_record(&mut self, record: Grown, _cx: &mut Context<Self>) {
        for rumor in record.rumors {
            self.open.entry(rumor).or_default().insert(record.with);
        }
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        if !cx.config().neighbours {
            self.begin(cx);
        }
    }

    fn on_neighbours(&mut self, cx: &mut Context<Self>) {
        if cx.config().neighbours {
            self.begin(cx);
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.open.insert(rumor, Shared::default());
        self.await_round(cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        match message {
            Said::Told(rumors) => {
                for &rumor in rumors {
                    if cx.deliver(rumor) {
                        self.open.insert(rumor, Shared::default());
                    }
                    if let Some(shared) = self.open.get_mut(&rumor) {
                        shared.insert(from);
                    }
                }
                if cx.config().acknowledged {
                    cx.send(from, Said::Stored(rumors.clone()));
                }
                self.await_round(cx);
            }
            Said::Stored(rumors) => self.grow(from, rumors, cx),
        }
    }

    fn on_timer(&mut self, _round: Tag, cx: &mut Context<Self>) {
        self.awaited = false;
        let due = self.due(cx);
        for peer in cx.pick_some(Neighbours::Listed(&due), cx.config().fanout) {
            self.tell(peer, cx);
        }
        let among = Self::among(cx);
        self.open
            .retain(|_, shared| !among.iter().all(|peer| shared.contains(peer)));
        self.await_round(cx);
    }
}

#[cfg(test)]
mod tests;
