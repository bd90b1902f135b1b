//! Several experiments at a glance: a line each.

use std::path::PathBuf;
use std::time::Duration;

use swelkie::lab::estimate::Agreement;
use swelkie::lab::table::glance;
use swelkie::units::short_duration;

/// What came of an experiment.
pub struct Played {
    /// Its name.
    pub name: String,
    /// How each target stands.
    pub counts: Counts,
    /// How long it took, on the wall.
    pub took: Duration,
    /// Where its results are.
    pub directory: PathBuf,
    /// The exit status.
    pub status: u8,
}

/// How many targets agree, are missed, and cannot be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub agree: usize,
    pub missed: usize,
    pub undecided: usize,
}

impl Counts {
    /// Of these.
    pub fn of(agreements: impl IntoIterator<Item = Agreement>) -> Counts {
        let mut counts = Counts::default();
        for agreement in agreements {
            match agreement {
                Agreement::Agrees => counts.agree += 1,
                Agreement::Misses(_) => counts.missed += 1,
                Agreement::Undecided(_) => counts.undecided += 1,
            }
        }
        counts
    }

    /// All of them.
    pub fn all(self) -> usize {
        self.agree + self.missed + self.undecided
    }

    /// The exit status they mean.
    pub fn status(self) -> u8 {
        match (self.missed, self.undecided) {
            (0, 0) => 0,
            (0, _) => 2,
            _ => 1,
        }
    }

    /// Whether targets are met, as a sentence; none without targets.
    pub fn sentence(self) -> Option<String> {
        let (all, undecided) = (self.all(), self.undecided);
        match self.status() {
            0 if all == 0 => None,
            0 => Some(format!("all {all} targets agree")),
            2 => Some(format!(
                "{undecided} of {all} targets cannot be judged by so few trials"
            )),
            _ => Some(format!("{} of {all} targets are missed", self.missed)),
        }
    }
}

/// A line for each experiment.
pub fn summary(all: &[Played]) -> String {
    let heads = [
        "experiment",
        "agree",
        "missed",
        "undecided",
        "took",
        "results",
    ];
    let rows = all.iter().map(|played| {
        let counts = played.counts;
        vec![
            played.name.clone(),
            counts.agree.to_string(),
            counts.missed.to_string(),
            counts.undecided.to_string(),
            short_duration(played.took),
            played.directory.display().to_string(),
        ]
    });
    glance(&heads, rows)
}
