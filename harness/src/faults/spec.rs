//! The schedule file's vocabulary: which kinds of faults there are, which keys each
//! table has, and what stands behind a key.
//!
//! One list for the reader, its messages and the JSON Schema, so that they cannot
//! drift apart.

use std::fmt;

/// A kind of fault, as the file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A two-way cut.
    Partition,
    /// A cut in one direction.
    OneWay,
    /// A cut that queues instead of dropping.
    Hold,
    /// Lost messages.
    Loss,
    /// Messages delivered twice.
    Duplicate,
    /// Some messages delayed, so that later ones overtake them.
    Reorder,
    /// Another latency.
    Latency,
    /// Latency added.
    Slow,
    /// Bytes per second.
    Bandwidth,
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Stop,
    /// SIGSTOP.
    Pause,
    /// SIGKILL and a start at once.
    Restart,
}

use Kind::{
    Bandwidth, Duplicate, Hold, Kill, Latency, Loss, OneWay, Partition, Pause, Reorder, Restart,
    Slow, Stop,
};

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 13] = [
        Partition, OneWay, Hold, Loss, Duplicate, Reorder, Latency, Slow, Bandwidth, Kill, Stop,
        Pause, Restart,
    ];

    /// The kind's word: `partition`, `one-way`, `kill`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Partition => "partition",
            OneWay => "one-way",
            Hold => "hold",
            Loss => "loss",
            Duplicate => "duplicate",
            Reorder => "reorder",
            Latency => "latency",
            Slow => "slow",
            Bandwidth => "bandwidth",
            Kill => "kill",
            Stop => "stop",
            Pause => "pause",
            Restart => "restart",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Partition => "Messages between the sides are dropped, both ways.",
            OneWay => "Messages in one direction are dropped.",
            Hold => "Messages wait; the end of the fault delivers them in order.",
            Loss => "Each message is lost with a probability.",
            Duplicate => "Each message is delivered twice with a probability.",
            Reorder => {
                "Each message is delayed with a probability, so that later ones overtake it."
            }
            Latency => "The links' latency is replaced.",
            Slow => "Latency is added, both ways.",
            Bandwidth => "The links carry so many bytes per second; messages queue.",
            Kill => "SIGKILL; the end of the fault starts the node again.",
            Stop => "SIGTERM; the end of the fault starts the node again.",
            Pause => "SIGSTOP; the end of the fault resumes the node.",
            Restart => "SIGKILL and a start at once.",
        }
    }

    /// Whether it acts on processes rather than on links.
    #[must_use]
    pub fn on_processes(self) -> bool {
        matches!(self, Kill | Stop | Pause | Restart)
    }

    /// Whether it separates sides, so that `targets` stand against the rest.
    pub(super) fn separates(self) -> bool {
        matches!(self, Partition | OneWay | Hold)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// `"5s"`
    Duration,
    /// `"25%"`
    Probability,
    /// `"1MB/s"`
    Rate,
    /// `"100ms"` or `"100ms exponential"`
    Latency,
    /// `{ probability = "10%", delay = "50ms" }`
    Reorder,
    /// `"majority"`, `"n0"` or `["n0", "left"]`
    Names,
    /// `["n0", "n1"]`, without words
    List,
    /// `["n0", ["n1", "n2"]]`
    Pair,
    /// `[["n0"], ["n1", "n2"]]`
    Sides,
    /// `{ n0 = ["n1"], n2 = ["n0"] }`
    Deaf,
    /// `true`
    Flag,
    /// Text.
    Text,
    /// The word for a kind of fault.
    Kind,
    /// `["partition", "kill"]`
    Kinds,
    /// `"one"` or `["one", "majority"]`: words for random choices
    Words,
    /// The links with a latency of their own.
    Links,
    /// A table of its own.
    Network,
    /// Names for lists of names.
    Groups,
    /// The faults.
    Faults,
    /// Seeded random faults.
    Random,
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) value: Value,
    pub(super) required: bool,
    pub(super) doc: &'static str,
}

const fn key(name: &'static str, value: Value, doc: &'static str) -> Key {
    Key {
        name,
        value,
        required: false,
        doc,
    }
}

