//! The worst values of a rung's figures: of those it asserts something about, or of two
//! that most people want to know.

use std::collections::BTreeMap;

use swelkie_checkers::Figure;

use super::Case;
use crate::options::Options;
use crate::run::spreads;

/// The worst value of a figure and the run that had it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// The value.
    pub figure: Figure,
    /// The seed of the run.
    pub seed: u64,
}

/// Whether small values are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Latencies, messages per operation.
    Large,
    /// Availability.
    Small,
}

/// The figures that are watched in runs with these options.
pub fn watched(options: &Options) -> Vec<(String, Bad)> {
    let mut watched: Vec<(String, Bad)> = Vec::new();
    let mut watch = |name: &str, bad| {
        if !watched.iter().any(|(known, _)| known == name) {
            watched.push((name.to_owned(), bad));
        }
    };
    if options.availability.is_some() {
        watch("availability", Bad::Small);
    }
    for assertion in &options.assertions {
        let comparison = assertion.find(['<', '>', '=', '!']);
        let name = assertion[..comparison.unwrap_or(assertion.len())].trim();
        let small = comparison.is_some_and(|at| assertion[at..].starts_with('>'));
        watch(name, if small { Bad::Small } else { Bad::Large });
    }
    if options.assertions.is_empty() {
        watch("net.servers.msgs-per-op", Bad::Large);
        if spreads(&options.workload) {
            let latency = format!("{}.stable-latency.max", options.workload);
            watch(&latency, Bad::Large);
        }
    }
    watched
}

/// The worst values in some runs of these options. A run that has no such figure (nothing
/// was sent, nothing became stable) is passed over.
pub fn worst<'c>(
    options: &Options,
    cases: impl IntoIterator<Item = &'c Case>,
) -> BTreeMap<String, Worst> {
    let watched = watched(options);
    let mut found: BTreeMap<String, Worst> = BTreeMap::new();
    for case in cases {
        let Some(judged) = case.judged() else {
            continue;
        };
        for (name, bad) in &watched {
            let Some(&figure) = judged.figures.get(name) else {
                continue;
            };
            let worse = |known: &Worst| match bad {
                Bad::Large => figure.as_f64() > known.figure.as_f64(),
                Bad::Small => figure.as_f64() < known.figure.as_f64(),
            };
            if found.get(name).is_none_or(worse) {
                let seed = case.seed;
                found.insert(name.clone(), Worst { figure, seed });
            }
        }
    }
    found
}
