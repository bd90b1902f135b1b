//! Which seeds a rung is played with.

use std::time::Duration;

/// Which seeds a rung is played with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// These.
    List(Vec<u64>),
    /// One after the other, from the first on.
    From {
        /// The first.
        first: u64,
        /// How many; none for as many as there is time for.
        count: Option<u64>,
        /// For how long new ones are begun.
        during: Option<Duration>,
    },
}

impl Seeds {
    /// The nth seed.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<u64> {
        match self {
            Seeds::List(seeds) => seeds.get(usize::try_from(index).ok()?).copied(),
            Seeds::From { first, count, .. } => {
                let wanted = count.is_none_or(|count| index < count);
                wanted.then(|| first.wrapping_add(index))
            }
        }
    }

    /// How many there are; none if time says so.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match self {
            Seeds::List(seeds) => Some(seeds.len() as u64),
            Seeds::From { count, .. } => *count,
        }
    }

    /// For how long new ones are begun, if that is limited.
    #[must_use]
    pub fn during(&self) -> Option<Duration> {
        match self {
            Seeds::List(_) => None,
            Seeds::From { during, .. } => *during,
        }
    }
}

/// Seeds in few words: `4, 19, 33`, `1…20`, `1…20, 31`. Of many pieces the first are named.
#[must_use]
pub fn seed_list(seeds: impl IntoIterator<Item = u64>) -> String {
    /// As many pieces are named.
    const NAMED: usize = 8;
    let mut seeds: Vec<u64> = seeds.into_iter().collect();
    seeds.sort_unstable();
    seeds.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seed in seeds {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seed) => *last = seed,
            _ => ranges.push((seed, seed)),
        }
    }
    let piece = |&(first, last): &(u64, u64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}…{last}"),
    };
    let named: Vec<String> = ranges.iter().take(NAMED).map(piece).collect();
    let rest: u64 = ranges
        .iter()
        .skip(NAMED)
        .map(|(first, last)| (last - first).saturating_add(1))
        .sum();
    match rest {
        0 => named.join(", "),
        rest => format!("{} and {rest} more", named.join(", ")),
    }
}
