//! Visited list: a rumor says who has it.
//!
//! ```text
//!   list=path                           list=told
//!   n1 ─ [n1] ─► n2 ─ [n1,n2] ─► n3     n1 ─ [n1,n2,n4] ─► n2 ─ [n1,n2,n3,n4] ─► n3
//!    └── [n1] ─► n4 ─ [n1,n4] ─► n3      └── [n1,n2,n4] ─► n4   n3 is new to n4, too
//! ```
//!
//! - Idea: a message carries a list of nodes, and nobody on it is told. `list=path`: the
//!   nodes that this copy went through. `list=told`: also all whom any of them told, the
//!   set the rumor was shared with as far as this copy can know. Optionally a hop limit
//!   beside it. A node passes on the first copy it hears, adding to that copy's list; later
//!   copies teach it nothing, or with `memory=no` are passed on in their turn, which ends
//!   because a list cannot grow beyond the cluster.
//! - Source: the route record of Dynamic Source Routing, where a request that finds a node
//!   on its own list is dropped (Johnson, Maltz, "Dynamic Source Routing in Ad Hoc
//!   Wireless Networks", 1996); telling only whom the list does not cover is
//!   the self pruning of Lim, Kim, "Flooding in wireless ad hoc networks", Computer
//!   Communications 24 (2001).
//! - Parameters: `list` (told) or `path`; `hops` (0) how many hops a rumor travels, 0 any
//!   number; `fanout` (0) how many are told, drawn at random from those not on the list,
//!   0 all; `among` (neighbours) or `others`; `memory` (yes).
//! - Cost: fewer messages than flood on cyclic topologies, each heavier by all the names on
//!   its list: O(n) bytes with `list=told`. With `memory=no` and `list=path` one copy per
//!   path that visits no node twice, more than factorial on a complete graph: limit `hops`.
//! - With `fanout` a better infect-and-die: of n = 25, one message in rounds, fan-out 4
//!   reaches everybody with probability .986 and 5 with .9996 (list=told); drawing blindly
//!   needs 7 and 9 for .99 and .999. With a list of the path only .824 and .951.
//! - Survives delay and reordering: who is on a list was told, so on a sound network hears
//!   of it. Does not survive loss, cuts or kills: whoever was told is believed to have it,
//!   nothing is repeated and nothing is stored. With `fanout` it leaves things to chance.

use std::convert::Infallible;

use super::reach::{AMONG, FANOUT, MEMORY, Reach};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Wire, Writer};

/// The visited strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visited;

/// Its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Lists whom the path told, not only the path.
    told: bool,
    /// The limit, if there is one.
    hops: Option<u32>,
    reach: Reach,
}

/// What nodes say: here is a rumor, and these need not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The rumor.
    pub rumor: Rumor,
    /// Who need not be told, ascending.
    pub visited: Vec<Peer>,
    /// How many hops are left after this one, if they are limited.
    pub hops: Option<u32>,
}

impl Wire for Listed {
    fn write(&self, out: &mut Writer) {
        out.kind("broadcast");
        out.rumor("message", self.rumor);
        out.peers("visited", &self.visited);
        if let Some(hops) = self.hops {
            out.number("hops", u64::from(hops));
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "broadcast").then_some(())?;
        let rumor = body.rumor("message")?;
        let mut visited = body.peers("visited")?;
        visited.sort_unstable();
        let hops = body.number("hops");
        Some(Listed {
            rumor,
            visited,
            hops: hops.map(|hops| u32::try_from(hops).unwrap_or(u32::MAX)),
        })
    }

    fn carried(&self) -> usize {
        1
    }
}

impl Visited {
    /// Tells those who are not on the list.
    fn tell(mut message: Listed, cx: &mut Context<Self>) {
        let Config { told, reach, .. } = cx.config();
        message.hops = match message.hops {
            Some(0) => return,
            hops => hops.map(|left| left - 1),
        };
        let me = cx.id();
        if let Err(at) = message.visited.binary_search(&me) {
            message.visited.insert(at, me);
        }
        let peers = cx.pick_outside(reach.among(cx), reach.fanout, &message.visited);
        if *told {
            message.visited.extend(&peers);
            message.visited.sort_unstable();
        }
        cx.send_to(peers, message);
    }
}

impl Strategy for Visited {
    const ABOUT: About = About {
        name: "visited",
        family: "state",
        summary: "tells its neighbours what is new with a list of those who need not be told",
        parameters: &[
            Parameter {
                name: "list",
                kind: Kind::Choice(&["told", "path"]),
                default: "told",
                summary: "who is listed: the path and all whom it told, or the path only",
            },
            Parameter {
                name: "hops",
                kind: Kind::Number,
                default: "0",
                summary: "how many hops a rumor travels; 0 is any number",
            },
            FANOUT,
            AMONG,
            MEMORY,
        ],
        promises: Promises::CALM,
    };

    type Config = Config;
    type Message = Listed;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<Config, String> {
        let hops = settings.number("hops");
        Ok(Config {
            told: settings.choice("list") == "told",
            hops: (hops > 0).then(|| u32::try_from(hops).unwrap_or(u32::MAX)),
            reach: Reach::of(settings),
        })
    }

    fn new(_config: &Config) -> Visited {
        Visited
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        let hops = cx.config().hops;
        let visited = Vec::new();
        Visited::tell(
            Listed {
                rumor,
                visited,
                hops,
            },
            cx,
        );
    }

    fn on_receive(&mut self, _from: Peer, message: &Listed, cx: &mut Context<Self>) {
        if cx.config().reach.hears(message.rumor, cx) {
            Visited::tell(message.clone(), cx);
        }
    }
}

#[cfg(test)]
mod tests;
