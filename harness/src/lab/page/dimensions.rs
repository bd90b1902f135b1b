//! In what cells differ: their labels, and the parameters inside a strategy's name.
//!
//! ```text
//!   nodes=1000, strategy=sample:fanout=7   ─►   nodes=1000, strategy=sample, fanout=7
//!   nodes=1000, strategy=flood             ─►   nodes=1000, strategy=flood
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::Scale;
use crate::lab::result::CellResult;
use crate::units::parse_duration;

/// What the strategy's name without its parameters is called.
pub(super) const STRATEGY: &str = "strategy";

/// A cell and its values by dimension.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) result: &'a CellResult,
    values: BTreeMap<String, String>,
}

impl Placed<'_> {
    pub(super) fn value(&self, dimension: &str) -> Option<&str> {
        self.values.get(dimension).map(String::as_str)
    }

    /// Its values in these dimensions, as one says them: `sample fanout=7`.
    pub(super) fn name<'b>(&self, dimensions: impl Iterator<Item = &'b str>) -> String {
        let mut dimensions: Vec<&str> = dimensions.collect();
        dimensions.sort_by_key(|dimension| *dimension != STRATEGY);
        let said = dimensions.into_iter().filter_map(|dimension| {
            let value = self.value(dimension)?;
            Some(match dimension {
                STRATEGY => value.to_owned(),
                _ => format!("{dimension}={value}"),
            })
        });
        said.collect::<Vec<_>>().join(" ")
    }
}

/// The cells of an experiment, and the dimensions in which they differ.
#[derive(Clone, Debug)]
pub(super) struct Space<'a> {
    pub(super) cells: Vec<Placed<'a>>,
    /// Those with more than one value, in order of first appearance.
    pub(super) dimensions: Vec<String>,
    /// Those of them whose values are numbers.
    pub(super) numeric: Vec<String>,
}

impl<'a> Space<'a> {
    pub(super) fn new(results: &'a [CellResult]) -> Space<'a> {
        let mut names: Vec<String> = Vec::new();
        let mut cells = Vec::new();
        let labels: BTreeSet<&str> = results
            .iter()
            .flat_map(|result| &result.labels)
            .map(|(name, _)| name.as_str())
            .collect();
        for result in results {
            let mut values = BTreeMap::new();
            for (name, value) in result.labels.iter().flat_map(|label| split(label, &labels)) {
                if !names.contains(&name) {
                    names.push(name.clone());
                }
                values.insert(name, value);
            }
            cells.push(Placed { result, values });
        }
        let differs = |name: &String| {
            let values: BTreeSet<_> = cells.iter().map(|cell| cell.value(name)).collect();
            values.len() > 1
        };
        let dimensions: Vec<String> = names.into_iter().filter(differs).collect();
        let is_numeric = |name: &&String| {
            let values: BTreeSet<_> = cells.iter().filter_map(|cell| cell.value(name)).collect();
            values.len() > 1 && values.iter().all(|value| magnitude(value).is_some())
        };
        let mut numeric: Vec<String> = dimensions.iter().filter(is_numeric).cloned().collect();
        // What is varied of a strategy before the conditions it is played under.
        numeric.sort_by_key(|name| labels.contains(name.as_str()));
        Space {
            cells,
            dimensions,
            numeric,
        }
    }

    /// The cells by their values in all dimensions but these, in order of first appearance.
    pub(super) fn groups(&self, but: &[&str]) -> Vec<(String, Vec<&Placed<'a>>)> {
        let rest = || {
            let all = self.dimensions.iter().map(String::as_str);
            all.filter(|dimension| !but.contains(dimension))
        };
        let mut keys: Vec<Vec<Option<&str>>> = Vec::new();
        let mut groups: Vec<(String, Vec<&Placed>)> = Vec::new();
        for cell in &self.cells {
            let key: Vec<Option<&str>> = rest().map(|dimension| cell.value(dimension)).collect();
            match keys.iter().position(|known| *known == key) {
                Some(at) => groups[at].1.push(cell),
                None => {
                    keys.push(key);
                    groups.push((cell.name(rest()), vec![cell]));
                }
            }
        }
        groups
    }

    /// The unit of a numeric dimension.
    pub(super) fn unit(&self, dimension: &str) -> &'static str {
        let values = self.cells.iter().filter_map(|cell| cell.value(dimension));
        let units: BTreeSet<&str> = values
            .filter(|value| value.parse::<f64>() != Ok(0.0))
            .filter_map(|value| magnitude(value).map(|(_, unit)| unit))
            .collect();
        match units.first() {
            Some(unit) if units.len() == 1 => match *unit {
                "%" => "%",
                "ms" => "ms",
                _ => "",
            },
            _ => "",
        }
    }

    /// How a numeric dimension is laid out: by factors if it spans many.
    pub(super) fn scale(&self, dimension: &str) -> Scale {
        let values = self.cells.iter().filter_map(|cell| cell.value(dimension));
        let numbers: Vec<f64> = values
            .filter_map(|value| Some(magnitude(value)?.0))
            .collect();
        by_span(numbers.into_iter(), 20.0)
    }
}

/// By factors for numbers above zero of which the largest is so many times the smallest.
pub(super) fn by_span(numbers: impl Iterator<Item = f64>, times: f64) -> Scale {
    let (low, high) = numbers.fold((f64::INFINITY, 0.0_f64), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    if low > 0.0 && high / low >= times {
        Scale::Log
    } else {
        Scale::Linear
    }
}

/// A strategy's name and its parameters; another label as it is. A parameter called like a
/// label (`loss`) says whose it is.
fn split((name, value): &(String, String), labels: &BTreeSet<&str>) -> Vec<(String, String)> {
    if name != STRATEGY {
        return vec![(name.clone(), value.clone())];
    }
    let (strategy, parameters) = value.split_once(':').unwrap_or((value, ""));
    let mut parts = vec![(STRATEGY.to_owned(), strategy.to_owned())];
    for parameter in parameters.split(',').filter(|part| !part.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, "yes"));
        let name = if labels.contains(name) {
            format!("{strategy}'s {name}")
        } else {
            name.to_owned()
        };
        parts.push((name, value.to_owned()));
    }
    parts
}

/// A value as a number and the unit it is in: `7`, `5%`, `100ms`.
pub(super) fn magnitude(value: &str) -> Option<(f64, &'static str)> {
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    if let Ok(number) = value.parse() {
        return Some((finite(number)?, ""));
    }
    if let Some(percent) = value.strip_suffix('%') {
        return Some((finite(percent.parse().ok()?)?, "%"));
    }
    let span = parse_duration(value, None).ok()?;
    Some((span.as_secs_f64() * 1e3, "ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategys_parameters_are_dimensions_of_their_own() {
        let label = (STRATEGY.to_owned(), "rumor:loss=coin,k=3".to_owned());
        let names: Vec<String> = split(&label, &BTreeSet::from(["loss"]))
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(names, ["strategy=rumor", "rumor's loss=coin", "k=3"]);
    }

    #[test]
    fn numbers_percentages_and_durations_have_a_magnitude_and_names_have_none() {
        assert_eq!(magnitude("0.05"), Some((0.05, "")));
        assert_eq!(magnitude("5%"), Some((5.0, "%")));
        assert_eq!(magnitude("1.5s"), Some((1500.0, "ms")));
        for name in ["grid", "", "NaN", "inf", "%", "push-pull"] {
            assert_eq!(magnitude(name), None, "{name}");
        }
    }
}
