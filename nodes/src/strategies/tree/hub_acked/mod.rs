//! A hub that loses nothing: batches, acknowledged on the way, and another hub if it is gone.
//!
//! ```text
//!   n7 ── up [8] ───────► n0 · · 180 ms · · ── down 3 [8 9 4] ──► n7  "n0 has 8: n0's care now"
//!   n9 ── up [4] + ack 2 ─┘                  └ down 3 ──────────► n9  owes an ack: with its next up,
//!                                                                     or alone after a second
//! ```
//!
//! - Idea: the star of [`hub`](super::hub). The hub keeps a log of what it took over, tells
//!   everybody its next part every `down`, and each node says up to where it has it, for
//!   free if it has something to say anyway. A gap in the positions is asked for at once.
//!   Somebody is responsible for each rumor at any time: the node a client gave it to until
//!   it sees it in a hub's batch, then that hub until all have acknowledged it.
//! - The hub is the first member. Whom it does not answer twice turns to the next one, and
//!   so on round the members; a node that is its own turn is its own hub, the way out of
//!   any corner. Any node plays the hub for whoever asks. A node comes back as soon as it
//!   hears from an earlier member, and tries the first one, beside its own hub, from time
//!   to time.
//! - Source: folklore for the star; acknowledgements up to a position with a request for what
//!   is missing as in log replication and reliable multicast (SRM: Floyd et al., SIGCOMM
//!   1995, section III).
//! - Parameters: `down` (180ms) how long a hub collects; `ack` (1s) how long an
//!   acknowledgement waits for something to go with; `retry` (500ms) how much longer than
//!   agreed an answer may take before it is missed.
//! - Cost: on the usual scoreboard (25 nodes, 100 ms constant latency, 100 operations a second,
//!   half reads, 20 s) 1.75 messages per operation, stable after 274 ms in the median and 380 ms
//!   at most (mean of 20 seeds). That of `hub`, and an acknowledgement by itself per node and second at most. After
//!   the last one nobody says anything. A hub keeps what somebody has not acknowledged; a
//!   node without that role keeps a position per hub.
//! - Survives delay, loss, cuts and kills. Everything is stored before it is acknowledged. A
//!   node that restarts does not remember what it was responsible for: it takes all it
//!   knows for that, one that was a hub before as a hub again. What a dead hub took over and
//!   did not bring to all waits for its return.
//!
//! Why nothing falls between two nodes: a node lets go of a rumor only when somebody says
//! that he knew it or spreads it, so he is responsible or got it from one who is. Two
//! nodes cannot let go in favour of each other, for nobody's hub comes after himself.

mod log;
mod said;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt as _;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Rumor, Strategy, Tag};
use log::Log;
pub use said::{Said, Upto, WasHub};

/// The hub that everybody turns to first.
const FIRST: Peer = Peer(0);
/// At most so many rumors in one message but a hub's first telling.
const BATCH: usize = 1000;
/// So many answers may be missed before a node turns to the next hub.
const PATIENCE: u32 = 2;
/// A node with another hub than the first tries the first after so many times `retry`.
const RETURN: u32 = 10;

const FLUSH: Tag = Tag(0);
const RESEND: Tag = Tag(1);
const ASK: Tag = Tag(2);
const ACK: Tag = Tag(3);

/// The acknowledged hub. See the module.
#[derive(Clone, Debug, Default)]
pub struct HubAcked {
    /// Whom this node turns to.
    hub: Peer,
    /// Since when, or when it tried the first last.
    hub_since: Time,
    /// What it is responsible for until a hub is, oldest first, and when it told it last.
    pending: Vec<(Rumor, Time)>,
    asking: bool,
    /// How many answers it missed in a row.
    missed: u32,
    /// As a hub.
    log: Log,
    epoch: u64,
    /// In this life or an earlier one.
    was_hub: bool,
    resending: bool,
    /// What should be acknowledged when the resend timer fires.
    mark: u64,
    /// Where it is in hubs' logs.
    heard: BTreeMap<Peer, Heard>,
    acking: bool,
}

/// Where a node is in a hub's log.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    upto: Upto,
    /// Since when it owes an acknowledgement.
    owed: Option<Time>,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    down: Duration,
    ack: Duration,
    retry: Duration,
}

impl HubAcked {
    /// A rumor that this node is responsible for.
    fn care_for(&mut self, rumors: &[Rumor], cx: &mut Context<Self>) {
        if self.hub == cx.id() {
            self.take(rumors.iter().copied(), cx);
            return;
        }
        let now = cx.now();
        for batch in rumors.chunks(BATCH) {
            self.pending.extend(batch.iter().map(|&rumor| (rumor, now)));
            self.tell_hub(self.hub, batch.to_vec(), cx);
        }
        if !self.asking && !self.pending.is_empty() {
            self.asking = true;
            cx.set_timer(self.patience(cx), ASK);
        }
    }

