//! Flooding over neighbourhoods that are themselves drawn at random.
//!
//! ```text
//!   time 0                              later
//!   n1 draws n4 ──view_link──► n4       c1 ─ broadcast 7 ─► n1 ──7──► n4 ──7──► …
//!            ◄──view_linked──           either end of a link tells the other,
//!                                       once, what is new
//! ```
//!
//! - Idea: each node draws `picks` peers; what is new is told to all of the view except
//!   its sender. A link is told to its other end and used both ways, so that nobody is in
//!   nobody's view; its other end tells one that joins what it knows already.
//! - Source: Fenner, Frieze, "On the connectivity of random m-orientable graphs and
//!   digraphs", Combinatorica 2 (1982): from two picks on, random links used both ways
//!   almost surely connect any number of nodes.
//! - Parameters: `picks` (2) how many are drawn; `links` (symmetric) used both ways, or
//!   directed from the one who drew only; `redraw` (never) how often views are drawn
//!   anew; `retry` (100ms) how long to wait for the answer of a link's other end, twice
//!   as long each time.
//! - Cost: 2·picks − 1 messages per node and broadcast, 3.0 for 2 picks at any number of
//!   nodes, where a fresh sample per message needs ln n and more; hops grow as log n.
//!   Before, and at each redraw, 2 messages per link that carry nothing. A node
//!   remembers its view, 2·picks peers.
//! - Survives delay. In calm it misses somebody as rarely as 2 picks fall apart: once in
//!   55,000 clusters of 8 nodes, the least lucky size. With single messages lost more
//!   picks help, but nothing is repeated. A node that was killed is told by those it draws, but forgets
//!   who drew it. Directed views
//!   miss whoever nobody drew, and as long as they are not redrawn the same nodes for
//!   every message.

use std::convert::Infallible;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};

/// The strategy of random views. See the module.
#[derive(Debug, Default)]
pub struct Views {
    /// Whom this node drew.
    drawn: Vec<Peer>,
    /// Who drew this node.
    offered: Vec<Offered>,
    /// Those of `drawn` that did not confirm it.
    unconfirmed: Vec<Peer>,
    /// How often they were asked; above 0 while a timer is set.
    attempts: u32,
    /// All of a view were confirmed.
    joined: bool,
}

/// A link that another node drew.
#[derive(Clone, Copy, Debug)]
struct Offered {
    peer: Peer,
    /// When it will have been redrawn.
    until: Time,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    picks: u32,
    symmetric: bool,
    redraw: Option<Duration>,
    retry: Duration,
}

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// Here is a rumor.
    Told(Rumor),
    /// I drew you: tell me what is new.
    Link {
        /// I have no links yet, so tell me what there is too.
        joins: bool,
    },
    /// I will; and this is what there is.
    Linked(Vec<Rumor>),
}

const REDRAW: Tag = Tag(0);
const RETRY: Tag = Tag(1);

