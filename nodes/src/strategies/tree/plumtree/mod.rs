//! Plumtree: a broadcast tree that grows out of gossip, and gossip that mends it.
//!
//! ```text
//!        eager ═══ the rumor, at once          n1 ═══► n2 ═══► n4
//!        lazy  ··· announcements, batched      ║        ·       ║
//!                                              ▼        ·       ▼
//!   n5 heard of 7 from n2, not from n3:        n3 ═ X ► n5 ◄··· n6
//!   after `wait` n5 ── graft 7 ──► n6          n6 ── gossip 7 ──► n5, along the tree from now on
//! ```
//!
//! - Idea: every link starts eager. Who gets a rumor twice prunes the link it came over second:
//!   it becomes lazy and carries announcements only. What remains eager is a spanning tree. Who
//!   was announced a rumor and does not get it within `wait` grafts: asks for it, and makes
//!   that link eager. `wait` should be longer than a rumor's way along the tree.
//! - One tree for all sources: rumors of several that are on their way at once prune different
//!   links of a cycle, and the tree breaks and is mended for ever. So only those of one source
//!   prune: the first member of whom there was a rumor within ten ticks. (The paper
//!   measures one source at a time.)
//! - Source: Leitão, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS 2007, section 3 (all but
//!   the optimisation of 3.8, which trades stability for a lower tree); who is linked to
//!   whom: the same, "HyParView", DSN 2007, see `overlay.rs`.
//! - Parameters: `active` (5) and `passive` (12) how large the views are; `wait` (600ms) how
//!   long an announced rumor may take; `lazy` (200ms) how long announcements are collected;
//!   `interval` (500ms) the heartbeat.
//! - Cost: n−1 messages per broadcast once the tree stands; announcements, up to
//!   n(active−2) per `lazy` while there is something to announce; and n(active+1) heartbeats per
//!   `interval`, for ever. State: the views, and one sum of all that is known.
//! - Survives delay, loss, cuts and kills. Our additions for that, as the papers leave it to
//!   others: what is delivered is stored; two new neighbours compare what they know; a heartbeat
//!   holds a sum of it (the keys, exclusive-or), to neighbours and to one stranger, and when
//!   it differs although both heard nothing new for two ticks, they compare. A comparison lists
//!   the keys of everything, so it is dear; without trouble there is none.

mod overlay;
mod said;
#[cfg(test)]
mod tests;
mod views;

use std::convert::Infallible;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Rumor, Strategy, Tag};
pub use said::Said;
use views::{Sizes, Views};

const TICK: Tag = Tag(0);
const ANNOUNCE: Tag = Tag(1);
const GRAFT: Tag = Tag(2);

/// Both heard nothing new for so many ticks: what differs now is missing.
const QUIET: u32 = 2;
/// After so many ticks without a rumor of the source that prunes another takes its place.
const FADE: u32 = 10;
/// At most so many rumors in one message.
const BATCH: usize = 1000;

/// The Plumtree strategy. See the module.
#[derive(Clone, Debug, Default)]
pub struct Plumtree {
    views: Views,
    /// A spare that was asked to be a neighbour, and when.
    asked: Option<(Peer, Time)>,
    ticks: u32,
    /// The source whose rumors prune, and when it was heard last.
    root: Option<Peer>,
    root_heard: Time,
    /// The keys of all that this node knows, exclusive-or.
    sum: u64,
    /// When it heard something new last.
    news: Time,
    /// To be announced to lazy neighbours but those who have it: what, and who told.
    announcing: Vec<(u64, Option<Peer>)>,
    /// Announced and not arrived.
    missing: Vec<Missing>,
    grafting: bool,
}

/// A rumor that was announced and has not arrived.
#[derive(Clone, Debug)]
struct Missing {
    key: u64,
    /// Who has it and was not asked yet.
    sources: Vec<Peer>,
    /// When to ask the next.
    due: Time,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    sizes: Sizes,
    wait: Duration,
    lazy: Duration,
    interval: Duration,
}

