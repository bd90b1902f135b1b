//! A hub: all tell the first node, which tells all in batches.
//!
//! ```text
//!   n7   ──┐ up: at once          down: 180 ms after the first        ┌──► n1
//!   n12  ──┴────► n0  · · · · wait, collect · · · · · · · · ► n0 ─────┼──► n2 …
//! ```
//!
//! - Idea: a star. A node hands what a client told it to the hub, the first member; the
//!   hub waits `down` after the first rumor that it has not passed on, then tells everybody
//!   all that came in meanwhile. Who is idle is silent.
//! - Source: folklore ("star topology with batching", the answers to Fly.io's Gossip
//!   Glomers 3e); the arithmetic below and the phase lock are our own.
//! - Parameters: `down` (180ms) how long the hub collects; `up` (at-once) whether a node
//!   tells the hub at once, or `timed`: so that its batch arrives just before the hub's.
//! - Cost, at b broadcasts a second on n nodes: b(n−1)/n messages a second up and
//!   (n−1)/(down + 1/b) down; news is everywhere after two hops and a wait between
//!   nothing and `down`. A wait of nodes before they tell the hub, at random, would cost as
//!   much time and save less than the same wait of the hub. `timed` waits cost no
//!   time: the rumor would have waited in the hub. Then both collect for a whole period
//!   and it is (n−1)(1 − e^(−b·down/n))/down up, (n−1)/down down.
//! - On the usual scoreboard (25 nodes, 100 ms constant latency, 100 operations a second, half
//!   reads, 20 s; means of 20 seeds) messages per operation, median and maximum in ms:
//!   `down=180ms` 1.68, 274, 380; `down=250ms` 1.37, 309, 450; `down=200ms,up=timed` 1.59, 281,
//!   403; `down=370ms,up=timed` 1.00, 362, 571.
//! - Survives delay and reordering. Does not survive loss, cuts or kills: nothing is
//!   repeated, nothing is stored and nobody takes the hub's place. See
//!   [`hub_acked`](super::hub_acked) for that.
//!
//! How a node learns when to tell (`up=timed`): the hub flushes at multiples of `down` on
//! its own clock. A node says when it sent its batch, by its own clock; the hub's next
//! batch tells when that would have been just in time. Nobody knows the latency or the
//! other's clock, and nothing is sent for it:
//!
//! ```text
//!   node  ─┬ sent at 1000 ────────────────────────── told: 1120 ─► next at 1120 + k·down − 5 ms
//!           ╲                                     ╱
//!   hub  ────┴ arrives, waits 120 ms · · · ┬ flush
//! ```
//!
//! With a latency that varies by more than `down` a node's guess is worth nothing and its
//! rumors wait twice: `timed` is for networks that are steady.

use std::convert::Infallible;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};

/// The hub.
const HUB: Peer = Peer(0);
/// How long before the hub's flush a timed batch should arrive, in microseconds.
const MARGIN: u64 = 5_000;

/// The hub strategy. See the module.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    /// Not passed on yet; a timer is set if there are any.
    waiting: Vec<Rumor>,
    /// In the hub: who told since the last flush; timed only.
    heard: Vec<Heard>,
    /// In another node: when to tell, modulo `down`, in microseconds.
    phase: Option<u64>,
}

/// When a node sent its batch and when that arrived, each by the clock of its side.
#[derive(Clone, Copy, Debug)]
struct Heard {
    from: Peer,
    sent: u64,
    arrived: u64,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    down: Duration,
    timed: bool,
}

/// What nodes say. Times are microseconds of the node's clock that is no hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// To the hub: these are new, sent at this time if timed.
    Up(Vec<Rumor>, Option<u64>),
    /// From the hub: these are new. If timed, who told and when would have been in time.
    Down(Vec<Rumor>, Vec<(Peer, u64)>),
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::Up(rumors, None) => {
                out.kind("up");
                out.rumors("rumors", rumors);
            }
            Said::Up(rumors, Some(sent)) => {
                out.kind("up-timed");
                out.rumors("rumors", rumors);
                out.number("sent", *sent);
            }
            Said::Down(rumors, told) if told.is_empty() => {
                out.kind("down");
                out.rumors("rumors", rumors);
            }
            Said::Down(rumors, told) => {
                let (from, times): (Vec<_>, Vec<_>) = told.iter().copied().unzip();
                out.kind("down-timed");
                out.rumors("rumors", rumors);
                out.peers("from", &from);
                out.numbers("times", &times);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "up" => Said::Up(body.rumors("rumors")?, None),
            "up-timed" => Said::Up(body.rumors("rumors")?, Some(body.number("sent")?)),
            "down" => Said::Down(body.rumors("rumors")?, Vec::new()),
            "down-timed" => {
                let (rumors, from) = (body.rumors("rumors")?, body.peers("from")?);
                let told = from.into_iter().zip(body.numbers("times")?);
                Said::Down(rumors, told.collect())
            }
            _ => return None,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::Up(rumors, _) | Said::Down(rumors, _) => rumors.len(),
        }
    }
}

