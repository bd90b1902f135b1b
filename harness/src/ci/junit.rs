//! JUnit XML: the format that every CI system reads and nobody has specified. What is
//! written here is valid by the schema of Jenkins' xUnit plugin, which refuses a file
//! with anything else in it, and uses what the usual readers show:
//!
//! | | GitHub (dorny, mikepenz) | GitLab | Jenkins |
//! |---|---|---|---|
//! | `failure`, `error` | both fail; `message`, then the text | both fail; the text alone | both fail; `message` and text |
//! | same `classname` and `name` | merged | the first alone | both |
//! | `properties` | – | – | of suites |
//! | `[[ATTACHMENT\|file]]` in `system-out` | – | a link | a link (JUnit attachments) |
//!
//! So the first line of a failure's text is its message once more; names are unique; what
//! the runs of a suite have in common stands in its properties and the rest in
//! `system-out`; and a broken promise is a `failure`, while an `error` is a run that says
//! nothing about promises: undecidable, interrupted, not possible.
//!
//! XML 1.0 cannot hold every character, not even escaped. Those that it cannot hold, and
//! those that would act on who reads it, are written as `\u{1b}`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Attached, Case, Outcome, Results, Status, head, shortened, troubles};
use crate::report::Report;
use crate::summary::summary;
use crate::text::printable;

type Xml = Writer<Vec<u8>>;

/// So many anomalies are told with a failure.
const ANOMALIES: usize = 20;
/// So many faults.
const FAULTS: usize = 30;
/// No text of a case is longer than this, in bytes: GitLab refuses files over 30 MB.
const LONGEST: usize = 64 << 10;

/// The results as JUnit XML. `attached` is asked for each case, once.
#[must_use]
pub fn junit(results: &Results, attached: &dyn Fn(&Case) -> Attached) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut xml, results, attached).expect("memory takes everything");
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("only text was written")
}

