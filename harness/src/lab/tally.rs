//! Counting while a trial goes on.
//!
//! What every message costs is kept small: a message is counted when it is sent, with
//! all others of its multicast at once; a rumor when somebody learns it, which is rare
//! among deliveries. Only the load of the nodes is counted at each delivery, by code
//! that is not there unless it was asked for.

use std::time::Duration;

use swelkie_nodes::strategy::{Names, Peer, Rumor, Wire, Writer};
use swelkie_nodes::{Seed, Time};

use super::conditions::{Conditions, Watch};
use super::trial::{End, Reach, SHARES, Traffic, Trial};

/// What happens in a trial, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    pub trial: Trial,
    /// Set once everybody knows everything, if that ends the trial, or it is a storm.
    pub over: bool,
    /// When a rumor was broadcast or carried last.
    pub news: Time,
    /// So many messages and timers are not a storm yet.
    events: u64,
    watch: Watch,
    until_everybody: bool,
    rumors: Vec<Spreading>,
    /// How many rumors somebody does not know yet, those to come included.
    missing: u32,
    /// By rumor, then node; what nobody learned is not reset.
    hops: Vec<u16>,
    load: Vec<Load>,
    /// Nanoseconds; 0 if no load is watched.
    stretch: u64,
    text: Vec<u8>,
}

/// A rumor on its way.
#[derive(Clone, Copy, Debug)]
struct Spreading {
    reached: u32,
    /// How many have to know it for the next mark to be set.
    goal: u32,
    /// Which mark that is.
    mark: u8,
    last_hop: u16,
    last: Time,
}

/// What a node received in the stretch it received something in last.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    stretch: u32,
    messages: u32,
}

/// What a message weighs.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// How many rumors it carries.
    pub carried: u32,
    /// Its JSON in bytes; 0 if not watched.
    pub bytes: u32,
}

impl Tally {
    pub fn new(conditions: &Conditions) -> Tally {
        let Conditions { watch, nodes, .. } = conditions;
        let rumors = conditions.broadcasts.len();
        let nodes = *nodes as usize;
        Tally {
            trial: Trial {
                seed: Seed(0),
                nodes: conditions.nodes,
                gone: 0,
                rumors: Vec::with_capacity(rumors),
                traffic: Traffic::default(),
                peak_load: None,
                curve: Vec::new(),
                end: End::Quiet,
                ended: Time::ZERO,
            },
            over: false,
            news: Time::ZERO,
            events: conditions.bounds.events,
            watch: *watch,
            until_everybody: conditions.bounds.until_everybody,
            rumors: Vec::with_capacity(rumors),
            missing: 0,
            hops: vec![0; if watch.hops { nodes * rumors } else { 0 }],
            load: vec![Load::default(); if watch.load.is_some() { nodes } else { 0 }],
            stretch: watch.load.map_or(0, |span| nanos(span).max(1)),
            text: Vec::new(),
        }
    }

    /// A new trial of so many rumors begins.
    pub fn reset(&mut self, seed: Seed, rumors: usize) {
        let trial = &mut self.trial;
        trial.seed = seed;
        trial.gone = 0;
        trial.rumors.clear();
        trial.traffic = Traffic::default();
        trial.peak_load = self.watch.load.map(|_| 0);
        trial.curve.clear();
        if let Some(grid) = self.watch.curve {
            trial.curve.resize(grid.steps as usize, 0);
        }
        self.over = false;
        self.news = Time::ZERO;
        self.rumors.clear();
        self.missing = rumors as u32;
        if self.watch.hops {
            let cells = rumors * trial.nodes as usize;
            if self.hops.len() < cells {
                self.hops.resize(cells, 0);
            }
        }
        self.load.fill(Load::default());
    }

    /// A client gives the next rumor to this node.
    pub fn begin(&mut self, now: Time, origin: Peer) -> Rumor {
        self.news = now;
        let rumor = Rumor(self.rumors.len() as u32);
        self.rumors.push(Spreading {
            reached: 0,
            goal: goal(self.trial.nodes, 0),
            mark: 0,
            last_hop: 0,
            last: now,
        });
        self.trial.rumors.push(Reach {
            began: now,
            origin: Some(origin),
            reached: 0,
            times: [None; SHARES.len()],
            last: Duration::ZERO,
            last_hop: 0,
        });
        rumor
    }

    /// The node is down, or killed before it took the rumor from the client: nobody will
    /// ever hear of it.
    pub fn refuse(&mut self, rumor: Rumor) {
        self.trial.rumors[rumor.index()].origin = None;
        self.complete();
    }

    /// A node took a rumor from the client.
    pub fn accepted(&mut self, now: Time, node: Peer, rumor: Rumor) {
        self.learn(now, node, rumor, 0);
    }

