//! Nodes that do not read what others write.

use std::time::Duration;

use swelkie::engine::{Input, Output};
use swelkie_nodes::Time;

use crate::script::*;

const MIB: u64 = 1 << 20;

/// Writes messages of 1 KiB as fast as it can.
fn flood() -> String {
    format!(r#"yes '{{"type":"flood","text":"{}"}}'"#, "x".repeat(997))
}

/// Starts the next node, up to `count`, when one has started.
fn start_all(engine: &mut Engine, input: &Input, count: usize) {
    if let Input::Started { node, .. } = input
        && node + 1 < count
    {
        engine.start(node + 1, 0);
    }
}

fn body(line: &[u8]) -> String {
    String::from_utf8(line.to_vec()).unwrap()
}

#[test]
fn a_node_that_never_reads_slows_its_writer_and_ends_the_run_at_the_queue_limit() {
    let rule = |engine: &mut Engine, _: Time, input: &Input| {
        start_all(engine, input, 2);
        match input {
            Input::Line { node: 0, line, .. } => engine.deliver(1, "n0", &body(line)),
            Input::Overload { .. } => engine.finish(),
            _ => {}
        }
    };
    let nodes = vec![sh(&flood()), sh("exec sleep 1000")];
    let outcome = run_core(scripted_without_lines(rule), nodes, |settings| {
        settings.backlog = MIB;
        settings.queue_limit = 12 * MIB;
    });
    let Some((at, Input::Overload { story })) = outcome.log.last() else {
        panic!("{:?}", outcome.words());
    };
    assert!(story.contains("n1 does not read fast enough"), "{story}");
    assert!(story.contains("written by n0 ("), "{story}");
    assert!(
        story.starts_with("12."),
        "hardly more than the limit waits: {story}"
    );
    // At 64 KiB per 10 ms eleven MiB take 1.7 s; unslowed they take a tenth of that.
    assert!(*at - Time::ZERO > Duration::from_secs(1), "{at}");
}

#[test]
fn a_slow_reader_gets_everything_in_the_end() {
    let lines = 8_000;
    let writer = format!("{} | head -n {lines}; exec cat > /dev/null", flood());
    let reader = format!("read first; sleep 1; head -n {} | wc -l", lines - 1);
    let rule = |engine: &mut Engine, _: Time, input: &Input| {
        start_all(engine, input, 2);
        match input {
            Input::Line { node: 0, line, .. } => engine.deliver(1, "n0", &body(line)),
            Input::Line { node: 1, .. } => engine.finish(),
            _ => {}
        }
    };
    let nodes = vec![sh(&writer), sh(&reader)];
    let outcome = run_core(scripted(rule), nodes, |settings| settings.backlog = MIB);
    let counted = outcome.words().pop().unwrap();
    assert_eq!(counted.trim(), (lines - 1).to_string());
}

#[test]
fn two_nodes_that_write_before_they_read_do_not_wait_for_each_other_for_ever() {
    // Each writes 8 MiB, blocking, and reads only then.
    let script = r#"
import sys
line = b'{"text":"%s"}\n' % (b"x" * 1011)
for _ in range(8192):
    sys.stdout.buffer.write(line)
sys.stdout.buffer.flush()
for _ in range(8192):
    assert len(sys.stdin.buffer.readline()) > 1024
sys.stdout.buffer.write(b'{"done":true}\n')
sys.stdout.buffer.flush()
sys.stdin.buffer.read()
"#;
    let mut done = 0;
    let rule = |engine: &mut Engine, _: Time, input: &Input| {
        start_all(engine, input, 2);
        match input {
            Input::Line { line, .. } if line.starts_with(b"{\"done\"") => {
                done += 1;
                if done == 2 {
                    engine.finish();
                }
            }
            Input::Line { node, line, .. } => {
                engine.deliver(1 - node, &format!("n{node}"), &body(line));
            }
            _ => {}
        }
    };
    let outcome = run_core(
        scripted_without_lines(rule),
        vec![python(script), python(script)],
        |settings| {
            settings.backlog = MIB;
        },
    );
    assert_eq!(outcome.words(), ["n0/0 started", "n1/0 started"]);
}

#[test]
fn bytes_in_the_network_slow_everybody_and_count_towards_the_limit() {
    let mut read = 0;
    let rule = |engine: &mut Engine, now: Time, input: &Input| match input {
        Input::Line { line, .. } => {
            read += line.len();
            engine.in_flight += line.len() as u64;
            engine.wake(now + Duration::from_millis(50));
        }
        Input::Overload { story } => {
            assert!(story.contains("under way in the network"), "{story}");
            engine.finish();
        }
        _ => {}
    };
    let outcome = run_core(
        scripted_without_lines(rule),
        vec![sh(&flood())],
        |settings| {
            settings.backlog = MIB;
            settings.queue_limit = 12 * MIB;
        },
    );
    assert!(outcome.log.last().unwrap().0 - Time::ZERO > Duration::from_secs(1));
}

#[test]
fn a_backlog_dies_with_its_node() {
    let mut killed = false;
    let rule = |engine: &mut Engine, now: Time, input: &Input| {
        start_all(engine, input, 2);
        engine.wake(now + Duration::from_millis(100));
        match input {
            Input::Line { node: 0, line, .. } => engine.deliver(1, "n0", &body(line)),
            Input::Overload { story } => panic!("{story}"),
            Input::Exited {
                node: 1,
                incarnation,
                ..
            } => {
                if *incarnation == 2 {
                    return engine.finish();
                }
                killed = false;
                engine.start(1, incarnation + 1);
            }
            Input::Deadline if !killed && now.nanos() > 1_000_000_000 => {
                killed = true;
                engine.put(Output::Kill { node: 1 });
            }
            _ => {}
        }
    };
    let nodes = vec![sh(&flood()), sh("exec sleep 1000")];
    run_core(scripted_without_lines(rule), nodes, |settings| {
        settings.backlog = MIB;
        settings.queue_limit = 256 * MIB;
    });
}
