//! What a checker says: validity, evidence, figures.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Nanos};

/// The verdict lattice: invalid outweighs unknown, unknown outweighs valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// A promise was broken.
    Invalid,
    /// Not decidable from what was observed.
    Unknown,
    /// Every promise was kept, as far as observed.
    Valid,
}

/// One piece of evidence, for a person who wants to act on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// What went wrong, as one stable word: `lost`, `vanished`, `phantom`, `duplicate-id`, …
    pub kind: Cow<'static, str>,
    /// The whole story in one or two sentences: what, where, when, what was expected.
    pub text: String,
    /// The element (message, key, id) it is about, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// The node it is about, as an index into [`History::nodes`](crate::History::nodes).
    #[serde(skip)]
    pub node: Option<usize>,
    /// The name of that node.
    #[serde(rename = "node", default, skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// The moment it is about, since the start of the run.
    #[serde(rename = "time_ns", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Nanos>,
    /// Indices of the operations that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<usize>,
}

impl Anomaly {
    /// An anomaly of a kind with its story; fill in the other fields as known.
    #[must_use]
    pub fn new(kind: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Anomaly {
        Anomaly {
            kind: kind.into(),
            text: text.into(),
            element: None,
            node: None,
            node_name: None,
            at: None,
            operations: Vec::new(),
        }
    }

    /// About this element, given as JSON text.
    #[must_use]
    pub fn of(mut self, element: &str) -> Anomaly {
        self.element = Some(element.to_owned());
        self
    }

    /// About this node, an index into `history.nodes`.
    #[must_use]
    pub fn on(mut self, history: &History, node: usize) -> Anomaly {
        self.node = Some(node);
        self.node_name = Some(history.nodes[node].name.clone());
        self
    }

    /// About this moment.
    #[must_use]
    pub fn when(mut self, at: Nanos) -> Anomaly {
        self.at = Some(at);
        self
    }

    /// Shown by these operations.
    #[must_use]
    pub fn shown_by(mut self, operations: impl IntoIterator<Item = usize>) -> Anomaly {
        self.operations.extend(operations);
        self
    }
}

/// A measured quantity. Durations carry their unit through to the page and to
/// assertions; everything else is a plain number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// How many.
    Count(u64),
    /// A ratio or rate.
    Number(f64),
    /// Nanoseconds; written to JSON in milliseconds.
    Duration(Nanos),
}

impl Figure {
    /// The value in the unit it is written in: durations in milliseconds.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Figure::Count(count) => count as f64,
            Figure::Number(number) => number,
            Figure::Duration(nanos) => nanos as f64 / 1e6,
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Figure::Count(count) => serializer.serialize_u64(*count),
            other => serializer.serialize_f64(other.as_f64()),
        }
    }
}

/// What was written is a number: whether it is a time only its name tells
/// ([`Catalogue`](crate::catalogue::Catalogue), [`Figures::restore`]).
impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figure, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Count(u64),
            Number(f64),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Count(count) => Figure::Count(count),
            Written::Number(number) => Figure::Number(number),
        })
    }
}

/// Measured quantities under dotted names: `broadcast.stable-latency.p99`,
/// `net.servers.msgs-per-op`. A name does not change once it is published: users
/// write assertions against it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(pub BTreeMap<String, Figure>);

impl Figures {
    /// What [`Figures::quantiles`] appends to a name.
    pub const QUANTILES: [&str; 6] = ["min", "p50", "p95", "p99", "max", "mean"];

    /// Gives figures that were read from JSON the quantities that their names have.
    pub fn restore(&mut self, catalogue: &Catalogue) {
        for (name, figure) in &mut self.0 {
            match catalogue.find(name) {
                Some(Quantity::Duration) => {
                    *figure = Figure::Duration((figure.as_f64() * 1e6).round() as Nanos);
                }
                Some(Quantity::Number) => *figure = Figure::Number(figure.as_f64()),
                Some(Quantity::Count) | None => {}
            }
        }
    }

    /// Sets a figure.
    pub fn set(&mut self, name: impl Into<String>, figure: Figure) {
        self.0.insert(name.into(), figure);
    }

    /// Sets a count.
    pub fn count(&mut self, name: impl Into<String>, count: usize) {
        self.set(name, Figure::Count(count as u64));
    }

