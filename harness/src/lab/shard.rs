//! Growing past one machine: an experiment in parts, each played on a machine of its own,
//! and put together again.
//!
//! ```text
//!   experiment ─► cells ─┬─ shard 1/3 ─► demers/shard-1-of-3/cells.jsonl ─┐
//!                        ├─ shard 2/3 ─► demers/shard-2-of-3/cells.jsonl ─┼─ merge ─► demers/cells.jsonl
//!                        └─ shard 3/3 ─► demers/shard-3-of-3/cells.jsonl ─┘
//! ```
//!
//! A cell's trials depend on the cell alone, so who plays it changes no byte of the
//! result. A cell is never split: it ends when its own trials are enough. Each part writes
//! into a directory of its own, so machines that share a file system never write the same
//! file.

mod environment;
mod merge;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use super::experiment::Cell;

pub use environment::{Found, Variables, find};
pub use merge::{Merged, Source, merge};

/// A part of an experiment: number `part` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    of: u32,
    part: u32,
}

impl Shard {
    /// Part number `part`, counted from 1, of `of`; none if there is no such part.
    #[must_use]
    pub fn new(part: u32, of: u32) -> Option<Shard> {
        (1..=of).contains(&part).then_some(Shard { of, part })
    }

    /// Which part, counted from 1.
    #[must_use]
    pub fn part(self) -> u32 {
        self.part
    }

    /// Of how many.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }

    /// The name of its directory: `shard-3-of-8`.
    #[must_use]
    pub fn directory(self) -> String {
        format!("shard-{}-of-{}", self.part, self.of)
    }

    /// The part that a directory of this name holds.
    #[must_use]
    pub fn from_directory(name: &str) -> Option<Shard> {
        let (part, of) = name.strip_prefix("shard-")?.split_once("-of-")?;
        let shard = Shard::new(part.parse().ok()?, of.parse().ok()?)?;
        (shard.directory() == name).then_some(shard)
    }

    /// Whose turn each cell is, so that parts take about equally long: the dearest cell
    /// first, each to the part that has least to do. (Longest processing time first:
    /// R. L. Graham, SIAM J. Appl. Math. 17 (1969), at most 4/3 of the best deal.)
    ///
    /// Among parts that have equally little to do the turn goes to and fro, so that no part
    /// always gets the same end of a list of parameters.
    ///
    /// The same cells are dealt the same way on every machine.
    #[must_use]
    pub fn deal(cells: &[Cell], of: u32) -> Vec<Shard> {
        let mut turns: Vec<usize> = (0..cells.len()).collect();
        turns.sort_by_key(|&at| std::cmp::Reverse(cost(&cells[at])));
        let mut loads = vec![0_u64; of as usize];
        let mut dealt = vec![Shard { of, part: 1 }; cells.len()];
        for (turn, at) in turns.into_iter().enumerate() {
            let least = *loads.iter().min().expect("there is a part");
            let mut free = (0..loads.len()).filter(|&part| loads[part] == least);
            let back = turn / loads.len() % 2 == 1;
            let part = if back { free.next_back() } else { free.next() };
            let part = part.expect("one has least");
            loads[part] = least.saturating_add(cost(&cells[at]));
            dealt[at].part = part as u32 + 1;
        }
        dealt
    }

    /// The cells of this part, in their order.
    #[must_use]
    pub fn own(self, cells: Vec<Cell>) -> Vec<Cell> {
        let dealt = Shard::deal(&cells, self.of);
        let with = cells.into_iter().zip(dealt);
        with.filter_map(|(cell, shard)| (shard == self).then_some(cell))
            .collect()
    }
}

/// What a trial of a cell costs, roughly: what a strategy says per node is not known
/// before it is played.
fn cost(cell: &Cell) -> u64 {
    u64::from(cell.nodes) * u64::from(cell.broadcasts)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let shard = text.split_once('/').and_then(|(part, of)| {
            let (part, of) = (part.parse().ok()?, of.parse().ok()?);
            Shard::new(part, of)
        });
        shard.ok_or_else(|| {
            format!(
                "`{}` is no part: expected i/n such as 3/8, counted from 1/8 to 8/8",
                text.escape_debug()
            )
        })
    }
}

/// Which part to play, as it is asked for: `3/8`, `auto`, `auto/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one.
    Given(Shard),
    /// The one that the environment names, of so many if it is said.
    Auto(Option<u32>),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Choice, String> {
        if text == "auto" {
            return Ok(Choice::Auto(None));
        }
        match text.strip_prefix("auto/").map(str::parse) {
            Some(Ok(of)) if of > 0 => return Ok(Choice::Auto(Some(of))),
            _ => {}
        }
        text.parse().map(Choice::Given).map_err(|error| {
            format!("{error}; or `auto` for the part that Slurm, Kubernetes or a CI system names")
        })
    }
}

impl Choice {
    /// The part, with what named it if it was the environment.
    ///
    /// # Errors
    /// If the environment names none, or not clearly: what was found and what to do.
    pub fn resolve(self, variables: &Variables) -> Result<Found, String> {
        match self {
            Choice::Given(shard) => Ok(Found {
                shard,
                source: "--shard",
            }),
            Choice::Auto(of) => find(variables, of)?.ok_or_else(|| {
                format!(
                    "--shard auto: nothing here names a part. Looked for {}; write --shard i/n",
                    environment::LOOKED_FOR
                )
            }),
        }
    }
}
