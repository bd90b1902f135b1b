use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use swelkie_checkers::{Anomaly, Figure};

use super::*;
use crate::options::{Options, Target};

/// What acts on XML, Markdown, HTML, terminals or CI systems.
const HOSTILE: &str = "]]></failure>&amp;&#0;\u{0}\u{8}\u{b}\u{1b}[31m\u{85}\u{202e}\u{feff}\u{fffe}\u{ffff}\r\n::error::x\n\
    ##[group]y | <img src=x onerror=a()> **b** `c` [d](e) [[ATTACHMENT|/etc/passwd]] \"f\" 'g', %0A:: @h";

/// A simulated run; cut off, flood loses messages.
fn report(nemesis: &[&str], seed: u64) -> Report {
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.sim = true;
    options.no_store = true;
    options.time_limit = Duration::from_secs(20);
    options.nemesis = nemesis.iter().map(|&kind| kind.to_owned()).collect();
    options.nemesis_interval = Duration::from_secs(3);
    options.seed = swelkie_nodes::Seed(seed);
    options.run().expect("it runs")
}

fn hostile() -> Report {
    let mut report = report(&["partition"], 1);
    report.headline = HOSTILE.to_owned();
    report.plan.target = format!("./{HOSTILE}");
    report.plan.builtin = false;
    report.run.command = HOSTILE.to_owned();
    report.run.started = HOSTILE.to_owned();
    report.anomalies.insert(0, Anomaly::new(HOSTILE, HOSTILE));
    report.faults[0].name = HOSTILE.to_owned();
    report.faults[0].summary = HOSTILE.to_owned();
    report
        .figures
        .set(format!("ops.{HOSTILE}.p99"), Figure::Count(1));
    report
}

fn results(cases: Vec<Case>) -> Results {
    let name = "broadcast".to_owned();
    Results { name, cases }
}

fn left_out(outcome: Outcome) -> Case {
    Case {
        outcome,
        ..Case::not_run("broadcast", class("broadcast", "flood"), 9, String::new())
    }
}

fn nothing(_: &Case) -> Attached {
    Attached::default()
}

fn all<'a>(document: &'a Document, tag: &str) -> Vec<Node<'a, 'a>> {
    let nodes = document.descendants();
    nodes.filter(|node| node.has_tag_name(tag)).collect()
}

fn parsed(xml: &str) -> Document<'_> {
    Document::parse(xml).unwrap_or_else(|error| panic!("{error}\n{xml}"))
}

#[test]
fn a_case_is_called_after_workload_and_target_and_its_faults_and_seed() {
    let case = Case::judged("broadcast", report(&["partition", "kill"], 7));
    assert_eq!(case.class, "broadcast.flood");
    assert_eq!(case.name, "kill, partition · seed 7");
    assert_eq!(Case::judged("x", report(&[], 7)).name, "no faults · seed 7");
    assert_eq!(class("echo", "./a/my_node.v2.py"), "echo.my_node_v2_py");
    for (name, shown) in [
        ("nemesis-one-way-12", "one-way"),
        ("random-duplicate-1", "duplicate"),
        ("kill-1.2", "kill"),
        ("slow-disk", "slow-disk"),
        ("-1", "-1"),
    ] {
        assert_eq!(plain(name), shown);
    }
}

