//! The rumors that a node is keen on, each with a counter of its own.

use rand::RngExt as _;

use super::config::Config;
use crate::rng::Rng;
use crate::strategy::Rumor;

/// A node's hot rumors, by number.
#[derive(Debug, Default)]
pub struct HotList(Vec<Hot>);

#[derive(Debug)]
struct Hot {
    rumor: Rumor,
    /// The cycle in which it became known here; it is passed on from the next one on.
    learnt: u64,
    /// Cycles in a row in which passing it on was in vain (blind: was done at all).
    count: u32,
    /// What happened in this cycle.
    tally: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    called: bool,
    answered: bool,
    needed: bool,
    in_vain: bool,
}

/// What became of passing a rumor on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Needed,
    InVain,
}

impl HotList {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From now on this rumor, learnt in this cycle, is hot.
    pub fn add(&mut self, rumor: Rumor, learnt: u64) {
        if let Err(at) = self.position(rumor) {
            let hot = Hot {
                rumor,
                learnt,
                count: 0,
                tally: Tally::default(),
            };
            self.0.insert(at, hot);
        }
    }

    /// Whether a rumor was learnt in this cycle: what is no longer hot was not, since
    /// interest is lost at the end of a cycle in which it was passed on.
    pub fn is_new(&self, rumor: Rumor, cycle: u64) -> bool {
        self.position(rumor)
            .is_ok_and(|at| self.0[at].learnt >= cycle)
    }

    /// What is to be told in a call: what was known when the cycle began.
    pub fn call(&mut self, cycle: u64) -> Vec<Rumor> {
        self.ripe(cycle, |hot| {
            hot.tally.called = true;
            true
        })
    }

    /// What is to be told to one who asked and told these: the rest. That the caller knew
    /// these makes the contact one in vain.
    pub fn answer(&mut self, cycle: u64, told: &[Rumor]) -> Vec<Rumor> {
        self.ripe(cycle, |hot| {
            hot.tally.answered = true;
            let knew = told.contains(&hot.rumor);
            hot.tally.in_vain |= knew;
            !knew
        })
    }

    /// The call of this cycle was refused.
    pub fn refused(&mut self) {
        for hot in &mut self.0 {
            hot.tally.called = false;
        }
    }

    /// Somebody said what passing a rumor on was good for.
    pub fn note(&mut self, rumor: Rumor, outcome: Outcome) {
        if let Ok(at) = self.position(rumor) {
            let tally = &mut self.0[at].tally;
            match outcome {
                Outcome::Needed => tally.needed = true,
                Outcome::InVain => tally.in_vain = true,
            }
        }
    }

    /// The cycle is over: interest in some is lost.
    pub fn end_cycle(&mut self, config: &Config, rng: &mut Rng) {
        self.0.retain_mut(|hot| {
            let tally = std::mem::take(&mut hot.tally);
            let weary = if config.feedback {
                if tally.needed {
                    hot.count = 0;
                }
                tally.in_vain && !tally.needed
            } else {
                tally.called || tally.answered
            };
            !weary || hot.stays(config, rng)
        });
    }

    fn ripe(&mut self, cycle: u64, mut take: impl FnMut(&mut Hot) -> bool) -> Vec<Rumor> {
        let ripe = self.0.iter_mut().filter(|hot| hot.learnt < cycle);
        ripe.filter_map(|hot| take(hot).then_some(hot.rumor))
            .collect()
    }

    fn position(&self, rumor: Rumor) -> Result<usize, usize> {
        self.0.binary_search_by_key(&rumor, |hot| hot.rumor)
    }
}

impl Hot {
    /// Whether interest outlasts a cycle that wore on it.
    fn stays(&mut self, config: &Config, rng: &mut Rng) -> bool {
        if config.k == 0 {
            return true;
        }
        if config.coin {
            return rng.random_range(0..config.k) > 0;
        }
        self.count += 1;
        self.count < config.k
    }
}
