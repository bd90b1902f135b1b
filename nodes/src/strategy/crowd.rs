//! Many typed nodes in virtual time, for tests that count: every message takes one
//! millisecond, in order; timers that are due at one instant fire before what was sent
//! then arrives. Deterministic for a seed.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt as _;

use super::probe::Plain;
use super::{
    Context, Effects, Known, Neighbours, Peer, Rumor, Scratch, Strategy, Surroundings, Tag, Wire,
};
use crate::node::Time;
use crate::registry;
use crate::rng::{Rng, Seed};

/// How long a message takes.
pub const LATENCY: Duration = Duration::from_millis(1);

/// The nodes and what is between them.
pub struct Crowd<S: Strategy> {
    pub nodes: Vec<S>,
    config: S::Config,
    /// All others if there are none.
    neighbours: Vec<Vec<Peer>>,
    known: Known,
    pub rng: Rng,
    pub now: Time,
    /// This share of messages is lost.
    pub loss: f64,
    messages: VecDeque<Message<S>>,
    timers: BTreeMap<Time, Vec<(Peer, Tag)>>,
    /// Who learnt what when, in order.
    pub deliveries: Vec<(Time, Peer, Rumor)>,
    /// Messages sent, and rumors that they carried.
    pub sent: usize,
    pub carried: usize,
}

/// When it arrives, from whom, to whom, what.
type Message<S> = (Time, Peer, Peer, Rc<<S as Strategy>::Message>);

impl<S: Strategy> Crowd<S> {
    /// So many nodes with the parameters of a spec, started at time 0.
    pub fn new(spec: &str, size: u32, seed: Seed) -> Crowd<S> {
        Crowd::on(spec, size, Vec::new(), seed)
    }

    /// The same on a topology.
    pub fn on(spec: &str, size: u32, neighbours: Vec<Vec<Peer>>, seed: Seed) -> Crowd<S> {
        let (name, settings) = registry::settings(spec).expect("a spec");
        assert_eq!(name, S::ABOUT.name);
        let config = S::configure(&settings).expect("a configuration");
        let mut crowd = Crowd {
            nodes: (0..size).map(|_| S::new(&config)).collect(),
            config,
            neighbours,
            known: Known::new(size, 64),
            rng: seed.rng(),
            now: Time::ZERO,
            loss: 0.0,
            messages: VecDeque::new(),
            timers: BTreeMap::new(),
            deliveries: Vec::new(),
            sent: 0,
            carried: 0,
        };
        for id in (0..size).map(Peer) {
            crowd.call(id, |node, cx| node.start(cx));
            crowd.call(id, |node, cx| node.on_neighbours(cx));
        }
        crowd
    }

    /// A client of a node broadcasts.
    pub fn broadcast(&mut self, id: u32, rumor: u32) {
        let (id, rumor) = (Peer(id), Rumor(rumor));
        if self.known.insert(id, rumor) {
            self.deliveries.push((self.now, id, rumor));
            self.call(id, |node, cx| node.on_broadcast(rumor, cx));
        }
    }

    /// Everything up to this time, and at it, happens.
    pub fn run_until(&mut self, end: Time) {
        loop {
            let timer = self.timers.keys().next().copied().unwrap_or(Time::MAX);
            let message = self.messages.front().map_or(Time::MAX, |next| next.0);
            if timer.min(message) > end {
                break;
            }
            self.now = timer.min(message);
            if timer <= message {
                let (_, due) = self.timers.pop_first().expect("a timer");
                for (id, tag) in due {
                    self.call(id, |node, cx| node.on_timer(tag, cx));
                }
            } else {
                let (_, from, to, said) = self.messages.pop_front().expect("a message");
                self.call(to, |node, cx| node.on_receive(from, &said, cx));
            }
        }
        self.now = end;
    }

    /// Everything that happens in this time happens.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// How many nodes know a rumor.
    pub fn reached(&self, rumor: u32) -> usize {
        let knows = |id: &u32| self.known.contains(Peer(*id), Rumor(rumor));
        (0..self.nodes.len() as u32).filter(knows).count()
    }

    /// Whether nothing is on its way and no timer set.
    pub fn is_idle(&self) -> bool {
        self.messages.is_empty() && self.timers.is_empty()
    }

    fn call(&mut self, id: Peer, handler: impl FnOnce(&mut S, &mut Context<S>)) {
        let mut effects = Effects::default();
        let mut scratch = Scratch::default();
        let (names, size) = (Plain::default(), self.nodes.len() as u32);
        let neighbours = match self.neighbours.get(id.index()) {
            Some(listed) => Neighbours::Listed(listed),
            None => Neighbours::Others { but: id, size },
        };
        let mut context = Context::new(Surroundings {
            config: &self.config,
            id,
            size,
            now: self.now,
            neighbours,
            rng: &mut self.rng,
            known: &mut self.known,
            row: id,
            names: &names,
            effects: &mut effects,
            scratch: &mut scratch,
        });
        handler(&mut self.nodes[id.index()], &mut context);
        self.carry_out(id, effects);
    }

    fn carry_out(&mut self, id: Peer, effects: Effects<S>) {
        for rumor in effects.delivered {
            self.deliveries.push((self.now, id, rumor));
        }
        for (after, tag) in effects.timers {
            let at = self.now + Duration::from_nanos(after);
            self.timers.entry(at).or_default().push((id, tag));
        }
        let mut dests = effects.dests.into_iter();
        for multicast in effects.multicasts {
            let message = Rc::new(multicast.message);
            for dest in dests.by_ref().take(multicast.count as usize) {
                self.sent += 1;
                self.carried += message.carried();
                if self.loss == 0.0 || !self.rng.random_bool(self.loss) {
                    let at = self.now + LATENCY;
                    self.messages.push_back((at, id, dest, message.clone()));
                }
            }
        }
    }
}

/// A mean with its standard error.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    pub mean: f64,
    pub error: f64,
}

impl Mean {
    /// Of independent observations.
    pub fn of(values: &[f64]) -> Mean {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        Mean { mean, error }
    }

    /// Fails if a target printed with this last digit is further off than four standard
    /// errors, which by chance happens once in 16,000 times.
    #[track_caller]
    pub fn assert_near(self, target: f64, last_digit: f64, what: &str) {
        let Mean { mean, error } = self;
        let bound = 4.0 * error + last_digit / 2.0;
        assert!(
            (mean - target).abs() <= bound,
            "{what}: {mean} is not {target} ± {bound}"
        );
    }
}