#[test]
fn a_broken_promise_is_a_failure_and_a_run_that_says_nothing_is_an_error() {
    let mut unknown = report(&[], 2);
    (unknown.validity, unknown.exit_status) = (Validity::Unknown, 2);
    let mut interrupted = report(&[], 3);
    (interrupted.validity, interrupted.exit_status) = (Validity::Unknown, 130);
    // A promise that was broken before the interrupt is broken all the same, but the run is not over.
    let mut cut_short = report(&["partition"], 1);
    cut_short.exit_status = 143;
    let cases = vec![
        Case::judged("a", report(&[], 1)),
        Case::judged("a", report(&["partition"], 1)),
        Case::judged("a", unknown),
        Case::judged("a", interrupted),
        Case::judged("b", cut_short),
        left_out(Outcome::NotRun("no such file".to_owned())),
        left_out(Outcome::Skipped("the time was up".to_owned())),
    ];
    let xml = junit(&results(cases), &nothing);
    let xml = parsed(&xml);
    let told: Vec<_> = all(&xml, "testcase")
        .into_iter()
        .map(|case| {
            let judged = case.children().filter(Node::is_element);
            let mut judged = judged.filter(|node| node.has_attribute("type"));
            let judged = judged.next().map(|node| {
                let first = node.text().unwrap_or_default().lines().next();
                assert_eq!(
                    first,
                    node.attribute("message"),
                    "GitLab shows the text alone"
                );
                (
                    node.tag_name().name().to_owned(),
                    node.attribute("type").unwrap_or_default(),
                )
            });
            judged.unwrap_or_default()
        })
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(tag, kind)| (tag.as_str(), *kind))
        .collect();
    assert_eq!(
        told,
        [
            ("", ""),
            ("failure", "lost"),
            ("error", "unknown"),
            ("error", "interrupted"),
            ("error", "interrupted"),
            ("error", "not run"),
            ("skipped", "skipped"),
        ]
    );
    let counts = |node: &Node| {
        let count = |name| node.attribute(name).unwrap_or("-").to_owned();
        [
            count("tests"),
            count("failures"),
            count("errors"),
            count("skipped"),
        ]
    };
    let suites: Vec<_> = all(&xml, "testsuite").iter().map(counts).collect();
    assert_eq!(counts(&xml.root_element()), ["7", "1", "4", "-"]);
    assert_eq!(suites[0], ["4", "1", "2", "0"]);
    assert_eq!(suites[2], ["2", "0", "1", "1"]);
}

#[test]
fn cases_that_are_called_the_same_are_told_apart() {
    let cases = (0..3).map(|_| Case::judged("a", report(&[], 1))).collect();
    let xml = junit(&results(cases), &nothing);
    let xml = parsed(&xml);
    let names = all(&xml, "testcase").into_iter();
    let names: Vec<_> = names.map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(
        names,
        [
            "no faults · seed 1",
            "no faults · seed 1 (2)",
            "no faults · seed 1 (3)"
        ]
    );
}

#[test]
fn what_the_runs_of_a_suite_share_stands_in_its_properties_and_the_rest_with_each() {
    let cases = vec![
        Case::judged("a", report(&[], 1)),
        Case::judged("a", report(&[], 2)),
    ];
    let xml = junit(&results(cases), &nothing);
    let xml = parsed(&xml);
    let properties: BTreeMap<_, _> = all(&xml, "property")
        .into_iter()
        .map(|one| {
            (
                one.attribute("name").unwrap(),
                one.attribute("value").unwrap(),
            )
        })
        .collect();
    assert_eq!(properties["workload"], "broadcast");
    assert_eq!(properties["exit_status"], "0");
    assert!(!properties.contains_key("seed"));
    let out = all(&xml, "system-out");
    let second = out[1].text().unwrap();
    assert!(second.contains("\nseed = 2\n"), "{second}");
    assert!(second.contains("\nnet.servers.msgs-per-op = "), "{second}");
}

#[test]
fn no_text_of_a_node_is_xml_or_an_attachment() {
    let tail = Tail {
        node: HOSTILE.to_owned(),
        text: [HOSTILE.as_bytes(), b"\xff\xfe\ta tab"].concat(),
        len: 99_999,
    };
    let attached = |_: &Case| Attached {
        stderr: vec![tail.clone()],
        files: vec!["store/x/report.html".into()],
    };
    let cases = vec![
        Case::judged(HOSTILE, hostile()),
        left_out(Outcome::NotRun(HOSTILE.to_owned())),
    ];
    let mut results = results(cases);
    results.name = HOSTILE.to_owned();
    let xml = junit(&results, &attached);
    // The parser takes no character that XML 1.0 has not.
    let xml = parsed(&xml);
    let known =
        "testsuites testsuite properties property testcase failure error system-out system-err";
    for node in xml.descendants().filter(Node::is_element) {
        assert!(
            known.split(' ').any(|tag| node.has_tag_name(tag)),
            "{node:?}"
        );
    }
    let texts = xml.descendants().filter_map(|node| node.text());
    let values = xml
        .descendants()
        .flat_map(|node| node.attributes().collect::<Vec<_>>());
    let values: Vec<&str> = values.map(|attribute| attribute.value()).collect();
    let texts: Vec<&str> = texts.chain(values).collect();
    for text in &texts {
        assert!(
            !text.contains("/etc/passwd]]") || text.contains("[\\u{5b}ATTACHMENT|/etc"),
            "{text}"
        );
        for bad in [
            '\u{0}', '\u{8}', '\u{1b}', '\u{85}', '\u{202e}', '\u{feff}', '\u{fffe}',
        ] {
            assert!(!text.contains(bad), "{bad:?} in {text}");
        }
    }
    let attachments: usize = texts
        .iter()
        .map(|text| text.matches("[[ATTACHMENT|").count())
        .sum();
    assert_eq!(
        attachments, 2,
        "one with each case that has a report, none of the node's"
    );
    let err = all(&xml, "system-err")[0].text().unwrap();
    assert!(
        err.contains("the end of 99999 bytes:") && err.contains("]]></failure>"),
        "{err}"
    );
    assert!(err.contains("\u{fffd}\u{fffd}    a tab"), "{err}");
}

