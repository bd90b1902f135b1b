//! Nodes that are not for users: deliberately broken ones, and a load for benchmarks.

use std::time::Duration;

use super::{Entry, Kind, Make, Parameter, Promises};
use crate::builtin::circulate::Circulate;
use crate::builtin::counter::{Counter, Sign};
use crate::builtin::planted;
use crate::strategies::hierarchy::Leader;
use crate::strategy::{Spread, Strategy as _};

const WINDOW: Parameter = Parameter {
    name: "window",
    kind: Kind::Count,
    default: "64",
    summary: "how many messages each node starts with",
};

/// An entry for a deliberately broken node.
const fn planted(
    name: &'static str,
    summary: &'static str,
    workloads: &'static [&'static str],
    make: Make,
) -> Entry {
    Entry {
        name,
        summary,
        workloads,
        parameters: &[],
        promises: Promises::CHANCE,
        planted: true,
        family: None,
        process_only: false,
        storms: false,
        make,
    }
}

fn leader() -> Spread<Leader> {
    let (_, settings) = super::settings("leader").expect("a spec");
    Spread::new(Leader::configure(&settings).expect("the defaults are sound"))
}

/// All of them.
pub(super) static ENTRIES: [Entry; 13] = [
    Entry {
        name: "circulate",
        summary: "keeps messages going round for ever: the load of the benchmarks",
        workloads: &["echo"],
        parameters: &[WINDOW],
        promises: Promises::CHANCE,
        planted: true,
        family: None,
        process_only: false,
        storms: false,
        make: |set| Ok(Box::new(Circulate::new(set.number("window")))),
    },
    planted(
        "broken-never-gossip",
        "acknowledges broadcasts and tells nobody",
        &["broadcast"],
        |_| Ok(Box::new(planted::NeverGossip::default())),
    ),
    planted(
        "broken-skips-n0",
        "tells everybody but the first node",
        &["broadcast"],
        |_| Ok(Box::new(planted::SkipsFirst::default())),
    ),
    planted(
        "broken-forgets-on-kill",
        "acknowledges without storing",
        &["broadcast"],
        |_| Ok(Box::new(planted::ForgetsOnKill::default())),
    ),
    planted(
        "broken-duplicate-reads",
        "lists every value twice",
        &["broadcast"],
        |_| Ok(Box::new(planted::DuplicateReads::default())),
    ),
    planted(
        "broken-drops-every-7th",
        "does not hear every 7th value from peers",
        &["broadcast"],
        |_| Ok(Box::new(planted::DropsEvery7th::default())),
    ),
    planted(
        "broken-invents-value",
        "shows a value that nobody sent",
        &["broadcast"],
        |_| Ok(Box::new(planted::InventsValue::default())),
    ),
    planted(
        "broken-forgets-in-reads",
        "leaves a value out of every third read",
        &["broadcast"],
        |_| Ok(Box::new(planted::ForgetsInReads::default())),
    ),
    planted(
        "broken-leaks",
        "tells everybody, whatever its sensitivity, what a client gives it",
        &["broadcast"],
        |_| Ok(Box::new(planted::Leaks(leader()))),
    ),
    planted(
        "broken-skips-n1",
        "tells its leader and its team, but never the second node",
        &["broadcast"],
        |_| Ok(Box::new(planted::SkipsSecond(leader()))),
    ),
    planted(
        "broken-id-reuse",
        "gives out every tenth id twice",
        &["unique-ids"],
        |_| Ok(Box::new(planted::ReusesIds::default())),
    ),
    planted(
        "broken-counter-loses-add",
        "acknowledges every fifth add and does not count it",
        &["g-counter", "pn-counter"],
        |_| {
            let counter = Counter::new(Sign::Any, Duration::from_millis(100));
            Ok(Box::new(planted::LosesAdd::new(counter)))
        },
    ),
    planted(
        "broken-echo-garbles",
        "answers every fifth echo with something else",
        &["echo"],
        |_| Ok(Box::new(planted::GarblesEcho::default())),
    ),
];
