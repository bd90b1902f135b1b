use std::path::Path;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use super::*;
use crate::lab::experiment::Experiment;
use crate::lab::interval::Confidence;
use crate::lab::measure::Figure;
use crate::lab::result::CellResult;
use crate::lab::runner;
use crate::lab::table::shown;

/// Samples of two sizes, told by fan-outs 1 to 3 at two losses, and flooding beside them.
const MIXED: &str = r#"
    title = "Mixed"
    [trials]
    most = 16
    [all]
    nodes = [8, 16]
    loss = ["0%", "10%"]
    [[cells]]
    strategy = "sample:fanout={f}"
    vary = { f = [1, 2, 3] }
    expect = { coverage = ".5" }
    [[cells]]
    strategy = "flood"
"#;

fn play(text: &str) -> Vec<CellResult> {
    let experiment = Experiment::parse("test", text, Path::new(".")).expect("an experiment");
    let stop = AtomicBool::new(false);
    let play = |cell| runner::play(cell, 0, &experiment, &stop, &()).expect("played");
    experiment.cells.iter().filter_map(play).collect()
}

fn page(results: &[CellResult]) -> Page {
    let subject = Subject {
        title: "A title",
        about: "One.\n\nTwo.",
        source: "Somebody",
        confidence: Confidence::P95,
    };
    experiment(subject, results)
}

/// The page's body as XML, which it is but for the head's unclosed elements.
fn body(html: &str) -> &str {
    let start = html.find("<main>").expect("a main part");
    let end = html.find("</main>").expect("its end");
    &html[start..end + "</main>".len()]
}

fn parsed(xml: &str) -> Document<'_> {
    Document::parse_with_options(xml, ParsingOptions::default())
        .unwrap_or_else(|error| panic!("{error} in {xml}"))
}

fn with_class<'a, 'b>(
    node: Node<'a, 'b>,
    class: &'static str,
) -> impl Iterator<Item = Node<'a, 'b>> {
    node.descendants().filter(move |node| {
        let classes = node.attribute("class").unwrap_or("");
        classes.split(' ').any(|one| one == class)
    })
}

