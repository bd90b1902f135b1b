//! What many runs of one set of options say: how many were valid, which seeds failed how.

use std::fmt::Write as _;

use super::{Case, Counts, Rung, evidence, seed_list, worst};
use crate::lab::interval::{Confidence, Interval, Proportion};
use crate::summary::style::{BAD, DOUBTFUL, GOOD, Page, grouped, safe};
use crate::summary::{shown, summary};
use crate::units::short_duration;
use std::time::Duration;

/// The share of runs that failed, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sweep {
    /// Failed runs of all that ended.
    pub failed: Proportion,
    /// What the share may be in truth, with 95 % confidence.
    pub share: Interval,
}

impl Sweep {
    /// Of the cases of one rung. If all that were planned have ended, their number did not
    /// depend on what they showed; else the interval allows for whatever ended the sweep.
    #[must_use]
    pub fn of<'c>(rung: &Rung, cases: impl IntoIterator<Item = &'c Case>) -> Sweep {
        let counts = Counts::of(cases);
        let ended = counts.passed + counts.failed;
        let failed = Proportion::new(counts.failed, ended);
        let planned = rung.len() == Some(ended) && rung.seeds.during().is_none();
        let share = match planned {
            true => failed.exact(Confidence::P95),
            false => failed.anytime(Confidence::P95),
        };
        Sweep { failed, share }
    }
}

/// A sweep for people: the first failure in full, then what all runs say.
#[must_use]
pub fn sweep(rung: &Rung, cases: &[Case], wall: Duration, color: bool) -> String {
    let counts = Counts::of(cases);
    let first = cases.iter().find(|case| case.failed());
    let mut page = Page::new(color);
    verdict(&mut page, counts);
    if let Some(report) = first.and_then(|case| case.judged()?.report.as_ref()) {
        page.gap();
        page.line(&format!("The first of them, seed {}:", report.plan.seed));
        for line in summary(report, color).lines() {
            page.line(&format!("  {line}"));
        }
    }
    page.gap();
    for evidence in evidence(cases) {
        page.line(&format!("  {}", safe(&evidence.to_string())));
    }
    page.gap();
    let ended = cases.iter().filter(|case| case.passed() || case.failed());
    let seeds = seed_list(ended.clone().map(|case| case.seed));
    let took = short_duration(wall);
    page.fact(
        "runs",
        &format!("{} in {took}, seeds {seeds}", grouped(ended.count() as u64)),
    );
    if counts.skipped > 0 {
        let why = cases.iter().find(|case| !case.passed() && !case.failed());
        let why = why.map_or("", |case| case.story());
        page.fact(
            "not run",
            &format!("{}: {}", grouped(counts.skipped), safe(why)),
        );
    }
    page.fact("failed", &share(Sweep::of(rung, cases)));
    if let Some(worst) = worst_values(rung, cases) {
        page.fact("worst", &worst);
    }
    if let Some(case) = first {
        page.fact("again", &safe(&case.command));
        if let Some(directory) = case.judged().and_then(|judged| judged.directory.as_ref()) {
            page.fact("files", &safe(&directory.display().to_string()));
        }
    }
    page.text()
}

fn verdict(page: &mut Page, counts: Counts) {
    let ended = counts.passed + counts.failed;
    let (word, style, rest) = match counts {
        Counts {
            failed: 0,
            passed: 0,
            ..
        } => ("UNKNOWN", DOUBTFUL, "no run came to its end".to_owned()),
        Counts { failed: 0, .. } => (
            "Valid",
            GOOD,
            format!("{} of {} runs", grouped(ended), grouped(ended)),
        ),
        Counts { failed, .. } => {
            let are = if failed == 1 { "is" } else { "are" };
            let text = format!(
                "{} of {} runs {are} not valid",
                grouped(failed),
                grouped(ended)
            );
            ("FAILED", BAD, text)
        }
    };
    let word = page.paint(word, style);
    page.line(&format!("{word}: {rest}"));
}

/// `1.0% of all runs; between 0.2% and 2.9% with 95% confidence`
fn share(sweep: Sweep) -> String {
    let Some(share) = sweep.failed.estimate() else {
        return "nothing is known".to_owned();
    };
    format!(
        "{} of all runs; between {} and {} with 95% confidence",
        percent(share),
        percent(sweep.share.low),
        percent(sweep.share.high)
    )
}

/// Two digits, of the percentage or of what it lacks of 100.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let small = percent.min(100.0 - percent);
    let digits = match small {
        _ if percent == 0.0 || percent == 100.0 => 0,
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{percent:.digits$}%")
}

/// `net.servers.msgs-per-op 9.3 (seed 17), …`
fn worst_values(rung: &Rung, cases: &[Case]) -> Option<String> {
    let mut text = String::new();
    for (name, worst) in worst(&rung.options, cases) {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(
            text,
            "{comma}{name} {} (seed {})",
            shown(worst.figure),
            worst.seed
        );
    }
    (!text.is_empty()).then_some(text)
}
