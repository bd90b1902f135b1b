//! `[random]` and `--nemesis`: each kind of fault begins and ends, over and over.
//!
//! ```text
//!   at ──┬── gap ──┬── gap ──┬── gap ──┬─ …   gaps uniform on 0…2·interval
//!        │         begin     end       begin
//! ```
//!
//! The kinds run side by side and know nothing of each other. Times and targets come
//! from streams of their own, so that a kind more or less changes no other.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::RngExt as _;
use swelkie_nodes::{Rng, Seed};

use super::Scope;
use super::file::{Deed, RandomFaults, Word};
use super::mistake::Mistake;
use super::places::between_nodes;
use super::resolve::{MOST_FAULTS, Resolver, fresh};
use super::spec::Kind;
use super::{Action, Fault, describe};
use crate::network::{EndpointSet, LinkFault, Links};
use crate::units::exact_duration;

/// Adds the faults of a section up to its end or the time limit.
pub(super) fn expand(
    section: &RandomFaults,
    resolver: &mut Resolver,
    seed: Seed,
    names: &mut BTreeSet<String>,
    faults: &mut Vec<Fault>,
) {
    let limit = resolver.cluster.time_limit;
    let until = section.until.unwrap_or(limit).min(limit);
    for &kind in &section.kinds {
        let seed = seed.child(section.prefix).child(kind.name());
        let words = suiting(section, kind, resolver.cluster.nodes.len());
        if words.is_empty() {
            let n = resolver.cluster.nodes.len();
            let title = format!(
                "there is no random {kind} of {n} node{}",
                if n == 1 { "" } else { "s" }
            );
            let mistake = Mistake::maybe_at(section.span.clone(), title);
            resolver.wrong(mistake.label("it is left out").warning());
            continue;
        }
        let mut clock = seed.fork("times");
        let mut now = section.at;
        let mut number = 0;
        let mut count = 0u64;
        let before = faults.len();
        loop {
            now += gap(section.interval, &mut clock);
            if now >= until || faults.len() > MOST_FAULTS {
                break;
            }
            count += 1;
            let at = now;
            let lasts = if kind == Kind::Restart {
                None
            } else {
                now += gap(section.interval, &mut clock);
                // What is still there at the time limit stays until the final heal.
                (now < limit || until < limit).then(|| now.min(until) - at)
            };
            let mut rng = seed.fork(&count.to_string());
            let action = draw(section, kind, &words, resolver, &mut rng);
            faults.push(Fault {
                name: fresh(&format!("{}-{kind}-", section.prefix), &mut number, names),
                at,
                lasts,
                summary: describe::action(&action, resolver.cluster),
                scope: Scope::of(&action, resolver.cluster),
                action,
            });
        }
        if faults.len() == before {
            let title = format!("no random {kind} came about in this run");
            let mean = exact_duration(section.interval);
            let end = exact_duration(until);
            let label = format!("{mean} is the mean interval, {end} the end");
            let mistake = Mistake::maybe_at(section.span.clone(), title)
                .label(label)
                .warning();
            resolver.wrong(mistake.help("choose a shorter interval or another seed"));
        }
    }
}

/// A time uniform on 0…2·mean, in milliseconds where that is fine enough: people
/// read it. Never zero, so that time goes on.
fn gap(mean: Duration, rng: &mut Rng) -> Duration {
    let nanos = rng.random_range(0..=mean.as_nanos().min(u128::from(u64::MAX / 2)) as u64 * 2);
    let grain = if mean >= Duration::from_millis(100) {
        1_000_000
    } else {
        1
    };
    Duration::from_nanos((nanos / grain * grain).max(grain))
}

/// The words that mean anybody among so many nodes.
fn suiting(section: &RandomFaults, kind: Kind, n: usize) -> Vec<Word> {
    use Word::{All, MajoritiesRing, Majority, Minority, MinorityThird, One, Random};
    let usual: &[Word] = match kind {
        Kind::Partition | Kind::Hold => &[One, MinorityThird, Majority, MajoritiesRing],
        Kind::OneWay => &[One, MinorityThird, Minority, Majority],
        Kind::Slow => &[One, MinorityThird, Minority, Random],
        // Everywhere, unless the file says otherwise.
        Kind::Loss | Kind::Duplicate | Kind::Reorder | Kind::Latency | Kind::Bandwidth => &[All],
        Kind::Kill | Kind::Stop | Kind::Pause | Kind::Restart => {
            &[Random, One, MinorityThird, Minority, Majority, All]
        }
    };
    let least = |word: &Word| match word {
        MinorityThird => 4,
        Minority | MajoritiesRing => 3,
        One | Majority | Random if kind.separates() => 2,
        All if !kind.on_processes() => 2,
        _ => 1,
    };
    let words = section.targets.as_deref().unwrap_or(usual);
    let words = words
        .iter()
        .filter(|word| word.suits(kind) && n >= least(word));
    words.copied().collect()
}

/// One fault: a word, then whom it means.
fn draw(
    section: &RandomFaults,
    kind: Kind,
    words: &[Word],
    resolver: &Resolver,
    rng: &mut Rng,
) -> Action {
    let word = words[rng.random_range(0..words.len())];
    let n = resolver.cluster.nodes.len();
    match section.deed(kind) {
        Deed::Kill { forever } => Action::Kill {
            nodes: super::choice::choose(word, n, rng),
            forever,
        },
        Deed::Stop { forever } => Action::Stop {
            nodes: super::choice::choose(word, n, rng),
            forever,
        },
        Deed::Pause => Action::Pause {
            nodes: super::choice::choose(word, n, rng),
        },
        Deed::Restart => Action::Restart {
            nodes: super::choice::choose(word, n, rng),
        },
        Deed::Link(fault) => Action::Link {
            links: links(kind, &fault, word, resolver, rng),
            fault,
        },
    }
}

fn links(kind: Kind, fault: &LinkFault, word: Word, resolver: &Resolver, rng: &mut Rng) -> Links {
    let n = resolver.cluster.nodes.len();
    match (kind, fault) {
        (Kind::OneWay, _) => {
            let these = resolver.node_set(&super::choice::choose_side(word, n, rng));
            let others = resolver.rest(&these);
            if rng.random() {
                Links::Between {
                    from: these,
                    to: others,
                }
            } else {
                Links::Between {
                    from: others,
                    to: these,
                }
            }
        }
        (_, LinkFault::Cut | LinkFault::Hold) => resolver.separate(word, rng),
        _ if word == Word::All => between_nodes(resolver.cluster),
        _ => {
            let these = resolver.node_set(&super::choice::choose(word, n, rng));
            Links::Both(these, EndpointSet::nodes(resolver.cluster.layout()))
        }
    }
}
