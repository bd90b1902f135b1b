//! An experiment: which clusters to play, how often, and what is expected of them.
//!
//! A file names a matrix of conditions; every combination of its values is a [`Cell`]. It
//! may ask for thresholds, each a [`Question`], and load queues, each a [`Load`]. All three
//! come with what is expected of them, and agree with it, miss it, or leave it open.
//!
//! ```text
//!   experiment.toml ─► file ─► matrix ─► cells ─► runner ─► results
//!                                          └ a cell's seed comes from its conditions alone:
//!                                            another cell beside it changes nothing
//! ```

mod cell;
mod file;
mod matrix;
mod queues;
#[cfg(test)]
mod tests;
mod thresholds;

use std::fmt;
use std::path::Path;

use swelkie_nodes::Seed;

use super::congestion::Load;
use super::interval::Confidence;
use super::measure::Figure;
use super::question::Question;

pub use file::Block;
pub use matrix::Values;
pub(super) use matrix::filled;
pub use thresholds::Asked;

pub use cell::{Cell, Expectation, Until};

/// An experiment. See the module.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What it is called: the file's name without its ending.
    pub name: String,
    /// A headline.
    pub title: String,
    /// What it is about, in paragraphs.
    pub about: String,
    /// Where the numbers to compare with come from.
    pub source: String,
    /// How many trials.
    pub trials: Trials,
    /// Where the cells' seeds come from.
    pub seed: Seed,
    /// The combinations, in the order of the file.
    pub cells: Vec<Cell>,
    /// The thresholds it asks for.
    pub questions: Vec<Question>,
    /// The queues it loads.
    pub loads: Vec<Load>,
}

/// When a cell has been tried often enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trials {
    /// At most so many.
    pub most: u64,
    /// Enough once the interval of `figure` is this narrow, half of its width; without it,
    /// once every target of the cell can be judged.
    pub width: Option<f64>,
    /// Which figure's.
    pub figure: Figure,
    /// How sure the intervals are.
    pub confidence: Confidence,
}

impl Default for Trials {
    /// At most 10,000, until P(everybody) is known to ± 0.005 with 95 %.
    fn default() -> Self {
        Trials {
            most: 10_000,
            width: Some(0.005),
            figure: Figure::Everybody,
            confidence: Confidence::P95,
        }
    }
}

/// What is wrong with an experiment file: what, where, what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentError(pub(super) String);

impl fmt::Display for ExperimentError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExperimentError {}

impl Experiment {
    /// Reads an experiment. `name` is its name, `directory` where the files that it names
    /// are looked for.
    ///
    /// # Errors
    /// If the text is no experiment.
    pub fn parse(name: &str, text: &str, directory: &Path) -> Result<Experiment, ExperimentError> {
        file::parse(name, text, directory)
    }

    /// An experiment that asks for thresholds and nothing else. `directory` is where a fault
    /// schedule is looked for.
    ///
    /// # Errors
    /// If what is asked makes no sense: what, and what was expected.
    pub fn asking(
        name: &str,
        title: String,
        asked: &Asked,
        directory: &Path,
    ) -> Result<Experiment, ExperimentError> {
        let all = Block::default();
        let questions = thresholds::questions(asked, &all, directory).map_err(ExperimentError)?;
        Ok(Experiment {
            name: name.to_owned(),
            title,
            about: String::new(),
            source: String::new(),
            trials: Trials::default(),
            seed: Seed(0),
            cells: Vec::new(),
            questions: file::labelled(questions),
            loads: Vec::new(),
        })
    }

    /// Leaves out what is only for those with time.
    pub fn shorten(&mut self) {
        self.cells.retain(|cell| !cell.full);
        self.questions.retain(|question| !question.cell.full);
    }
}
