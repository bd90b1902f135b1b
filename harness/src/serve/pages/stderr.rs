//! What a node wrote to stderr, a window at a time.

use maud::{Markup, html};

use super::{Frame, address, line, piece, size};
use crate::serve::route::RunName;
use crate::text::printable;

/// What is shown.
pub struct StderrView<'a> {
    /// Where the run is.
    pub run: &'a RunName,
    /// The node.
    pub node: &'a str,
    /// What it wrote, from `at` on.
    pub text: &'a [u8],
    /// Where that begins in the log.
    pub at: u64,
    /// Where the window before begins, if there is one.
    pub before: Option<u64>,
    /// How long the log is.
    pub size: u64,
}

/// The page.
pub fn stderr(view: &StderrView) -> Markup {
    let (name, here) = (line(&view.run.joined(), 200), address(view.run));
    let title = format!("stderr of {}", line(view.node, 60));
    let end = view.at + view.text.len() as u64;
    let text = String::from_utf8_lossy(view.text);
    Frame {
        title: &title,
        way: &[(&name, &here)],
        events: None,
        body: html! {
            h1 { (title) }
            p {
                @if view.size == 0 { "It wrote nothing." } @else {
                    "Bytes " (view.at) " to " (end) " of " (view.size) " (" (size(view.size)) "). "
                    a href={ "../files/nodes/" (piece(view.node)) ".stderr.log" } { "The whole file as it is" }
                }
            }
            p.pages {
                @if let Some(before) = view.before { a href={ "?at=" (before) } rel="prev" { "Earlier" } " " }
                @if end < view.size {
                    a href={ "?at=" (end) } rel="next" { "Later" } " " a href="?" { "The end" }
                }
            }
            @if !view.text.is_empty() { pre.log tabindex="0" { (lines(&text)) } }
        },
    }
    .markup()
}

/// Text with tabs as they are and everything else that could act made visible.
fn lines(text: &str) -> String {
    let parts: Vec<String> = text.split('\t').map(printable).collect();
    parts.join("\t")
}