impl Hub {
    /// These wait until they are passed on: sets the timer for it, unless others wait already.
    fn wait(&mut self, rumors: impl IntoIterator<Item = Rumor>, cx: &mut Context<Self>) {
        let idle = self.waiting.is_empty();
        self.waiting.extend(rumors);
        if !idle || self.waiting.is_empty() {
            return;
        }
        let Config { down, timed } = *cx.config();
        if cx.id() == HUB {
            let phase = timed.then_some(0);
            cx.set_timer(phase.map_or(down, |phase| until(phase, cx)), Tag(0));
        } else if let Some(phase) = self.phase {
            cx.set_timer(until(phase, cx), Tag(0));
        } else {
            self.pass_on(cx);
        }
    }

    /// Passes on what waits.
    fn pass_on(&mut self, cx: &mut Context<Self>) {
        let rumors = std::mem::take(&mut self.waiting);
        let now = micros(cx.now());
        if cx.id() == HUB {
            let told = self.heard.drain(..).map(|heard| {
                let waited = now.saturating_sub(heard.arrived);
                (heard.from, heard.sent.saturating_add(waited))
            });
            let told = told.collect();
            cx.tell(cx.others(), None, Said::Down(rumors, told));
        } else {
            cx.send(HUB, Said::Up(rumors, cx.config().timed.then_some(now)));
        }
    }
}

/// From now until the clock shows `phase` modulo the hub's period.
fn until(phase: u64, cx: &Context<Hub>) -> Duration {
    let period = (cx.config().down.as_micros() as u64).max(1);
    let past = (micros(cx.now()) + period - phase % period) % period;
    Duration::from_micros(period - past)
}

fn micros(time: Time) -> u64 {
    time.since(Time::ZERO).as_micros() as u64
}

impl Strategy for Hub {
    const ABOUT: About = About {
        name: "hub",
        family: "tree",
        summary: "tells the first node, which tells all in batches; keeps it in memory only",
        parameters: &[
            Parameter {
                name: "down",
                kind: Kind::Duration,
                default: "180ms",
                summary: "how long the hub collects before it tells all",
            },
            Parameter {
                name: "up",
                kind: Kind::Choice(&["at-once", "timed"]),
                default: "at-once",
                summary: "when the hub is told: at once, or just before it tells all",
            },
        ],
        promises: Promises::CALM,
    };

