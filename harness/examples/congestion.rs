//! Where does a shared file under one lock congest?
//!
//!     cargo run --release -p swelkie --example congestion [-- SECONDS]
//!
//! First how long the lock is held per message, by the size of the file; then how many
//! messages a second five processes' worth of threads get through it; then five real nodes
//! under rising rates, SECONDS (default 3) each, until they do not keep up, with what a
//! queue before one server predicts beside it. Half the operations are broadcasts.
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::path::Path;
use std::time::{Duration, Instant};

use swelkie::engine::Rate;
use swelkie::lab::congestion::{Arrivals, Queue, Service};
use swelkie::options::{Concurrency, Options, Target};
use swelkie_checkers::Figures;
use swelkie_nodes::builtin::shared_file::{Access, Log};

const VARIANTS: [(&str, &str, Access, bool); 4] = [
    ("whole", "no", Access::Whole, false),
    ("whole", "yes", Access::Whole, true),
    ("new", "no", Access::New, false),
    ("new", "yes", Access::New, true),
];
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const RATES: [f64; 11] = [
    10.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 20e3, 40e3,
];

fn main() {
    let seconds = std::env::args().nth(1).map_or(3.0, |text| {
        text.parse()
            .expect("SECONDS is a number of seconds per rate")
    });
    println!("time the lock is held per message, half of them broadcasts, by values in the file");
    println!("access sync  values      mean       p50       p99   utilisation at 10/s   capacity");
    for (access_name, sync_name, access, sync) in VARIANTS {
        for size in SIZES {
            let service = service(access, sync, size);
            let queue = queue(10.0, service.clone());
            println!(
                "{access_name:6} {sync_name:4} {size:7} {:>9} {:>9} {:>9}   {:17.5} %   {:6.0}/s",
                shown(service.iter().sum::<Duration>() / service.len() as u32),
                shown(service[service.len() / 2]),
                shown(service[service.len() * 99 / 100]),
                100.0 * queue.utilisation(),
                queue.capacity(),
            );
        }
    }
    println!("\nfive threads that never wait for anything else, file from 1,000 values on");
    for (access_name, sync_name, access, sync) in VARIANTS {
        let rate = hammered(access, sync);
        println!("{access_name:6} {sync_name:4} {rate:8.0} messages/s");
    }
    println!("\nfive nodes, 100 clients, {seconds} s per rate; predicted: mean wait for the lock");
    println!(
        "access sync   offered/s  done/s      p50       p99       max   values  utilisation  predicted"
    );
    for (access_name, sync_name, access, sync) in VARIANTS {
        for rate in RATES {
            if !live((access_name, sync_name), (access, sync), rate, seconds) {
                break;
            }
        }
    }
}

/// The times of so many messages on a file of this size, ascending. Another opener writes
/// every second value, so that there is something new to read.
fn service(access: Access, sync: bool, size: usize) -> Vec<Duration> {
    let directory = tempfile::tempdir_in(".").expect("a directory");
    let mut other = open(directory.path(), Access::New, false);
    for value in 0..size {
        other.add(&value.to_string()).expect("added");
    }
    let mut log = open(directory.path(), access, sync);
    log.list().expect("listed");
    let messages = if sync { 100 } else { 400 };
    let mut times: Vec<Duration> = (0..messages)
        .map(|message| {
            let value = (size + message).to_string();
            if message % 4 == 1 {
                other.add(&value).expect("added");
            }
            let begin = Instant::now();
            if message % 2 == 0 {
                log.add(&value).expect("added");
            } else {
                log.list().expect("listed");
            }
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

/// Messages per second of five threads with an opening each.
fn hammered(access: Access, sync: bool) -> f64 {
    let directory = tempfile::tempdir_in(".").expect("a directory");
    let mut log = open(directory.path(), Access::New, false);
    for value in 0..1_000 {
        log.add(&value.to_string()).expect("added");
    }
    let span = Duration::from_secs(1);
    let done: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..5)
            .map(|thread| {
                let directory = directory.path();
                scope.spawn(move || {
                    let mut log = open(directory, access, sync);
                    let begin = Instant::now();
                    let mut messages = 0;
                    while begin.elapsed() < span {
                        let value = 1_000 + messages * 5 + thread;
                        match messages % 2 {
                            0 => drop(log.add(&value.to_string()).expect("added")),
                            _ => drop(log.list().expect("listed").len()),
                        }
                        messages += 1;
                    }
                    messages
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|messages| messages.expect("no panic")).sum()
    });
    done as f64 / span.as_secs_f64()
}

/// One run of real nodes; whether they kept up.
fn live(names: (&str, &str), (access, sync): (Access, bool), rate: f64, seconds: f64) -> bool {
    let (access_name, sync_name) = names;
    let spec = format!("shared-file:access={access_name},sync={sync_name}");
    let store = tempfile::tempdir_in(".").expect("a directory");
    let mut options = Options::new("broadcast", Target::Builtin(spec));
    options.rate = Rate::PerSecond(rate);
    options.concurrency = Concurrency::Clients(100);
    options.time_limit = Duration::from_secs_f64(seconds);
    options.journal_messages = false;
    options.store = store.path().to_owned();
    let report = options.run().expect("it runs");
    let figures = &report.figures;
    let done = figure(figures, "ops.ok") / seconds;
    let values = figure(figures, "ops.broadcast.ok") as usize;
    // On average the file was half as large as in the end. The generator does not catch up
    // with what a busy machine made it miss, so the load is what was done.
    let queue = queue(done.max(1.0), service(access, sync, values / 2));
    let worst = |quantile: &str| {
        let of = |kind| figure(figures, &format!("ops.{kind}.latency.{quantile}"));
        shown(Duration::from_secs_f64(
            of("broadcast").max(of("read")) / 1e3,
        ))
    };
    let predicted = queue.pollaczek_khinchine().map(Duration::from_secs_f64);
    println!(
        "{access_name:6} {sync_name:4} {rate:10.0} {done:8.0} {:>9} {:>9} {:>9} {values:8} {:10.2} %  {:>9}",
        worst("p50"),
        worst("p99"),
        worst("max"),
        100.0 * queue.utilisation(),
        predicted.map_or_else(|| "no end".to_owned(), shown),
    );
    assert_eq!(report.exit_status, 0, "{}", report.headline);
    done > 0.5 * rate
}

fn queue(rate: f64, service: Vec<Duration>) -> Queue {
    Queue {
        rate,
        arrivals: Arrivals::Uniform,
        service: Service::Measured(service),
    }
}

fn open(directory: &Path, access: Access, sync: bool) -> Log {
    Log::open(directory, access, sync).expect("opened")
}

fn figure(figures: &Figures, name: &str) -> f64 {
    figures.get(name).map_or(0.0, |figure| figure.as_f64())
}

fn shown(span: Duration) -> String {
    swelkie::units::short_duration(span)
}
