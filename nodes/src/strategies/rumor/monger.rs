//! Rumor mongering: tell what is hot until it is no longer news.
//!
//! ```text
//!             cycle 6            │ cycle 7            │ cycle 8
//!   n1 hot ───call [r]──┐        ├──call [r]──┐       │ k = 1: the call was in vain,
//!                       ▼        │            ▼    ▲  │ r is hot no more, n1 is silent
//!   n2 ──────────── learns r,    ├─call n9    knew it │
//!                   says needed, │            says    │
//!                   waits        │            in vain ┘
//! ```
//!
//! - Idea: a rumor is hot where it was learnt. In each cycle a node calls one other at
//!   random and tells what is hot (push), asks for it (pull), or both. It loses interest
//!   in a rumor as passing it on becomes vain. What was learnt in a cycle is passed on
//!   from the next one on, all hot rumors in one message.
//! - Source: Demers et al., CSL-89-1, section 1.4: variants and their residue, tables
//!   1–3, connection limit, hunting.
//! - Parameters: `direction` (push), or pull, push-pull; `interest` (feedback): a cycle
//!   wears on it if all contacts were with nodes that knew the rumor when their cycle
//!   began, or, blind, if there was a contact; `loss` (counter): lost after `k` (4) such
//!   cycles, in a row if there is feedback, or by `coin` with probability 1/k in each;
//!   k = 0: never; `interval` (100ms) of the cycles; `among` (others) whom to call, or
//!   topology `neighbours`; `limit` (0: none) to the calls that a node accepts per
//!   cycle, `hunt` (0) how many others are tried when one refuses.
//! - Cost: m rumors carried per node leave a residue of e^(−m) with push in any variant,
//!   less with pull: .0036 for the 5.6 of push with k = 4, 6e-4 for the 4.5 of pull with
//!   k = 2. About ln n + log2 n cycles. Feedback is a message per contact that carries
//!   nothing. Push is silent when nothing is hot; pull asks for ever, one message per
//!   node and cycle.
//! - Survives loss and dead peers by repetition, but loses interest some time: whoever is
//!   cut off longer than that misses the rumor, and in calm the residue does. So it
//!   promises nothing; the paper backs it up by anti-entropy. With k = 0 it is the SI
//!   epidemic that reaches everybody and never rests.

use std::convert::Infallible;

use super::config::{Config, PARAMETERS};
use super::hot::{HotList, Outcome};
use super::message::{Contact, Opinion};
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context, Peer, Rumor, Strategy, Tag};

/// The rumor mongering strategy. See the module.
#[derive(Debug, Default)]
pub struct Monger {
    hot: HotList,
    /// The timer of the next cycle is set.
    ticking: bool,
    /// How many others may still be tried in this cycle.
    hunts: u32,
    /// The calls accepted in a cycle: which cycle, how many.
    accepted: (u64, u32),
}

const CYCLE: Tag = Tag(0);

impl Strategy for Monger {
    const ABOUT: About = About {
        name: "rumor",
        family: "rumor",
        summary: "calls one peer per cycle about what is hot, until that is no longer news",
        parameters: PARAMETERS,
        promises: Promises::CHANCE,
    };

    type Config = Config;
    type Message = Contact;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let config = Config::from_settings(settings);
        if config.hunt > 0 && config.limit == 0 {
            return Err("`hunt` is for calls that are refused: set `limit` too".to_owned());
        }
        Ok(config)
    }

    fn new(_config: &Config) -> Monger {
        Monger::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        if cx.config().pull {
            self.tick(cx);
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.hot.add(rumor, Self::cycle(cx));
        self.tick(cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Contact, cx: &mut Context<Self>) {
        match message {
            Contact::Call { rumors, asks } => self.called(from, rumors, *asks, cx),
            Contact::Answer { rumors, opinion } => {
                self.learn(opinion, cx);
                let opinion = self.hear(rumors, cx);
                Self::answer(from, Vec::new(), opinion, cx);
            }
            Contact::Busy => {
                self.hot.refused();
                if self.hunts > 0 {
                    self.hunts -= 1;
                    self.call(cx);
                }
            }
        }
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        self.ticking = false;
        let config = cx.config();
        self.hot.end_cycle(config, cx.rng());
        self.hunts = config.hunt;
        self.call(cx);
        if config.pull || !self.hot.is_empty() {
            self.tick(cx);
        }
    }
}

impl Monger {
    fn cycle(cx: &Context<Self>) -> u64 {
        cx.cycle(cx.config().interval)
    }

    fn tick(&mut self, cx: &mut Context<Self>) {
        if !self.ticking {
            self.ticking = true;
            cx.set_cycle_timer(cx.config().interval, CYCLE);
        }
    }

    /// The call of this cycle, or one more after a refusal.
    fn call(&mut self, cx: &mut Context<Self>) {
        let Config {
            push,
            pull,
            neighbours,
            ..
        } = *cx.config();
        let rumors = if push {
            self.hot.call(Self::cycle(cx))
        } else {
            Vec::new()
        };
        if rumors.is_empty() && !pull {
            return;
        }
        let among = if neighbours {
            cx.neighbours()
        } else {
            cx.others()
        };
        if let Some(peer) = cx.pick(among) {
            cx.send(peer, Contact::Call { rumors, asks: pull });
        }
    }

    fn called(&mut self, from: Peer, rumors: &[Rumor], asks: bool, cx: &mut Context<Self>) {
        if !self.accepts(cx) {
            return cx.send(from, Contact::Busy);
        }
        let opinion = self.hear(rumors, cx);
        let hot = if asks {
            self.hot.answer(Self::cycle(cx), rumors)
        } else {
            Vec::new()
        };
        Self::answer(from, hot, opinion, cx);
    }

    fn accepts(&mut self, cx: &Context<Self>) -> bool {
        let limit = cx.config().limit;
        if limit == 0 {
            return true;
        }
        let cycle = Self::cycle(cx);
        if self.accepted.0 != cycle {
            self.accepted = (cycle, 0);
        }
        self.accepted.1 = self.accepted.1.saturating_add(1);
        self.accepted.1 <= limit
    }

    /// Learns what is new, and says what was.
    fn hear(&mut self, rumors: &[Rumor], cx: &mut Context<Self>) -> Opinion {
        let wanted = cx.config().wants_opinion();
        let cycle = Self::cycle(cx);
        let mut opinion = Opinion::default();
        for &rumor in rumors {
            let new = cx.deliver(rumor);
            if new {
                self.hot.add(rumor, cycle);
                self.tick(cx);
            }
            if wanted && (new || self.hot.is_new(rumor, cycle)) {
                opinion.needed.push(cx.key(rumor));
            } else if wanted {
                opinion.in_vain.push(cx.key(rumor));
            }
        }
        opinion
    }

    /// Learns what passing on was good for.
    fn learn(&mut self, opinion: &Opinion, cx: &Context<Self>) {
        let outcomes = [
            (&opinion.needed, Outcome::Needed),
            (&opinion.in_vain, Outcome::InVain),
        ];
        for (keys, outcome) in outcomes {
            for rumor in keys.iter().filter_map(|&key| cx.find(key)) {
                self.hot.note(rumor, outcome);
            }
        }
    }

    fn answer(to: Peer, rumors: Vec<Rumor>, opinion: Opinion, cx: &mut Context<Self>) {
        if !rumors.is_empty() || !opinion.is_empty() {
            cx.send(to, Contact::Answer { rumors, opinion });
        }
    }
}
