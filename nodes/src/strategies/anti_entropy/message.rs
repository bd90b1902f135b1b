//! What two nodes of an exchange say to each other.

use crate::strategy::{Reader, Rumor, Wire, Writer};

/// Which way rumors are to go, as the sender of a message sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// From the sender to the other.
    pub give: bool,
    /// From the other to the sender.
    pub take: bool,
}

impl Flow {
    /// The one who begins tells the other what it lacks.
    pub const PUSH: Flow = Flow {
        give: true,
        take: false,
    };
    /// The other tells the one who begins.
    pub const PULL: Flow = Flow {
        give: false,
        take: true,
    };
    /// Both tell each other.
    pub const BOTH: Flow = Flow {
        give: true,
        take: true,
    };

    /// As the other sees it.
    #[must_use]
    pub fn turned(self) -> Flow {
        Flow {
            give: self.take,
            take: self.give,
        }
    }
}

/// One message of an exchange. Each says all that its receiver needs, so that one lost,
/// late or repeated does no harm and nodes keep nothing of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<M> {
    /// What do you have? To be answered with digests unless the set's hash is the same.
    Ask {
        /// Which way rumors are to go.
        flow: Flow,
        /// The hash of what the sender has.
        hash: Option<u64>,
    },
    /// Here is what I have.
    Digest {
        /// Which way rumors are to go.
        flow: Flow,
        /// What the sender has, or a part of it.
        digest: M,
    },
    /// Here is what you lack, and this I lack.
    Rumors {
        /// What the receiver lacks.
        rumors: Vec<Rumor>,
        /// The keys of what the sender lacks.
        wants: Vec<u64>,
    },
}

impl<M: Wire> Wire for Said<M> {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::Ask { flow, hash } => {
                out.kind("ask");
                out.keys("hash", hash.as_slice());
                flow.write(out);
            }
            Said::Digest { flow, digest } => {
                digest.write(out);
                flow.write(out);
            }
            Said::Rumors { rumors, wants } => {
                out.kind("rumors");
                out.rumors("rumors", rumors);
                out.keys("wants", wants);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "ask" => Said::Ask {
                hash: body.keys("hash")?.first().copied(),
                flow: Flow::read(body)?,
            },
            "rumors" => Said::Rumors {
                rumors: body.rumors("rumors")?,
                wants: body.keys("wants")?,
            },
            _ => Said::Digest {
                digest: M::read(kind, body)?,
                flow: Flow::read(body)?,
            },
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::Ask { .. } => 0,
            Said::Digest { digest, .. } => digest.carried(),
            Said::Rumors { rumors, .. } => rumors.len(),
        }
    }
}

impl Flow {
    fn write(self, out: &mut Writer) {
        out.flag("give", self.give);
        out.flag("take", self.take);
    }

    fn read(body: &mut Reader) -> Option<Flow> {
        Some(Flow {
            give: body.flag("give")?,
            take: body.flag("take")?,
        })
    }
}
