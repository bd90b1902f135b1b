//! Strategies in order, with what stands out: fronts, limits, and who beats what people
//! report.

use std::cmp::Ordering;

use swelkie_checkers::Validity;

use super::{Key, Mode, PUBLIC, Public, Score, Spread, Trouble, front};

/// How a strategy did.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The built-in node's spec, or the program.
    pub strategy: String,
    /// How it was run.
    pub mode: Mode,
    /// Its runs, at least one.
    pub scores: Vec<Score>,
}

impl Standing {
    /// The worst verdict of its runs.
    #[must_use]
    pub fn validity(&self) -> Validity {
        let all = self.scores.iter().map(|score| score.validity);
        all.min().unwrap_or(Validity::Unknown)
    }

    /// Whether every run was valid.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.validity() == Validity::Valid
    }

    /// How many runs were not valid.
    #[must_use]
    pub fn not_valid(&self) -> usize {
        let bad = |score: &&Score| score.validity != Validity::Valid;
        self.scores.iter().filter(bad).count()
    }

    /// A figure over the runs that have it; none if none does.
    #[must_use]
    pub fn figure(&self, key: Key) -> Option<Spread> {
        let values = self
            .scores
            .iter()
            .filter_map(|score| score.figures.get(&key));
        Spread::of(values.copied())
    }

    /// The worst run that went wrong, the earliest of equals.
    #[must_use]
    pub fn trouble(&self) -> Option<(&Score, &Trouble)> {
        let bad = self
            .scores
            .iter()
            .filter_map(|score| Some((score, score.trouble.as_ref()?)));
        bad.min_by_key(|(score, _)| score.validity)
    }

    /// What the reader should know before trusting the figures, by run.
    pub fn warnings(&self) -> impl Iterator<Item = (&Score, &str)> {
        self.scores.iter().flat_map(|score| {
            let warnings = score.warnings.iter();
            warnings.map(move |warning| (score, warning.as_str()))
        })
    }

    /// `sample:fanout=7 (live)`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} ({})", self.strategy, self.mode)
    }
}

/// All strategies in order.
#[derive(Clone, Debug)]
pub struct Scoreboard {
    /// What they are sorted by.
    pub sort: Key,
    /// The strategies: valid ones first, the best first.
    pub standings: Vec<Standing>,
    /// Whether nobody valid beats it in messages and median latency at once, by standing.
    pub front_median: Vec<bool>,
    /// Whether nobody valid beats it in messages and longest latency at once.
    pub front_max: Vec<bool>,
    /// Whether the conditions are those of the public figures and limits.
    pub comparable: bool,
}

impl Scoreboard {
    /// Puts strategies in order. `comparable` says that the conditions are those of the
    /// public figures and limits.
    #[must_use]
    pub fn new(mut standings: Vec<Standing>, sort: Key, comparable: bool) -> Scoreboard {
        standings.sort_by(|a, b| order(a, b, sort));
        Scoreboard {
            sort,
            front_median: fronted(&standings, Key::Median),
            front_max: fronted(&standings, Key::Max),
            standings,
            comparable,
        }
    }

    /// The public figures beside it, best first; none if they do not compare.
    #[must_use]
    pub fn public(&self) -> Vec<&'static Public> {
        let mut rows: Vec<&Public> = match self.comparable {
            true => PUBLIC.iter().collect(),
            false => Vec::new(),
        };
        let by = |public: &&Public| {
            public
                .figure(self.sort)
                .map_or(public.msgs.low, |figure| figure.low)
        };
        rows.sort_by(|a, b| by(a).total_cmp(&by(b)));
        rows
    }

    /// Who beats a public approach, best first.
    #[must_use]
    pub fn beat(&self, public: &Public) -> Vec<&Standing> {
        let beat = self
            .standings
            .iter()
            .filter(|standing| public.is_beaten_by(standing));
        beat.collect()
    }

    /// 0 if every run is valid; otherwise that of the worst: 254 a program that cannot be
    /// run, 1 invalid, 2 unknown.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        let scores = self.standings.iter().flat_map(|standing| &standing.scores);
        let worse = |status: &u8| [0, 2, 1, 254].iter().position(|known| known == status);
        let worst = scores.map(|score| score.exit_status).max_by_key(worse);
        worst.unwrap_or(0)
    }
}

/// Valid ones first; then by the figure, by messages, by name.
fn order(a: &Standing, b: &Standing, sort: Key) -> Ordering {
    let value = |standing: &Standing, key| {
        standing
            .figure(key)
            .map_or(f64::INFINITY, |spread| spread.middle)
    };
    let by = |key| value(a, key).total_cmp(&value(b, key));
    (b.is_valid().cmp(&a.is_valid()))
        .then_with(|| by(sort))
        .then_with(|| by(Key::Msgs))
        .then_with(|| (&a.strategy, a.mode).cmp(&(&b.strategy, b.mode)))
}

/// Who is on the front of messages against a latency.
fn fronted(standings: &[Standing], latency: Key) -> Vec<bool> {
    let point = |standing: &Standing| {
        let (msgs, latency) = (standing.figure(Key::Msgs)?, standing.figure(latency)?);
        standing.is_valid().then_some((msgs.middle, latency.middle))
    };
    let points: Vec<Option<(f64, f64)>> = standings.iter().map(point).collect();
    let there: Vec<(f64, f64)> = points.iter().copied().flatten().collect();
    let mut on = front(&there).into_iter();
    let marks = points
        .iter()
        .map(|point| point.is_some() && on.next() == Some(true));
    marks.collect()
}