#[test]
fn every_exhibit_has_a_title_and_every_chart_labels_with_units_and_a_legend() {
    let html = page(&play(MIXED)).html();
    let body = parsed(body(&html));
    let mut charts = 0;
    for figure in body
        .descendants()
        .filter(|node| node.has_tag_name("figure"))
    {
        let title = figure.descendants().find(|node| node.has_tag_name("h3"));
        let title = title.and_then(|title| title.text()).expect("a title");
        assert!(
            figure
                .descendants()
                .any(|node| node.has_tag_name("details")),
            "{title} has no mathematics"
        );
        let Some(chart) = figure.children().find(|node| node.has_tag_name("svg")) else {
            continue;
        };
        charts += 1;
        assert_eq!(chart.attribute("aria-label"), Some(title));
        let labels: Vec<&str> = with_class(chart, "label")
            .filter_map(|node| node.text())
            .collect();
        assert_eq!(labels.len(), 2, "{title}: {labels:?}");
        assert!(with_class(chart, "tick").count() >= 4, "{title}");
        assert!(
            with_class(figure, "legend").next().is_some()
                || with_class(figure, "key").next().is_some(),
            "{title}"
        );
    }
    assert!(charts >= 10, "{charts} charts");
    for part in [
        "By nodes",
        "By fanout",
        "By loss",
        "Heat maps",
        "Cost and latency",
        "Over time",
        "All figures",
        "time since the broadcast (rounds)",
        "rounds-100 (rounds)",
        "loss (%)",
        "everybody (share of trials)",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn what_users_write_is_text_wherever_it_appears() {
    const EVIL: &str = "<script>alert(1)</script>\"'&\u{7}";
    let mut results = play(MIXED);
    for result in &mut results {
        result.strategy = EVIL.to_owned();
        for label in &mut result.labels {
            if label.0 == "strategy" {
                label.1 = format!("{EVIL}:{EVIL}={}", label.1.len());
            }
        }
        result
            .labels
            .push((EVIL.to_owned(), format!("{EVIL}{}", result.nodes)));
    }
    let mut page = page(&results);
    page.title = EVIL.to_owned();
    page.about = EVIL.to_owned();
    page.source = EVIL.to_owned();
    let html = page.html();
    assert!(!html.contains("<script"), "a label became markup");
    assert!(html.contains("&lt;script&gt;alert(1)"));
    parsed(body(&html));
}

#[test]
fn a_points_numbers_are_those_of_the_table() {
    let results = play(MIXED);
    let html = page(&results).html();
    let body = parsed(body(&html));
    let titles: Vec<&str> = body
        .descendants()
        .filter(|node| node.has_tag_name("title"))
        .filter_map(|node| node.text())
        .collect();
    let cells: Vec<&str> = body
        .descendants()
        .filter(|node| node.has_tag_name("td"))
        .filter_map(|node| node.text())
        .collect();
    for result in &results {
        let estimate = result.estimate(Figure::MessagesPerNode, Confidence::P95);
        let text = shown(Figure::MessagesPerNode, &estimate.expect("an estimate"));
        assert!(cells.contains(&text.as_str()), "{text} is not in the table");
        let said = format!("messages-per-node: {text}");
        assert!(
            titles.iter().any(|title| title.contains(&said)),
            "{said} is not said"
        );
    }
}

#[test]
fn a_page_asks_for_nothing_from_outside_and_runs_nothing() {
    let html = page(&play(MIXED)).html();
    for outside in [
        "http:", "https:", "src=", "url(", "@import", "<script", "<link", "onclick",
    ] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("prefers-color-scheme:dark"));
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn targets_are_marks_of_their_own_and_a_table_with_verdicts() {
    let html = page(&play(MIXED)).html();
    let body = parsed(body(&html));
    let theory: Vec<Node> = with_class(body.root(), "theory").collect();
    assert!(!theory.is_empty());
    let title = |node: &Node| {
        let said = node.descendants().find(|node| node.has_tag_name("title"));
        said.and_then(|said| said.text()).unwrap_or("").to_owned()
    };
    assert!(
        theory
            .iter()
            .any(|node| title(node).contains("the target of sample:fanout="))
    );
    let verdicts = with_class(body.root(), "sign").filter_map(|node| node.text());
    assert_eq!(verdicts.count(), 12, "one for each expectation");
}

#[test]
fn nothing_and_a_single_cell_make_a_page_too() {
    parsed(body(&page(&[]).html()));
    let one = play("all = { strategy = \"flood\", nodes = 3 }\ntrials = { most = 2 }");
    let html = page(&one).html();
    parsed(body(&html));
    assert!(
        html.contains("Coverage over time"),
        "a single cell has a curve"
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a bound on time is what is tested"
)]
fn two_hundred_cells_make_a_page_below_2_mb_in_a_moment() {
    let fanouts: Vec<String> = (1..=25).map(|fanout| fanout.to_string()).collect();
    let results = play(&format!(
        r#"
        [trials]
        most = 4
        [all]
        strategy = "sample:fanout={{f}}"
        nodes = [8, 12]
        loss = ["0", "10%"]
        latency = ["10ms", "10ms exponential"]
        vary = {{ f = [{}] }}
        "#,
        fanouts.join(",")
    ));
    assert_eq!(results.len(), 200);
    let begin = std::time::Instant::now();
    let html = page(&results).html();
    let took = begin.elapsed();
    println!("{} bytes in {took:?}", html.len());
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    // Tens of milliseconds; a minute would mean that something grows with the square.
    assert!(took.as_secs() < 10, "{took:?}");
    parsed(body(&html));
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -1e3..1e3,
        Just(0.0),
        Just(f64::NAN),
        Just(f64::INFINITY)
    ]
}

fn any_axis() -> impl Strategy<Value = Axis> {
    let scale = prop_oneof![
        Just(Scale::Linear),
        Just(Scale::Log),
        proptest::collection::vec(".*", 0..5).prop_map(Scale::Names),
    ];
    (".*", ".*", scale).prop_map(|(label, unit, scale)| Axis {
        scale,
        ..Axis::new(label, unit)
    })
}

proptest! {
    /// Whatever numbers and names come, there is a page, well-formed and of finite numbers.
    #[test]
    fn any_numbers_and_names_make_a_well_formed_chart(
        x in any_axis(),
        y in any_axis(),
        points in proptest::collection::vec((number(), number(), number(), number()), 0..8),
        name in ".*",
    ) {
        let made: Vec<Point> = points
            .iter()
            .map(|(x, y, low, high)| Point::new(*x, *y).between(*low, *high))
            .collect();
        let entries = points.iter().map(|(x, y, low, high)| Entry {
            name: name.clone(),
            x: *x,
            y: *y,
            interval: Some((*low, *high)),
            text: None,
            kind: Kind::Measured,
        });
        let front = Front { x: x.clone(), y: y.clone(), entries: entries.collect() };
        let series = vec![
            Series::new(name.clone(), made.clone()),
            Series::band(name.clone(), made.clone()),
            Series::theory(name.clone(), made),
        ];
        let bodies = [Body::Lines(Lines { x, y, series }), Body::Front(front)];
        for chart in bodies {
            let page = Page {
                sections: vec![Section {
                    exhibits: vec![Exhibit::new(name.clone(), chart)],
                    ..Section::default()
                }],
                ..Page::default()
            };
            let html = page.html();
            let document = parsed(body(&html));
            let drawn = document.descendants().filter(|node| node.has_tag_name("path"));
            for path in drawn.filter_map(|path| path.attribute("d")) {
                prop_assert!(!path.contains("NaN") && !path.contains("inf"), "{}", path);
            }
        }
    }
}
