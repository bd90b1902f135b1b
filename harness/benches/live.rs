//! Real processes: throughput against a bare relay, echo, start-up.
//!
//!     cargo bench -p swelkie --bench live
//!
//! The machine is noisy, so each figure is measured in turns with the bare relay
//! and given as a ratio of medians; CPU is this process's own (harness or relay),
//! not the nodes'.
//!
//! The relay moves whole-line chunks from each node to the next and looks at
//! nothing: no parsing, no latency, no journal. It is what a harness cannot beat.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(missing_docs)]

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::{ClockId, clock_gettime};
use swelkie::engine::Rate;
use swelkie::options::{Concurrency, Options, Target, node_names};

const NODES: usize = 5;
const TURNS: usize = 5;
const SPAN: Duration = Duration::from_secs(2);

/// CPU time of this process, seconds.
fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// What one turn measured.
#[derive(Clone, Copy)]
struct Turn {
    per_second: f64,
    cpu_us: f64,
}

fn turn(count: f64, wall: f64, cpu: f64) -> Turn {
    Turn {
        per_second: count / wall,
        cpu_us: cpu * 1e6 / count,
    }
}

fn median(turns: &[Turn], of: impl Fn(&Turn) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A node with pipes and nothing else.
struct Bare {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
}

impl Bare {
    fn start(index: usize) -> Bare {
        let mut child = Command::new(env!("CARGO_BIN_EXE_swelkie"))
            .args(["node", "circulate:window=64"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the built-in node starts");
        let mut stdin = child.stdin.take().expect("piped");
        let names: Vec<String> = node_names(NODES)
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let names = names.join(",");
        writeln!(
            stdin,
            r#"{{"id":0,"src":"c0","dest":"n{index}","body":{{"type":"init","msg_id":1,"node_id":"n{index}","node_ids":[{names}]}}}}"#
        )
        .expect("init is written");
        Bare {
            stdout: child.stdout.take().expect("piped"),
            stdin,
            child,
            rest: Vec::new(),
        }
    }

    /// Reads the answer to init, so that only tokens are left.
    fn skip_init_ok(&mut self) {
        let mut byte = [0];
        while byte[0] != b'\n' {
            self.stdout.read_exact(&mut byte).expect("init_ok");
        }
    }
}

/// Moves chunks round the ring and counts lines.
fn relay() -> io::Result<Turn> {
    let mut nodes: Vec<Bare> = (0..NODES).map(Bare::start).collect();
    nodes.iter_mut().for_each(Bare::skip_init_ok);
    let (clock, before) = (Instant::now(), cpu());
    let mut lines = 0;
    let mut chunk = vec![0; 1 << 18];
    while clock.elapsed() < SPAN {
        let mut fds: Vec<PollFd> = nodes
            .iter()
            .map(|node| PollFd::from_borrowed_fd(node.stdout.as_fd(), PollFlags::IN))
            .collect();
        poll(&mut fds, None)?;
        let ready: Vec<bool> = fds
            .iter()
            .map(|fd| fd.revents().contains(PollFlags::IN))
            .collect();
        drop(fds);
        for index in (0..NODES).filter(|&index| ready[index]) {
            let node = &mut nodes[index];
            let length = node.stdout.read(&mut chunk)?;
            let mut whole = std::mem::take(&mut node.rest);
            whole.extend_from_slice(&chunk[..length]);
            let end = memchr::memrchr(b'\n', &whole).map_or(0, |end| end + 1);
            node.rest = whole.split_off(end);
            lines += memchr::memchr_iter(b'\n', &whole).count();
            nodes[(index + 1) % NODES].stdin.write_all(&whole)?;
        }
    }
    let result = turn(lines as f64, clock.elapsed().as_secs_f64(), cpu() - before);
    for node in &mut nodes {
        node.child.kill()?;
        node.child.wait()?;
    }
    Ok(result)
}

/// A live run whose figure is counted.
fn harness(options: &Options, figure: &str) -> Turn {
    let before = cpu();
    let report = options.run().expect("the run ends");
    assert_eq!(report.exit_status, 0, "{:?}", report.anomalies);
    let used = cpu() - before;
    let milestones = report.milestones;
    let begin = milestones.zero.expect("it operated").nanos();
    let wall = (milestones.end.nanos() - begin) as f64 / 1e9;
    // The next turn shall find the memory that this one's journal took.
    let directory = report.run.directory.as_ref().expect("it was kept");
    std::fs::remove_dir_all(directory).expect("it can be removed");
    let count = report.figures.get(figure).expect("it is measured").as_f64();
    turn(count, wall, used)
}

fn options(spec: &str, nodes: usize, store: &std::path::Path) -> Options {
    let mut options = Options::new("echo", Target::Builtin(spec.to_owned()));
    options.nodes = node_names(nodes);
    options.time_limit = SPAN;
    options.store = store.to_owned();
    options
}

fn throughput(store: &std::path::Path) {
    let mut options = options("circulate:window=64", NODES, store);
    options.rate = Rate::PerSecond(5.0);
    let (mut relays, mut harnesses) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        relays.push(relay().expect("the relay runs"));
        harnesses.push(harness(&options, "net.all.msgs"));
    }
    let rate = |turns: &[Turn]| median(turns, |turn| turn.per_second);
    let spent = |turns: &[Turn]| median(turns, |turn| turn.cpu_us);
    println!("messages circulating between {NODES} nodes, journal on ({TURNS} turns, medians)");
    println!(
        "  bare relay   {:>9.0} msgs/s   {:.2} us CPU per message",
        rate(&relays),
        spent(&relays)
    );
    println!(
        "  swelkie      {:>9.0} msgs/s   {:.2} us CPU per message",
        rate(&harnesses),
        spent(&harnesses)
    );
    println!(
        "  ratio        {:>9.2}            {:.2}",
        rate(&harnesses) / rate(&relays),
        spent(&harnesses) / spent(&relays)
    );
}

fn echo(store: &std::path::Path) {
    for clients in [1, 10, 50] {
        let mut options = options("echo", 1, store);
        options.rate = Rate::Max;
        options.concurrency = Concurrency::Clients(clients);
        let turns: Vec<Turn> = (0..TURNS).map(|_| harness(&options, "ops.ok")).collect();
        println!(
            "echo, one node, {clients:>2} clients: {:>8.0} ops/s   {:.2} us CPU per operation",
            median(&turns, |turn| turn.per_second),
            median(&turns, |turn| turn.cpu_us),
        );
    }
}

/// The whole command, start to exit, against the node alone.
fn start_up(store: &std::path::Path) {
    let mut walls: Vec<f64> = (0..20)
        .map(|_| {
            let clock = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_swelkie"))
                .args([
                    "test",
                    "-w",
                    "echo",
                    "--builtin",
                    "echo",
                    "--node-count",
                    "1",
                    "--time-limit",
                    "0",
                    "--store",
                ])
                .arg(store)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("it runs");
            assert_eq!(
                status.code(),
                Some(2),
                "nothing was tried, so nothing is known"
            );
            clock.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    walls.sort_by(f64::total_cmp);
    println!(
        "start-up to exit, one node, no operations: {:.1} ms (median of 20), {:.1} ms at best",
        walls[10], walls[0]
    );
}

fn main() {
    let store = tempfile::tempdir().expect("a temporary directory");
    throughput(store.path());
    echo(store.path());
    start_up(store.path());
}
