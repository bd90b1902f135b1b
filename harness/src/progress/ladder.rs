//! How a suite or a sweep stands: one line that is rewritten for a person at a terminal,
//! with what failed above it; in a log a line for each case that has ended.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swelkie::report::PlanSummary;
use swelkie::suite::{Case, Rung, Standing, Watcher, case_line};
use swelkie::units::{exact_duration, short_duration};

use super::{opening, say, status};
use crate::cli::person_at_stderr;

/// Shows a suite on stderr.
pub struct Ladder {
    bar: ProgressBar,
    person: bool,
    quiet: bool,
    /// Whether a log gets a line for every case, or for those that failed alone.
    every: bool,
    /// How many cases there are; none if time says so.
    all: Option<u64>,
    minutes: u64,
}

impl Ladder {
    /// Says which suite begins.
    pub fn suite(name: &str, rungs: &[Rung], quiet: bool) -> Ladder {
        let all: Option<u64> = rungs.iter().map(Rung::len).sum();
        Ladder::new(&suite(name, rungs, all), all, quiet, true)
    }

    /// Says which sweep begins.
    pub fn sweep(plan: &PlanSummary, rung: &Rung, quiet: bool) -> Ladder {
        let runs = match (rung.len(), rung.seeds.during()) {
            (Some(1), _) => "1 run".to_owned(),
            (Some(count), _) => format!("{count} runs from this one on"),
            (None, during) => {
                let during = during.map_or("ever".to_owned(), exact_duration);
                format!("runs from this one on for {during}")
            }
        };
        let opening = format!("{}, {runs}", opening(plan, None));
        Ladder::new(&opening, rung.len(), quiet, false)
    }

    fn new(opening: &str, all: Option<u64>, quiet: bool, every: bool) -> Ladder {
        if !quiet {
            say(opening);
        }
        let person = person_at_stderr() && !quiet;
        let bar = match person {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{wide_msg}");
        Ladder {
            bar: bar.with_style(style.expect("the template is valid")),
            person,
            quiet,
            every,
            all,
            minutes: 0,
        }
    }

    /// Takes the line off the screen.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, standing: &Standing) -> String {
        let of = self
            .all
            .map_or_else(String::new, |all| format!(" of {all}"));
        let mut parts = vec![format!("{}{of} runs", standing.done)];
        if standing.failed > 0 {
            parts.push(format!("{} failed", standing.failed));
        }
        match standing.live {
            Some((rung, seed, progress)) => {
                let options = &rung.options;
                let how = status(progress, options.nodes.len(), options.time_limit);
                parts.push(format!("{}, seed {seed}: {how}", rung.name));
            }
            None => parts.push(short_duration(self.bar.elapsed())),
        }
        swelkie::text::excerpt(parts.join(" · ").as_bytes(), 1000)
    }
}

impl Watcher for Ladder {
    fn ended(&mut self, rung: &Rung, case: &Case) {
        let told = match self.person {
            true => case.failed(),
            false => case.failed() || self.every,
        };
        if told && !self.quiet {
            let line = case_line(rung, case);
            self.bar.suspend(|| say(&line));
        }
    }

    fn stands(&mut self, standing: &Standing) {
        if self.person {
            self.bar.set_message(self.line(standing));
            return;
        }
        let minutes = self.bar.elapsed().as_secs() / 60;
        if !self.quiet && minutes > self.minutes {
            say(&self.line(standing));
        }
        self.minutes = minutes;
    }
}

/// `my node: 3 rungs, 63 runs (60 simulated, 3 real ones that take 30s at least)`
fn suite(name: &str, rungs: &[Rung], all: Option<u64>) -> String {
    let name = swelkie::text::excerpt(name.as_bytes(), 80);
    let (simulated, real): (Vec<&Rung>, Vec<&Rung>) =
        rungs.iter().partition(|rung| rung.options.sim);
    let count = |rungs: &[&Rung]| rungs.iter().map(|rung| rung.len()).sum::<Option<u64>>();
    let least: Duration = real.iter().map(|rung| least(rung)).sum();
    let real = (!real.is_empty()).then(|| {
        let count = count(&real).map_or("some".to_owned(), |count| count.to_string());
        format!(
            "{count} with real processes, {} at least",
            exact_duration(least)
        )
    });
    let simulated = (!simulated.is_empty()).then(|| match count(&simulated) {
        Some(count) => format!("{count} simulated"),
        None => "simulated as long as there is time".to_owned(),
    });
    let parts: Vec<String> = simulated.into_iter().chain(real).collect();
    let rungs = match rungs.len() {
        1 => String::new(),
        count => format!("{count} rungs, "),
    };
    let runs = match all {
        Some(1) => "1 run".to_owned(),
        Some(all) => format!("{all} runs"),
        None => "runs".to_owned(),
    };
    format!("{name}: {rungs}{runs} ({})", parts.join("; "))
}

/// How long the real runs of a rung take at least.
fn least(rung: &Rung) -> Duration {
    let runs = rung.len().and_then(|runs| u32::try_from(runs).ok());
    let runs = runs.map(|runs| rung.options.time_limit.saturating_mul(runs));
    runs.or(rung.seeds.during()).unwrap_or(Duration::MAX)
}
