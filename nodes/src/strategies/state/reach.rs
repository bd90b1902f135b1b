//! Whom a node tells when state travels on the message.

use crate::registry::{Kind, Parameter, Settings};
use crate::strategy::{Context, Neighbours, Rumor, Strategy};

pub(super) const FANOUT: Parameter = Parameter {
    name: "fanout",
    kind: Kind::Number,
    default: "0",
    summary: "how many are drawn at random to be told; 0 tells all",
};
pub(super) const AMONG: Parameter = Parameter {
    name: "among",
    kind: Kind::Choice(&["neighbours", "others"]),
    default: "neighbours",
    summary: "whom to tell: the topology's neighbours, or everybody else",
};
pub(super) const MEMORY: Parameter = Parameter {
    name: "memory",
    kind: Kind::Choice(&["yes", "no"]),
    default: "yes",
    summary: "whether a node passes a rumor on the first time only, or every copy of it",
};

/// The parameters above.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// At most so many are told.
    pub fanout: u32,
    /// Only the topology's neighbours.
    neighbours: bool,
    /// Only what is new is passed on.
    memory: bool,
}

impl Reach {
    pub fn of(settings: &Settings) -> Reach {
        let fanout = match settings.number(FANOUT.name) {
            0 => u32::MAX,
            fanout => u32::try_from(fanout).unwrap_or(u32::MAX),
        };
        Reach {
            fanout,
            neighbours: settings.choice(AMONG.name) == "neighbours",
            memory: settings.choice(MEMORY.name) == "yes",
        }
    }

    pub fn among<'a, S: Strategy>(&self, cx: &Context<'a, S>) -> Neighbours<'a> {
        if self.neighbours {
            cx.neighbours()
        } else {
            cx.others()
        }
    }

    /// Takes note of a rumor; whether it is to be passed on.
    pub fn hears<S: Strategy>(&self, rumor: Rumor, cx: &mut Context<S>) -> bool {
        cx.deliver(rumor) || !self.memory
    }
}
