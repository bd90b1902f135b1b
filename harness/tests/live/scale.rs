//! Many processes, many lines.

use std::time::Duration;

use swelkie::engine::{Input, Output};
use swelkie_nodes::Time;

use crate::script::*;

/// Starts them, sends each a message, waits for all answers, kills every tenth, ends.
fn many(count: usize) {
    let (mut answers, mut exits) = (0, 0);
    let rule = |engine: &mut Engine, _: Time, input: &Input| match input {
        Input::Started { node, .. } => {
            engine.deliver(*node, "c1", r#"{"type":"init"}"#);
            if node + 1 < count {
                engine.start(node + 1, 0);
            }
        }
        Input::Line { line, .. } => {
            assert!(line.ends_with(b"{\"type\":\"init\"}}"));
            answers += 1;
            if answers == count {
                (0..count)
                    .step_by(10)
                    .for_each(|node| engine.put(Output::Kill { node }));
            }
        }
        Input::Exited { .. } => {
            exits += 1;
            if exits == count.div_ceil(10) {
                engine.finish();
            }
        }
        Input::Deadline => {}
        other => panic!("{other:?}"),
    };
    let nodes = (0..count).map(|_| sh("exec cat")).collect();
    let outcome = run_core(scripted_without_lines(rule), nodes, |_| {});
    let at = |word: &str| {
        outcome
            .log
            .iter()
            .rev()
            .find(|(_, input)| crate::script::word(input).contains(word))
    };
    println!(
        "{count} processes: all started at {}, killed ones gone at {}, the rest at {}; \
         {} survivors of EOF",
        at("started").unwrap().0,
        at("killed").unwrap().0,
        outcome.gone,
        outcome.report.survivors.len(),
    );
}

#[test]
fn fifty_processes_start_answer_and_end() {
    many(50);
}

#[test]
#[ignore = "1,000 processes"]
fn a_thousand_processes_start_answer_and_end() {
    many(1000);
}

#[test]
fn deadlines_are_met_between_milliseconds() {
    let mut asked: Vec<(Time, Time)> = Vec::new();
    let mut due = None;
    run(vec![sh("exec cat")], |engine, now, _| {
        if let Some(due) = due.take_if(|due| *due <= now) {
            asked.push((due, now));
        }
        if asked.len() == 200 {
            return engine.finish();
        }
        let next = *due.get_or_insert(now + Duration::from_micros(1_370));
        engine.wake(next);
    });
    let mut late: Vec<Duration> = asked.iter().map(|(due, met)| *met - *due).collect();
    late.sort_unstable();
    println!("late: median {:?}, p99 {:?}", late[100], late[198]);
    assert!(late[0] < Duration::from_micros(500), "{late:?}");
}
