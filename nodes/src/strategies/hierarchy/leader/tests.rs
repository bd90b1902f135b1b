//! What is sent to whom and when; who leads when; what a small cluster survives.

use rand::RngExt;

use super::*;
use crate::rng::Seed;
use crate::strategy::probe::Probe;
use crate::strategy::{Attributes, Sensitivity, Spread};
use crate::testing::{Bench, Cluster};

type Sent = Vec<(Vec<u32>, String)>;

fn probe(spec: &str, id: u32, size: u32) -> Probe<Leader> {
    let mut probe = Probe::<Leader>::new(spec, size);
    probe.id = Peer(id);
    probe
}

fn label(probe: &mut Probe<Leader>, rumor: u32, priority: Priority, sensitivity: Sensitivity) {
    let attributes = Attributes {
        priority,
        sensitivity,
    };
    probe.names.attributes.insert(Rumor(rumor), attributes);
}

fn news(rumors: &[u32]) -> Said {
    Said::News {
        rumors: rumors.iter().copied().map(Rumor).collect(),
        suspected: Vec::new(),
    }
}

/// To whom news went, ascending; whatever else was sent is left out.
fn told(sent: &Sent) -> Vec<u32> {
    let news = sent.iter().filter(|(_, said)| said.starts_with("News"));
    let mut dests: Vec<u32> = news.flat_map(|(dests, _)| dests.clone()).collect();
    dests.sort_unstable();
    dests
}

fn stored(probe: &Probe<Leader>, rumors: &[u32]) -> Said {
    use crate::strategy::Names;
    let keys = rumors.iter().map(|&rumor| probe.names.key(Rumor(rumor)));
    Said::Stored(keys.collect())
}

/// Fires timers until this time in milliseconds; what was sent when.
fn until(probe: &mut Probe<Leader>, millis: u64) -> Vec<(u128, Sent)> {
    let mut sent = Vec::new();
    let due = |probe: &Probe<Leader>| probe.timers.iter().map(|timer| timer.0).min();
    while due(probe).is_some_and(|at| at.nanos() <= millis * 1_000_000) {
        let said = probe.wait();
        if !said.is_empty() {
            sent.push((u128::from(probe.now.nanos() / 1_000_000), said));
        }
    }
    sent
}

#[test]
fn a_member_tells_its_leader_and_leaders_tell_up_across_and_down() {
    for (id, expected) in [
        (8, vec![6]),
        (6, vec![0, 7, 8]),
        (4, vec![3]),
        (9, vec![0, 10, 11, 12, 15]),
        (0, vec![1, 2, 3, 6, 9, 18]),
        (24, vec![18]),
    ] {
        let mut probe = probe("leader", id, 25);
        assert_eq!(told(&probe.broadcast(0)), expected, "n{id}");
    }
}

#[test]
fn a_leader_tells_everybody_but_who_told_it_and_acknowledges() {
    let mut probe = probe("leader", 3, 25);
    let sent = probe.receive(5, news(&[7]));
    assert!(matches!(&sent[0], (to, said) if to == &[5] && said.starts_with("Stored")));
    assert_eq!(told(&sent), [0, 4]);
    let again = probe.receive(0, news(&[7]));
    assert_eq!(again.len(), 1, "acknowledged and not told again: {again:?}");
    assert_eq!(probe.known(), [7]);
}

#[test]
fn sensitive_news_goes_no_further_than_its_unit() {
    for (sensitivity, expected) in [
        (Sensitivity::Team, vec![1, 2]),
        (Sensitivity::Department, vec![1, 2, 3, 6]),
        (Sensitivity::Level(2), vec![1, 2, 3, 6]),
        (Sensitivity::Everyone, vec![1, 2, 3, 6, 9, 18]),
    ] {
        let mut probe = probe("leader", 0, 25);
        label(&mut probe, 0, Priority::Normal, sensitivity);
        assert_eq!(told(&probe.broadcast(0)), expected, "{sensitivity}");
    }
}

