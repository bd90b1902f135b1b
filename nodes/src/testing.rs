//! One node on a bench, and a small cluster in virtual time: what the tests of
//! this crate run nodes in. Deterministic for a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt as _;
use serde::Deserialize;
use serde_json::json;

use crate::host::Host;
use crate::node::{Effect, Node, Time, Timer};
use crate::protocol::{Body, Message, NodeId};
use crate::rng::{Rng, Seed};

/// One node; what it asks for comes back as text, `dest body` or `store record`.
pub struct Bench {
    host: Host,
    now: Time,
    timers: BTreeMap<(Time, Timer), ()>,
    /// What a driver would have on disk.
    pub stored: Vec<u8>,
}

impl Bench {
    /// `n1` of a cluster of `n1`, `n2`, `n3`.
    pub fn new(node: impl Node + 'static) -> Bench {
        Bench::start(node, "n1", &["n1", "n2", "n3"], Seed(1), Vec::new())
    }

    pub fn start(
        node: impl Node + 'static,
        name: &str,
        members: &[&str],
        seed: Seed,
        stored: Vec<u8>,
    ) -> Bench {
        let mut bench = Bench {
            host: Host::new(Box::new(node), seed, stored.clone()),
            now: Time::ZERO,
            timers: BTreeMap::new(),
            stored,
        };
        let sent = bench.receive("c0", &init(name, members));
        assert_eq!(sent[0], r#"c0 {"type":"init_ok","in_reply_to":1}"#);
        bench
    }

    pub fn receive(&mut self, src: &str, body: &str) -> Vec<String> {
        let message = message(src, self.host.id().as_str(), body);
        self.host.deliver(self.now, &message);
        self.effects()
    }

    /// Jumps to the earliest timer and fires it.
    pub fn wait(&mut self) -> Vec<String> {
        let ((at, timer), ()) = self.timers.pop_first().expect("a timer is set");
        self.now = at;
        self.host.fire(at, timer);
        self.effects()
    }

    pub fn has_timer(&self) -> bool {
        !self.timers.is_empty()
    }

    pub fn now(&self) -> Duration {
        self.now.since(Time::ZERO)
    }

    fn effects(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        for effect in self.host.drain() {
            match effect {
                Effect::Send { dest, body } => texts.push(format!("{dest} {body:?}")),
                Effect::SetTimer { timer, at } => drop(self.timers.insert((at, timer), ())),
                Effect::Store(line) => {
                    self.stored.extend_from_slice(&line);
                    let record = String::from_utf8(line).expect("records are text");
                    texts.push(format!("store {}", record.trim_end()));
                }
            }
        }
        texts
    }
}

pub fn message(src: &str, dest: &str, body: &str) -> Message {
    Message {
        src: src.into(),
        dest: dest.into(),
        body: Body::from_json(body.to_owned().into()),
    }
}

fn init(name: &str, members: &[&str]) -> String {
    json!({"type": "init", "msg_id": 1, "node_id": name, "node_ids": members}).to_string()
}

/// The neighbours of each node of a line.
pub fn line(nodes: usize) -> Vec<Vec<usize>> {
    let near = |node: usize| [node.checked_sub(1), (node + 1 < nodes).then_some(node + 1)];
    (0..nodes)
        .map(|node| near(node).into_iter().flatten().collect())
        .collect()
}

struct Life {
    host: Host,
    stored: Vec<u8>,
    number: u64,
}

enum Event {
    Message(Message),
    Timer {
        node: usize,
        life: u64,
        timer: Timer,
    },
}

/// Nodes `n0`, `n1`, … and one client `c0`. A message between nodes takes a
/// millisecond and may be lost; one of the client's takes none and is not.
pub struct Cluster {
    make: Box<dyn Fn() -> Box<dyn Node>>,
    seed: Seed,
    rng: Rng,
    now: Time,
    lives: Vec<Life>,
    events: BTreeMap<(Time, u64), Event>,
    sequence: u64,
    loss: f64,
    cut: bool,
    topology: Option<String>,
    requests: u64,
    replies: BTreeMap<u64, Body>,
    sent: usize,
}

impl Cluster {
    pub fn new(seed: u64, nodes: usize, make: impl Fn() -> Box<dyn Node> + 'static) -> Cluster {
        println!("seed {seed}");
        let seed = Seed(seed);
        let mut cluster = Cluster {
            make: Box::new(make),
            seed,
            rng: seed.fork("network"),
            now: Time::ZERO,
            lives: Vec::new(),
            events: BTreeMap::new(),
            sequence: 0,
            loss: 0.0,
            cut: false,
            topology: None,
            requests: 0,
            replies: BTreeMap::new(),
            sent: 0,
        };
        for node in 0..nodes {
            cluster.lives.push(cluster.life(node, 0, Vec::new()));
        }
        for node in 0..nodes {
            cluster.init(node);
        }
        cluster
    }

