//! Reading requests and answering them, as every built-in node does.
//!
//! A body is parsed once, into one struct with optional borrowed fields. Its
//! `msg_id` says that somebody waits for an answer; without one there is none.
//! Answers are joined from text rather than serialised.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::node::Context;
use crate::protocol::{Body, ErrorCode, Message, NodeId};

/// Who is whose neighbour, as `topology` tells it; null is nobody.
pub type Topology = BTreeMap<NodeId, Option<Vec<NodeId>>>;

/// A client's request to a node that spreads a set, in the words of either workload.
#[derive(Deserialize)]
pub struct Request<'a> {
    /// `type`, empty when missing.
    #[serde(rename = "type", borrow, default)]
    pub kind: Cow<'a, str>,
    /// There if somebody waits for an answer.
    #[serde(borrow)]
    pub msg_id: Option<&'a RawValue>,
    /// The value of a `broadcast`.
    #[serde(borrow, default, deserialize_with = "present")]
    pub message: Option<&'a RawValue>,
    /// The value of an `add`.
    #[serde(borrow, default, deserialize_with = "present")]
    pub element: Option<&'a RawValue>,
    /// Who is whose neighbour.
    pub topology: Option<Topology>,
}

/// What a request that does not parse fails at, where requests have a [`Topology`].
pub const TOPOLOGY: &str = "expected `topology` to map nodes to lists of nodes";

/// Reads a field whose value may be null, which is then there.
pub fn present<'de, D: Deserializer<'de>>(json: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(json).map(Some)
}

/// Answers `request` with the object `pieces` make when joined, given without its
/// closing brace; nothing if nobody waits.
pub fn reply(cx: &mut Context, request: &Message, msg_id: Option<&RawValue>, pieces: &[&str]) {
    let Some(id) = msg_id else { return };
    let end = [",\"in_reply_to\":", id.get(), "}"];
    let len = pieces.iter().chain(&end).map(|piece| piece.len()).sum();
    let mut text = String::with_capacity(len);
    text.extend(pieces.iter().chain(&end).copied());
    cx.send_body(&request.src, Body::from_json(text.into()));
}

/// Answers `request` with nothing but `kind`.
pub fn ok(cx: &mut Context, request: &Message, msg_id: Option<&RawValue>, kind: &str) {
    reply(cx, request, msg_id, &["{\"type\":\"", kind, "\""]);
}

/// Answers a read with the list `field`, given as its values separated by commas.
pub fn list(
    cx: &mut Context,
    request: &Message,
    msg_id: Option<&RawValue>,
    field: &str,
    values: &str,
) {
    let pieces = ["{\"type\":\"read_ok\",\"", field, "\":[", values, "]"];
    reply(cx, request, msg_id, &pieces);
}

/// Answers `topology` and returns this node's neighbours in it, if it has the field.
pub fn neighbours(
    cx: &mut Context,
    request: &Message,
    msg_id: Option<&RawValue>,
    topology: Option<Topology>,
) -> Option<Vec<NodeId>> {
    let Some(mut topology) = topology else {
        malformed(cx, request, "topology wants a field `topology`");
        return None;
    };
    ok(cx, request, msg_id, "topology_ok");
    Some(topology.remove(cx.id()).flatten().unwrap_or_default())
}

/// Answers a request that has not the shape its type wants, if a client sent it.
pub fn malformed(cx: &mut Context, request: &Message, expected: &str) {
    refuse(cx, request, ErrorCode::MalformedRequest, expected);
}

/// Answers a request of a type this node does not serve, if a client sent it.
pub fn unknown(cx: &mut Context, request: &Message) {
    refuse(
        cx,
        request,
        ErrorCode::NotSupported,
        "this node does not know that type of request",
    );
}

/// Peers and replies get no error: peers would have to answer it in turn.
fn refuse(cx: &mut Context, request: &Message, code: ErrorCode, text: &str) {
    let waits = request
        .body
        .header()
        .is_ok_and(|header| header.msg_id.is_some() && header.in_reply_to.is_none());
    if waits && !cx.members().contains(&request.src) {
        cx.error(request, code, text);
    }
}
