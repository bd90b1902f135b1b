//! The cases of a suite as a CI system is told of them.

use std::time::Duration;

use swelkie_checkers::Validity;

use super::{Case, End, Rung};
use crate::ci;

/// All cases of a suite of this name. Those without a report (see
/// [`Limits::reports`](super::Limits)) are left out.
#[must_use]
pub fn results(name: &str, rungs: &[Rung], cases: &[Case]) -> ci::Results {
    let told = |case: &Case| {
        let rung = &rungs[case.rung];
        let outcome = match &case.end {
            End::Judged(judged) => {
                let mut told = ci::Case::judged(&rung.name, judged.report.clone()?);
                told.expected = match (&judged.unmet, rung.expect.validity) {
                    (None, Validity::Valid) => ci::Expected::Valid,
                    (None, _) => ci::Expected::Met,
                    (Some(_), Validity::Valid) => ci::Expected::Valid,
                    (Some(why), _) => ci::Expected::Unmet(why.clone()),
                };
                if case.repetition > 1 {
                    told.name += &format!(", run {}", case.repetition);
                }
                return Some(told);
            }
            End::NotRun { why, .. } => ci::Outcome::NotRun(why.clone()),
            End::Skipped(why) => ci::Outcome::Skipped(why.clone()),
        };
        Some(ci::Case {
            suite: rung.name.clone(),
            class: ci::class(&rung.options.workload, &rung.options.target.to_string()),
            name: case.name(),
            outcome,
            duration: Duration::ZERO,
            expected: ci::Expected::Valid,
        })
    };
    ci::Results {
        name: name.to_owned(),
        cases: cases.iter().filter_map(told).collect(),
    }
}
