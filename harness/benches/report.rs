//! The page of a run: how long it takes to write, and how large it is.
//!
//!     cargo bench -p swelkie --bench report              (--keep DIR keeps the pages)
//!
//! Simulated floods of about 10⁴, 10⁵ and 10⁶ messages among 25 nodes, with partitions, are
//! recorded on disk; then the page of each is made from the files, and written. The run's
//! own time, without a page, is told beside it. How long the pages take to open is measured
//! in a browser: harness/tests/browser.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use swelkie::archive::Archive;
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::options::{Options, Target, TopologyChoice, node_names};
use swelkie::report::page::{self, PageOptions};
use swelkie_nodes::Seed;
use swelkie_workloads::topology::Shape;

const TURNS: usize = 5;

/// Records a run of about so many messages; returns how long that took.
fn record(store: &Path, messages: f64) -> Duration {
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.sim = true;
    options.nodes = node_names(25);
    options.topology = TopologyChoice::Shape(Shape::Total);
    options.latency = Latency::constant(Duration::from_millis(20));
    options.time_limit = Duration::from_secs(10);
    // Everybody tells everybody else, and half of the operations are reads.
    options.rate = Rate::PerSecond(messages / 10.0 / 290.0);
    options.nemesis = vec!["partition".to_owned()];
    options.nemesis_interval = Duration::from_secs(2);
    options.seed = Seed(3);
    options.report = false;
    options.store = store.to_owned();
    let begin = Instant::now();
    options.run().expect("it runs");
    begin.elapsed()
}

/// The median.
fn middle(mut spans: Vec<Duration>) -> Duration {
    spans.sort();
    spans[spans.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let keep = arguments.iter().position(|argument| argument == "--keep");
    let keep = keep.and_then(|at| arguments.get(at + 1)).map(PathBuf::from);
    for messages in [1e4, 1e5, 1e6] {
        let store = tempfile::tempdir().expect("a temporary directory");
        let run = record(store.path(), messages);
        let archive = Archive::open(&store.path().join("latest")).expect("a run");
        let (mut makes, mut writes, mut last) = (Vec::new(), Vec::new(), None);
        for _ in 0..TURNS {
            let begin = Instant::now();
            let page = page::page(&archive, &PageOptions::default());
            makes.push(begin.elapsed());
            let begin = Instant::now();
            page::write(&page, &store.path().join("report.html")).expect("written");
            writes.push(begin.elapsed());
            last = Some(page);
        }
        let page = last.expect("a turn");
        let journal = std::fs::metadata(archive.directory.join("messages.jsonl"));
        println!(
            "{:>9} messages  journal {:>6.1} MB  page {:>5.2} MB  made in {:>6.0} ms, written in {:>4.0} ms \
             (median of {TURNS}; the run: {:.0} ms)",
            page.messages,
            journal.map_or(0.0, |file| file.len() as f64 / 1e6),
            page.html.len() as f64 / 1e6,
            middle(makes).as_secs_f64() * 1e3,
            middle(writes).as_secs_f64() * 1e3,
            run.as_secs_f64() * 1e3,
        );
        for sentence in &page.left_out {
            println!("          {sentence}");
        }
        if let Some(keep) = &keep {
            let name = format!("{}.html", page.messages);
            page::write(&page, &keep.join(name)).expect("written");
        }
    }
}
