//! What cases come to: counts and the exit status.

use std::ops::AddAssign;

use serde::Serialize;

use super::{Case, End};

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As expected.
    pub passed: u64,
    /// Not as expected.
    pub failed: u64,
    /// Left out.
    pub skipped: u64,
}

impl Counts {
    /// Of some cases.
    pub fn of<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Counts {
        let mut counts = Counts::default();
        for case in cases {
            match (case.passed(), case.failed()) {
                (true, _) => counts.passed += 1,
                (_, true) => counts.failed += 1,
                _ => counts.skipped += 1,
            }
        }
        counts
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The exit status of all cases together: 128 + the signal that interrupted them; else
/// the worst of 255 (we failed), 254 (could not be run), 1 (a promise was broken, or a
/// broken node was not caught), 2 (unknown, or cases were left out), 0.
pub fn exit_status<'c>(cases: impl IntoIterator<Item = &'c Case>, signal: Option<i32>) -> u8 {
    if let Some(signal) = signal {
        return u8::try_from(128 + signal).unwrap_or(255);
    }
    const GRAVEST_LAST: [u8; 5] = [0, 2, 1, 254, 255];
    let gravity = |status: u8| GRAVEST_LAST.iter().position(|&known| known == status);
    let of_case = |case: &Case| match &case.end {
        End::Judged(judged) if judged.unmet.is_none() => 0,
        End::Judged(judged) => match judged.exit_status {
            status @ (2 | 254 | 255) => status,
            _ => 1,
        },
        End::NotRun { exit_status, .. } => *exit_status,
        End::Skipped(_) => 2,
    };
    cases
        .into_iter()
        .map(of_case)
        .max_by_key(|&status| gravity(status))
        .unwrap_or(0)
}
