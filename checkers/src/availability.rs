//! Enough operations succeed.
//!
//! The share of ok operations among those of the main phase that completed is
//! the figure `availability`; what the user asks of it is an [`Availability`].

use std::fmt;
use std::str::FromStr;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Outcome, Phase};
use crate::text;
use crate::verdict::{Anomaly, Figure, Validity, Verdict};

/// How many operations must succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Availability {
    /// Every one.
    Total,
    /// At least this share, from 0 to 1.
    AtLeast(f64),
}

impl FromStr for Availability {
    type Err = String;

    /// `total`, a fraction `0.999`, or a percentage `99.9%`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "total" {
            return Ok(Availability::Total);
        }
        let (number, whole) = match text.strip_suffix('%') {
            Some(number) => (number, 100.0),
            None => (text, 1.0),
        };
        match number.trim().parse::<f64>() {
            Ok(share) if (0.0..=whole).contains(&share) => {
                // 99.9 / 100 is a little more than 0.999, and 999 of 1000 would not do.
                let exact = format!("{}e-2", number.trim())
                    .parse()
                    .ok()
                    .filter(|_| whole > 1.0);
                Ok(Availability::AtLeast(exact.unwrap_or(share / whole)))
            }
            Ok(share) if whole == 1.0 && share > 1.0 && share <= 100.0 => Err(format!(
                "`{text}` is more than every operation; did you mean `{text}%`?"
            )),
            _ => Err(format!(
                "expected `total`, a fraction such as `0.999` or a percentage such as `99.9%`, got `{text}`"
            )),
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Availability::Total => f.write_str("total"),
            Availability::AtLeast(share) => write!(f, "{share}"),
        }
    }
}

/// Whether enough operations succeeded (`unavailable` if not), and the figure
/// `availability` in any case. Without a completed operation the answer is unknown.
#[must_use]
pub fn check(history: &History, wanted: Option<Availability>) -> Verdict {
    let main = || {
        history
            .operations
            .iter()
            .enumerate()
            .filter(|(_, operation)| operation.phase == Phase::Main)
    };
    let completed = main()
        .filter(|(_, operation)| operation.outcome != Outcome::Pending)
        .count();
    let ok = main()
        .filter(|(_, operation)| operation.outcome == Outcome::Ok)
        .count();
    let mut verdict = Verdict::valid();
    if completed == 0 {
        if wanted.is_some() {
            let story = "no operation completed, so availability cannot be judged";
            verdict.blame(Validity::Unknown, Anomaly::new("nothing-tried", story));
        }
        return verdict;
    }
    let share = ok as f64 / completed as f64;
    verdict.figures.set("availability", Figure::Number(share));
    let (enough, expected) = match wanted {
        None => return verdict,
        Some(Availability::Total) => (ok == completed, "every operation".to_owned()),
        Some(Availability::AtLeast(least)) => {
            (share >= least, format!("at least {} %", rounded(least)))
        }
    };
    if !enough {
        let failed = main()
            .filter(|(_, operation)| matches!(operation.outcome, Outcome::Fail | Outcome::Info));
        let failed: Vec<usize> = failed
            .map(|(index, _)| index)
            .take(crate::EVIDENCE)
            .collect();
        let first = &history.operations[failed[0]];
        let cause = first.cause.as_ref().map_or("", |cause| cause.kind.as_str());
        let story = format!(
            "{ok} of {completed} operations succeeded ({} %), expected {expected}; the first that did not was {} on {} at {} ({})",
            rounded(share),
            first.f,
            history.nodes[first.node].name,
            text::moment(first.invoked),
            if cause.is_empty() {
                "no cause given".to_owned()
            } else {
                text::safe(cause)
            },
        );
        let anomaly = Anomaly::new("unavailable", story)
            .when(first.invoked)
            .shown_by(failed);
        verdict.blame(Validity::Invalid, anomaly);
    }
    verdict
}

/// A share in per cent, with four digits after the point at most.
fn rounded(share: f64) -> f64 {
    (share * 1e6).floor() / 1e4
}

/// The figures that [`check`] sets.
pub fn names(catalogue: &mut Catalogue) {
    catalogue.add(Quantity::Number, "availability");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, fail, info, ok, pending};

    fn story(oks: u64, fails: u64) -> History {
        let mut story = Story::new(1);
        for index in 0..oks {
            story.add(0, index as u32, ok(index * 10, index * 10 + 1));
        }
        for index in 0..fails {
            story.add(
                0,
                1000 + index as u32,
                if index % 2 == 0 {
                    fail(index * 10 + 3, index * 10 + 4)
                } else {
                    info(index * 10, 5000)
                },
            );
        }
        story.add(0, 2000, pending(1));
        story.read(0, Phase::Final, fail(6000, 6001), &[]);
        story.history()
    }

    #[test]
    fn the_share_counts_completed_main_operations_only() {
        let verdict = check(&story(3, 1), None);
        assert_eq!(
            verdict.figures.get("availability"),
            Some(Figure::Number(0.75))
        );
        assert_eq!(verdict.validity, Validity::Valid);
    }

    #[test]
    fn total_means_every_operation_and_a_fraction_at_least_that_many() {
        let wanted = |text: &str| Some(text.parse().unwrap());
        assert_eq!(
            check(&story(3, 0), wanted("total")).validity,
            Validity::Valid
        );
        assert_eq!(
            check(&story(3, 1), wanted("total")).validity,
            Validity::Invalid
        );
        assert_eq!(
            check(&story(3, 1), wanted("0.75")).validity,
            Validity::Valid
        );
        let verdict = check(&story(3, 1), wanted("75.1%"));
        assert_eq!(verdict.validity, Validity::Invalid);
        assert!(
            verdict.anomalies[0]
                .text
                .contains("3 of 4 operations succeeded (75 %)"),
            "{}",
            verdict.anomalies[0].text
        );
        assert_eq!(check(&story(0, 0), wanted("0")).validity, Validity::Unknown);
        assert_eq!(check(&story(0, 2), wanted("0")).validity, Validity::Valid);
    }

    #[test]
    fn a_percentage_is_the_same_share_as_its_fraction() {
        for (percent, fraction) in [("99.9%", "0.999"), ("99.99%", "0.9999"), ("50%", "0.5")] {
            assert_eq!(percent.parse::<Availability>(), fraction.parse());
        }
    }

    #[test]
    fn a_wrong_availability_is_refused_with_the_right_spelling() {
        assert!(
            "99.9"
                .parse::<Availability>()
                .unwrap_err()
                .contains("`99.9%`")
        );
        for text in ["-1", "101%", "nan", "most", ""] {
            assert!(text.parse::<Availability>().is_err(), "{text}");
        }
    }
}
