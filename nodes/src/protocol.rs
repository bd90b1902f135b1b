//! The wire: messages, bodies and error codes.
//!
//! A message is `{"src": string, "dest": string, "body": object}` on one line.
//! A [`Body`] is kept as the JSON text its author wrote and is never rewritten
//! on its way, so numbers keep their precision and unknown keys survive.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The name of a node, client or service: `n0`, `c3`, `lin-kv`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(CompactString);

impl NodeId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeId {
    fn from(name: &str) -> Self {
        NodeId(name.into())
    }
}

impl From<String> for NodeId {
    fn from(name: String) -> Self {
        NodeId(name.into())
    }
}

impl std::borrow::Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The body of a message: the text of one JSON object. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// Wraps text that is known to be one JSON object, as a validating parser saw it.
    #[must_use]
    pub fn from_json(text: Bytes) -> Body {
        debug_assert!(text.first() == Some(&b'{') && text.last() == Some(&b'}'));
        Body(text)
    }

    /// Joins pieces of text to the text of one JSON object. For hot paths, where
    /// most of a body is at hand as text already.
    #[must_use]
    pub fn concat(pieces: &[&str]) -> Body {
        Body::from_json(pieces.concat().into())
    }

    /// Serialises a value that becomes a JSON object (a struct, a map).
    ///
    /// # Panics
    /// If the value does not serialise to a JSON object: a programming error.
    pub fn encode(value: &(impl Serialize + ?Sized)) -> Body {
        Body(encode_object(value).into())
    }

    /// Like [`Body::encode`], with one more integer field at the end. How
    /// `msg_id` and `in_reply_to` are added without building a tree.
    pub fn encode_with(value: &(impl Serialize + ?Sized), field: &str, number: &str) -> Body {
        let mut text = encode_object(value);
        splice(&mut text, field, number);
        Body(text.into())
    }

    /// This body with one more field at the end; `json` is the field's JSON text.
    #[must_use]
    pub fn with_field(&self, field: &str, json: &str) -> Body {
        let mut text = Vec::with_capacity(self.0.len() + field.len() + json.len() + 4);
        text.extend_from_slice(&self.0);
        splice(&mut text, field, json);
        Body(text.into())
    }

    /// The same object without line ends: a message is one line. In JSON they stand
    /// only where a space may.
    #[must_use]
    pub fn on_one_line(self) -> Body {
        if memchr::memchr2(b'\n', b'\r', &self.0).is_none() {
            return self;
        }
        let space = |&byte: &u8| {
            if matches!(byte, b'\n' | b'\r') {
                b' '
            } else {
                byte
            }
        };
        Body(self.0.iter().map(space).collect())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Length of the JSON text in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true: the shortest body is `{}`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the body as a `T`, borrowing from it where `T` can.
    ///
    /// # Errors
    /// If the text does not have the shape of a `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.0)
    }

    /// The fields every body shares.
    ///
    /// # Errors
    /// If `type` is there and is not a string.
    pub fn header(&self) -> serde_json::Result<Header<'_>> {
        self.parse()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

fn encode_object(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let text = serde_json::to_vec(value).expect("a message body serialises");
    assert!(
        text.first() == Some(&b'{'),
        "a message body is a JSON object, got {}",
        String::from_utf8_lossy(&text)
    );
    text
}

/// Adds `"field":json` before the closing brace.
fn splice(text: &mut Vec<u8>, field: &str, json: &str) {
    while text.last() != Some(&b'}') {
        text.pop();
    }
    text.pop();
    while text.last().is_some_and(u8::is_ascii_whitespace) {
        text.pop();
    }
    if text.last() != Some(&b'{') {
        text.push(b',');
    }
    text.push(b'"');
    text.extend_from_slice(field.as_bytes());
    text.extend_from_slice(b"\":");
    text.extend_from_slice(json.as_bytes());
    text.push(b'}');
}

/// The fields every body shares. Programs in the wild write any JSON into the
/// two ids (null, 0, strings), hence raw values.
#[derive(Debug, Deserialize)]
pub struct Header<'a> {
    /// `type`, empty when missing.
    #[serde(rename = "type", borrow, default)]
    pub kind: Cow<'a, str>,
    /// `msg_id` as written; null counts as missing.
    #[serde(borrow, default)]
    pub msg_id: Option<&'a RawValue>,
    /// `in_reply_to` as written; null counts as missing.
    #[serde(borrow, default)]
    pub in_reply_to: Option<&'a RawValue>,
}

impl Header<'_> {
    /// `in_reply_to` if it is a non-negative integer.
    #[must_use]
    pub fn in_reply_to(&self) -> Option<u64> {
        self.in_reply_to.and_then(|raw| raw.get().parse().ok())
    }
}