fn document(
    xml: &mut Xml,
    results: &Results,
    attached: &dyn Fn(&Case) -> Attached,
) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut suites: Vec<(&str, Vec<(&Case, String)>)> = Vec::new();
    for (case, name) in results.cases.iter().zip(unique_names(&results.cases)) {
        match suites.iter_mut().find(|suite| suite.0 == case.suite) {
            Some(suite) => suite.1.push((case, name)),
            None => suites.push((&case.suite, vec![(case, name)])),
        }
    }
    let all: Vec<&Case> = results.cases.iter().collect();
    let root = xml.create_element("testsuites");
    let root = root.with_attribute(("name", &*line(&results.name)));
    root.with_attributes(
        counts(&all)
            .iter()
            .map(|(key, value)| (*key, value.as_str())),
    )
    .write_inner_content(|xml| {
        for (name, cases) in &suites {
            suite(xml, name, cases, attached)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The names of the cases, told apart where class and name are the same.
fn unique_names(cases: &[Case]) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let name = |case: &'_ Case, times: u32| match times {
        1 => line(&case.name),
        _ => line(&format!("{} ({times})", case.name)),
    };
    let mut names = Vec::new();
    for case in cases {
        let times = seen.entry((&case.class, &case.name)).or_default();
        *times += 1;
        names.push(name(case, *times));
    }
    names
}

fn counts(cases: &[&Case]) -> Vec<(&'static str, String)> {
    let count = |status| {
        let alike = cases.iter().filter(|case| case.status() == status);
        alike.count().to_string()
    };
    let time: Duration = cases.iter().map(|case| case.duration).sum();
    vec![
        ("tests", cases.len().to_string()),
        ("failures", count(Status::Failed)),
        ("errors", count(Status::Error)),
        ("time", seconds(time)),
    ]
}

fn seconds(span: Duration) -> String {
    format!("{:.3}", span.as_secs_f64())
}

fn suite(
    xml: &mut Xml,
    name: &str,
    cases: &[(&Case, String)],
    attached: &dyn Fn(&Case) -> Attached,
) -> io::Result<()> {
    let alone: Vec<&Case> = cases.iter().map(|(case, _)| *case).collect();
    let mut attributes = vec![("name", line(name))];
    attributes.extend(counts(&alone));
    let skipped = alone.iter().filter(|case| case.status() == Status::Skipped);
    attributes.push(("skipped", skipped.count().to_string()));
    let began = alone.iter().find_map(|case| case.report());
    attributes.extend(began.map(|report| ("timestamp", line(&report.run.started))));
    attributes.extend(file(&alone).map(|file| ("file", line(&file))));
    let properties: Vec<_> = alone.iter().filter_map(|case| case.report()).collect();
    let properties: Vec<_> = properties.into_iter().map(properties_of).collect();
    let shared = shared(&properties);
    xml.create_element("testsuite")
        .with_attributes(attributes.iter().map(|(key, value)| (*key, value.as_str())))
        .write_inner_content(|xml| {
            if !shared.is_empty() {
                xml.create_element("properties")
                    .write_inner_content(|xml| {
                        for (name, value) in &shared {
                            let property = xml.create_element("property");
                            let pair = [("name", name.as_str()), ("value", value.as_str())];
                            property.with_attributes(pair).write_empty()?;
                        }
                        Ok(())
                    })?;
            }
            for (case, name) in cases {
                testcase(xml, case, name, &shared, &attached(case))?;
            }
            Ok(())
        })?;
    Ok(())
}

/// The program that all cases of a suite test.
fn file(cases: &[&Case]) -> Option<String> {
    let file = cases.first()?.file()?;
    cases
        .iter()
        .all(|case| case.file().as_ref() == Some(&file))
        .then_some(file)
}

/// What all have in common.
fn shared(all: &[BTreeMap<String, String>]) -> BTreeMap<String, String> {
    let Some((first, others)) = all.split_first() else {
        return BTreeMap::new();
    };
    let same = |(name, value): &(&String, &String)| {
        others.iter().all(|other| other.get(*name) == Some(*value))
    };
    let same = first.iter().filter(same);
    same.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What a machine may want of a run: the figures that assertions are made of most, under
/// their names in `results.json`, times in milliseconds.
fn properties_of(report: &Report) -> BTreeMap<String, String> {
    let (plan, run) = (&report.plan, &report.run);
    let validity = format!("{:?}", report.validity).to_lowercase();
    let directory = run
        .directory
        .as_ref()
        .map(|path| path.display().to_string());
    let facts = [
        ("workload", Some(plan.workload.clone())),
        ("target", Some(plan.target.clone())),
        ("mode", Some(plan.mode.to_string())),
        ("nodes", Some(plan.nodes.len().to_string())),
        ("topology", plan.topology.clone()),
        ("latency", Some(plan.latency.clone())),
        ("faults", Some(troubles(report))),
        ("seed", Some(plan.seed.to_string())),
        ("validity", Some(validity)),
        ("exit_status", Some(report.exit_status.to_string())),
        ("directory", directory),
        (
            "command",
            (!run.command.is_empty()).then(|| run.command.clone()),
        ),
        ("swelkie", Some(run.swelkie.clone())),
        ("host", Some(run.host.clone())),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name.to_owned(), line(&fact?))));
    let figures = report.figures.0.iter().filter(|(name, _)| is_told(name));
    let figures = figures.map(|(name, figure)| (line(name), figure.as_f64().to_string()));
    facts.chain(figures).collect()
}

