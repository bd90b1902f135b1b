//! Broadcast and g-set by the reference's rule (`set-full`), for comparison.
//!
//! All reads of all nodes are pooled and ordered by invocation. Of the reads that
//! completed after an element's add was invoked, look at the last-invoked one that
//! shows it and the last-invoked one that misses it:
//!
//! ```text
//!   add e  |---|ok                          known: e was acknowledged, or a read showed it
//!   n0        |- read -| misses             missed: last invocation of a read that missed it
//!   n4             |- read -| shows         stable: shown later than missed
//!             known ──► missed              stable latency: from known to missed, 0 if earlier
//! ```
//!
//! *stable*: the last one that shows it was invoked after the last one that misses
//! it. *lost*: the other way round, and the one that misses it was invoked after
//! the element became known. *never-read*: neither. *stale*: stable with a latency
//! of at least a millisecond (the reference counts whole ones). Quantile q of n
//! latencies is the one at index ⌊q·n⌋, as there. Where events share an instant,
//! completions count as earlier than invocations.
//!
//! Valid for the reference means nothing lost and something stable. That has two
//! holes: an element that n0 never got is stable if another node is read later, and
//! its test for duplicates compares with the wrong sign and never fires. Here
//! `duplicated-count` is what that test meant to count: elements that some read
//! lists more than once; `reference.valid` ignores it as the reference does.
//!
//! Figures, under `<prefix>`: `attempt-count`, `acknowledged-count`,
//! `stable-count`, `lost-count`, `never-read-count`, `stale-count`,
//! `duplicated-count`, `stable-latency.*`, `lost-latency.*`, and
//! `reference.valid`: 1 for valid, 0 for invalid, missing for unknown; where elements
//! have classes, `stable-latency.<class>.*` too. Of an element that is not meant for
//! every node only the reads of those that it is meant for count.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{Element, History, Nanos, Outcome, Phase, Value};
use crate::set::{Audiences, Read, Reads, Rules};
use crate::verdict::{Figure, Figures, Validity};

const MILLISECOND: Nanos = 1_000_000;
const QUANTILES: [(&str, f64); 5] = [
    ("min", 0.0),
    ("p50", 0.5),
    ("p95", 0.95),
    ("p99", 0.99),
    ("max", 1.0),
];
const COUNTS: [&str; 7] = [
    "attempt-count",
    "acknowledged-count",
    "stable-count",
    "lost-count",
    "never-read-count",
    "stale-count",
    "duplicated-count",
];

/// What the reference would have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFull {
    /// Its verdict.
    pub validity: Validity,
    /// Elements that were tried to be added.
    pub attempt_count: usize,
    /// Of those, acknowledged.
    pub acknowledged_count: usize,
    /// Elements the last-invoked read that could see them did.
    pub stable_count: usize,
    /// Known elements the last-invoked read did not show.
    pub lost_count: usize,
    /// The others.
    pub never_read_count: usize,
    /// Stable ones that a read missed a millisecond or more after they were known.
    pub stale_count: usize,
    /// Elements some read listed more than once.
    pub duplicated_count: usize,
    /// Of stable elements, from known to the last read that missed them.
    pub stable_latencies: Vec<Nanos>,
    /// The same of the elements of each class.
    pub stable_latencies_by_class: BTreeMap<&'static str, Vec<Nanos>>,
    /// Of lost elements, from known to the last read that showed them.
    pub lost_latencies: Vec<Nanos>,
}

/// Judges the main phase and the judged round of final reads.
#[must_use]
pub fn set_full(history: &History, rules: &Rules) -> SetFull {
    let everybody = Audiences::default();
    judge(history, rules, &Reads::of(history, rules), &everybody)
}

/// Per element, over all nodes. Operations are given as index + 1; 0 is none.
#[derive(Clone, Copy, Default)]
struct State {
    /// When its add was invoked first.
    tracked: Option<Nanos>,
    acknowledged: bool,
    known: Option<Nanos>,
    last_present: u32,
    last_absent: u32,
    duplicated: bool,
}

