//! A run that is over, or was cut short: verdict, evidence, faults, and its files.

use maud::{Markup, html};
use swelkie_checkers::Anomaly;
use swelkie_nodes::Time;

use super::{Frame, address, badge, encoded, grouped, in_query, line, moment, piece, size};
use crate::engine::FaultRecord;
use crate::report::Report;
use crate::serve::place::Listed;
use crate::serve::route::RunName;
use crate::serve::shelf::State;
use crate::summary::summary;
use crate::text::printable;

/// As much evidence is shown; the rest is in the files.
const ANOMALIES: usize = 50;
/// Messages are shown so long before and after the moment of a piece of evidence.
const AROUND: u64 = 1_000_000_000;

/// What is shown.
pub struct RunView<'a> {
    /// Where the run is.
    pub name: &'a RunName,
    /// What is to be said of it in one word.
    pub state: State,
    /// What came of it, or why that cannot be read.
    pub report: Result<&'a Report, &'a str>,
    /// Its files, and whether there are more.
    pub files: (&'a [Listed], bool),
}

/// The page.
pub fn run(view: &RunView) -> Markup {
    let title = view.name.joined();
    let here = address(view.name);
    Frame {
        title: &line(&title, 200),
        way: &[(&line(&title, 200), &here)],
        events: None,
        body: html! {
            h1 { (badge(view.state)) " " (line(&title, 200)) }
            @match view.report {
                Ok(report) => (verdict(view, report)),
                Err(error) => p.mistake { (printable(error)) },
            }
            (files(view))
        },
    }
    .markup()
}

fn verdict(view: &RunView, report: &Report) -> Markup {
    html! {
        p.headline { (line(&headline(view, report), 600)) }
        (facts(report))
        p.actions {
            a.button href="report.html" { "Report" }
            a.button href="messages" { "Messages" }
            a.button href="files/results.json" { "results.json" }
        }
        (part_of_report(report))
        @if !report.anomalies.is_empty() { (evidence(report)) }
        @if !report.offences.is_empty() { (offences(report)) }
        @if !report.warnings.is_empty() || !report.run.not_drawn.is_empty() {
            section {
                h2 { "Before you trust the figures" }
                ul { @for warning in report.warnings.iter().chain(&report.run.not_drawn) {
                    li { (printable(warning)) }
                } }
            }
        }
        @if !report.faults.is_empty() { (faults(&report.faults)) }
        @if report.is_over() {
            section {
                h2 { "Figures" }
                pre.scroll tabindex="0" { (printable(&summary(report, false))) }
                (figures(report))
            }
        }
    }
}

/// A report of a part of a long run.
fn part_of_report(report: &Report) -> Markup {
    let end = report.milestones.end.nanos();
    html! {
        form.filter method="get" action="report.html" {
            span { "Report of a part:" }
            label { "from" input name="from" size="8" placeholder="0s"; }
            label { "to" input name="to" size="8" placeholder=(moment(end)); }
            button { "Draw" }
        }
    }
}

fn headline(view: &RunView, report: &Report) -> String {
    match view.state {
        State::CutShort => "It never ended: Swelkie was killed while it went on. What happened \
             until then is in its files."
            .to_owned(),
        _ => report.headline.clone(),
    }
}

/// What was run.
pub(super) fn facts(report: &Report) -> Markup {
    let plan = &report.plan;
    html! {
        dl.facts {
            dt { "nodes" } dd { (plan.nodes.len()) " × " (line(&plan.target, 100)) ", " (line(&plan.mode, 20)) }
            dt { "seed" } dd { (plan.seed) }
            dt { "began" } dd { (line(&report.run.started, 60)) }
            dt { "time limit" } dd { (super::seconds(plan.time_limit_s)) }
            dt { "latency" } dd { (line(&plan.latency, 100)) }
            @if let Some(topology) = &plan.topology { dt { "topology" } dd { (line(topology, 100)) } }
            @if !report.run.command.is_empty() {
                dt { "again" } dd { code { (line(&report.run.command, 2000)) } }
            }
        }
    }
}

fn evidence(report: &Report) -> Markup {
    let all = report.anomalies.len();
    html! {
        section {
            h2 { "Evidence" }
            ol.evidence {
                @for (index, anomaly) in report.anomalies.iter().enumerate().take(ANOMALIES) {
                    li id={ "evidence-" (index) } {
                        p.story { b { (line(&anomaly.kind, 60)) } ": " (printable(&anomaly.text)) }
                        (links(anomaly))
                    }
                }
            }
            @if all > ANOMALIES {
                p { "And " (grouped((all - ANOMALIES) as u64)) " more, in "
                    a href="files/results.json" { "results.json" } "." }
            }
        }
    }
}