#[test]
fn urgent_news_is_told_to_the_whole_audience_at_once_and_repeated_in_a_batch_by_leaders() {
    let mut probe = probe("leader", 4, 25);
    label(&mut probe, 0, Priority::Urgent, Sensitivity::Department);
    assert_eq!(told(&probe.broadcast(0)), [0, 1, 2, 3, 5, 6, 7, 8]);

    let mut leader = self::probe("leader", 6, 25);
    label(&mut leader, 0, Priority::Urgent, Sensitivity::Department);
    assert!(told(&leader.receive(4, news(&[0]))).is_empty());
    let sent = until(&mut leader, 600);
    let told_at = |millis| {
        let then = sent.iter().filter(|(at, _)| *at == millis);
        let mut peers: Vec<u32> = then.flat_map(|(_, sent)| told(sent)).collect();
        peers.sort_unstable();
        peers
    };
    assert_eq!(told_at(250), [7, 8], "down first");
    assert_eq!(
        told_at(500),
        [0, 7, 8],
        "then up, had the leader not told it"
    );
}

#[test]
fn bulk_waits_for_a_batch_that_takes_all_of_it_in_one_message() {
    let mut probe = probe("leader:batch=100ms", 1, 3);
    for rumor in 0..5 {
        label(&mut probe, rumor, Priority::Bulk, Sensitivity::Everyone);
        assert_eq!(probe.broadcast(rumor), []);
    }
    let sent = probe.wait();
    assert_eq!(probe.now.nanos(), 100_000_000);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("Rumor(0)") && sent[0].1.contains("Rumor(4)"));
}

#[test]
fn news_is_told_again_until_acknowledged_and_then_there_is_silence() {
    let mut probe = probe("leader", 1, 3);
    probe.broadcast(0);
    let sent = until(&mut probe, 600);
    let times: Vec<u128> = sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [250, 500]);
    assert!(sent.iter().all(|(_, sent)| told(sent) == [0]));
    let acknowledgement = stored(&probe, &[0]);
    probe.receive(0, acknowledgement);
    let sent = until(&mut probe, 2800);
    assert_eq!(sent.len(), 1, "one look after the leader: {sent:?}");
    assert_eq!(sent[0].1, [(vec![0], "Ping".to_owned())]);
    probe.receive(0, Said::Pong);
    assert_eq!(until(&mut probe, 100_000), []);
    assert!(probe.timers.is_empty());
}

#[test]
fn a_silent_leader_is_succeeded_by_the_next_in_order_who_is_told_who_is_missed() {
    let mut probe = probe("leader", 2, 3);
    probe.broadcast(0);
    let sent = until(&mut probe, 700);
    let (at, last) = sent.last().unwrap();
    assert_eq!(*at, 700);
    assert_eq!(last[0], (vec![0], "Ping".to_owned()));
    assert_eq!(told(last), [1]);
    assert!(last[1].1.ends_with("suspected: [Peer(0)] }"), "{last:?}");
    probe.broadcast(1);
    assert_eq!(told(&probe.broadcast(2)), [1]);
    // A sign of life, and it leads again.
    let sent = probe.receive(0, Said::Pong);
    assert_eq!(told(&sent), [0, 0], "what it missed: {sent:?}");
    assert_eq!(told(&probe.broadcast(3)), [0]);
}

#[test]
fn a_successor_waits_a_last_moment_for_the_leader_and_then_leads() {
    let mut probe = probe("leader", 1, 25);
    let suspicion = Said::News {
        rumors: vec![Rumor(0)],
        suspected: vec![Peer(0), Peer(9)],
    };
    let sent = probe.receive(2, suspicion);
    assert_eq!(told(&sent), [0]);
    let pings = sent.iter().filter(|(_, said)| said == "Ping");
    assert_eq!(
        pings.map(|(to, _)| to[0]).collect::<Vec<_>>(),
        [0],
        "n9 does not lead n1"
    );
    let sent = until(&mut probe, 250);
    assert_eq!(
        told(&sent[0].1),
        [3, 6, 9, 18],
        "it leads all now: {sent:?}"
    );
}

