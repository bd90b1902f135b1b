//! Which figures exist, so that a mistyped name is found before a run starts.
//!
//! An entry is a dotted name in which a segment may be `*`, for what only the run
//! knows (a cause of failure, a link): `ops.read.fail.*`.

use crate::verdict::{Figure, Figures};

/// What a figure measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// How many.
    Count,
    /// A ratio or rate.
    Number,
    /// A time.
    Duration,
}

impl From<Figure> for Quantity {
    fn from(figure: Figure) -> Self {
        match figure {
            Figure::Count(_) => Quantity::Count,
            Figure::Number(_) => Quantity::Number,
            Figure::Duration(_) => Quantity::Duration,
        }
    }
}

/// The names of all figures that a run can have.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<(String, Quantity)>,
}

impl Catalogue {
    /// Adds a name, or a pattern in which some segments are `*`.
    pub fn add(&mut self, quantity: Quantity, pattern: impl Into<String>) {
        self.entries.push((pattern.into(), quantity));
    }

    /// Adds `prefix.name` for each of several names.
    pub fn add_all(&mut self, quantity: Quantity, prefix: &str, names: &[&str]) {
        for name in names {
            self.add(quantity, format!("{prefix}.{name}"));
        }
    }

    /// Adds the names that [`Figures::quantiles`] sets.
    pub fn add_quantiles(&mut self, name: &str) {
        self.add_all(Quantity::Duration, name, &Figures::QUANTILES);
    }

    /// What the figure of this name measures; none if there is no such figure.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Quantity> {
        let entry = self
            .entries
            .iter()
            .find(|(pattern, _)| matches(pattern, name));
        entry.map(|&(_, quantity)| quantity)
    }

    /// All names and patterns, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// The name that a mistyped one probably means.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.names())
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let mut names = name.split('.');
    let fits = pattern.split('.').all(|segment| {
        let named = names.next();
        named.is_some_and(|named| segment == named || (segment == "*" && !named.is_empty()))
    });
    fits && names.next().is_none()
}

/// The candidate most like `name`, if any is like it at all.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let scored =
        candidates.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|&(distance, _)| distance)?;
    let near = distance <= 2 + name.chars().count() / 5;
    let begins = candidate.starts_with(name) || candidate.ends_with(name);
    (near || begins).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_segment_and_a_typo_finds_its_name() {
        let mut catalogue = Catalogue::default();
        catalogue.add(Quantity::Count, "ops.read.fail.*");
        catalogue.add_quantiles("broadcast.stable-latency");
        assert_eq!(
            catalogue.find("ops.read.fail.timeout"),
            Some(Quantity::Count)
        );
        assert_eq!(catalogue.find("ops.read.fail"), None);
        assert_eq!(catalogue.find("ops.read.fail.a.b"), None);
        assert_eq!(
            catalogue.find("broadcast.stable-latency.p99"),
            Some(Quantity::Duration)
        );
        assert_eq!(
            catalogue.nearest("broadcast.stabel-latency.p99"),
            Some("broadcast.stable-latency.p99")
        );
        assert_eq!(catalogue.nearest("temperature"), None);
    }
}
