//! Anti-entropy by version vectors and deltas.
//!
//! ```text
//!   A ── x: 3, y: 7 ─────────────────────► B      B has x: 5, y: 6
//!   A ◄─ x from 3: [r, s]; I have y: 6 ─── B
//!   A ── y from 6: [t] ──────────────────► B
//! ```
//!
//! - Idea: who takes rumors from clients numbers them. Everybody passes them on with their
//!   numbers and in their order, so that one number per origin says which of its rumors a
//!   node has, however many they are; of the rest nothing need be said twice.
//! - Source: van Renesse, Dumitriu, Gough, Thomas, "Efficient Reconciliation and Flow
//!   Control for Anti-Entropy Protocols", LADIS 2008 (Scuttlebutt), sections 2 and 3;
//!   Parker et al., IEEE TSE 9 (1983), for version vectors.
//! - Parameters: `interval` (100ms), `flow` (push-pull), `peer` (random), `among`
//!   (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message of 16 bytes per origin and life of it (about 15
//!   in JSON), whatever N; two or three otherwise, with nothing but what differs. Each
//!   rumor costs a record in the store beside itself.
//! - Survives loss, cuts, kills and wiped stores. A vector never forgets an origin: it
//!   grows with every life in which one took rumors.
//!
//! What restarts and wiped stores must not do is give a number twice, for two rumors: the
//! one that comes second to a node would be thought to be there. Hence an origin is not a
//! node, but one *life* of a node, called by a 64-bit number drawn when it takes its first
//! rumor, and the life and number of a rumor are stored before anything is sent:
//!
//! ```text
//!   life 9f…: 0 1 2 │ killed │ life 31…: 0 1 │ wiped │ life c4…: 0 …
//! ```
//!
//! A store cut short by a kill may have a rumor and not its number. Such a rumor is
//! numbered anew in the next life; it has two numbers at most, and that does no harm.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng as _;
use rand::RngExt as _;

use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, PEER, Span, Summary};
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context, Reader, Rumor, Wire, Writer};

/// The digest that is a version vector. See the module.
#[derive(Clone, Debug, Default)]
pub struct Scuttlebutt {
    /// By life: its rumors in order, from the first on without a gap.
    logs: BTreeMap<u64, Vec<Rumor>>,
    /// This node's life, once it took a rumor.
    life: Option<u64>,
}

/// What is said of logs, in lists side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// How long logs are.
    Vector {
        /// No others whose lives are in this span are there.
        span: Span,
        /// Which ones.
        lives: Vec<u64>,
        /// How long each is.
        lengths: Vec<u64>,
    },
    /// Parts of logs.
    Deltas {
        /// Which ones.
        lives: Vec<u64>,
        /// From where on.
        firsts: Vec<u64>,
        /// How many of each.
        counts: Vec<u64>,
        /// One log's after the other's.
        rumors: Vec<Rumor>,
        /// Lives whose logs the sender knows to be longer at the receiver.
        behind: Vec<u64>,
        /// How long each is at the sender.
        lengths: Vec<u64>,
    },
}

/// What a node stores: these rumors come next in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    life: u64,
    first: u64,
    keys: Vec<u64>,
}

impl Scuttlebutt {
    fn length(&self, life: u64) -> usize {
        self.logs.get(&life).map_or(0, Vec::len)
    }

    /// Appends rumors to a log and stores that.
    fn append(&mut self, life: u64, rumors: &[Rumor], cx: &mut Context<Entropy<Self>>) {
        let log = self.logs.entry(life).or_default();
        let record = Numbered {
            life,
            first: log.len() as u64,
            keys: rumors.iter().map(|&rumor| cx.key(rumor)).collect(),
        };
        log.extend_from_slice(rumors);
        cx.store(record);
    }

    /// Numbers rumors of this node's own.
    fn number(&mut self, rumors: &[Rumor], cx: &mut Context<Entropy<Self>>) {
        let life = *self.life.get_or_insert_with(|| cx.rng().next_u64());
        self.append(life, rumors, cx);
    }

    /// The logs from these lengths on, at most `batch` rumors of them.
    fn deltas(
        &self,
        mut from: Vec<(u64, usize)>,
        behind: &[u64],
        cx: &mut Context<Entropy<Self>>,
    ) -> Option<Versions> {
        let mut room = cx.config().batch;
        if !from.is_empty() {
            // Not always the same lives if there is too much.
            let first = cx.rng().random_range(0..from.len());
            from.rotate_left(first);
        }
        let (mut lives, mut firsts, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let mut rumors = Vec::new();
        for (life, first) in from {
            let rest = self.logs.get(&life).and_then(|log| log.get(first..));
            let some = rest.unwrap_or_default();
            let some = &some[..some.len().min(room)];
            if some.is_empty() {
                continue;
            }
            lives.push(life);
            firsts.push(first as u64);
            counts.push(some.len() as u64);
            rumors.extend_from_slice(some);
            room -= some.len();
        }
        let lengths = behind.iter().map(|&life| self.length(life) as u64);
        (!lives.is_empty() || !behind.is_empty()).then(|| Versions::Deltas {
            lives,
            firsts,
            counts,
            rumors,
            behind: behind.to_vec(),
            lengths: lengths.collect(),
        })
    }

    /// Takes what comes next in the logs that this node has; what is there, or would leave
    /// a gap, is left alone.
    fn take(
        &mut self,
        parts: impl Iterator<Item = (u64, u64, u64)>,
        mut rumors: &[Rumor],
        cx: &mut Context<Entropy<Self>>,
    ) -> Vec<Rumor> {
        let mut learnt = Vec::new();
        for (life, first, count) in parts {
            let (part, rest) = rumors.split_at(rumors.len().min(count as usize));
            rumors = rest;
            let there = (self.length(life) as u64).checked_sub(first);
            let new = there.and_then(|there| part.get(usize::try_from(there).ok()?..));
            if let Some(new) = new.filter(|new| !new.is_empty()) {
                self.append(life, new, cx);
                learnt.extend_from_slice(new);
            }
        }
        learnt
    }
}

impl Digest for Scuttlebutt {
    const ABOUT: About = About {
        name: "scuttlebutt",
        family: "anti-entropy",
        summary: "says how far it knows each origin's rumors, in order; peers swap the rest",
        parameters: &[INTERVAL, FLOW, PEER, AMONG, BATCH],
        promises: Promises::ALL,
    };