/// Reads of nodes that an element is not meant for say nothing of it.
pub(crate) fn judge(
    history: &History,
    rules: &Rules,
    reads: &Reads,
    audiences: &Audiences,
) -> SetFull {
    let mut states = vec![State::default(); history.elements.len()];
    for operation in history
        .operations
        .iter()
        .filter(|operation| operation.f == rules.add)
    {
        let Value::Element(element) = operation.input else {
            continue;
        };
        let state = &mut states[element as usize];
        state.tracked = state.tracked.or(Some(operation.invoked));
        if operation.outcome == Outcome::Ok {
            state.acknowledged = true;
            state.know(operation.completed.unwrap_or(operation.invoked));
        }
    }
    let mut pool = Pool::default();
    for node in 0..history.nodes.len() {
        let meant = |element| audiences.include(element, node);
        pool.node(reads.of_node(history, node), meant, &mut states);
    }
    summary(history, &states, audiences)
}

impl State {
    fn know(&mut self, at: Nanos) {
        self.known = Some(self.known.map_or(at, |known| known.min(at)));
    }
}

/// Follows the reads of one node. Only reads that count (not the rounds of
/// recovery) have a position; an element is on show or not over a range of them.
#[derive(Default)]
struct Pool {
    /// Per position: when the read completed.
    completed: Vec<Nanos>,
    /// Positions and operations of the reads invoked later than all that completed
    /// after them: the last-invoked one since a position is the first from there on.
    latest: Vec<(u32, u32)>,
    /// Per element: whether it is on show, and from which position on that holds.
    shown: Vec<bool>,
    since: Vec<u32>,
}

impl Pool {
    fn node<'a>(
        &mut self,
        reads: impl Iterator<Item = Read<'a>>,
        meant: impl Fn(Element) -> bool,
        states: &mut [State],
    ) {
        self.completed.clear();
        self.latest.clear();
        self.shown.clear();
        self.shown.resize(states.len(), false);
        self.since.clear();
        self.since.resize(states.len(), 0);
        for read in reads {
            let turned = read.view.removed.iter().chain(&read.view.added);
            for &element in turned.filter(|&&element| meant(element)) {
                self.turn(element, &mut states[element as usize]);
            }
            for &element in &read.view.repeated {
                states[element as usize].duplicated = true;
            }
            if read.operation.phase == Phase::Recovery {
                continue;
            }
            let position = self.completed.len() as u32;
            self.completed
                .push(read.operation.completed.unwrap_or(read.operation.invoked));
            while self
                .latest
                .last()
                .is_some_and(|&(_, earlier)| earlier < read.index)
            {
                self.latest.pop();
            }
            self.latest.push((position, read.index));
        }
        for (element, state) in (0..).zip(states).filter(|&(element, _)| meant(element)) {
            self.turn(element, state);
        }
    }

    /// Ends the range in which an element was on show, or was not.
    fn turn(&mut self, element: Element, state: &mut State) {
        let index = element as usize;
        let shown = self.shown[index];
        self.shown[index] = !shown;
        let since = std::mem::replace(&mut self.since[index], self.completed.len() as u32);
        let Some(tracked) = state.tracked else { return };
        // Reads that completed before the add was invoked say nothing of the element.
        let begin = self.first_from(since, tracked + Nanos::from(!shown));
        let Some(&first) = self.completed.get(begin as usize) else {
            return;
        };
        let latest = self
            .latest
            .partition_point(|&(position, _)| position < begin);
        let operation = self.latest[latest].1 + 1;
        if shown {
            state.know(first);
            state.last_present = state.last_present.max(operation);
        } else {
            state.last_absent = state.last_absent.max(operation);
        }
    }

    /// The first position from `since` on whose read completed at `at` or later.
    fn first_from(&self, since: u32, at: Nanos) -> u32 {
        match self.completed[since as usize..] {
            [first, ..] if first >= at => since,
            [.., last] if last >= at => {
                since + self.completed[since as usize..].partition_point(|&done| done < at) as u32
            }
            _ => self.completed.len() as u32,
        }
    }
}

