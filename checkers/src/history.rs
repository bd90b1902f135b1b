//! What happened, from the clients' point of view.
//!
//! One [`Operation`] per invocation, in the order of invocation; its completion
//! is in the same record. Times are nanoseconds since the start of the run.
//!
//! ```text
//!   process 0   |--broadcast 3--|ok        |--read--|ok [3]
//!   process 1        |--broadcast 4 ······ info (timed out; process 6 goes on)
//!               invoked         completed
//! ```
//!
//! Reads that list a whole set are kept as a [`View`]: the difference to the
//! node's read that completed before it. A history of n operations that adds m
//! elements then takes O(n + m·nodes) memory however long the lists are.

use std::collections::BTreeMap;

use crate::canonical::canonical;

/// Nanoseconds since the start of the run.
pub type Nanos = u64;

/// A set element (a broadcast message, a g-set element), numbered in the order
/// in which the run met it; its JSON text is in [`Elements`].
pub type Element = u32;

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It never completed.
    Pending,
    /// It happened.
    Ok,
    /// It did not and will not happen.
    Fail,
    /// It may have happened, may happen yet.
    Info,
}

/// Which part of the run an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The time under load and faults.
    Main,
    /// A round of final reads after the last heal that was superseded by a later
    /// one: part of no statistics, but what it showed still counts as shown.
    Recovery,
    /// The judged round of final reads.
    Final,
}

/// Arguments and results.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing (a read's argument).
    Nothing,
    /// A number (a counter's delta or value).
    Int(i64),
    /// A set element (the argument of broadcast or add; a unique id).
    Element(Element),
    /// What a read of a set showed; boxed, because every operation holds two values.
    View(Box<View>),
    /// Anything else, as JSON text.
    Json(String),
}

/// What a read of a set showed, relative to the read of the same node that
/// completed before it (in the order of completion, across incarnations).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// How many entries the list had, repetitions included.
    pub len: u32,
    /// Elements shown that the previous read did not show, in order of appearance.
    pub added: Vec<Element>,
    /// Elements not shown that the previous read showed, ascending.
    pub removed: Vec<Element>,
    /// Elements listed more than once that no earlier read of the node listed more
    /// than once, each once, in order of appearance. A node that lists everything
    /// twice in every read thus costs no more than one that does it once.
    pub repeated: Vec<Element>,
}

/// Why an operation did not end with ok.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `timeout`, `node-down`, `crash`, `malformed-reply`, `precondition-failed`, …
    pub kind: String,
    /// The rest of the story; may be empty.
    pub text: String,
}

/// One invocation and its completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The process that invoked it; one operation at a time each.
    pub process: u64,
    /// The node asked, as an index into [`History::nodes`].
    pub node: usize,
    /// The node's incarnation at invocation, from 0; grows with every restart.
    pub incarnation: u32,
    /// Which part of the run.
    pub phase: Phase,
    /// What was asked: `broadcast`, `read`, …
    pub f: &'static str,
    /// With what.
    pub input: Value,
    /// When it was invoked.
    pub invoked: Nanos,
    /// When it completed; none while pending.
    pub completed: Option<Nanos>,
    /// How it ended.
    pub outcome: Outcome,
    /// What an ok operation returned; [`Value::Nothing`] otherwise.
    pub output: Value,
    /// Why it did not end ok.
    pub cause: Option<Cause>,
}

/// What the checkers know of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    /// `n0`, …
    pub name: String,
    /// False if it was killed for good (by a schedule, or by itself): its final
    /// state is then not judged here.
    pub judged: bool,
}

/// Everything the clients saw. `operations` is in the order of invocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The nodes.
    pub nodes: Vec<NodeRecord>,
    /// One per invocation.
    pub operations: Vec<Operation>,
    /// Indices into `operations` in the order of completion. Views are relative
    /// in this order.
    pub completions: Vec<usize>,
    /// The elements that [`Value::Element`] and [`Value::View`] speak of.
    pub elements: Elements,
}

