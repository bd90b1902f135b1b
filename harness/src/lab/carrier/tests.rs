//! All carriers agree, and faults do to nodes what they say.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rand::RngExt;
use swelkie_nodes::registry::{Promises, Settings};
use swelkie_nodes::strategies::flood::Flood;
use swelkie_nodes::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};
use swelkie_nodes::{NodeId, Seed, Time};

use super::*;
use crate::faults;
use crate::lab::cluster::Cluster;
use crate::lab::{Bounds, Broadcast, Neighbourhoods, Origin, Traffic, Trial, Watch};
use crate::network::Latency;

const MS: Duration = Duration::from_millis(1);

/// Tells at random, sets timers, stores records, and writes down all that happens to it.
#[derive(Debug, Default)]
struct Chatter<const STORES: bool> {
    log: Vec<(Time, Option<Peer>, u32)>,
    speeches: u32,
    restored: Vec<Rumor>,
}

#[derive(Debug)]
struct Said {
    rumor: Rumor,
    again: bool,
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        out.kind("said");
        out.rumor("rumor", self.rumor);
        out.flag("again", self.again);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "said").then_some(())?;
        Some(Said {
            rumor: body.rumor("rumor")?,
            again: body.flag("again")?,
        })
    }

    fn carried(&self) -> usize {
        1
    }
}

impl<const STORES: bool> Strategy for Chatter<STORES> {
    const ABOUT: About = About {
        name: "chatter",
        family: "test",
        summary: "talks",
        parameters: &[],
        promises: Promises::CALM,
    };
    const STORES: bool = STORES;
    type Config = ();
    type Message = Said;
    type Record = Said;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> Self {
        Chatter::default()
    }

    fn on_record(&mut self, record: Said, _cx: &mut Context<Self>) {
        self.restored.push(record.rumor);
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        cx.set_timer(10 * MS, Tag(0));
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        let again = false;
        cx.tell_some(cx.neighbours(), 3, None, Said { rumor, again });
        if STORES {
            cx.store(Said { rumor, again });
        }
    }

    fn on_receive(&mut self, from: Peer, said: &Said, cx: &mut Context<Self>) {
        self.log.push((cx.now(), Some(from), said.rumor.0));
        if cx.deliver(said.rumor) {
            self.on_broadcast(said.rumor, cx);
            // Due together with messages, if those take 10 ms.
            let wait = cx.rng().random_range(0..4);
            cx.set_timer(wait * 5 * MS, Tag(said.rumor.0));
        }
    }

    fn on_timer(&mut self, tag: Tag, cx: &mut Context<Self>) {
        self.log.push((cx.now(), None, tag.0));
        self.speeches += 1;
        let known: Vec<Rumor> = cx.known().collect();
        if self.speeches < 6 {
            for rumor in known {
                let again = true;
                cx.tell_some(cx.others(), 1, None, Said { rumor, again });
            }
            cx.set_timer(10 * MS, tag);
        }
    }
}

type Chat = Chatter<false>;

fn conditions(nodes: u32, latency: Latency, loss: f64) -> Conditions {
    let news = |at: u32, origin| Broadcast {
        at: at * 5 * MS,
        origin,
        ..Broadcast::default()
    };
    let origin = Origin::Node(Peer(nodes / 2));
    Conditions {
        loss,
        broadcasts: vec![
            news(0, Origin::Random),
            news(2, origin),
            news(2, Origin::Random),
            news(5, origin),
        ],
        watch: Watch {
            hops: true,
            bytes: true,
            load: Some(20 * MS),
            ..Watch::default()
        },
        ..Conditions::new(nodes, latency)
    }
}

