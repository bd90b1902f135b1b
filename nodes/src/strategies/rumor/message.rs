//! What rumor mongers say.

use crate::strategy::{Reader, Rumor, Wire, Writer};

/// A message of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// This is hot here; and, if asked, what is there?
    Call {
        /// What the caller pushes.
        rumors: Vec<Rumor>,
        /// Whether it pulls.
        asks: bool,
    },
    /// This is hot here, and that is what I think of yours.
    Answer {
        /// What the caller asked for.
        rumors: Vec<Rumor>,
        /// What I was told.
        opinion: Opinion,
    },
    /// Too many call me.
    Busy,
}

/// What a contact was good for: the keys of the rumors told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinion {
    /// Those that were news in this cycle.
    pub needed: Vec<u64>,
    /// Those that were known when it began.
    pub in_vain: Vec<u64>,
}

impl Opinion {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.needed.is_empty() && self.in_vain.is_empty()
    }
}

impl Wire for Contact {
    fn write(&self, out: &mut Writer) {
        match self {
            Contact::Call { rumors, asks } => {
                out.kind("rumor_call");
                out.rumors("rumors", rumors);
                out.flag("asks", *asks);
            }
            Contact::Answer { rumors, opinion } => {
                out.kind("rumor_answer");
                out.rumors("rumors", rumors);
                out.keys("needed", &opinion.needed);
                out.keys("in_vain", &opinion.in_vain);
            }
            Contact::Busy => out.kind("rumor_busy"),
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        match kind {
            "rumor_call" => Some(Contact::Call {
                rumors: body.rumors("rumors")?,
                asks: body.flag("asks")?,
            }),
            "rumor_answer" => Some(Contact::Answer {
                rumors: body.rumors("rumors")?,
                opinion: Opinion {
                    needed: body.keys("needed")?,
                    in_vain: body.keys("in_vain")?,
                },
            }),
            "rumor_busy" => Some(Contact::Busy),
            _ => None,
        }
    }

    fn carried(&self) -> usize {
        match self {
            Contact::Call { rumors, .. } | Contact::Answer { rumors, .. } => rumors.len(),
            Contact::Busy => 0,
        }
    }
}
