//! Teams with leaders, who have leaders: up, across, down, and no further than meant.
//!
//! - Idea: news goes up to the team's leader, who tells the team and its own leader, who
//!   tells the leaders below; [`organisation`](super::organisation) says who they may be.
//!   Each step is stored, acknowledged, and repeated until it is. How fast and how far is
//!   up to the rumor. `urgent`: its origin tells the whole audience at once; the leaders
//!   tell it again in a batch, in case the origin is lost. `bulk`: each step waits for a
//!   batch. Its `sensitivity` names the level of the unit that may know; nothing is ever
//!   sent to anybody outside it.
//!
//! ```text
//!   n8 ─► n6 ─► n0 ─► n1, n2            normal, for everyone: n8 tells its leader n6, who
//!          │    ├──► n3 ─► n4, n5      tells its team, and the leader of leaders n0
//!          └► n7└──► n9 ─► …
//! ```
//!
//! - Succession: a unit's leader is its first member whom one does not suspect. Who says
//!   nothing for `patience` though an answer is due is suspected, by each node for itself;
//!   the successor hears of it and waits no longer than `retry`. Any sign of life ends a
//!   suspicion, and whoever is suspected is asked for one again and again; so a leader that returns leads
//!   again. Two leaders at once tell things twice, which is all they do: an obligation
//!   ends only with an acknowledgement, whoever leads.
//!
//! ```text
//!   n2  news ──► n0 ✗  again ──► n0 ✗  again ──► n0 ✗   patience is over
//!       news, suspected n0 ──► n1                       n1 leads, asks n0 now and then,
//!   n1  ping ──► n0 …  ping ──► n0 pong                 and hands it what it missed
//! ```
//!
//! - Source: hierarchical gossip after van Renesse, Birman, Vogels, "Astrolabe", ACM TOCS
//!   21 (2003), section 3 (zones and their representatives), with fixed succession instead
//!   of election; suspicion that any sign of life ends after Das, Gupta, Motivala, "SWIM",
//!   DSN 2002, section 4.2.
//! - Parameters: `team` (3), `branching` (3) the organisation's shape; `retry` (250ms) how
//!   long to wait for an acknowledgement; `patience` (700ms) how long for any sign of life;
//!   `batch` (250ms) how long bulk waits at each step; `watch` (2s) how long after telling
//!   a leader it is asked whether it is still there to pass it on. `retry` should exceed a
//!   round trip, or news is told twice; `patience` two of them.
//! - Cost: 2·(audience − 1) messages, news and acknowledgements, if normal, and a ping and
//!   a pong per team once no more comes; about twice that if urgent; less the more bulk
//!   shares a batch. Hops: 1 if urgent, otherwise at most twice the depth. The leader of
//!   all has (branching − 1)·(depth − 1) + team − 1 links. Silent when idle, but for pings
//!   of whoever is missed, about one a second. A successor is told everything once.
//! - Survives loss, cuts that heal, kills of any nodes, all at once too, duplicates, delay,
//!   two leaders at a time, a leader that is gone for good. A restarted node tells what it
//!   knows once more over its links. Does not survive a wiped store. What only nodes know
//!   that never return is lost, and what a leader was told and could not pass on for `watch`
//!   before it is gone for good reaches its part of the organisation only with the next
//!   suspicion. State grows with a node's links; an urgent rumor's origin keeps one to each
//!   of the audience.

mod care;
mod link;
mod said;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use super::organisation::{Organisation, Shape, Unit};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Priority, Rumor, Strategy, Tag};
use care::arm;
use link::Link;
pub use said::Said;

/// The leader strategy. See the module.
#[derive(Debug, Default)]
pub struct Leader {
    /// Those it has had anything to do with.
    links: BTreeMap<Peer, Link>,
    /// Those who owe it a sign of life for too long.
    suspected: BTreeSet<Peer>,
    /// Whether a timer for the next batch is set.
    batching: bool,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The organisation's.
    pub shape: Shape,
    retry: Duration,
    patience: Duration,
    batch: Duration,
    watch: Duration,
}

