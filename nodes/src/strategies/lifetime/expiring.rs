//! Messages with a relevancy time: told again and again until they expire.
//!
//! ```text
//!   n1 ── born ────┬────────┬── dies here, told no more        lifetime 1s
//!                  │ age 0  │ age .4s
//!   n2  ── cut off ✗ ───────▼── learns, .6s left ──────┬ dies
//!                                                      │ age 1s
//!   n3  ── cut off ────────────────────────────────────▼ too late: ignored
//! ```
//!
//! - Idea: what is new is told to all neighbours at once; then, in each interval, a few
//!   neighbours drawn at random are told everything that has not expired. After `lifetime`
//!   since its birth nobody speaks of it any more, and who hears of it then ignores it.
//!   Clocks are not synchronised: the age travels with the message. A node adds the time
//!   it held it, by its own clock, and `transit` for the way; of different ages told it
//!   believes the greatest.
//! - Source: the relevancy time of opportunistic networks, and for age instead of a
//!   timestamp RFC 9171 (Bundle Protocol 7), section 4.4.2 "Bundle Age".
//! - Parameters: `lifetime` (1s), or never; `interval` (100ms); `fanout` (1) how many
//!   neighbours are told per interval; `transit` (1ms) how long a message is assumed to
//!   travel; `shown` (forever) whether clients see what has expired, or for its lifetime
//!   only.
//! - Cost: a flood, and `fanout`·`lifetime`/`interval` messages per node while anything
//!   is alive, shared by all that is. Silent otherwise.
//! - Survives single losses and cuts shorter than the lifetime: one that lasts longer it
//!   does not, by design, nor kills, as nothing is stored.

use std::convert::Infallible;
use std::time::Duration;

use crate::node::Time;
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};

/// The strategy of messages that expire. See the module.
#[derive(Debug, Default)]
pub struct Expiring {
    alive: Vec<Alive>,
    /// The timer of the next interval is set.
    ticking: bool,
}

#[derive(Clone, Copy, Debug)]
struct Alive {
    rumor: Rumor,
    /// When it expires, by this node's clock.
    dies: Time,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    lifetime: Option<Duration>,
    interval: Duration,
    fanout: u32,
    transit: Duration,
    /// Clients see what has expired.
    forever: bool,
}

/// What nodes say: this is alive, and so old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aging {
    /// The rumors.
    pub rumors: Vec<Rumor>,
    /// How old each is when this is sent, in microseconds.
    pub ages: Vec<u64>,
}

impl Wire for Aging {
    fn write(&self, out: &mut Writer) {
        out.kind("aging");
        out.rumors("messages", &self.rumors);
        out.numbers("ages", &self.ages);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "aging").then_some(())?;
        let (rumors, ages) = (body.rumors("messages")?, body.numbers("ages")?);
        (rumors.len() == ages.len()).then_some(Aging { rumors, ages })
    }

    fn carried(&self) -> usize {
        self.rumors.len()
    }
}

impl Strategy for Expiring {
    const ABOUT: About = About {
        name: "expiring",
        family: "lifetime",
        summary: "floods, and tells neighbours again until messages are past their lifetime",
        parameters: &[
            Parameter {
                name: "lifetime",
                kind: Kind::Period,
                default: "1s",
                summary: "how long a message matters, from its birth on",
            },
            Parameter {
                name: "interval",
                kind: Kind::Duration,
                default: "100ms",
                summary: "how often neighbours are told what is alive",
            },
            Parameter {
                name: "fanout",
                kind: Kind::Count,
                default: "1",
                summary: "how many of them",
            },
            Parameter {
                name: "transit",
                kind: Kind::Duration,
                default: "1ms",
                summary: "how much older a message is assumed to be when it arrives",
            },
            Parameter {
                name: "shown",
                kind: Kind::Choice(&["forever", "lifetime"]),
                default: "forever",
                summary: "whether clients see what has expired",
            },
        ],
        promises: Promises::CALM,
    };

    type Config = Config;
    type Message = Aging;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let lifetime = settings.period("lifetime");
        let transit = settings.duration("transit");
        if lifetime.is_some_and(|lifetime| lifetime <= transit) {
            return Err(
                "nothing outlives its first hop: set `lifetime` above `transit`".to_owned(),
            );
        }
        Ok(Config {
            lifetime,
            interval: settings.duration("interval"),
            fanout: u32::try_from(settings.number("fanout")).unwrap_or(u32::MAX),
            transit,
            forever: settings.choice("shown") == "forever",
        })
    }

    fn new(_config: &Config) -> Expiring {
        Expiring::default()
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        let config = cx.config();
        let dies = config
            .lifetime
            .map_or(Time::MAX, |lifetime| cx.now() + lifetime);
        self.flood(vec![Alive { rumor, dies }], None, cx);
    }

    fn on_receive(&mut self, from: Peer, said: &Aging, cx: &mut Context<Self>) {
        let mut news = Vec::new();
        for (&rumor, &age) in said.rumors.iter().zip(&said.ages) {
            let Some(dies) = dies(age, cx) else {
                continue;
            };
            if cx.deliver(rumor) {
                news.push(Alive { rumor, dies });
            } else if let Some(alive) = self.alive.iter_mut().find(|it| it.rumor == rumor) {
                alive.dies = alive.dies.min(dies);
            }
        }
        self.flood(news, Some(from), cx);
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        self.ticking = false;
        let now = cx.now();
        let forever = cx.config().forever;
        self.alive.retain(|alive| {
            if alive.dies <= now && !forever {
                cx.withdraw(alive.rumor);
            }
            alive.dies > now
        });
        if !self.alive.is_empty() {
            let said = aging(&self.alive, cx);
            cx.tell_some(cx.neighbours(), cx.config().fanout, None, said);
            self.tick(cx);
        }
    }
}

