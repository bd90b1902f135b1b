//! Thresholds on a page: the parameter against the number of nodes, theory beside it, once
//! as it is and once as a share of the others.

use std::collections::BTreeMap;

use super::{Axis, Body, Column, Exhibit, Lines, Mark, Point, Row, Section, Series, Table, maths};
use crate::lab::estimate::{Agreement, number};
use crate::lab::question::Answer;

/// What a chart shows of a parameter's value.
type Measure = fn(&Answer, f64) -> f64;

/// Answers that differ in their numbers of nodes only: strategy, parameter, target.
type Kind = (String, String, String);

/// The section; none without answers.
#[must_use]
pub fn section(answers: &[Answer]) -> Option<Section> {
    let first = answers.first()?;
    let notes = [maths::threshold(first.confidence()), maths::everybody()];
    let mut exhibits = Vec::new();
    let mut seeks: Vec<&str> = answers.iter().map(|answer| answer.seek.as_str()).collect();
    seeks.sort_unstable();
    seeks.dedup();
    for seek in seeks {
        let own: Vec<&Answer> = answers
            .iter()
            .filter(|answer| answer.seek == seek)
            .collect();
        let counts = own.iter().any(|answer| answer.share(1.0) != 1.0);
        if counts {
            let itself: Measure = |_, value| value;
            let axis = Axis::new(format!("smallest {seek}"), "");
            let chart = chart(&own, axis, itself);
            let title = format!("How many must be told: {seek} against the number of nodes");
            exhibits.push(Exhibit::new(title, chart).notes(notes.clone()));
        }
        let share: Measure = |answer, value| 100.0 * answer.share(value);
        let axis = Axis::new(format!("smallest {seek}, of the others"), "%").log();
        let title = format!("Which share must be told: {seek} against the number of nodes");
        exhibits.push(Exhibit::new(title, chart(&own, axis, share)).notes(notes.clone()));
    }
    exhibits.push(Exhibit::new("All answers", Body::Table(table(answers))).notes(notes));
    Some(Section {
        title: "Thresholds".to_owned(),
        about: "The smallest parameter at which everybody is reached with the probability \
                asked for. A bar spans what the trials do not rule out."
            .to_owned(),
        exhibits,
    })
}

fn chart(answers: &[&Answer], y: Axis, measure: Measure) -> Body {
    let mut measured: BTreeMap<Kind, Vec<Point>> = BTreeMap::new();
    let mut expected: BTreeMap<Kind, Vec<Point>> = BTreeMap::new();
    for answer in answers {
        let x = f64::from(answer.nodes);
        let target = format!("P ≥ {}", answer.target);
        let kind: Kind = (answer.strategy.clone(), answer.seek.clone(), target);
        let range = answer.range();
        if let (Some(low), Some(high)) = (range.low, range.high) {
            let (low, high) = (measure(answer, low), measure(answer, high));
            let point = Point::new(x, (low + high) / 2.0).between(low, high);
            measured
                .entry(kind.clone())
                .or_default()
                .push(point.saying(range.to_string()));
        }
        if let Some(theory) = answer.theory {
            let point = Point::new(x, measure(answer, theory.value));
            expected.entry(kind).or_default().push(point);
        }
    }
    let named = |kind: &Kind, of: &str| format!("{}, {}{of}", kind.0, kind.2);
    let mut series: Vec<Series> = measured
        .into_iter()
        .map(|(kind, points)| Series::new(named(&kind, ""), points))
        .collect();
    series.extend(
        expected
            .into_iter()
            .map(|(kind, points)| Series::theory(named(&kind, ": theory"), points)),
    );
    Body::Lines(Lines {
        x: Axis::new("nodes", "").log(),
        y,
        series,
    })
}

fn table(answers: &[Answer]) -> Table {
    let columns = vec![
        Column::text("strategy"),
        Column::number("nodes", "how many nodes"),
        Column::number("target", "the P(everybody) to reach"),
        Column::number("threshold", "what the trials do not rule out"),
        Column::number("of the others", "as a share of n − 1"),
        Column::number(
            "P(everybody) there",
            "at the largest threshold not ruled out",
        ),
        Column::number("theory", "computed, not simulated"),
        Column::number("expected", "as printed"),
        Column::number("trials", "of the whole search"),
    ];
    let percent = |answer: &Answer, value: f64| number(100.0 * answer.share(value), 3) + "%";
    let rows = answers.iter().map(|answer| {
        let range = answer.range();
        Row {
            cells: vec![
                answer.strategy.clone(),
                answer.nodes.to_string(),
                answer.target.to_string(),
                range.to_string(),
                range
                    .high
                    .map_or_else(String::new, |high| percent(answer, high)),
                answer
                    .there()
                    .map_or_else(String::new, |there| there.to_string()),
                answer
                    .theory
                    .map_or_else(String::new, |theory| number(theory.value, 4)),
                answer.expect.clone().unwrap_or_default(),
                answer.trials().to_string(),
            ],
            mark: match answer.judge() {
                None => Mark::Plain,
                Some(Agreement::Agrees) => Mark::Good,
                Some(Agreement::Misses(_)) => Mark::Bad,
                Some(Agreement::Undecided(_)) => Mark::Open,
            },
        }
    });
    let rows = rows.collect();
    Table { columns, rows }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::lab::experiment::Experiment;
    use crate::lab::page::Page;

    #[test]
    fn a_page_of_thresholds_shows_counts_and_shares_with_theory_beside_them() {
        let text = "[[threshold]]\nseek = \"fanout\"\ntarget = 0.9\n\
                    of = { strategy = \"sample:fanout={fanout}\", nodes = [3, 4] }";
        let experiment = Experiment::parse("test", text, std::path::Path::new("."));
        let experiment = experiment.unwrap_or_else(|error| panic!("{error}"));
        let stop = AtomicBool::new(false);
        let answers: Vec<Answer> = experiment
            .questions
            .iter()
            .map(|question| {
                let steps = question.ask(experiment.seed, Vec::new(), &stop, &mut |_| {});
                Answer::new(question, experiment.seed, steps.expect("played"))
            })
            .collect();
        let section = section(&answers).expect("a section");
        assert_eq!(section.exhibits.len(), 3);
        let page = Page {
            title: "t".to_owned(),
            about: String::new(),
            source: String::new(),
            sections: vec![section],
        };
        let html = page.html();
        assert!(
            html.contains("theory") && html.contains("smallest fanout: 3"),
            "{html}"
        );
    }
}
