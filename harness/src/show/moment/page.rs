//! A log as a page.

use std::borrow::Cow;

use swelkie_checkers::Nanos;

use super::{Event, Log, Window};
use crate::show::Screen;
use crate::summary::{BAD, FAINT, HINT, Page, TITLE, grouped, safe};
use crate::text::excerpt;

/// The log of a window.
#[must_use]
pub fn page(log: &Log, window: &Window, screen: &Screen) -> String {
    let mut page = Page::new(screen.color);
    let about = match window.node {
        None => String::new(),
        Some(node) => format!(", what concerns {}", safe(node)),
    };
    let title = format!("{} to {}{about}", clock(window.from()), clock(window.to()));
    let title = page.paint(&title, TITLE);
    page.line(&title);
    more(&mut page, log.left_out_before, "before");
    let ends = |event: &Event| match &event.to {
        Some(to) => format!("{} → {}", safe(&event.from), safe(to)),
        None => safe(&event.from),
    };
    let links = log.events.iter().filter(|event| event.to.is_some());
    let width = links
        .map(|event| ends(event).chars().count())
        .max()
        .unwrap_or(0)
        .min(24);
    let mut marked = false;
    for event in &log.events {
        if !marked && event.time_ns >= window.at {
            marked = true;
            let mark = page.paint(&format!("{:>12}  ·", clock(window.at)), HINT);
            page.line(&mark);
        }
        let word = format!("{:<11}", safe(&event.event));
        let word = match &*event.event {
            "drop" | "fail" => page.paint(&word, BAD),
            "begin" | "end" => {
                page.paint(&format!("{:<11}", format!("FAULT {}", event.event)), HINT)
            }
            "info" => page.paint(&word, HINT),
            _ => word,
        };
        let head = format!(
            "{:>12}  {word}  {:<width$}",
            clock(event.time_ns),
            ends(event)
        );
        let room = screen
            .width
            .saturating_sub(12 + 2 + 11 + 2 + width + 2)
            .max(20);
        page.line(&format!("{head}  {}", about_event(event, room)));
    }
    if log.events.is_empty() {
        let last = format!(
            "Nothing was recorded then; the last was at {}.",
            clock(log.last)
        );
        page.line(&last);
    }
    more(&mut page, log.left_out_after, "after");
    screen.finish(page)
}

fn more(page: &mut Page, count: u64, side: &str) {
    if count > 0 {
        let text = format!(
            "… {} more {side} these: --limit, --node, a shorter --for",
            grouped(count)
        );
        let text = page.paint(&text, FAINT);
        page.line(&text);
    }
}

/// `message 12 gossip {…}`, in so many columns.
fn about_event(event: &Event, room: usize) -> String {
    let number = match (event.number, &*event.event) {
        (None, _) => String::new(),
        (Some(number), "invoke" | "ok" | "fail" | "info") => format!("operation {number} "),
        (Some(number), _) => format!("message {number} "),
    };
    let kind = match event.kind.as_str() {
        "" => String::new(),
        kind => format!("{} ", excerpt(kind.as_bytes(), 24)),
    };
    let head = format!("{number}{kind}");
    let body = without_type(event);
    let left = room.saturating_sub(head.chars().count()).max(12);
    let text = if body.chars().count() > left {
        // The length of a body is no news here.
        let cut: String = body.chars().take(left - 1).collect();
        format!("{}…", excerpt(cut.as_bytes(), left))
    } else {
        excerpt(body.as_bytes(), left)
    };
    format!("{head}{text}")
}

/// A body whose type stands before it already, as most write it.
fn without_type(event: &Event) -> Cow<'_, str> {
    let head = format!("{{\"type\":\"{}\"", event.kind);
    match event.text.strip_prefix(&head) {
        Some(rest) => Cow::Owned(format!("{{{}", rest.strip_prefix(',').unwrap_or(rest))),
        None => Cow::Borrowed(&event.text),
    }
}

/// Seconds with microseconds.
fn clock(at: Nanos) -> String {
    format!("{:.6} s", at as f64 / 1e9)
}
