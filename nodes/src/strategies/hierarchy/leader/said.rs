//! What nodes of a hierarchy say to each other.
//!
//! | type | fields | means |
//! |---|---|---|
//! | `gossip` | `messages`, `suspected` | here is news; these members I take to be gone |
//! | `gossip_ok` | `keys` | I have stored the rumors of these keys |
//! | `ping`, `pong` | | are you there? I am |

use crate::strategy::{Peer, Reader, Rumor, Wire, Writer};

/// What nodes say. See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Here is news.
    News {
        /// The rumors.
        rumors: Vec<Rumor>,
        /// Members whom the sender takes to be gone.
        suspected: Vec<Peer>,
    },
    /// These rumors, given by key, are stored.
    Stored(Vec<u64>),
    /// Are you there?
    Ping,
    /// I am.
    Pong,
}

impl Wire for Said {
    fn write(&self, out: &mut Writer) {
        match self {
            Said::News { rumors, suspected } => {
                out.kind("gossip");
                out.rumors("messages", rumors);
                out.peers("suspected", suspected);
            }
            Said::Stored(keys) => {
                out.kind("gossip_ok");
                out.keys("keys", keys);
            }
            Said::Ping => out.kind("ping"),
            Said::Pong => out.kind("pong"),
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        Some(match kind {
            "gossip" => Said::News {
                rumors: body.rumors("messages")?,
                suspected: body.peers("suspected").unwrap_or_default(),
            },
            "gossip_ok" => Said::Stored(body.keys("keys")?),
            "ping" => Said::Ping,
            "pong" => Said::Pong,
            _ => return None,
        })
    }

    fn carried(&self) -> usize {
        match self {
            Said::News { rumors, .. } => rumors.len(),
            _ => 0,
        }
    }
}
