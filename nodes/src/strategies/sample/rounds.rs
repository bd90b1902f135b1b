//! A sample per round: what is new is told once, in a batch.
//!
//! ```text
//!   ──┬── round 6 ──────────┬── round 7 ─────┬── round 8 ──
//!     │   hears 3, 8        │ draws n4, n9:  │ nothing new:
//!     │                     ▼ [3, 8] to both ▼ silent, no timer
//! ```
//!
//! - Idea: a node collects what it hears. At the end of a round it draws `fanout` peers,
//!   once for all of it, and tells each what is new since the last round, or a random
//!   subset of that.
//! - Source: the rounds of Birman, Hayden, Ozkasap, Xiao, Budiu, Minsky, "Bimodal
//!   Multicast", ACM TOCS 17 (1999), without its repair; thresholds as for `sample`.
//! - Parameters: `fanout` (4) peers per round; `share` (0) if above 0, each with this
//!   probability instead; `subset` (1) the probability with which each of them is told
//!   each rumor; `interval` (100ms) a round's length; `among` (others) whom to draw from:
//!   all others, or the topology's `neighbours`.
//! - Cost: `fanout` messages per node and round in which it heard something new, however
//!   many rumors that is; a rumor takes about log n rounds.
//! - Survives what `sample` does, nothing for sure. A draw that is unlucky misses the same
//!   nodes for all rumors of its round: less messages, not less risk.

use std::convert::Infallible;
use std::time::Duration;

use rand::RngExt as _;

use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Tag, Wire, Writer};

/// The strategy of a sample per round. See the module.
#[derive(Debug, Default)]
pub struct SampleRounds {
    /// Heard since the last round; a timer is set while there is anything.
    news: Vec<Rumor>,
}

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    fanout: u32,
    /// Draws each with this probability instead, if above 0.
    share: f64,
    subset: f64,
    interval: Duration,
    neighbours: bool,
}

/// What nodes say: here is what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News(pub Vec<Rumor>);

impl Wire for News {
    fn write(&self, out: &mut Writer) {
        out.kind("news");
        out.rumors("messages", &self.0);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "news").then_some(())?;
        body.rumors("messages").map(News)
    }

    fn carried(&self) -> usize {
        self.0.len()
    }
}

impl Strategy for SampleRounds {
    const ABOUT: About = About {
        name: "sample-rounds",
        family: "sample",
        summary: "tells a random sample per round all that is new since the last one",
        parameters: &[
            Parameter {
                name: "fanout",
                kind: Kind::Count,
                default: "4",
                summary: "how many peers are told per round",
            },
            Parameter {
                name: "share",
                kind: Kind::Share,
                default: "0",
                summary: "if above 0, each peer is told with this probability instead",
            },
            Parameter {
                name: "subset",
                kind: Kind::Share,
                default: "1",
                summary: "the probability with which each of them is told each rumor",
            },
            Parameter {
                name: "interval",
                kind: Kind::Duration,
                default: "100ms",
                summary: "how long a round is",
            },
            Parameter {
                name: "among",
                kind: Kind::Choice(&["others", "neighbours"]),
                default: "others",
                summary: "whom to draw from: everybody else, or the topology's neighbours",
            },
        ],
        promises: Promises::CHANCE,
    };

    type Config = Config;
    type Message = News;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            fanout: u32::try_from(settings.number("fanout")).unwrap_or(u32::MAX),
            share: settings.share("share"),
            subset: settings.share("subset"),
            interval: settings.duration("interval"),
            neighbours: settings.choice("among") == "neighbours",
        })
    }

    fn new(_config: &Config) -> SampleRounds {
        SampleRounds::default()
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        self.note(rumor, cx);
    }

    fn on_receive(&mut self, _from: Peer, News(rumors): &News, cx: &mut Context<Self>) {
        for &rumor in rumors {
            if cx.deliver(rumor) {
                self.note(rumor, cx);
            }
        }
    }

    fn on_timer(&mut self, _tag: Tag, cx: &mut Context<Self>) {
        let news = std::mem::take(&mut self.news);
        let config = *cx.config();
        let among = if config.neighbours {
            cx.neighbours()
        } else {
            cx.others()
        };
        if config.subset < 1.0 {
            let peers = if config.share > 0.0 {
                let drawn = among.iter();
                drawn
                    .filter(|_| cx.rng().random_bool(config.share))
                    .collect()
            } else {
                cx.pick_some(among, config.fanout)
            };
            for peer in peers {
                let told = news.iter().copied();
                let told: Vec<Rumor> = told
                    .filter(|_| cx.rng().random_bool(config.subset))
                    .collect();
                if !told.is_empty() {
                    cx.send(peer, News(told));
                }
            }
        } else if config.share > 0.0 {
            cx.tell_each(among, config.share, None, News(news));
        } else {
            cx.tell_some(among, config.fanout, None, News(news));
        }
    }
}

impl SampleRounds {
    fn note(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        if self.news.is_empty() {
            cx.set_cycle_timer(cx.config().interval, Tag::default());
        }
        self.news.push(rumor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::strategy::crowd::{Crowd, Mean};
    use crate::strategy::probe::Probe;

    #[test]
    fn a_sample_is_drawn_per_round_and_told_all_that_is_new_since_the_last() {
        let mut probe = Probe::<SampleRounds>::new("sample-rounds:fanout=3", 25);
        assert_eq!(probe.broadcast(1), []);
        assert_eq!(probe.receive(4, News(vec![Rumor(1), Rumor(2)])), []);
        assert_eq!(probe.timers.len(), 1);
        let sent = probe.wait();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0.len(), 3);
        assert_eq!(sent[0].1, "News([Rumor(1), Rumor(2)])");
        assert!(probe.timers.is_empty(), "silent when idle");
        probe.broadcast(3);
        assert_eq!(probe.wait()[0].1, "News([Rumor(3)])");
    }

    #[test]
    fn each_peer_is_told_a_subset_of_its_own() {
        let spec = "sample-rounds:fanout=24,subset=.3";
        let mut probe = Probe::<SampleRounds>::new(spec, 25);
        for rumor in 0..200 {
            probe.broadcast(rumor);
        }
        let sent = probe.wait();
        assert_eq!(sent.len(), 24);
        let told: usize = sent.iter().map(|(_, news)| news.matches('R').count()).sum();
        let (expected, deviation) = (24.0 * 200.0 * 0.3, f64::sqrt(24.0 * 200.0 * 0.21));
        assert!((told as f64 - expected).abs() < 4.0 * deviation, "{told}");
        assert!(sent.windows(2).all(|pair| pair[0].1 != pair[1].1));
    }

    #[test]
    fn everybody_of_25_is_reached_as_often_as_by_a_sample_per_rumor() {
        for (spec, target) in [
            ("sample-rounds:fanout=7", 0.994),
            // Of all neighbours, each is told each rumor with this probability.
            ("sample-rounds:fanout=24,subset=.278", 0.99),
            ("sample-rounds:share=.278", 0.99),
        ] {
            let reached: Vec<f64> = (0..2000)
                .map(|seed| {
                    let mut crowd = Crowd::<SampleRounds>::new(spec, 25, Seed(seed));
                    crowd.broadcast(0, 0);
                    crowd.run_for(Duration::from_secs(10));
                    assert!(crowd.is_idle());
                    f64::from(crowd.reached(0) == 25)
                })
                .collect();
            let mean = Mean::of(&reached);
            println!("{spec} {mean:?}");
            mean.assert_near(target, 0.01, spec);
        }
    }
}