    /// Sets `name.min .p50 .p95 .p99 .max .mean` of `sample`, in any order; nothing when
    /// it is empty. Quantile q is the value at rank ⌈q·n⌉ (nearest rank).
    pub fn quantiles(&mut self, name: &str, mut sample: Vec<Nanos>) {
        if sample.is_empty() {
            return;
        }
        let count = sample.len();
        let rank = |q: f64| ((q * count as f64).ceil() as usize).clamp(1, count) - 1;
        // Each selection leaves what is larger behind it, where the next one looks.
        let mut begin = 0;
        for (suffix, q) in Self::QUANTILES.into_iter().zip([0.0, 0.5, 0.95, 0.99, 1.0]) {
            let at = rank(q);
            if at >= begin {
                sample[begin..].select_nth_unstable(at - begin);
                begin = at;
            }
            self.set(format!("{name}.{suffix}"), Figure::Duration(sample[at]));
        }
        let sum: u128 = sample.iter().map(|&nanos| u128::from(nanos)).sum();
        let mean = (sum / sample.len() as u128) as Nanos;
        self.set(format!("{name}.mean"), Figure::Duration(mean));
    }

    /// The figure of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Figure> {
        self.0.get(name).copied()
    }
}

/// How many anomalies of one kind are given in full.
pub const EVIDENCE: usize = 8;

/// Findings of one kind: the first [`EVIDENCE`] of them, and how many there are.
#[derive(Clone, Debug)]
pub(crate) struct Findings<T> {
    pub first: Vec<T>,
    pub count: usize,
}

impl<T> Default for Findings<T> {
    fn default() -> Self {
        Findings {
            first: Vec::new(),
            count: 0,
        }
    }
}

impl<T> Findings<T> {
    pub fn push(&mut self, finding: T) {
        if self.first.len() < EVIDENCE {
            self.first.push(finding);
        }
        self.count += 1;
    }

    /// How many are not given in full.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}

/// What a checker says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Was every promise kept?
    pub validity: Validity,
    /// The evidence, most telling first. Not empty unless valid.
    pub anomalies: Vec<Anomaly>,
    /// What was measured on the way.
    pub figures: Figures,
}

impl Verdict {
    /// Valid so far, nothing measured.
    #[must_use]
    pub fn valid() -> Verdict {
        Verdict {
            validity: Validity::Valid,
            anomalies: Vec::new(),
            figures: Figures::default(),
        }
    }

    /// Adds evidence that makes the verdict at most `validity`.
    pub fn blame(&mut self, validity: Validity, anomaly: Anomaly) {
        self.validity = self.validity.min(validity);
        self.anomalies.push(anomaly);
    }

    /// Says that there is more evidence of a kind than was given in full, and which
    /// figure counts all of it.
    pub fn blame_more(
        &mut self,
        validity: Validity,
        kind: &'static str,
        more: usize,
        figure: &str,
    ) {
        if more > 0 {
            let text =
                format!("and {more} more of this kind; the figure {figure} counts all of them");
            self.blame(validity, Anomaly::new(kind, text));
        }
    }

    /// The verdict of two checkers together: the worse validity, all evidence, all figures.
    #[must_use]
    pub fn merge(mut self, other: Verdict) -> Verdict {
        self.validity = self.validity.min(other.validity);
        self.anomalies.extend(other.anomalies);
        self.figures.0.extend(other.figures.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_nearest_ranks_of_the_sorted_sample() {
        for count in [1, 2, 3, 7, 100, 101, 1_000] {
            // A permutation: 7919 is prime and no divisor of any count.
            let sample: Vec<Nanos> = (0..count).map(|index| index * 7919 % count * 10).collect();
            let mut figures = Figures::default();
            figures.quantiles("x", sample.clone());
            for (name, q) in [
                ("min", 0.0),
                ("p50", 0.5),
                ("p95", 0.95),
                ("p99", 0.99),
                ("max", 1.0),
            ] {
                let rank = ((q * count as f64).ceil() as u64).max(1);
                let expected = Some(Figure::Duration((rank - 1) * 10));
                assert_eq!(
                    figures.get(&format!("x.{name}")),
                    expected,
                    "{name} of {count}"
                );
            }
            let mean = sample.iter().sum::<u64>() / count;
            assert_eq!(figures.get("x.mean"), Some(Figure::Duration(mean)));
        }
        let mut figures = Figures::default();
        figures.quantiles("x", Vec::new());
        assert!(figures.0.is_empty());
    }

    #[test]
    fn the_worse_validity_wins_and_all_evidence_stays() {
        let mut one = Verdict::valid();
        one.blame(Validity::Unknown, Anomaly::new("no-final-read", ""));
        let mut other = Verdict::valid();
        other.blame(Validity::Invalid, Anomaly::new("lost", ""));
        let both = one.clone().merge(other);
        assert_eq!(
            (both.validity, both.anomalies.len()),
            (Validity::Invalid, 2)
        );
        assert_eq!(one.merge(Verdict::valid()).validity, Validity::Unknown);
    }
}
