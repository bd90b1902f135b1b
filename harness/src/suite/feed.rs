//! Whose turn is next in a wave: rung after rung, seed after seed.

use std::time::{Duration, Instant};

use super::Rung;
use super::clock::used_up;

/// A run that is to be played now.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The index of its rung.
    pub rung: usize,
    /// Its seed.
    pub seed: u64,
    /// Which run with this seed, from 1.
    pub repetition: u32,
    /// Its place in the order of the wave.
    pub order: u64,
    /// When its rung began and what budget that has, if any.
    pub deadline: Option<(Instant, Duration)>,
}

/// The runs of a wave that have not begun.
pub struct Feed<'a> {
    rungs: &'a [Rung],
    wave: Vec<Place>,
    /// Which place of the wave is played.
    at: usize,
    order: u64,
    closed: bool,
}

/// A rung of a wave.
struct Place {
    rung: usize,
    /// How many of its runs have begun, and when the first did.
    begun: u64,
    since: Option<Instant>,
    /// Its budget is used up.
    spent: bool,
}

impl<'a> Feed<'a> {
    pub fn new(rungs: &'a [Rung], wave: &[usize]) -> Feed<'a> {
        let place = |&rung: &usize| Place {
            rung,
            begun: 0,
            since: None,
            spent: false,
        };
        Feed {
            rungs,
            wave: wave.iter().map(place).collect(),
            at: 0,
            order: 0,
            closed: false,
        }
    }

    /// Gives nothing more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The next run.
    #[expect(clippy::disallowed_methods, reason = "budgets are wall time")]
    pub fn next(&mut self) -> Option<Turn> {
        while !self.closed
            && let Some(place) = self.wave.get_mut(self.at)
        {
            let rung = &self.rungs[place.rung];
            let since = *place.since.get_or_insert_with(Instant::now);
            let gone = since.elapsed();
            let next = rung.turn(place.begun);
            place.spent |= next.is_some() && rung.budget.is_some_and(|budget| gone >= budget);
            let enough = rung.seeds.during().is_some_and(|during| gone >= during);
            // One run is played in any case, however short the time.
            let over = place.spent || enough && place.begun > 0;
            let Some((seed, repetition)) = next.filter(|_| !over) else {
                self.at += 1;
                continue;
            };
            place.begun += 1;
            self.order += 1;
            return Some(Turn {
                rung: place.rung,
                seed,
                repetition,
                order: self.order,
                deadline: rung.budget.map(|budget| (since, budget)),
            });
        }
        None
    }

    /// Why a rung was not played to its end, if that is its own doing.
    pub fn why_closed(&self, rung: usize) -> Option<String> {
        let place = self.wave.iter().find(|place| place.rung == rung)?;
        let rung = &self.rungs[place.rung];
        let budget = rung.budget.filter(|_| place.spent)?;
        Some(used_up(rung, budget))
    }
}
