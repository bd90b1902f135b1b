//! What a service is asked, and how it answers.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use swelkie_checkers::text;
use swelkie_nodes::{Body, ErrorCode};

/// The fields services know, as the node wrote them. A field that is null is there.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(rename = "type", borrow, default, deserialize_with = "written")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "written")]
    key: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "written")]
    value: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "written")]
    from: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "written")]
    to: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "written")]
    create_if_not_exists: Option<&'a RawValue>,
}

/// An optional field for which null is a value.
fn written<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(reader).map(Some)
}

/// Reads a request and lets `serve` answer it.
pub(super) fn respond(
    body: &Body,
    serve: impl FnOnce(&Request) -> Result<Body, Answer<'static>>,
) -> Body {
    match body.parse::<Request>() {
        Ok(request) => serve(&request).unwrap_or_else(|refused| request.reply(&refused)),
        Err(error) => {
            // A field is there twice; the type or the id may be one of them.
            let header = body.header().ok();
            malformed(error.to_string()).body(header.and_then(|header| header.msg_id))
        }
    }
}

/// What a service answers.
pub(super) enum Answer<'v> {
    /// `read_ok` with this JSON text as its value.
    Value(&'v str),
    /// `ts_ok` with this timestamp.
    Timestamp(u64),
    /// A reply of this type and no more.
    Done(&'static str),
    /// An error with its story.
    Refused(ErrorCode, String),
}

impl<'a> Request<'a> {
    /// Its type.
    ///
    /// # Errors
    /// With the answer, if it is missing or not a string.
    pub fn kind(&self) -> Result<Cow<'a, str>, Answer<'static>> {
        let Some(kind) = self.kind else {
            return Err(malformed("`type` is missing".to_owned()));
        };
        let string = serde_json::from_str::<String>(kind.get());
        let string = string.map_err(|_| malformed(format!("`type` is {}", text::safe(kind.get()))));
        string.map(Cow::Owned)
    }

    /// A field of this type of request, `key`, `value`, `from` or `to`, as JSON text.
    ///
    /// # Errors
    /// With the answer, if it is missing.
    pub fn field(&self, kind: &str, name: &str) -> Result<&'a str, Answer<'static>> {
        let field = match name {
            "key" => self.key,
            "value" => self.value,
            "from" => self.from,
            "to" => self.to,
            _ => None,
        };
        let missing = || malformed(format!("a {kind} wants `{name}`, which is missing"));
        field.map(RawValue::get).ok_or_else(missing)
    }

    /// Whether a cas creates a key that is not there: `create_if_not_exists`.
    ///
    /// # Errors
    /// With the answer, if it is neither true, false nor null.
    pub fn creates(&self) -> Result<bool, Answer<'static>> {
        match self.create_if_not_exists.map(RawValue::get) {
            None | Some("false" | "null") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(malformed(format!(
                "`create_if_not_exists` is {}, neither true nor false",
                text::safe(other)
            ))),
        }
    }

    /// The reply that gives this answer to this request.
    pub fn reply(&self, answer: &Answer) -> Body {
        answer.body(self.msg_id)
    }
}

/// The answer to a request that cannot be understood.
pub(super) fn malformed(story: String) -> Answer<'static> {
    Answer::Refused(ErrorCode::MalformedRequest, story)
}

/// The answer to a request of a type the service does not know.
pub(super) fn unsupported(service: &str, knows: &str, kind: &str) -> Answer<'static> {
    let story = format!("{service} answers {knows}, not {}", text::safe(kind));
    Answer::Refused(ErrorCode::NotSupported, story)
}

impl Answer<'_> {
    fn body(&self, msg_id: Option<&RawValue>) -> Body {
        #[derive(Serialize)]
        struct Error<'a> {
            r#type: &'static str,
            code: u64,
            text: &'a str,
        }
        let body = match self {
            Answer::Value(value) => plain(format!(r#"{{"type":"read_ok","value":{value}}}"#)),
            Answer::Timestamp(ts) => plain(format!(r#"{{"type":"ts_ok","ts":{ts}}}"#)),
            Answer::Done(kind) => plain(format!(r#"{{"type":"{kind}"}}"#)),
            Answer::Refused(code, text) => Body::encode(&Error {
                r#type: "error",
                code: code.code(),
                text,
            }),
        };
        match msg_id {
            Some(id) => body.with_field("in_reply_to", id.get()),
            None => body,
        }
    }
}

fn plain(text: String) -> Body {
    Body::from_json(text.into())
}