    /// A node learned a rumor from another one.
    #[inline]
    pub fn delivered(&mut self, now: Time, node: Peer, from: Peer, rumor: Rumor) {
        self.trial.traffic.learned += 1;
        let hop = if self.watch.hops {
            self.hops[self.cell(from, rumor)].saturating_add(1)
        } else {
            0
        };
        self.learn(now, node, rumor, hop);
    }

    #[inline]
    fn learn(&mut self, now: Time, node: Peer, rumor: Rumor, hop: u16) {
        if self.watch.hops {
            let cell = self.cell(node, rumor);
            self.hops[cell] = hop;
        }
        if let Some(grid) = self.watch.curve {
            let since = now.since(self.trial.rumors[rumor.index()].began);
            let step = nanos(since) / nanos(grid.step).max(1);
            if let Some(count) = self.trial.curve.get_mut(step as usize) {
                *count += 1;
            }
        }
        let spreading = &mut self.rumors[rumor.index()];
        spreading.reached += 1;
        spreading.last_hop = spreading.last_hop.max(hop);
        spreading.last = now;
        if spreading.reached >= spreading.goal {
            self.mark(now, rumor);
        }
    }

    /// A rumor reached another share of the cluster, or several.
    #[cold]
    fn mark(&mut self, now: Time, rumor: Rumor) {
        let spreading = &mut self.rumors[rumor.index()];
        let reach = &mut self.trial.rumors[rumor.index()];
        while spreading.reached >= spreading.goal {
            reach.times[usize::from(spreading.mark)] = Some(now.since(reach.began));
            spreading.mark += 1;
            if usize::from(spreading.mark) == SHARES.len() {
                spreading.goal = u32::MAX;
                self.complete();
                return;
            }
            spreading.goal = goal(self.trial.nodes, usize::from(spreading.mark));
        }
    }

    fn complete(&mut self) {
        self.missing -= 1;
        self.over |= self.missing == 0 && self.until_everybody;
    }

    /// A node forgot a rumor.
    pub fn forgot(&mut self, rumor: Rumor) {
        self.rumors[rumor.index()].reached -= 1;
    }

    /// A message is sent to `count` destinations.
    #[inline]
    pub fn sent(
        &mut self,
        now: Time,
        message: &impl Wire,
        count: u32,
        names: &dyn Names,
    ) -> Weight {
        let carried = message.carried() as u32;
        let count = u64::from(count);
        let traffic = &mut self.trial.traffic;
        traffic.sent += count;
        traffic.copies += u64::from(carried) * count;
        self.over |= traffic.sent > self.events;
        if carried > 0 {
            traffic.carrying += count;
            self.news = now;
        }
        let mut bytes = 0;
        if self.watch.bytes {
            self.text.clear();
            Writer::write(message, names, &mut self.text);
            bytes = self.text.len() as u32;
            traffic.bytes += u64::from(bytes) * count;
        }
        Weight { carried, bytes }
    }

    /// These nodes receive a message that carries so many rumors.
    #[inline]
    pub fn received(&mut self, now: Time, nodes: &[Peer], carried: u32) {
        let traffic = &mut self.trial.traffic;
        traffic.received += nodes.len() as u64;
        traffic.copies_received += nodes.len() as u64 * u64::from(carried);
        if self.stretch > 0 {
            self.load(now, nodes);
        }
    }

    fn load(&mut self, now: Time, nodes: &[Peer]) {
        let stretch = (now.0 / self.stretch) as u32;
        let peak = self.trial.peak_load.get_or_insert(0);
        for node in nodes {
            let load = &mut self.load[node.index()];
            if load.stretch != stretch {
                *load = Load {
                    stretch,
                    messages: 0,
                };
            }
            load.messages += 1;
            *peak = load.messages.max(*peak);
        }
    }

    /// A timer fires.
    pub fn fired(&mut self) {
        self.trial.traffic.timers += 1;
        self.over |= self.trial.traffic.timers > self.events;
    }

    /// Why the trial is over.
    pub fn why(&self) -> End {
        if self.until_everybody && self.missing == 0 {
            End::Everybody
        } else {
            End::Storm
        }
    }

    /// The trial is over.
    pub fn finish(&mut self, now: Time, end: End) {
        self.trial.end = end;
        self.trial.ended = now;
        for (reach, spreading) in self.trial.rumors.iter_mut().zip(&self.rumors) {
            reach.reached = spreading.reached;
            reach.last = spreading.last.since(reach.began);
            reach.last_hop = spreading.last_hop;
        }
    }

    #[inline]
    fn cell(&self, node: Peer, rumor: Rumor) -> usize {
        rumor.index() * self.trial.nodes as usize + node.index()
    }
}

/// How many of `nodes` make up share number `mark`.
fn goal(nodes: u32, mark: usize) -> u32 {
    (u64::from(nodes) * u64::from(SHARES[mark])).div_ceil(100) as u32
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