fn summary(history: &History, states: &[State], audiences: &Audiences) -> SetFull {
    let mut sum = SetFull {
        validity: Validity::Valid,
        attempt_count: 0,
        acknowledged_count: 0,
        stable_count: 0,
        lost_count: 0,
        never_read_count: 0,
        stale_count: 0,
        duplicated_count: states.iter().filter(|state| state.duplicated).count(),
        stable_latencies: Vec::new(),
        stable_latencies_by_class: BTreeMap::new(),
        lost_latencies: Vec::new(),
    };
    let invoked = |operation: u32| {
        operation
            .checked_sub(1)
            .map(|index| history.operations[index as usize].invoked)
    };
    let tracked = (0..).zip(states);
    for (element, state) in tracked.filter(|(_, state)| state.tracked.is_some()) {
        sum.attempt_count += 1;
        sum.acknowledged_count += usize::from(state.acknowledged);
        let (present, absent) = (invoked(state.last_present), invoked(state.last_absent));
        match (state.known, absent) {
            (Some(known), absent) if state.last_present > state.last_absent => {
                let latency = absent.map_or(0, |missed| missed.saturating_sub(known));
                sum.stable_count += 1;
                // The reference adds a nanosecond before it counts milliseconds.
                let stale =
                    absent.is_some_and(|missed| (missed + 1).saturating_sub(known) >= MILLISECOND);
                sum.stale_count += usize::from(stale);
                sum.stable_latencies.push(latency);
                if let Some(class) = audiences.class(element) {
                    let of_class = sum.stable_latencies_by_class.entry(class);
                    of_class.or_default().push(latency);
                }
            }
            (Some(known), Some(missed)) if known <= missed => {
                sum.lost_count += 1;
                sum.lost_latencies
                    .push(present.map_or(0, |shown| shown.saturating_sub(known)));
            }
            _ => sum.never_read_count += 1,
        }
    }
    sum.validity = match (sum.lost_count, sum.stable_count) {
        (1.., _) => Validity::Invalid,
        (0, 0) => Validity::Unknown,
        (0, _) => Validity::Valid,
    };
    sum
}

impl SetFull {
    /// Sets the figures under `prefix`.
    pub fn figures(self, prefix: &str, figures: &mut Figures) {
        let counts = [
            self.attempt_count,
            self.acknowledged_count,
            self.stable_count,
            self.lost_count,
            self.never_read_count,
            self.stale_count,
            self.duplicated_count,
        ];
        for (name, count) in COUNTS.iter().zip(counts) {
            figures.count(format!("{prefix}.{name}"), count);
        }
        let mut latencies = vec![
            ("stable-latency".to_owned(), self.stable_latencies),
            ("lost-latency".to_owned(), self.lost_latencies),
        ];
        for (class, sample) in self.stable_latencies_by_class {
            latencies.push((format!("stable-latency.{class}"), sample));
        }
        for (name, mut sample) in latencies {
            sample.sort_unstable();
            for (quantile, q) in QUANTILES {
                let index = (sample.len() as f64 * q) as usize;
                if let Some(&latency) = sample.get(index.min(sample.len().saturating_sub(1))) {
                    figures.set(
                        format!("{prefix}.{name}.{quantile}"),
                        Figure::Duration(latency),
                    );
                }
            }
        }
        let name = format!("{prefix}.reference.valid");
        match self.validity {
            Validity::Valid => figures.count(name, 1),
            Validity::Invalid => figures.count(name, 0),
            Validity::Unknown => {}
        }
    }
}

/// The figures that [`SetFull::figures`] sets.
pub fn names(catalogue: &mut Catalogue, prefix: &str) {
    catalogue.add_all(Quantity::Count, prefix, &COUNTS);
    catalogue.add(Quantity::Count, format!("{prefix}.reference.valid"));
    for name in ["stable-latency", "lost-latency"] {
        add_quantiles(catalogue, &format!("{prefix}.{name}"));
    }
}

/// The figures that [`SetFull::figures`] sets for the elements of classes.
pub fn names_of_classes(catalogue: &mut Catalogue, prefix: &str, classes: &[&'static str]) {
    for class in classes {
        add_quantiles(catalogue, &format!("{prefix}.stable-latency.{class}"));
    }
}

fn add_quantiles(catalogue: &mut Catalogue, name: &str) {
    for (quantile, _) in QUANTILES {
        catalogue.add(Quantity::Duration, format!("{name}.{quantile}"));
    }
}

#[cfg(test)]
mod tests;
