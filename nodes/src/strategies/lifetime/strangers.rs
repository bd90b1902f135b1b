//! Talking to strangers: a flood of the neighbourhood, with leaps out of it.
//!
//! ```text
//!   overlay in two parts           n1 greets n9, any member: "I know 3, digest d"
//!     n1 ─ n2     n8 ─ n9          n9 has another digest:    "here is what I have"
//!       \ /         \ /            n1: "here is what you lack; I lack 8"
//!        n3          n7            n9 tells its neighbours what is new, and n1 of 8
//! ```
//!
//! - Idea: what is new is told to the topology's neighbours, and with probability `leap`
//!   to a stranger, one outside of the neighbourhood: a few of those make a small world
//!   of any overlay. In each `interval` a node compares what it knows with a random
//!   member, in all but small clusters a stranger, and both tell what the other lacks:
//!   so an overlay that fell apart, or lost messages, is repaired.
//! - Source: Watts, Strogatz, "Collective dynamics of small-world networks", Nature 393
//!   (1998); the exchange is the anti-entropy of Demers et al., CSL-89-1, section 1.3.
//! - Parameters: `leap` (10%); `interval` (200ms), or never.
//! - Cost: a flood and `leap` messages per node and rumor; one small message per node
//!   and interval, for ever, as long as all know the same; otherwise up to 3 more, one of
//!   them 8 bytes for each rumor known, so it is for sets of thousands, not of millions.
//! - Survives loss, cuts, an overlay in parts, and kills: what is delivered is stored
//!   before it is acknowledged or passed on.

use std::convert::Infallible;
use std::time::Duration;

use rand::RngExt as _;

use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};

/// The strategy that talks to strangers. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strangers {
    /// The sum of the keys of all that is known.
    digest: u64,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    leap: f64,
    interval: Option<Duration>,
}

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// This is new, or you lack it; and I lack those.
    News {
        /// What is told.
        rumors: Vec<Rumor>,
        /// Keys.
        wanted: Vec<u64>,
    },
    /// This is the digest of what I know.
    Greet(u64),
    /// Mine is another: these are the keys of what I know.
    Have(Vec<u64>),
}

impl Wire for Say {
    fn write(&self, out: &mut Writer) {
        match self {
            Say::News { rumors, wanted } => {
                out.kind("news");
                out.rumors("messages", rumors);
                out.keys("wanted", wanted);
            }
            Say::Greet(digest) => {
                out.kind("greet");
                out.keys("digest", &[*digest]);
            }
            Say::Have(keys) => {
                out.kind("have");
                out.keys("keys", keys);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "news" => Some(Say::News {
                rumors: body.rumors("messages")?,
                wanted: body.keys("wanted")?,
            }),
            "greet" => body.keys("digest")?.first().copied().map(Say::Greet),
            "have" => body.keys("keys").map(Say::Have),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        match self {
            Say::News { rumors, .. } => rumors.len(),
            Say::Greet(_) | Say::Have(_) => 0,
        }
    }
}

impl Strategy for Strangers {
    const ABOUT: About = About {
        name: "strangers",
        family: "lifetime",
        summary: "floods, leaps to strangers, and compares notes with them; stores what is new",
        parameters: &[
            Parameter {
                name: "leap",
                kind: Kind::Share,
                default: "10%",
                summary: "the probability with which a stranger too is told what is new",
            },
            Parameter {
                name: "interval",
                kind: Kind::Period,
                default: "200ms",
                summary: "how often a node compares what it knows with a random member",
            },
        ],
        promises: Promises::ALL,
    };

    const STORES: bool = true;

    type Config = Config;
    type Message = Say;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            leap: settings.share("leap"),
            interval: settings.period("interval"),
        })
    }

    fn new(_config: &Config) -> Strangers {
        Strangers::default()
    }

    fn start(&mut self, cx: &mut Context<Self>) {
        let keys = cx.known().map(|rumor| cx.key(rumor));
        self.digest = keys.fold(0, u64::wrapping_add);
        self.tick(cx);
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.digest = self.digest.wrapping_add(cx.key(rumor));
        Strangers::spread(vec![rumor], None, cx);
    }

    fn on_receive(&mut self, from: Peer, say: &Say, cx: &mut Context<Self>) {
        match say {
            Say::News { rumors, wanted } => {
                let mut new = Vec::new();
                for &rumor in rumors {
                    if cx.deliver(rumor) {
                        self.digest = self.digest.wrapping_add(cx.key(rumor));
                        new.push(rumor);
                    }
                }
                Strangers::spread(new, Some(from), cx);
                let wanted = wanted.iter().filter_map(|&key| cx.find(key));
                let rumors: Vec<Rumor> = wanted.filter(|&rumor| cx.has(rumor)).collect();
                Strangers::news(from, rumors, Vec::new(), cx);
            }
            Say::Greet(digest) if *digest == self.digest => {}
            Say::Greet(_) => {
                let keys = cx.known().map(|rumor| cx.key(rumor)).collect();
                cx.send(from, Say::Have(keys));
            }
            Say::Have(theirs) => {
                let mut theirs = theirs.clone();
                theirs.sort_unstable();
                let lacks = |rumor: &Rumor| theirs.binary_search(&cx.key(*rumor)).is_err();
                let rumors: Vec<Rumor> = cx.known().filter(lacks).collect();
                let known = |key: u64| cx.find(key).is_some_and(|rumor| cx.has(rumor));
                let wanted = theirs.iter().copied().filter(|&key| !known(key)).collect();
                Strangers::news(from, rumors, wanted, cx);
            }
        }
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        if let Some(peer) = cx.pick(cx.others()) {
            cx.send(peer, Say::Greet(self.digest));
        }
        self.tick(cx);
    }
}

