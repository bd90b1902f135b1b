//! Sampling messages: a coin decides whether a node forwards what it hears.
//!
//! - Idea: on first hearing a rumor a node tells all neighbours except its sender, with
//!   probability `share`; otherwise nobody. Within `sure` hops of its origin everybody
//!   forwards, so that it does not die at once.
//! - Source: Haas, Halpern, Li, "Gossip-Based Ad Hoc Routing", IEEE/ACM ToN 14 (2006),
//!   cs/0209011: GOSSIP1(p, k).
//! - Parameters: `share` (.7) p; `sure` (1) k, the origin being hop 0: 1 means that it
//!   forwards for certain.
//! - Cost: `share` of what `flood` costs. A rumor reaches almost everybody or almost
//!   nobody; in most networks a share of .6 to .8 suffices for the former. The number
//!   of hops travels with it while that is below `sure`.
//! - Survives delay; nothing else, and promises nothing: a node whose neighbours all keep
//!   silent misses the rumor, on a line any one of them.

use std::convert::Infallible;

use rand::RngExt as _;

use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Wire, Writer};

/// The strategy of forwarding by a coin. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gossip;

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    share: f64,
    sure: u32,
}

/// What nodes say: here is a rumor, so many hops from its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gossiped {
    /// The rumor.
    pub rumor: Rumor,
    /// 1 from its origin; counted no further than `sure`.
    pub hops: u32,
}

impl Wire for Gossiped {
    fn write(&self, out: &mut Writer) {
        out.kind("gossip");
        out.rumor("message", self.rumor);
        out.number("hops", self.hops.into());
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "gossip").then_some(())?;
        Some(Gossiped {
            rumor: body.rumor("message")?,
            hops: body.number("hops")?.try_into().ok()?,
        })
    }

    fn carried(&self) -> usize {
        1
    }
}

impl Strategy for Gossip {
    const ABOUT: About = About {
        name: "gossip",
        family: "sample",
        summary: "a coin decides whether a node tells its neighbours what is new",
        parameters: &[
            Parameter {
                name: "share",
                kind: Kind::Share,
                default: "70%",
                summary: "the probability that a node forwards a rumor",
            },
            Parameter {
                name: "sure",
                kind: Kind::Number,
                default: "1",
                summary: "within so many hops everybody forwards; 1: the origin does",
            },
        ],
        promises: Promises::CHANCE,
    };

    type Config = Config;
    type Message = Gossiped;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            share: settings.share("share"),
            sure: u32::try_from(settings.number("sure")).unwrap_or(u32::MAX),
        })
    }

    fn new(_config: &Config) -> Gossip {
        Gossip
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        Gossip::forward(rumor, 0, None, cx);
    }

    #[inline]
    fn on_receive(&mut self, from: Peer, said: &Gossiped, cx: &mut Context<Self>) {
        if cx.deliver(said.rumor) {
            Gossip::forward(said.rumor, said.hops, Some(from), cx);
        }
    }
}

impl Gossip {
    #[inline]
    fn forward(rumor: Rumor, hops: u32, from: Option<Peer>, cx: &mut Context<Self>) {
        let Config { share, sure } = *cx.config();
        if hops < sure || cx.rng().random_bool(share) {
            let hops = (hops + 1).min(sure);
            cx.tell(cx.neighbours(), from, Gossiped { rumor, hops });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::strategy::crowd::{Crowd, Mean};
    use crate::strategy::probe::Probe;
    use std::time::Duration;

    #[test]
    fn near_its_origin_everybody_forwards_and_further_out_a_share() {
        let mut probe = Probe::<Gossip>::new("gossip:share=40%,sure=2", 9);
        probe.neighbours = vec![Peer(2), Peer(3)];
        let told = |to: &[u32], rumor: u32, hops: u32| {
            let said = format!("Gossiped {{ rumor: Rumor({rumor}), hops: {hops} }}");
            vec![(to.to_vec(), said)]
        };
        let said = |rumor: u32, hops: u32| Gossiped {
            rumor: Rumor(rumor),
            hops,
        };
        let mut forwarded = 0;
        for rumor in (0..3000).step_by(3) {
            assert_eq!(probe.broadcast(rumor), told(&[2, 3], rumor, 1));
            let near = rumor + 1;
            assert_eq!(probe.receive(2, said(near, 1)), told(&[3], near, 2));
            assert_eq!(probe.receive(3, said(near, 1)), []);
            let far = rumor + 2;
            let sent = probe.receive(3, said(far, 2));
            forwarded += sent.len();
            assert!(sent.is_empty() || sent == told(&[2], far, 2));
        }
        let deviation = f64::sqrt(1000.0 * 0.24);
        assert!((forwarded as f64 - 400.0).abs() < 4.0 * deviation);
    }

    #[test]
    fn on_a_line_everybody_is_reached_if_all_coins_say_so() {
        let line = |id: u32| [id.checked_sub(1), (id < 9).then_some(id + 1)];
        let line = (0..10).map(|id| line(id).into_iter().flatten().map(Peer).collect());
        let line: Vec<Vec<Peer>> = line.collect();
        let reached: Vec<f64> = (0..4000)
            .map(|seed| {
                let mut crowd =
                    Crowd::<Gossip>::on("gossip:share=.9", 10, line.clone(), Seed(seed));
                crowd.broadcast(0, 0);
                crowd.run_for(Duration::from_secs(1));
                f64::from(crowd.reached(0) == 10)
            })
            .collect();
        // The origin is sure and the last one need not forward.
        Mean::of(&reached).assert_near(0.9f64.powi(8), 0.0, "a line of 10");
    }
}
