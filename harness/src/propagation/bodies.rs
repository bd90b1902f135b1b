//! Which elements a body carries, where that is certain.
//!
//! | from | type | field | |
//! |---|---|---|---|
//! | client | `broadcast` | `message` | the request of the broadcast workload |
//! | client | `add` | `element` | the request of the g-set workload |
//! | built-in node | any | `message`, `rumor` | one element |
//! | built-in node | any | `messages`, `rumors` | a list of them |
//! | built-in node | `…_ok` | | none |
//!
//! A `gossip_ok` names elements and carries none: it says that its writer has
//! them, and nobody learns an element from it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use swelkie_checkers::Element;

use super::elements::Known;

/// What a client's request means here.
#[derive(Debug)]
pub(super) enum Request<'a> {
    /// A node starts a life.
    Init,
    /// Who is whose neighbour.
    Topology(&'a RawValue),
    /// It may carry an element.
    Other,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    message: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    element: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    rumor: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    rumors: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    topology: Option<&'a RawValue>,
}

/// Reads a field whose value may be null, which is then there.
fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(json).map(Some)
}

/// Reads what a client wrote to a node and adds the elements it carries. None if it cannot be read.
pub(super) fn request<'a>(
    body: &'a [u8],
    known: &Known,
    found: &mut Vec<Element>,
) -> Option<Request<'a>> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let value = match &*body.kind {
        "init" => return Some(Request::Init),
        "topology" => return body.topology.map(Request::Topology),
        "broadcast" => body.message,
        "add" => body.element,
        _ => None,
    };
    found.extend(value.and_then(|value| known.find(value.get())));
    Some(Request::Other)
}

/// Adds the elements that a built-in node's message carries. False if it cannot be read.
pub(super) fn builtin(body: &[u8], known: &Known, found: &mut Vec<Element>) -> bool {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return false;
    };
    if body.kind.ends_with("_ok") {
        return true;
    }
    let one = body.message.or(body.rumor);
    found.extend(one.and_then(|value| known.find(value.get())));
    let list = body.messages.or(body.rumors);
    list.is_none_or(|list| known.find_all(list.get(), found))
}