/// Whether a figure is one of those: how operations ended, what a message cost, worst cases.
pub fn is_told(name: &str) -> bool {
    let whole = [
        "ops.count",
        "ops.ok",
        "ops.fail",
        "ops.info",
        "time.recovery",
    ];
    let ends = [".msgs-per-op", ".p99", "-count"];
    whole.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

fn testcase(
    xml: &mut Xml,
    case: &Case,
    name: &str,
    shared: &BTreeMap<String, String>,
    attached: &Attached,
) -> io::Result<()> {
    let attributes = [
        ("classname", line(&case.class)),
        ("name", name.to_owned()),
        ("time", seconds(case.duration)),
    ];
    let element = xml.create_element("testcase");
    element
        .with_attributes(attributes.iter().map(|(key, value)| (*key, value.as_str())))
        .write_inner_content(|xml| {
            judgement(xml, case)?;
            let out = system_out(case, shared, attached);
            let err = system_err(attached);
            for (tag, text) in [("system-out", out), ("system-err", err)] {
                if !text.is_empty() {
                    xml.create_element(tag)
                        .write_text_content(BytesText::new(&text))?;
                }
            }
            Ok(())
        })?;
    Ok(())
}

fn judgement(xml: &mut Xml, case: &Case) -> io::Result<()> {
    let tag = match case.status() {
        Status::Passed => return Ok(()),
        Status::Failed => "failure",
        Status::Error => "error",
        Status::Skipped => "skipped",
    };
    let message = line(case.headline());
    let text = match &case.outcome {
        Outcome::Judged(report) => story(report),
        Outcome::NotRun(why) | Outcome::Skipped(why) => why.clone(),
    };
    xml.create_element(tag)
        .with_attributes([("type", &*line(case.kind())), ("message", &*message)])
        .write_text_content(BytesText::new(&paragraph(&text)))?;
    Ok(())
}

/// What went wrong, under which faults, and how to see it again.
fn story(report: &Report) -> String {
    let mut text = format!("{}\n", report.headline);
    for anomaly in report.anomalies.iter().take(ANOMALIES) {
        let _ = write!(text, "\n{}: {}\n", anomaly.kind, anomaly.text);
    }
    let rest = report.anomalies.len().saturating_sub(ANOMALIES);
    if rest > 0 {
        let _ = writeln!(text, "\n… and {rest} more in results.json");
    }
    text.truncate(head(&text, LONGEST / 2).len());
    if !report.faults.is_empty() {
        text.push_str("\nfaults:\n");
    }
    for fault in report.faults.iter().take(FAULTS) {
        let _ = write!(text, "  {}: {}", fault.name, fault.summary);
        let _ = match (fault.began, fault.ended) {
            (Some(began), Some(ended)) => writeln!(text, ", {began} to {ended}"),
            (Some(began), None) => writeln!(text, ", {began} to the end"),
            (None, _) => writeln!(text, ", never began"),
        };
    }
    let rest = report.faults.len().saturating_sub(FAULTS);
    if rest > 0 {
        let _ = writeln!(text, "  … and {rest} more in faults.toml");
    }
    let _ = writeln!(text, "\nseed: {}", report.plan.seed);
    if !report.run.command.is_empty() {
        let _ = writeln!(text, "again: {}", report.run.command);
    }
    if let Some(directory) = &report.run.directory {
        let _ = writeln!(text, "files: {}", directory.display());
    }
    text
}

/// The summary (of a valid run its headline), what is particular to this case, and the
/// files that belong to it.
fn system_out(case: &Case, shared: &BTreeMap<String, String>, attached: &Attached) -> String {
    let Some(report) = case.report() else {
        return String::new();
    };
    let mut text = match case.status() {
        Status::Passed => format!("{}\n", paragraph(&report.headline)),
        _ => paragraph(&summary(report, false)),
    };
    text.push('\n');
    for (name, value) in properties_of(report) {
        if !shared.contains_key(&name) {
            let _ = writeln!(text, "{name} = {}", inert(&value));
        }
    }
    for file in &attached.files {
        let _ = writeln!(text, "[[ATTACHMENT|{}]]", line(&file.display().to_string()));
    }
    text
}

fn system_err(attached: &Attached) -> String {
    let mut text = String::new();
    for tail in &attached.stderr {
        let node = line(&tail.node);
        let _ = match tail.len > tail.text.len() as u64 {
            true => writeln!(text, "{node}, the end of {} bytes:", tail.len),
            false => writeln!(text, "{node}:"),
        };
        let written = String::from_utf8_lossy(&tail.text);
        for written in written.trim_end().lines() {
            let _ = writeln!(text, "  {}", paragraph(written));
        }
    }
    text
}

/// Text for an attribute: on one line.
fn line(text: &str) -> String {
    /// Longer than any name or headline of ours.
    const LINE: usize = 4000;
    shortened(&inert(&printable(text).replace('\n', " ")), LINE)
}

/// Text for an element.
fn paragraph(text: &str) -> String {
    let first = head(text, LONGEST);
    let cut = if first.len() < text.len() {
        "…\n"
    } else {
        ""
    };
    // Tracebacks are indented by tabs, which would be escaped.
    inert(&printable(&first.replace('\t', "    "))) + cut
}

/// What a node wrote attaches no file: readers look for this anywhere in a text.
fn inert(text: &str) -> String {
    text.replace("[[ATTACHMENT", "[\\u{5b}ATTACHMENT")
}
