//! A set of JSON values, in the order they came, as the text they came in.
//!
//! Equal values count once however they are spelled: `{"a":1,"b":2}` and
//! `{ "b":2, "a":1.0e0 }` differ (1 is not 1.0), `{ "b":2, "a":1 }` does not.
//! Small integers, the usual case, are looked up by index.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The position of a value in its set, in the order of insertion.
pub type Index = u32;

/// A set of JSON values. See the module.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// All values, one after the other.
    text: String,
    /// Where each value ends in `text`.
    ends: Vec<usize>,
    /// The index of each small integer, plus one; 0 if it is not here.
    integers: Vec<Index>,
    /// The index of every other value, by canonical text.
    others: BTreeMap<String, Index>,
}

/// What [`Values::insert`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// Where the value stands.
    pub index: Index,
    /// Whether it was not there before.
    pub new: bool,
}

impl Values {
    /// Adds a value, given as valid JSON text; a value equal to one that is here
    /// changes nothing.
    pub fn insert(&mut self, json: &str) -> Inserted {
        let next = Index::try_from(self.ends.len() + 1).expect("fewer than 2^32 values");
        let slot = match small_integer(json.as_bytes()) {
            Some(number) => {
                if self.integers.len() <= number {
                    self.integers.resize(number + 1, 0);
                }
                &mut self.integers[number]
            }
            None => self.others.entry(canonical(json)).or_default(),
        };
        if *slot != 0 {
            let index = *slot - 1;
            return Inserted { index, new: false };
        }
        *slot = next;
        self.text.push_str(json);
        self.ends.push(self.text.len());
        let index = next - 1;
        Inserted { index, new: true }
    }

    /// Where a value stands, if it is here.
    #[must_use]
    pub fn find(&self, json: &str) -> Option<Index> {
        let slot = match small_integer(json.as_bytes()) {
            Some(number) => self.integers.get(number),
            None => self.others.get(&canonical(json)),
        };
        slot.and_then(|slot| slot.checked_sub(1))
    }

    /// The text of a value, as it came.
    ///
    /// # Panics
    /// If there is no such value.
    #[must_use]
    pub fn text(&self, index: Index) -> &str {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// How many values there are; indices are `0..len`.
    #[must_use]
    pub fn len(&self) -> Index {
        Index::try_from(self.ends.len()).expect("fewer than 2^32 values")
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Integers looked up by index: 16 MiB at most.
const SMALL: usize = 1 << 22;

/// The number, if it is one of those and written plainly.
pub(super) fn small_integer(digits: &[u8]) -> Option<usize> {
    if !matches!(digits, [b'0'] | [b'1'..=b'9', ..]) || digits.len() > 7 {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    (number < SMALL).then_some(number)
}

/// Deeper values than this are compared as written, so that no value can overflow
/// the stack.
const MAX_DEPTH: usize = 64;

/// One text for all spellings of a value: no white space, keys sorted, strings
/// escaped alike, fractions as the shortest text of their `f64`, integers of any
/// size as they are.
pub(crate) fn canonical(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    write_canonical(json, 0, &mut text);
    text
}

fn write_canonical(json: &str, depth: usize, out: &mut String) {
    let json = json.trim_ascii();
    let rewritten = depth < MAX_DEPTH
        && match json.as_bytes().first() {
            Some(b'{') => write_object(json, depth, out).is_some(),
            Some(b'[') => write_list(json, depth, out).is_some(),
            Some(b'"') => write_scalar::<String>(json, out).is_some(),
            Some(b'-' | b'0'..=b'9') if json.contains(['.', 'e', 'E']) => {
                write_scalar::<f64>(json, out).is_some()
            }
            _ => false,
        };
    if !rewritten {
        out.push_str(json);
    }
}

fn write_object(json: &str, depth: usize, out: &mut String) -> Option<()> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
    for (at, (key, value)) in fields.iter().enumerate() {
        out.push(if at == 0 { '{' } else { ',' });
        out.push_str(&serde_json::to_string(key).ok()?);
        out.push(':');
        write_canonical(value.get(), depth + 1, out);
    }
    out.push_str(if fields.is_empty() { "{}" } else { "}" });
    Some(())
}

fn write_list(json: &str, depth: usize, out: &mut String) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    for (at, item) in items.iter().enumerate() {
        out.push(if at == 0 { '[' } else { ',' });
        write_canonical(item.get(), depth + 1, out);
    }
    out.push_str(if items.is_empty() { "[]" } else { "]" });
    Some(())
}

fn write_scalar<'a, T>(json: &'a str, out: &mut String) -> Option<()>
where
    T: Deserialize<'a> + serde::Serialize,
{
    let value: T = serde_json::from_str(json).ok()?;
    out.push_str(&serde_json::to_string(&value).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text_and_their_order() {
        let mut values = Values::default();
        let texts = [
            "3",
            "\"a\\u0062\"",
            "12345678901234567890123",
            "null",
            "{ \"b\":[1, 2] }",
            "0",
        ];
        for (index, text) in (0..).zip(texts) {
            assert_eq!(values.insert(text), Inserted { index, new: true });
        }
        for (index, text) in (0..).zip(texts) {
            assert_eq!(values.text(index), text);
            assert_eq!(values.find(text), Some(index));
            assert_eq!(values.insert(text), Inserted { index, new: false });
        }
        assert_eq!(values.len(), 6);
    }

    #[test]
    fn equal_values_count_once_however_they_are_spelled() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[true,null]}"#,
                r#"{ "b" : [ true , null ], "a":1 }"#,
            ),
            (r#""ab""#, r#""\u0061b""#),
            ("1.50", "15e-1"),
            ("[]", "[ ]"),
            ("{}", "{ }"),
        ] {
            let mut values = Values::default();
            values.insert(one);
            assert!(!values.insert(other).new, "{one} and {other}");
        }
    }

    #[test]
    fn different_values_stay_apart() {
        let texts = [
            "1",
            "1.0",
            "\"1\"",
            "[1]",
            "-1",
            "4194303",
            "4194304",
            "true",
            "{\"a\":1}",
            "{\"a\":2}",
            "12345678901234567890123",
            "12345678901234567890124",
            "\"\"",
            "null",
            "[]",
            "{}",
        ];
        let mut values = Values::default();
        for text in texts {
            assert_eq!(values.find(text), None, "{text}");
            assert!(values.insert(text).new, "{text}");
        }
    }

    #[test]
    fn a_value_of_any_depth_is_taken() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let mut values = Values::default();
        assert!(values.insert(&deep).new);
        assert!(!values.insert(&deep).new);
    }
}
