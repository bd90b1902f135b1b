//! What was sent, acknowledged and shown, per element; and which reads there are.

use super::{Audiences, Rules};
use crate::history::{Element, History, Operation, Outcome, Phase, Value, View};

/// No operation.
pub(crate) const NONE: u32 = u32::MAX;

/// What is known of an element; each field is an index into the operations or [`NONE`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The first add that did not definitely fail.
    pub sent: u32,
    /// The add that was acknowledged first.
    pub acked: u32,
    /// The first add that definitely failed.
    pub failed: u32,
    /// The ok read that completed first of those that show it.
    pub shown: u32,
}

impl Entry {
    const UNHEARD: Entry = Entry {
        sent: NONE,
        acked: NONE,
        failed: NONE,
        shown: NONE,
    };

    pub fn has_only_failed(&self) -> bool {
        self.sent == NONE && self.failed != NONE
    }

    /// Whether every judged node of its audience must show it in the end: it was sent,
    /// and is known.
    pub fn is_owed(&self) -> bool {
        self.sent != NONE && (self.acked != NONE || self.shown != NONE)
    }
}

pub(crate) struct Ledger<'a> {
    entries: Vec<Entry>,
    /// Who is meant to get which element.
    pub audiences: &'a Audiences,
    /// How many elements are owed to some node.
    owed_total: usize,
    /// Whether any add was invoked.
    pub anything_added: bool,
    /// Adds whose input is no element.
    pub unreadable: Vec<usize>,
}

impl<'a> Ledger<'a> {
    pub fn of(history: &History, rules: &Rules, audiences: &'a Audiences) -> Ledger<'a> {
        let mut ledger = Ledger {
            entries: vec![Entry::UNHEARD; history.elements.len()],
            audiences,
            owed_total: 0,
            anything_added: false,
            unreadable: Vec::new(),
        };
        for (index, operation) in history.operations.iter().enumerate() {
            if operation.f == rules.add {
                ledger.anything_added = true;
                ledger.add(history, index, operation);
            }
        }
        for (index, operation) in history.completed() {
            if let Some(view) = shown(operation, rules) {
                for &element in &view.added {
                    let entry = &mut ledger.entries[element as usize];
                    if entry.shown == NONE {
                        entry.shown = index as u32;
                    }
                }
            }
        }
        ledger.owed_total = ledger
            .entries
            .iter()
            .filter(|entry| entry.is_owed())
            .count();
        ledger
    }

    fn add(&mut self, history: &History, index: usize, operation: &Operation) {
        let Value::Element(element) = operation.input else {
            self.unreadable.push(index);
            return;
        };
        let entry = &mut self.entries[element as usize];
        let first = |field: &mut u32| {
            if *field == NONE {
                *field = index as u32;
            }
        };
        match operation.outcome {
            Outcome::Fail => first(&mut entry.failed),
            Outcome::Info | Outcome::Pending => first(&mut entry.sent),
            Outcome::Ok => {
                first(&mut entry.sent);
                let earlier = history.operations.get(entry.acked as usize);
                if earlier.is_none_or(|earlier| operation.completed < earlier.completed) {
                    entry.acked = index as u32;
                }
            }
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn entry(&self, element: Element) -> &Entry {
        &self.entries[element as usize]
    }

    /// Whether a node, if it is judged, must show an element in the end.
    pub fn owes(&self, element: Element, node: usize) -> bool {
        self.entry(element).is_owed() && self.audiences.include(element, node)
    }

    /// How many elements a node, if it is judged, must show in the end.
    pub fn owed_to(&self, node: usize) -> usize {
        if !self.audiences.are_limited() {
            return self.owed_total;
        }
        let all = 0..self.len() as Element;
        all.filter(|&element| self.owes(element, node)).count()
    }

    /// Whether it was shown though nobody had sent it: ever, or by then.
    pub fn is_phantom(&self, history: &History, element: Element) -> bool {
        let entry = self.entry(element);
        let Some(shown) = history.operations.get(entry.shown as usize) else {
            return false;
        };
        match history.operations.get(entry.sent as usize) {
            None => entry.failed == NONE,
            Some(sent) => shown.completed < Some(sent.invoked),
        }
    }
}

fn shown<'a>(operation: &'a Operation, rules: &Rules) -> Option<&'a View> {
    match &operation.output {
        Value::View(view) if operation.f == rules.read && operation.outcome == Outcome::Ok => {
            Some(view)
        }
        _ => None,
    }
}

/// An ok read.
pub(crate) struct Read<'a> {
    /// Its index among the operations.
    pub index: u32,
    pub operation: &'a Operation,
    pub view: &'a View,
}

impl Read<'_> {
    pub fn is_final(&self) -> bool {
        self.operation.phase == Phase::Final
    }
}

/// The ok reads of each node in the order of completion.
pub(crate) struct Reads {
    by_node: Vec<Vec<u32>>,
    /// Ok reads whose output is no view.
    pub unreadable: Vec<usize>,
}

impl Reads {
    pub fn of(history: &History, rules: &Rules) -> Reads {
        let mut reads = Reads {
            by_node: vec![Vec::new(); history.nodes.len()],
            unreadable: Vec::new(),
        };
        for (index, operation) in history.completed() {
            if shown(operation, rules).is_some() {
                reads.by_node[operation.node].push(index as u32);
            } else if operation.f == rules.read && operation.outcome == Outcome::Ok {
                reads.unreadable.push(index);
            }
        }
        reads
    }

    pub fn of_node<'a>(
        &'a self,
        history: &'a History,
        node: usize,
    ) -> impl DoubleEndedIterator<Item = Read<'a>> {
        self.by_node[node].iter().map(|&index| {
            let operation = &history.operations[index as usize];
            let Value::View(view) = &operation.output else {
                unreachable!("only views are listed")
            };
            Read {
                index,
                operation,
                view,
            }
        })
    }
}
