//! `broadcast`: a message given to one node reaches every node.
//!
//! `broadcast {message: any}` → `broadcast_ok`; `read` → `read_ok {messages: [any]}`.
//! Nodes are told a topology first. Half of the operations broadcast 0, 1, 2, …,
//! half read.

use swelkie_checkers::set::Rules;

use crate::growing::{Growing, Words};
use crate::registry::Options;
use crate::reply::Form;

const WORDS: Words = Words {
    name: "broadcast",
    topology: true,
    argument: "message",
    added: Form {
        kind: "broadcast_ok",
        field: None,
        phrase: "a `broadcast_ok`",
    },
    shown: Form {
        kind: "read_ok",
        field: Some("messages"),
        phrase: "a `read_ok` with `messages`, a list",
    },
};

/// The workload.
pub(crate) fn workload(options: &Options) -> Growing {
    Growing::new(&WORDS, Rules::BROADCAST, options)
}