    type Config = Config;
    type Message = Said;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            down: settings.duration("down"),
            timed: settings.choice("up") == "timed",
        })
    }

    fn new(_config: &Config) -> Hub {
        Hub::default()
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.wait([rumor], cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        match message {
            Said::Up(rumors, sent) => {
                if let Some(sent) = *sent {
                    let arrived = micros(cx.now());
                    self.heard.retain(|heard| heard.from != from);
                    self.heard.push(Heard {
                        from,
                        sent,
                        arrived,
                    });
                }
                let new = rumors.iter().copied().filter(|&rumor| cx.deliver(rumor));
                let new: Vec<Rumor> = new.collect();
                self.wait(new, cx);
            }
            Said::Down(rumors, told) => {
                for &rumor in rumors {
                    cx.deliver(rumor);
                }
                let period = (cx.config().down.as_micros() as u64).max(1);
                if let Some((_, time)) = told.iter().find(|(peer, _)| *peer == cx.id()) {
                    self.phase = Some((time % period + period - MARGIN % period) % period);
                }
            }
        }
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        self.pass_on(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::Spread;
    use crate::strategy::probe::Probe;
    use crate::testing::Cluster;

    fn up(rumors: &[u32], sent: Option<u64>) -> Said {
        Said::Up(rumors.iter().copied().map(Rumor).collect(), sent)
    }

    #[test]
    fn the_hub_tells_all_once_what_came_in_since_the_first() {
        let mut probe = Probe::<Hub>::new("hub:down=50ms", 4);
        assert_eq!(probe.receive(2, up(&[7], None)), []);
        assert_eq!(probe.receive(3, up(&[8, 7], None)), []);
        assert_eq!(probe.broadcast(5), []);
        let told = "Down([Rumor(7), Rumor(8), Rumor(5)], [])".to_owned();
        assert_eq!(probe.wait(), [(vec![1, 2, 3], told)]);
        assert_eq!(probe.now, Time::ZERO + Duration::from_millis(50));
        assert_eq!(probe.receive(2, up(&[7], None)), []);
        assert!(probe.timers.is_empty(), "nothing new, nothing to say");
    }

    #[test]
    fn others_tell_the_hub_at_once_and_pass_nothing_on() {
        let mut probe = Probe::<Hub>::new("hub", 4);
        probe.id = Peer(2);
        let told = |rumor: u32| vec![(vec![0], format!("Up([Rumor({rumor})], None)"))];
        assert_eq!(probe.broadcast(5), told(5));
        assert_eq!(probe.broadcast(6), told(6));
        assert_eq!(probe.receive(0, Said::Down(vec![Rumor(9)], Vec::new())), []);
        assert_eq!(probe.known(), [5, 6, 9]);
        assert!(probe.timers.is_empty());
    }

    #[test]
    fn a_timed_node_learns_to_tell_just_before_the_hub_does() {
        let mut hub = Probe::<Hub>::new("hub:down=200ms,up=timed", 3);
        let mut node = Probe::<Hub>::new("hub:down=200ms,up=timed", 3);
        node.id = Peer(1);
        // The node's clock is 1 s ahead, the latency 30 ms.
        node.now = Time::ZERO + Duration::from_millis(1050);
        let sent = node.broadcast(1);
        assert_eq!(
            sent,
            [(vec![0], "Up([Rumor(1)], Some(1050000))".to_owned())]
        );
        hub.now = Time::ZERO + Duration::from_millis(80);
        hub.receive(1, up(&[1], Some(1_050_000)));
        let told = "Down([Rumor(1)], [(Peer(1), 1170000)])".to_owned();
        assert_eq!(hub.wait(), [(vec![1, 2], told)]);
        assert_eq!(hub.now, Time::ZERO + Duration::from_millis(200));
        node.receive(0, Said::Down(vec![Rumor(1)], vec![(Peer(1), 1_170_000)]));

        node.now = Time::ZERO + Duration::from_millis(1230);
        assert_eq!(node.broadcast(2), []);
        assert_eq!(node.broadcast(3), []);
        assert_eq!(node.wait().len(), 1);
        // By the hub's clock it is sent at 365 ms, arrives at 395 and leaves at 400.
        assert_eq!(node.now, Time::ZERO + Duration::from_millis(1365));
    }

    fn cluster(spec: &'static str) -> Cluster {
        let mut cluster = Cluster::new(7, 6, move || crate::registry::build(spec).unwrap());
        cluster.topology(&crate::testing::line(6));
        cluster
    }

    fn broadcast(cluster: &mut Cluster, values: usize) {
        for value in 0..values {
            let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
            cluster.request(value % 6, &body);
            cluster.run_for(20);
        }
        cluster.run_for(2000);
    }

    #[test]
    fn everybody_hears_everything_and_then_nobody_says_anything() {
        for spec in ["hub", "hub:up=timed", "hub:down=3ms,up=timed"] {
            let mut cluster = cluster(spec);
            broadcast(&mut cluster, 60);
            let all: Vec<i64> = (0..60).collect();
            assert!((0..6).all(|node| cluster.read(node, "messages") == all));
            assert!(cluster.is_idle(), "{spec}");
        }
        let mut cluster = cluster("hub");
        broadcast(&mut cluster, 60);
        // 50 of 60 go up; in 1.2 s the hub tells 5 others every 180 ms or a bit more.
        assert_eq!(cluster.sent_between_nodes(), 50 + 7 * 5);
    }

    #[test]
    fn what_is_lost_stays_lost_and_a_killed_node_forgets() {
        let mut lossy = cluster("hub");
        lossy.loss(0.2);
        broadcast(&mut lossy, 60);
        lossy.run_for(60_000);
        assert!((0..6).any(|node| lossy.read(node, "messages").len() < 60));
        let mut cluster = Cluster::new(7, 2, || Box::new(Spread::<Hub>::new(config())));
        cluster.request(1, r#"{"type":"broadcast","message":1}"#);
        cluster.restart(1, false);
        assert!(cluster.read(1, "messages").is_empty());
    }

    fn config() -> Config {
        Config {
            down: Duration::from_millis(180),
            timed: false,
        }
    }
}