/// What happened to every node, and what was counted.
fn history<C: Carrier<Chat>>(conditions: &Conditions, seed: Seed) -> String {
    let mut cluster = Cluster::<Chat, C>::new((), conditions);
    // What an earlier trial leaves behind is of no importance.
    cluster.run(Seed(99));
    let trial = cluster.run(seed).clone();
    format!("{trial:?} {:?}", cluster.nodes.nodes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_same_messages_arrive_in_the_same_order_whichever_way_they_are_carried(
        seed in any::<u64>(),
        nodes in 2u32..30,
        loss in prop_oneof![Just(0.0), Just(0.2)],
        mean in prop_oneof![Just(0u64), Just(10), Just(7)],
    ) {
        let mean = u32::try_from(mean).unwrap() * MS;
        let seed = Seed(seed);
        let constant = conditions(nodes, Latency::constant(mean), loss);
        let network = history::<Faulty<Said>>(&constant, seed);
        prop_assert_eq!(&history::<Rounds<Said>>(&constant, seed), &network);
        prop_assert_eq!(&history::<Random<Said>>(&constant, seed), &network);
        for shape in ["exponential", "uniform", "pareto"] {
            let latency = Latency::parse(&format!("{}ms {shape}", mean.as_millis()), None).unwrap();
            let random = conditions(nodes, latency, loss);
            let network = history::<Faulty<Said>>(&random, seed);
            prop_assert_eq!(&history::<Random<Said>>(&random, seed), &network);
        }
    }
}

#[test]
fn a_trial_that_ends_early_ends_at_the_same_message_whichever_way_they_are_carried() {
    for events in [1, 10, 100, 300] {
        for until_everybody in [false, true] {
            let mut conditions = conditions(25, Latency::constant(10 * MS), 0.0);
            conditions.bounds = Bounds {
                events,
                until_everybody,
                ..Bounds::default()
            };
            let network = history::<Faulty<Said>>(&conditions, Seed(1));
            assert_eq!(history::<Rounds<Said>>(&conditions, Seed(1)), network);
            assert_eq!(history::<Random<Said>>(&conditions, Seed(1)), network);
        }
    }
}

/// A line of nodes.
fn line(nodes: u32) -> Arc<Neighbourhoods> {
    let beside = |node: u32| {
        let (left, right) = (
            node.checked_sub(1),
            Some(node + 1).filter(|&next| next < nodes),
        );
        left.into_iter().chain(right).map(Peer)
    };
    Arc::new(Neighbourhoods::new((0..nodes).map(beside)))
}

/// Five nodes in a line, 10 ms apart, rumors at n0 at 0 ms and at 100 ms, and this schedule.
fn on_a_line<S: Strategy<Config = (), Message: std::fmt::Debug>>(
    schedule: &str,
) -> (Trial, Vec<S>) {
    let file = faults::parse("faults.toml", schedule).unwrap_or_else(|error| panic!("{error}"));
    let members = faults::Cluster {
        nodes: (0..5)
            .map(|node| NodeId::from(format!("n{node}")))
            .collect(),
        services: Vec::new(),
        time_limit: Duration::from_secs(10),
    };
    let plan = faults::resolve(&file, &members, Seed(1)).unwrap_or_else(|error| panic!("{error}"));
    let mut conditions = Conditions::new(5, Latency::constant(10 * MS));
    conditions.broadcasts.push(Broadcast {
        at: 100 * MS,
        ..Broadcast::default()
    });
    conditions.neighbours = Some(line(5));
    conditions.faults = Some(Arc::new(plan));
    let mut cluster = Cluster::<S, Faulty<S::Message>>::new((), &conditions);
    cluster.run(Seed(8));
    let trial = cluster.run(Seed(7)).clone();
    assert_eq!(cluster.carrier.unsettled(), 0, "a slot is still taken");
    (trial, cluster.nodes.nodes)
}

fn reached(trial: &Trial) -> Vec<u32> {
    trial.rumors.iter().map(|rumor| rumor.reached).collect()
}

fn fault(lines: &str) -> String {
    format!("[[fault]]\n{lines}\n")
}

#[test]
fn a_cut_drops_what_would_be_delivered_while_it_lasts() {
    let (trial, _) = on_a_line::<Flood>(&fault(
        "kind = \"partition\"\nsides = [[\"n0\", \"n1\"], [\"n2\", \"n3\", \"n4\"]]\nat = \"0s\"\nfor = \"50ms\"",
    ));
    assert_eq!(reached(&trial), [2, 5]);
    assert_eq!((trial.traffic.sent, trial.traffic.dropped), (2 + 4, 1));
}

#[test]
fn a_hold_delays_and_a_copy_is_delivered_again() {
    let (trial, _) = on_a_line::<Flood>(&fault(
        "kind = \"hold\"\nbetween = [\"n2\", \"n3\"]\nat = \"0s\"\nfor = \"50ms\"",
    ));
    assert_eq!(reached(&trial), [5, 5]);
    assert_eq!(trial.rumors[0].times[3], Some(60 * MS));
    let (trial, _) = on_a_line::<Flood>(&fault(
        "kind = \"duplicate\"\nprobability = \"100%\"\nat = \"0s\"\nfor = \"50ms\"",
    ));
    let Traffic { sent, received, .. } = trial.traffic;
    assert_eq!((sent, received, trial.traffic.duplicates()), (8, 12, 4));
}

#[test]
fn a_kill_takes_what_a_node_knows_and_what_is_sent_to_it_until_it_starts_again() {
    let kill = fault("kind = \"kill\"\ntargets = \"n2\"\nat = \"15ms\"\nfor = \"50ms\"");
    let (trial, _) = on_a_line::<Flood>(&kill);
    assert_eq!((reached(&trial), trial.gone), (vec![2, 5], 0));
    assert_eq!(trial.traffic.dropped, 1);
    // It heard the first and passed it on, but does not know it any more.
    let kill = fault("kind = \"kill\"\ntargets = \"n2\"\nat = \"50ms\"\nfor = \"10ms\"");
    let (trial, _) = on_a_line::<Flood>(&kill);
    assert_eq!(reached(&trial), [4, 5]);
    assert_eq!(trial.rumors[0].times[3], Some(40 * MS), "all knew it once");
    assert!(!trial.everybody());
}

#[test]
fn what_a_strategy_stores_survives_a_restart() {
    let restart = fault("kind = \"restart\"\ntargets = \"n0\"\nat = \"900ms\"");
    let (trial, nodes) = on_a_line::<Chatter<true>>(&restart);
    assert_eq!(reached(&trial), [5, 5]);
    assert_eq!(nodes[0].restored, [Rumor(0), Rumor(1)]);
    assert!(
        nodes[0]
            .log
            .iter()
            .all(|entry| entry.0 >= Time::ZERO + 900 * MS)
    );
    let (trial, nodes) = on_a_line::<Chatter<false>>(&restart);
    assert_eq!(reached(&trial), [4, 4]);
    assert_eq!(nodes[0].restored, []);
}

#[test]
fn nobody_expects_anything_of_a_node_that_is_killed_for_ever() {
    let kill = fault("kind = \"kill\"\ntargets = \"n4\"\nat = \"50ms\"\nforever = true");
    let (trial, _) = on_a_line::<Flood>(&kill);
    assert_eq!((reached(&trial), trial.gone), (vec![4, 4], 1));
    assert!(trial.everybody());
}

#[test]
fn a_client_of_a_node_that_is_down_is_refused() {
    let kill = fault("kind = \"kill\"\ntargets = \"n0\"\nat = \"90ms\"\nfor = \"50ms\"");
    let (trial, _) = on_a_line::<Flood>(&kill);
    assert_eq!(trial.rumors[1].origin, None);
    assert_eq!(trial.began().count(), 1);
}

#[test]
fn messages_timers_and_clients_wait_while_a_node_is_paused() {
    let pause =
        fault("kind = \"pause\"\ntargets = [\"n0\", \"n2\"]\nat = \"15ms\"\nfor = \"200ms\"");
    let (trial, _) = on_a_line::<Flood>(&pause);
    assert_eq!(reached(&trial), [5, 5]);
    assert_eq!(trial.rumors[0].times[3], Some((215 + 20) * MS));
    // The client asked at 100 ms; n0 took it at 215 ms.
    assert_eq!(trial.rumors[1].times[3], Some((115 + 40) * MS));
    let (_, nodes) = on_a_line::<Chat>(&pause);
    let paused = |at: Time| at > Time::ZERO + 15 * MS && at < Time::ZERO + 215 * MS;
    assert!(nodes[2].log.iter().all(|entry| !paused(entry.0)));
    let resumed = Time::ZERO + 215 * MS;
    let then: Vec<bool> = nodes[2]
        .log
        .iter()
        .filter(|entry| entry.0 == resumed)
        .map(|entry| entry.1.is_some())
        .collect();
    // What it was going to do when it was paused, then what came meanwhile.
    assert!(!then[0] && then[1], "{then:?}");
}

#[test]
fn healing_ends_all_that_lasts_but_for_kills_for_ever() {
    let file = faults::parse(
        "faults.toml",
        &fault("kind = \"partition\"\nsides = [[\"n0\"], [\"n1\"]]\nat = \"0s\"\nfor = \"9s\""),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let members = faults::Cluster {
        nodes: vec![NodeId::from("n0"), NodeId::from("n1")],
        services: Vec::new(),
        time_limit: Duration::from_secs(10),
    };
    let plan = faults::resolve(&file, &members, Seed(1)).unwrap_or_else(|error| panic!("{error}"));
    let mut conditions = Conditions::new(2, Latency::constant(10 * MS));
    conditions.faults = Some(Arc::new(plan));
    for (heal, expected) in [(None, 1), (Some(5 * MS), 2)] {
        conditions.heal = heal;
        let mut cluster = Cluster::<Flood, Faulty<_>>::new((), &conditions);
        assert_eq!(reached(cluster.run(Seed(1))), [expected]);
    }
}

#[test]
fn as_many_messages_are_lost_as_the_probability_says() {
    let mut conditions = Conditions::new(1000, Latency::constant(MS));
    conditions.neighbours = None;
    conditions.loss = 0.1;
    let mut cluster = Cluster::<Flood, Rounds<_>>::new((), &conditions);
    let Traffic {
        sent,
        dropped,
        received,
        ..
    } = cluster.run(Seed(5)).traffic;
    assert_eq!(sent, received + dropped);
    let (mean, sd) = (sent as f64 * 0.1, (sent as f64 * 0.09).sqrt());
    assert!(
        (dropped as f64 - mean).abs() < 5.0 * sd,
        "{dropped} of {sent}"
    );
}
