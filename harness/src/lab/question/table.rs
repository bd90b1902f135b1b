//! Answers as a table in a terminal, and as CSV.

use std::io::{self, Write};

use super::{Answer, Ladder};
use crate::lab::estimate::number;
use crate::lab::table::{align, empty, verdict};

/// A table, a row for each answer; with what was expected if anything was.
#[must_use]
pub fn table(answers: &[Answer]) -> String {
    let names = labels(answers);
    let judged = answers.iter().any(|answer| answer.expect.is_some());
    let mut table = empty();
    let seek = seeks(answers);
    let own = ["nodes", "target"];
    let found = [
        seek.as_str(),
        "of the others",
        "P(everybody) there",
        "theory",
        "trials",
    ];
    let judgement = ["expected", ""];
    let shown = if judged { judgement.as_slice() } else { &[] };
    let heads = names.iter().map(String::as_str).chain(own);
    table.set_header(heads.chain(found).chain(shown.iter().copied()));
    for answer in answers {
        let mut row: Vec<String> = names
            .iter()
            .map(|name| label(answer, name).to_owned())
            .collect();
        row.extend(cells(answer));
        if judged {
            row.push(answer.expect.clone().unwrap_or_default());
            row.push(answer.judge().as_ref().map_or(String::new(), verdict));
        }
        table.add_row(row);
    }
    align(&mut table, names.len());
    table.to_string()
}

fn cells(answer: &Answer) -> [String; 7] {
    let there = answer.there();
    [
        answer.nodes.to_string(),
        answer.target.to_string(),
        answer.range().to_string(),
        percent(answer),
        there.map_or("–".to_owned(), |estimate| estimate.to_string()),
        theory(answer),
        answer.trials().to_string(),
    ]
}

/// The range as a share of the n − 1 others.
fn percent(answer: &Answer) -> String {
    let range = answer.range();
    let shown = |value: f64| number(answer.share(value) * 100.0, 3);
    match (range.low, range.high) {
        (None, _) => "–".to_owned(),
        (Some(low), Some(high)) if low == high => format!("{}%", shown(low)),
        (Some(low), Some(high)) => format!("{}…{}%", shown(low), shown(high)),
        (Some(low), None) => format!("{}%…", shown(low)),
    }
}

/// `7, .99312 exactly`; none where theory has nothing to say.
fn theory(answer: &Answer) -> String {
    let Some(theory) = answer.theory else {
        return "–".to_owned();
    };
    let value = match answer.ladder {
        Ladder::Counts(_) => theory.value.to_string(),
        Ladder::Shares(_) => number(theory.value, 4),
    };
    let how = if theory.exact { "exact" } else { "formula" };
    match answer.ladder {
        Ladder::Counts(_) => format!("{value} (P {}, {how})", number(theory.probability, 5)),
        Ladder::Shares(_) => format!("{value} ({how})"),
    }
}

/// Writes all answers as CSV, a line each.
///
/// # Errors
/// If `out` does not take it.
pub fn csv(answers: &[Answer], out: impl Write) -> io::Result<()> {
    let names = labels(answers);
    let mut csv = csv::Writer::from_writer(out);
    let heads = [
        "strategy",
        "parameter",
        "nodes",
        "target",
        "low",
        "high",
        "share_low",
        "share_high",
        "everybody",
        "everybody_low",
        "everybody_high",
        "theory",
        "theory_everybody",
        "theory_exact",
        "trials",
    ];
    csv.write_record(names.iter().map(String::as_str).chain(heads))?;
    for answer in answers {
        let range = answer.range();
        let there = answer.there();
        let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let share = |value: Option<f64>| text(value.map(|value| answer.share(value)));
        let theory = answer.theory;
        let values = [
            answer.strategy.clone(),
            answer.seek.clone(),
            answer.nodes.to_string(),
            answer.target.to_string(),
            text(range.low),
            text(range.high),
            share(range.low),
            share(range.high),
            text(there.map(|there| there.value)),
            text(there.map(|there| there.interval.low)),
            text(there.map(|there| there.interval.high)),
            text(theory.map(|theory| theory.value)),
            text(theory.map(|theory| theory.probability)),
            theory.map_or(String::new(), |theory| theory.exact.to_string()),
            answer.trials().to_string(),
        ];
        let labels = names.iter().map(|name| label(answer, name));
        csv.write_record(labels.chain(values.iter().map(String::as_str)))?;
    }
    csv.flush()
}

/// The parameters sought, each once.
fn seeks(answers: &[Answer]) -> String {
    let mut seeks: Vec<&str> = Vec::new();
    for answer in answers {
        if !seeks.contains(&answer.seek.as_str()) {
            seeks.push(&answer.seek);
        }
    }
    seeks.join(" or ")
}

/// The labels' names of all answers, in order of first appearance.
fn labels(answers: &[Answer]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in answers.iter().flat_map(|answer| &answer.labels) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn label<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let found = answer.labels.iter().find(|label| label.0 == name);
    found.map_or("", |label| label.1.as_str())
}