impl Wire for Say {
    fn write(&self, out: &mut Writer) {
        match self {
            Say::Told(rumor) => {
                out.kind("broadcast");
                out.rumor("message", *rumor);
            }
            Say::Link { joins } => {
                out.kind("view_link");
                out.flag("joins", *joins);
            }
            Say::Linked(rumors) => {
                out.kind("view_linked");
                out.rumors("messages", rumors);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "broadcast" => body.rumor("message").map(Say::Told),
            "view_link" => body.flag("joins").map(|joins| Say::Link { joins }),
            "view_linked" => body.rumors("messages").map(Say::Linked),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        match self {
            Say::Told(_) => 1,
            Say::Link { .. } => 0,
            Say::Linked(rumors) => rumors.len(),
        }
    }
}

impl Strategy for Views {
    const ABOUT: About = About {
        name: "views",
        family: "sample",
        summary: "floods over neighbourhoods drawn at random",
        parameters: &[
            Parameter {
                name: "picks",
                kind: Kind::Count,
                default: "2",
                summary: "how many peers a node draws",
            },
            Parameter {
                name: "links",
                kind: Kind::Choice(&["symmetric", "directed"]),
                default: "symmetric",
                summary: "used both ways, or from the one who drew only",
            },
            Parameter {
                name: "redraw",
                kind: Kind::Period,
                default: "never",
                summary: "how often views are drawn anew",
            },
            Parameter {
                name: "retry",
                kind: Kind::Duration,
                default: "100ms",
                summary: "how long to wait for the answer to a link, twice as long each time",
            },
        ],
        promises: Promises::CALM,
    };

    type Config = Config;
    type Message = Say;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            picks: u32::try_from(settings.number("picks")).unwrap_or(u32::MAX),
            symmetric: settings.choice("links") == "symmetric",
            redraw: settings.period("redraw"),
            retry: settings.duration("retry"),
        })
    }

    fn new(_config: &Config) -> Views {
        Views::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        self.draw(cx);
    }

    #[inline]
    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.tell(rumor, None, cx);
    }

    #[inline]
    fn on_receive(&mut self, from: Peer, say: &Say, cx: &mut Context<Self>) {
        match say {
            Say::Told(rumor) => self.hear(*rumor, from, cx),
            Say::Link { joins } => {
                self.accept(from, cx);
                let rumors = cx.known().filter(|_| *joins).collect();
                cx.send(from, Say::Linked(rumors));
            }
            Say::Linked(rumors) => {
                self.unconfirmed.retain(|&peer| peer != from);
                self.joined |= self.unconfirmed.is_empty();
                for &rumor in rumors {
                    self.hear(rumor, from, cx);
                }
            }
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        match tag {
            REDRAW => self.draw(cx),
            _ if self.unconfirmed.is_empty() => self.attempts = 0,
            _ => self.ask(cx),
        }
    }
}

impl Views {
    /// A new view; what others drew stays until they redraw.
    fn draw(&mut self, cx: &mut Context<Self>) {
        let config = cx.config();
        self.drawn = cx.pick_some(cx.others(), config.picks);
        let now = cx.now();
        self.offered.retain(|offered| offered.until > now);
        if config.symmetric {
            self.unconfirmed.clone_from(&self.drawn);
            if self.attempts == 0 {
                self.ask(cx);
            } else {
                self.link(cx);
            }
        }
        if let Some(redraw) = config.redraw {
            cx.set_cycle_timer(redraw, REDRAW);
        }
    }

    fn ask(&mut self, cx: &mut Context<Self>) {
        self.link(cx);
        // A peer that is down for long is asked every 6 seconds at most.
        cx.set_timer(cx.config().retry * (1 << self.attempts.min(6)), RETRY);
        self.attempts += 1;
    }

    fn link(&self, cx: &mut Context<Self>) {
        let joins = !self.joined;
        cx.send_to(self.unconfirmed.iter().copied(), Say::Link { joins });
    }

    fn accept(&mut self, peer: Peer, cx: &Context<Self>) {
        let until = cx.config().redraw.map_or(Time::MAX, |span| cx.now() + span);
        match self.offered.iter_mut().find(|link| link.peer == peer) {
            Some(link) => link.until = until,
            None => self.offered.push(Offered { peer, until }),
        }
    }

    #[inline]
    fn hear(&self, rumor: Rumor, from: Peer, cx: &mut Context<Self>) {
        if cx.deliver(rumor) {
            self.tell(rumor, Some(from), cx);
        }
    }

    #[inline]
    fn tell(&self, rumor: Rumor, except: Option<Peer>, cx: &mut Context<Self>) {
        let (drawn, now) = (&self.drawn, cx.now());
        let offered = self.offered.iter().filter(|link| link.until > now);
        let only_offered = offered
            .map(|link| link.peer)
            .filter(|peer| !drawn.contains(peer));
        let view = drawn.iter().copied().chain(only_offered);
        cx.send_to(view.filter(|&peer| Some(peer) != except), Say::Told(rumor));
    }
}

#[cfg(test)]
mod tests;
