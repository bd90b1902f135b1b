//! The runs of the store.

use std::sync::Arc;

use maud::{Markup, html};

use super::{Frame, address, badge, grouped, line, seconds};
use crate::serve::route::Query;
use crate::serve::shelf::{Filter, Run, State};

/// So many runs are on a page.
const PAGE: usize = 100;

/// What is shown.
pub struct RunsView<'a> {
    /// The store, as the user named it.
    pub store: &'a str,
    /// Whether there is one.
    pub exists: bool,
    /// All runs, the newest first.
    pub runs: &'a [Arc<Run>],
    /// Which are asked for.
    pub query: &'a Query,
    /// The same, understood; or what was expected.
    pub filter: &'a Result<Filter, String>,
}

/// The page.
pub fn runs(view: &RunsView) -> Markup {
    let events = format!("/events{}", view.query.with(&[]));
    Frame {
        title: "Runs",
        way: &[],
        events: Some(&events),
        body: html! {
            h1 { "Runs in " code { (line(view.store, 200)) } }
            (form(view))
            div #live { (list(view)) }
        },
    }
    .markup()
}

/// The filters: a plain form, which works without a script.
fn form(view: &RunsView) -> Markup {
    let query = view.query;
    let mut workloads: Vec<&str> = view.runs.iter().map(|run| &*run.name.workload).collect();
    workloads.extend(query.get("workload"));
    workloads.sort_unstable();
    workloads.dedup();
    let states: Vec<&str> = State::ALL.iter().map(|state| state.word()).collect();
    html! {
        form.filter method="get" action="/" role="search" {
            (select("workload", &workloads, query))
            (select("verdict", &states, query))
            (select("mode", &["live", "sim"], query))
            label { "seed" input name="seed" size="8" inputmode="numeric" value=[query.get("seed")]; }
            label { "text" input type="search" name="text" size="24" value=[query.get("text")]
                placeholder="node, evidence, command"; }
            button { "Filter" }
            a href="/" { "All" }
        }
    }
}

/// A choice between words, none of them at first.
pub(super) fn select(name: &str, words: &[&str], query: &Query) -> Markup {
    html! {
        label { (name)
            select name=(name) {
                option value="" { "any" }
                @for word in words {
                    option value=(word) selected[query.get(name) == Some(word)] { (line(word, 60)) }
                }
            }
        }
    }
}

/// The part of the page that changes.
pub fn list(view: &RunsView) -> Markup {
    let filter = match view.filter {
        Ok(filter) => filter,
        Err(mistake) => return html! { p.mistake role="alert" { (line(mistake, 400)) } },
    };
    let wanted: Vec<&Arc<Run>> = view.runs.iter().filter(|run| filter.wants(run)).collect();
    let page = wanted.iter().filter(|run| filter.is_on_page(run));
    let page: Vec<&&Arc<Run>> = page.take(PAGE + 1).collect();
    let (more, page) = match page.len() > PAGE {
        true => (true, &page[..PAGE]),
        false => (false, &page[..]),
    };
    html! {
        p #count { (counted(view, wanted.len())) }
        @if !page.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Runs" {
                table.runs {
                    thead { tr {
                        th { "Verdict" } th { "Workload" } th { "What came of it" } th { "Nodes" }
                        th { "Began (UTC)" } th.number { "Took" } th.number { "Seed" }
                    } }
                    tbody { @for run in page { (row(run)) } }
                }
            }
        }
        p.pages #pages {
            @if filter.before.is_some() {
                a href={ "/" (view.query.with(&[("before", None)])) } { "Newest" } " "
            }
            @if let (true, Some(last)) = (more, page.last()) {
                a rel="next" href={ "/" (view.query.with(&[("before", Some(&last.name.joined()))])) } { "Older" }
            }
        }
    }
}

fn counted(view: &RunsView, wanted: usize) -> Markup {
    let all = view.runs.len();
    html! {
        @if !view.exists {
            "There is no such directory yet. This page waits for the first run: "
            code { "swelkie test -w broadcast --builtin flood --sim" }
        } @else if all == 0 {
            "There are no runs in it yet. This page waits for the first one."
        } @else if wanted == all {
            (grouped(all as u64)) @if all == 1 { " run" } @else { " runs" }
        } @else {
            (grouped(wanted as u64)) " of " (grouped(all as u64)) " runs"
        }
    }
}

fn row(run: &Run) -> Markup {
    let name = run.name.joined();
    html! {
        tr id={ "run-" (name) } {
            td { (badge(run.state)) }
            td { a href=(address(&run.name)) { (line(&run.name.workload, 40)) } }
            @match &run.facts {
                Ok(facts) => {
                    td.long { (line(came_of_it(run.state, &facts.headline), 200)) }
                    td { (facts.nodes) " × " (line(short(&facts.target), 40)) " " span.soft { (line(&facts.mode, 10)) } }
                    td { time { (line(&began(&facts.started), 40)) } }
                    td.number data-label="took" { @if run.state == State::GoingOn { "…" } @else { (seconds(facts.wall_s)) } }
                    td.number data-label="seed" { (facts.seed) }
                },
                Err(error) => {
                    td.long { (line(error, 400)) }
                    td {} td { (line(&run.name.name, 60)) } td {} td {}
                },
            }
        }
    }
}

fn came_of_it(state: State, headline: &str) -> &str {
    match state {
        State::GoingOn => "it is watched from its files as it goes",
        State::CutShort => "it never ended: Swelkie was killed",
        _ => headline,
    }
}

/// The name of a program without the way to it.
fn short(target: &str) -> &str {
    target.rsplit_once('/').map_or(target, |parts| parts.1)
}

/// `2026-11-22 12:18:54` of RFC 3339.
fn began(started: &str) -> String {
    started
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end_matches('Z')
        .replace('T', " ")
}