impl Plumtree {
    /// Notes new rumors and passes them on, whole over eager links, announced over lazy ones.
    fn pass_on(
        &mut self,
        from: Option<Peer>,
        rumors: &[Rumor],
        said: Said,
        cx: &mut Context<Self>,
    ) {
        self.news = cx.now();
        let keys: Vec<u64> = rumors.iter().map(|&rumor| cx.key(rumor)).collect();
        self.sum = keys.iter().fold(self.sum, |sum, key| sum ^ key);
        self.missing.retain(|missing| !keys.contains(&missing.key));
        let eager = self.views.active.iter().filter(|link| !link.lazy);
        let dests = eager
            .map(|link| link.peer)
            .filter(|&peer| Some(peer) != from);
        cx.send_to(dests, said);
        if self.views.active.iter().any(|link| link.lazy) {
            if self.announcing.is_empty() {
                cx.set_timer(cx.config().lazy, ANNOUNCE);
            }
            self.announcing.extend(keys.iter().map(|&key| (key, from)));
        }
    }

    fn announce(&mut self, cx: &mut Context<Self>) {
        let announcing = std::mem::take(&mut self.announcing);
        for link in self.views.active.iter().filter(|link| link.lazy) {
            let unknown = announcing
                .iter()
                .filter(|(_, from)| *from != Some(link.peer));
            let keys: Vec<u64> = unknown.map(|(key, _)| *key).collect();
            if !keys.is_empty() {
                cx.send(link.peer, Said::IHave(keys));
            }
        }
    }

    fn gossip(&mut self, from: Peer, rumor: Rumor, origin: Peer, cx: &mut Context<Self>) {
        let faded = cx.now() - self.root_heard > cx.config().interval * FADE;
        if faded || self.root.is_none_or(|root| origin <= root) {
            self.root = Some(origin);
            self.root_heard = cx.now();
        }
        if cx.deliver(rumor) {
            self.pass_on(Some(from), &[rumor], Said::Gossip(rumor, origin), cx);
        } else if self.root == Some(origin)
            && let Some(link) = self.views.link(from)
        {
            link.lazy = true;
            cx.send(from, Said::Prune);
        }
    }

    /// A peer has these: one that is not here should come within this time.
    fn expect(&mut self, from: Peer, keys: &[u64], wait: Duration, cx: &mut Context<Self>) {
        let due = cx.now() + wait;
        for &key in keys {
            if cx.find(key).is_some_and(|rumor| cx.has(rumor)) {
                continue;
            }
            match self.missing.iter_mut().find(|missing| missing.key == key) {
                Some(missing) if missing.sources.contains(&from) => {}
                Some(missing) => missing.sources.push(from),
                None => self.missing.push(Missing {
                    key,
                    sources: vec![from],
                    due,
                }),
            }
        }
        self.graft_later(cx);
    }

    fn graft_later(&mut self, cx: &mut Context<Self>) {
        let next = self.missing.iter().map(|missing| missing.due).min();
        if let Some(next) = next.filter(|_| !self.grafting) {
            self.grafting = true;
            cx.set_timer(next - cx.now(), GRAFT);
        }
    }

    /// Asks for what should have come by now.
    fn graft(&mut self, cx: &mut Context<Self>) {
        self.grafting = false;
        let (now, next) = (cx.now(), cx.now() + cx.config().wait);
        let mut asked: Vec<(Peer, Vec<u64>)> = Vec::new();
        // Who was asked is not asked again; announcements and comparisons bring sources anew.
        self.missing.retain_mut(|missing| {
            if missing.due > now {
                return true;
            }
            if missing.sources.is_empty() {
                return false;
            }
            let source = missing.sources.remove(0);
            missing.due = next;
            match asked.iter_mut().find(|(peer, _)| *peer == source) {
                Some((_, keys)) => keys.push(missing.key),
                None => asked.push((source, vec![missing.key])),
            }
            true
        });
        for (source, keys) in asked {
            if let Some(link) = self.views.link(source) {
                link.lazy = false;
            }
            cx.send(source, Said::Graft(keys));
        }
        self.graft_later(cx);
    }

    fn tell_all(to: Peer, rumors: &[Rumor], cx: &mut Context<Self>) {
        for batch in rumors.chunks(BATCH) {
            cx.send(to, Said::Missed(batch.to_vec()));
        }
    }

