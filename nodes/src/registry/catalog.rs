//! The built-in nodes that spread no news, or not as a strategy.

use super::{Entry, Kind, Parameter, Promises};
use crate::builtin::counter::{Counter, Sign};
use crate::builtin::echo::Echo;
use crate::builtin::unique_ids::UniqueIds;

const GOSSIP: Parameter = Parameter {
    name: "gossip",
    kind: Kind::Duration,
    default: "100ms",
    summary: "the interval in which others are told, up to 4 times as long while they are silent",
};

/// The nodes that are no strategies.
pub(super) static ENTRIES: [Entry; 4] = [
    Entry {
        name: "echo",
        summary: "says what it was told",
        workloads: &["echo"],
        parameters: &[],
        promises: Promises {
            everybody: true,
            loss: false,
            kill: true,
        },
        planted: false,
        family: None,
        storms: false,
        make: |_| Ok(Box::new(Echo)),
    },
    Entry {
        name: "unique-ids",
        summary: "ids from its name, a random number per incarnation and a count",
        workloads: &["unique-ids"],
        parameters: &[],
        promises: Promises::ALL,
        planted: false,
        family: None,
        storms: false,
        make: |_| Ok(Box::new(UniqueIds::default())),
    },
    Entry {
        name: "g-counter",
        summary: "a grow-only counter as a CRDT, stored, spread in intervals until acknowledged",
        workloads: &["g-counter"],
        parameters: &[GOSSIP],
        promises: Promises::ALL,
        planted: false,
        family: None,
        storms: false,
        make: |set| Ok(Box::new(Counter::new(Sign::Grow, set.duration("gossip")))),
    },
    Entry {
        name: "pn-counter",
        summary: "a counter as a CRDT, stored, spread in intervals until acknowledged",
        workloads: &["pn-counter", "g-counter"],
        parameters: &[GOSSIP],
        promises: Promises::ALL,
        planted: false,
        family: None,
        storms: false,
        make: |set| Ok(Box::new(Counter::new(Sign::Any, set.duration("gossip")))),
    },
];
