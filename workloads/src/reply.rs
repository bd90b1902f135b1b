//! Reading a reply: its type, and the one field a workload asks for.
//!
//! A reply is data a stranger wrote. What is wrong with it is said precisely,
//! and what it says is shortened and escaped before anyone sees it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use swelkie_checkers::text::safe;
use swelkie_checkers::{Element, Elements, Value};
use swelkie_nodes::Body;

use crate::workload::{Malformed, Output};

/// What a reply must look like.
pub(crate) struct Form {
    /// Its `type`.
    pub kind: &'static str,
    /// The field that is read from it; none if its type says it all.
    pub field: Option<&'static str>,
    /// The whole expectation, a phrase: ``a `read_ok` with `messages`, a list``.
    pub phrase: &'static str,
}

impl Form {
    /// The text of the field in a reply of this form.
    pub fn field<'a>(&self, body: &'a Body) -> Result<&'a RawValue, Malformed> {
        let name = self.field.expect("a form with a field");
        let fields = self.fields(body)?;
        fields
            .wanted
            .ok_or_else(|| self.malformed(format!("`{name}` is missing")))
    }

    /// As [`Form::field`], for a field that a checker will read as JSON: nested no
    /// deeper than a parser follows.
    pub fn readable_field<'a>(&self, body: &'a Body) -> Result<&'a str, Malformed> {
        const DEPTH: usize = 127;
        let text = self.field(body)?.get();
        // What is shorter than that cannot be deeper.
        if text.len() > DEPTH
            && let Err(error) = serde_json::from_str::<serde_json::Value>(text)
        {
            return Err(self.unreadable(&error));
        }
        Ok(text)
    }

    /// What a reply returned that only has to have the right type.
    pub fn acknowledgement(&self, body: &Body) -> Result<Output<'static>, Malformed> {
        self.fields(body)?;
        Ok(Output {
            value: Value::Nothing,
            json: Cow::Borrowed("null"),
        })
    }

    /// The elements of a field that is a list; null is an empty one.
    pub fn list(
        &self,
        text: &RawValue,
        elements: &mut Elements,
    ) -> Result<Vec<Element>, Malformed> {
        let text = text.get();
        if text == "null" {
            return Ok(Vec::new());
        }
        if !text.starts_with('[') {
            return Err(self.unlike(text));
        }
        let mut list = Vec::new();
        let mut inside = text[1..].trim_ascii_start();
        while !inside.starts_with(']') {
            let entry = entry(inside, elements);
            let (element, length) = entry.map_err(|error| self.unreadable(&error))?;
            list.push(element);
            inside = inside[length..].trim_ascii_start();
            inside = inside
                .strip_prefix(',')
                .unwrap_or(inside)
                .trim_ascii_start();
        }
        Ok(list)
    }

    /// The element of a field that may be any JSON.
    pub fn element(&self, text: &RawValue, elements: &mut Elements) -> Result<Element, Malformed> {
        let element = elements.intern(text.get());
        element.map_err(|error| self.unreadable(&error))
    }

    /// A field that is an integer.
    pub fn integer(&self, text: &RawValue) -> Result<i64, Malformed> {
        let text = text.get();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unlike(text));
        }
        text.parse().map_err(|_| {
            let name = self.field.unwrap_or_default();
            self.malformed(format!(
                "`{name}` is {}, more than 64 bits hold",
                safe(text)
            ))
        })
    }

    fn fields<'a>(&self, body: &'a Body) -> Result<Fields<'a>, Malformed> {
        let mut reader = serde_json::Deserializer::from_slice(body.as_bytes());
        let wanted = Wanted(self.field.unwrap_or_default());
        let fields = wanted
            .deserialize(&mut reader)
            .map_err(|error| self.malformed(format!("its body cannot be read: {error}")))?;
        let Some(kind) = fields.kind else {
            return Err(self.malformed("`type` is missing".to_owned()));
        };
        let right =
            serde_json::from_str::<Cow<str>>(kind.get()).is_ok_and(|kind| kind == self.kind);
        if right {
            return Ok(fields);
        }
        Err(self.malformed(format!("`type` is {}", safe(kind.get()))))
    }

    fn unlike(&self, text: &str) -> Malformed {
        let name = self.field.unwrap_or_default();
        self.malformed(format!("`{name}` is {}", safe(text)))
    }

    fn unreadable(&self, error: &serde_json::Error) -> Malformed {
        let name = self.field.unwrap_or_default();
        self.malformed(format!("`{name}` cannot be read: {error}"))
    }

    fn malformed(&self, found: String) -> Malformed {
        Malformed {
            expected: self.phrase.to_owned(),
            found,
        }
    }
}

