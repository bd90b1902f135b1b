//! Infect and die: what is new is told once, to a random sample.
//!
//! - Idea: on first hearing a rumor a node tells `fanout` different peers drawn at
//!   random, or each peer with probability `share`, and never speaks of it again.
//! - Source: Kermarrec, Massoulié, Ganesh, "Probabilistic Reliable Dissemination in
//!   Large-Scale Systems", IEEE TPDS 14 (2003): everybody of n is reached with
//!   probability exp(−e^(−c)) if the fan-out is ln n + c.
//! - Parameters: `fanout` (4) how many; `share` (0) if above 0, tells each with this
//!   probability instead; `among` (others) whom to draw from: all others, or the
//!   topology's `neighbours`; `back` (yes) whether the one who told may be drawn.
//! - Cost: `fanout` messages per node reached; hops grow as log n.
//! - Survives single losses and dead peers with a probability, like everything else:
//!   nothing is repeated, so it promises nothing.

use std::convert::Infallible;

use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategies::flood::once::Told;
use crate::strategy::{About, Context, Peer, Rumor, Strategy};

/// The sampling strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample;

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    size: Size,
    /// Draw from the topology's neighbours only.
    neighbours: bool,
    /// The one who told may be drawn.
    back: bool,
}

#[derive(Clone, Copy, Debug)]
enum Size {
    Fixed(u32),
    Each(f64),
}

impl Sample {
    // Apart from the handler, which is then short enough to be part of the loop that calls it.
    #[inline(never)]
    fn tell(rumor: Rumor, from: Option<Peer>, cx: &mut Context<Self>) {
        let config = cx.config();
        let among = if config.neighbours {
            cx.neighbours()
        } else {
            cx.others()
        };
        let except = from.filter(|_| !config.back);
        match config.size {
            Size::Fixed(count) => cx.tell_some(among, count, except, Told(rumor)),
            Size::Each(probability) => cx.tell_each(among, probability, except, Told(rumor)),
        }
    }
}

impl Strategy for Sample {
    const ABOUT: About = About {
        name: "sample",
        family: "sample",
        summary: "tells a random sample once what is new",
        parameters: &[
            Parameter {
                name: "fanout",
                kind: Kind::Count,
                default: "4",
                summary: "how many peers are told",
            },
            Parameter {
                name: "share",
                kind: Kind::Share,
                default: "0",
                summary: "if above 0, each peer is told with this probability instead",
            },
            Parameter {
                name: "among",
                kind: Kind::Choice(&["others", "neighbours"]),
                default: "others",
                summary: "whom to draw from: everybody else, or the topology's neighbours",
            },
            Parameter {
                name: "back",
                kind: Kind::Choice(&["yes", "no"]),
                default: "yes",
                summary: "whether the one who told may be drawn",
            },
        ],
        promises: Promises::CHANCE,
    };

    type Config = Config;
    type Message = Told;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let share = settings.share("share");
        Ok(Config {
            size: if share > 0.0 {
                Size::Each(share)
            } else {
                Size::Fixed(u32::try_from(settings.number("fanout")).unwrap_or(u32::MAX))
            },
            neighbours: settings.choice("among") == "neighbours",
            back: settings.choice("back") == "yes",
        })
    }

    fn new(_config: &Config) -> Sample {
        Sample
    }

    #[inline]
    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        Sample::tell(rumor, None, cx);
    }

    #[inline]
    fn on_receive(&mut self, from: Peer, &Told(rumor): &Told, cx: &mut Context<Self>) {
        if cx.deliver(rumor) {
            Sample::tell(rumor, Some(from), cx);
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
    fn what_is_new_is_told_once_to_as_many_different_others_as_the_fanout_says() {
        let mut probe = Probe::<Sample>::new("sample:fanout=7", 25);
        for rumor in 0..100 {
            let sent = if rumor % 2 == 0 {
                probe.broadcast(rumor)
            } else {
                probe.receive(3, Told(Rumor(rumor)))
            };
            let [(dests, said)] = &sent[..] else {
                panic!("one message: {sent:?}")
            };
            assert_eq!(said, &format!("Told(Rumor({rumor}))"));
            let mut dests = dests.clone();
            dests.sort_unstable();
            dests.dedup();
            assert_eq!(dests.len(), 7);
            assert!(dests.iter().all(|&dest| dest > 0 && dest < 25));
            assert_eq!(probe.receive(5, Told(Rumor(rumor))), []);
        }
    }

    #[test]
    fn the_teller_is_not_told_if_so_asked_and_only_neighbours_are() {
        let spec = "sample:share=100%,among=neighbours,back=no";
        let mut probe = Probe::<Sample>::new(spec, 25);
        probe.neighbours = vec![Peer(4), Peer(8), Peer(2)];
        let sent = probe.receive(8, Told(Rumor(1)));
        assert_eq!(sent, [(vec![4, 2], "Told(Rumor(1))".to_owned())]);
    }

    /// The share of broadcasts from node 0 that reach everybody.
    fn all_reached(share: f64, neighbours: &[Vec<Peer>]) -> Mean {
        let spec = format!("sample:share={share},among=neighbours,back=no");
        let size = neighbours.len() as u32;
        let reached: Vec<f64> = (0..2000)
            .map(|seed| {
                let mut crowd = Crowd::<Sample>::on(&spec, size, neighbours.to_vec(), Seed(seed));
                crowd.broadcast(0, 0);
                crowd.run_for(Duration::from_secs(1));
                f64::from(crowd.reached(0) == neighbours.len())
            })
            .collect();
        Mean::of(&reached)
    }

    fn neighbours(size: u32, linked: impl Fn(u32, u32) -> bool) -> Vec<Vec<Peer>> {
        let near = |a: u32| {
            let near = (0..size).filter(|&b| linked(a, b) || linked(b, a));
            near.map(Peer).collect()
        };
        (0..size).map(near).collect()
    }

    #[test]
    fn on_a_grid_and_a_tree_a_share_of_the_neighbours_reaches_everybody_as_theory_says() {
        let right = |a, b| b == a + 1 && b % 5 > 0;
        let grid = neighbours(25, |a, b| right(a, b) || b == a + 5);
        for (share, target) in [(0.63, 0.142), (0.8, 0.702), (0.9, 0.940)] {
            all_reached(share, &grid).assert_near(target, 0.001, &format!("grid, {share}"));
        }
        let tree = neighbours(25, |a, b| b > 0 && (b - 1) / 2 == a);
        for share in [0.8, 0.9, 0.95f64] {
            let target = share.powi(24);
            all_reached(share, &tree).assert_near(target, 0.0, &format!("tree, {share}"));
        }
    }
}
