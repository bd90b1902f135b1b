//! The messages of a run: a form, and what was found.

use maud::{Markup, html};

use super::runs::select;
use super::{Frame, address, grouped, in_query, line, moment, size};
use crate::serve::route::{Query, RunName};
use crate::serve::search::{Found, Results};
use crate::text::excerpt;

/// So many characters of a body stand in the list.
const BODY: usize = 240;

/// What is shown.
pub struct MessagesView<'a> {
    /// Where the run is.
    pub run: &'a RunName,
    /// The nodes' names, for the form.
    pub nodes: &'a [String],
    /// Why messages were dropped, as far as the run's figures know.
    pub reasons: &'a [String],
    /// What is asked for.
    pub query: &'a Query,
    /// What was found, or what was expected.
    pub found: Result<(&'a Results, &'a [Row]), &'a str>,
    /// How long the file is; none if the run kept no messages.
    pub file: Option<u64>,
}

/// A message with its body, as far as that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The type of its body, if that could be read.
    pub kind: String,
    /// The beginning of its body; none where bodies were left out.
    pub body: Option<Vec<u8>>,
}

/// The page.
pub fn messages(view: &MessagesView) -> Markup {
    let (name, here) = (line(&view.run.joined(), 200), address(view.run));
    Frame {
        title: "Messages",
        way: &[(&name, &here)],
        events: None,
        body: html! {
            h1 { "Messages" }
            @match view.file {
                None => p { "This run kept no messages (" code { "--no-messages" } ")." },
                Some(_) => (form(view)),
            }
            @match view.found {
                Err(mistake) => p.mistake role="alert" { (line(mistake, 400)) },
                Ok((results, rows)) => (found(view, results, rows)),
            }
        },
    }
    .markup()
}

fn form(view: &MessagesView) -> Markup {
    let query = view.query;
    let field = |name: &str, length: u8| {
        html! { label { (name) input name=(name) size=(length) value=[query.get(name)] list=[list_of(name)]; } }
    };
    let reasons: Vec<String> = (view.reasons.iter())
        .map(|why| format!("dropped:{why}"))
        .collect();
    let mut fates = vec!["delivered", "dropped"];
    fates.extend(reasons.iter().map(|reason| &**reason));
    fates.extend(["duplicated", "in-flight"]);
    html! {
        form.filter method="get" role="search" {
            (field("node", 6)) (field("src", 6)) (field("dest", 6)) (field("type", 10))
            label { "text" input type="search" name="text" size="18" value=[query.get("text")]
                placeholder="in the JSON, as written"; }
            (select("fate", &fates, query))
            label { "from" input name="from" size="8" value=[query.get("from")] placeholder="0s"; }
            label { "to" input name="to" size="8" value=[query.get("to")] placeholder="end"; }
            button { "Search" }
            a href="messages" { "All" }
            datalist id="ends" { @for node in view.nodes.iter().take(200) { option value=(line(node, 60)) {} } }
        }
    }
}

fn list_of(field: &str) -> Option<&'static str> {
    matches!(field, "node" | "src" | "dest").then_some("ends")
}

fn found(view: &MessagesView, results: &Results, rows: &[Row]) -> Markup {
    let shown = results.messages.len() as u64;
    let (one, begun) = (
        view.query.get("id").is_some(),
        view.query.get("at").is_some(),
    );
    html! {
        @if view.file.is_some() {
            p {
                @if results.count > shown { (grouped(shown)) " of " }
                (grouped(results.count))
                @if results.count == 1 { " message" } @else { " messages" }
                @if begun && !one { " from here on" }
                @if let Some(until) = results.until { ", searched up to " (moment(until)) }
                @if let Some(bytes) = view.file.filter(|_| !begun) {
                    span.soft { " (the file has " (size(bytes)) ")" }
                }
                @if results.unread > 0 {
                    span.soft { "; " (grouped(results.unread)) " lines were none of Swelkie's, or torn" }
                }
                @if results.open > 0 {
                    span.soft { "; of " (grouped(results.open)) " the end comes later than this search went" }
                }
            }
        }
        (pages(view, results))
        @if !results.messages.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Messages" {
                table.messages {
                    thead { tr {
                        th.number { "Sent" } th { "From" } th { "To" } th { "Type" } th { "What became of it" } th { "Body" }
                    } }
                    tbody {
                        @for (message, row) in results.messages.iter().zip(rows) {
                            (one_row(view, results, message, row, one))
                        }
                    }
                }
            }
            (pages(view, results))
        }
    }
}

fn pages(view: &MessagesView, results: &Results) -> Markup {
    let begun = view.query.get("at").is_some();
    html! {
        p.pages {
            @if begun { a href={ "messages" (view.query.with(&[("at", None)])) } { "First" } " " }
            @if let Some(next) = results.next {
                a rel="next" href={ "messages" (view.query.with(&[("at", Some(&next.to_string()))])) } {
                    @match results.until {
                        Some(until) if results.count <= results.messages.len() as u64 => {
                            "Search on from " (moment(until))
                        },
                        _ => "Next",
                    }
                }
            }
        }
    }
}

fn one_row(
    view: &MessagesView,
    results: &Results,
    message: &Found,
    row: &Row,
    whole: bool,
) -> Markup {
    let window = [
        ("from", Some(in_query(message.sent.saturating_sub(1000)))),
        ("id", Some(message.id.to_string())),
    ];
    let window: Vec<(&str, Option<&str>)> = (window.iter())
        .map(|(name, value)| (*name, value.as_deref()))
        .collect();
    let itself = Query::default().with(&window);
    let end = |name: &str| html! { a href={ "messages" (view.query.with(&[("node", Some(name)), ("at", None), ("id", None)])) } { (line(name, 60)) } };
    html! {
        tr {
            td.number { a href={ "messages" (itself) } title="the whole message" { (moment(message.sent)) } }
            td data-label="from" { (end(&message.src)) }
            td data-label="to" { (end(&message.dest)) }
            td { (line(&row.kind, 40)) }
            td { (fate(results, message)) }
            td.body {
                @match (&row.body, message.body) {
                    (Some(body), Some((_, length))) if whole => {
                        pre { (excerpt(body, body.len())) }
                        @if (body.len() as u64) < length { p.soft { "… of " (size(length)) } }
                    },
                    (Some(body), Some((_, length))) => {
                        code { (excerpt(body, BODY)) }
                        @if (body.len() as u64) < length { span.soft { " (" (size(length)) ")" } }
                    },
                    _ => span.soft { "not recorded: the journal was full" },
                }
            }
        }
    }
}

fn fate(results: &Results, message: &Found) -> Markup {
    let after = |at: u64| {
        let span = std::time::Duration::from_nanos(at.saturating_sub(message.sent));
        crate::units::short_duration(span)
    };
    html! {
        @for (index, end) in message.ends.iter().enumerate() {
            @if index > 0 { ", " }
            @match &end.dropped {
                None => { "✓ after " (after(end.at)) },
                Some((why, fault)) => {
                    span.lost { "✗ " (line(why, 40)) } " after " (after(end.at))
                    @if let Some(fault) = fault { " " span.soft { (line(fault, 80)) } }
                },
            }
        }
        @if message.ends.len() <= message.copies {
            @if !message.ends.is_empty() { ", " }
            @if results.until.is_some() { "… later" } @else { "… on its way" }
        }
        @if message.copies > 0 { span.soft { " (" (message.copies) " more by a fault)" } }
    }
}