    type Config = ();
    type Message = Versions;
    type Record = Numbered;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> Scuttlebutt {
        Scuttlebutt::default()
    }

    fn on_record(&mut self, record: Numbered, cx: &mut Context<Entropy<Self>>) {
        let log = self.logs.entry(record.life).or_default();
        if log.len() as u64 == record.first {
            // Up to a rumor whose line is missing: what follows would be misnumbered.
            log.extend(record.keys.iter().map_while(|&key| cx.find(key)));
        }
    }

    fn start(&mut self, cx: &mut Context<Entropy<Self>>) {
        let numbered: BTreeSet<Rumor> = self.logs.values().flatten().copied().collect();
        let not = |rumor: &Rumor| !numbered.contains(rumor);
        let rumors: Vec<Rumor> = cx.known().filter(not).collect();
        if !rumors.is_empty() {
            self.number(&rumors, cx);
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Entropy<Self>>) {
        self.number(&[rumor], cx);
    }

    fn reveal(
        &mut self,
        flow: Flow,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Versions>,
    ) {
        // The rumor of an entry does not matter here.
        let logs: Vec<(u64, Rumor)> = self.logs.keys().map(|&life| (life, Rumor(0))).collect();
        for (span, piece) in Span::WHOLE.cut(&logs, cx.config().batch.div_ceil(2)) {
            let lives: Vec<u64> = piece.iter().map(|&(life, _)| life).collect();
            let lengths = lives.iter().map(|&life| self.length(life) as u64).collect();
            let vector = Versions::Vector {
                span,
                lives,
                lengths,
            };
            out.says.push((flow, vector));
        }
    }

    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Versions,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Versions>,
    ) {
        let (from, behind) = match theirs {
            Versions::Vector {
                span,
                lives,
                lengths,
            } => {
                let theirs: BTreeMap<u64, u64> =
                    lives.iter().copied().zip(lengths.iter().copied()).collect();
                let ours = self.logs.range(span.from..=span.to.max(span.from));
                let ahead = ours.filter_map(|(&life, log)| {
                    let length = theirs.get(&life).copied().unwrap_or(0);
                    let length = usize::try_from(length).ok()?;
                    (log.len() > length).then_some((life, length))
                });
                let ahead: Vec<_> = ahead.filter(|_| flow.take).collect();
                let behind = theirs
                    .iter()
                    .filter(|&(&life, &length)| flow.give && length > self.length(life) as u64);
                (ahead, behind.map(|(&life, _)| life).collect())
            }
            Versions::Deltas {
                lives,
                firsts,
                counts,
                rumors,
                behind,
                lengths,
            } => {
                let parts = lives.iter().zip(firsts).zip(counts);
                let parts = parts.map(|((&life, &first), &count)| (life, first, count));
                out.learnt = self.take(parts, rumors, cx);
                let lengths = lengths.iter().filter_map(|&at| usize::try_from(at).ok());
                (behind.iter().copied().zip(lengths).collect(), Vec::new())
            }
        };
        // All that is left to say goes the way it was asked for.
        let deltas = self.deltas(from, &behind, cx);
        out.says
            .extend(deltas.map(|deltas| (flow.turned(), deltas)));
    }
}

impl Wire for Versions {
    fn write(&self, out: &mut Writer) {
        match self {
            Versions::Vector {
                span,
                lives,
                lengths,
            } => {
                out.kind("versions");
                out.keys("span", &[span.from, span.to]);
                out.keys("lives", lives);
                out.numbers("lengths", lengths);
            }
            Versions::Deltas {
                lives,
                firsts,
                counts,
                rumors,
                behind,
                lengths,
            } => {
                out.kind("deltas");
                out.keys("lives", lives);
                out.numbers("firsts", firsts);
                out.numbers("counts", counts);
                out.rumors("rumors", rumors);
                out.keys("behind", behind);
                out.numbers("lengths", lengths);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        if kind == "versions" {
            let [from, to] = body.keys("span")?[..] else {
                return None;
            };
            return Some(Versions::Vector {
                span: Span { from, to },
                lives: body.keys("lives")?,
                lengths: body.numbers("lengths")?,
            });
        }
        (kind == "deltas").then_some(())?;
        Some(Versions::Deltas {
            lives: body.keys("lives")?,
            firsts: body.numbers("firsts")?,
            counts: body.numbers("counts")?,
            rumors: body.rumors("rumors")?,
            behind: body.keys("behind")?,
            lengths: body.numbers("lengths")?,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Versions::Vector { .. } => 0,
            Versions::Deltas { rumors, .. } => rumors.len(),
        }
    }
}

impl Wire for Numbered {
    fn write(&self, out: &mut Writer) {
        out.kind("numbered");
        out.keys("life", &[self.life]);
        out.number("first", self.first);
        out.keys("keys", &self.keys);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "numbered").then_some(())?;
        Some(Numbered {
            life: *body.keys("life")?.first()?,
            first: body.number("first")?,
            keys: body.keys("keys")?,
        })
    }
}