const fn required(name: &'static str, value: Value, doc: &'static str) -> Key {
    Key {
        required: true,
        ..key(name, value, doc)
    }
}

/// The tables of the file.
pub(super) const FILE: &[Key] = &[
    key(
        "network",
        Value::Network,
        "What the network is like all the time; overrides the command line.",
    ),
    key("groups", Value::Groups, "Names for lists of nodes."),
    key(
        "fault",
        Value::Faults,
        "The faults. Time zero is when operations begin.",
    ),
    key("random", Value::Random, "Faults drawn from the run's seed."),
];

/// `[network]`
pub(super) const NETWORK: &[Key] = &[
    key(
        "latency",
        Value::Latency,
        "Latency of every link without a client.",
    ),
    key(
        "client-latency",
        Value::Latency,
        "Latency of links with a client; none by default.",
    ),
    key(
        "loss",
        Value::Probability,
        "How likely a message between nodes is lost.",
    ),
    key(
        "duplicate",
        Value::Probability,
        "How likely a message between nodes is delivered twice.",
    ),
    key(
        "reorder",
        Value::Reorder,
        "How likely a message between nodes is delayed, and by how much.",
    ),
    key(
        "bandwidth",
        Value::Rate,
        "Bytes per second of every link between nodes.",
    ),
    key("link", Value::Links, "Links that differ."),
];

/// `[[network.link]]`
pub(super) const LINK: &[Key] = &[
    key(
        "targets",
        Value::Names,
        "The links between these and every node.",
    ),
    key(
        "between",
        Value::Pair,
        "The links between these and those, both ways.",
    ),
    key("from", Value::Names, "The links from these."),
    key("to", Value::Names, "The links to these."),
    key("sides", Value::Sides, "The links between different sides."),
    key(
        "deaf",
        Value::Deaf,
        "For each receiver, the senders concerned.",
    ),
    key("latency", Value::Latency, "Their latency."),
    key("slow", Value::Latency, "Latency added."),
    key("loss", Value::Probability, "How likely a message is lost."),
    key(
        "duplicate",
        Value::Probability,
        "How likely a message is delivered twice.",
    ),
    key(
        "reorder",
        Value::Reorder,
        "How likely a message is delayed, and by how much.",
    ),
    key("bandwidth", Value::Rate, "Bytes per second."),
];

/// `[random]`
pub(super) const RANDOM: &[Key] = &[
    required(
        "kinds",
        Value::Kinds,
        "Which faults; each begins and ends on its own.",
    ),
    key(
        "interval",
        Value::Duration,
        "Mean time between a begin and an end, and an end and a begin; 10s by default.",
    ),
    key("at", Value::Duration, "When it starts; 0s by default."),
    key(
        "until",
        Value::Duration,
        "When it stops; the time limit by default.",
    ),
    key(
        "targets",
        Value::Words,
        "The words each fault draws its targets from.",
    ),
    key("loss", Value::Probability, "For kind loss; 20% by default."),
    key(
        "duplicate",
        Value::Probability,
        "For kind duplicate; 20% by default.",
    ),
    key(
        "reorder",
        Value::Reorder,
        "For kind reorder; 20% by 100ms by default.",
    ),
    key(
        "latency",
        Value::Latency,
        "For kind latency; 500ms exponential by default.",
    ),
    key("slow", Value::Latency, "For kind slow; 250ms by default."),
    key(
        "bandwidth",
        Value::Rate,
        "For kind bandwidth; 1Mbit/s by default.",
    ),
];

/// `{ probability = "10%", delay = "50ms" }`
pub(super) const REORDER: &[Key] = &[
    required(
        "probability",
        Value::Probability,
        "How likely a message is delayed.",
    ),
    required("delay", Value::Latency, "By how much."),
];

/// Words that stand for sets of endpoints wherever names may stand.
pub(super) const SETS: [&str; 3] = ["nodes", "services", "clients"];

/// The keys that say where a fault acts, of which one form is to be chosen.
pub(super) const WHERE: [&str; 6] = ["targets", "between", "from", "to", "sides", "deaf"];

