//! What nodes of a spanning tree say to each other.

use crate::strategy::{Peer, Reader, Rumor, Wire, Writer};

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// To each neighbour, from time to time and when something changed.
    Hello(Hello),
    /// A part of the stream to a neighbour.
    Told(Told),
}

/// How a node sees the tree and the neighbour that it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The root.
    pub root: Peer,
    /// The root's last count that came here.
    pub count: u64,
    /// How far the root is, in links.
    pub distance: u64,
    /// You are my parent.
    pub parent: bool,
    /// A number of this life of mine.
    pub epoch: u64,
    /// The one that I know of you; 0 if none.
    pub to: u64,
    /// How much of your stream arrived.
    pub have: u64,
    /// All that I know: the keys, exclusive-or.
    pub sum: u64,
}

/// Rumors at a position of the stream from one life of a node to one of its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The life of the one who tells.
    pub epoch: u64,
    /// The life of the one who is told.
    pub to: u64,
    /// The position of the first.
    pub at: u64,
    /// They.
    pub rumors: Vec<Rumor>,
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::Hello(hello) => {
                out.kind("hello");
                out.peer("root", hello.root);
                out.number("count", hello.count);
                out.number("distance", hello.distance);
                out.flag("parent", hello.parent);
                out.number("epoch", hello.epoch);
                out.number("to", hello.to);
                out.number("have", hello.have);
                out.keys("sum", &[hello.sum]);
            }
            Said::Told(told) => {
                out.kind("told");
                out.number("epoch", told.epoch);
                out.number("to", told.to);
                out.number("at", told.at);
                out.rumors("rumors", &told.rumors);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "hello" => Said::Hello(Hello {
                root: body.peer("root")?,
                count: body.number("count")?,
                distance: body.number("distance")?,
                parent: body.flag("parent")?,
                epoch: body.number("epoch")?,
                to: body.number("to")?,
                have: body.number("have")?,
                sum: *body.keys("sum")?.first()?,
            }),
            "told" => Said::Told(Told {
                epoch: body.number("epoch")?,
                to: body.number("to")?,
                at: body.number("at")?,
                rumors: body.rumors("rumors")?,
            }),
            _ => return None,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::Told(told) => told.rumors.len(),
            Said::Hello(_) => 0,
        }
    }
}

/// A record: which life of the node's begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life(pub u64);

impl Wire for Life {
    fn write(&self, out: &mut Writer) {
        out.kind("life");
        out.number("life", self.0);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "life").then_some(())?;
        // Counts grow from life · 2^24 on and stay below 2^53.
        body.number("life").filter(|life| *life < 1 << 28).map(Life)
    }
}