/// The fields of a reply that matter, as their author wrote them.
struct Fields<'a> {
    kind: Option<&'a RawValue>,
    wanted: Option<&'a RawValue>,
}

/// Reads the `type` and the field of this name; of a repeated field the last one counts.
struct Wanted<'w>(&'w str);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Fields<'de>, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields {
            kind: None,
            wanted: None,
        };
        while let Some(key) = map.next_key_seed(Name { wanted: self.0 })? {
            match key {
                Key::Type => fields.kind = Some(map.next_value()?),
                Key::Wanted => fields.wanted = Some(map.next_value()?),
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

enum Key {
    Type,
    Wanted,
    Other,
}

struct Name<'w> {
    wanted: &'w str,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Key, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(match name {
            "type" => Key::Type,
            name if name == self.wanted => Key::Wanted,
            _ => Key::Other,
        })
    }
}

/// The first entry of the inside of a JSON list, and how many bytes it takes.
/// Lists of a hundred thousand integers are usual: one costs no allocation.
fn entry(inside: &str, elements: &mut Elements) -> serde_json::Result<(Element, usize)> {
    const PLAIN: usize = 16;
    let digits = inside
        .bytes()
        .take(PLAIN)
        .take_while(u8::is_ascii_digit)
        .count();
    let ends = matches!(inside.as_bytes().get(digits), Some(b',' | b']'));
    if ends && (1..PLAIN).contains(&digits) {
        let value = inside[..digits].parse().expect("fewer than 16 digits");
        return Ok((elements.intern_int(value), digits));
    }
    let mut texts = serde_json::Deserializer::from_str(inside).into_iter::<&RawValue>();
    let text = texts
        .next()
        .expect("an entry of a list that was parsed before")?;
    Ok((elements.intern(text.get())?, texts.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const LIST: Form = Form {
        kind: "read_ok",
        field: Some("messages"),
        phrase: "a `read_ok` with `messages`, a list",
    };

    fn body(text: &str) -> Body {
        Body::from_json(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn an_entry_of_a_list_is_the_same_element_as_its_text_alone() {
        for text in [
            "0",
            "7",
            "4194304",
            "18446744073709551615",
            "123456789012345678901234567890",
            "-1",
            "-0",
            "1.5",
            "1e2",
            "1E400",
            "true",
            "null",
            "\"a\\u0062\\n\"",
            "\"\"",
            "[1, [2]]",
            "{ \"b\": [1.0], \"a\": null }",
            "[]",
            "{}",
        ] {
            let mut elements = Elements::default();
            let list = LIST.list(&raw(&format!("[{text}]")), &mut elements);
            match elements.clone().intern(text) {
                Ok(alone) => assert_eq!(list.unwrap(), [alone], "{text}"),
                Err(_) => assert!(list.is_err(), "{text}"),
            }
        }
    }

    #[test]
    fn a_list_nested_beyond_reason_is_malformed_and_overflows_no_stack() {
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        let error = LIST
            .list(&raw(&deep), &mut Elements::default())
            .unwrap_err();
        assert!(
            error
                .found
                .starts_with("`messages` cannot be read: nested more"),
            "{error}"
        );
    }

    #[test]
    fn of_a_repeated_field_the_last_one_counts() {
        let body = body(r#"{"messages":[1],"type":"error","type":"read_ok","messages":[2]}"#);
        assert_eq!(LIST.field(&body).unwrap().get(), "[2]");
    }

    #[test]
    fn an_escaped_field_name_is_the_field() {
        let body = body(r#"{"t\u0079pe":"re\u0061d_ok","messa\u0067es":[]}"#);
        assert_eq!(LIST.field(&body).unwrap().get(), "[]");
    }
}
