//! A spanning tree of the topology, built by the neighbours and mended by them.
//!
//! ```text
//!      n0 ═══ n1 ─── n2        hello: n0 is the root, count 17, I am 1 away ──►
//!      ║      ║      ║         n4: n1 is nearest, my parent   ══ rumors go this way
//!      n3 ─── n4 ═══ n5                                       ── only hellos
//! ```
//!
//! - Idea: the lowest member that is there is the root, and everybody's parent is the neighbour
//!   nearest to it: a breadth-first tree, found out by hellos between neighbours. A rumor goes
//!   over each link of the tree once, in either direction. The root counts; who sees no new
//!   count for five intervals takes it for dead, at that count, and looks for another: so a
//!   dead root is not passed round for ever.
//! - Source: Perlman, "An Algorithm for Distributed Computation of a Spanning Tree in an Extended
//!   LAN", SIGCOMM 1985 (root, distance, parent, ageing); the root's count as sequence
//!   numbers in DSDV: Perkins, Bhagwat, SIGCOMM 1994, section 3.
//! - Parameters: `interval` (500ms) of the hellos.
//! - Cost: n−1 messages per broadcast and as many hops as the tree is deep, twice at most; and
//!   a hello per link, direction and interval, for ever, more while the tree changes. For sparse
//!   topologies: if everybody is everybody's neighbour hellos are n² and the tree a star.
//!   State: a few numbers per neighbour and what it has not acknowledged.
//! - Survives delay, loss, cuts and kills, as long as the topology that remains is connected or
//!   will be. What is delivered is stored. To each neighbour goes a stream with positions;
//!   its hellos say up to where it came, and what does not come within two intervals is told
//!   again, whether the link is still of the tree or not. A link that is new to the tree carries
//!   everything that is known at either end, unless the sums of that agree.

mod link;
mod said;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt as _;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Rumor, Strategy, Tag};
use link::Link;
pub use said::{Hello, Life, Said, Told};

/// Who is silent for so many intervals is gone.
const SILENT: u32 = 5;
/// That a root is gone is forgotten after so many intervals; by then nobody else believes in it.
const FORGET: u32 = 20;

/// The spanning tree strategy. See the module.
#[derive(Clone, Debug, Default)]
pub struct Spanning {
    epoch: u64,
    root: Peer,
    count: u64,
    /// When the root's count grew last.
    counted: Time,
    distance: u64,
    parent: Option<Peer>,
    /// What this node counts when it is the root; in each life from a higher number on.
    own_count: u64,
    /// A root that is gone, its last count, and since when.
    gone: Option<(Peer, u64, Time)>,
    links: BTreeMap<Peer, Link>,
    /// The keys of all that this node knows, exclusive-or.
    sum: u64,
    ticking: bool,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    interval: Duration,
}

impl Spanning {
    /// Is the root itself until it hears of an earlier one.
    fn be_root(&mut self, cx: &Context<Self>) {
        self.root = cx.id();
        self.distance = 0;
        self.parent = None;
        self.counted = cx.now();
    }

    fn hello_all(&mut self, cx: &mut Context<Self>) {
        let peers: Vec<Peer> = self.links.keys().copied().collect();
        for peer in peers {
            let link = &self.links[&peer];
            let hello = Hello {
                root: self.root,
                count: self.count,
                distance: self.distance,
                parent: self.parent == Some(peer),
                epoch: self.epoch,
                to: link.hello.epoch,
                have: link.have(),
                sum: self.sum,
            };
            cx.send(peer, Said::Hello(hello));
        }
    }

    fn tick(&mut self, cx: &mut Context<Self>) {
        let interval = cx.config().interval;
        cx.set_timer(interval, Tag(0));
        let bound = interval * SILENT;
        if self.root == cx.id() {
            self.own_count += 1;
            self.count = self.own_count;
        } else if cx.now() - self.counted > bound {
            self.lose_root(cx);
        }
        for (&peer, link) in &mut self.links {
            if link.heard.is_some_and(|heard| cx.now() - heard <= bound) {
                for told in link.tick(self.epoch) {
                    cx.send(peer, Said::Told(told));
                }
            } else {
                link.tree = false;
            }
        }
        self.hello_all(cx);
    }

    /// The root is gone: this node looks for another.
    fn lose_root(&mut self, cx: &Context<Self>) {
        self.gone = Some((self.root, self.count, cx.now()));
        self.count = self.own_count;
        self.be_root(cx);
    }

