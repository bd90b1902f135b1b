//! How far an experiment is: one line that is rewritten at a terminal, one line a minute
//! in a log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use swelkie::lab::question::Question;
use swelkie::lab::result::CellResult;
use swelkie::lab::runner::Watcher;
use swelkie::lab::threshold::Outcome;
use swelkie::units::short_duration;

use crate::cli::screen;

/// A cell counts so much.
const CELL: u64 = 1000;

/// Shows how far an experiment is.
pub struct Bar {
    bar: ProgressBar,
    /// Not a terminal: lines now and then.
    log: bool,
    cells: u64,
    minutes: AtomicU64,
}

impl Bar {
    /// For an experiment of so many cells and questions.
    pub fn new(cells: usize, quiet: bool) -> Bar {
        let person = screen::person_at_stderr() && !quiet;
        let bar = ProgressBar::new(cells as u64 * CELL);
        bar.set_draw_target(if person {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        });
        let style = ProgressStyle::with_template("{bar:24} {msg}  {elapsed} gone, {eta} to go");
        bar.set_style(style.expect("the template is valid"));
        Bar {
            bar,
            log: !person && !quiet,
            cells: cells as u64,
            minutes: AtomicU64::new(0),
        }
    }

    /// A question, the piece of this number, is answered as far as this.
    pub fn search(&self, piece: usize, question: &Question, known: &Outcome) {
        let (piece, ladder) = (piece as u64, question.ladder);
        let last = ladder.len() - 1;
        let (low, high) = (known.low.min(last), known.high.min(last));
        let range = match low == high {
            true => ladder.text(low),
            false => format!("{}…{}", ladder.text(low), ladder.text(high)),
        };
        let left = known.high - known.low;
        let done = known.trials().min(question.goal.budget);
        let within = if left == 0 {
            CELL
        } else {
            done * CELL / question.goal.budget.max(1)
        };
        let (number, nodes, target) = (piece + 1, question.cell.nodes, question.goal.target);
        let message = format!(
            "threshold {number} of {}, {nodes} nodes, {target}: {range}, {done} trials",
            self.cells
        );
        self.show(piece * CELL + within, message);
    }

    fn show(&self, position: u64, message: String) {
        self.bar.set_position(position);
        let minutes = self.bar.elapsed().as_secs() / 60;
        if self.log && self.minutes.swap(minutes, Ordering::Relaxed) < minutes {
            let gone = short_duration(Duration::from_secs(minutes * 60));
            eprintln!("{message}, {gone} gone");
        }
        self.bar.set_message(message);
    }

    /// Takes the line off the screen.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watcher for Bar {
    fn trials(&self, cell: usize, done: u64, most: u64) {
        let cell = cell as u64;
        let message = format!("cell {} of {}, {done} trials", cell + 1, self.cells);
        self.show(cell * CELL + done * CELL / most.max(1), message);
    }

    fn done(&self, cell: usize, _result: &CellResult) {
        self.bar.set_position((cell as u64 + 1) * CELL);
    }
}
