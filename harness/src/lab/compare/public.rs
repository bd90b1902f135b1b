//! What people report of the reference harness on the same task, and the limits its
//! best known exercise sets: 25 nodes, 100 ms constant latency, 100 operations a second
//! for 20 s, half of them reads, no faults. The exercise is Fly.io's "Gossip Glomers",
//! challenges 3d and 3e.

use serde::Serialize;

use super::scoreboard::Standing;
use super::{Key, Spread};

/// A figure as people report it: a number, or a range where reports differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reported {
    /// The best that is reported.
    pub low: f64,
    /// The worst that is reported.
    pub high: f64,
    /// Whether the reports only say "about".
    pub about: bool,
}

/// An approach with its figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Public {
    /// The approach.
    pub approach: &'static str,
    /// Messages between servers for each operation.
    pub msgs: Reported,
    /// Median stable latency, ms.
    pub median: Reported,
    /// Longest stable latency, ms.
    pub max: Reported,
}

const fn is(value: f64) -> Reported {
    Reported {
        low: value,
        high: value,
        about: false,
    }
}

const fn about(value: f64) -> Reported {
    Reported {
        about: true,
        ..is(value)
    }
}

const fn range(low: f64, high: f64) -> Reported {
    Reported {
        low,
        high,
        about: false,
    }
}

const fn public(approach: &'static str, msgs: Reported, median: Reported, max: Reported) -> Public {
    Public {
        approach,
        msgs,
        median,
        max,
    }
}

/// What people report.
pub const PUBLIC: [Public; 7] = [
    public("total topology, flood", is(290.6), is(77.0), is(97.0)),
    public("grid, flood", is(27.8), is(452.0), is(791.0)),
    public("tree4, flood, no acks", is(11.99), is(386.0), is(505.0)),
    public(
        "direct to all, no acks",
        about(13.0),
        about(70.0),
        about(100.0),
    ),
    public(
        "star with acks",
        range(22.0, 23.0),
        about(175.0),
        about(210.0),
    ),
    public(
        "batching, various",
        range(5.6, 11.7),
        range(680.0, 890.0),
        range(900.0, 1500.0),
    ),
    public(
        "hub with 500/100 ms flush, acked",
        is(1.99),
        is(339.0),
        is(678.0),
    ),
];

impl Public {
    /// Its figure on an axis; none for axes that nobody reports.
    #[must_use]
    pub fn figure(&self, key: Key) -> Option<Reported> {
        match key {
            Key::Msgs => Some(self.msgs),
            Key::Median => Some(self.median),
            Key::Max => Some(self.max),
            _ => None,
        }
    }

    /// Whether a valid strategy is at least as good as the best report of it in all of
    /// messages, median and maximum, and better in one, in the median of its runs.
    #[must_use]
    pub fn is_beaten_by(&self, standing: &Standing) -> bool {
        let mut better = false;
        for key in [Key::Msgs, Key::Median, Key::Max] {
            let (Some(theirs), Some(ours)) = (self.figure(key), standing.figure(key)) else {
                return false;
            };
            if ours.middle > theirs.low {
                return false;
            }
            better |= ours.middle < theirs.low;
        }
        better && standing.is_valid()
    }
}

/// What a challenge allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The challenge.
    pub name: &'static str,
    /// Messages between servers for each operation, at most.
    pub msgs: f64,
    /// Median stable latency, ms, at most.
    pub median: f64,
    /// Longest stable latency, ms, at most.
    pub max: f64,
}

/// The challenges.
pub const LIMITS: [Limit; 2] = [
    Limit {
        name: "3d",
        msgs: 30.0,
        median: 400.0,
        max: 600.0,
    },
    Limit {
        name: "3e",
        msgs: 20.0,
        median: 1000.0,
        max: 2000.0,
    },
];

impl Limit {
    /// Whether every run of a strategy is valid and within the limit.
    #[must_use]
    pub fn is_kept_by(&self, standing: &Standing) -> bool {
        let within = |key, most: f64| {
            let figure: Option<Spread> = standing.figure(key);
            figure.is_some_and(|figure| figure.high <= most)
        };
        standing.is_valid()
            && within(Key::Msgs, self.msgs)
            && within(Key::Median, self.median)
            && within(Key::Max, self.max)
    }
}
