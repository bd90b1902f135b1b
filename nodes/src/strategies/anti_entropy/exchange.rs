//! What every digest's strategy has in common: rounds and exchanges.
//!
//! ```text
//!   push          A ── what do you have? ──► B        pull    A ── here is what I have ──► B
//!                 A ◄─ here is what I have ─ B                A ◄──── what A lacks ─────── B
//!                 A ──── what B lacks ─────► B
//!
//!   push-pull     A ── here is what I have ──► B      digests that begin with a hash ask
//!                 A ◄─ what A lacks; I lack … ─ B     first, whichever way rumors go:
//!                 A ───── what B lacks ──────► B      silence means that sets are equal
//! ```
//!
//! Contract: a message carries at most `batch` rumors; of more, some drawn at random, and
//! the others in later rounds. Digests too large for a message come in several, each
//! answered by itself. A node keeps nothing of an exchange, so what is lost costs no more
//! than waiting for the next round; and if the network's latency is above the interval, the
//! next round begins before the last one ended, and the same rumors are handed over twice.

use std::fmt;
use std::time::Duration;

use rand::RngExt as _;

use super::{Flow, Said, Summary};
use crate::registry::Settings;
use crate::strategy::{About, Context, Peer, Rumor, Strategy, Tag, Wire};

/// How a node says what it has.
pub trait Digest: Sized + Send {
    /// The strategy with this digest.
    const ABOUT: About;

    /// A round begins with the question even if rumors are to come: equal sets cost a
    /// hash, whatever the digest.
    const ASKS: bool = false;

    /// The question carries the set's hash.
    const HASH: bool = true;

    /// Parameters beside the common ones.
    type Config: Clone + fmt::Debug + Send + Sync;

    /// What is said of the set.
    type Message: Wire + fmt::Debug + Send;

    /// What is stored beside the rumors.
    type Record: Wire + fmt::Debug + Send;

    /// The parameters as a spec gives them.
    ///
    /// # Errors
    /// If they contradict each other: a sentence that says how.
    fn configure(settings: &Settings) -> Result<Self::Config, String>;

    /// Of the empty set.
    fn new(config: &Self::Config) -> Self;

    /// Takes back a stored record.
    fn on_record(&mut self, record: Self::Record, cx: &mut Context<Entropy<Self>>) {
        let _ = (record, cx);
    }

    /// What is known was inserted.
    fn start(&mut self, cx: &mut Context<Entropy<Self>>) {
        let _ = cx;
    }

    /// A client gave this node a rumor, which was inserted.
    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Entropy<Self>>) {
        let _ = (rumor, cx);
    }

    /// The set, `own` by now, has a rumor more.
    fn insert(&mut self, rumor: Rumor, own: Summary, cx: &mut Context<Entropy<Self>>) {
        let _ = (rumor, own, cx);
    }

    /// Says what the set has. `flow` is as this node sees it.
    fn reveal(
        &mut self,
        flow: Flow,
        own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Self::Message>,
    );

    /// Finds out in what the set differs from that of a peer. `flow` is as the peer sees
    /// it: if it takes, what it lacks is wanted in the answer; if it gives, what this node
    /// lacks.
    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Self::Message,
        own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Self::Message>,
    );
}

/// What there is to say to a peer.
#[derive(Debug)]
pub struct Answer<M> {
    /// What came with the message itself.
    pub learnt: Vec<Rumor>,
    /// What the peer lacks.
    pub lacks: Vec<Rumor>,
    /// The keys of what this node lacks.
    pub wants: Vec<u64>,
    /// Digests.
    pub says: Vec<(Flow, M)>,
}

impl<M> Default for Answer<M> {
    fn default() -> Self {
        Answer {
            learnt: Vec::new(),
            lacks: Vec::new(),
            wants: Vec::new(),
            says: Vec::new(),
        }
    }
}

/// The strategy with a digest. See the module.
#[derive(Debug)]
pub struct Entropy<D> {
    digest: D,
    own: Summary,
    /// Where the next round's peer stands in the list, once there was one.
    next: Option<u32>,
}

/// The parameters: common ones and the digest's own.
#[derive(Clone, Debug)]
pub struct Config<C> {
    interval: Duration,
    flow: Flow,
    round_robin: bool,
    /// Choose from the topology's neighbours only.
    neighbours: bool,
    /// At most so many rumors, or words of a digest, in one message.
    pub batch: usize,
    /// The digest's own.
    pub digest: C,
}

impl<D: Digest> Entropy<D> {
    /// What it says of its set.
    #[cfg(test)]
    pub(super) fn digest(&self) -> &D {
        &self.digest
    }