/// What GitHub's runner makes of a log: the commands, by its own rules.
fn commands(log: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in log.split(['\n', '\r']) {
        if let Some(rest) = line.trim_start().strip_prefix("::")
            && let Some((command, data)) = rest.split_once("::")
        {
            found.push((command.to_owned(), data.to_owned()));
        } else if let Some((_, rest)) = line.split_once("##[") {
            found.push((format!("##[{rest}"), String::new()));
        }
    }
    found
}

#[test]
fn an_annotation_is_one_command_whatever_the_node_wrote() {
    let results = results(vec![Case::judged("a", hostile())]);
    let log = annotations(Host::GitHub, &results);
    let commands = commands(&log);
    let [(command, data)] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    let properties = command.strip_prefix("error ").expect("an error");
    let names: Vec<&str> = properties
        .split(',')
        .map(|pair| pair.split_once('=').expect("a property").0)
        .collect();
    assert_eq!(names, ["title", "file"], "{properties}");
    // What was a line break or `%0A` is that again when the runner decodes it.
    assert!(data.contains("%250A") && !data.contains("%0A::"), "{data}");
    assert!(data.starts_with("INVALID: "), "{data}");
    assert_eq!(annotations(Host::GitLab, &results), "");
    assert_eq!(annotations(Host::Other, &results), "");
}

#[test]
fn github_is_told_ten_errors_of_which_the_last_counts_the_rest() {
    let mut cases: Vec<Case> = (0..13)
        .map(|_| left_out(Outcome::NotRun("no such file".to_owned())))
        .collect();
    cases.push(left_out(Outcome::Skipped("the time was up".to_owned())));
    cases.push(Case::judged("a", report(&[], 1)));
    let log = annotations(Host::GitHub, &results(cases.clone()));
    assert_eq!(log.lines().count(), 10, "{log}");
    assert!(log.lines().last().unwrap().contains("4 more runs"), "{log}");
    let log = annotations(Host::GitHub, &results(cases.split_off(3)));
    assert_eq!(log.lines().count(), 10, "{log}");
    assert!(!log.contains("more runs"), "{log}");
}

#[test]
fn folded_text_is_between_two_commands_whatever_its_title() {
    let mut fold = Fold {
        id: HOSTILE,
        title: HOSTILE,
        open: false,
        span: (1, 2),
    };
    let log = Host::GitHub.folded(&fold, "text");
    let commands = commands(&log);
    let names: Vec<&str> = commands.iter().map(|one| one.0.as_str()).collect();
    assert_eq!(names, ["group", "endgroup"]);
    let log = Host::GitLab.folded(&fold, "text\n");
    let markers: Vec<&str> = log.split("\x1b[0K").collect();
    let [before, start, inside, end, after] = markers.as_slice() else {
        panic!("{markers:?}")
    };
    let name = start.strip_prefix("section_start:1:").expect("a start");
    let name = name.strip_suffix("[collapsed=true]\r").expect("collapsed");
    assert!(
        name.chars()
            .all(|one| one.is_ascii_alphanumeric() || "_.-".contains(one)),
        "{name}"
    );
    assert_eq!(*end, format!("section_end:2:{name}\r"));
    assert!(
        inside.ends_with("\ntext\n") && inside.lines().count() == 2,
        "{inside:?}"
    );
    assert_eq!((*before, *after), ("", "\n"));
    assert_eq!(Host::Other.folded(&fold, "text"), "text");
    fold.open = true;
    assert!(!Host::GitLab.folded(&fold, "text").contains("collapsed"));
}

