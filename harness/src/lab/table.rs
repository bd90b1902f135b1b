//! Results as a table in a terminal, and as CSV.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::estimate::{Agreement, Estimate, number};
use super::interval::Confidence;
use super::measure::Figure;
use super::result::{CellResult, Comparison};

/// The figures of a table, if nobody asks for others.
pub const USUAL: [Figure; 4] = [
    Figure::Everybody,
    Figure::Rounds(3),
    Figure::MessagesPerNode,
    Figure::BytesPerBroadcast,
];

/// A table of these figures, a row for each cell.
#[must_use]
pub fn table(results: &[CellResult], figures: &[Figure], confidence: Confidence) -> String {
    let names = labels(results);
    let mut table = empty();
    let heads = names.iter().map(String::as_str);
    let figures_heads = figures.iter().map(|figure| figure.name());
    table.set_header(heads.chain(figures_heads).chain(["trials"]));
    for result in results {
        let mut row: Vec<String> = names
            .iter()
            .map(|name| result.label(name).unwrap_or("").to_owned())
            .collect();
        row.extend(figures.iter().map(|&figure| {
            let estimate = result.estimate(figure, confidence);
            estimate.map_or("–".to_owned(), |estimate| shown(figure, &estimate))
        }));
        row.push(result.trials().to_string());
        table.add_row(row);
    }
    align(&mut table, names.len());
    table.to_string()
}

/// A figure as tables and charts write it.
#[must_use]
pub fn shown(figure: Figure, estimate: &Estimate) -> String {
    match figure {
        Figure::Everybody | Figure::Coverage | Figure::Residue => estimate.to_string(),
        Figure::BytesPerMessage => number(estimate.value, 3),
        _ => estimate.plus_minus(),
    }
}

/// A table of what was expected and what was found, a row for each expectation.
#[must_use]
pub fn comparison_table(results: &[CellResult]) -> String {
    let names = labels(results);
    let mut table = empty();
    let heads = ["figure", "target", "measured (99.9%)", "trials", ""];
    table.set_header(names.iter().map(String::as_str).chain(heads));
    for result in results {
        for comparison in result.comparisons() {
            let mut row: Vec<String> = names
                .iter()
                .map(|name| result.label(name).unwrap_or("").to_owned())
                .collect();
            row.extend(compared(&comparison, result.trials()));
            table.add_row(row);
        }
    }
    align(&mut table, names.len() + 1);
    table.to_string()
}

fn compared(comparison: &Comparison, trials: u64) -> [String; 5] {
    let estimate = comparison.estimate.as_ref();
    [
        comparison.figure.to_string(),
        comparison.target.clone(),
        estimate.map_or("–".to_owned(), ToString::to_string),
        trials.to_string(),
        verdict(&comparison.agreement),
    ]
}

/// How a measurement stands to a target, in words.
pub(super) fn verdict(agreement: &Agreement) -> String {
    match agreement {
        Agreement::Agrees => "agrees".to_owned(),
        Agreement::Misses(why) => format!("MISSES: {why}"),
        Agreement::Undecided(why) => format!("undecided: {why}"),
    }
}

/// Writes all figures of all cells as CSV: a line for each cell and figure.
///
/// # Errors
/// If `out` does not take it.
pub fn csv(results: &[CellResult], confidence: Confidence, out: impl Write) -> io::Result<()> {
    let names = labels(results);
    let mut csv = csv::Writer::from_writer(out);
    let heads = ["figure", "value", "low", "high", "trials"];
    csv.write_record(names.iter().map(String::as_str).chain(heads))?;
    for result in results {
        for figure in Figure::all() {
            let Some(estimate) = result.estimate(figure, confidence) else {
                continue;
            };
            let labels = names.iter().map(|name| result.label(name).unwrap_or(""));
            let interval = estimate.interval;
            let bound = |bound: f64| match bound.is_finite() {
                true => bound.to_string(),
                false => String::new(),
            };
            let values = [
                figure.name().to_owned(),
                estimate.value.to_string(),
                bound(interval.low),
                bound(interval.high),
                estimate.trials.to_string(),
            ];
            csv.write_record(labels.chain(values.iter().map(String::as_str)))?;
        }
    }
    csv.flush()
}

/// A table of texts, the first column to the left and numbers to the right.
#[must_use]
pub fn glance(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = empty();
    table.set_header(heads.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    align(&mut table, 1);
    table.to_string()
}

/// A table of texts; the columns of numbers to the right.
pub(crate) fn lines(
    heads: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    numbers: &[&str],
) -> String {
    let mut table = empty();
    table.set_header(heads.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for (head, column) in heads.iter().zip(table.column_iter_mut()) {
        if numbers.contains(head) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// The labels' names of all cells, in order of first appearance.
pub(super) fn labels(results: &[CellResult]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in results.iter().flat_map(|result| &result.labels) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// A line under the head and nothing else: what a person or a script can read.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

pub(super) fn empty() -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// Numbers to the right, labels to the left.
pub(super) fn align(table: &mut Table, labels: usize) {
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_cell_alignment(if at < labels {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        });
    }
}