    pub fn topology(&mut self, neighbours: &[Vec<usize>]) {
        let name = |node: &usize| format!("n{node}");
        let map: BTreeMap<String, Vec<String>> = (0..)
            .zip(neighbours)
            .map(|(node, near)| (name(&node), near.iter().map(name).collect()))
            .collect();
        let body = json!({"type": "topology", "topology": map}).to_string();
        for node in 0..self.lives.len() {
            self.request(node, &body);
        }
        self.topology = Some(body);
    }

    /// From now on this share of messages between nodes is lost.
    pub fn loss(&mut self, share: f64) {
        self.loss = share;
    }

    /// From now on no message between nodes arrives, or all do again.
    pub fn cut(&mut self, cut: bool) {
        self.cut = cut;
    }

    /// The client sends a body without `msg_id`; what the node answers at once is returned.
    pub fn request(&mut self, node: usize, body: &str) -> Option<Body> {
        self.requests += 1;
        let id = self.requests.to_string();
        let body = Body::from_json(body.to_owned().into()).with_field("msg_id", &id);
        let message = message(
            "c0",
            &format!("n{node}"),
            std::str::from_utf8(body.as_bytes()).unwrap(),
        );
        self.deliver(&message);
        self.replies.remove(&self.requests)
    }

    /// The sorted integers that a read of the node shows under `field`.
    pub fn read(&mut self, node: usize, field: &str) -> Vec<i64> {
        let mut shown: Vec<i64> = serde_json::from_value(self.read_value(node, field)).unwrap();
        shown.sort_unstable();
        shown
    }

    pub fn read_value(&mut self, node: usize, field: &str) -> serde_json::Value {
        let body = self
            .request(node, r#"{"type":"read"}"#)
            .expect("a read is answered");
        body.parse::<serde_json::Value>().unwrap()[field].take()
    }

    /// Kills a node and starts it again with what it stored, `lost` bytes of it
    /// cut off its end; its messages and timers are gone.
    pub fn restart(&mut self, node: usize, wipe: bool) {
        let stored = std::mem::take(&mut self.lives[node].stored);
        let stored = if wipe { Vec::new() } else { stored };
        let number = self.lives[node].number + 1;
        self.lives[node] = self.life(node, number, stored);
        self.init(node);
        if let Some(topology) = self.topology.clone() {
            self.request(node, &topology);
        }
    }

    pub fn run_for(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(event) = self
            .events
            .first_entry()
            .filter(|event| event.key().0 <= end)
        {
            self.now = event.key().0;
            match event.remove() {
                Event::Message(_) if self.cut => {}
                Event::Message(message) => self.deliver(&message),
                Event::Timer { node, life, timer } if self.lives[node].number == life => {
                    self.lives[node].host.fire(self.now, timer);
                    self.effects(node);
                }
                Event::Timer { .. } => {}
            }
        }
        self.now = end;
    }

    pub fn sent_between_nodes(&self) -> usize {
        self.sent
    }

    pub fn is_idle(&self) -> bool {
        self.events.is_empty()
    }

    fn life(&self, node: usize, number: u64, stored: Vec<u8>) -> Life {
        let seed = self.seed.child(&format!("n{node}/{number}"));
        let host = Host::new((self.make)(), seed, stored.clone());
        Life {
            host,
            stored,
            number,
        }
    }

    fn init(&mut self, node: usize) {
        let names: Vec<String> = (0..self.lives.len())
            .map(|node| format!("n{node}"))
            .collect();
        let members: Vec<&str> = names.iter().map(String::as_str).collect();
        self.deliver(&message(
            "c0",
            members[node],
            &init(members[node], &members),
        ));
    }

    fn deliver(&mut self, message: &Message) {
        let node: usize = message.dest.as_str()[1..].parse().unwrap();
        self.lives[node].host.deliver(self.now, message);
        self.effects(node);
    }

    fn effects(&mut self, node: usize) {
        let life = &mut self.lives[node];
        let effects: Vec<Effect> = life.host.drain().collect();
        for effect in effects {
            self.sequence += 1;
            match effect {
                Effect::Store(line) => self.lives[node].stored.extend_from_slice(&line),
                Effect::SetTimer { timer, at } => {
                    let life = self.lives[node].number;
                    self.events
                        .insert((at, self.sequence), Event::Timer { node, life, timer });
                }
                Effect::Send { dest, body } => self.send(node, dest, body),
            }
        }
    }

    fn send(&mut self, node: usize, dest: NodeId, body: Body) {
        #[derive(Deserialize)]
        struct Reply {
            in_reply_to: u64,
        }
        if dest.as_str() == "c0" {
            let reply: Reply = body.parse().expect("a reply");
            self.replies.insert(reply.in_reply_to, body);
            return;
        }
        self.sent += 1;
        if self.rng.random_bool(self.loss) {
            return;
        }
        let src = NodeId::from(format!("n{node}"));
        let at = self.now + Duration::from_millis(1);
        self.events.insert(
            (at, self.sequence),
            Event::Message(Message { src, dest, body }),
        );
    }
}