impl Strangers {
    fn tick(self, cx: &mut Context<Self>) {
        if let Some(interval) = cx.config().interval {
            cx.set_cycle_timer(interval, Tag::default());
        }
    }

    /// Tells the neighbours, and perhaps a stranger, what is new.
    fn spread(rumors: Vec<Rumor>, from: Option<Peer>, cx: &mut Context<Self>) {
        if rumors.is_empty() {
            return;
        }
        let leap = cx.config().leap;
        let stranger = if cx.rng().random_bool(leap) {
            stranger(cx)
        } else {
            None
        };
        let dests = cx.neighbours().iter().chain(stranger);
        let wanted = Vec::new();
        cx.send_to(
            dests.filter(|&peer| Some(peer) != from),
            Say::News { rumors, wanted },
        );
    }

    fn news(to: Peer, rumors: Vec<Rumor>, wanted: Vec<u64>, cx: &mut Context<Self>) {
        if !rumors.is_empty() || !wanted.is_empty() {
            cx.send(to, Say::News { rumors, wanted });
        }
    }
}

/// One outside of the neighbourhood, drawn at random; none if there is none, or if the
/// neighbourhood is nearly everybody and luck is bad.
fn stranger(cx: &mut Context<Strangers>) -> Option<Peer> {
    let neighbours = cx.neighbours();
    if neighbours.len() + 1 >= cx.size() {
        return None;
    }
    (0..32)
        .filter_map(|_| cx.pick(cx.others()))
        .find(|&peer| !neighbours.contains(peer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::rng::Seed;
    use crate::strategy::Names as _;
    use crate::strategy::crowd::{Crowd, LATENCY, Mean};
    use crate::strategy::probe::Probe;
    use crate::testing::{Cluster, line};

    fn news(rumors: &[u32], wanted: &[u64]) -> Say {
        Say::News {
            rumors: rumors.iter().copied().map(Rumor).collect(),
            wanted: wanted.to_vec(),
        }
    }

    #[test]
    fn who_knows_the_same_is_left_in_peace_and_others_are_told_what_they_lack() {
        let mut probe = Probe::<Strangers>::new("strangers:leap=0", 9);
        probe.neighbours = vec![Peer(2)];
        probe.broadcast(1);
        probe.broadcast(2);
        let [one, two, three] = [1, 2, 3].map(|rumor| probe.names.key(Rumor(rumor)));
        let same = one.wrapping_add(two);
        assert_eq!(probe.wait()[0].1, format!("Greet({same})"));
        assert_eq!(probe.receive(4, Say::Greet(same)), []);
        let to = |peer: u32, say: Say| (vec![peer], format!("{say:?}"));
        let have = to(4, Say::Have(vec![one, two]));
        assert_eq!(probe.receive(4, Say::Greet(7)), [have]);
        let answer = probe.receive(4, Say::Have(vec![three, two]));
        assert_eq!(answer, [to(4, news(&[1], &[three]))]);
        let answer = probe.receive(4, news(&[3], &[two]));
        assert_eq!(answer, [to(2, news(&[3], &[])), to(4, news(&[2], &[]))]);
        let all = same.wrapping_add(three);
        assert_eq!(probe.wait()[0].1, format!("Greet({all})"));
    }

    #[test]
    fn a_leap_goes_to_one_outside_of_the_neighbourhood() {
        let mut probe = Probe::<Strangers>::new("strangers:leap=100%", 5);
        probe.neighbours = vec![Peer(2), Peer(4)];
        for rumor in 0..50 {
            let dests = &probe.broadcast(rumor)[0].0;
            assert_eq!(dests[..2], [2, 4]);
            assert!(matches!(dests[2..], [1 | 3]), "{dests:?}");
        }
        probe.neighbours.clear();
        assert_eq!(probe.broadcast(99)[0].0, [1, 2, 3, 4], "no strangers");
    }

    fn ring(size: u32) -> Vec<Vec<Peer>> {
        let near = |id: u32| vec![Peer((id + size - 1) % size), Peer((id + 1) % size)];
        (0..size).map(near).collect()
    }

    #[test]
    fn a_few_leaps_make_a_small_world_of_a_ring() {
        let hops = |leap: &str| {
            let spec = format!("strangers:interval=never,leap={leap}");
            let hops: Vec<f64> = (0..50)
                .map(|seed| {
                    let mut crowd = Crowd::<Strangers>::on(&spec, 400, ring(400), Seed(seed));
                    crowd.broadcast(0, 0);
                    crowd.run_for(Duration::from_secs(2));
                    assert_eq!(crowd.reached(0), 400);
                    let last = crowd.deliveries.last().unwrap().0;
                    (last.nanos() / LATENCY.as_nanos() as u64) as f64
                })
                .collect();
            Mean::of(&hops).mean
        };
        let (without, with) = (hops("0"), hops("10%"));
        println!("hops around a ring of 400: {without}, with leaps {with}");
        assert!((without - 200.0).abs() < 1e-9);
        assert!(with < 50.0);
    }

    #[test]
    fn an_overlay_in_two_parts_is_bridged_by_strangers_only() {
        for (spec, reached) in [("strangers", 60), ("strangers:interval=never,leap=0", 30)] {
            let mut parts = ring(30);
            let there = ring(30);
            let there = there
                .iter()
                .map(|near| near.iter().map(|id| Peer(id.0 + 30)));
            parts.extend(there.map(Iterator::collect));
            let mut crowd = Crowd::<Strangers>::on(spec, 60, parts, Seed(5));
            crowd.loss = if reached == 60 { 0.3 } else { 0.0 };
            for rumor in 0..20 {
                crowd.broadcast(rumor, rumor);
            }
            crowd.run_for(Duration::from_secs(4));
            for rumor in 0..20 {
                assert_eq!(crowd.reached(rumor), reached, "{spec}");
            }
        }
    }

    #[test]
    fn loss_a_cut_and_kills_are_survived_and_a_lost_store_is_not() {
        let make = || registry::build("strangers").expect("a spec");
        let mut cluster = Cluster::new(7, 6, make);
        cluster.topology(&line(6));
        cluster.cut(true);
        for value in 0..20 {
            let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
            cluster.request(value % 6, &body);
        }
        cluster.request(0, r#"{"type":"broadcast","message":99}"#);
        cluster.run_for(500);
        for node in 1..6 {
            cluster.restart(node, false);
        }
        cluster.restart(0, true);
        cluster.cut(false);
        cluster.loss(0.3);
        cluster.run_for(3000);
        for node in 0..6 {
            let kept: Vec<i64> = (0..20).filter(|value| value % 6 != 0).collect();
            assert_eq!(cluster.read(node, "messages"), kept, "n{node}");
        }
    }
}
