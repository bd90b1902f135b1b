//! Shared file under one lock: no messages between nodes at all.
//!
//! ```text
//!   c1 ── broadcast 7 ──► n1 ─┐ lock · read · append 7 · unlock
//!      ◄─ broadcast_ok ──     ├─────────────► one file
//!   c2 ── read ─────────► n2 ─┘ lock · read · unlock
//!      ◄─ read_ok [… 7] ──
//! ```
//!
//! - Idea: all nodes keep what they know in one file and lock it for every message.
//!   What one node acknowledged every other one shows from then on.
//! - Source: the first thing that comes to mind on a machine with one disk.
//! - Parameters: `access=whole` is what one writes first: under the lock the whole file is
//!   read, and written again with what is new at its end. `access=new` reads what others
//!   appended since and appends. `sync=yes` forces it to the disk before the lock is released.
//! - Cost: no message between nodes; all requests of all nodes wait in one queue, whose
//!   service time grows with the file under `access=whole`.
//! - Survives kills (the kernel releases the lock of a dead process, and half a line is
//!   cut off by who finds it), and every fault of the network between nodes, which it does
//!   not use. It is no distributed system: nodes on two machines would share nothing.
//!
//! The only built-in node that does IO of its own; it runs as a process and never in
//! simulation. The file is `shared.jsonl` in the directory that the environment variable
//! `SWELKIE_SHARED` names, which Swelkie makes empty for every run.

mod log;

use std::io;
use std::path::Path;

use serde_json::value::RawValue;

use super::wire;
use crate::node::{Context, Node};
use crate::protocol::{ErrorCode, Message, NodeId};
pub use log::{Access, Log};

/// The variable that names the directory all nodes of a run share.
pub const DIRECTORY: &str = "SWELKIE_SHARED";

/// The shared-file node. See the module.
#[derive(Debug)]
pub struct SharedFile {
    access: Access,
    sync: bool,
    log: Option<Log>,
    /// Clients speak of messages rather than of elements.
    broadcast: bool,
}

impl SharedFile {
    /// A node that opens the file when it is asked for it first.
    #[must_use]
    pub fn new(access: Access, sync: bool) -> SharedFile {
        SharedFile {
            access,
            sync,
            log: None,
            broadcast: false,
        }
    }

    fn log(&mut self) -> io::Result<&mut Log> {
        let log = match self.log.take() {
            Some(log) => log,
            None => {
                let directory = std::env::var_os(DIRECTORY).ok_or_else(|| {
                    let text = format!(
                        "shared-file: {DIRECTORY} is not set; expected the directory that all nodes share"
                    );
                    io::Error::new(io::ErrorKind::NotFound, text)
                })?;
                Log::open(Path::new(&directory), self.access, self.sync)?
            }
        };
        Ok(self.log.insert(log))
    }

    fn add(&mut self, value: &RawValue, request: &Message, reply: Reply, cx: &mut Context) {
        match self.log().and_then(|log| log.add(value.get())) {
            Ok(_) => wire::ok(cx, request, reply.msg_id, reply.kind),
            Err(error) => cx.error(request, ErrorCode::Crash, &error.to_string()),
        }
    }

    fn list(&mut self, request: &Message, msg_id: Option<&RawValue>, cx: &mut Context) {
        let field = if self.broadcast { "messages" } else { "value" };
        match self.log().and_then(Log::list) {
            Ok(listed) => wire::list(cx, request, msg_id, field, &listed),
            Err(error) => cx.error(request, ErrorCode::Crash, &error.to_string()),
        }
    }
}

/// How a request is answered.
struct Reply<'a> {
    msg_id: Option<&'a RawValue>,
    kind: &'a str,
}

impl Node for SharedFile {
    fn init(&mut self, _members: &[NodeId], _cx: &mut Context) {}

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Ok(request) = message.body.parse::<wire::Request>() else {
            return wire::malformed(cx, message, wire::TOPOLOGY);
        };
        let msg_id = request.msg_id;
        match (&*request.kind, request.message, request.element) {
            ("broadcast", Some(value), _) => {
                let kind = "broadcast_ok";
                self.add(value, message, Reply { msg_id, kind }, cx);
            }
            ("add", _, Some(value)) => {
                let kind = "add_ok";
                self.add(value, message, Reply { msg_id, kind }, cx);
            }
            ("broadcast", ..) => {
                wire::malformed(cx, message, "broadcast wants a field `message`");
            }
            ("add", ..) => wire::malformed(cx, message, "add wants a field `element`"),
            ("read", ..) => self.list(message, msg_id, cx),
            ("topology", ..) => {
                // It has no neighbours, but only one of the two workloads tells it so.
                self.broadcast = true;
                wire::neighbours(cx, message, msg_id, request.topology);
            }
            _ => wire::unknown(cx, message),
        }
    }
}
