//! What nodes do wrong: data, with evidence, never an error of ours.
//!
//! Each kind of offence is kept once per node with its first example and a count,
//! so a node that writes a million lines of garbage costs one entry.

use std::collections::BTreeMap;

use serde::Serialize;
use swelkie_nodes::Time;

/// A kind of offence. The word for it is stable: it stands in `results.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offence {
    /// The process could not be started.
    SpawnFailed,
    /// The process ended though nobody asked it to.
    Crashed,
    /// No answer to `init` in time.
    InitTimeout,
    /// An answer to `init` that is not `init_ok`.
    InitRefused,
    /// No answer to `topology` in time.
    TopologyTimeout,
    /// An answer to `topology` that is not `topology_ok`.
    TopologyRefused,
    /// The node closed its stdout and lives on.
    StdoutClosed,
    /// The node closed its stdin and lives on.
    StdinClosed,
    /// A line that is not JSON.
    NotJson,
    /// Several JSON objects on one line.
    SeveralObjects,
    /// JSON that is not a message.
    NotAMessage,
    /// A line without an end.
    HalfLine,
    /// A line longer than the limit.
    LineTooLong,
    /// A blank line.
    BlankLine,
    /// A message to a name that nobody has.
    UnknownDestination,
    /// A message in somebody else's name.
    ForgedSource,
    /// A reply to a client that does not have the expected shape.
    MalformedReply,
    /// A message to a client that awaits no such reply.
    UnawaitedReply,
    /// A reply that came after the client had given up.
    LateReply,
}

impl Offence {
    /// Whether it breaks a promise by itself. The others change the verdict only
    /// through what they lose, unless the user is strict.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        self <= Offence::TopologyRefused
    }

    /// Whether it says anything against the node: late replies are the network's doing.
    #[must_use]
    pub fn is_offence(self) -> bool {
        self != Offence::LateReply
    }

    /// The stable word: `not-json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Offence::SpawnFailed => "spawn-failed",
            Offence::Crashed => "crashed",
            Offence::InitTimeout => "init-timeout",
            Offence::InitRefused => "init-refused",
            Offence::TopologyTimeout => "topology-timeout",
            Offence::TopologyRefused => "topology-refused",
            Offence::StdoutClosed => "stdout-closed",
            Offence::StdinClosed => "stdin-closed",
            Offence::NotJson => "not-json",
            Offence::SeveralObjects => "several-objects-on-a-line",
            Offence::NotAMessage => "not-a-message",
            Offence::HalfLine => "half-line",
            Offence::LineTooLong => "line-too-long",
            Offence::BlankLine => "blank-line",
            Offence::UnknownDestination => "unknown-destination",
            Offence::ForgedSource => "forged-src",
            Offence::MalformedReply => "malformed-reply",
            Offence::UnawaitedReply => "unawaited-reply",
            Offence::LateReply => "late-reply",
        }
    }
}

/// One kind of offence of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// Which kind.
    pub kind: Offence,
    /// Which node, as an index.
    pub node: usize,
    /// When it did it first.
    pub first: Time,
    /// How often it did it.
    pub count: u64,
    /// The first time: what, what was expected, what to do.
    pub story: String,
    /// The last of what the node wrote to stderr, where that may explain it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stderr_tail: String,
}

/// All charges of a run.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    charges: BTreeMap<(Offence, usize), Charge>,
}

impl Conduct {
    /// A node did something wrong; `story` is asked for only the first time.
    pub fn charge(
        &mut self,
        kind: Offence,
        node: usize,
        now: Time,
        story: impl FnOnce() -> String,
    ) {
        let charge = self.charges.entry((kind, node)).or_insert_with(|| Charge {
            kind,
            node,
            first: now,
            count: 0,
            story: story(),
            stderr_tail: String::new(),
        });
        charge.count += 1;
    }

    /// Adds what the node wrote to stderr to its fatal charges.
    pub fn attach_stderr(&mut self, node: usize, tail: &str) {
        let of_node = self
            .charges
            .values_mut()
            .filter(|charge| charge.node == node);
        for charge in of_node.filter(|charge| charge.kind.is_fatal()) {
            tail.clone_into(&mut charge.stderr_tail);
        }
    }

    /// The charges, worst kind first.
    pub fn charges(&self) -> impl Iterator<Item = &Charge> {
        self.charges.values()
    }

    /// Whether a promise was broken.
    #[must_use]
    pub fn has_fatal(&self) -> bool {
        self.charges.values().any(|charge| charge.kind.is_fatal())
    }
}
