//! How long a million broadcast operations take to judge, and in how much memory.
//!
//! `cargo run --release -p swelkie-checkers --example million [OPERATIONS]`
//!
//! Each history is judged in a fresh process, so that the peak resident set is its own.

use std::process::Command;

use swelkie_checkers::set::{self, Rules};
use swelkie_checkers::{
    Cause, Element, Elements, History, NodeRecord, Operation, Outcome, Phase, Validity, Value,
    View, availability, stats,
};

const NODES: usize = 5;
const MILLISECOND: u64 = 1_000_000;
/// One operation every 10 µs.
const PACE: u64 = 10_000;

/// What a history is made of.
struct Shape {
    name: &'static str,
    /// One operation in this many is a read.
    reads: usize,
    /// A node that never shows anything.
    deaf: Option<usize>,
    /// Every read of node 1 shows nothing but every second one, and then everything.
    flapping: bool,
}

const SHAPES: [Shape; 5] = [
    Shape {
        name: "1 % reads",
        reads: 100,
        deaf: None,
        flapping: false,
    },
    Shape {
        name: "half reads",
        reads: 2,
        deaf: None,
        flapping: false,
    },
    Shape {
        name: "half reads, n0 never shows anything",
        reads: 2,
        deaf: Some(0),
        flapping: false,
    },
    Shape {
        name: "99 % reads",
        reads: 0,
        deaf: None,
        flapping: false,
    },
    Shape {
        name: "0.01 % reads, n1 shows all or nothing in turn",
        reads: 10_000,
        deaf: None,
        flapping: true,
    },
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let operations: usize = arguments
        .next()
        .map_or(1_000_000, |text| text.parse().expect("how many operations"));
    if let Some(shape) = arguments.next() {
        return judge(
            &SHAPES[shape.parse::<usize>().expect("which shape")],
            operations,
        );
    }
    println!("{operations} operations on {NODES} nodes");
    for shape in 0..SHAPES.len() {
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args([operations.to_string(), shape.to_string()]);
        assert!(child.status().expect("started").success());
    }
}

fn judge(shape: &Shape, operations: usize) {
    let history = history(shape, operations);
    let built = peak_mib();
    let begin = cpu_ms();
    let verdict = set::check(&history, &Rules::BROADCAST);
    let set = cpu_ms() - begin;
    let verdict = verdict.merge(availability::check(&history, None));
    let figures = stats::figures(&history);
    let all = cpu_ms() - begin;
    let settling = cpu_ms();
    let settled = set::settled(&history, &Rules::BROADCAST);
    println!(
        "{:48} {:8} set {:4} ms, with statistics {:4} ms, settled() {:3} ms; history {built} MiB, peak {} MiB",
        shape.name,
        format!("{:?}", verdict.validity),
        set,
        all,
        cpu_ms() - settling,
        peak_mib(),
    );
    let broken = shape.deaf.is_some() || shape.flapping;
    assert_eq!(
        verdict.validity == Validity::Invalid,
        broken,
        "{:#?}",
        verdict.anomalies
    );
    assert!(settled != shape.deaf.is_some() && figures.get("ops.count").is_some());
}

/// Elements show on node k after k ms; reads take 1 ms.
fn history(shape: &Shape, count: usize) -> History {
    let record = |node| NodeRecord {
        name: format!("n{node}"),
        judged: true,
    };
    let mut history = History {
        nodes: (0..NODES).map(record).collect(),
        ..History::default()
    };
    let mut elements = Elements::default();
    // Per node: how many elements its last read listed; and when each was sent.
    let mut listed = [0_usize; NODES];
    let mut turns = [0_usize; NODES];
    let mut sent: Vec<u64> = Vec::new();
    let read = |sent: &[u64],
                listed: &mut [usize; NODES],
                turns: &mut [usize; NODES],
                node: usize,
                at: u64| {
        turns[node] += 1;
        let hidden =
            shape.deaf == Some(node) || (shape.flapping && node == 1 && turns[node] % 2 == 1);
        let arrived = sent.partition_point(|&sent| sent + node as u64 * MILLISECOND <= at);
        let now = if hidden { 0 } else { arrived };
        let before = std::mem::replace(&mut listed[node], now);
        View {
            len: now as u32,
            added: (before as Element..now as Element).collect(),
            removed: (now as Element..before as Element).collect(),
            repeated: Vec::new(),
        }
    };
    for index in 0..count {
        let at = index as u64 * PACE;
        let node = index / 3 % NODES;
        let reads = if shape.reads == 0 {
            index % 100 != 0
        } else {
            index % shape.reads == 0
        };
        let (f, input, output) = if reads {
            let view = read(&sent, &mut listed, &mut turns, node, at);
            ("read", Value::Nothing, Value::View(view.into()))
        } else {
            sent.push(at);
            (
                "broadcast",
                Value::Element(elements.intern_int(sent.len() as u64 - 1)),
                Value::Nothing,
            )
        };
        history
            .operations
            .push(operation(index, node, Phase::Main, f, input, at, output));
    }
    let end = (count as u64 * PACE) + 1_000 * MILLISECOND;
    for node in 0..NODES {
        turns[node] = 1;
        let view = read(&sent, &mut listed, &mut turns, node, end);
        let index = count + node;
        history.operations.push(operation(
            index,
            node,
            Phase::Final,
            "read",
            Value::Nothing,
            end,
            Value::View(view.into()),
        ));
    }
    history.completions = (0..history.operations.len()).collect();
    history.elements = elements;
    history
}

fn operation(
    index: usize,
    node: usize,
    phase: Phase,
    f: &'static str,
    input: Value,
    at: u64,
    output: Value,
) -> Operation {
    let refused = f == "broadcast" && index % 1_000 == 999;
    Operation {
        process: (index % 100) as u64,
        node,
        incarnation: 0,
        phase,
        f,
        input,
        invoked: at,
        completed: Some(at + MILLISECOND),
        // Some are not answered; they arrive all the same.
        outcome: if refused { Outcome::Info } else { Outcome::Ok },
        output,
        cause: refused.then(|| Cause {
            kind: "timeout".into(),
            text: String::new(),
        }),
    }
}

/// CPU time of this process so far (Linux), in ms: one thread, so what it takes on
/// a machine that has nothing else to do.
fn cpu_ms() -> u64 {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = schedule
        .split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse::<u64>().ok());
    nanos.unwrap_or(0) / 1_000_000
}

/// The largest resident set so far (Linux), in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
