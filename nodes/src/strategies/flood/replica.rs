//! Told until acknowledged: the machinery that `flood-retry` and `g-set` share.
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
//! A rumor is stored before anybody is told of it, acknowledgements included. An
//! acknowledgement names the rumors, so it is true whichever incarnation reads it and
//! however late it comes. Who tells of a rumor has it. A peer that does not answer is
//! told again after the interval, then after twice and four times as long.
//!
//! Memory: per peer what it lacks and nothing once it lacks nothing, so a quiet node
//! remembers nothing. There is an entry for a peer exactly as long as its timer runs.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Settings};
use crate::strategy::{
    About, Context, Neighbours, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer,
};

/// What distinguishes one strategy with this machinery from another.
pub trait Manner: fmt::Debug + Send + 'static {
    /// What it is called and promises.
    const ABOUT: About;

    /// The parameter that sets [`Pace::interval`].
    const INTERVAL: &'static str;

    /// Whether what is new is told at once to the topology's neighbours; otherwise it is
    /// told to everybody when the interval has passed.
    const AT_ONCE: bool;
}

/// How fast a replica tells its peers.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long to wait for an acknowledgement before telling again.
    pub interval: Duration,
    /// At most so many rumors in one message.
    pub batch: usize,
}

impl Default for Pace {
    /// The defaults of `flood-retry`.
    fn default() -> Pace {
        Pace {
            interval: Duration::from_millis(200),
            batch: 1000,
        }
    }
}

/// The parameter for [`Pace::batch`].
pub(super) const BATCH: Parameter = Parameter {
    name: "batch",
    kind: Kind::Count,
    default: "1000",
    summary: "at most so many values in one message",
};

/// The longest wait is 2^this intervals.
const MAX_DOUBLINGS: u32 = 2;

/// What replicas say to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gossip {
    /// Here are rumors.
    Told(Vec<Rumor>),
    /// I have stored these.
    Stored(Vec<Rumor>),
}

impl Wire for Gossip {
    fn write(&self, out: &mut Writer) {
        let (kind, rumors) = match self {
            Gossip::Told(rumors) => ("gossip", rumors),
            Gossip::Stored(rumors) => ("gossip_ok", rumors),
        };
        out.kind(kind);
        out.rumors("messages", rumors);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "gossip" => body.rumors("messages").map(Gossip::Told),
            "gossip_ok" => body.rumors("messages").map(Gossip::Stored),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        match self {
            Gossip::Told(rumors) => rumors.len(),
            Gossip::Stored(_) => 0,
        }
    }
}

/// A node with this machinery. See the module.
#[derive(Debug)]
pub struct Replica<M> {
    /// Those who lack something, by peer.
    lagging: Vec<Lagging>,
    manner: PhantomData<M>,
}

#[derive(Debug)]
struct Lagging {
    peer: Peer,
    /// What it has not acknowledged, by rumor.
    missing: Vec<Missing>,
    /// How often the interval is doubled, because it is silent.
    doublings: u32,
    /// It acknowledged something since the timer was set.
    heard: bool,
    /// The last message to it was full.
    more: bool,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    rumor: Rumor,
    /// When it was told last, or `NEVER`.
    told: Time,
}

const NEVER: Time = Time::MAX;

impl<M: Manner> Replica<M> {
    fn peers<'a>(cx: &Context<'a, Self>) -> Neighbours<'a> {
        if M::AT_ONCE {
            cx.neighbours()
        } else {
            cx.others()
        }
    }

    /// The entry of a peer, with its timer set.
    fn lagging(&mut self, peer: Peer, cx: &mut Context<Self>) -> &mut Lagging {
        let at = match self.find(peer) {
            Ok(at) => at,
            Err(at) => {
                cx.set_timer(cx.config().interval, Tag(peer.0));
                self.lagging.insert(at, Lagging::new(peer));
                at
            }
        };
        &mut self.lagging[at]
    }

    fn find(&self, peer: Peer) -> Result<usize, usize> {
        self.lagging.binary_search_by_key(&peer, |entry| entry.peer)
    }

    /// Tells, or notes to tell, what is new to all peers but the one it came from.
    fn pass_on(&mut self, new: Vec<Rumor>, from: Option<Peer>, cx: &mut Context<Self>) {
        let told = if M::AT_ONCE { cx.now() } else { NEVER };
        let peers = Self::peers(cx);
        for peer in peers.iter().filter(|&peer| Some(peer) != from) {
            let entry = self.lagging(peer, cx);
            new.iter().for_each(|&rumor| entry.lacks(rumor, told));
        }
        if M::AT_ONCE {
            cx.tell(peers, from, Gossip::Told(new));
        }
    }

    /// Every peer may lack everything; whom this node no longer tells lacks nothing.
    fn begin(&mut self, cx: &mut Context<Self>) {
        let peers = Self::peers(cx);
        for entry in &mut self.lagging {
            if !peers.contains(entry.peer) {
                entry.missing.clear();
            }
        }
        let known: Vec<Rumor> = cx.known().collect();
        if known.is_empty() {
            return;
        }
        for peer in peers.iter() {
            let entry = self.lagging(peer, cx);
            known.iter().for_each(|&rumor| entry.lacks(rumor, NEVER));
            if M::AT_ONCE {
                entry.tell(cx);
            }
        }
    }
}

