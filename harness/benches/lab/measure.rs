//! One measurement in a process of its own.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use swelkie::lab::{AnyCluster, Conditions};
use swelkie::network::Latency;
use swelkie_nodes::Seed;
use swelkie_nodes::registry::{self, Visitor};
use swelkie_nodes::strategy::Strategy;

use super::bare;

/// How long messages take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// All equally long.
    Rounds,
    /// Exponential, every delivery an event.
    Exponential,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Way::Rounds => "rounds",
            Way::Exponential => "exponential",
        })
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub way: Way,
    pub nodes: u32,
    pub fanout: u32,
    /// Broadcasts, one after the other.
    pub trials: u64,
}

/// What it cost.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// CPU time.
    pub seconds: f64,
    /// Messages delivered.
    pub messages: f64,
    /// Peak memory of the process in bytes.
    pub peak: f64,
}

impl Figures {
    /// Reads `seconds messages kilobytes`.
    pub fn read(text: &str) -> Option<Figures> {
        let mut words = text.split_whitespace().map(str::parse);
        let mut next = || words.next()?.ok();
        Some(Figures {
            seconds: next()?,
            messages: next()?,
            peak: next()? * 1024.0,
        })
    }

    pub fn nanos_per_message(&self) -> f64 {
        self.seconds * 1e9 / self.messages
    }

    /// The turn with the median cost of a message.
    pub fn median(mut turns: Vec<Figures>) -> Option<Figures> {
        turns.sort_by(|a, b| a.nanos_per_message().total_cmp(&b.nanos_per_message()));
        turns.get(turns.len() / 2).copied()
    }
}

/// Starts this program again to measure one thing.
pub fn in_child(what: &str, work: Work, turn: u64) -> Figures {
    let Work {
        way,
        nodes,
        fanout,
        trials,
    } = work;
    let program = std::env::current_exe().expect("it is running");
    let output = Command::new(program)
        .args(["measure", what, &way.to_string()])
        .args([u64::from(nodes), u64::from(fanout), trials, turn].map(|number| number.to_string()))
        .output()
        .expect("this program starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    Figures::read(&text).unwrap_or_else(|| panic!("{what} {work:?}: {output:?}"))
}

/// In the child: measures and prints.
pub fn child(arguments: &[String]) {
    let number = |at: usize| arguments[at].parse::<u64>().expect("a number");
    let work = Work {
        way: match arguments[1].as_str() {
            "rounds" => Way::Rounds,
            _ => Way::Exponential,
        },
        nodes: number(2) as u32,
        fanout: number(3) as u32,
        trials: number(4),
    };
    // The first trials of many find out how much memory they take.
    let warm = if work.trials > 1000 { 1000 } else { 0 };
    let turn = number(5);
    let (seconds, messages) = match arguments[0].as_str() {
        "ours" => ours(work, warm, turn),
        _ => bare_loop(work, turn),
    };
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.expect("Linux tells it").trim().trim_end_matches(" kB");
    println!("{seconds} {messages} {peak}");
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32).as_secs_f64()
}

fn ours(work: Work, warm: u64, turn: u64) -> (f64, u64) {
    struct Trials<'a> {
        conditions: &'a Conditions,
        trials: u64,
        warm: u64,
        turn: u64,
    }
    impl Visitor for Trials<'_> {
        type Output = (f64, u64);
        fn visit<S: Strategy + 'static>(self, config: S::Config) -> (f64, u64) {
            let mut cluster = AnyCluster::<S>::new(config, self.conditions);
            let seed = |trial| Seed(self.turn << 32 | trial);
            for trial in 0..self.warm {
                cluster.run(seed(trial));
            }
            let start = cpu();
            let messages = (0..self.trials)
                .map(|trial| cluster.run(seed(trial)).traffic.received)
                .sum();
            (cpu() - start, messages)
        }
    }
    let mean = Duration::from_millis(100);
    let latency = match work.way {
        Way::Rounds => Latency::constant(mean),
        Way::Exponential => Latency::exponential(mean),
    };
    let trials = Trials {
        conditions: &Conditions::new(work.nodes, latency),
        trials: work.trials,
        warm,
        turn,
    };
    let spec = format!("sample:fanout={}", work.fanout);
    registry::visit(&spec, trials).expect("there is such a strategy")
}

fn bare_loop(work: Work, turn: u64) -> (f64, u64) {
    let Work {
        nodes,
        fanout,
        trials,
        ..
    } = work;
    let mut rng = Seed(turn).rng();
    let mut heap = std::collections::BinaryHeap::new();
    let start = cpu();
    let reached: u64 = (0..trials)
        .map(|trial| {
            let seed = turn << 32 | trial;
            u64::from(match (work.way, nodes <= 32) {
                (Way::Rounds, true) => bare::small_rounds(nodes, fanout, &mut rng),
                (Way::Rounds, false) => bare::rounds(nodes, fanout as usize, seed),
                (Way::Exponential, true) => {
                    bare::small_exponential(nodes, fanout, &mut rng, &mut heap)
                }
                (Way::Exponential, false) => bare::exponential(nodes, fanout as usize, seed),
            })
        })
        .sum();
    (cpu() - start, reached * u64::from(fanout))
}
