//! The envelope of a message, read without a parser in the usual case.
//!
//! A line is nearly always written as `{"id":7,"src":"c1","dest":"n1","body":{…}}`,
//! in this order and without spaces. Taking it apart by position costs a fraction of
//! what a JSON parser takes; any other spelling is left to one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Any line that is a message, for a JSON parser. Other top-level keys are ignored.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// The sender it names.
    #[serde(borrow)]
    pub src: Cow<'a, str>,
    /// The destination it names.
    #[serde(borrow)]
    pub dest: Cow<'a, str>,
    /// Any JSON; a message's is an object.
    #[serde(borrow)]
    pub body: &'a RawValue,
}

/// A line in the usual shape, taken apart: `src`, `dest` and the text between
/// `"body":` and the line's last brace, which is *not* validated. The id may be
/// missing. None for any other line, which may still be a message.
#[must_use]
pub fn split(line: &[u8]) -> Option<(&str, &str, &[u8])> {
    let rest = line.strip_prefix(b"{")?;
    let rest = match rest.strip_prefix(b"\"id\":") {
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest[digits..].strip_prefix(b",").filter(|_| digits > 0)?
        }
        None => rest,
    };
    let (src, rest) = name(rest.strip_prefix(b"\"src\":\"")?)?;
    let (dest, rest) = name(rest.strip_prefix(b",\"dest\":\"")?)?;
    let body = rest.strip_prefix(b",\"body\":")?.strip_suffix(b"}")?;
    Some((src, dest, body))
}

/// A name up to its closing quote, and what follows.
fn name(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?;
    let name = std::str::from_utf8(&text[..end]).ok()?;
    Some((name, text[end..].strip_prefix(b"\"")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_shape_is_taken_apart() {
        let usual = br#"{"id":7,"src":"c1","dest":"n-1","body":{"a":1}}"#;
        assert_eq!(split(usual), Some(("c1", "n-1", &b"{\"a\":1}"[..])));
        let without_id = br#"{"src":"c1","dest":"n1","body":{}}"#;
        assert_eq!(split(without_id), Some(("c1", "n1", &b"{}"[..])));
        for other in [
            &br#"{"dest":"n1","src":"c1","body":{}}"#[..],
            br#"{"src": "c1","dest":"n1","body":{}}"#,
            br#"{"src":"c\u0031","dest":"n1","body":{}}"#,
            br#"{"id":,"src":"c1","dest":"n1","body":{}}"#,
            b"",
        ] {
            assert_eq!(split(other), None);
        }
    }
}