impl Lagging {
    fn new(peer: Peer) -> Lagging {
        Lagging {
            peer,
            missing: Vec::new(),
            doublings: 0,
            heard: false,
            more: false,
        }
    }

    /// It may lack this rumor, which it was told at this time.
    fn lacks(&mut self, rumor: Rumor, told: Time) {
        let missing = Missing { rumor, told };
        if self.missing.last().is_none_or(|last| last.rumor < rumor) {
            return self.missing.push(missing);
        }
        if let Err(at) = self.position(rumor) {
            self.missing.insert(at, missing);
        }
    }

    /// It has these.
    fn has(&mut self, rumors: &[Rumor]) {
        if let [rumor] = rumors {
            if let Ok(at) = self.position(*rumor) {
                self.missing.remove(at);
            }
            return;
        }
        let mut there = rumors.to_vec();
        there.sort_unstable();
        self.missing
            .retain(|missing| there.binary_search(&missing.rumor).is_err());
    }

    fn position(&self, rumor: Rumor) -> Result<usize, usize> {
        self.missing.binary_search_by_key(&rumor, |it| it.rumor)
    }

    /// Sends what was never told or not acknowledged in time; whether there was any.
    fn tell<M: Manner>(&mut self, cx: &mut Context<Replica<M>>) -> bool {
        let (now, Pace { interval, batch }) = (cx.now(), *cx.config());
        let overdue =
            |missing: &&mut Missing| missing.told == NEVER || now.since(missing.told) >= interval;
        let mut rumors = Vec::new();
        for missing in self.missing.iter_mut().filter(overdue).take(batch) {
            rumors.push(missing.rumor);
            missing.told = now;
        }
        self.more = rumors.len() == batch;
        let any = !rumors.is_empty();
        if any {
            cx.send(self.peer, Gossip::Told(rumors));
        }
        any
    }

    /// Its timer fired, and something is missing: tells it and sets the timer again.
    fn remind<M: Manner>(&mut self, cx: &mut Context<Replica<M>>) {
        let silent = !self.heard && self.missing.iter().any(|missing| missing.told != NEVER);
        if self.tell(cx) && silent {
            self.doublings = (self.doublings + 1).min(MAX_DOUBLINGS);
        }
        self.heard = false;
        let wait = cx.config().interval.saturating_mul(1 << self.doublings);
        cx.set_timer(wait, Tag(self.peer.0));
    }

    /// It says that it has stored these.
    fn acknowledged<M: Manner>(&mut self, rumors: &[Rumor], cx: &mut Context<Replica<M>>) {
        self.has(rumors);
        // It is back, or there is more than fitted into one message: no need to wait.
        let hurry = self.more || self.doublings > 0;
        self.heard = true;
        self.doublings = 0;
        if hurry {
            self.tell(cx);
        }
    }
}

impl<M: Manner> Strategy for Replica<M> {
    const ABOUT: About = M::ABOUT;
    const STORES: bool = true;

    type Config = Pace;
    type Message = Gossip;
    type Record = std::convert::Infallible;

    fn configure(settings: &Settings) -> Result<Pace, String> {
        Ok(Pace {
            interval: settings.duration(M::INTERVAL),
            batch: settings.number(BATCH.name),
        })
    }

    fn new(_config: &Pace) -> Replica<M> {
        Replica {
            lagging: Vec::new(),
            manner: PhantomData,
        }
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        if !M::AT_ONCE {
            self.begin(cx);
        }
    }

    fn on_neighbours(&mut self, cx: &mut Context<Self>) {
        if M::AT_ONCE {
            self.begin(cx);
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.pass_on(vec![rumor], None, cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Gossip, cx: &mut Context<Self>) {
        match message {
            Gossip::Told(rumors) => {
                let mut new = rumors.clone();
                new.retain(|&rumor| cx.deliver(rumor));
                if new.len() < rumors.len()
                    && let Ok(at) = self.find(from)
                {
                    self.lagging[at].has(rumors);
                }
                if !new.is_empty() {
                    self.pass_on(new, Some(from), cx);
                }
                cx.send(from, Gossip::Stored(rumors.clone()));
            }
            Gossip::Stored(rumors) => {
                if let Ok(at) = self.find(from) {
                    self.lagging[at].acknowledged(rumors, cx);
                }
            }
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        let Ok(at) = self.find(Peer(tag.0)) else {
            return;
        };
        if self.lagging[at].missing.is_empty() {
            self.lagging.remove(at);
        } else {
            self.lagging[at].remind(cx);
        }
        if self.lagging.is_empty() {
            self.lagging = Vec::new();
        }
    }
}
