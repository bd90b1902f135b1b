//! Hop limit: a rumor says how far it may still go.
//!
//! ```text
//!   c1 ──► n1 ── hops 2 ──► n2 ── hops 1 ──► n3 ── hops 0 ──► n4      n5 never hears of it
//!          hops=3
//! ```
//!
//! - Idea: a message carries how many hops are left; a node passes on what is new to it
//!   with one less, unless none is left. With `memory=no` it passes on every copy, known
//!   or not: the limit is then all that ends the storm.
//! - Source: the time to live of the Internet Protocol (RFC 791, section 3.2) and of
//!   Gnutella 0.4's descriptors ("The Annotated Gnutella Protocol Specification v0.4").
//! - Parameters: `hops` (32) how many hops a rumor travels; `fanout` (0) how many are told,
//!   drawn at random, 0 all; `among` (neighbours) or `others`; `memory` (yes).
//! - Cost: flood's messages within the limit, each longer by the digits of a number and its
//!   name. Without memory k·(k−1)^(h−1) copies at the h-th hop where everybody has k
//!   neighbours, because only the way straight back is left out.
//! - Survives delay and reordering as long as nobody is farther than `hops` hops *the way
//!   the first copy came*: a copy that overtook the one on the shortest way has fewer hops
//!   left, and the later one is not new. No way of first copies visits a node twice, so
//!   `hops` of the number of nodes − 1 always suffices. Does not survive loss, cuts or
//!   kills: nothing is repeated and nothing is stored.

use std::convert::Infallible;

use super::reach::{AMONG, FANOUT, MEMORY, Reach};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Wire, Writer};

/// The hop-limit strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct HopLimit;

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    hops: u32,
    reach: Reach,
}

/// What nodes say: here is a rumor, which may travel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The rumor.
    pub rumor: Rumor,
    /// How many hops are left after this one.
    pub hops: u32,
}

impl Wire for Limited {
    fn write(&self, out: &mut Writer) {
        out.kind("broadcast");
        out.rumor("message", self.rumor);
        out.number("hops", u64::from(self.hops));
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "broadcast").then_some(())?;
        Some(Limited {
            rumor: body.rumor("message")?,
            hops: u32::try_from(body.number("hops")?).ok()?,
        })
    }

    fn carried(&self) -> usize {
        1
    }
}

impl HopLimit {
    /// Tells it with this many hops left before it is told.
    fn tell(rumor: Rumor, hops: u32, from: Option<Peer>, cx: &mut Context<Self>) {
        if let Some(hops) = hops.checked_sub(1) {
            let reach = &cx.config().reach;
            cx.tell_some(reach.among(cx), reach.fanout, from, Limited { rumor, hops });
        }
    }
}

impl Strategy for HopLimit {
    const ABOUT: About = About {
        name: "hop-limit",
        family: "state",
        summary: "tells its neighbours what is new with how far it may still go",
        parameters: &[
            Parameter {
                name: "hops",
                kind: Kind::Count,
                default: "32",
                summary: "how many hops a rumor travels",
            },
            FANOUT,
            AMONG,
            MEMORY,
        ],
        promises: Promises::CALM,
    };

    type Config = Config;
    type Message = Limited;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        Ok(Config {
            hops: u32::try_from(settings.number("hops")).unwrap_or(u32::MAX),
            reach: Reach::of(settings),
        })
    }

    fn new(_config: &Config) -> HopLimit {
        HopLimit
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        HopLimit::tell(rumor, cx.config().hops, None, cx);
    }

    fn on_receive(&mut self, from: Peer, message: &Limited, cx: &mut Context<Self>) {
        if cx.config().reach.hears(message.rumor, cx) {
            HopLimit::tell(message.rumor, message.hops, Some(from), cx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::strategy::probe::Probe;
    use crate::testing::{Cluster, line};

    fn limited(rumor: u32, hops: u32) -> Limited {
        let rumor = Rumor(rumor);
        Limited { rumor, hops }
    }

    fn sent(to: &[u32], rumor: u32, hops: u32) -> Vec<(Vec<u32>, String)> {
        vec![(to.to_vec(), format!("{:?}", limited(rumor, hops)))]
    }

    #[test]
    fn each_hop_takes_one_and_what_has_none_left_stays_where_it_is() {
        let mut probe = Probe::<HopLimit>::new("hop-limit:hops=3", 9);
        probe.neighbours = vec![Peer(1), Peer(2)];
        assert_eq!(probe.broadcast(5), sent(&[1, 2], 5, 2));
        assert_eq!(probe.receive(1, limited(6, 2)), sent(&[2], 6, 1));
        assert_eq!(probe.receive(2, limited(6, 2)), [], "known");
        assert_eq!(probe.receive(1, limited(7, 0)), [], "none left");
        assert_eq!(probe.known(), [5, 6, 7]);
    }

    #[test]
    fn without_memory_every_copy_is_passed_on_until_its_hops_are_used_up() {
        let mut probe = Probe::<HopLimit>::new("hop-limit:memory=no", 9);
        probe.neighbours = vec![Peer(1), Peer(2)];
        assert_eq!(probe.receive(1, limited(6, 2)), sent(&[2], 6, 1));
        assert_eq!(probe.receive(2, limited(6, 2)), sent(&[1], 6, 1));
        assert_eq!(probe.receive(2, limited(6, 0)), []);
    }

    #[test]
    fn the_fanout_draws_among_whom_it_is_told_to() {
        let mut probe = Probe::<HopLimit>::new("hop-limit:fanout=3,among=others", 9);
        probe.neighbours = vec![Peer(1)];
        for rumor in 0..50 {
            let [(to, _)] = &probe.receive(4, limited(rumor, 9))[..] else {
                panic!("one message")
            };
            assert!(to.len() == 3 && !to.contains(&4) && !to.contains(&0));
        }
    }

    /// Who of a line of nodes hears a rumor of the first one's; how many messages it took.
    fn reached(spec: &'static str, nodes: usize) -> (usize, usize) {
        let mut cluster = Cluster::new(7, nodes, move || registry::build(spec).unwrap());
        cluster.topology(&line(nodes));
        cluster.request(0, r#"{"type":"broadcast","message":1}"#);
        cluster.run_for(1000);
        let read = |node| cluster.read(node, "messages").len();
        ((0..nodes).map(read).sum(), cluster.sent_between_nodes())
    }

    #[test]
    fn a_rumor_goes_as_far_as_its_limit_and_no_farther() {
        assert_eq!(reached("hop-limit:hops=3", 6), (4, 3));
        assert_eq!(reached("hop-limit:hops=5", 6), (6, 5));
        assert_eq!(reached("hop-limit", 33), (33, 32));
        assert_eq!(reached("hop-limit", 34), (33, 32));
    }
}
