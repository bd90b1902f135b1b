//! What came of an experiment: files, tables and a verdict.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use swelkie::lab::congestion::{self, Loaded};
use swelkie::lab::experiment::Experiment;
#[cfg(feature = "parquet")]
use swelkie::lab::interval::Confidence;
use swelkie::lab::page::{self, Subject};
use swelkie::lab::question::{self, Answer};
use swelkie::lab::result::CellResult;
use swelkie::lab::table;

use super::summary::Counts;
use super::{How, part};
use crate::cli::{Failure, print};

/// What came of each part of an experiment.
pub struct Results {
    pub cells: Vec<CellResult>,
    pub answers: Vec<Answer>,
    pub loads: Vec<Loaded>,
    /// Pieces that were not finished.
    pub missing: usize,
}

impl Results {
    /// How its targets stand.
    pub fn counts(&self) -> Counts {
        let comparisons = self.cells.iter().flat_map(CellResult::comparisons);
        let answers = self.answers.iter().filter_map(Answer::judge);
        let loads = self
            .loads
            .iter()
            .flat_map(|load| [load.judge_mean(), load.judge_claim()]);
        let agreements = comparisons
            .map(|comparison| comparison.agreement)
            .chain(answers)
            .chain(loads.flatten());
        Counts::of(agreements)
    }
}

/// Writes what was found and says it. Returns the exit status.
pub fn conclude(
    experiment: &Experiment,
    results: &Results,
    how: &How,
    directory: &Path,
    interrupted: bool,
) -> Result<u8, Failure> {
    write(experiment, results, directory)?;
    let report = report(experiment, results, directory);
    let counts = results.counts();
    let (status, verdict) = part::verdict(how, results.missing == 0)
        .unwrap_or_else(|| (counts.status(), counts.sentence()));
    let mut out = String::new();
    if !how.quiet {
        out += &format!("{}\n", experiment.title);
        out += &tables(experiment, results, how);
    }
    if let Some(verdict) = verdict.filter(|_| !how.quiet || status != 0) {
        out += &format!("\n{}: {verdict}\n", experiment.name);
    }
    if interrupted {
        let all = experiment.cells.len() + experiment.questions.len();
        out += &format!(
            "\ninterrupted: {} of {all} are done and kept; the same command goes on from there\n",
            all - results.missing,
        );
    }
    if !how.quiet {
        out += &format!("results in {}\n", directory.display());
        if let Some(report) = report {
            out += &format!("charts in {}\n", report.display());
        }
    }
    print(&out)?;
    Ok(status)
}

/// Writes the figures once more, as a Parquet file; a warning says if that fails.
#[cfg(feature = "parquet")]
fn parquet(results: &[CellResult], confidence: Confidence, directory: &Path) {
    let path = directory.join("figures.parquet");
    let written = File::create(&path)
        .map_err(Into::into)
        .and_then(|file| swelkie::lab::parquet::figures(results, confidence, file));
    if let Err(error) = written {
        let shown = path.display();
        anstream::eprintln!("warning: {shown} cannot be written: {error}");
    }
}

/// Writes the page with the charts. Where it is; none, with a warning, if it cannot be written:
/// what was found stands without it.
fn report(experiment: &Experiment, results: &Results, directory: &Path) -> Option<PathBuf> {
    if results.cells.is_empty() && results.answers.is_empty() {
        return None;
    }
    let subject = Subject {
        title: &experiment.title,
        about: &experiment.about,
        source: &experiment.source,
        confidence: experiment.trials.confidence,
    };
    let mut page = page::experiment(subject, &results.cells);
    page.sections.extend(page::thresholds(&results.answers));
    let path = directory.join("report.html");
    match std::fs::write(&path, page.html()) {
        Ok(()) => Some(path),
        Err(error) => {
            let shown = path.display();
            anstream::eprintln!("warning: the page {shown} cannot be written: {error}");
            None
        }
    }
}

/// Writes what was found as CSV.
fn write(experiment: &Experiment, results: &Results, directory: &Path) -> Result<(), Failure> {
    let file = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
    let confidence = experiment.trials.confidence;
    if !experiment.cells.is_empty() {
        table::csv(&results.cells, confidence, file("figures.csv")?)?;
        #[cfg(feature = "parquet")]
        parquet(&results.cells, confidence, directory);
    }
    if !experiment.questions.is_empty() {
        question::table::csv(&results.answers, file("thresholds.csv")?)?;
    }
    if !experiment.loads.is_empty() {
        congestion::csv(&results.loads, file("queues.csv")?)?;
    }
    Ok(())
}

fn tables(experiment: &Experiment, results: &Results, how: &How) -> String {
    let mut out = String::new();
    if !results.cells.is_empty() {
        let figures = match how.figures.as_slice() {
            [] => &table::USUAL,
            chosen => chosen,
        };
        let shown = table::table(&results.cells, figures, experiment.trials.confidence);
        out += &format!("\n{shown}\n");
    }
    if results.cells.iter().any(|result| !result.expect.is_empty()) {
        out += &format!("\n{}\n", table::comparison_table(&results.cells));
    }
    if !results.answers.is_empty() {
        out += &format!("\n{}\n", question::table::table(&results.answers));
    }
    if !results.loads.is_empty() {
        out += &format!("\n{}\n", congestion::table(&results.loads));
    }
    out
}