impl History {
    /// The operations that ended, in the order of completion.
    pub fn completed(&self) -> impl Iterator<Item = (usize, &Operation)> {
        self.completions
            .iter()
            .map(|&index| (index, &self.operations[index]))
    }
}

/// The elements of a run: every JSON value that was added or shown, numbered in
/// the order of first sight. Equal JSON values get equal numbers whatever their
/// spelling (`{"a":1,"b":2}` and `{ "b":2, "a":1 }`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elements {
    texts: Vec<String>,
    numbers: BTreeMap<String, Element>,
    /// Small non-negative integers, the usual case, by value; `u32::MAX` for unseen.
    integers: Vec<Element>,
}

impl Elements {
    const UNSEEN: Element = Element::MAX;
    const SMALL: usize = 1 << 22;

    /// The element of a non-negative integer.
    pub fn intern_int(&mut self, value: u64) -> Element {
        let small = usize::try_from(value).ok();
        let Some(index) = small.filter(|&index| index < Self::SMALL) else {
            return self.intern_text(value.to_string());
        };
        if self.integers.len() <= index {
            self.integers.resize(index + 1, Self::UNSEEN);
        }
        if self.integers[index] == Self::UNSEEN {
            self.integers[index] = self.push(value.to_string());
        }
        self.integers[index]
    }

    /// The element of a JSON text.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub fn intern(&mut self, json: &str) -> serde_json::Result<Element> {
        let bytes = json.as_bytes();
        let plain = matches!(bytes, [b'0'] | [b'1'..=b'9', ..])
            && bytes.len() < 16
            && bytes.iter().all(u8::is_ascii_digit);
        if plain {
            return Ok(self.intern_int(json.parse().expect("fewer than 16 digits")));
        }
        // Nodes mostly show a value as it was sent, which was its canonical text.
        if let Some(&number) = self.numbers.get(json) {
            return Ok(number);
        }
        let text = canonical(json)?;
        match text.parse() {
            Ok(integer) if text.len() < 16 => Ok(self.intern_int(integer)),
            _ => Ok(self.intern_text(text)),
        }
    }

    /// The JSON text of an element.
    #[must_use]
    pub fn text(&self, element: Element) -> &str {
        &self.texts[element as usize]
    }

    /// How many there are; elements are `0..len`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn intern_text(&mut self, text: String) -> Element {
        if let Some(&number) = self.numbers.get(&text) {
            return number;
        }
        let number = self.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    fn push(&mut self, text: String) -> Element {
        let number = Element::try_from(self.texts.len()).expect("fewer than 2^32 elements");
        self.texts.push(text);
        number
    }
}

/// Turns the lists that reads of each node show into [`View`]s.
#[derive(Clone, Debug, Default)]
pub struct Views {
    nodes: Vec<Shown>,
}

#[derive(Clone, Debug, Default)]
struct Shown {
    /// Per element: the number of the last read of this node that showed it, 0 for never.
    last: Vec<u32>,
    /// Per element: whether some read of this node listed it more than once.
    repeated: Vec<bool>,
    /// What the last read showed, each element once.
    current: Vec<Element>,
    reads: u32,
}

impl Views {
    /// The view of a read that completed on `node` (an index) just now.
    pub fn observe(&mut self, node: usize, list: &[Element]) -> Box<View> {
        if self.nodes.len() <= node {
            self.nodes.resize_with(node + 1, Shown::default);
        }
        Box::new(self.nodes[node].observe(list))
    }
}