/// The timer of the next batch; a link's timer has its peer's number.
const BATCH: Tag = Tag(u32::MAX);
/// At most so many rumors in one message.
const MOST: usize = 1000;

/// What is to be told to whom now.
type Fresh = BTreeMap<Peer, Vec<Rumor>>;

fn organisation(cx: &Context<Leader>) -> Organisation {
    Organisation::new(cx.config().shape, cx.size())
}

impl Leader {
    /// Who leads a unit, as far as this node knows: its first member that it does not
    /// suspect, itself never; the first of all if it suspects all.
    fn leader(&self, unit: Unit) -> Peer {
        let there = |peer: &Peer| !self.suspected.contains(peer);
        unit.members().find(there).unwrap_or(Peer(unit.first))
    }

    /// Whom this node has to tell what is for its unit of a level: its leader, and if it
    /// leads itself, who leads the parts of what it leads.
    fn charges(&self, level: u8, cx: &Context<Self>) -> Vec<Peer> {
        let (organisation, me) = (organisation(cx), cx.id());
        let mut charges = Vec::new();
        for unit in (1..=level).map(|level| organisation.unit(me, level)) {
            let leader = self.leader(unit);
            if leader != me {
                charges.push(leader);
                break;
            }
            let leaders = organisation.parts(unit).map(|part| match part.level {
                0 => Peer(part.first),
                _ => self.leader(part),
            });
            charges.extend(leaders.filter(|&leader| leader != me));
        }
        charges
    }

    /// Notes to whom these rumors are owed from now on, and tells or batches them.
    fn spread(&mut self, rumors: impl Iterator<Item = Rumor>, cx: &mut Context<Self>) {
        let (organisation, now, batch) = (organisation(cx), cx.now(), cx.config().batch);
        let mut charges: Vec<Option<Vec<Peer>>> = vec![None; usize::from(organisation.depth()) + 1];
        let mut fresh = Fresh::new();
        for rumor in rumors {
            let attributes = cx.attributes(rumor);
            let level = organisation.reach(attributes.sensitivity);
            let charges =
                charges[usize::from(level)].get_or_insert_with(|| self.charges(level, cx));
            for &peer in &*charges {
                let link = self.links.entry(peer).or_default();
                if link.is_served(rumor) {
                    continue;
                }
                match attributes.priority {
                    Priority::Normal => fresh.entry(peer).or_default().push(rumor),
                    Priority::Bulk => link.tell_later(rumor, now),
                    // Its origin tells everybody. A leader makes sure of those below; that
                    // he knows himself he mostly says in time.
                    Priority::Urgent if peer > cx.id() => link.tell_later(rumor, now),
                    Priority::Urgent => link.tell_later(rumor, now + batch + batch),
                }
            }
        }
        self.tell(fresh, cx);
        self.set_batch_timer(cx);
    }

    /// Sends what is fresh, as often as it takes until it is acknowledged.
    fn tell(&mut self, fresh: Fresh, cx: &mut Context<Self>) {
        let now = cx.now();
        let Config {
            retry, patience, ..
        } = *cx.config();
        for (peer, rumors) in fresh {
            let link = self.links.entry(peer).or_default();
            for &rumor in &rumors {
                link.tell(rumor, now, patience);
            }
            arm(link, peer, now + retry, cx);
            for part in rumors.chunks(MOST) {
                let news = self.news(part);
                cx.send(peer, news);
            }
        }
    }

    fn news(&self, rumors: &[Rumor]) -> Said {
        Said::News {
            rumors: rumors.to_vec(),
            suspected: self.suspected.iter().copied().collect(),
        }
    }

    /// Tells the whole audience at once.
    fn flood(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        let (me, sensitivity) = (cx.id(), cx.attributes(rumor).sensitivity);
        let audience = organisation(cx).audience(me, sensitivity);
        let now = cx.now();
        let Config {
            retry, patience, ..
        } = *cx.config();
        for peer in audience.members().filter(|&peer| peer != me) {
            let link = self.links.entry(peer).or_default();
            link.tell(rumor, now, patience);
            arm(link, peer, now + retry, cx);
        }
        let news = self.news(&[rumor]);
        cx.send_to(audience.members().filter(|&peer| peer != me), news);
    }

