//! What nodes of the acknowledged hub say to each other.

use crate::strategy::{Reader, Rumor, Wire, Writer};

/// Up to where a node has a hub's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upto {
    /// Which life of the hub's.
    pub epoch: u64,
    /// Everything before this position.
    pub have: u64,
}

/// What nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// To a hub: take these over. And: I have your log up to here.
    Up(Vec<Rumor>, Upto),
    /// To a hub: I have your log up to here; if `more`, tell me what follows.
    Ack {
        /// Up to where.
        upto: Upto,
        /// Something follows that did not arrive.
        more: bool,
    },
    /// From a hub: these you need not care for any more, I knew them.
    Taken(Vec<Rumor>),
    /// From a hub: a part of my log.
    Down {
        /// Which life of mine.
        epoch: u64,
        /// The position of the first.
        from: u64,
        /// They.
        rumors: Vec<Rumor>,
        /// Up to where I told everybody.
        flushed: u64,
        /// To you alone: what is before `from` you have acknowledged.
        again: bool,
    },
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::Up(rumors, upto) => {
                out.kind("up");
                out.rumors("rumors", rumors);
                upto.write(out);
            }
            Said::Ack { upto, more } => {
                out.kind("ack");
                upto.write(out);
                out.flag("more", *more);
            }
            Said::Taken(rumors) => {
                out.kind("taken");
                out.rumors("rumors", rumors);
            }
            Said::Down {
                epoch,
                from,
                rumors,
                flushed,
                again,
            } => {
                out.kind("down");
                out.number("epoch", *epoch);
                out.number("from", *from);
                out.rumors("rumors", rumors);
                out.number("flushed", *flushed);
                out.flag("again", *again);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "up" => Said::Up(body.rumors("rumors")?, Upto::read(body)?),
            "ack" => Said::Ack {
                upto: Upto::read(body)?,
                more: body.flag("more")?,
            },
            "taken" => Said::Taken(body.rumors("rumors")?),
            "down" => Said::Down {
                epoch: body.number("epoch")?,
                from: body.number("from")?,
                rumors: body.rumors("rumors")?,
                flushed: body.number("flushed")?,
                again: body.flag("again")?,
            },
            _ => return None,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::Up(rumors, _) | Said::Down { rumors, .. } => rumors.len(),
            Said::Ack { .. } | Said::Taken(_) => 0,
        }
    }
}

impl Upto {
    fn write(self, out: &mut Writer) {
        out.number("epoch", self.epoch);
        out.number("have", self.have);
    }

    fn read(body: &mut Reader) -> Option<Upto> {
        Some(Upto {
            epoch: body.number("epoch")?,
            have: body.number("have")?,
        })
    }
}

/// A record: this node took something over as a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WasHub;

impl Wire for WasHub {
    fn write(&self, out: &mut Writer) {
        out.kind("was-hub");
    }

    fn read(kind: &str, _body: &mut Reader) -> Option<Self> {
        (kind == "was-hub").then_some(WasHub)
    }
}
