//! What is a storm and what is only chatty; and a node that storms, in simulation.

use std::time::Duration;

use serde_json::json;
use swelkie_checkers::{History, Operation, Outcome, Phase, Validity, Value};
use swelkie_nodes::{Body, Context, Message, Node, NodeId, Time};

use super::{LIMIT, Sighting, Watch};
use crate::engine::{Ended, Engine};
use crate::judge::{Demands, Spread, judge};
use crate::network::{Endpoint, Latency, Shape};
use crate::options::{Options, Target};
use crate::plan::Plan;
use crate::sim::{Limits, Simulation};

/// A watch over five nodes and the history beside it.
struct Bench {
    watch: Watch,
    history: History,
    now: Time,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            watch: Watch::new(LIMIT, 5),
            history: History::default(),
            now: Time::ZERO,
        }
    }

    /// Time passes.
    fn wait(&mut self, micros: u64) {
        self.now = self.now + Duration::from_micros(micros);
    }

    /// A client broadcasts a number.
    fn broadcast(&mut self, number: u64) {
        let element = self.history.elements.intern_int(number);
        self.history.operations.push(Operation {
            process: 0,
            node: 0,
            incarnation: 0,
            phase: Phase::Main,
            f: "broadcast",
            input: Value::Element(element),
            invoked: self.now.nanos(),
            completed: None,
            outcome: Outcome::Pending,
            output: Value::Nothing,
            cause: None,
        });
    }

    /// n0 sends n1 this.
    fn send(&mut self, body: serde_json::Value) -> Option<Sighting> {
        let link = (Endpoint(0), Endpoint(1));
        self.watch
            .sent(self.now, link, &Body::encode(&body), &self.history)
    }
}

#[test]
fn one_link_that_carries_one_element_too_often_is_a_storm_whatever_else_each_copy_says() {
    let mut bench = Bench::new();
    bench.broadcast(6);
    bench.broadcast(7);
    let sighting = (0..2 * LIMIT).find_map(|hop| {
        bench.wait(100);
        let body = json!({"type": "tell", "message": 7, "hop": hop + 1000, "msg_id": hop});
        bench.send(body)
    });
    let sighting = sighting.expect("a storm");
    assert_eq!((sighting.element, sighting.operation), (7, 1));
    assert_eq!(sighting.copies, LIMIT + 1);
    assert!(sighting.at < Time::ZERO + Duration::from_secs(1));
}

#[test]
fn where_many_links_are_in_use_each_may_carry_less() {
    let mut bench = Bench::new();
    bench.watch = Watch::new(LIMIT, 25);
    bench.broadcast(7);
    let body = Body::encode(&json!({"type": "broadcast", "message": 7}));
    let links = (0..25).flat_map(|src| (0..25).map(move |dest| (Endpoint(src), Endpoint(dest))));
    let links: Vec<_> = links.filter(|(src, dest)| src != dest).collect();
    let sighting = (0..LIMIT).find_map(|_| {
        let now = bench.now;
        let mut sent = links
            .iter()
            .map(|&link| bench.watch.sent(now, link, &body, &bench.history));
        sent.find_map(|sighting| sighting)
    });
    assert_eq!(sighting.expect("a storm").allowed, LIMIT * 200 / 600);
}

#[test]
fn a_gossip_that_repeats_all_it_knows_100_times_a_second_is_none() {
    let mut bench = Bench::new();
    bench.broadcast(1);
    bench.broadcast(2);
    for _ in 0..60 * 100 {
        bench.wait(10_000);
        assert_eq!(
            bench.send(json!({"type": "gossip", "messages": [1, 2]})),
            None
        );
    }
}

