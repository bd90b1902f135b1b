//! Reading a message from its line.

use bytes::Bytes;

use crate::envelope::{self, Envelope};
use crate::protocol::{Body, Message, NodeId};

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

/// A line in the usual shape with nothing nested or escaped in the body: a third of
/// the time. What is between the body's braces is left to the node's own parser.
fn read_plain(line: &[u8]) -> Option<Message> {
    let (src, dest, body) = envelope::split(line)?;
    let inside = body.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let flat = memchr::memchr3(b'{', b'}', b'\\', inside).is_none();
    flat.then(|| message(src, dest, body))
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
