//! The figures that strategies are compared by.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A figure that strategies are compared by; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// Messages between servers for each operation.
    Msgs,
    /// Median stable latency, ms.
    Median,
    /// Longest stable latency, ms.
    Max,
    /// Bytes between servers for each operation.
    Bytes,
    /// Messages to and from the node that has most of them, for each operation.
    Busiest,
    /// Acknowledged messages that are missing somewhere in the end.
    Lost,
}

impl Key {
    /// All of them, as they stand in a table.
    pub const ALL: [Key; 6] = [
        Key::Msgs,
        Key::Median,
        Key::Max,
        Key::Bytes,
        Key::Busiest,
        Key::Lost,
    ];

    /// Its name, as users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Key::Msgs => "msgs",
            Key::Median => "median",
            Key::Max => "max",
            Key::Bytes => "bytes",
            Key::Busiest => "busiest",
            Key::Lost => "lost",
        }
    }

    /// The head of its column.
    #[must_use]
    pub fn head(self) -> &'static str {
        match self {
            Key::Msgs => "msgs/op",
            Key::Median => "median ms",
            Key::Max => "max ms",
            Key::Bytes => "bytes/op",
            Key::Busiest => "busiest/op",
            Key::Lost => "lost",
        }
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Key::Msgs => "messages between servers for each operation",
            Key::Median => "median stable latency, ms",
            Key::Max => "longest stable latency, ms",
            Key::Bytes => "bytes between servers for each operation",
            Key::Busiest => "messages to and from the busiest node for each operation",
            Key::Lost => "acknowledged messages that are missing somewhere in the end",
        }
    }

    /// How a value of it is written: as precise as one would quote it.
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        match self {
            Key::Msgs | Key::Busiest if value < 100.0 => format!("{value:.2}"),
            Key::Msgs | Key::Busiest => format!("{value:.1}"),
            Key::Median | Key::Max | Key::Bytes | Key::Lost => format!("{value:.0}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Key, String> {
        let found = Key::ALL.into_iter().find(|key| key.name() == text);
        found.ok_or_else(|| format!("expected one of {}", Key::ALL.map(Key::name).join(", ")))
    }
}