#[test]
fn a_job_summary_has_no_markup_of_a_node() {
    let case = Case::judged("a", hostile());
    let text = job_summary(&results(vec![case]), SUMMARY_LIMIT);
    let row = text
        .lines()
        .find(|line| line.starts_with("| ❌"))
        .expect("a row");
    assert_eq!(row.matches('|').count(), 8, "{row}");
    for markup in ["<img", "**b**", "`c`", "[d](e)", "\u{202e}", "\u{1b}"] {
        assert!(!row.contains(markup), "{row}");
    }
    // In the evidence Markdown is text already, up to the tag that ends it.
    let evidence = text.split_once("<pre>").expect("evidence").1;
    let (evidence, rest) = evidence.split_once("</pre>").expect("its end");
    assert!(
        !evidence.contains('<') && evidence.contains("&#60;img"),
        "{evidence}"
    );
    assert_eq!(rest, "\n</details>\n\n");
}

#[test]
fn a_job_summary_stays_within_its_limit_and_says_what_it_left_out() {
    let bad = Case::judged("a", report(&["partition"], 1));
    let cases: Vec<Case> = (0..500).map(|_| bad.clone()).collect();
    let results = results(cases);
    for limit in [0, 300, 5_000, 100_000, SUMMARY_LIMIT] {
        let text = job_summary(&results, limit);
        assert!(text.len() <= limit, "{} of {limit}", text.len());
        if !text.is_empty() {
            assert!(text.contains("more runs"), "{limit}: {text}");
            assert_eq!(
                text.matches("<details>").count(),
                text.matches("</details>").count()
            );
        }
    }
}

#[test]
fn in_a_long_table_what_is_not_valid_comes_first() {
    let mut cases: Vec<Case> = (0..300)
        .map(|_| Case::judged("a", report(&[], 1)))
        .collect();
    cases.push(Case::judged("a", report(&["partition"], 1)));
    let text = job_summary(&results(cases), SUMMARY_LIMIT);
    assert!(text.contains("300 valid, 1 invalid"), "{text}");
    let first = text
        .lines()
        .find(|line| line.starts_with("| ✅") || line.starts_with("| ❌"));
    assert!(first.unwrap().starts_with("| ❌"), "{text}");
    assert!(text.contains("… and 101 more runs."), "{text}");
}

#[test]
fn a_host_is_known_by_its_variable() {
    let host = |name: &'static str, value: &'static str| {
        Host::detect(|asked| (asked == name).then(|| value.into()))
    };
    assert_eq!(host("GITHUB_ACTIONS", "true"), Host::GitHub);
    assert_eq!(host("GITLAB_CI", "true"), Host::GitLab);
    assert_eq!(host("GITHUB_ACTIONS", ""), Host::Other);
    assert_eq!(host("CI", "true"), Host::Other);
}

#[test]
fn the_file_of_an_annotation_is_one_of_the_checkout() {
    let file = |target: &str| {
        let mut report = report(&[], 1);
        report.plan.builtin = false;
        target.clone_into(&mut report.plan.target);
        Case::judged("a", report).file()
    };
    assert_eq!(
        file("./nodes/./my_node.py").as_deref(),
        Some("nodes/my_node.py")
    );
    assert_eq!(file("/usr/bin/python3"), None);
    assert_eq!(file("../my_node.py"), None);
    assert_eq!(Case::judged("a", report(&[], 1)).file(), None, "built-in");
}

#[test]
fn json_for_a_log_is_the_same_json_without_a_command() {
    for text in ["##[add-mask]x", "a###[group]", "#", "####"] {
        let json = serde_json::to_string(text).unwrap();
        let inert = inert_json(&json);
        assert!(!inert.contains("##"), "{inert}");
        assert_eq!(serde_json::from_str::<String>(&inert).unwrap(), text);
    }
}

#[test]
fn a_valid_case_forgets_what_nobody_is_told() {
    let mut case = Case::judged("a", report(&["partition"], 1));
    let before = format!("{case:?}");
    case.lighten();
    assert_eq!(format!("{case:?}"), before, "evidence is kept");
    let case = Case::judged("a", report(&[], 1));
    let mut light = case.clone();
    light.lighten();
    let told = |case: &Case| {
        let results = results(vec![case.clone()]);
        (
            junit(&results, &nothing),
            job_summary(&results, SUMMARY_LIMIT),
        )
    };
    assert_eq!(told(&light), told(&case));
    assert!(light.report().unwrap().figures.0.len() < case.report().unwrap().figures.0.len());
}