/// One message between two endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it.
    pub src: NodeId,
    /// Whom it is for.
    pub dest: NodeId,
    /// What it says.
    pub body: Body,
}

/// What a node answers when it cannot serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// 0, indefinite: no answer in time.
    Timeout,
    /// 1: the destination does not exist.
    NodeNotFound,
    /// 10: no such request type.
    NotSupported,
    /// 11: try again later.
    TemporarilyUnavailable,
    /// 12: the request does not have the expected shape.
    MalformedRequest,
    /// 13, indefinite: internal failure.
    Crash,
    /// 14: definitely not done.
    Abort,
    /// 20: no such key.
    KeyDoesNotExist,
    /// 21: the key exists already.
    KeyAlreadyExists,
    /// 22: the state is not what the request expected.
    PreconditionFailed,
    /// 30: the transaction was aborted.
    TxnConflict,
    /// Any other code; 1000 and up are the author's own. Indefinite.
    Other(u64),
}

impl ErrorCode {
    const NAMED: [(ErrorCode, u64, &'static str); 11] = [
        (ErrorCode::Timeout, 0, "timeout"),
        (ErrorCode::NodeNotFound, 1, "node-not-found"),
        (ErrorCode::NotSupported, 10, "not-supported"),
        (
            ErrorCode::TemporarilyUnavailable,
            11,
            "temporarily-unavailable",
        ),
        (ErrorCode::MalformedRequest, 12, "malformed-request"),
        (ErrorCode::Crash, 13, "crash"),
        (ErrorCode::Abort, 14, "abort"),
        (ErrorCode::KeyDoesNotExist, 20, "key-does-not-exist"),
        (ErrorCode::KeyAlreadyExists, 21, "key-already-exists"),
        (ErrorCode::PreconditionFailed, 22, "precondition-failed"),
        (ErrorCode::TxnConflict, 30, "txn-conflict"),
    ];

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u64 {
        match self {
            ErrorCode::Other(code) => code,
            named => {
                Self::NAMED
                    .iter()
                    .find(|row| row.0 == named)
                    .expect("named")
                    .1
            }
        }
    }

    /// The error code for a number on the wire.
    #[must_use]
    pub fn from_code(code: u64) -> ErrorCode {
        let named = Self::NAMED.iter().find(|row| row.1 == code);
        named.map_or(ErrorCode::Other(code), |row| row.0)
    }

    /// The field's name for it; `other` for codes without one.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.iter().find(|row| row.0 == self);
        named.map_or("other", |row| row.2)
    }

    /// True if the operation did not and will not happen.
    #[must_use]
    pub fn is_definite(self) -> bool {
        !matches!(
            self,
            ErrorCode::Timeout | ErrorCode::Crash | ErrorCode::Other(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_keeps_the_text_its_author_wrote() {
        let text = r#"{"type":"x", "n":12345678901234567890123, "z":1,"a":2}"#;
        let body = Body::from_json(Bytes::from_static(text.as_bytes()));
        assert_eq!(body.as_bytes(), text);
        let with = body.with_field("in_reply_to", "7");
        assert_eq!(
            with.as_bytes(),
            r#"{"type":"x", "n":12345678901234567890123, "z":1,"a":2,"in_reply_to":7}"#
        );
    }

    #[test]
    fn a_body_of_several_lines_becomes_one() {
        let body = Body::from_json(Bytes::from_static(b"{\n \"a\": 1\r\n}"));
        assert_eq!(body.on_one_line().as_bytes(), "{  \"a\": 1  }");
    }

    #[test]
    fn a_field_is_added_to_an_empty_object_without_a_comma() {
        let body = Body::encode_with(&json!({}), "msg_id", "1");
        assert_eq!(body.as_bytes(), r#"{"msg_id":1}"#);
    }

    #[test]
    fn header_takes_what_programs_in_the_wild_write_as_ids() {
        for (text, reply) in [
            (r#"{"type":"a","in_reply_to":3}"#, Some(3)),
            (r#"{"type":"a","in_reply_to":null,"msg_id":"uuid"}"#, None),
            (r#"{"in_reply_to":"x"}"#, None),
            (r#"{"type":"a","msg_id":0}"#, None),
        ] {
            let body = Body::from_json(Bytes::from_static(text.as_bytes()));
            assert_eq!(body.header().unwrap().in_reply_to(), reply, "{text}");
        }
    }

    #[test]
    fn error_codes_round_trip_and_know_which_are_definite() {
        for code in 0..40 {
            assert_eq!(ErrorCode::from_code(code).code(), code);
        }
        assert!(ErrorCode::TxnConflict.is_definite());
        assert!(!ErrorCode::Crash.is_definite());
        assert!(!ErrorCode::Other(1000).is_definite());
        assert_eq!(ErrorCode::from_code(22).name(), "precondition-failed");
    }
}
