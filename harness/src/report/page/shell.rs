//! The page as HTML: everything that can be read without scripts, and the places that
//! scripts fill.

use std::time::Duration;

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use swelkie_checkers::{Anomaly, Validity};
use swelkie_nodes::Time;

use super::assets::ASSETS;
use super::figures;
use super::recording::Recording;
use crate::engine::FaultRecord;
use crate::report::{OffenceReport, Report};
use crate::summary::{grouped, three_digits};
use crate::text::excerpt;
use crate::units::{exact_duration, short_duration};

/// Characters of a text that are shown.
const TEXT: usize = 4_000;
/// A name of more bytes is no attribute.
const NAME: usize = 200;

/// The parts that scripts fill: container, headline, what it shows.
const PARTS: [(&str, &str, &str); 8] = [
    (
        "diagram",
        "Messages",
        "Who told whom what, and what was lost on its way",
    ),
    (
        "propagation",
        "Propagation",
        "How messages spread over the nodes",
    ),
    (
        "matrix",
        "Who has what",
        "Nodes and messages in the end: holes are what is missing",
    ),
    (
        "operations",
        "Operations",
        "What each client asked, and what came of it",
    ),
    ("latency", "Latency", "How long operations took"),
    (
        "network",
        "Network",
        "Messages, bytes, drops, and what was in flight",
    ),
    ("links", "Links", "Who sent how much to whom"),
    ("topology", "Topology", "Who is whose neighbour"),
];

/// The whole file.
pub fn html(report: &Report, recording: &Recording) -> String {
    let (word, class) = verdict(report);
    let title = format!("{word}: {} {}", report.plan.workload, report.plan.target);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(ASSETS.policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "swelkie " (env!("CARGO_PKG_VERSION")) };
                title { (line(&title)) }
                style { (PreEscaped(&ASSETS.style)) }
            }
            body class=(class) {
                a.skip href="#main" { "Skip to the evidence" }
                (header(report, recording, word))
                main #main {
                    (evidence(report))
                    (notes(report, recording))
                    (faults(&report.faults))
                    @for (id, title, about) in PARTS { (part(id, title, about)) }
                    section #figures aria-labelledby="figures-title" {
                        h2 #figures-title { "Figures" }
                        (figures::tables(&report.figures))
                    }
                }
                footer {
                    p { "Written by Swelkie " (line(&report.run.swelkie)) " on " (line(&report.run.host)) "." }
                }
                (data(recording))
                script type="module" { (PreEscaped(&ASSETS.script)) }
            }
        }
    };
    markup.into_string()
}

/// The verdict in a word, and its class.
fn verdict(report: &Report) -> (&'static str, &'static str) {
    match (report.exit_status, report.validity) {
        (254, _) => ("Not run", "bad"),
        (_, Validity::Valid) => ("Valid", "good"),
        (_, Validity::Invalid) => ("Invalid", "bad"),
        (_, Validity::Unknown) => ("Unknown", "doubt"),
    }
}

fn sign(class: &str) -> &'static str {
    match class {
        "good" => "✓",
        "bad" => "✗",
        _ => "?",
    }
}

fn header(report: &Report, recording: &Recording, word: &str) -> Markup {
    let plan = &report.plan;
    let (_, class) = verdict(report);
    let limit = exact_duration(Duration::try_from_secs_f64(plan.time_limit_s).unwrap_or_default());
    let rate = match plan.rate {
        Some(rate) => format!("{} operations per second", three_digits(rate)),
        None => "as many operations as it goes".to_owned(),
    };
    let simulated = short_duration(Duration::from_nanos(report.milestones.end.nanos()));
    let wall = short_duration(Duration::try_from_secs_f64(report.run.wall_s).unwrap_or_default());
    let took = match &*plan.mode {
        "sim" => format!("{simulated} simulated in {wall}"),
        _ => format!("took {wall}"),
    };
    html! {
        header {
            h1 {
                span.verdict.(class) { span.sign aria-hidden="true" { (sign(class)) } " " (word) }
                " " span.headline { (line(&report.headline)) }
            }
            dl.facts {
                (fact("workload", &format!("{} on {}", plan.workload, plan.target)))
                (fact("nodes", &format!("{}, {} ({took})", counted(plan.nodes.len() as u64, "node"), plan.mode)))
                (fact("load", &format!("{rate} for {limit} from {}", counted(plan.concurrency as u64, "client"))))
                (fact("network", &match &plan.topology {
                    Some(topology) => format!("latency {}, topology {topology}", plan.latency),
                    None => format!("latency {}", plan.latency),
                }))
                (fact("messages", &grouped(recording.messages as u64)))
                dt { "seed" } dd #seed { (plan.seed) }
                @if !report.run.started.is_empty() { (fact("begun", &report.run.started)) }
                @if !report.run.command.is_empty() {
                    dt { "again" } dd { code #command { (line(&report.run.command)) } }
                }
                @if let Some(directory) = &report.run.directory {
                    (fact("files", &directory.display().to_string()))
                }
            }
            nav aria-label="Parts of this page" {
                a href="#evidence" { "Evidence" }
                @for (id, title, _) in PARTS { a href={ "#" (id) } { (title) } }
                a href="#figures" { "Figures" }
            }
            p #status role="status" {}
            noscript {
                p { "Diagrams and charts need JavaScript, which is off here; everything else can be read without." }
            }
        }
    }
}

fn evidence(report: &Report) -> Markup {
    html! {
        section #evidence aria-labelledby="evidence-title" {
            h2 #evidence-title { "Evidence" }
            @if report.anomalies.is_empty() {
                p { "No promise was found broken." }
            } @else {
                ol {
                    @for (index, anomaly) in report.anomalies.iter().enumerate() {
                        (one_piece(index, anomaly))
                    }
                }
            }
        }
    }
}

