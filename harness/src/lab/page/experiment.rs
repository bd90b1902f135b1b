//! The page of an experiment: which charts its cells call for, its targets, all figures.

use super::comparisons;
use super::dimensions::Space;
use super::exhibits::{self, section};
use super::{Body, Column, Exhibit, Mark, Page, Row, Section, Table, maths};
use crate::lab::estimate::Agreement;
use crate::lab::interval::Confidence;
use crate::lab::measure::Figure;
use crate::lab::result::CellResult;
use crate::lab::table::{labels, shown};

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// A headline.
    pub title: &'a str,
    /// What it is about, in paragraphs.
    pub about: &'a str,
    /// Where the numbers to compare with come from.
    pub source: &'a str,
    /// How sure the intervals are.
    pub confidence: Confidence,
}

/// What is charted against labels, beside what was expected.
const CHARTED: [Figure; 3] = [
    Figure::Everybody,
    Figure::Rounds(3),
    Figure::MessagesPerNode,
];

/// The page of an experiment's cells.
#[must_use]
pub fn experiment(subject: Subject, results: &[CellResult]) -> Page {
    let Subject {
        title,
        about,
        source,
        confidence,
    } = subject;
    let space = Space::new(results);
    let expected = results.iter().flat_map(|result| result.expect.keys());
    let mut figures = CHARTED.to_vec();
    for figure in expected {
        if !figures.contains(figure) {
            figures.push(*figure);
        }
    }
    let mut sections: Vec<Option<Section>> = vec![targets(results)];
    for dimension in &space.numeric {
        sections.push(section(
            &format!("By {dimension}"),
            "Marks are estimates, error bars their intervals, open diamonds targets.",
            exhibits::against(&space, dimension, &figures, confidence),
        ));
    }
    sections.push(section(
        "Heat maps",
        "",
        comparisons::heats(&space, confidence),
    ));
    sections.push(section(
        "Cost and latency",
        "",
        comparisons::fronts(&space, confidence),
    ));
    sections.push(section("Over time", "", exhibits::curves(&space)));
    sections.push(Some(everything(results, confidence)));
    Page {
        title: title.to_owned(),
        about: about.to_owned(),
        source: source.to_owned(),
        sections: sections.into_iter().flatten().collect(),
    }
}

fn values(names: &[String], result: &CellResult) -> Vec<String> {
    let values = names.iter().map(|name| result.label(name).unwrap_or(""));
    values.map(str::to_owned).collect()
}

/// What was expected and what was found.
fn targets(results: &[CellResult]) -> Option<Section> {
    let names = labels(results);
    let mut rows = Vec::new();
    for result in results {
        for comparison in result.comparisons() {
            let (mark, verdict) = match &comparison.agreement {
                Agreement::Agrees => (Mark::Good, "agrees".to_owned()),
                Agreement::Misses(why) => (Mark::Bad, format!("misses: {why}")),
                Agreement::Undecided(why) => (Mark::Open, format!("undecided: {why}")),
            };
            let measured = comparison.estimate.map(|estimate| estimate.to_string());
            let mut cells = values(&names, result);
            cells.extend([
                comparison.figure.to_string(),
                comparison.target,
                measured.unwrap_or("–".to_owned()),
                result.trials().to_string(),
                verdict,
            ]);
            rows.push(Row { cells, mark });
        }
    }
    let texts = names.iter().map(String::as_str).chain(["figure"]);
    let mut columns: Vec<Column> = texts.map(Column::text).collect();
    columns.extend([
        Column::number("target", "as printed by its source"),
        Column::number("measured", "with the 99.9% interval, by which it is judged"),
        Column::number("trials", ""),
        Column::text("verdict"),
    ]);
    let count = |mark| rows.iter().filter(|row| row.mark == mark).count();
    let about = format!(
        "{} agree, {} are missed, {} are undecided.",
        count(Mark::Good),
        count(Mark::Bad),
        count(Mark::Open)
    );
    (!rows.is_empty()).then(|| Section {
        title: "Targets".to_owned(),
        about,
        exhibits: vec![
            Exhibit::new(
                "Measured beside what it should be",
                Body::Table(Table { columns, rows }),
            )
            .notes([
                maths::target(),
                maths::share(Confidence::P999),
                maths::mean(Confidence::P999),
            ]),
        ],
    })
}

/// All figures of all cells.
fn everything(results: &[CellResult], confidence: Confidence) -> Section {
    let names = labels(results);
    let measured = |figure: &Figure| {
        let mut estimates = results
            .iter()
            .map(|result| result.estimate(*figure, confidence));
        estimates.any(|estimate| estimate.is_some())
    };
    let figures: Vec<Figure> = Figure::all().filter(measured).collect();
    let mut columns: Vec<Column> = names.iter().map(Column::text).collect();
    columns.extend(
        figures
            .iter()
            .map(|figure| Column::number(figure.name(), figure.meaning())),
    );
    columns.push(Column::number("trials", ""));
    let row = |result: &CellResult| {
        let mut cells = values(&names, result);
        cells.extend(figures.iter().map(|&figure| {
            let estimate = result.estimate(figure, confidence);
            estimate.map_or("–".to_owned(), |estimate| shown(figure, &estimate))
        }));
        cells.push(result.trials().to_string());
        Row {
            cells,
            mark: Mark::Plain,
        }
    };
    let rows = results.iter().map(row).collect();
    let table = Exhibit::new("Every cell", Body::Table(Table { columns, rows }))
        .about(format!("Estimates with their {confidence} intervals."))
        .notes([maths::share(confidence), maths::mean(confidence)])
        .notes(figures.iter().map(|&figure| maths::definition(figure)));
    Section {
        title: "All figures".to_owned(),
        about: String::new(),
        exhibits: vec![table],
    }
}
