//! The parameters of rumor mongering.

use std::time::Duration;

use crate::registry::{Kind, Parameter, Settings};

/// How rumors are mongered; all variants of the paper's section 1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The caller tells what is hot.
    pub(super) push: bool,
    /// The caller asks what is hot.
    pub(super) pull: bool,
    /// Interest is lost in contacts that were in vain; otherwise in contacts.
    pub(super) feedback: bool,
    /// Interest is lost with probability 1/k; otherwise after k.
    pub(super) coin: bool,
    /// Never if 0.
    pub(super) k: u32,
    pub(super) interval: Duration,
    /// Calls the topology's neighbours only.
    pub(super) neighbours: bool,
    /// Calls that a node accepts per cycle; any number if 0.
    pub(super) limit: u32,
    /// Calls that a node makes instead of refused ones, per cycle.
    pub(super) hunt: u32,
}

impl Config {
    /// As a spec sets them.
    pub(super) fn from_settings(settings: &Settings) -> Config {
        let number = |name| u32::try_from(settings.number(name)).unwrap_or(u32::MAX);
        let direction = settings.choice("direction");
        Config {
            push: direction != "pull",
            pull: direction != "push",
            feedback: settings.choice("interest") == "feedback",
            coin: settings.choice("loss") == "coin",
            k: number("k"),
            interval: settings.duration("interval"),
            neighbours: settings.choice("among") == "neighbours",
            limit: number("limit"),
            hunt: number("hunt"),
        }
    }

    /// Whether those who are told say what they knew.
    pub(super) fn wants_opinion(&self) -> bool {
        self.feedback && self.k > 0
    }
}

pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "direction",
        kind: Kind::Choice(&["push", "pull", "push-pull"]),
        default: "push",
        summary: "whether the caller tells what is hot, asks for it, or both",
    },
    Parameter {
        name: "interest",
        kind: Kind::Choice(&["feedback", "blind"]),
        default: "feedback",
        summary: "lost in contacts that were in vain, or blindly in any",
    },
    Parameter {
        name: "loss",
        kind: Kind::Choice(&["counter", "coin"]),
        default: "counter",
        summary: "interest is lost after k such contacts in a row, or with probability 1/k in each",
    },
    Parameter {
        name: "k",
        kind: Kind::Number,
        default: "4",
        summary: "how long interest lasts; 0: for ever",
    },
    Parameter {
        name: "interval",
        kind: Kind::Duration,
        default: "100ms",
        summary: "the length of a cycle, in which a node makes one call",
    },
    Parameter {
        name: "among",
        kind: Kind::Choice(&["others", "neighbours"]),
        default: "others",
        summary: "whom to call: everybody else, or the topology's neighbours",
    },
    Parameter {
        name: "limit",
        kind: Kind::Number,
        default: "0",
        summary: "how many calls a node accepts per cycle; 0: any number",
    },
    Parameter {
        name: "hunt",
        kind: Kind::Number,
        default: "0",
        summary: "how many others a node whose call is refused tries in the same cycle",
    },
];
