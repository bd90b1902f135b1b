use std::path::Path;

use super::*;
use crate::lab::estimate::Agreement;
use crate::lab::experiment::Experiment;

const SEED: Seed = Seed(7);

fn questions(text: &str) -> Vec<Question> {
    let experiment = Experiment::parse("test", text, Path::new("."));
    experiment.expect("an experiment").questions
}

fn question(seek: &str, nodes: u32, target: &str, more: &str) -> Question {
    let strategy = format!("sample:{seek}={{{seek}}}");
    let text = format!(
        "[[threshold]]\nseek = \"{seek}\"\nof = {{ strategy = \"{strategy}\", nodes = {nodes} }}\n\
         target = {target}\n{more}"
    );
    questions(&text).remove(0)
}

fn answer(question: &Question) -> Answer {
    let never = AtomicBool::new(false);
    let steps = question.ask(SEED, Vec::new(), &never, &mut |_| {});
    Answer::new(question, SEED, steps.expect("played"))
}

#[test]
fn the_fan_outs_that_theory_asks_for_are_found() {
    for (nodes, target, fanout) in [(5, "0.99", 4.0), (5, "0.999", 4.0), (10, "0.99", 5.0)] {
        let question = question("fanout", nodes, target, "budget = 60_000");
        let theory = question.theory().expect("theory applies");
        assert_eq!((theory.value, theory.exact), (fanout, true));
        let answer = answer(&question);
        let range = answer.range();
        let found = (range.low, range.high, range.to_string());
        assert_eq!(
            found,
            (Some(fanout), Some(fanout), fanout.to_string()),
            "{answer:?}"
        );
        let there = answer.there().expect("it was tried").interval;
        assert!(
            there.widened(1e-9).contains(theory.probability),
            "{there:?} {theory:?}"
        );
    }
}

#[test]
fn shares_close_in_on_what_theory_asks_for() {
    let question = question("share", 5, "0.9", "budget = 30_000");
    let theory = question.theory().expect("theory applies").value;
    let answer = answer(&question);
    let range = answer.range();
    let (low, high) = (range.low.expect("a share"), range.high.expect("a share"));
    assert!(low - 0.001 <= theory && theory <= high, "{theory} {range}");
    assert!(high - low < 0.05, "{range}");
    assert!(answer.trials() <= 30_000);
}

#[test]
fn an_interrupted_search_goes_on_as_if_nothing_had_happened() {
    let question = question("fanout", 10, "0.9", "budget = 8_000");
    let whole = answer(&question);
    assert!(whole.steps.len() > 5, "{whole:?}");
    for pause in 1..whole.steps.len() {
        let (stop, mut seen) = (AtomicBool::new(false), 0);
        let mut watch = |_: &Outcome| {
            seen += 1;
            stop.store(seen == pause, Ordering::Relaxed);
        };
        let first = question.ask(SEED, Vec::new(), &stop, &mut watch);
        let first = first.expect("played");
        assert_eq!(first.len(), pause);
        assert!(!question.answered(&first) || pause == whole.steps.len());
        let never = AtomicBool::new(false);
        let rest = question.ask(SEED, first, &never, &mut |_| {});
        assert_eq!(rest.expect("played"), whole.steps, "after {pause} steps");
    }
}

#[test]
fn a_larger_budget_goes_on_where_the_smaller_one_was_spent() {
    let small = question("fanout", 25, "0.99", "budget = 1_000");
    let few = answer(&small);
    let range = few.range();
    assert_ne!(range.low, range.high, "{range}");
    assert_eq!(few.trials(), 1_000);
    let large = question("fanout", 25, "0.99", "budget = 3_000");
    assert_eq!(small.key(SEED), large.key(SEED));
    let never = AtomicBool::new(false);
    let more = large.ask(SEED, few.steps.clone(), &never, &mut |_| {});
    let more = more.expect("played");
    assert_eq!(more[..few.steps.len()], few.steps);
    assert!(more.iter().map(|step| step.trials).sum::<u64>() > 1_000);
}

#[test]
fn what_no_parameter_reaches_is_said() {
    let mut lossy = question("fanout", 3, "0.999", "budget = 5_000");
    lossy.cell.loss = 0.5;
    assert_eq!(lossy.theory(), None);
    let answer = answer(&lossy);
    assert_eq!(answer.range().to_string(), "none");
    assert_eq!(answer.range().low, None);
}

#[test]
fn theory_speaks_only_of_what_it_is_about() {
    let about = |strategy: &str, more: &str| {
        let text = format!(
            "[[threshold]]\nseek = \"fanout\"\nof = {{ strategy = \"{strategy}\", nodes = 5{more} }}\n\
             target = 0.9"
        );
        questions(&text)[0].theory().is_some()
    };
    assert!(about("sample:fanout={fanout}", ""));
    assert!(about("sample:fanout={fanout}", ", topology = \"line\""));
    assert!(about("sample:fanout={fanout}", ", loss = \"1%\""));
    assert!(!about("sample:among=neighbours,fanout={fanout}", ""));
    assert!(!about("sample:back=no,fanout={fanout}", ""));
    assert!(!about("sample:share=0.3,fanout={fanout}", ""));
    assert!(!about("sample:fanout={fanout}", ", broadcasts = 2"));
    assert!(!about("sample-rounds:fanout={fanout}", ""));
}

