//! What nodes of a Plumtree say to each other.

use crate::strategy::{Peer, Reader, Rumor, Wire, Writer};

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// I am new here.
    Join,
    /// This one is new here; pass it on so many more times.
    ForwardJoin(Peer, u64),
    /// Let us be neighbours; if urgent, there is no saying no.
    Neighbour {
        /// I have no other.
        urgent: bool,
    },
    /// Whether we are neighbours.
    Accept(bool),
    /// We are neighbours no longer.
    Disconnect,
    /// On a walk of so many more steps: this one knows these, and would know others.
    Shuffle(Peer, Vec<Peer>, u64),
    /// Here are others.
    ShuffleReply(Vec<Peer>),
    /// A rumor along the tree, and where it was born.
    Gossip(Rumor, Peer),
    /// Rumors that were missed.
    Missed(Vec<Rumor>),
    /// I have the rumors with these keys.
    IHave(Vec<u64>),
    /// I want the rumors with these keys, and to be told along the tree from now on.
    Graft(Vec<u64>),
    /// I had that from somebody else: just announce in the future.
    Prune,
    /// I am here.
    Alive {
        /// All that I know: the keys, exclusive-or.
        sum: u64,
        /// I heard nothing new for a while.
        quiet: bool,
        /// You are in my active view.
        linked: bool,
    },
    /// The keys of all that I know.
    Inventory(Vec<u64>),
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::Join => out.kind("join"),
            Said::ForwardJoin(node, steps) => {
                out.kind("forward-join");
                out.peer("node", *node);
                out.number("steps", *steps);
            }
            Said::Neighbour { urgent } => {
                out.kind("neighbour");
                out.flag("urgent", *urgent);
            }
            Said::Accept(yes) => {
                out.kind("accept");
                out.flag("yes", *yes);
            }
            Said::Disconnect => out.kind("disconnect"),
            Said::Shuffle(origin, nodes, steps) => {
                out.kind("shuffle");
                out.peer("origin", *origin);
                out.peers("nodes", nodes);
                out.number("steps", *steps);
            }
            Said::ShuffleReply(nodes) => {
                out.kind("shuffle-reply");
                out.peers("nodes", nodes);
            }
            Said::Gossip(rumor, origin) => {
                out.kind("gossip");
                out.rumor("rumor", *rumor);
                out.peer("origin", *origin);
            }
            Said::Missed(rumors) => {
                out.kind("missed");
                out.rumors("rumors", rumors);
            }
            Said::IHave(keys) => {
                out.kind("ihave");
                out.keys("keys", keys);
            }
            Said::Graft(keys) => {
                out.kind("graft");
                out.keys("keys", keys);
            }
            Said::Prune => out.kind("prune"),
            Said::Alive { sum, quiet, linked } => {
                out.kind("alive");
                out.keys("sum", &[*sum]);
                out.flag("quiet", *quiet);
                out.flag("linked", *linked);
            }
            Said::Inventory(keys) => {
                out.kind("inventory");
                out.keys("keys", keys);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "join" => Said::Join,
            "forward-join" => Said::ForwardJoin(body.peer("node")?, body.number("steps")?),
            "neighbour" => Said::Neighbour {
                urgent: body.flag("urgent")?,
            },
            "accept" => Said::Accept(body.flag("yes")?),
            "disconnect" => Said::Disconnect,
            "shuffle" => Said::Shuffle(
                body.peer("origin")?,
                body.peers("nodes")?,
                body.number("steps")?,
            ),
            "shuffle-reply" => Said::ShuffleReply(body.peers("nodes")?),
            "gossip" => Said::Gossip(body.rumor("rumor")?, body.peer("origin")?),
            "missed" => Said::Missed(body.rumors("rumors")?),
            "ihave" => Said::IHave(body.keys("keys")?),
            "graft" => Said::Graft(body.keys("keys")?),
            "prune" => Said::Prune,
            "alive" => Said::Alive {
                sum: *body.keys("sum")?.first()?,
                quiet: body.flag("quiet")?,
                linked: body.flag("linked")?,
            },
            "inventory" => Said::Inventory(body.keys("keys")?),
            _ => return None,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::Gossip(..) => 1,
            Said::Missed(rumors) => rumors.len(),
            _ => 0,
        }
    }
}