/// Where to look further: the report at that moment (its address is `time.js`'s), and the
/// messages.
fn links(anomaly: &Anomaly) -> Markup {
    let moment = anomaly.at.map(|at| {
        let [from, at, to] =
            [at.saturating_sub(AROUND), at, at.saturating_add(AROUND)].map(in_query);
        [
            (
                "in the report",
                format!("report.html#t={from}-{to}&time={at}"),
            ),
            (
                "messages around it",
                format!("messages?from={from}&to={to}"),
            ),
        ]
    });
    // A short value is part of most messages.
    let element = anomaly.element.as_ref();
    let element = element.filter(|text| (3..500).contains(&text.len()));
    let element = element.map(|text| {
        let mut out = form_urlencoded::Serializer::for_suffix("messages?".to_owned(), 9);
        out.append_pair("text", text);
        ("messages with it", out.finish())
    });
    html! {
        p.soft {
            @for (text, address) in moment.into_iter().flatten().chain(element) {
                a href=(address) { (text) } " "
            }
        }
    }
}

fn offences(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Wrong, though it may not change the verdict" }
            ul {
                @for offence in &report.offences {
                    li {
                        b { (line(&offence.kind, 60)) } " ×" (grouped(offence.count)) ", "
                        a href={ "stderr/" (piece(&offence.node)) } { (line(&offence.node, 60)) }
                        " first at " (moment(offence.first_ns)) ": " (printable(&offence.story))
                        @if !offence.stderr_tail.is_empty() {
                            pre { (printable(&offence.stderr_tail)) }
                        }
                    }
                }
            }
        }
    }
}

fn faults(faults: &[FaultRecord]) -> Markup {
    let at = |time: Option<Time>| time.map_or_else(|| "–".to_owned(), |time| moment(time.nanos()));
    html! {
        section {
            h2 { "Faults" }
            div.scroll tabindex="0" {
                table {
                    thead { tr {
                        th { "Fault" } th { "What" } th.number { "Began" } th.number { "Ended" }
                        th.number { "Touched" }
                    } }
                    tbody {
                        @for fault in faults {
                            tr {
                                td { (line(&fault.name, 80)) }
                                td.long { (line(&fault.summary, 300)) @for note in &fault.notes { br; span.soft { (line(note, 300)) } } }
                                td.number { (at(fault.began)) }
                                td.number { (at(fault.ended)) }
                                td.number { (grouped(fault.touched)) @if fault.on_links { " messages" } @else { " nodes" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn figures(report: &Report) -> Markup {
    html! {
        details {
            summary { "All " (report.figures.0.len()) " figures (durations in milliseconds)" }
            table {
                tbody {
                    @for (name, figure) in &report.figures.0 {
                        tr { td { code { (line(name, 200)) } }
                            td.number { (serde_json::to_string(figure).unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

/// What the run left behind.
pub(super) fn files(view: &RunView) -> Markup {
    let (files, more) = view.files;
    html! {
        section {
            h2 { "Files" }
            table {
                thead { tr { th { "File" } th.number { "Size" } th {} } }
                tbody {
                    @for file in files {
                        @let path = encoded(&file.path);
                        tr {
                            td.long { a href={ "files/" (path) } { (shown(file)) } }
                            td.number { (size(file.size)) }
                            td {
                                @if let Some(node) = node_of(file) {
                                    a href={ "stderr/" (piece(&node)) } { "read" } " "
                                }
                                a href={ "files/" (path) "?download" } { "download" }
                            }
                        }
                    }
                }
            }
            @if more { p.soft { "There are more files, or deeper ones, in the run's directory." } }
        }
    }
}

fn shown(file: &Listed) -> String {
    let pieces: Vec<_> = file.path.iter().map(|one| one.to_string_lossy()).collect();
    line(&pieces.join("/"), 300)
}

/// The node whose stderr a file is.
fn node_of(file: &Listed) -> Option<String> {
    match &*file.path {
        [nodes, log] if nodes == "nodes" => {
            let node = log.to_str()?.strip_suffix(".stderr.log")?;
            Some(node.to_owned())
        }
        _ => None,
    }
}