impl Expiring {
    /// These are alive from now on, and all neighbours but one are told.
    fn flood(&mut self, news: Vec<Alive>, except: Option<Peer>, cx: &mut Context<Self>) {
        if !news.is_empty() {
            let said = aging(&news, cx);
            cx.tell(cx.neighbours(), except, said);
            self.alive.extend(news);
            self.tick(cx);
        }
    }

    fn tick(&mut self, cx: &mut Context<Self>) {
        if !self.ticking {
            self.ticking = true;
            cx.set_cycle_timer(cx.config().interval, Tag::default());
        }
    }
}

/// When what was so many microseconds old as it was sent dies; none if it has.
fn dies(age: u64, cx: &Context<Expiring>) -> Option<Time> {
    let Some(lifetime) = cx.config().lifetime else {
        return Some(Time::MAX);
    };
    let age = Duration::from_micros(age).saturating_add(cx.config().transit);
    let left = lifetime.checked_sub(age)?;
    (left > Duration::ZERO).then(|| cx.now() + left)
}

/// What is to be said of these now.
fn aging(alive: &[Alive], cx: &Context<Expiring>) -> Aging {
    let age = |alive: &Alive| {
        let left = alive.dies - cx.now();
        let lifetime = cx.config().lifetime;
        let age = lifetime.map_or(Duration::ZERO, |lifetime| lifetime.saturating_sub(left));
        u64::try_from(age.as_micros()).unwrap_or(u64::MAX)
    };
    Aging {
        rumors: alive.iter().map(|alive| alive.rumor).collect(),
        ages: alive.iter().map(age).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::rng::Seed;
    use crate::strategy::crowd::Crowd;
    use crate::strategy::probe::Probe;
    use crate::testing::{Cluster, line};

    fn said(rumors: &[u32], ages: &[u64]) -> Aging {
        Aging {
            rumors: rumors.iter().copied().map(Rumor).collect(),
            ages: ages.to_vec(),
        }
    }

    #[test]
    fn age_travels_with_the_message_and_grows_while_it_is_held_and_on_its_way() {
        let mut probe = Probe::<Expiring>::new("expiring:lifetime=300ms,transit=5ms", 9);
        probe.neighbours = vec![Peer(2), Peer(3)];
        let told = |to: &[u32], aging: Aging| vec![(to.to_vec(), format!("{aging:?}"))];
        let heard = probe.receive(2, said(&[7], &[80_000]));
        assert_eq!(heard, told(&[3], said(&[7], &[85_000])));
        probe.now = probe.now + Duration::from_millis(50);
        assert_eq!(probe.broadcast(8), told(&[2, 3], said(&[8], &[0])));
        let first = probe.wait();
        assert_eq!(first[0].0.len(), 1, "one neighbour of two");
        let both = format!("{:?}", said(&[7, 8], &[185_000, 50_000]));
        assert_eq!(first[0].1, both);
        // Somebody knows better how old it is; what has expired is ignored.
        probe.receive(3, said(&[8, 9], &[150_000, 295_000]));
        assert_eq!(probe.known(), [7, 8]);
        let second = probe.wait();
        assert_eq!(
            second[0].1,
            format!("{:?}", said(&[7, 8], &[285_000, 255_000]))
        );
        assert_eq!(probe.wait(), []);
        assert!(probe.timers.is_empty(), "silent when nothing is alive");
    }

    #[test]
    fn a_cut_shorter_than_the_lifetime_is_survived_and_a_longer_one_not() {
        for (cut, reached) in [(1500, true), (4500, false)] {
            let make = || registry::build("expiring:lifetime=3s").expect("a spec");
            let mut cluster = Cluster::new(7, 5, make);
            cluster.topology(&line(5));
            cluster.cut(true);
            cluster.request(0, r#"{"type":"broadcast","message":7}"#);
            cluster.run_for(cut);
            cluster.cut(false);
            cluster.run_for(10_000);
            assert_eq!(!cluster.read(4, "messages").is_empty(), reached, "{cut} ms");
            assert_eq!(cluster.read(0, "messages"), [7]);
            assert!(cluster.is_idle());
        }
    }

    #[test]
    fn clients_see_what_has_expired_only_if_so_asked() {
        let make = || registry::build("expiring:shown=lifetime").expect("a spec");
        let mut cluster = Cluster::new(7, 5, make);
        for value in [1, 2] {
            cluster.request(0, &format!(r#"{{"type":"broadcast","message":{value}}}"#));
            cluster.run_for(600);
        }
        assert_eq!(cluster.read(3, "messages"), [2]);
        cluster.run_for(600);
        assert_eq!(cluster.read(3, "messages"), [0i64; 0]);
        // It is not news again, though.
        cluster.request(3, r#"{"type":"broadcast","message":1}"#);
        assert_eq!(cluster.read(3, "messages"), [0i64; 0]);
    }

    #[test]
    fn losses_are_made_up_for_during_the_lifetime() {
        let mut crowd = Crowd::<Expiring>::new("expiring:lifetime=5s", 30, Seed(2));
        crowd.loss = 0.8;
        for rumor in 0..10 {
            crowd.broadcast(rumor, rumor);
            crowd.run_for(Duration::from_millis(70));
        }
        crowd.run_for(Duration::from_secs(10));
        assert!((0..10).all(|rumor| crowd.reached(rumor) == 30));
        assert!(crowd.is_idle());
    }
}