fn one_piece(index: usize, anomaly: &Anomaly) -> Markup {
    let node = anomaly.node_name.as_deref().and_then(plain);
    let element = anomaly.element.as_deref().and_then(plain);
    let moment = anomaly.at.map(|at| at.to_string());
    let label = match anomaly.at {
        Some(at) => format!("show at {}", Time(at)),
        None => "show below".to_owned(),
    };
    html! {
        li.anomaly data-index=(index) {
            p { strong.kind { (line(&anomaly.kind)) } " " (first_line(&anomaly.text)) }
            @for more in anomaly.text.lines().skip(1) { p.more { (line(more)) } }
            @if anomaly.at.is_some() || anomaly.element.is_some() || node.is_some() {
                button.moment type="button" data-time=[moment] data-node=[node] data-element=[element] {
                    (label)
                }
            }
        }
    }
}

fn first_line(text: &str) -> String {
    line(text.lines().next().unwrap_or_default())
}

/// What nodes did wrong besides, what the reader should know, what the page does not have.
fn notes(report: &Report, recording: &Recording) -> Markup {
    let warnings = report.warnings.iter().chain(&report.run.not_drawn);
    let warnings: Vec<&String> = warnings.collect();
    html! {
        @if !report.offences.is_empty() {
            section #offences aria-labelledby="offences-title" {
                h2 #offences-title { "Wrong, though no promise was broken by it" }
                ul { @for offence in &report.offences { (one_offence(offence)) } }
            }
        }
        @if !warnings.is_empty() {
            section #warnings aria-labelledby="warnings-title" {
                h2 #warnings-title { "Warnings" }
                ul { @for warning in warnings { li { (line(warning)) } } }
            }
        }
        @if !recording.left_out.is_empty() {
            section #left-out aria-labelledby="left-out-title" {
                h2 #left-out-title { "Not in this page" }
                ul { @for sentence in &recording.left_out { li { (line(sentence)) } } }
            }
        }
    }
}

fn one_offence(offence: &OffenceReport) -> Markup {
    let often = match offence.count {
        1 => String::new(),
        count => format!(" ({} times)", grouped(count)),
    };
    html! {
        li.offence {
            p {
                strong.kind { (line(&offence.kind)) } " " (line(&offence.node)) ": "
                (first_line(&offence.story)) (often)
            }
            @for more in offence.story.lines().skip(1) { p.more { (line(more)) } }
            @if !offence.stderr_tail.is_empty() {
                pre { @for text in offence.stderr_tail.lines() { (line(text)) "\n" } }
            }
            button.moment type="button" data-time=(offence.first_ns) data-node=[plain(&offence.node)] {
                "show at " (Time(offence.first_ns))
            }
        }
    }
}

fn faults(faults: &[FaultRecord]) -> Markup {
    html! {
        @if !faults.is_empty() {
            section #faults aria-labelledby="faults-title" {
                h2 #faults-title { "Faults" }
                div.scroll tabindex="0" role="region" aria-label="Faults" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "fault" }
                                th scope="col" { "what" }
                                th.number scope="col" { "began" }
                                th.number scope="col" { "ended" }
                                th.number scope="col" { "touched" }
                            }
                        }
                        tbody { @for fault in faults { (one_fault(fault)) } }
                    }
                }
            }
        }
    }
}

fn one_fault(fault: &FaultRecord) -> Markup {
    let ended = || {
        fault
            .ended
            .map_or_else(|| "the end".to_owned(), |time| time.to_string())
    };
    let what = if fault.on_links { "message" } else { "node" };
    html! {
        tr data-fault=[plain(&fault.name)] {
            th scope="row" { (line(&fault.name)) }
            td {
                (line(&fault.summary))
                @for note in &fault.notes { br; small { (line(note)) } }
            }
            @match fault.began {
                Some(began) => {
                    td.number { (began) }
                    td.number { (ended()) }
                    td.number { (counted(fault.touched, what)) }
                }
                None => { td.number { "never" } td {} td {} }
            }
        }
    }
}

fn part(id: &str, title: &str, about: &str) -> Markup {
    let label = format!("{id}-title");
    html! {
        section.part id={ (id) "-section" } aria-labelledby=(label) {
            h2 id=(label) { (title) }
            p.about { (about) }
            div.plot id=(id) {}
        }
    }
}

/// The recording, in an alphabet that has no markup.
fn data(recording: &Recording) -> Markup {
    html! {
        script #data-run type="application/octet-stream" { (PreEscaped(BASE64.encode(&recording.data))) }
        @for (index, block) in recording.blocks.iter().enumerate() {
            script id={ "data-bodies-" (index) } type="application/octet-stream" {
                (PreEscaped(BASE64.encode(block)))
            }
        }
    }
}

fn fact(name: &str, text: &str) -> Markup {
    html! { dt { (name) } dd { (line(text)) } }
}

/// A name as an attribute, for scripts to find: as it is, if it is short and nothing in it
/// would have to be escaped for people.
fn plain(name: &str) -> Option<&str> {
    (name.len() <= NAME && excerpt(name.as_bytes(), NAME) == name).then_some(name)
}

/// `1 node`, `12,345 nodes`
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

/// Text that a node may have written, on one line: nothing in it acts on the reader's
/// screen, and it has an end.
fn line(text: &str) -> String {
    excerpt(text.as_bytes(), TEXT)
}
