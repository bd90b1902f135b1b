//! How operations ended and how long they took.
//!
//! Only [`Phase::Main`] and [`Phase::Final`] count: how many rounds of reads
//! recovery took is no property of the node under test.
//!
//! Figures, for all operations under `ops` and for each kind under `ops.<f>`:
//! `count` (invocations), `ok`, `fail`, `info`, `pending`, `latency.*` (of ok
//! operations, from invocation to completion), and `fail.<cause>`,
//! `info.<cause>` such as `ops.read.fail.timeout`; `ops.rate` is main operations
//! per second from the first invocation to the last.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Nanos, Operation, Outcome, Phase};
use crate::text;
use crate::verdict::{Anomaly, Figure, Figures, Validity, Verdict};

#[derive(Default)]
struct Tally<'a> {
    count: usize,
    ok: usize,
    fail: usize,
    info: usize,
    pending: usize,
    latencies: Vec<Nanos>,
    causes: BTreeMap<(&'static str, &'a str), usize>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, operation: &'a Operation) {
        self.count += 1;
        match operation.outcome {
            Outcome::Ok => {
                self.ok += 1;
                let completed = operation.completed.unwrap_or(operation.invoked);
                self.latencies
                    .push(completed.saturating_sub(operation.invoked));
            }
            Outcome::Fail => self.fail += 1,
            Outcome::Info => self.info += 1,
            Outcome::Pending => self.pending += 1,
        }
        let ending = match operation.outcome {
            Outcome::Fail => "fail",
            Outcome::Info => "info",
            Outcome::Ok | Outcome::Pending => return,
        };
        if let Some(cause) = &operation.cause {
            *self.causes.entry((ending, &cause.kind)).or_default() += 1;
        }
    }

    fn figures(self, name: &str, figures: &mut Figures) {
        let counts = [self.count, self.ok, self.fail, self.info, self.pending];
        for (suffix, count) in COUNTS.iter().zip(counts) {
            figures.count(format!("{name}.{suffix}"), count);
        }
        for ((ending, cause), count) in self.causes {
            figures.count(format!("{name}.{ending}.{cause}"), count);
        }
        figures.quantiles(&format!("{name}.latency"), self.latencies);
    }
}

const COUNTS: [&str; 5] = ["count", "ok", "fail", "info", "pending"];

fn counted(operation: &&Operation) -> bool {
    matches!(operation.phase, Phase::Main | Phase::Final)
}

/// How many operations there were of each kind, how they ended and how long the
/// ok ones took.
#[must_use]
pub fn figures(history: &History) -> Figures {
    let mut all = Tally::default();
    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    for operation in history.operations.iter().filter(counted) {
        all.add(operation);
        kinds.entry(operation.f).or_default().add(operation);
    }
    let mut figures = Figures::default();
    all.figures("ops", &mut figures);
    for (f, tally) in kinds {
        tally.figures(&format!("ops.{f}"), &mut figures);
    }
    let main = || {
        history
            .operations
            .iter()
            .filter(|operation| operation.phase == Phase::Main)
    };
    if let (Some(first), Some(last)) = (main().next(), main().next_back()) {
        let span = last.invoked.saturating_sub(first.invoked);
        if span > 0 {
            // n operations have n - 1 intervals between them.
            let rate = (main().count() - 1) as f64 / (span as f64 / 1e9);
            figures.set("ops.rate", Figure::Number(rate));
        }
    }
    figures
}

/// The figures that [`figures`] sets for operations of these kinds.
pub fn names(catalogue: &mut Catalogue, kinds: &[&str]) {
    let prefixes = kinds.iter().map(|f| format!("ops.{f}"));
    for name in std::iter::once("ops".to_owned()).chain(prefixes) {
        catalogue.add_all(Quantity::Count, &name, &COUNTS);
        catalogue.add_all(Quantity::Count, &name, &["fail.*", "info.*"]);
        catalogue.add_quantiles(&format!("{name}.latency"));
    }
    catalogue.add(Quantity::Number, "ops.rate");
}