    /// A peer lists what it knows: it gets what it lacks, and is asked for what is not here.
    fn compare(&mut self, from: Peer, theirs: &[u64], cx: &mut Context<Self>) {
        let mut sorted = theirs.to_vec();
        sorted.sort_unstable();
        let lacks = cx
            .known()
            .filter(|&rumor| sorted.binary_search(&cx.key(rumor)).is_err());
        let lacks: Vec<Rumor> = lacks.collect();
        Plumtree::tell_all(from, &lacks, cx);
        self.expect(from, theirs, cx.config().lazy, cx);
    }

    fn inventory(&self, cx: &Context<Self>) -> Said {
        Said::Inventory(cx.known().map(|rumor| cx.key(rumor)).collect())
    }

    fn alive(&self, linked: bool, cx: &Context<Self>) -> Said {
        let (sum, quiet) = (self.sum, self.is_quiet(cx));
        Said::Alive { sum, quiet, linked }
    }

    fn is_quiet(&self, cx: &Context<Self>) -> bool {
        cx.now() - self.news >= cx.config().interval * QUIET
    }
}

impl Strategy for Plumtree {
    const ABOUT: About = About {
        name: "plumtree",
        family: "tree",
        summary: "a tree grown out of gossip that mends itself, over partial views; stored",
        parameters: &[
            Parameter {
                name: "active",
                kind: Kind::Count,
                default: "5",
                summary: "how many neighbours a node has at most",
            },
            Parameter {
                name: "passive",
                kind: Kind::Count,
                default: "12",
                summary: "how many spare ones it knows of at most",
            },
            Parameter {
                name: "wait",
                kind: Kind::Duration,
                default: "600ms",
                summary: "how long an announced rumor may take before it is asked for",
            },
            Parameter {
                name: "lazy",
                kind: Kind::Duration,
                default: "200ms",
                summary: "how long announcements are collected",
            },
            Parameter {
                name: "interval",
                kind: Kind::Duration,
                default: "500ms",
                summary: "the heartbeat",
            },
        ],
        promises: Promises::ALL,
    };

    const STORES: bool = true;

    type Config = Config;
    type Message = Said;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            sizes: Sizes {
                active: settings.number("active"),
                passive: settings.number("passive"),
            },
            wait: settings.duration("wait"),
            lazy: settings.duration("lazy"),
            interval: settings.duration("interval"),
        })
    }

    fn new(_config: &Config) -> Plumtree {
        Plumtree::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        self.sum = cx.known().fold(0, |sum, rumor| sum ^ cx.key(rumor));
        self.news = cx.now();
        self.join(cx);
        cx.set_timer(cx.config().interval, TICK);
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.pass_on(None, &[rumor], Said::Gossip(rumor, cx.id()), cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        let now = cx.now();
        if let Some(link) = self.views.link(from) {
            link.heard = now;
        }
        match message {
            &Said::Gossip(rumor, origin) => self.gossip(from, rumor, origin, cx),
            Said::Missed(rumors) => {
                let new = rumors.iter().copied().filter(|&rumor| cx.deliver(rumor));
                let new: Vec<Rumor> = new.collect();
                if !new.is_empty() {
                    self.pass_on(Some(from), &new, Said::Missed(new.clone()), cx);
                }
            }
            Said::IHave(keys) => self.expect(from, keys, cx.config().wait, cx),
            Said::Graft(keys) => {
                if let Some(link) = self.views.link(from) {
                    link.lazy = false;
                }
                let known = keys.iter().filter_map(|&key| cx.find(key));
                let known: Vec<Rumor> = known.filter(|&rumor| cx.has(rumor)).collect();
                Plumtree::tell_all(from, &known, cx);
            }
            Said::Prune => {
                if let Some(link) = self.views.link(from) {
                    link.lazy = true;
                }
            }
            &Said::Alive { sum, quiet, linked } => {
                self.alive_from(from, (sum, quiet, linked), cx);
            }
            Said::Inventory(keys) => self.compare(from, keys, cx),
            _ => self.arrange(from, message, cx),
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        match tag {
            TICK => self.tick(cx),
            ANNOUNCE => self.announce(cx),
            _ => self.graft(cx),
        }
    }
}
