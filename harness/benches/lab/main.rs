//! The laboratory's speed and size, beside what else one could use.
//!
//!     cargo bench -p swelkie --bench lab [-- quick]
//!
//! One broadcast by random sampling, every delivery an event: the lab, a bare loop
//! written for nothing else, a Python script, and turmoil. Each measurement is a process
//! of its own that prints its CPU seconds and its peak memory; all take turns, so that a
//! machine that is slow for a while is so for all. `quick` leaves out a million nodes.
//! turmoil is built when it is wanted (`harness/benches/turmoil`), in a minute.
#![allow(missing_docs)]

mod bare;
mod measure;
mod outside;

use measure::{Figures, Way, Work};
use outside::Turmoil;

/// Turns that every measurement takes.
const TURNS: u64 = 3;

/// The medians of what one kind of work cost, over all turns.
struct Row {
    ours: Figures,
    bare: Option<Figures>,
    python: Option<Figures>,
    turmoil: Option<Figures>,
}

fn row(ours: Work, bare: bool, python: Option<u64>, turmoil: Option<(&Turmoil, u64)>) -> Row {
    let turns = || Vec::with_capacity(TURNS as usize);
    let (mut a, mut b, mut c, mut d) = (turns(), turns(), turns(), turns());
    for turn in 0..TURNS {
        a.push(measure::in_child("ours", ours, turn));
        if bare {
            b.push(measure::in_child("bare", ours, turn));
        }
        if let Some(trials) = python {
            c.extend(outside::python(Work { trials, ..ours }));
        }
        if let Some((turmoil, trials)) = turmoil {
            d.extend(turmoil.run(Work { trials, ..ours }));
        }
    }
    Row {
        ours: Figures::median(a).expect("it ran"),
        bare: Figures::median(b),
        python: Figures::median(c),
        turmoil: Figures::median(d),
    }
}

/// How many times as fast the lab is for a message.
fn times(other: Option<Figures>, ours: Figures) -> String {
    other.map_or("–".to_owned(), |other| {
        let ratio = other.nanos_per_message() / ours.nanos_per_message();
        let digits = if ratio < 10.0 { 2 } else { 0 };
        format!("{ratio:.digits$}")
    })
}

fn broadcasts(quick: bool) {
    println!("One broadcast: CPU seconds, and how much longer others take per message\n");
    println!(
        "| nodes, fan-out, latency | s | M messages/s | peak MB | bytes per node | bare loop | Python |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (nodes, fanout) in [(100_000, 17), (1_000_000, 20)] {
        if quick && nodes > 100_000 {
            continue;
        }
        for way in [Way::Rounds, Way::Exponential] {
            let work = Work {
                way,
                nodes,
                fanout,
                trials: 1,
            };
            let python = (nodes <= 100_000).then_some(1);
            let row = row(work, true, python, None);
            println!(
                "| {nodes}, {fanout}, {way} | {:.3} | {:.1} | {:.0} | {:.0} | {} | {} |",
                row.ours.seconds,
                1e3 / row.ours.nanos_per_message(),
                row.ours.peak / 1e6,
                row.ours.peak / f64::from(nodes),
                times(row.bare, row.ours),
                times(row.python, row.ours),
            );
        }
    }
}

fn trials(turmoil: Option<&Turmoil>) {
    println!("\nTrials at 25 nodes, fan-out 7, and how much longer others take\n");
    println!("| latency | trials/s | bare loop | Python | turmoil |");
    println!("|---|---|---|---|---|");
    for (way, trials) in [(Way::Rounds, 200_000), (Way::Exponential, 60_000)] {
        let work = Work {
            way,
            nodes: 25,
            fanout: 7,
            trials,
        };
        // turmoil knows no rounds.
        let turmoil = turmoil.filter(|_| way == Way::Exponential);
        let row = row(
            work,
            true,
            Some(1_000),
            turmoil.map(|turmoil| (turmoil, 5_000)),
        );
        println!(
            "| {way} | {:.0} | {} | {} | {} |",
            trials as f64 / row.ours.seconds,
            times(row.bare, row.ours),
            times(row.python, row.ours),
            times(row.turmoil, row.ours),
        );
    }
}

fn growth(quick: bool) {
    println!("\nFan-out 20: what a message costs as the cluster grows, trials in a row\n");
    println!(
        "| nodes | rounds: ns per message | bytes per node | exponential: ns per message | bytes per node |"
    );
    println!("|---|---|---|---|---|");
    for nodes in [1_000, 10_000, 100_000, 1_000_000] {
        if quick && nodes > 100_000 {
            continue;
        }
        let mut line = format!("| {nodes} ");
        for way in [Way::Rounds, Way::Exponential] {
            let work = Work {
                way,
                nodes,
                fanout: 20,
                trials: (500_000 / u64::from(nodes)).max(1),
            };
            let ours = row(work, false, None, None).ours;
            line += &format!(
                "| {:.1} | {:.0} ",
                ours.nanos_per_message(),
                ours.peak / f64::from(nodes)
            );
        }
        println!("{line}|");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "measure") {
        return measure::child(&arguments[1..]);
    }
    let quick = arguments.iter().any(|argument| argument == "quick");
    broadcasts(quick);
    let turmoil = Turmoil::build();
    trials(turmoil.as_ref());
    growth(quick);
    println!("\nBytes per node are the process's peak memory, the program included.");
}