/// An answer with these trials of fan-outs 6, 7, 8 among 25, to .99.
fn tried(trials: [(u64, u64); 3], expect: &str) -> Answer {
    let more = format!("expect = \"{expect}\"");
    let question = question("fanout", 25, "0.99", &more);
    let steps = (5..)
        .zip(trials)
        .map(|(candidate, (successes, trials))| Step {
            candidate,
            successes,
            trials,
        });
    Answer::new(&question, SEED, steps.collect())
}

#[test]
fn a_printed_answer_agrees_with_a_range_that_contains_it_and_is_narrow() {
    let clear = [(9_000, 10_000), (9_990, 10_000), (9_999, 10_000)];
    assert_eq!(tried(clear, "7").range().to_string(), "7");
    assert_eq!(tried(clear, "7").judge(), Some(Agreement::Agrees));
    let missed = tried(clear, "8").judge();
    let text = "8 is ruled out: 7".to_owned();
    assert_eq!(missed, Some(Agreement::Misses(text)));
    let near = [(9_000, 10_000), (9_900, 10_000), (9_999, 10_000)];
    assert_eq!(tried(near, "7").range().to_string(), "7…8");
    assert_eq!(tried(near, "7").judge(), Some(Agreement::Agrees));
    let wide = tried([(1, 1), (1, 1), (9_999, 10_000)], "7").judge();
    assert!(matches!(wide, Some(Agreement::Undecided(_))), "{wide:?}");
    let odd = [(10_000, 10_000), (9_000, 10_000), (9_000, 10_000)];
    let odd = tried(odd, "7");
    assert_eq!(odd.range().to_string(), "no threshold: more is not better");
    assert!(matches!(odd.judge(), Some(Agreement::Misses(_))));
}

#[test]
fn a_mistake_in_a_question_is_answered_with_what_was_expected() {
    let message = |text: &str| {
        let text = format!("[[threshold]]\n{text}");
        let error = Experiment::parse("test", &text, Path::new("."));
        error.expect_err("no experiment").to_string()
    };
    let of = "of = { strategy = \"sample:fanout={fanout}\", nodes = 5 }";
    let share = "of = { strategy = \"sample:share={share}\", nodes = 5 }";
    let asks = |seek: &str, of: &str, rest: &str| format!("seek = \"{seek}\"\n{of}\n{rest}");
    for (text, expected) in [
        (asks("fanout", of, "target = 1.5"), "target is `1.5`"),
        (asks("fanout", of, "target = 0"), "between 0 and 1"),
        (asks("fanout", of, ""), "missing field `target`"),
        (asks("share", of, "target = 0.9"), "has no {share} in it"),
        (
            asks(
                "among",
                "of = { strategy = \"sample:among={among}\" }",
                "target = 0.9",
            ),
            "`among` of `sample` has no smallest value: expected a count or a share (it has fanout, share)",
        ),
        (
            asks("k", "of = { strategy = \"sample:k={k}\" }", "target = 0.9"),
            "`sample` has no parameter `k`",
        ),
        (
            asks("k", "of = { strategy = \"smple:k={k}\" }", "target = 0.9"),
            "did you mean `sample`?",
        ),
        (
            asks(
                "fanout",
                "of = { strategy = \"sample:fanout={fanout}\", nodes = 1 }",
                "target = 0.9",
            ),
            "a threshold wants at least 2",
        ),
        (
            asks("fanout", of, "target = 0.9\nbudget = 0"),
            "budget is 0",
        ),
        (
            asks("fanout", of, "target = 0.9\nresolution = 0.1"),
            "a resolution is for shares",
        ),
        (
            asks("share", share, "target = 0.9\nresolution = 0"),
            "resolution is `0`",
        ),
        (
            asks("share", share, "target = 0.9\nconfidence = 1"),
            "confidence is 1: expected more than 0% and less than 100%",
        ),
        (
            asks(
                "share",
                share,
                "target = [0.9, 0.99]\nexpect = [\".7\", \".8\", \".9\"]",
            ),
            "expect has 3 values for 2 thresholds",
        ),
        (
            asks("share", share, "target = 0.9\nexpect = \"x\""),
            "expect: ",
        ),
        (
            asks("share", share, "target = 0.9\nwidth = 3"),
            "unknown field `width`",
        ),
    ] {
        let message = message(&text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn shares_are_written_with_as_many_digits_as_their_step() {
    let text = |step: f64, candidate| Ladder::Shares(step).text(candidate);
    assert_eq!(text(0.001, 277), "0.278");
    assert_eq!(text(0.0025, 1), "0.0050");
    assert_eq!(text(0.5, 1), "1.0");
    assert_eq!(Ladder::Shares(0.001).len(), 1000);
    assert_eq!(Ladder::Counts(24).text(23), "24");
    let found = |nodes| question("share", nodes, "0.9", "").ladder;
    assert_eq!(found(10), Ladder::Shares(1e-3));
    assert_eq!(found(25), Ladder::Shares(1e-4));
    assert_eq!(found(1000), Ladder::Shares(1e-5));
}
