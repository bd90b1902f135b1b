//! One run of a rung and how it ended.

use std::collections::BTreeMap;
use std::path::PathBuf;

use swelkie_checkers::{Figure, Validity};

use super::Rung;
use super::worst::watched;
use crate::report::Report;

/// One run of a rung, or one that was to be.
#[derive(Clone, Debug)]
pub struct Case {
    /// The index of its rung.
    pub rung: usize,
    /// Its seed.
    pub seed: u64,
    /// Which run with this seed, from 1.
    pub repetition: u32,
    /// The command that repeats it.
    pub command: String,
    /// How it ended.
    pub end: End,
}

/// How a case ended.
#[derive(Clone, Debug)]
pub enum End {
    /// It has a verdict.
    Judged(Box<Judged>),
    /// It could not be run.
    NotRun {
        /// Why.
        why: String,
        /// 254 for what the user can put right, 255 for what we did wrong.
        exit_status: u8,
    },
    /// It was left out, and why.
    Skipped(String),
}

/// What is remembered of a run that has a verdict: so little that there may be a million.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub validity: Validity,
    /// The run's exit status.
    pub exit_status: u8,
    /// The verdict in one sentence.
    pub headline: String,
    /// What is not as it was expected; none if the case passed.
    pub unmet: Option<String>,
    /// How much evidence there is, by kind.
    pub kinds: BTreeMap<String, u64>,
    /// The figures that tables show, by name.
    pub figures: BTreeMap<String, Figure>,
    /// How many operations succeeded, and of how many.
    pub operations: (u64, u64),
    /// How long it took, seconds.
    pub wall_s: f64,
    /// Where its files are; none if it kept none.
    pub directory: Option<PathBuf>,
    /// The whole report: of cases that failed, and of all if that was asked for.
    pub report: Option<Report>,
}

impl Case {
    /// Whether it ended as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(&self.end, End::Judged(judged) if judged.unmet.is_none())
    }

    /// Whether it ended, and not as expected.
    #[must_use]
    pub fn failed(&self) -> bool {
        match &self.end {
            End::Judged(judged) => judged.unmet.is_some(),
            End::NotRun { .. } => true,
            End::Skipped(_) => false,
        }
    }

    /// `passed`, `failed` or `skipped`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match (self.passed(), self.failed()) {
            (true, _) => "passed",
            (_, true) => "failed",
            _ => "skipped",
        }
    }

    /// Its verdict, if it has one.
    #[must_use]
    pub fn judged(&self) -> Option<&Judged> {
        match &self.end {
            End::Judged(judged) => Some(judged),
            _ => None,
        }
    }

    /// What there is to say about it in one sentence.
    #[must_use]
    pub fn story(&self) -> &str {
        match &self.end {
            End::Judged(judged) => judged.unmet.as_ref().unwrap_or(&judged.headline),
            End::NotRun { why, .. } | End::Skipped(why) => why,
        }
    }

    /// The name of a case beside its rung: `seed 7`, `seed 7, 2nd run`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.repetition {
            1 => format!("seed {}", self.seed),
            more => format!("seed {}, run {more}", self.seed),
        }
    }
}

impl Judged {
    /// What is remembered of a report; all of it if the case failed or `whole` says so.
    #[must_use]
    pub fn of(mut report: Report, rung: &Rung, whole: bool) -> Judged {
        let unmet = rung.expect.unmet(&report);
        if unmet.is_none() {
            // Nobody asks how a case came to pass; there may be many.
            report.links = Vec::new();
            report.explanations.clear();
            report.faults.iter_mut().for_each(|fault| fault.hit.clear());
        }
        let mut kinds = BTreeMap::new();
        for anomaly in &report.anomalies {
            *kinds.entry(anomaly.kind.to_string()).or_insert(0) += 1;
        }
        let figure = |name: String| {
            let figure = report.figures.get(&name)?;
            Some((name, figure))
        };
        let watched = watched(&rung.options);
        let count = |name| report.figures.get(name).map_or(0.0, |one| one.as_f64()) as u64;
        Judged {
            validity: report.validity,
            exit_status: report.exit_status,
            headline: report.headline.clone(),
            kinds,
            figures: watched
                .into_iter()
                .filter_map(|(name, _)| figure(name))
                .collect(),
            operations: (count("ops.ok"), count("ops.count")),
            wall_s: report.run.wall_s,
            directory: report.run.directory.clone(),
            report: (whole || unmet.is_some()).then_some(report),
            unmet,
        }
    }
}