    /// Whether a neighbour's hello makes it the parent.
    fn prefers(&self, from: Peer, hello: &Hello, cx: &Context<Self>) -> bool {
        let gone = self.gone.filter(|(root, ..)| *root == hello.root);
        let lately = |since: Time| cx.now() - since <= cx.config().interval * FORGET;
        let stale = gone.is_some_and(|(_, count, since)| hello.count <= count && lately(since));
        if stale || hello.parent || hello.distance >= u64::from(cx.size()) {
            return false;
        }
        if hello.root != self.root {
            return hello.root < self.root;
        }
        // Another parent only if it is nearer, or mine hears no more from the root.
        let lags = hello.count > self.count + 3 && Some(from) != self.parent;
        self.root != cx.id() && (hello.distance + 1 < self.distance || lags)
    }

    fn hear(&mut self, from: Peer, hello: &Hello, cx: &mut Context<Self>) {
        let before = (self.root, self.distance, self.parent);
        let far = hello.distance >= u64::from(cx.size());
        let lost = hello.root > self.root || hello.parent || far;
        if self.parent == Some(from) && lost {
            self.lose_root(cx);
        }
        if self.prefers(from, hello, cx) {
            if self.root != hello.root {
                (self.count, self.counted) = (hello.count, cx.now());
            }
            self.root = hello.root;
            self.parent = Some(from);
        }
        if self.parent == Some(from) {
            self.distance = hello.distance.saturating_add(1);
            if hello.count > self.count {
                (self.count, self.counted) = (hello.count, cx.now());
            }
        } else if hello.root == cx.id() && self.root == cx.id() && hello.count > self.count {
            // From an earlier life, of which nothing is stored any more.
            self.own_count = hello.count + 1;
            self.count = self.own_count;
        }
        let link = self.links.entry(from).or_default();
        let first = link.heard.is_none();
        let tree = link.tree && link.hello.epoch == hello.epoch;
        link.hear(hello.clone(), self.epoch, cx.now());
        link.tree = tree;
        self.grow(cx);
        if first || before != (self.root, self.distance, self.parent) {
            self.hello_all(cx);
        }
    }

    /// Which links are of the tree now; everything is told over new ones.
    fn grow(&mut self, cx: &mut Context<Self>) {
        for (&peer, link) in &mut self.links {
            let tree = link.heard.is_some() && (self.parent == Some(peer) || link.hello.parent);
            if tree && !link.tree && link.hello.sum != self.sum {
                let known: Vec<Rumor> = cx.known().collect();
                for told in link.tell(&known, self.epoch) {
                    cx.send(peer, Said::Told(told));
                }
            }
            link.tree = tree;
        }
    }

    /// Notes new rumors and passes them on along the tree.
    fn pass_on(&mut self, rumors: &[Rumor], from: Option<Peer>, cx: &mut Context<Self>) {
        let keys = rumors.iter().map(|&rumor| cx.key(rumor));
        self.sum = keys.fold(self.sum, |sum, key| sum ^ key);
        for (&peer, link) in &mut self.links {
            if link.tree && Some(peer) != from {
                for told in link.tell(rumors, self.epoch) {
                    cx.send(peer, Said::Told(told));
                }
            }
        }
    }
}

impl Strategy for Spanning {
    const ABOUT: About = About {
        name: "spanning-tree",
        family: "tree",
        summary: "along a breadth-first tree of the topology that mends itself; stored",
        parameters: &[Parameter {
            name: "interval",
            kind: Kind::Duration,
            default: "500ms",
            summary: "how often neighbours say hello",
        }],
        promises: Promises::ALL,
    };

    const STORES: bool = true;

    type Config = Config;
    type Message = Said;
    type Record = Life;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let interval = settings.duration("interval");
        Ok(Config { interval })
    }

    fn new(_config: &Config) -> Spanning {
        Spanning::default()
    }

    fn on_record(&mut self, Life(life): Life, _cx: &mut Context<Self>) {
        self.own_count = (life + 1) << 24;
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        cx.store(Life(self.own_count >> 24));
        self.count = self.own_count;
        // Below 2^52, exact in every JSON library.
        self.epoch = cx.rng().random_range(1..1 << 52);
        self.sum = cx.known().fold(0, |sum, rumor| sum ^ cx.key(rumor));
        self.be_root(cx);
    }

    fn on_neighbours(&mut self, cx: &mut Context<Self>) {
        for peer in cx.neighbours().iter() {
            self.links.entry(peer).or_default();
        }
        if !self.ticking {
            self.ticking = true;
            self.tick(cx);
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.pass_on(&[rumor], None, cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        match message {
            Said::Hello(hello) => self.hear(from, hello, cx),
            Said::Told(told) => {
                let new = told
                    .rumors
                    .iter()
                    .copied()
                    .filter(|&rumor| cx.deliver(rumor));
                let new: Vec<Rumor> = new.collect();
                if told.to == self.epoch
                    && let Some(link) = self.links.get_mut(&from)
                {
                    link.arrived(told);
                }
                if !new.is_empty() {
                    self.pass_on(&new, Some(from), cx);
                }
            }
        }
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        self.tick(cx);
    }
}
