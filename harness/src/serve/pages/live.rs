//! A run that goes on.

use maud::{Markup, html};
use swelkie_checkers::Nanos;

use super::run::{RunView, facts, files};
use super::{Frame, address, badge, grouped, line, moment, piece, size};
use crate::report::PlanSummary;
use crate::serve::progress::{Progress, SECONDS, Tally};

/// So many nodes are listed.
const NODES: usize = 60;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// From its files.
    pub progress: Progress,
    /// Bytes of its files that are not read yet.
    pub waiting: u64,
    /// How much each node wrote to stderr.
    pub stderr: Vec<u64>,
}

/// The page.
pub fn live_page(view: &RunView, plan: &PlanSummary, snapshot: &Snapshot) -> Markup {
    let title = line(&view.name.joined(), 200);
    let here = address(view.name);
    Frame {
        title: &title,
        way: &[(&title, &here)],
        events: Some("events"),
        body: html! {
            h1 { (badge(view.state)) " " (title) }
            div #live { (live(plan, snapshot)) }
            p.actions { a.button href="messages" { "Messages until now" } }
            @if let Ok(report) = view.report { (facts(report)) }
            (files(view))
        },
    }
    .markup()
}

/// The part of the page that changes.
pub fn live(plan: &PlanSummary, snapshot: &Snapshot) -> Markup {
    let progress = &snapshot.progress;
    let limit = (plan.time_limit_s * 1e9) as Nanos;
    html! {
        div.clock {
            p { b { (moment(progress.at)) } " of " (super::seconds(plan.time_limit_s))
                @if plan.mode == "sim" { " (simulated)" }
                @if progress.at > limit { ", recovering" } }
            progress max=(limit.max(1)) value=(progress.at.min(limit)) {}
            @if snapshot.waiting > 0 {
                p.soft { "Still reading: " (size(snapshot.waiting)) " of its files are waiting" }
            }
        }
        (rates(progress))
        (operations(progress))
        (messages(progress))
        (faults(progress))
        (nodes(plan, snapshot))
        (recent(progress))
    }
}

fn rates(progress: &Progress) -> Markup {
    let Some((operations, messages)) = progress.rates() else {
        return html! {};
    };
    html! {
        div.rates #rates {
            figure {
                figcaption { (three(operations)) " operations/s" }
                (bars(progress, |second| second.operations, "operations per second"))
            }
            figure {
                figcaption { (three(messages)) " messages/s" }
                (bars(progress, |second| second.messages, "messages per second"))
            }
        }
    }
}

fn three(rate: f64) -> String {
    match rate {
        rate if rate >= 100.0 => grouped(rate.round() as u64),
        rate => format!("{rate:.1}"),
    }
}

/// The last minute, a bar for each whole second.
fn bars(
    progress: &Progress,
    of: fn(&crate::serve::progress::Second) -> u64,
    title: &str,
) -> Markup {
    let now = progress.at / 1_000_000_000;
    let first = now.saturating_sub(SECONDS);
    let top = progress.seconds.iter().map(of).max().unwrap_or(0).max(1);
    html! {
        svg viewBox={ "0 0 " (SECONDS * 4) " 40" } preserveAspectRatio="none" role="img" aria-label={ "the last minute, " (title) ", at most " (top) } {
            @for second in progress.seconds.iter().filter(|second| second.second >= first && second.second < now) {
                @let height = of(second) as f64 / top as f64 * 40.0;
                rect x=((second.second - first) * 4) y=(format!("{:.1}", 40.0 - height)) width="3" height=(format!("{height:.1}")) {}
            }
        }
    }
}

fn operations(progress: &Progress) -> Markup {
    let mut rows: Vec<(&str, Tally)> = (progress.operations.iter())
        .map(|(f, tally)| (&**f, *tally))
        .collect();
    if rows.len() != 1 {
        rows.push(("all", progress.total()));
    }
    html! {
        section #operations {
            h2 { "Operations" }
            table {
                thead { tr {
                    th {} th.number { "ok" } th.number { "fail" } th.number { "info" } th.number { "pending" }
                } }
                tbody {
                    @for (f, tally) in rows {
                        tr {
                            td { (line(f, 40)) }
                            td.number { (grouped(tally.ok)) }
                            td.number { (grouped(tally.fail)) }
                            td.number { (grouped(tally.info)) }
                            td.number { (grouped(tally.pending())) }
                        }
                    }
                }
            }
        }
    }
}

fn messages(progress: &Progress) -> Markup {
    html! {
        section #messages {
            h2 { "Messages" }
            p {
                (grouped(progress.sent)) " sent, " (grouped(progress.delivered)) " delivered"
                @if progress.duplicated > 0 { ", " (grouped(progress.duplicated)) " copies" }
                @for (why, count) in progress.dropped.iter().take(20) {
                    ", " (grouped(*count)) " dropped (" (line(why, 40)) ")"
                }
            }
        }
    }
}

fn faults(progress: &Progress) -> Markup {
    if progress.faults_begun == 0 {
        return html! {};
    }
    html! {
        section #faults {
            h2 { "Faults" }
            p { (grouped(progress.faults_begun)) " have begun, the last ones first" }
            div.scroll tabindex="0" {
            table {
                tbody {
                    @for fault in progress.faults.iter().rev().take(10) {
                        tr.active[fault.ended.is_none()] {
                            td { @if fault.ended.is_none() { b { "now" } } @else { "over" } }
                            td { (line(&fault.name, 60)) }
                            td.long { (line(&fault.summary, 200)) }
                            td.number { (moment(fault.began)) }
                            td.number { @if let Some(ended) = fault.ended { (moment(ended)) } @else { "…" } }
                        }
                    }
                }
            }
            }
        }
    }
}

fn nodes(plan: &PlanSummary, snapshot: &Snapshot) -> Markup {
    let rest = plan.nodes.len().saturating_sub(NODES);
    html! {
        section #nodes {
            h2 { "Nodes" }
            div.scroll tabindex="0" {
                table {
                    thead { tr {
                        th { "Node" } th.number { "ok" } th.number { "fail" } th.number { "info" }
                        th.number { "last ok" } th.number { "sent" } th.number { "stderr" }
                    } }
                    tbody {
                        @for (index, name) in plan.nodes.iter().enumerate().take(NODES) {
                            @let node = snapshot.progress.nodes.get(name).copied().unwrap_or_default();
                            @let wrote = snapshot.stderr.get(index).copied().unwrap_or(0);
                            tr {
                                td { (line(name, 60)) }
                                td.number { (grouped(node.operations.ok)) }
                                td.number { (grouped(node.operations.fail)) }
                                td.number { (grouped(node.operations.info)) }
                                td.number { @match node.last_ok { Some(at) => (moment(at)), None => "–" } }
                                td.number { (grouped(node.sent)) }
                                td.number {
                                    @if wrote == 0 { "–" } @else { a href={ "stderr/" (piece(name)) } { (size(wrote)) } }
                                }
                            }
                        }
                    }
                }
            }
            @if rest > 0 { p.soft { "And " (rest) " more." } }
        }
    }
}

fn recent(progress: &Progress) -> Markup {
    html! {
        section #recent {
            h2 { "The last of the history" }
            div.scroll tabindex="0" {
                table {
                    tbody {
                        @for one in &progress.recent {
                            tr {
                                td.number { (moment(one.at)) }
                                td { (line(&one.process, 20)) }
                                td { (line(&one.kind, 10)) }
                                td { (line(&one.f, 40)) }
                                td { (line(&one.node, 60)) }
                                td.body { code { (line(&one.value, 300)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
