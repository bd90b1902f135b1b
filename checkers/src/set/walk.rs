//! Follows the reads of one node after the other: what is on show, and what was
//! and is no more.

use std::collections::BTreeSet;

use super::Vanished;
use super::ledger::{Ledger, Read};
use crate::history::{Element, History};

pub(crate) struct Walk<'a> {
    ledger: &'a Ledger<'a>,
    node: usize,
    /// How many owed elements its reads must show in the end.
    pub owed_total: usize,
    /// Per element: whether the last read showed it.
    shown: Vec<bool>,
    /// How many owed elements the last read showed.
    pub owed_shown: usize,
    /// What else it showed that is meant for it.
    pub foreign: BTreeSet<Element>,
    kept: Kept,
}

/// What "keeps showing" needs. Reads of a node are numbered from 1.
#[derive(Default)]
struct Kept {
    /// The operation of each read.
    reads: Vec<u32>,
    /// The first read of the incarnation that the last read belongs to, and which one that is.
    base: u32,
    incarnation: u32,
    /// Per element: the first read that showed it. Below `base` it speaks of an
    /// earlier incarnation: if the element has been on show ever since, `base` showed it first.
    since: Vec<u32>,
    /// Shown earlier in this incarnation, not by the last read, not reported.
    missing: Vec<Element>,
    /// Per element: whether it was reported on this node.
    reported: Vec<bool>,
}

impl<'a> Walk<'a> {
    pub fn new(ledger: &'a Ledger<'a>) -> Walk<'a> {
        let kept = Kept {
            since: vec![0; ledger.len()],
            reported: vec![false; ledger.len()],
            ..Kept::default()
        };
        Walk {
            ledger,
            node: 0,
            owed_total: 0,
            shown: vec![false; ledger.len()],
            owed_shown: 0,
            foreign: BTreeSet::new(),
            kept,
        }
    }

    /// Begins with another node.
    pub fn begin(&mut self, node: usize) {
        self.node = node;
        self.owed_total = self.ledger.owed_to(node);
        self.shown.fill(false);
        self.owed_shown = 0;
        self.foreign.clear();
        self.kept.reads.clear();
        self.kept.base = 0;
        self.kept.since.fill(0);
        self.kept.missing.clear();
        self.kept.reported.fill(false);
    }

    /// Takes the node's next read.
    pub fn show(&mut self, read: &Read) {
        let meant = |element| self.ledger.audiences.include(element, self.node);
        for &element in &read.view.removed {
            self.shown[element as usize] = false;
            if !meant(element) {
                continue;
            }
            if self.ledger.entry(element).is_owed() {
                self.owed_shown -= 1;
            } else {
                self.foreign.remove(&element);
            }
        }
        for &element in &read.view.added {
            self.shown[element as usize] = true;
            if !meant(element) {
                continue;
            }
            if self.ledger.entry(element).is_owed() {
                self.owed_shown += 1;
            } else {
                self.foreign.insert(element);
            }
        }
    }

    /// Calls `report` for each element that the read just taken should have shown
    /// still; once per node and element.
    ///
    /// An element that is missing and not reported was first shown after the read
    /// was invoked, so it is looked at again by no more reads than ran at that time.
    pub fn keep(&mut self, history: &History, read: &Read, mut report: impl FnMut(Vanished)) {
        let kept = &mut self.kept;
        kept.reads.push(read.index);
        let number = kept.reads.len() as u32;
        if kept.base == 0 || kept.incarnation != read.operation.incarnation {
            kept.base = number;
            kept.incarnation = read.operation.incarnation;
            kept.missing.clear();
        } else {
            for &element in &read.view.removed {
                let since = &mut kept.since[element as usize];
                *since = (*since).max(kept.base);
                if !kept.reported[element as usize] {
                    kept.missing.push(element);
                }
            }
        }
        for &element in &read.view.added {
            let since = &mut kept.since[element as usize];
            if *since < kept.base {
                *since = number;
            }
        }
        kept.missing.retain(|&element| {
            let shown = kept.reads[kept.since[element as usize] as usize - 1];
            if self.shown[element as usize] {
                return false;
            }
            let vanished =
                history.operations[shown as usize].completed < Some(read.operation.invoked);
            if vanished {
                kept.reported[element as usize] = true;
                report(Vanished {
                    element,
                    shown,
                    missing: read.index,
                });
            }
            !vanished
        });
    }

    /// Calls `report` for each owed element that the last read did not show.
    pub fn missing_owed(&self, mut report: impl FnMut(Element)) {
        for element in 0..self.shown.len() {
            if !self.shown[element] && self.ledger.owes(element as Element, self.node) {
                report(element as Element);
            }
        }
    }
}
