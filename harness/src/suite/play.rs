//! Plays the rungs of a suite.
//!
//! ```text
//!   wave 1  all simulated rungs that need nothing   core 1  a1 a3 b1 …
//!                                                   core 2  a2 a4 b2 …
//!   wave 2  simulated rungs that needed those       …
//!   then    real rungs, one run at a time: c1 c2 d1 …
//!           (and whatever needs them, simulated first)
//! ```
//!
//! Simulations go first: they are fast, and what they find may save the slow ones. A
//! rung that needs another waits until that has passed. What stops a suite (its budget,
//! `--fail-fast`, a signal) ends the runs that go on, and every case that has no verdict
//! then is skipped with that reason.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::clock::Clock;
use super::feed::{Feed, Turn};
use super::worker::{Hand, News, lock};
use super::{Case, End, Rung};
use crate::engine::Progress;

/// How a suite is played.
pub struct Limits<'a> {
    /// How many simulations at once.
    pub jobs: usize,
    /// How long all of it may take.
    pub budget: Option<Duration>,
    /// Nothing more is begun after a case that failed.
    pub fail_fast: bool,
    /// Reports of all cases are kept, not only of those that failed.
    pub reports: bool,
    /// The signal that came, if one did. Asked at least every 100 ms.
    pub stop: &'a (dyn Fn() -> Option<i32> + Sync),
}

/// How a suite stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// How many cases have ended.
    pub done: u64,
    /// How many of them failed.
    pub failed: u64,
    /// The real run that goes on: its rung and seed, and how it stands.
    pub live: Option<(&'a Rung, u64, &'a Progress)>,
}

/// Sees how a suite goes.
pub trait Watcher {
    /// A case has ended.
    fn ended(&mut self, rung: &Rung, case: &Case) {
        let _ = (rung, case);
    }

    /// How it stands; called at least every 100 ms.
    fn stands(&mut self, standing: &Standing) {
        let _ = standing;
    }
}

/// Nobody looks.
impl Watcher for () {}

/// Plays all rungs. The cases come in the order of the rungs, and of the seeds in each.
pub fn play(rungs: &[Rung], limits: &Limits, watcher: &mut dyn Watcher) -> Vec<Case> {
    let (clock, whole) = (Clock::start(limits), AtomicU64::new(0));
    let mut player = Player {
        rungs,
        limits,
        clock: &clock,
        whole: &whole,
        watcher,
        cases: rungs.iter().map(|_| None).collect(),
        done: 0,
        failed: 0,
        halt: None,
    };
    while let Some(wave) = player.next_wave() {
        player.wave(&wave);
    }
    player.cases.into_iter().flatten().flatten().collect()
}

struct Player<'a> {
    rungs: &'a [Rung],
    limits: &'a Limits<'a>,
    clock: &'a Clock<'a>,
    /// How many whole reports there are.
    whole: &'a AtomicU64,
    watcher: &'a mut dyn Watcher,
    /// Of each rung that is over.
    cases: Vec<Option<Vec<Case>>>,
    done: u64,
    failed: u64,
    /// Why nothing more is begun.
    halt: Option<String>,
}

