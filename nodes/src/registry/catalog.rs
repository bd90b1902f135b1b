//! The built-in nodes that spread no news, or not as a strategy.

use super::{Entry, Kind, Parameter, Promises};
use crate::builtin::counter::{Counter, Sign};
use crate::builtin::echo::Echo;
use crate::builtin::shared_file::{Access, SharedFile};
use crate::builtin::unique_ids::UniqueIds;

const GOSSIP: Parameter = Parameter {
    name: "gossip",
    kind: Kind::Duration,
    default: "100ms",
    summary: "the interval in which others are told, up to 4 times as long while they are silent",
};

const ACCESS: Parameter = Parameter {
    name: "access",
    kind: Kind::Choice(&["whole", "new"]),
    default: "whole",
    summary: "under the lock the whole file is read and written, or only what is new",
};
const SYNC: Parameter = Parameter {
    name: "sync",
    kind: Kind::Choice(&["no", "yes"]),
    default: "no",
    summary: "whether what was written is forced to the disk before the lock is released",
};

/// The nodes that are no strategies.
pub(super) static ENTRIES: [Entry; 5] = [
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
        process_only: false,
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
        process_only: false,
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
        process_only: false,
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
        process_only: false,
        storms: false,
        make: |set| Ok(Box::new(Counter::new(Sign::Any, set.duration("gossip")))),
    },
    Entry {
        name: "shared-file",
        summary: "all nodes share one file, locked for every message (SWELKIE_SHARED says where)",
        workloads: &["broadcast", "g-set"],
        parameters: &[ACCESS, SYNC],
        promises: Promises::ALL,
        planted: false,
        family: None,
        process_only: true,
        storms: false,
        make: |set| {
            let access = match set.choice("access") {
                "new" => Access::New,
                _ => Access::Whole,
            };
            let sync = set.choice("sync") == "yes";
            Ok(Box::new(SharedFile::new(access, sync)))
        },
    },
];
