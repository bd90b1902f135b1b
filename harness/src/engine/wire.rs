//! From a line that a node wrote to a message, or to what is wrong with it.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;
use swelkie_nodes::Body;
use swelkie_nodes::envelope::{self, Envelope};

use super::conduct::Offence;
use crate::text::excerpt;

/// A line, taken apart without a copy.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The sender it names.
    pub src: Cow<'a, str>,
    /// The destination it names.
    pub dest: Cow<'a, str>,
    /// Its body, a JSON object.
    pub body: Body,
}

/// Takes a line apart.
///
/// # Errors
/// With the kind of offence and its story.
pub fn parse<'a>(line: &'a Bytes) -> Result<Parsed<'a>, (Offence, String)> {
    if let Some(parsed) = parse_usual(line) {
        return Ok(parsed);
    }
    let envelope: Envelope<'a> = serde_json::from_slice(line).map_err(|err| explain(line, &err))?;
    let body = envelope.body.get().as_bytes();
    if body.first() != Some(&b'{') {
        let story = format!(
            "wrote a message whose body is not an object: `{}`; expected {SHAPE}",
            excerpt(line, 120)
        );
        return Err((Offence::NotAMessage, story));
    }
    Ok(Parsed {
        src: envelope.src,
        dest: envelope.dest,
        body: Body::from_json(line.slice_ref(body)),
    })
}

/// The usual spelling, by position; only the body goes through a parser.
fn parse_usual<'a>(line: &'a Bytes) -> Option<Parsed<'a>> {
    let (src, dest, body) = envelope::split(line)?;
    let body: &RawValue = serde_json::from_slice(body).ok()?;
    let body = body.get().as_bytes();
    (body.first() == Some(&b'{')).then(|| Parsed {
        src: src.into(),
        dest: dest.into(),
        body: Body::from_json(line.slice_ref(body)),
    })
}

const SHAPE: &str = r#"one {"src": string, "dest": string, "body": object} per line"#;

/// The cold path: why a line is no message.
fn explain(line: &[u8], err: &serde_json::Error) -> (Offence, String) {
    let shown = excerpt(line, 120);
    if line.iter().all(u8::is_ascii_whitespace) {
        return (
            Offence::BlankLine,
            format!("wrote a blank line; expected {SHAPE}"),
        );
    }
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<&RawValue>();
    let first = values.next();
    let more = values.next();
    match (first, more) {
        (Some(Ok(_)), Some(Ok(_))) => (
            Offence::SeveralObjects,
            format!(
                "wrote several JSON values on one line: `{shown}`; expected {SHAPE}: print a newline after each"
            ),
        ),
        (Some(Ok(_)), None) => (
            Offence::NotAMessage,
            format!("wrote JSON that is not a message: `{shown}` ({err}); expected {SHAPE}"),
        ),
        _ => (
            Offence::NotJson,
            format!(
                "wrote a line that is not JSON: `{shown}` ({err}); expected {SHAPE}: write logs to stderr, not stdout"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offence(line: &'static [u8]) -> Offence {
        match parse(&Bytes::from_static(line)) {
            Ok(_) => panic!("accepted"),
            Err((kind, _)) => kind,
        }
    }

    #[test]
    fn a_body_is_passed_on_to_the_byte() {
        let line = br#"{"id": 18446744073709551999, "src":"n0","dest":"n1","x":[], "body": {"a" : 1e400,"a":"\u00e9"} }"#;
        let line = Bytes::from_static(line);
        let parsed = parse(&line).expect("a message");
        assert_eq!(
            parsed.body.as_bytes(),
            &br#"{"a" : 1e400,"a":"\u00e9"}"#[..]
        );
        assert_eq!((&*parsed.src, &*parsed.dest), ("n0", "n1"));
    }

    #[test]
    fn each_way_to_write_garbage_has_its_own_name() {
        assert_eq!(offence(b"hello"), Offence::NotJson);
        assert_eq!(offence(b"{\"src\":\"n0\""), Offence::NotJson);
        assert_eq!(offence(b"\xff\xfe{}"), Offence::NotJson);
        assert_eq!(offence(b"  "), Offence::BlankLine);
        assert_eq!(offence(b"{}"), Offence::NotAMessage);
        assert_eq!(offence(b"[1]"), Offence::NotAMessage);
        assert_eq!(
            offence(br#"{"src":"n0","dest":"n1","body":[]}"#),
            Offence::NotAMessage
        );
        assert_eq!(
            offence(br#"{"src":"n0","dest":"n1","body":{}}{"src":"n0","dest":"n1","body":{}}"#),
            Offence::SeveralObjects
        );
        assert_eq!(
            offence(b"{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{\"a\":\"\x00\"}}"),
            Offence::NotJson
        );
    }

    #[test]
    fn deeply_nested_bodies_do_not_overflow_the_stack() {
        let deep = format!(
            r#"{{"src":"n0","dest":"n1","body":{{"a":{}{}}}}}"#,
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        assert!(parse(&Bytes::from(deep)).is_ok());
    }
}