    fn tell_hub(&mut self, hub: Peer, rumors: Vec<Rumor>, cx: &mut Context<Self>) {
        let heard = self.heard.get_mut(&hub);
        let upto = heard.map_or_else(Upto::default, |heard| {
            heard.owed = None;
            heard.upto
        });
        cx.send(hub, Said::Up(rumors, upto));
    }

    /// How long to wait for the hub's batch; longer after each that was missed.
    fn patience(&self, cx: &Context<Self>) -> Duration {
        (cx.config().down + cx.config().retry) * (1 << self.missed.min(2))
    }

    /// As a hub, takes rumors over.
    fn take(&mut self, rumors: impl IntoIterator<Item = Rumor>, cx: &mut Context<Self>) {
        if self.epoch == 0 {
            // Below 2^52, exact in every JSON library.
            self.epoch = cx.rng().random_range(1..1 << 52);
        }
        if !self.was_hub {
            self.was_hub = true;
            cx.store(WasHub);
        }
        if self.log.take(rumors, cx.size()) {
            cx.set_timer(cx.config().down, FLUSH);
        }
    }

    /// A hub is responsible for these now.
    fn let_go(&mut self, rumors: &[Rumor]) {
        if self.pending.is_empty() {
            return;
        }
        let before = self.pending.len();
        self.pending.retain(|(rumor, _)| !rumors.contains(rumor));
        if self.pending.len() < before {
            self.missed = 0;
        }
    }

    /// As a hub: tells everybody what came in.
    fn flush(&mut self, cx: &mut Context<Self>) {
        let part = self.log.flush();
        let flushed = self.log.flushed();
        let down = Said::Down {
            epoch: self.epoch,
            from: part.from,
            rumors: part.rumors,
            flushed,
            again: false,
        };
        cx.tell(cx.others(), None, down);
        if !self.resending {
            self.resending = true;
            self.mark = flushed;
            cx.set_timer(cx.config().ack + cx.config().retry, RESEND);
        }
    }

    /// As a hub: tells those again who should have acknowledged by now.
    fn resend(&mut self, cx: &mut Context<Self>) {
        for peer in self.log.behind(cx.id(), self.mark) {
            self.tell_again(peer, cx);
        }
        self.log.trim(cx.id());
        self.mark = self.log.flushed();
        self.resending = !self.log.behind(cx.id(), self.mark).is_empty();
        if self.resending {
            cx.set_timer(cx.config().ack + cx.config().retry, RESEND);
        }
    }

    fn tell_again(&mut self, peer: Peer, cx: &mut Context<Self>) {
        let part = self.log.missing(peer, BATCH);
        let down = Said::Down {
            epoch: self.epoch,
            from: part.from,
            rumors: part.rumors,
            flushed: self.log.flushed(),
            again: true,
        };
        cx.send(peer, down);
    }

    /// As a hub: a peer has the log up to here.
    fn acknowledged(&mut self, from: Peer, upto: Upto, more: bool, cx: &mut Context<Self>) {
        if upto.epoch == self.epoch {
            self.log.acknowledge(from, upto.have);
        }
        if more && self.epoch != 0 {
            self.tell_again(from, cx);
        }
    }

    /// A hub's batch: learns it and notes or asks for what it owes for it.
    fn told(&mut self, from: Peer, down: &Said, cx: &mut Context<Self>) {
        let Said::Down {
            epoch,
            from: first,
            rumors,
            flushed,
            again,
        } = down
        else {
            return;
        };
        for &rumor in rumors {
            cx.deliver(rumor);
        }
        self.let_go(rumors);
        let heard = self.heard.entry(from).or_default();
        if heard.upto.epoch != *epoch {
            heard.upto = Upto {
                epoch: *epoch,
                have: 0,
            };
        }
        if *again || *first <= heard.upto.have {
            let end = first.saturating_add(rumors.len() as u64);
            heard.upto.have = heard.upto.have.max(end);
        }
        let more = heard.upto.have < *flushed;
        if more || *again {
            heard.owed = None;
            let upto = heard.upto;
            cx.send(from, Said::Ack { upto, more });
        } else if heard.owed.is_none() {
            heard.owed = Some(cx.now());
            if !self.acking {
                self.acking = true;
                cx.set_timer(cx.config().ack, ACK);
            }
        }
    }

