//! The list of built-in nodes.

use std::time::Duration;

use super::{Entry, Kind, Parameter, Promises, Settings};
use crate::builtin::circulate::Circulate;
use crate::builtin::counter::{Counter, Sign};
use crate::builtin::echo::Echo;
use crate::builtin::flood::Flood;
use crate::builtin::flood_retry::FloodRetry;
use crate::builtin::g_set::GSet;
use crate::builtin::planted;
use crate::builtin::unique_ids::UniqueIds;
use crate::node::Node;

const RETRY: Parameter = Parameter {
    name: "retry",
    kind: Kind::Duration,
    default: "200ms",
    summary: "how long to wait for an acknowledgement, up to 4 times as long while there is none",
};
const GOSSIP: Parameter = Parameter {
    name: "gossip",
    kind: Kind::Duration,
    default: "100ms",
    summary: "the interval in which others are told, up to 4 times as long while they are silent",
};
const BATCH: Parameter = Parameter {
    name: "batch",
    kind: Kind::Count,
    default: "1000",
    summary: "at most so many values in one message",
};

const WINDOW: Parameter = Parameter {
    name: "window",
    kind: Kind::Count,
    default: "64",
    summary: "how many messages each node starts with",
};

const ALL: Promises = Promises {
    kill: true,
    loss: true,
};
const NOTHING: Promises = Promises {
    kill: false,
    loss: false,
};

/// An entry for a deliberately broken node.
const fn planted(
    name: &'static str,
    summary: &'static str,
    workloads: &'static [&'static str],
    make: fn(&Settings) -> Box<dyn Node>,
) -> Entry {
    Entry {
        name,
        summary,
        workloads,
        parameters: &[],
        promises: NOTHING,
        planted: true,
        make,
    }
}

fn default_retry() -> FloodRetry {
    FloodRetry::new(Duration::from_millis(200), 1000)
}

/// The sound nodes, then the planted ones.
pub(super) static ENTRIES: [Entry; 18] = [
    Entry {
        name: "echo",
        summary: "says what it was told",
        workloads: &["echo"],
        parameters: &[],
        promises: Promises {
            kill: true,
            loss: false,
        },
        planted: false,
        make: |_| Box::new(Echo),
    },
    Entry {
        name: "unique-ids",
        summary: "ids from its name, a random number per incarnation and a count",
        workloads: &["unique-ids"],
        parameters: &[],
        promises: ALL,
        planted: false,
        make: |_| Box::new(UniqueIds::default()),
    },
    Entry {
        name: "flood",
        summary: "tells its neighbours once what is new; keeps it in memory only",
        workloads: &["broadcast"],
        parameters: &[],
        promises: NOTHING,
        planted: false,
        make: |_| Box::new(Flood::default()),
    },
    Entry {
        name: "flood-retry",
        summary: "stores what is new and tells its neighbours until each acknowledges",
        workloads: &["broadcast"],
        parameters: &[RETRY, BATCH],
        promises: ALL,
        planted: false,
        make: |set| Box::new(FloodRetry::new(set.duration("retry"), set.count("batch"))),
    },
    Entry {
        name: "g-set",
        summary: "a grow-only set as a CRDT, stored, spread in intervals until acknowledged",
        workloads: &["g-set"],
        parameters: &[GOSSIP, BATCH],
        promises: ALL,
        planted: false,
        make: |set| Box::new(GSet::new(set.duration("gossip"), set.count("batch"))),
    },
    Entry {
        name: "g-counter",
        summary: "a grow-only counter as a CRDT, stored, spread in intervals until acknowledged",
        workloads: &["g-counter"],
        parameters: &[GOSSIP],
        promises: ALL,
        planted: false,
        make: |set| Box::new(Counter::new(Sign::Grow, set.duration("gossip"))),
    },
    Entry {
        name: "pn-counter",
        summary: "a counter as a CRDT, stored, spread in intervals until acknowledged",
        workloads: &["pn-counter", "g-counter"],
        parameters: &[GOSSIP],
        promises: ALL,
        planted: false,
        make: |set| Box::new(Counter::new(Sign::Any, set.duration("gossip"))),
    },
    Entry {
        name: "circulate",
        summary: "keeps messages going round for ever: the load of the benchmarks",
        workloads: &["echo"],
        parameters: &[WINDOW],
        promises: NOTHING,
        planted: true,
        make: |set| Box::new(Circulate::new(set.count("window"))),
    },
    planted(
        "broken-never-gossip",
        "acknowledges broadcasts and tells nobody",
        &["broadcast"],
        |_| Box::new(planted::NeverGossip::default()),
    ),
    planted(
        "broken-skips-n0",
        "tells everybody but the first node",
        &["broadcast"],
        |_| Box::new(planted::SkipsFirst::default()),
    ),
    planted(
        "broken-forgets-on-kill",
        "acknowledges without storing",
        &["broadcast"],
        |_| Box::new(planted::ForgetsOnKill(default_retry())),
    ),
    planted(
        "broken-duplicate-reads",
        "lists every value twice",
        &["broadcast"],
        |_| Box::new(planted::DuplicateReads::default()),
    ),
    planted(
        "broken-drops-every-7th",
        "does not hear every 7th value from peers",
        &["broadcast"],
        |_| Box::new(planted::DropsEvery7th::default()),
    ),
    planted(
        "broken-invents-value",
        "shows a value that nobody sent",
        &["broadcast"],
        |_| Box::new(planted::InventsValue::default()),
    ),
    planted(
        "broken-forgets-in-reads",
        "leaves a value out of every third read",
        &["broadcast"],
        |_| Box::new(planted::ForgetsInReads::default()),
    ),
    planted(
        "broken-id-reuse",
        "gives out every tenth id twice",
        &["unique-ids"],
        |_| Box::new(planted::ReusesIds::default()),
    ),
    planted(
        "broken-counter-loses-add",
        "acknowledges every fifth add and does not count it",
        &["g-counter", "pn-counter"],
        |_| {
            let counter = Counter::new(Sign::Any, Duration::from_millis(100));
            Box::new(planted::LosesAdd::new(counter))
        },
    ),
    planted(
        "broken-echo-garbles",
        "answers every fifth echo with something else",
        &["echo"],
        |_| Box::new(planted::GarblesEcho::default()),
    ),
];