    fn set_batch_timer(&mut self, cx: &mut Context<Self>) {
        if !self.batching && self.links.values().any(Link::has_batch) {
            self.batching = true;
            cx.set_timer(cx.config().batch, BATCH);
        }
    }

    fn send_batch(&mut self, cx: &mut Context<Self>) {
        let now = cx.now();
        let due = self
            .links
            .iter()
            .map(|(&peer, link)| (peer, link.batched(now)));
        let due: Fresh = due.filter(|(_, rumors)| !rumors.is_empty()).collect();
        self.tell(due, cx);
        self.batching = false;
        self.set_batch_timer(cx);
    }

    /// Others may lead now: they must get what the old leader had or would have had.
    fn reconsider(&mut self, cx: &mut Context<Self>) {
        let known: Vec<Rumor> = cx.known().collect();
        self.spread(known.into_iter(), cx);
    }

    fn hear_news(&mut self, from: Peer, rumors: &[Rumor], cx: &mut Context<Self>) {
        let keys = rumors.iter().map(|&rumor| cx.key(rumor)).collect();
        cx.send(from, Said::Stored(keys));
        let link = self.links.entry(from).or_default();
        let mut new = Vec::new();
        for &rumor in rumors {
            link.has(rumor);
            if cx.deliver(rumor) {
                new.push(rumor);
            }
        }
        self.spread(new.into_iter(), cx);
    }
}

const fn duration(name: &'static str, default: &'static str, summary: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Kind::Duration,
        default,
        summary,
    }
}

const fn count(name: &'static str, default: &'static str, summary: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Kind::Count,
        default,
        summary,
    }
}

/// The organisation's shape as these settings give it.
fn shape(settings: &Settings) -> Result<Shape, String> {
    let number = |name| u32::try_from(settings.number(name)).unwrap_or(u32::MAX);
    Shape::new(number("team"), number("branching"))
}

/// The organisation's shape that a spec gives, if it is one of this strategy.
#[must_use]
pub fn shape_of(spec: &str) -> Option<Shape> {
    let (name, settings) = crate::registry::settings(spec).ok()?;
    (name == Leader::ABOUT.name).then(|| shape(&settings).ok())?
}

impl Strategy for Leader {
    const ABOUT: About = About {
        name: "leader",
        family: "hierarchy",
        summary: "tells its leader, who tells the team and the leaders above, as urgently and as far as meant",
        parameters: &[
            count("team", "3", "how many members a team has"),
            count(
                "branching",
                "3",
                "how many teams make a department, and so on; at least 2",
            ),
            duration("retry", "250ms", "how long to wait for an acknowledgement"),
            duration(
                "patience",
                "700ms",
                "how long to wait for a sign of life before another leads",
            ),
            duration("batch", "250ms", "how long what is bulk waits at each step"),
            duration(
                "watch",
                "2s",
                "how long after passing news to a leader it is asked whether it is still there",
            ),
        ],
        promises: Promises::ALL,
    };

    const STORES: bool = true;

    type Config = Config;
    type Message = Said;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            shape: shape(settings)?,
            retry: settings.duration("retry"),
            patience: settings.duration("patience"),
            batch: settings.duration("batch"),
            watch: settings.duration("watch"),
        })
    }

    fn new(_config: &Config) -> Leader {
        Leader::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        self.reconsider(cx);
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        if cx.attributes(rumor).priority == Priority::Urgent {
            self.flood(rumor, cx);
        }
        self.spread([rumor].into_iter(), cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        self.meet(from, cx);
        match message {
            Said::News { rumors, suspected } => {
                self.hear_news(from, rumors, cx);
                self.hear_of_suspects(suspected, cx);
            }
            Said::Stored(keys) => {
                self.acknowledged(from, keys, cx);
            }
            Said::Ping => cx.send(from, Said::Pong),
            Said::Pong => {}
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        match tag {
            BATCH => self.send_batch(cx),
            Tag(peer) => self.look_after(Peer(peer), cx),
        }
    }
}