    /// Whom the next round is with.
    fn partner(&mut self, cx: &mut Context<Self>) -> Option<Peer> {
        let config = cx.config();
        let among = match config.neighbours {
            true => cx.neighbours(),
            false => cx.others(),
        };
        if !config.round_robin {
            return cx.pick(among);
        }
        let len = among.len();
        if len == 0 {
            return None;
        }
        // Not all from the first one: they would all ask the same peer.
        let at = self.next.unwrap_or_else(|| cx.rng().random_range(0..len)) % len;
        self.next = Some(at + 1);
        Some(among.get(at))
    }

    /// Begins an exchange.
    fn open(&mut self, peer: Peer, cx: &mut Context<Self>) {
        let flow = cx.config().flow;
        if !flow.take && self.own.count == 0 {
            return;
        }
        if D::ASKS || !flow.take {
            let hash = D::HASH.then_some(self.own.hash);
            return cx.send(peer, Said::Ask { flow, hash });
        }
        let mut answer = Answer::default();
        self.digest.reveal(flow, self.own, cx, &mut answer);
        self.answer(peer, answer, cx);
    }

    fn answer(&mut self, peer: Peer, answer: Answer<D::Message>, cx: &mut Context<Self>) {
        for rumor in answer.learnt {
            self.learn(rumor, cx);
        }
        let batch = cx.config().batch;
        let rumors = some(answer.lacks, batch, cx);
        let wants = some(answer.wants, batch, cx);
        if !rumors.is_empty() || !wants.is_empty() {
            cx.send(peer, Said::Rumors { rumors, wants });
        }
        for (flow, digest) in answer.says {
            cx.send(peer, Said::Digest { flow, digest });
        }
    }

    fn learn(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        if cx.deliver(rumor) {
            self.insert(rumor, cx);
        }
    }

    fn insert(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.own.insert(cx.key(rumor));
        self.digest.insert(rumor, self.own, cx);
    }
}

/// At most `bound` of them. Of more, a run that begins anywhere: peers who answer the same
/// question send different ones.
fn some<D: Digest, T>(mut items: Vec<T>, bound: usize, cx: &mut Context<Entropy<D>>) -> Vec<T> {
    if items.len() > bound {
        let first = cx.rng().random_range(0..items.len());
        items.rotate_left(first);
        items.truncate(bound);
    }
    items
}

impl<D: Digest> Strategy for Entropy<D> {
    const ABOUT: About = D::ABOUT;
    const STORES: bool = true;

    type Config = Config<D::Config>;
    type Message = Said<D::Message>;
    type Record = D::Record;

    fn configure(settings: &Settings) -> Result<Self::Config, String> {
        Ok(Config {
            interval: settings.duration("interval"),
            flow: match settings.choice("flow") {
                "push" => Flow::PUSH,
                "pull" => Flow::PULL,
                _ => Flow::BOTH,
            },
            round_robin: settings.choice("peer") == "round-robin",
            neighbours: settings.choice("among") == "neighbours",
            batch: settings.number("batch"),
            digest: D::configure(settings)?,
        })
    }

    fn new(config: &Self::Config) -> Self {
        Entropy {
            digest: D::new(&config.digest),
            own: Summary::default(),
            next: None,
        }
    }

    fn on_record(&mut self, record: D::Record, cx: &mut Context<Self>) {
        self.digest.on_record(record, cx);
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        let known: Vec<Rumor> = cx.known().collect();
        for rumor in known {
            self.insert(rumor, cx);
        }
        self.digest.start(cx);
        cx.set_timer(cx.config().interval, Tag(0));
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.insert(rumor, cx);
        self.digest.on_broadcast(rumor, cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Self::Message, cx: &mut Context<Self>) {
        let mut answer = Answer::default();
        match message {
            Said::Ask { hash, .. } if *hash == Some(self.own.hash) => {}
            Said::Ask { flow, .. } => {
                let flow = flow.turned();
                self.digest.reveal(flow, self.own, cx, &mut answer);
            }
            Said::Digest { flow, digest } => {
                self.digest
                    .compare(*flow, digest, self.own, cx, &mut answer);
            }
            Said::Rumors { rumors, wants } => {
                for &rumor in rumors {
                    self.learn(rumor, cx);
                }
                let wanted = wants.iter().filter_map(|&key| cx.find(key));
                answer.lacks = wanted.filter(|&rumor| cx.has(rumor)).collect();
            }
        }
        self.answer(from, answer, cx);
    }

    fn on_timer(&mut self, _round: Tag, cx: &mut Context<Self>) {
        if let Some(peer) = self.partner(cx) {
            self.open(peer, cx);
        }
        cx.set_timer(cx.config().interval, Tag(0));
    }
}
