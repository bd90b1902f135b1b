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
//! | `never-succeeded` | each kind of operation works at least once ([`stats::tried`]) |
//! | `no-final-read`, `nothing-tried`, `unreadable` | unknown: there is nothing to judge by |
//!
//! `lost` is about an element that was acknowledged, or shown once and is in no
//! final read any more; an unanswered one that is in some final reads is `partial`.
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

mod evidence;
mod ledger;
mod walk;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{Element, History};
use crate::stats;
use crate::verdict::{Findings, Validity, Verdict};
use crate::{counter, seen, set_full};
pub(crate) use ledger::{Ledger, NONE, Reads};
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
/// (`<prefix>.anomalies.<kind>`: elements, or for `vanished` and `duplicate`
/// elements per node).
///
/// Ok reads are expected to hold [`Value::View`](crate::Value::View), adds
/// [`Value::Element`](crate::Value::Element); others make it unknown.
#[must_use]
pub fn check(history: &History, rules: &Rules) -> Verdict {
    let reads = Reads::of(history, rules);
    let ledger = Ledger::of(history, rules);
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
    set_full::judge(history, rules, &reads).figures(prefix, figures);
    seen::measure(history, rules, &ledger, &reads, figures);
    verdict
}

/// Whether the final reads agree already, so that waiting longer changes
/// nothing: every judged node has an ok final read, all of them show every known
/// element, and none shows something that another lacks. One pass over the views.
#[must_use]
pub fn settled(history: &History, rules: &Rules) -> bool {
    let reads = Reads::of(history, rules);
    let ledger = Ledger::of(history, rules);
    let mut common = None;
    let mut walk = Walk::new(&ledger);
    for node in (0..history.nodes.len()).filter(|&node| history.nodes[node].judged) {
        walk.next_node();
        let mut answered = false;
        for read in reads.of_node(history, node) {
            walk.show(&read);
            if read.is_final() {
                answered = true;
                let foreign = common.get_or_insert_with(|| walk.foreign.clone());
                if walk.owed_shown < ledger.owed_total || *foreign != walk.foreign {
                    return false;
                }
            }
        }
        if !answered {
            return false;
        }
    }
    true
}

fn find(history: &History, rules: &Rules, ledger: &Ledger, reads: &Reads) -> Wrong {
    let mut wrong = Wrong {
        answered: vec![false; history.nodes.len()],
        ..Wrong::default()
    };
    // Per element: how many final reads of judged nodes lack it.
    let mut lacking = vec![0_u32; ledger.len()];
    let mut finals = 0;
    let mut walk = Walk::new(ledger);
    for node in 0..history.nodes.len() {
        walk.next_node();
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
                finals += 1;
                if walk.owed_shown < ledger.owed_total {
                    walk.missing_owed(|element| lacking[element as usize] += 1);
                }
            }
        }
    }
    for element in 0..ledger.len() as Element {
        let entry = ledger.entry(element);
        let lacking = lacking[element as usize];
        if lacking > 0 {
            let partial = entry.acked == NONE && lacking < finals;
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
    wrong
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

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