impl Shown {
    fn observe(&mut self, list: &[Element]) -> View {
        self.reads += 1;
        let mut view = View {
            len: u32::try_from(list.len()).expect("a list of fewer than 2^32 entries"),
            ..View::default()
        };
        let mut repetitions = 0;
        for &element in list {
            let index = element as usize;
            if self.last.len() <= index {
                self.last.resize(index + 1, 0);
                self.repeated.resize(index + 1, false);
            }
            let last = std::mem::replace(&mut self.last[index], self.reads);
            if last == self.reads {
                repetitions += 1;
                if !std::mem::replace(&mut self.repeated[index], true) {
                    view.repeated.push(element);
                }
            } else if last == 0 || last + 1 != self.reads {
                view.added.push(element);
            }
        }
        // Every entry is new, repeated or was shown before; only when fewer were
        // shown again than the last read showed is something gone.
        let shown_again = list.len() - repetitions - view.added.len();
        if shown_again < self.current.len() {
            let (last, reads) = (&self.last, self.reads);
            let gone = |element: &Element| last[*element as usize] != reads;
            view.removed = self.current.iter().copied().filter(gone).collect();
            view.removed.sort_unstable();
            self.current.retain(|element| !gone(element));
        }
        self.current.extend_from_slice(&view.added);
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_json_values_are_one_element_and_different_ones_are_not() {
        let mut elements = Elements::default();
        let mut number = |text: &str| elements.intern(text).unwrap();
        assert_eq!(number("{\"a\":1,\"b\":2}"), number("{ \"b\":2, \"a\":1 }"));
        assert_eq!(number("7"), number(" 7 "));
        assert_ne!(number("7"), number("\"7\""));
        assert_ne!(number("7"), number("7.0"));
        assert_ne!(number("-7"), number("7"));
        let large = "100000000000000000000000000000000000001";
        assert_ne!(
            number(large),
            number("100000000000000000000000000000000000002")
        );
        assert_eq!(elements.intern_int(7), elements.intern("7").unwrap());
        assert_eq!(
            elements.intern_int(1 << 40),
            elements.intern(&(1_u64 << 40).to_string()).unwrap()
        );
        assert!(elements.intern("[1").is_err());
        let element = elements.intern(large).unwrap();
        assert_eq!(elements.text(element), large);
    }

    #[test]
    fn a_node_that_lists_everything_twice_in_every_read_costs_no_more_than_one_that_does_it_once() {
        let list: Vec<Element> = (0..1_000).chain(0..1_000).collect();
        let mut views = Views::default();
        let first = views.observe(0, &list);
        assert_eq!(
            (first.len, first.added.len(), first.repeated.len()),
            (2_000, 1_000, 1_000)
        );
        assert_eq!(
            *views.observe(0, &list),
            View {
                len: 2_000,
                ..View::default()
            }
        );
    }

    proptest! {
        #[test]
        fn views_agree_with_comparing_whole_lists(
            reads in proptest::collection::vec((0..3_usize, proptest::collection::vec(0..8_u32, 0..10)), 0..20),
        ) {
            let mut views = Views::default();
            let mut before: Vec<Vec<Element>> = vec![Vec::new(); 3];
            let mut doubled: Vec<Vec<Element>> = vec![Vec::new(); 3];
            for (node, list) in reads {
                let view = views.observe(node, &list);
                let mut added = Vec::new();
                for (index, element) in list.iter().enumerate() {
                    let again = list[..index].contains(element);
                    if !again && !before[node].contains(element) {
                        added.push(*element);
                    }
                    if again && !doubled[node].contains(element) {
                        doubled[node].push(*element);
                        prop_assert!(view.repeated.contains(element));
                    }
                }
                let mut removed = before[node].clone();
                removed.sort_unstable();
                removed.dedup();
                removed.retain(|element| !list.contains(element));
                prop_assert_eq!(view.len as usize, list.len());
                prop_assert_eq!(view.added, added);
                prop_assert_eq!(view.removed, removed);
                let new = doubled[node].len().saturating_sub(view.repeated.len());
                prop_assert_eq!(&doubled[node][new..], &view.repeated[..]);
                before[node] = list;
            }
        }
    }
}
