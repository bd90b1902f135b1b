//! The evidence of many runs, grouped: `lost ×3 (seeds 4, 19, 33)`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Case, End, seed_list};

/// One kind of evidence and the runs that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// `lost`, or what happened instead of evidence: `not-run`, `unexpected`.
    pub kind: String,
    /// In how many runs.
    pub runs: u64,
    /// Their seeds, ascending.
    pub seeds: Vec<u64>,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let seeds = if self.seeds.len() == 1 {
            "seed"
        } else {
            "seeds"
        };
        let list = seed_list(self.seeds.iter().copied());
        write!(f, "{} ×{} ({seeds} {list})", self.kind, self.runs)
    }
}

/// The evidence of the cases that failed, by kind, the most frequent first.
pub fn evidence<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Vec<Evidence> {
    let mut seeds: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for case in cases.into_iter().filter(|case| case.failed()) {
        match &case.end {
            End::Judged(judged) if judged.kinds.is_empty() => {
                seeds.entry("unexpected").or_default().push(case.seed);
            }
            End::Judged(judged) => {
                for kind in judged.kinds.keys() {
                    seeds.entry(kind).or_default().push(case.seed);
                }
            }
            End::NotRun { .. } => seeds.entry("not-run").or_default().push(case.seed),
            End::Skipped(_) => {}
        }
    }
    let grouped = seeds.into_iter().map(|(kind, mut seeds)| {
        let runs = seeds.len() as u64;
        seeds.sort_unstable();
        seeds.dedup();
        let kind = kind.to_owned();
        Evidence { kind, runs, seeds }
    });
    let mut grouped: Vec<Evidence> = grouped.collect();
    grouped.sort_by_key(|evidence| std::cmp::Reverse(evidence.runs));
    grouped
}
