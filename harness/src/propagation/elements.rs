//! The elements of a run, to be found by what a body says.

use std::collections::BTreeMap;

use swelkie_checkers::{Element, Elements, History, Nanos, Outcome, Value};

/// When clients asked for an element to be added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The first time.
    pub invoked: Nanos,
    /// When a node acknowledged it first.
    pub acked: Option<Nanos>,
    /// Every attempt definitely failed.
    pub failed: bool,
}

/// The elements that clients asked to be added. What reads alone showed is none.
pub(crate) struct Known {
    asked: Vec<Option<Asked>>,
    /// By value; [`Known::NONE`] where there is none.
    integers: Vec<Element>,
    /// Everything else, by canonical JSON text.
    others: BTreeMap<String, Element>,
}

impl Known {
    const NONE: Element = Element::MAX;
    const SMALL: u64 = 1 << 22;

    pub fn of(history: &History) -> Known {
        let mut known = Known {
            asked: vec![None; history.elements.len()],
            integers: Vec::new(),
            others: BTreeMap::new(),
        };
        for operation in &history.operations {
            let Value::Element(element) = operation.input else {
                continue;
            };
            let failed = operation.outcome == Outcome::Fail;
            let acked = operation
                .completed
                .filter(|_| operation.outcome == Outcome::Ok);
            let slot = &mut known.asked[element as usize];
            if let Some(asked) = slot {
                asked.failed &= failed;
                asked.acked = asked.acked.into_iter().chain(acked).min();
            } else {
                *slot = Some(Asked {
                    invoked: operation.invoked,
                    acked,
                    failed,
                });
                known.add(element, history.elements.text(element));
            }
        }
        known
    }

    fn add(&mut self, element: Element, text: &str) {
        match text.parse::<u64>() {
            Ok(integer) if integer < Self::SMALL => {
                let index = integer as usize;
                self.integers
                    .resize(self.integers.len().max(index + 1), Self::NONE);
                self.integers[index] = element;
            }
            _ => {
                self.others.insert(text.to_owned(), element);
            }
        }
    }

    /// The bound of element numbers.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// When it was asked for; none for what nobody asked for.
    pub fn asked(&self, element: Element) -> Option<&Asked> {
        self.asked[element as usize].as_ref()
    }

    /// Whether there are elements other than small non-negative integers.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// The element that is this integer.
    pub fn find_integer(&self, integer: u64) -> Option<Element> {
        if integer < Self::SMALL {
            let element = self.integers.get(integer as usize).copied();
            return element.filter(|&element| element != Self::NONE);
        }
        self.find_other(&integer.to_string())
    }

    /// The element that this JSON text spells.
    pub fn find(&self, json: &str) -> Option<Element> {
        match plain_integer(json.as_bytes()) {
            Some(integer) => self.find_integer(integer),
            None => self.find_other(json),
        }
    }

    fn find_other(&self, json: &str) -> Option<Element> {
        if self.others.is_empty() {
            return None;
        }
        // Elements know the one spelling that equal values share.
        let mut spelling = Elements::default();
        let element = spelling.intern(json).ok()?;
        self.others.get(spelling.text(element)).copied()
    }

    /// Adds the elements that a JSON list of values names; false if it is no list.
    pub fn find_all(&self, list: &str, found: &mut Vec<Element>) -> bool {
        let inner = list
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = inner.map(str::as_bytes) else {
            return list == "null";
        };
        let plain = inner
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b',');
        if plain {
            for digits in inner
                .split(|&byte| byte == b',')
                .filter(|digits| !digits.is_empty())
            {
                found.extend(plain_integer(digits).and_then(|integer| self.find_integer(integer)));
            }
            return true;
        }
        let values: serde_json::Result<Vec<&serde_json::value::RawValue>> =
            serde_json::from_str(list);
        if let Ok(values) = &values {
            found.extend(values.iter().filter_map(|value| self.find(value.get())));
        }
        values.is_ok()
    }
}

/// The value of digits without a leading zero that surely fit.
pub(super) fn plain_integer(digits: &[u8]) -> Option<u64> {
    let plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() < 16;
    let number = |number: u64, byte: &u8| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u64::from(byte - b'0'))
    };
    digits.iter().try_fold(0, number).filter(|_| plain)
}
