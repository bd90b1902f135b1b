//! Putting together what the parts of an experiment found.
//!
//! A result belongs to an experiment by its key: the cell's conditions, the seed, how many
//! trials. So parts may come from anywhere, overlap, and be of different numbers of parts;
//! two parts that hold the same cell must say the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Shard;
use crate::lab::experiment::Experiment;
use crate::lab::result::{self, CellResult};

/// What one notebook holds.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is, for people.
    pub place: String,
    /// Which part it is; none if it is none.
    pub shard: Option<Shard>,
    /// Its results, by key.
    pub found: BTreeMap<String, CellResult>,
}

/// An experiment put together.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// What came of the cells that were found, in the experiment's order.
    pub results: Vec<CellResult>,
    /// Which cells nobody played: their positions in the experiment.
    pub missing: Vec<usize>,
    /// How many results belong to other experiments, seeds or numbers of trials.
    pub foreign: usize,
    /// One of those that is a cell of this experiment, played otherwise: how, and how this
    /// one is.
    pub otherwise: Option<(String, String)>,
}

/// Puts together what was found of an experiment. Earlier sources come first; what is no
/// part (what was put together before) only fills gaps, if it comes last.
///
/// # Errors
/// If the results of two parts differ in one cell: then different programs played them.
pub fn merge(experiment: &Experiment, sources: &[Source]) -> Result<Merged, String> {
    let mut merged = Merged::default();
    let keys: Vec<String> = experiment
        .cells
        .iter()
        .map(|cell| result::key(cell, experiment))
        .collect();
    for (at, (cell, key)) in experiment.cells.iter().zip(&keys).enumerate() {
        let mut found = sources
            .iter()
            .filter_map(|source| Some((source, source.found.get(key)?)));
        let Some((first, known)) = found.next() else {
            merged.missing.push(at);
            continue;
        };
        let differs = |(source, other): &(&Source, &CellResult)| {
            source.shard.is_some() && other.measures != known.measures
        };
        if let Some((other, _)) = found.find(differs) {
            return Err(format!(
                "{} and {} hold different results of one cell ({key}): were they played by \
                 different versions of Swelkie? Take one of them away and play it again",
                first.place, other.place
            ));
        }
        let result = CellResult::new(cell, experiment, known.measures.clone());
        merged.results.push(result);
    }
    let foreign = sources.iter().flat_map(|source| source.found.keys());
    let own: BTreeSet<&String> = keys.iter().collect();
    let foreign: BTreeSet<&String> = foreign.filter(|key| !own.contains(key)).collect();
    merged.foreign = foreign.len();
    merged.otherwise = foreign.into_iter().find_map(|key| {
        let (cell, how) = halves(key)?;
        let same = keys.iter().filter_map(|key| halves(key));
        let (_, expected) = same.into_iter().find(|(same, _)| *same == cell)?;
        Some((how.to_owned(), expected.to_owned()))
    });
    Ok(merged)
}

/// A key's conditions, and how they were played: seed and trials.
fn halves(key: &str) -> Option<(&str, &str)> {
    let at = key.rfind(" seed=")?;
    Some((&key[..at], key[at..].trim_start()))
}

impl Merged {
    /// Which parts were to play what is missing, and how many cells of each; empty unless
    /// all parts are of one number of parts.
    #[must_use]
    pub fn missing_parts(
        &self,
        experiment: &Experiment,
        sources: &[Source],
    ) -> BTreeMap<Shard, usize> {
        let mut numbers = sources.iter().filter_map(|source| source.shard);
        let Some(of) = numbers.next().map(Shard::of) else {
            return BTreeMap::new();
        };
        if numbers.any(|shard| shard.of() != of) {
            return BTreeMap::new();
        }
        let dealt = Shard::deal(&experiment.cells, of);
        let mut parts = BTreeMap::new();
        for &cell in &self.missing {
            *parts.entry(dealt[cell]).or_default() += 1;
        }
        parts
    }
}