#[test]
fn a_word_against_a_leader_that_was_just_heard_counts_for_nothing() {
    let mut probe = probe("leader", 1, 3);
    probe.receive(0, news(&[0]));
    let suspicion = Said::News {
        rumors: vec![Rumor(1)],
        suspected: vec![Peer(0)],
    };
    let sent = probe.receive(2, suspicion);
    assert!(sent.iter().all(|(_, said)| said != "Ping"), "{sent:?}");
    assert_eq!(told(&sent), [0]);
}

#[test]
fn a_leader_that_is_gone_for_good_after_it_acknowledged_is_missed_and_replaced() {
    let mut probe = probe("leader", 2, 3);
    probe.broadcast(0);
    let acknowledgement = stored(&probe, &[0]);
    probe.receive(0, acknowledgement);
    let sent = until(&mut probe, 4000);
    let told: Vec<_> = sent.iter().map(|(at, sent)| (*at, told(sent))).collect();
    assert!(told.contains(&(2700, vec![1])), "{told:?}");
}

#[test]
fn a_restarted_node_tells_what_it_stored() {
    let stored = b"{\"rumor\":1}\n{\"rumor\":{\"id\":2,\"sensitivity\":\"team\"}}\n".to_vec();
    let names: Vec<String> = (0..9).map(|node| format!("n{node}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let node = Spread::<Leader>::new(probe("leader", 3, 9).config);
    let mut bench = Bench::start(node, "n3", &members, Seed(1), stored);
    // What it tells when it starts it tells again, as nobody acknowledges.
    let resent: Vec<String> = (0..3).flat_map(|_| bench.wait()).collect();
    let of = |node: &str, list: &str| {
        format!("{node} {{\"type\":\"gossip\",\"messages\":[{list}],\"suspected\":[]}}")
    };
    let all = "1,{\"id\":2,\"sensitivity\":\"team\"}";
    assert_eq!(resent, [of("n0", "1"), of("n4", all), of("n5", all)]);
}

/// Whatever a node hears from whom, whomever it suspects: what it says of a rumor goes to
/// the rumor's audience alone.
#[test]
fn nothing_is_ever_sent_outside_its_audience() {
    for seed in 0..1500 {
        let mut walk = Walk::new(seed);
        for _ in 0..60 {
            walk.step();
        }
    }
}

/// A node among others that say whatever they may.
struct Walk {
    seed: u64,
    rng: crate::Rng,
    probe: Probe<Leader>,
    sensitivities: Vec<Sensitivity>,
    organisation: Organisation,
}

impl Walk {
    const RUMORS: u32 = 12;

    fn new(seed: u64) -> Walk {
        let mut rng = Seed(seed).rng();
        let (team, branching) = (rng.random_range(1..5), rng.random_range(2..4));
        let size = rng.random_range(1..40);
        let spec = format!("leader:team={team},branching={branching}");
        let mut probe = probe(&spec, rng.random_range(0..size), size);
        let sensitivities = (0..Self::RUMORS).map(|rumor| {
            let all = [Priority::Bulk, Priority::Normal, Priority::Urgent];
            let sensitivity = Sensitivity::Level(rng.random_range(1..5));
            label(&mut probe, rumor, all[rng.random_range(0..3)], sensitivity);
            sensitivity
        });
        Walk {
            seed,
            sensitivities: sensitivities.collect(),
            organisation: Organisation::new(probe.config.shape, size),
            probe,
            rng,
        }
    }

    fn audience(&self, rumor: u32) -> Unit {
        let sensitivity = self.sensitivities[rumor as usize];
        self.organisation.audience(self.probe.id, sensitivity)
    }

    fn step(&mut self) {
        let (id, size) = (self.probe.id.0, self.probe.size);
        let rumor = self.rng.random_range(0..Self::RUMORS);
        // Only who may know a rumor speaks of it.
        let from = self.rng.random_range(self.audience(rumor).range());
        let suspected = self.rng.random_range(0..=size);
        let sent = match self.rng.random_range(0..5) {
            0 if !self.probe.known().contains(&rumor) => self.probe.broadcast(rumor),
            1 if from != id => {
                let said = Said::News {
                    rumors: vec![Rumor(rumor)],
                    suspected: (0..suspected).map(Peer).collect(),
                };
                self.probe.receive(from, said)
            }
            2 if from != id => {
                let acknowledgement = stored(&self.probe, &[rumor]);
                self.probe.receive(from, acknowledgement)
            }
            3 if suspected % size != id => self.probe.receive(suspected % size, Said::Pong),
            _ => self.probe.wait(),
        };
        for (dests, said) in sent.iter().filter(|(_, said)| said.starts_with("News")) {
            let of = |rumor: &u32| said.contains(&format!("Rumor({rumor})"));
            for rumor in (0..Self::RUMORS).filter(of) {
                let audience = self.audience(rumor);
                let meant = |&dest: &u32| dest != id && audience.contains(Peer(dest));
                assert!(
                    dests.iter().all(meant),
                    "seed {}: {said} to {dests:?}",
                    self.seed
                );
            }
        }
    }
}

const WORDS: [&str; 3] = ["bulk", "normal", "urgent"];

/// Nodes with the defaults and values of every priority from every node in turn.
struct Trial {
    cluster: Cluster,
    nodes: usize,
    values: usize,
}

impl Trial {
    fn new(seed: u64, nodes: usize) -> Trial {
        let config = probe("leader", 0, 1).config;
        let make = move || Box::new(Spread::<Leader>::new(config)) as _;
        Trial {
            cluster: Cluster::new(seed, nodes, make),
            nodes,
            values: 0,
        }
    }

    fn broadcast(&mut self, times: usize) {
        for _ in 0..times {
            let (id, word) = (self.values, WORDS[self.values % 3]);
            let value = format!(r#"{{"id":{id},"priority":"{word}"}}"#);
            let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
            let acknowledged = self.cluster.request(id * 7 % self.nodes, &body);
            assert!(acknowledged.is_some());
            self.values += 1;
            self.cluster.run_for(20);
        }
    }

    fn shown(&mut self, node: usize) -> usize {
        let shown = self.cluster.read_value(node, "messages");
        shown.as_array().unwrap().len()
    }

    fn assert_all_have_all(&mut self) {
        for node in 0..self.nodes {
            assert_eq!(self.shown(node), self.values, "n{node}");
        }
    }
}

#[test]
fn everybody_hears_everything_and_then_there_is_silence() {
    for nodes in [1, 2, 5, 9, 25] {
        let mut trial = Trial::new(1, nodes);
        trial.broadcast(30);
        trial.cluster.run_for(3000);
        trial.assert_all_have_all();
        trial.cluster.run_for(3000);
        assert!(trial.cluster.is_idle(), "{nodes} nodes");
    }
}

#[test]
fn everybody_hears_everything_within_five_seconds_after_heavy_loss_or_a_cut() {
    for seed in 0..5 {
        for nodes in [5, 25] {
            let mut trial = Trial::new(seed, nodes);
            trial.cluster.loss(0.5);
            trial.broadcast(60);
            trial.cluster.loss(0.0);
            trial.cluster.cut(true);
            trial.broadcast(60);
            trial.cluster.run_for(5000);
            trial.cluster.cut(false);
            trial.cluster.run_for(5000);
            trial.assert_all_have_all();
        }
    }
}

#[test]
fn what_was_acknowledged_survives_the_kill_of_every_node() {
    for seed in 0..5 {
        let mut trial = Trial::new(seed, 9);
        trial.cluster.cut(true);
        trial.broadcast(30);
        for node in 0..9 {
            trial.cluster.restart(node, false);
        }
        trial.cluster.cut(false);
        trial.cluster.run_for(5000);
        trial.assert_all_have_all();
    }
}

#[test]
fn a_wiped_node_may_lose_what_only_it_knew() {
    let mut trial = Trial::new(1, 9);
    trial.cluster.cut(true);
    trial.broadcast(9);
    trial.cluster.restart(0, true);
    trial.cluster.cut(false);
    trial.cluster.run_for(10_000);
    assert!(trial.shown(5) < 9);
}