/// A run shows something only if something was tried and it worked: no
/// completed operation makes the verdict unknown (`nothing-tried`); a kind of
/// operation that completed under load and never succeeded makes it invalid
/// (`never-succeeded`).
#[must_use]
pub fn tried(history: &History) -> Verdict {
    #[derive(Default)]
    struct Kind {
        main: Vec<usize>,
        completed: usize,
        succeeded: bool,
    }
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    for (index, operation) in history.operations.iter().enumerate() {
        let kind = kinds.entry(operation.f).or_default();
        kind.succeeded |= operation.outcome == Outcome::Ok;
        if operation.phase == Phase::Main && operation.outcome != Outcome::Pending {
            kind.completed += 1;
            if kind.main.len() < 3 {
                kind.main.push(index);
            }
        }
    }
    let mut verdict = Verdict::valid();
    for (f, kind) in &kinds {
        let Some(&first) = kind.main.first() else {
            continue;
        };
        if kind.succeeded {
            continue;
        }
        let operation = &history.operations[first];
        let why = match &operation.cause {
            Some(cause) if cause.text.is_empty() => text::safe(&cause.kind),
            Some(cause) => format!("{}: {}", text::safe(&cause.kind), text::safe(&cause.text)),
            None => "no cause given".to_owned(),
        };
        let node = &history.nodes[operation.node].name;
        let tried = kind.completed;
        let story = format!(
            "{f} was tried {} and never succeeded; the first, on {node} at {}, ended with {why}",
            if tried == 1 {
                "once".to_owned()
            } else {
                format!("{tried} times")
            },
            text::moment(operation.invoked),
        );
        let anomaly = Anomaly::new("never-succeeded", story).when(operation.invoked);
        verdict.blame(
            Validity::Invalid,
            anomaly.shown_by(kind.main.iter().copied()),
        );
    }
    if kinds.values().all(|kind| kind.main.is_empty()) {
        let story = match history
            .operations
            .iter()
            .any(|operation| operation.phase == Phase::Main)
        {
            true => "no operation completed, so nothing can be judged; give the run more time",
            false => {
                "no operation was tried, so nothing can be judged; give the run more time or a higher rate"
            }
        };
        verdict.blame(Validity::Unknown, Anomaly::new("nothing-tried", story));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, fail, info, ms, ok};

    #[test]
    fn recovery_rounds_are_no_part_of_the_statistics() {
        let mut story = Story::new(2);
        story.add(0, 0, ok(1, 3));
        story.add(0, 1, fail(5, 6));
        story.add(1, 2, info(2, 900));
        story.add(1, 3, crate::testing::pending(8));
        story.read(0, Phase::Recovery, ok(10, 11), &[0]);
        story.read(0, Phase::Final, ok(20, 24), &[0]);
        let figures = figures(&story.history());
        for (name, count) in [
            ("ops.count", 5),
            ("ops.ok", 2),
            ("ops.add.count", 4),
            ("ops.add.fail", 1),
            ("ops.add.fail.abort", 1),
            ("ops.add.info.timeout", 1),
            ("ops.add.pending", 1),
            ("ops.read.ok", 1),
        ] {
            assert_eq!(figures.get(name), Some(Figure::Count(count)), "{name}");
        }
        assert_eq!(
            figures.get("ops.read.latency.p99"),
            Some(Figure::Duration(ms(4)))
        );
        assert_eq!(
            figures.get("ops.add.latency.max"),
            Some(Figure::Duration(ms(2)))
        );
        // Four main operations, from 1 ms to 8 ms.
        let Some(Figure::Number(rate)) = figures.get("ops.rate") else {
            panic!("no rate")
        };
        assert!((rate - 3.0 / 0.007).abs() < 1e-6, "{rate}");
    }

    #[test]
    fn every_figure_is_in_the_catalogue() {
        let mut story = Story::new(1);
        story.add(0, 0, ok(1, 3));
        story.add(0, 1, fail(5, 6));
        story.add(0, 2, info(7, 9));
        let mut catalogue = Catalogue::default();
        names(&mut catalogue, &["add", "read"]);
        for (name, &figure) in &figures(&story.history()).0 {
            assert_eq!(catalogue.find(name), Some(figure.into()), "{name}");
        }
    }

    #[test]
    fn a_kind_of_operation_that_never_succeeded_is_invalid_and_says_why() {
        let mut story = Story::new(1);
        story.add(0, 0, fail(5, 6));
        story.read(0, Phase::Main, ok(7, 8), &[]);
        let verdict = tried(&story.history());
        assert_eq!(verdict.validity, Validity::Invalid);
        assert_eq!(verdict.anomalies[0].kind, "never-succeeded");
        assert!(
            verdict.anomalies[0].text.contains("add was tried once"),
            "{}",
            verdict.anomalies[0].text
        );
        assert!(
            verdict.anomalies[0].text.contains("abort"),
            "{}",
            verdict.anomalies[0].text
        );
    }

    #[test]
    fn a_run_without_a_completed_operation_under_load_is_unknown() {
        let mut story = Story::new(1);
        story.read(0, Phase::Final, ok(7, 8), &[]);
        let verdict = tried(&story.history());
        assert_eq!(
            (verdict.validity, &*verdict.anomalies[0].kind),
            (Validity::Unknown, "nothing-tried")
        );
        story.add(0, 0, crate::testing::pending(1));
        let verdict = tried(&story.history());
        assert_eq!(
            (verdict.validity, &*verdict.anomalies[0].kind),
            (Validity::Unknown, "nothing-tried")
        );
        story.add(0, 1, ok(2, 3));
        assert_eq!(tried(&story.history()).validity, Validity::Valid);
    }
}