#[test]
fn a_flood_of_many_broadcasts_is_none_and_neither_is_all_that_is_known_with_each_of_them() {
    let mut bench = Bench::new();
    for number in 0..20_000 {
        bench.wait(100);
        bench.broadcast(number);
        assert_eq!(
            bench.send(json!({"type": "broadcast", "message": number})),
            None
        );
        let known: Vec<u64> = (0..=number.min(9)).collect();
        assert_eq!(
            bench.send(json!({"type": "gossip", "messages": known})),
            None
        );
    }
}

#[test]
fn what_names_no_element_is_none_however_often() {
    let mut bench = Bench::new();
    bench.broadcast(1);
    for _ in 0..10 * LIMIT {
        assert_eq!(bench.send(json!({"type": "ping", "term": 4})), None);
    }
}

/// Tells its neighbours everything it hears, for ever.
#[derive(Default)]
struct Forever {
    neighbours: Vec<NodeId>,
}

impl Node for Forever {
    fn init(&mut self, members: &[NodeId], cx: &mut Context) {
        let others = members.iter().filter(|&id| id != cx.id());
        self.neighbours = others.cloned().collect();
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let body: serde_json::Value = message.body.parse().expect("JSON");
        match body["type"].as_str() {
            Some("broadcast") => {
                cx.reply(message, &json!({"type": "broadcast_ok"}));
                let tell = Body::encode(&json!({"type": "broadcast", "message": body["message"]}));
                for id in &self.neighbours {
                    cx.send_body(id, tell.clone());
                }
            }
            Some("read") => cx.reply(message, &json!({"type": "read_ok", "messages": []})),
            Some("topology") => cx.reply(message, &json!({"type": "topology_ok"})),
            _ => {}
        }
    }
}

/// A limit that is reached soon.
const LOW: u64 = 500;

/// A run of `Forever` on so many nodes.
fn storm(nodes: usize, latency: Latency) -> crate::engine::Outcome {
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.nodes = crate::options::node_names(nodes);
    (options.sim, options.no_store, options.latency) = (true, true, latency);
    options.storm_limit = LOW;
    let plan: Plan = options.plan().expect("a plan");
    let names = plan.config.nodes.clone();
    let mut engine = Engine::new(plan.config);
    let mut make = |_: usize| -> Box<dyn Node> { Box::new(Forever::default()) };
    let limits = Limits::default();
    Simulation::new(&mut engine, &mut make, options.seed, &names, limits).run(&mut |_, _| {});
    engine.into_outcome()
}

#[test]
fn a_node_that_forwards_for_ever_ends_the_run_as_a_storm_at_any_latency() {
    let latencies = [
        Latency::constant(Duration::ZERO),
        Latency::constant(Duration::from_millis(100)),
        Latency {
            mean: Duration::from_millis(30),
            shape: Shape::Exponential,
        },
    ];
    for latency in latencies {
        for nodes in [3, 5, 25] {
            let outcome = storm(nodes, latency);
            let Ended::Storm(sighting) = &outcome.ended else {
                panic!("{nodes} nodes, {latency}: {:?}", outcome.ended);
            };
            let zero = outcome.milestones.zero.expect("it began");
            assert!(
                sighting.at.since(zero) < Duration::from_secs(13),
                "{latency}: {sighting:?}"
            );
            let links = (nodes * (nodes - 1)) as u64;
            assert!(outcome.traffic.servers.messages < 50 * LOW * links);
        }
    }
}

#[test]
fn without_a_journal_the_verdict_still_names_message_link_and_limit() {
    let outcome = storm(5, Latency::constant(Duration::from_millis(10)));
    let judgement = judge(&outcome, &Demands::default(), |_| Spread::default());
    assert_eq!(
        (judgement.verdict.validity, judgement.exit_status),
        (Validity::Invalid, 1)
    );
    let kinds = judgement
        .verdict
        .anomalies
        .iter()
        .map(|anomaly| &*anomaly.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), ["storm"]);
    let text = &judgement.verdict.anomalies[0].text;
    for part in [
        "message 0 was sent",
        "the link from n",
        "--storm-limit",
        "asked n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}
