//! The figures by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::lab::SHARES;

/// What can be asked of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Figure {
    /// The share of trials in which everybody knew everything at the end.
    Everybody,
    /// The share of nodes that knew a rumor at the end.
    Coverage,
    /// The share that did not.
    Residue,
    /// Milliseconds until this one of [`SHARES`] knew a rumor, of the trials in which they did.
    Time(usize),
    /// The same in rounds.
    Rounds(usize),
    /// Milliseconds until the last delivery.
    LastTime,
    /// The same in rounds.
    LastRound,
    /// Hops of the longest way on which somebody learned something first.
    Hops,
    /// Messages sent per node and rumor.
    MessagesPerNode,
    /// Messages that carried a rumor, per node and rumor.
    CarryingPerNode,
    /// Rumors carried, per node and rumor.
    CopiesPerNode,
    /// Messages sent per rumor.
    MessagesPerBroadcast,
    /// Bytes of JSON sent per rumor.
    BytesPerBroadcast,
    /// Bytes of JSON per message.
    BytesPerMessage,
    /// Relative message redundancy: rumors carried per node that learned one, less 1.
    Redundancy,
    /// The most messages that one node received in a round.
    PeakLoad,
}

/// All figures, in the order in which they are shown, with what they mean.
const NAMES: [(Figure, &str, &str); 22] = [
    (
        Figure::Everybody,
        "everybody",
        "share of trials in which everybody was reached",
    ),
    (Figure::Coverage, "coverage", "share of nodes reached"),
    (Figure::Residue, "residue", "share of nodes never reached"),
    (Figure::Time(0), "time-50", "ms until 50% were reached"),
    (Figure::Time(1), "time-90", "ms until 90% were reached"),
    (Figure::Time(2), "time-99", "ms until 99% were reached"),
    (
        Figure::Time(3),
        "time-100",
        "ms until everybody was reached, where that happened",
    ),
    (Figure::Rounds(0), "rounds-50", "rounds until 50%"),
    (Figure::Rounds(1), "rounds-90", "rounds until 90%"),
    (Figure::Rounds(2), "rounds-99", "rounds until 99%"),
    (
        Figure::Rounds(3),
        "rounds-100",
        "rounds until everybody, where that happened",
    ),
    (Figure::LastTime, "last-time", "ms until the last delivery"),
    (
        Figure::LastRound,
        "last-round",
        "rounds until the last delivery",
    ),
    (Figure::Hops, "hops", "last delivery hop"),
    (
        Figure::MessagesPerNode,
        "messages-per-node",
        "messages per node and broadcast",
    ),
    (
        Figure::CarryingPerNode,
        "carrying-per-node",
        "messages with a rumor per node and broadcast",
    ),
    (
        Figure::CopiesPerNode,
        "copies-per-node",
        "rumors carried per node and broadcast",
    ),
    (
        Figure::MessagesPerBroadcast,
        "messages-per-broadcast",
        "messages per broadcast",
    ),
    (
        Figure::BytesPerBroadcast,
        "bytes-per-broadcast",
        "bytes per broadcast, as JSON",
    ),
    (
        Figure::BytesPerMessage,
        "bytes-per-message",
        "bytes per message, as JSON",
    ),
    (
        Figure::Redundancy,
        "redundancy",
        "rumors carried per node that learned one, less 1",
    ),
    (
        Figure::PeakLoad,
        "peak-load",
        "most messages that one node received in a round",
    ),
];

impl Figure {
    /// All of them, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Figure> {
        debug_assert_eq!(SHARES, [50, 90, 99, 100]);
        NAMES.iter().map(|entry| entry.0)
    }

    /// Its name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> &'static (Figure, &'static str, &'static str) {
        let entry = NAMES.iter().find(|entry| entry.0 == self);
        entry.expect("every figure has a name")
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Figure> for String {
    fn from(figure: Figure) -> String {
        figure.name().to_owned()
    }
}

impl TryFrom<String> for Figure {
    type Error = String;

    fn try_from(name: String) -> Result<Figure, String> {
        name.parse()
    }
}

impl FromStr for Figure {
    type Err = String;

    fn from_str(name: &str) -> Result<Figure, String> {
        let found = NAMES.iter().find(|entry| entry.1 == name);
        found.map(|entry| entry.0).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|entry| entry.1).collect();
            let shown = name.escape_debug();
            let near = names.iter().copied();
            let meant = near.min_by_key(|known| strsim::damerau_levenshtein(known, name));
            let hint = meant
                .filter(|known| strsim::damerau_levenshtein(known, name) <= 1 + known.len() / 4)
                .map_or(String::new(), |known| format!(": did you mean `{known}`?"));
            format!(
                "there is no figure `{shown}`{hint} (known: {})",
                names.join(", ")
            )
        })
    }
}
