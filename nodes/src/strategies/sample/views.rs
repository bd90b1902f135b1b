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
//!   nobody's view.
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
//!   picks help, but nothing is repeated. A node that was killed forgets what others drew. Directed views
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// Here is a rumor.
    Told(Rumor),
    /// I drew you: tell me what is new.
    Link,
    /// I will.
    Linked,
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
            Say::Link => out.kind("view_link"),
            Say::Linked => out.kind("view_linked"),
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "broadcast" => body.rumor("message").map(Say::Told),
            "view_link" => Some(Say::Link),
            "view_linked" => Some(Say::Linked),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        matches!(self, Say::Told(_)).into()
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
        match *say {
            Say::Told(rumor) => {
                if cx.deliver(rumor) {
                    self.tell(rumor, Some(from), cx);
                }
            }
            Say::Link => {
                self.accept(from, cx);
                cx.send(from, Say::Linked);
            }
            Say::Linked => self.unconfirmed.retain(|&peer| peer != from),
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
                cx.send_to(self.drawn.iter().copied(), Say::Link);
            }
        }
        if let Some(redraw) = config.redraw {
            cx.set_cycle_timer(redraw, REDRAW);
        }
    }

    fn ask(&mut self, cx: &mut Context<Self>) {
        cx.send_to(self.unconfirmed.iter().copied(), Say::Link);
        // A peer that is down for long is asked every 6 seconds at most.
        cx.set_timer(cx.config().retry * (1 << self.attempts.min(6)), RETRY);
        self.attempts += 1;
    }

    fn accept(&mut self, peer: Peer, cx: &Context<Self>) {
        let until = cx.config().redraw.map_or(Time::MAX, |span| cx.now() + span);
        match self.offered.iter_mut().find(|link| link.peer == peer) {
            Some(link) => link.until = until,
            None => self.offered.push(Offered { peer, until }),
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
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::strategy::crowd::{Crowd, LATENCY, Mean};
    use crate::strategy::probe::Probe;

    /// Trials per figure: an optimized build can afford more.
    const TRIALS: u64 = if cfg!(debug_assertions) { 50 } else { 1000 };

    #[test]
    fn a_link_is_asked_for_until_confirmed_and_then_used_both_ways() {
        let mut probe = Probe::<Views>::new("views:picks=3", 25);
        let drawn: Vec<u32> = probe.node.drawn.iter().map(|peer| peer.0).collect();
        assert_eq!(drawn.len(), 3);
        probe.receive(drawn[1], Say::Linked);
        let asked = (vec![drawn[0], drawn[2]], "Link".to_owned());
        assert_eq!(probe.wait(), std::slice::from_ref(&asked));
        assert_eq!(probe.now.since(Time::ZERO), Duration::from_millis(100));
        assert_eq!(probe.wait(), [asked]);
        assert_eq!(probe.now.since(Time::ZERO), Duration::from_millis(300));
        probe.receive(drawn[0], Say::Linked);
        probe.receive(drawn[2], Say::Linked);
        assert_eq!(probe.wait(), []);
        assert!(probe.timers.is_empty(), "silent when linked");

        let other = (1..25).find(|peer| !drawn.contains(peer)).unwrap();
        for from in [other, drawn[0], other] {
            assert_eq!(
                probe.receive(from, Say::Link),
                [(vec![from], "Linked".to_owned())]
            );
        }
        let told = |to: &[u32]| vec![(to.to_vec(), "Told(Rumor(7))".to_owned())];
        assert_eq!(
            probe.receive(drawn[1], Say::Told(Rumor(7))),
            told(&[drawn[0], drawn[2], other])
        );
        assert_eq!(probe.receive(other, Say::Told(Rumor(7))), []);
    }

    #[test]
    fn a_redrawn_link_is_forgotten_at_both_ends_without_a_word() {
        let mut crowd = Crowd::<Views>::new("views:redraw=1s", 50, Seed(4));
        for second in 0..5 {
            crowd.run_until(Time(second * 1_000_000_000 + 500_000_000));
            for id in (0..50).map(Peer) {
                let now = crowd.now;
                let node = &crowd.nodes[id.index()];
                assert_eq!(node.drawn.len(), 2);
                let valid = node.offered.iter().filter(|link| link.until > now);
                let drew = |peer: &Peer| crowd.nodes[peer.index()].drawn.contains(&id);
                let peers: Vec<Peer> = valid.map(|link| link.peer).collect();
                assert!(peers.iter().all(drew), "second {second}");
                let all = (0..50).map(Peer).filter(|peer| drew(peer)).count();
                assert_eq!(peers.len(), all, "second {second}");
            }
        }
    }

    /// Broadcasts rumors 0… from node 0, one after the other, once all links are made.
    fn flooded(spec: &str, size: u32, rumors: u32, loss: f64, seed: u64) -> Crowd<Views> {
        let mut crowd = Crowd::<Views>::new(spec, size, Seed(seed).child(spec));
        crowd.loss = loss;
        for rumor in 0..rumors {
            crowd.run_for(Duration::from_secs(10));
            crowd.broadcast(0, rumor);
        }
        crowd.run_for(Duration::from_secs(5));
        crowd
    }

    #[test]
    fn two_symmetric_picks_reach_everybody_for_three_messages_per_node_at_any_size() {
        for (size, hops) in [(25, 3.8), (100, 5.3), (1000, 7.7), (10_000, 10.0)] {
            let (mut messages, mut last) = (Vec::new(), Vec::new());
            let trials = (TRIALS * 1000 / u64::from(size)).clamp(4, 1000);
            for seed in 0..trials {
                let crowd = flooded("views", size, 1, 0.0, seed);
                assert_eq!(crowd.reached(0), size as usize, "n = {size}, seed {seed}");
                messages.push(crowd.carried as f64 / f64::from(size));
                let span = crowd.deliveries.last().unwrap().0 - crowd.deliveries[0].0;
                last.push((span.as_nanos() / LATENCY.as_nanos()) as f64);
            }
            let (messages, last) = (Mean::of(&messages), Mean::of(&last));
            println!("n = {size}, {trials} trials: messages {messages:?}, hops {last:?}");
            // Links that both ends drew are fewer, the larger the cluster is.
            let links = 2.0 - 2.0 / f64::from(size - 1);
            let expected = 2.0 * links - 1.0 + 1.0 / f64::from(size);
            messages.assert_near(expected, 0.001, &format!("messages at n = {size}"));
            last.assert_near(hops, 0.1, &format!("hops at n = {size}"));
        }
    }

    #[test]
    fn with_messages_lost_more_picks_reach_everybody() {
        for (picks, target) in [(2, 0.68), (3, 0.992), (4, 0.9997)] {
            let spec = format!("views:picks={picks}");
            let reached: Vec<f64> = (0..TRIALS)
                .map(|seed| {
                    let crowd = flooded(&spec, 1000, 1, 0.05, seed);
                    f64::from(crowd.reached(0) == 1000)
                })
                .collect();
            let mut mean = Mean::of(&reached);
            mean.error = f64::sqrt(target * (1.0 - target) / TRIALS as f64);
            println!("{picks} picks: {mean:?}, target {target}");
            mean.assert_near(target, 0.01, &spec);
        }
    }

    #[test]
    fn directed_views_miss_the_same_nodes_for_every_message_unless_they_are_redrawn() {
        let missed = |spec: &str| {
            let crowd = flooded(spec, 200, 8, 0.0, 1);
            (0..8)
                .map(|rumor| {
                    let got = |peer: &Peer| {
                        let mut all = crowd.deliveries.iter();
                        all.any(|(_, id, what)| id == peer && what.0 == rumor)
                    };
                    (0..200).map(Peer).filter(|peer| !got(peer)).collect()
                })
                .collect::<Vec<Vec<Peer>>>()
        };
        let never = missed("views:links=directed");
        assert!(!never[0].is_empty());
        assert!(never.iter().all(|peers| *peers == never[0]));
        let redrawn = missed("views:links=directed,redraw=1s");
        assert!(redrawn.iter().all(|peers| !peers.is_empty()));
        assert!(redrawn.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
