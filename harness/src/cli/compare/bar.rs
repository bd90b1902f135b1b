//! How far a comparison is: one line that is rewritten at a terminal; in a log what
//! begins, and a line a minute.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swelkie::engine::Progress;
use swelkie::lab::compare::Mode;
use swelkie::lab::compare::runner::{Contestant, Watcher};
use swelkie::options::Options;
use swelkie::units::exact_duration;

use crate::cli::screen;

/// Starting processes and judging takes about so long for each real run.
const AROUND: Duration = Duration::from_secs(1);

/// Shows how far a comparison is.
pub struct Bar {
    bar: ProgressBar,
    person: bool,
    quiet: bool,
    /// How long a real run takes, and all of them.
    each: Duration,
    real: Duration,
    minutes: u64,
}

impl Bar {
    /// Says what begins, and about how long it takes.
    pub fn new(contestants: &[Contestant], seed: u64, quiet: bool) -> Bar {
        let person = screen::person_at_stderr() && !quiet;
        let count = |mode| -> usize {
            let of_mode = contestants.iter().filter(|one| one.mode() == mode);
            of_mode.map(|one| one.runs.len()).sum()
        };
        let (simulated, live) = (count(Mode::Sim), count(Mode::Live));
        let each = contestants
            .iter()
            .flat_map(|one| &one.runs)
            .next()
            .map_or(AROUND, lasts);
        let real = each * u32::try_from(live).unwrap_or(u32::MAX);
        if !quiet {
            let runs = [(simulated, "simulated"), (live, "real")];
            let runs = runs.iter().filter(|kind| kind.0 > 0);
            let runs: Vec<String> = runs
                .map(|(count, kind)| format!("{count} {kind} run{}", plural(*count)))
                .collect();
            let about = match live {
                0 => String::new(),
                _ => format!(", about {}", rough(real)),
            };
            eprintln!("broadcast, {}{about}, seed {seed}", runs.join(" and "));
        }
        let bar = if person {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{wide_msg}");
        Bar {
            bar: bar.with_style(style.expect("the template is valid")),
            person,
            quiet,
            each,
            real,
            minutes: 0,
        }
    }

    /// Takes the line off the screen.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&mut self, line: String) {
        if self.person {
            self.bar.set_message(line);
            return;
        }
        let minutes = self.bar.elapsed().as_secs() / 60;
        if !self.quiet && minutes > self.minutes {
            eprintln!("{line}");
        }
        self.minutes = minutes;
    }
}

impl Watcher for Bar {
    fn simulated(&mut self, done: usize, of: usize) {
        let spent = self.bar.elapsed();
        let mut line = format!("simulated {done} of {of}");
        if done > 0 {
            let left = spent.mul_f64((of - done) as f64 / done as f64) + self.real;
            line += &format!(", about {} to go", rough(left));
        }
        self.say(line);
    }

    fn live(&mut self, contestant: &Contestant, done: usize, of: usize, progress: &Progress) {
        let gone = Duration::from_nanos(progress.elapsed.nanos());
        let later = self.each * u32::try_from(of - done - 1).unwrap_or(u32::MAX);
        let left = self.each.saturating_sub(gone) + later;
        self.say(format!(
            "real run {} of {of}: {}, {}, about {} to go",
            done + 1,
            contestant.strategy,
            progress.stage,
            rough(left)
        ));
    }
}

/// How long a real run takes.
fn lasts(options: &Options) -> Duration {
    options.time_limit + options.recovery.bound + AROUND
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Whole seconds.
fn rough(span: Duration) -> String {
    exact_duration(Duration::from_secs(span.as_secs_f64().round() as u64))
}