    /// Sends the acknowledgements that found nothing to go with.
    fn acknowledge(&mut self, cx: &mut Context<Self>) {
        let (ack, now) = (cx.config().ack, cx.now());
        let mut next: Option<Duration> = None;
        for (&hub, heard) in &mut self.heard {
            let Some(since) = heard.owed else { continue };
            match ack.checked_sub(now - since).filter(|rest| !rest.is_zero()) {
                Some(rest) => next = Some(next.map_or(rest, |next| next.min(rest))),
                None => {
                    heard.owed = None;
                    let (upto, more) = (heard.upto, false);
                    cx.send(hub, Said::Ack { upto, more });
                }
            }
        }
        self.acking = next.is_some();
        if let Some(rest) = next {
            cx.set_timer(rest, ACK);
        }
    }

    /// Tells the hub again what it has not taken over, or turns to the next.
    fn ask_again(&mut self, cx: &mut Context<Self>) {
        self.asking = false;
        let Some(&(_, oldest)) = self.pending.first() else {
            return;
        };
        let (now, patience) = (cx.now(), self.patience(cx));
        if let Some(rest) = patience.checked_sub(now - oldest).filter(|r| !r.is_zero()) {
            self.asking = true;
            cx.set_timer(rest, ASK);
            return;
        }
        self.missed += 1;
        if self.missed >= PATIENCE {
            self.missed = 0;
            self.hub = Peer((self.hub.0 + 1) % cx.size());
            self.hub_since = now;
        }
        let pending = std::mem::take(&mut self.pending);
        let rumors: Vec<Rumor> = pending.into_iter().map(|(rumor, _)| rumor).collect();
        self.care_for(&rumors, cx);
    }

    /// Turns to an earlier member that is there again.
    fn hear(&mut self, from: Peer, cx: &Context<Self>) {
        if from < self.hub {
            self.hub = from;
            self.hub_since = cx.now();
            self.missed = 0;
        }
    }
}

impl Strategy for HubAcked {
    const ABOUT: About = About {
        name: "hub-acked",
        family: "tree",
        summary: "a hub with batches, stored and acknowledged, and another hub if it is gone",
        parameters: &[
            Parameter {
                name: "down",
                kind: Kind::Duration,
                default: "180ms",
                summary: "how long a hub collects before it tells all",
            },
            Parameter {
                name: "ack",
                kind: Kind::Duration,
                default: "1s",
                summary: "how long an acknowledgement waits for something to go with",
            },
            Parameter {
                name: "retry",
                kind: Kind::Duration,
                default: "500ms",
                summary: "how much longer than agreed an answer may take before it is missed",
            },
        ],
        promises: Promises::ALL,
    };

    const STORES: bool = true;

    type Config = Config;
    type Message = Said;
    type Record = WasHub;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            down: settings.duration("down"),
            ack: settings.duration("ack"),
            retry: settings.duration("retry"),
        })
    }

    fn new(_config: &Config) -> HubAcked {
        HubAcked::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        self.hub = FIRST;
        let known: Vec<Rumor> = cx.known().collect();
        if known.is_empty() {
            return;
        }
        // Others let go of what a hub had: it cannot hand that over, they may know it.
        if self.was_hub {
            self.take(known, cx);
        } else {
            self.care_for(&known, cx);
        }
    }

    fn on_record(&mut self, WasHub: WasHub, _cx: &mut Context<Self>) {
        self.was_hub = true;
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        if self.hub != FIRST && cx.now() - self.hub_since >= cx.config().retry * RETURN {
            self.hub_since = cx.now();
            self.tell_hub(FIRST, vec![rumor], cx);
        }
        self.care_for(&[rumor], cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        self.hear(from, cx);
        match message {
            Said::Up(rumors, upto) => {
                let (mut new, mut known) = (Vec::new(), Vec::new());
                for &rumor in rumors {
                    let to = if cx.deliver(rumor) {
                        &mut new
                    } else {
                        &mut known
                    };
                    to.push(rumor);
                }
                if !new.is_empty() {
                    self.take(new, cx);
                }
                if !known.is_empty() {
                    cx.send(from, Said::Taken(known));
                }
                self.acknowledged(from, *upto, false, cx);
            }
            Said::Ack { upto, more } => self.acknowledged(from, *upto, *more, cx),
            Said::Taken(rumors) => self.let_go(rumors),
            Said::Down { .. } => self.told(from, message, cx),
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        match tag {
            FLUSH => self.flush(cx),
            RESEND => self.resend(cx),
            ASK => self.ask_again(cx),
            _ => self.acknowledge(cx),
        }
    }
}