impl Player<'_> {
    /// The rungs to be played now: all simulated ones that may be, else one real one.
    /// Rungs that cannot be played any more are skipped here.
    fn next_wave(&mut self) -> Option<Vec<usize>> {
        loop {
            let pending = (0..self.rungs.len()).filter(|&rung| self.cases[rung].is_none());
            let pending: Vec<usize> = pending.collect();
            if pending.is_empty() {
                return None;
            }
            self.halt = self.halt.take().or_else(|| self.clock.halt());
            let barred: Vec<(usize, String)> = pending
                .iter()
                .filter_map(|&rung| Some((rung, self.bar(rung)?)))
                .collect();
            if !barred.is_empty() {
                barred.iter().for_each(|(rung, why)| self.skip(*rung, why));
                continue;
            }
            let ready = |rung: &usize| {
                let needed = self.rungs[*rung].needs;
                needed.is_none_or(|needed| self.cases[needed].is_some())
            };
            let mut ready: Vec<usize> = pending.into_iter().filter(ready).collect();
            let simulated = |rung: &usize| self.rungs[*rung].options.sim;
            match ready.iter().any(simulated) {
                true => ready.retain(simulated),
                false => ready.truncate(1),
            }
            return Some(ready);
        }
    }

    /// Why a rung is not to be played at all.
    fn bar(&self, rung: usize) -> Option<String> {
        if let Some(halt) = &self.halt {
            return Some(halt.clone());
        }
        let needed = self.rungs[rung].needs?;
        let cases = self.cases[needed].as_ref()?;
        let name = &self.rungs[needed].name;
        if cases.iter().any(Case::failed) {
            Some(format!("it needs `{name}`, which failed"))
        } else if !cases.iter().all(Case::passed) {
            Some(format!("it needs `{name}`, which was skipped"))
        } else {
            None
        }
    }

    fn skip(&mut self, index: usize, why: &str) {
        let cases = skipped(index, &self.rungs[index], 0, why);
        self.done += cases.len() as u64;
        for case in &cases {
            self.watcher.ended(&self.rungs[index], case);
        }
        self.cases[index] = Some(cases);
    }

    /// Plays some rungs to their ends.
    fn wave(&mut self, wave: &[usize]) {
        let simulated = self.rungs[wave[0]].options.sim;
        let jobs = if simulated {
            self.limits.jobs.max(1)
        } else {
            1
        };
        let feed = Mutex::new(Feed::new(self.rungs, wave));
        let (sender, receiver) = mpsc::channel();
        let hand = Hand {
            rungs: self.rungs,
            feed: &feed,
            clock: self.clock,
            whole: self.whole,
        };
        let mut ended: Vec<(u64, Case)> = Vec::new();
        thread::scope(|scope| {
            for _ in 0..jobs {
                let (hand, sender) = (&hand, sender.clone());
                scope.spawn(move || hand.work(&sender));
            }
            drop(sender);
            let mut live: Option<(Turn, Progress)> = None;
            loop {
                match receiver.recv_timeout(Duration::from_millis(100)) {
                    Ok(News::Ended(order, case)) => {
                        live = None;
                        self.done += 1;
                        self.failed += u64::from(case.failed());
                        self.watcher.ended(&self.rungs[case.rung], &case);
                        if case.failed() && self.limits.fail_fast {
                            lock(&feed).close();
                        }
                        ended.push((order, *case));
                    }
                    Ok(News::Live(turn, progress)) => live = Some((turn, progress)),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                let live = live.as_ref();
                self.watcher.stands(&Standing {
                    done: self.done,
                    failed: self.failed,
                    live: live.map(|(turn, now)| (&self.rungs[turn.rung], turn.seed, now)),
                });
            }
        });
        ended.sort_by_key(|(order, _)| *order);
        let feed = feed.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.settle(wave, ended, &feed);
    }

    /// Puts the cases of a wave where they belong, and skips those that did not get a turn.
    fn settle(&mut self, wave: &[usize], mut ended: Vec<(u64, Case)>, feed: &Feed) {
        let first_failed = ended.iter().position(|(_, case)| case.failed());
        if let Some(first) = first_failed.filter(|_| self.limits.fail_fast) {
            let case = &ended[first].1;
            let rung = &self.rungs[case.rung].name;
            self.halt = Some(format!("--fail-fast: `{rung}`, {} failed", case.name()));
            // Which of the later ones were under way depends on the number of cores.
            ended.truncate(first + 1);
        } else {
            self.halt = self.clock.halt();
        }
        for &rung in wave {
            let of_rung = ended.extract_if(.., |(_, case)| case.rung == rung);
            let mut cases: Vec<Case> = of_rung.map(|(_, case)| case).collect();
            let why = match (&self.halt, feed.why_closed(rung)) {
                (_, Some(why)) => Some(why),
                (Some(halt), None) => Some(halt.clone()),
                (None, None) => None,
            };
            if let Some(why) = why {
                cases.extend(skipped(rung, &self.rungs[rung], cases.len() as u64, &why));
            }
            self.cases[rung] = Some(cases);
        }
    }
}

/// The cases of a rung that did not get a turn.
fn skipped(index: usize, rung: &Rung, done: u64, why: &str) -> Vec<Case> {
    // Of a rung that ends when its time is up, nothing is missing once it has begun.
    let all = rung.len().unwrap_or(1);
    let named = all.min(done.saturating_add(NAMED));
    let turns = (done..named).map_while(|at| rung.turn(at));
    let case = |(seed, repetition)| Case {
        rung: index,
        seed,
        repetition,
        command: (rung.again)(seed),
        end: End::Skipped(why.to_owned()),
    };
    let mut cases: Vec<Case> = turns.map(case).collect();
    if let Some(last) = cases.last_mut().filter(|_| named < all) {
        let rest = all - named;
        last.end = End::Skipped(format!(
            "{why} (and {rest} runs more, which are not listed)"
        ));
    }
    cases
}

/// So many skipped cases of a rung are listed: somebody may have asked for a billion.
const NAMED: u64 = 10_000;
