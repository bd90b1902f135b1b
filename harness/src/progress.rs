//! How a run stands, while it goes: one line that is rewritten for a person at a
//! terminal; in a log a line when it begins, and one per minute so that nobody takes
//! it for dead.

mod ladder;

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swelkie::engine::Progress;
use swelkie::plan::Plan;
use swelkie::report::PlanSummary;
use swelkie::run::Watcher;
use swelkie::units::{exact_duration, short_duration};
use swelkie_nodes::Time;

pub use ladder::Ladder;

/// Shows a run on stderr.
pub struct Screen {
    /// The line that is rewritten; none in a log.
    bar: Option<ProgressBar>,
    quiet: bool,
    live: bool,
    nodes: usize,
    limit: Duration,
    /// Minutes that a log was told about.
    minutes: u64,
}

impl Screen {
    /// Says what begins. `turn` is which run of how many.
    pub fn new(plan: &Plan, quiet: bool, person: bool, turn: Option<(usize, usize)>) -> Screen {
        let summary = &plan.summary;
        // Of a series, each run has a line of its own when it ends.
        let first = turn.is_none_or(|(turn, _)| turn == 1);
        if !quiet && first {
            say(&opening(summary, turn));
        }
        let bar = (person && !quiet).then(|| {
            let style = ProgressStyle::with_template("{wide_msg}");
            ProgressBar::new_spinner().with_style(style.expect("the template is valid"))
        });
        Screen {
            bar,
            quiet,
            live: summary.mode == "live",
            nodes: summary.nodes.len(),
            limit: Duration::from_secs_f64(summary.time_limit_s),
            minutes: 0,
        }
    }

    /// Takes the line off the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watcher for Screen {
    fn progress(&mut self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            bar.set_message(status(progress, self.nodes, self.limit));
            return;
        }
        let minutes = progress.elapsed.nanos() / 60_000_000_000;
        if self.live && !self.quiet && minutes > self.minutes {
            say(&status(progress, self.nodes, self.limit));
        }
        self.minutes = minutes;
    }

    fn line(&mut self, now: Time, line: &str) {
        let line = format!("{now}  {line}");
        match &self.bar {
            Some(bar) => bar.suspend(|| say(&line)),
            None => say(&line),
        }
    }
}

/// Writes a line to stderr; if nobody reads it, so be it.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn opening(plan: &PlanSummary, turn: Option<(usize, usize)>) -> String {
    let nodes = match plan.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    let turn = turn.map_or_else(String::new, |(turn, of)| format!(", run {turn} of {of}"));
    let limit = exact_duration(Duration::from_secs_f64(plan.time_limit_s));
    let mode = if plan.mode == "sim" {
        " in virtual time"
    } else {
        ""
    };
    let target = swelkie::text::excerpt(plan.target.as_bytes(), 80);
    format!(
        "{} on {nodes} of {target}, {limit}{mode}, seed {}{turn}",
        plan.workload, plan.seed
    )
}

/// `running 7.3s of 20s · 73 ok, 2 fail, 1 info · 1234 messages · 5 of 5 nodes up · cut n0 | n1 n2`
fn status(progress: &Progress, nodes: usize, limit: Duration) -> String {
    let elapsed = Duration::from_nanos(progress.elapsed.nanos());
    let clock = match progress.stage {
        "running" => format!("{:.1}s of {}", elapsed.as_secs_f64(), exact_duration(limit)),
        _ => short_duration(elapsed),
    };
    let [ok, fail, info] = progress.operations;
    let mut parts = vec![
        format!("{} {clock}", progress.stage),
        format!("{ok} ok, {fail} fail, {info} info"),
        format!("{} messages", progress.messages),
        format!("{} of {nodes} nodes up", progress.up),
    ];
    if !progress.faults.is_empty() {
        parts.push(progress.faults.join("; "));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_how_a_run_stands() {
        let progress = Progress {
            stage: "running",
            elapsed: Time(7_345_000_000),
            operations: [73, 2, 1],
            messages: 1234,
            up: 4,
            faults: vec!["cut n0 | n1 n2".to_owned(), "kill n3".to_owned()],
        };
        assert_eq!(
            status(&progress, 5, Duration::from_secs(20)),
            "running 7.3s of 20s · 73 ok, 2 fail, 1 info · 1234 messages · 4 of 5 nodes up · cut n0 | n1 n2; kill n3"
        );
    }

    #[test]
    fn the_opening_names_the_seed_first_of_all_things_to_keep() {
        let plan = PlanSummary {
            workload: "broadcast".into(),
            target: "flood".into(),
            builtin: true,
            mode: "sim".into(),
            nodes: vec!["n0".into()],
            seed: 7,
            time_limit_s: 20.0,
            rate: Some(5.0),
            concurrency: 1,
            latency: "0s".into(),
            topology: None,
            labels: None,
            faults: 0,
        };
        assert_eq!(
            opening(&plan, Some((2, 9))),
            "broadcast on 1 node of flood, 20s in virtual time, seed 7, run 2 of 9"
        );
    }
}
