//! What the stores have in common: the operations on one key.

use swelkie_checkers::{canonical, text};
use swelkie_nodes::ErrorCode;

use super::request::{Answer, Request, malformed, unsupported};

/// An operation on one key. Values are JSON texts as their authors wrote them.
pub(super) struct Operation<'a> {
    /// The key's canonical text: equal JSON values are equal keys.
    pub key: String,
    /// What is done to it.
    pub action: Action<'a>,
}

/// What is done to a key.
pub(super) enum Action<'a> {
    Read,
    Write {
        value: &'a str,
    },
    Cas {
        from: &'a str,
        to: &'a str,
        /// Whether a key that is not there is created.
        create: bool,
    },
}

/// What an action does to a key in a certain state.
pub(super) struct Effect<'v> {
    /// The answer it gets there.
    pub answer: Answer<'v>,
    /// The value it gives the key, if it gives it one.
    pub value: Option<&'v str>,
}

impl<'a> Operation<'a> {
    /// The operation a request asks `service` for.
    ///
    /// # Errors
    /// With the answer, if the type is unknown or a field is missing or malformed.
    pub fn of(service: &str, request: &Request<'a>) -> Result<Operation<'a>, Answer<'static>> {
        let kind = request.kind()?;
        let field = |name| request.field(&kind, name);
        let action = match &*kind {
            "read" => Action::Read,
            "write" => Action::Write {
                value: field("value")?,
            },
            "cas" => Action::Cas {
                from: field("from")?,
                to: field("to")?,
                create: request.creates()?,
            },
            other => return Err(unsupported(service, "read, write and cas", other)),
        };
        let key = canonical(field("key")?);
        let key = key.map_err(|error| malformed(format!("`key` cannot be a key: {error}")))?;
        Ok(Operation { key, action })
    }
}

impl<'a> Action<'a> {
    /// What it does to a key whose value is `current`, none if the key is not there.
    pub fn on<'v>(&self, current: Option<&'v str>) -> Effect<'v>
    where
        'a: 'v,
    {
        let refused = |code, story: &str| Effect {
            answer: Answer::Refused(code, story.to_owned()),
            value: None,
        };
        let absent = || refused(ErrorCode::KeyDoesNotExist, "key does not exist");
        match (self, current) {
            (Action::Read, Some(value)) => Effect {
                answer: Answer::Value(value),
                value: None,
            },
            (Action::Write { value }, _) => Effect {
                answer: Answer::Done("write_ok"),
                value: Some(value),
            },
            (Action::Cas { from, to, .. }, Some(value)) if same(value, from) => Effect {
                answer: Answer::Done("cas_ok"),
                value: Some(to),
            },
            (Action::Cas { from, .. }, Some(value)) => {
                let (value, from) = (text::safe(value), text::safe(from));
                let story = format!("current value {value} is not {from}");
                refused(ErrorCode::PreconditionFailed, &story)
            }
            (
                Action::Cas {
                    to, create: true, ..
                },
                None,
            ) => Effect {
                answer: Answer::Done("cas_ok"),
                value: Some(to),
            },
            (Action::Read | Action::Cas { .. }, None) => absent(),
        }
    }
}

/// Whether two JSON texts are the same value.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other
        || matches!((canonical(one), canonical(other)), (Ok(one), Ok(other)) if one == other)
}
