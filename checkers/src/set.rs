//! Broadcast and g-set: what was acknowledged or shown once is on every node in the end.
//!
//! The verdict is per node. An element is *known* once its add was acknowledged or
//! any ok read showed it.
//!
//! | anomaly | the promise that was broken |
//! |---|---|
//! | `lost` | every known element is in every final read of every judged node |
//! | `partial` | an add that was never answered shows on every judged node or on none |
//! | `vanished` | what a node showed it keeps showing, within one incarnation |
//! | `phantom` | no read shows what nobody sent, or sent only later |
//! | `failed-but-shown` | an add that definitely failed never shows |
//! | `duplicate` | no read lists an element twice (unless allowed) |
//! | `leaked` | no node shows what is not meant for it |
//! | `never-succeeded` | each kind of operation works at least once ([`stats::tried`]) |
//! | `no-final-read`, `nothing-tried`, `unreadable` | unknown: there is nothing to judge by |
//!
//! `lost` is about an element that was acknowledged, or shown once and is in no
//! final read any more; an unanswered one that is in some final reads is `partial`.
//!
//! Elements are for every node unless [`Audiences`] say otherwise. For one that is not,
//! "every judged node" and "every final read" above mean those of its audience.
//!
//! "Keeps showing" compares a read that completed with one invoked strictly later.
//! Reads of one node may run at the same time and complete in any order:
//!
//! ```text
//!   client 1   |------ read A ------------|ok [1]       B showed 2 first, but A was invoked
//!   client 2      |--- read B --|ok [1 2]               before B completed: no violation
//!   client 3                        |- read C -|ok [1]  invoked after B completed: 2 vanished
//! ```
//!
//! Cost: one pass over the views' differences, linear in the history; memory is
//! linear in the number of elements.

mod audience;
mod evidence;
mod ledger;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{Element, History};
use crate::stats;
use crate::verdict::{Findings, Validity, Verdict};
use crate::{counter, seen, set_full};
pub use audience::Audiences;
pub(crate) use ledger::{Ledger, NONE, Read, Reads};
use walk::Walk;

/// Whether a read may list an element more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// Each element once.
    #[default]
    Forbid,
    /// Any number of times.
    Allow,
}

/// Which operations and figures a set workload has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What figures begin with: `broadcast`.
    pub prefix: &'static str,
    /// What an element is called in evidence: `message`.
    pub noun: &'static str,
    /// The operation that adds one.
    pub add: &'static str,
    /// The operation that lists them.
    pub read: &'static str,
    /// Whether a read may list an element twice.
    pub duplicates: Duplicates,
}

impl Rules {
    /// The broadcast workload: `broadcast` and `read` of messages.
    pub const BROADCAST: Rules = Rules {
        prefix: "broadcast",
        noun: "message",
        add: "broadcast",
        read: "read",
        duplicates: Duplicates::Forbid,
    };
    /// The g-set workload: `add` and `read` of elements.
    pub const G_SET: Rules = Rules {
        prefix: "g-set",
        noun: "element",
        add: "add",
        read: "read",
        duplicates: Duplicates::Forbid,
    };

    /// The same rules with another answer to listing an element twice.
    #[must_use]
    pub fn duplicates(self, duplicates: Duplicates) -> Rules {
        Rules { duplicates, ..self }
    }
}

/// Everything that is wrong, by kind.
#[derive(Default)]
struct Wrong {
    lost: Findings<Element>,
    partial: Findings<Element>,
    vanished: Findings<Vanished>,
    phantom: Findings<Element>,
    failed: Findings<Element>,
    /// An element and the read that listed it more than once.
    duplicate: Findings<(Element, u32)>,
    /// An element and the first read that showed it on a node that it is not meant for.
    leaked: Findings<(Element, u32)>,
    /// Whether each node gave a final read.
    answered: Vec<bool>,
}

/// A node stopped showing an element.
#[derive(Clone, Copy)]
struct Vanished {
    element: Element,
    /// The first read of the incarnation that showed it.
    shown: u32,
    /// A read, invoked after that one completed, that did not.
    missing: u32,
}

/// The verdict, with the figures of [`set_full`] and
/// [`seen`] and the number of anomalies of each kind
/// (`<prefix>.anomalies.<kind>`: elements, or for `vanished`, `duplicate` and `leaked`
/// elements per node).
///
/// Ok reads are expected to hold [`Value::View`](crate::Value::View), adds
/// [`Value::Element`](crate::Value::Element); others make it unknown.
#[must_use]
pub fn check(history: &History, rules: &Rules) -> Verdict {
    check_meant(history, rules, &Audiences::default())
}

/// As [`check`], for elements that are not all meant for every node. Latencies are
/// figures by class too.
#[must_use]
pub fn check_meant(history: &History, rules: &Rules, audiences: &Audiences) -> Verdict {
    let reads = Reads::of(history, rules);
    let ledger = Ledger::of(history, rules, audiences);
    let wrong = find(history, rules, &ledger, &reads);
    let mut verdict = Verdict::valid();
    evidence::blame(history, rules, &ledger, &reads, &wrong, &mut verdict);
    counter::blame_unanswered(history, &wrong.answered, &mut verdict);
    let tried = stats::tried(history);
    if tried.validity == Validity::Valid && !ledger.anything_added {
        evidence::blame_idle(rules, &mut verdict);
    }
    let mut verdict = verdict.merge(tried);
    let (prefix, figures) = (rules.prefix, &mut verdict.figures);
    set_full::judge(history, rules, &reads, audiences).figures(prefix, figures);
    seen::measure(history, rules, &ledger, &reads, figures);
    verdict
}

