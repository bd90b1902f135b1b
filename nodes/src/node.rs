//! The sans-IO node: what a node does, apart from where it runs.
//!
//! Contract: the driver calls [`Node::init`] once per incarnation, then
//! [`Node::receive`] per message and [`Node::timeout`] per timer that is due.
//! A handler only queues effects in its [`Context`]; the driver carries them out
//! in the order they were queued, after the handler returned. A stored record is
//! therefore durable before the acknowledgement queued after it is sent.
//!
//! ```text
//!   driver            node
//!     │  receive(m)    │
//!     ├───────────────►│ cx.store(record)      queued
//!     │                │ cx.reply(m, ok)       queued
//!     │◄───────────────┤
//!     │ append record, then write the reply
//! ```
//!
//! Timers carry a token and are never cancelled: a node that no longer cares
//! ignores the token when it fires.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::{Body, ErrorCode, Message, NodeId};
use crate::rng::Rng;

/// Nanoseconds since the start of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens.
    pub const MAX: Time = Time(u64::MAX);

    /// Nanoseconds since the start of the run.
    #[must_use]
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// Time elapsed since `earlier`, zero if it is in the future.
    #[must_use]
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(nanos))
    }
}

impl Sub<Time> for Time {
    type Output = Duration;
    fn sub(self, earlier: Time) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    /// Seconds with milliseconds: `12.345 s`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:.3} s", self.0 as f64 / 1e9)
    }
}

/// The token of one timer, unique within an incarnation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer(pub u64);

/// What a node does. See the module's contract.
pub trait Node: Send {
    /// The cluster is `members`, this node among them ([`Context::id`]). Restore
    /// what an earlier incarnation stored ([`Context::stored`]) here. The
    /// `init_ok` is sent before any effect queued here.
    fn init(&mut self, members: &[NodeId], cx: &mut Context);

    /// A message arrived, from a client, a service or a peer.
    fn receive(&mut self, message: &Message, cx: &mut Context);

    /// A timer set by [`Context::set_timer`] is due.
    fn timeout(&mut self, timer: Timer, cx: &mut Context) {
        let _ = (timer, cx);
    }
}

/// What a node asked for, in the order it asked.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this body.
    Send {
        /// To whom.
        dest: NodeId,
        /// What.
        body: Body,
    },
    /// Call [`Node::timeout`] with this token at this time.
    SetTimer {
        /// The token.
        timer: Timer,
        /// When it is due.
        at: Time,
    },
    /// Append this line (newline included) to the node's store.
    Store(Vec<u8>),
}

/// The handler's face of a node's surroundings: it can ask, not drain.
pub struct Context {
    pub(crate) id: NodeId,
    pub(crate) members: Vec<NodeId>,
    pub(crate) now: Time,
    pub(crate) rng: Rng,
    pub(crate) stored: Vec<u8>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) last_msg_id: u64,
    pub(crate) last_timer: u64,
}

impl Context {
    /// This node's own name.
    #[must_use]
    pub fn id(&self) -> &NodeId {
        &self.id
    }

    /// The nodes of the cluster, this one among them, as `init` named them. Every
    /// other sender is a client or a service.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        &self.members
    }

    /// The time of this event: since the start of the run in simulation, since
    /// its own start in a process.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// This node's own random stream.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// Sends a value that serialises to a JSON object with a `type`.
    pub fn send(&mut self, dest: &NodeId, body: &(impl Serialize + ?Sized)) {
        self.send_body(dest, Body::encode(body));
    }

    /// Sends an encoded body; encode once to send to many.
    pub fn send_body(&mut self, dest: &NodeId, body: Body) {
        let body = body.on_one_line();
        let dest = dest.clone();
        self.effects.push(Effect::Send { dest, body });
    }

    /// Sends a request with a fresh `msg_id`, returned to match the reply by. No
    /// earlier incarnation used it, so a late reply to one of theirs matches nothing.
    pub fn request(&mut self, dest: &NodeId, body: &(impl Serialize + ?Sized)) -> u64 {
        self.last_msg_id += 1;
        let id = self.last_msg_id;
        self.send_body(dest, Body::encode_with(body, "msg_id", &id.to_string()));
        id
    }

    /// Replies to `request`: its sender gets the body with `in_reply_to` copied
    /// from the request's `msg_id`, whatever JSON that is, absent if it is absent.
    pub fn reply(&mut self, request: &Message, body: &(impl Serialize + ?Sized)) {
        let msg_id = request.body.header().ok().and_then(|header| header.msg_id);
        let body = match msg_id {
            Some(id) => Body::encode_with(body, "in_reply_to", id.get()),
            None => Body::encode(body),
        };
        self.send_body(&request.src, body);
    }

    /// Replies to `request` with an error body.
    pub fn error(&mut self, request: &Message, code: ErrorCode, text: &str) {
        #[derive(Serialize)]
        struct Error<'a> {
            r#type: &'static str,
            code: u64,
            text: &'a str,
        }
        let code = code.code();
        self.reply(
            request,
            &Error {
                r#type: "error",
                code,
                text,
            },
        );
    }

    /// Asks for a call of [`Node::timeout`] with the returned token `after` from now.
    pub fn set_timer(&mut self, after: Duration) -> Timer {
        self.last_timer += 1;
        let timer = Timer(self.last_timer);
        let at = self.now + after;
        self.effects.push(Effect::SetTimer { timer, at });
        timer
    }

    /// Appends a record to the node's store, where it survives a kill. Effects
    /// queued after it happen after it is durable.
    pub fn store(&mut self, record: &(impl Serialize + ?Sized)) {
        self.store_line(serde_json::to_vec(record).expect("a stored record serialises"));
    }

    /// Appends a record that is JSON already.
    pub(crate) fn store_line(&mut self, mut json: Vec<u8>) {
        // Inside JSON text a newline is white space (raw values keep theirs).
        json.iter_mut()
            .filter(|byte| **byte == b'\n')
            .for_each(|byte| *byte = b' ');
        json.push(b'\n');
        self.effects.push(Effect::Store(json));
    }

    /// What earlier incarnations stored, one JSON text per record, oldest first.
    /// A last record cut short by a kill is left out.
    pub fn stored(&self) -> impl Iterator<Item = &[u8]> {
        let whole = self.stored.iter().rposition(|&byte| byte == b'\n');
        let lines = &self.stored[..whole.unwrap_or(0)];
        lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
    }
}