const TIMED: &[Kind] = &[
    Partition, OneWay, Hold, Loss, Duplicate, Reorder, Latency, Slow, Bandwidth, Kill, Stop, Pause,
];
const LINKS: &[Kind] = &[
    Partition, Hold, Loss, Duplicate, Reorder, Latency, Slow, Bandwidth,
];
const DIRECTED: &[Kind] = &[
    OneWay, Hold, Loss, Duplicate, Reorder, Latency, Slow, Bandwidth,
];
const AIMED: &[Kind] = &[
    Partition, Hold, Loss, Duplicate, Reorder, Latency, Slow, Bandwidth, Kill, Stop, Pause, Restart,
];

/// `[[fault]]`: the keys, and the kinds of faults that have them.
pub(super) const FAULT: &[(Key, &[Kind])] = &[
    (
        required("kind", Value::Kind, "What goes wrong."),
        &Kind::ALL,
    ),
    (
        key(
            "name",
            Value::Text,
            "Its name in reports; its kind and a number by default.",
        ),
        &Kind::ALL,
    ),
    (
        required(
            "at",
            Value::Duration,
            "When it begins; time zero is when operations begin.",
        ),
        &Kind::ALL,
    ),
    (
        key(
            "for",
            Value::Duration,
            "How long it lasts; until the final heal by default.",
        ),
        TIMED,
    ),
    (
        key(
            "every",
            Value::Duration,
            "Begins again and again, so far apart, until the time limit.",
        ),
        &Kind::ALL,
    ),
    (
        key(
            "forever",
            Value::Flag,
            "Not even the final heal starts the nodes; they are not judged.",
        ),
        &[Kill, Stop],
    ),
    (
        key(
            "targets",
            Value::Names,
            "Where: names, groups, or a word for a random choice.",
        ),
        AIMED,
    ),
    (
        key(
            "between",
            Value::Pair,
            "Where: the links between these and those, both ways.",
        ),
        LINKS,
    ),
    (
        key("from", Value::Names, "Where: the links from these."),
        DIRECTED,
    ),
    (
        key("to", Value::Names, "Where: the links to these."),
        DIRECTED,
    ),
    (
        key(
            "sides",
            Value::Sides,
            "Where: the links between different sides.",
        ),
        LINKS,
    ),
    (
        key(
            "deaf",
            Value::Deaf,
            "Where: for each receiver, the senders concerned.",
        ),
        LINKS,
    ),
    (
        required(
            "probability",
            Value::Probability,
            "How likely for each message.",
        ),
        &[Loss, Duplicate, Reorder],
    ),
    (
        required("delay", Value::Latency, "By how much."),
        &[Reorder, Slow],
    ),
    (
        required("latency", Value::Latency, "The latency meanwhile."),
        &[Latency],
    ),
    (
        required("bandwidth", Value::Rate, "Bytes per second."),
        &[Bandwidth],
    ),
];

/// The keys of a kind of fault.
pub(super) fn fault_keys(kind: Kind) -> Vec<Key> {
    let mut keys: Vec<Key> = FAULT
        .iter()
        .filter(|(_, kinds)| kinds.contains(&kind))
        .map(|&(key, _)| key)
        .collect();
    for key in &mut keys {
        key.required |= key.name == "targets" && kind.on_processes();
    }
    keys
}

/// What people write for a key, and the key they mean.
pub(super) fn synonym(word: &str) -> Option<&'static str> {
    Some(match word {
        "duration" | "lasts" | "length" => "for",
        "start" | "time" | "when" | "begin" | "after" => "at",
        "end" | "stop" => "until",
        "node" | "nodes" | "target" | "on" => "targets",
        "period" | "repeat" => "every",
        "type" | "fault" | "f" | "action" => "kind",
        "kind" | "faults" => "kinds",
        "rate" | "chance" | "p" | "loss" | "duplicate" | "reorder" => "probability",
        "src" | "source" => "from",
        "dest" | "destination" | "dst" => "to",
        "by" | "amount" | "slow" | "latency" => "delay",
        "latency-dist" | "latency-sd" | "latency-alpha" => "latency",
        "links" => "link",
        "group" => "groups",
        "nemesis" => "random",
        "partitions" | "components" => "sides",
        "permanent" => "forever",
        _ => return None,
    })
}