/// Whether the final reads agree already, so that waiting longer changes
/// nothing: every judged node has an ok final read, all of them show every known
/// element, and none shows something that another lacks. One pass over the views.
#[must_use]
pub fn settled(history: &History, rules: &Rules) -> bool {
    settled_meant(history, rules, &Audiences::default())
}

/// As [`settled`], for elements that are not all meant for every node.
#[must_use]
pub fn settled_meant(history: &History, rules: &Rules, audiences: &Audiences) -> bool {
    let reads = Reads::of(history, rules);
    let ledger = Ledger::of(history, rules, audiences);
    // How many final reads there are of each node, and how many show what is not owed.
    let mut finals = vec![0; history.nodes.len()];
    let mut foreign: BTreeMap<Element, usize> = BTreeMap::new();
    let mut walk = Walk::new(&ledger);
    for node in (0..history.nodes.len()).filter(|&node| history.nodes[node].judged) {
        walk.begin(node);
        for read in reads.of_node(history, node) {
            walk.show(&read);
            if read.is_final() {
                finals[node] += 1;
                if walk.owed_shown < walk.owed_total {
                    return false;
                }
                for &element in &walk.foreign {
                    *foreign.entry(element).or_default() += 1;
                }
            }
        }
        if finals[node] == 0 {
            return false;
        }
    }
    let everywhere = |(element, count)| count == finals_meant(&finals, audiences, element);
    foreign.into_iter().all(everywhere)
}

/// How many of the final reads, given by node, are of nodes that an element is meant for.
fn finals_meant(finals: &[usize], audiences: &Audiences, element: Element) -> usize {
    match audiences.of(element) {
        None => finals.iter().sum(),
        Some(nodes) => nodes.iter().map(|&node| finals[node]).sum(),
    }
}

fn find(history: &History, rules: &Rules, ledger: &Ledger, reads: &Reads) -> Wrong {
    let mut wrong = Wrong {
        answered: vec![false; history.nodes.len()],
        ..Wrong::default()
    };
    // Per element: how many final reads of judged nodes lack it.
    let mut lacking = vec![0_u32; ledger.len()];
    let mut finals = vec![0; history.nodes.len()];
    let mut walk = Walk::new(ledger);
    for (node, finals) in finals.iter_mut().enumerate() {
        walk.begin(node);
        for read in reads.of_node(history, node) {
            walk.show(&read);
            walk.keep(history, &read, |vanished| wrong.vanished.push(vanished));
            if rules.duplicates == Duplicates::Forbid {
                for &element in &read.view.repeated {
                    wrong.duplicate.push((element, read.index));
                }
            }
            if read.is_final() && history.nodes[node].judged {
                wrong.answered[node] = true;
                *finals += 1;
                if walk.owed_shown < walk.owed_total {
                    walk.missing_owed(|element| lacking[element as usize] += 1);
                }
            }
        }
    }
    for element in 0..ledger.len() as Element {
        let entry = ledger.entry(element);
        let lacking = lacking[element as usize];
        if lacking > 0 {
            let finals = finals_meant(&finals, ledger.audiences, element);
            let partial = entry.acked == NONE && (lacking as usize) < finals;
            if partial {
                &mut wrong.partial
            } else {
                &mut wrong.lost
            }
            .push(element);
        }
        if ledger.is_phantom(history, element) {
            wrong.phantom.push(element);
        } else if entry.has_only_failed() && entry.shown != NONE {
            wrong.failed.push(element);
        }
    }
    if ledger.audiences.are_limited() {
        find_leaks(history, ledger, reads, &mut wrong.leaked);
    }
    wrong
}

/// Once per element and node that it is not meant for.
fn find_leaks(
    history: &History,
    ledger: &Ledger,
    reads: &Reads,
    leaked: &mut Findings<(Element, u32)>,
) {
    let mut found = BTreeSet::new();
    for node in 0..history.nodes.len() {
        found.clear();
        for read in reads.of_node(history, node) {
            for &element in &read.view.added {
                if !ledger.audiences.include(element, node) && found.insert(element) {
                    leaked.push((element, read.index));
                }
            }
        }
    }
}

const KINDS: [&str; 6] = [
    "lost",
    "partial",
    "vanished",
    "phantom",
    "failed-but-shown",
    "duplicate",
];

/// The figures that [`check`] sets.
pub fn names(catalogue: &mut Catalogue, rules: &Rules) {
    for kind in KINDS {
        catalogue.add(
            Quantity::Count,
            format!("{}.anomalies.{kind}", rules.prefix),
        );
    }
    set_full::names(catalogue, rules.prefix);
    seen::names(catalogue, rules.prefix);
}

/// The figures that [`check_meant`] sets beside those of [`check`] where there are
/// elements of these classes.
pub fn names_meant(catalogue: &mut Catalogue, rules: &Rules, classes: &[&'static str]) {
    let name = format!("{}.anomalies.{LEAKED}", rules.prefix);
    catalogue.add(Quantity::Count, name);
    set_full::names_of_classes(catalogue, rules.prefix, classes);
    seen::names_of_classes(catalogue, rules.prefix, classes);
}

/// The kind that only elements with an audience can have.
const LEAKED: &str = "leaked";

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
