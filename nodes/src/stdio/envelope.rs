//! Reading a message from its line.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::{Body, Message, NodeId};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    src: Cow<'a, str>,
    #[serde(borrow)]
    dest: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Reads one line.
///
/// # Errors
/// If it is no message; what is wrong with it.
pub fn read(line: &[u8]) -> Result<Message, String> {
    if let Some(message) = read_plain(line) {
        return Ok(message);
    }
    let envelope: Envelope = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let body = envelope.body.get().as_bytes();
    if body.first() != Some(&b'{') {
        return Err("the body is not an object".to_owned());
    }
    Ok(message(&envelope.src, &envelope.dest, body))
}

fn message(src: &str, dest: &str, body: &[u8]) -> Message {
    Message {
        src: NodeId::from(src),
        dest: NodeId::from(dest),
        body: Body::from_json(Bytes::copy_from_slice(body)),
    }
}

/// The shape harnesses write, `{"id":7,"src":"c1","dest":"n1","body":{…}}`, with
/// nothing nested or escaped in the body: a third of the time. None for any other
/// line, which may still be a message. What is between the body's braces is left
/// to the node's own parser.
fn read_plain(line: &[u8]) -> Option<Message> {
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
    let inside = body.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let flat = memchr::memchr3(b'{', b'}', b'\\', inside).is_none();
    flat.then(|| message(src, dest, body))
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

    fn parts(line: &str) -> Option<(String, String, String)> {
        let message = read(line.as_bytes()).ok()?;
        let body = String::from_utf8(message.body.as_bytes().to_vec()).unwrap();
        Some((message.src.to_string(), message.dest.to_string(), body))
    }

    #[test]
    fn a_message_is_read_alike_in_the_plain_shape_and_in_any_other() {
        for body in [
            "{}",
            r#"{"type":"a","n":[1, 2]}"#,
            r#"{"a":{"b":"}"}}"#,
            r#"{"a":"\\\"}"}"#,
        ] {
            let expected = Some(("c1".to_owned(), "n1".to_owned(), body.to_owned()));
            for line in [
                format!(r#"{{"id":7,"src":"c1","dest":"n1","body":{body}}}"#),
                format!(r#"{{"src":"c1","dest":"n1","body":{body}}}"#),
                format!(r#"{{"src":"c1","dest":"n1","body":{body},"x":{{}}}}"#),
                format!(r#"{{"src":"c1","dest":"n1","body":{body},"x":2}}"#),
                format!(
                    r#" {{"body" : {body} , "dest":"n1", "src":"\u00631","id":18446744073709551615}} "#
                ),
            ] {
                assert_eq!(parts(&line), expected, "{line}");
            }
        }
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        for line in [
            "",
            "{}",
            "null",
            r#"{"src":"c1","dest":"n1","body":{}"#,
            r#"{"src":"c1","dest":"n1","body":[]}"#,
            r#"{"src":"c1","dest":"n1","body":{}}}"#,
            r#"{"src":"c1","dest":"n1","body":{}}{"src":"c1","dest":"n1","body":{}}"#,
            r#"{"src":"c1","dest":7,"body":{}}"#,
            r#"{"src":"c1,"dest":"n1","body":{}}"#,
            r#"{"id":,"src":"c1","dest":"n1","body":{}}"#,
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
    }
}
