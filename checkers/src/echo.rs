//! Every reply equals its request, as JSON values. What was never answered is a
//! matter of availability. Figures: `echo.count` (replies), `echo.anomalies.mismatch`.

use crate::canonical::canonical;
use crate::catalogue::{Catalogue, Quantity};
use crate::history::{History, Outcome, Value};
use crate::stats;
use crate::text;
use crate::verdict::{Anomaly, Findings, Validity, Verdict};

/// Judges ok operations whose input and output are [`Value::Json`]; anything
/// else in an ok operation makes the verdict unknown (`unreadable`).
#[must_use]
pub fn check(history: &History) -> Verdict {
    let mut verdict = Verdict::valid();
    let mut wrong = Findings::default();
    let mut unreadable = Findings::default();
    let mut replies = 0;
    for (index, operation) in history.completed() {
        if operation.outcome != Outcome::Ok {
            continue;
        }
        replies += 1;
        match (&operation.input, &operation.output) {
            (Value::Json(request), Value::Json(reply)) => match same(request, reply) {
                Ok(true) => {}
                Ok(false) => wrong.push((index, request, reply)),
                Err(_) => unreadable.push(index),
            },
            _ => unreadable.push(index),
        }
    }
    for &(index, request, reply) in &wrong.first {
        let operation = &history.operations[index];
        let at = operation.completed.unwrap_or(operation.invoked);
        let story = format!(
            "{} replied {} at {} to the echo of {} (process {}); the reply must equal the request",
            history.nodes[operation.node].name,
            text::safe(reply),
            text::moment(at),
            text::safe(request),
            operation.process,
        );
        let anomaly = Anomaly::new("mismatch", story)
            .of(request)
            .on(history, operation.node);
        verdict.blame(Validity::Invalid, anomaly.when(at).shown_by([index]));
    }
    verdict.blame_more(
        Validity::Invalid,
        "mismatch",
        wrong.more(),
        "echo.anomalies.mismatch",
    );
    if let Some(&index) = unreadable.first.first() {
        let story = format!(
            "{} cannot be compared: not JSON",
            if unreadable.count == 1 {
                "1 reply".to_owned()
            } else {
                format!("{} replies", unreadable.count)
            }
        );
        verdict.blame(
            Validity::Unknown,
            Anomaly::new("unreadable", story).shown_by([index]),
        );
    }
    verdict.figures.count("echo.count", replies);
    verdict
        .figures
        .count("echo.anomalies.mismatch", wrong.count);
    verdict.merge(stats::tried(history))
}

fn same(request: &str, reply: &str) -> serde_json::Result<bool> {
    Ok(request == reply || canonical(request)? == canonical(reply)?)
}

/// The figures that [`check`] sets.
pub fn names(catalogue: &mut Catalogue) {
    catalogue.add_all(Quantity::Count, "echo", &["count", "anomalies.mismatch"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, info, ok};

    fn story(pairs: &[(&str, &str)]) -> History {
        let mut story = Story::new(1);
        for (index, (request, reply)) in (0..).zip(pairs) {
            let (request, reply) = (Value::Json((*request).into()), Value::Json((*reply).into()));
            story.operation(0, "echo", request, ok(index * 10, index * 10 + 5), reply);
        }
        story.operation(
            0,
            "echo",
            Value::Json("1".into()),
            info(1000, 2000),
            Value::Nothing,
        );
        story.history()
    }

    #[test]
    fn equal_values_are_equal_whatever_their_spelling() {
        let verdict = check(&story(&[
            ("\"a\"", "\"\\u0061\""),
            ("{\"a\":1,\"b\":2}", "{ \"b\":2,\"a\":1}"),
        ]));
        assert_eq!(verdict.validity, Validity::Valid, "{verdict:?}");
    }

    #[test]
    fn another_value_is_a_mismatch_with_request_reply_and_node() {
        let verdict = check(&story(&[("\"a\"", "\"a\""), ("\"b\"", "\"a\"")]));
        assert_eq!(verdict.validity, Validity::Invalid);
        let anomaly = &verdict.anomalies[0];
        assert_eq!(
            (&*anomaly.kind, anomaly.node, &anomaly.operations[..]),
            ("mismatch", Some(0), &[1][..])
        );
        assert!(
            anomaly
                .text
                .contains("n0 replied \"a\" at 0.015 s to the echo of \"b\""),
            "{}",
            anomaly.text
        );
    }

    #[test]
    fn large_integers_that_differ_in_the_last_digit_are_a_mismatch() {
        let verdict = check(&story(&[(
            "12345678901234567890123",
            "12345678901234567890124",
        )]));
        assert_eq!(verdict.validity, Validity::Invalid);
    }

    #[test]
    fn what_cannot_be_compared_is_unknown_not_valid() {
        assert_eq!(check(&story(&[("\"a\"", "{")])).validity, Validity::Unknown);
    }

    #[test]
    fn the_evidence_is_bounded_and_the_figure_counts_the_rest() {
        let verdict = check(&story(&[("1", "2"); 20]));
        assert_eq!(verdict.anomalies.len(), 9);
        assert!(verdict.anomalies[8].text.contains("12 more"));
    }
}
