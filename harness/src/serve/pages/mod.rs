//! Our pages: data in, markup out. Pure. `maud` escapes everything at compile time; what
//! could still act inside text (control characters, bidi marks) is made visible first.
//!
//! A page is complete without its script. With it, the element `#live` is kept up to date
//! from a stream of events, each of which is that element's new content.

mod live;
mod messages;
mod run;
mod runs;
mod stderr;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use hyper::StatusCode;
use maud::{DOCTYPE, Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use swelkie_checkers::Nanos;

pub use live::{Snapshot, live, live_page};
pub use messages::{MessagesView, Row, messages};
pub use run::{RunView, run};
pub use runs::{RunsView, list, runs};
pub use stderr::{StderrView, stderr};

use super::route::RunName;
use super::shelf::State;
use crate::text::{excerpt, printable};
use crate::units::short_duration;

/// The style of all pages.
pub const STYLE: &str = include_str!("style.css");
/// The script of all pages.
pub const SCRIPT: &str = include_str!("serve.js");

/// What may stand in a piece of a path as it is.
const PIECE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A page: its title, the way to it, what is on it, and where its events come from.
struct Frame<'a> {
    title: &'a str,
    /// Names and addresses of what is above it.
    way: &'a [(&'a str, &'a str)],
    /// The stream that keeps `#live` up to date.
    events: Option<&'a str>,
    body: Markup,
}

impl Frame<'_> {
    fn markup(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Swelkie" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/assets/serve.css";
                    @if self.events.is_some() {
                        noscript { meta http-equiv="refresh" content="5"; }
                        script src="/assets/serve.js" defer {}
                    }
                }
                body data-events=[self.events] {
                    a.skip href="#main" { "To the content" }
                    header {
                        nav aria-label="Where you are" {
                            a.home href="/" { "Swelkie" }
                            @for (name, address) in self.way {
                                " / " a href=(address) { (name) }
                            }
                        }
                        @if self.events.is_some() {
                            span #connection role="status" {}
                        }
                    }
                    main #main { (self.body) }
                }
            }
        }
    }
}

/// A page that says what is wrong and what to do.
pub fn problem(status: StatusCode, text: &str) -> Markup {
    let title = status.canonical_reason().unwrap_or("Something is wrong");
    Frame {
        title,
        way: &[],
        events: None,
        body: html! {
            h1 { (title) }
            @for line in printable(text).lines() { p { (line) } }
            p { a href="/" { "All runs" } }
        },
    }
    .markup()
}

/// The address of a run's page.
pub fn address(run: &RunName) -> String {
    format!("/runs/{}/{}/", piece(&run.workload), piece(&run.name))
}

/// A piece of a path, encoded.
fn piece(text: &str) -> String {
    percent_encode(text.as_bytes(), PIECE).to_string()
}

/// A path below a run, encoded.
fn encoded(path: &[OsString]) -> String {
    let pieces = path
        .iter()
        .map(|one| percent_encode(one.as_bytes(), PIECE).to_string());
    pieces.collect::<Vec<String>>().join("/")
}

/// Text that a node may have written, on one line.
fn line(text: &str, max: usize) -> String {
    excerpt(text.as_bytes(), max)
}

/// The word for a state, with a sign, so that colour is not needed to tell them apart.
fn badge(state: State) -> Markup {
    let (class, sign) = match state {
        State::Valid => ("good", "✓"),
        State::Invalid | State::NotRun => ("bad", "✗"),
        State::Unknown | State::CutShort | State::Unreadable => ("open", "?"),
        State::GoingOn => ("busy", "●"),
    };
    html! { span.badge.(class) { span.sign aria-hidden="true" { (sign) } " " (state.word()) } }
}

/// Seconds of a run, to the millisecond: `5.097 s`.
fn moment(at: Nanos) -> String {
    let millis = at / 1_000_000;
    format!("{}.{:03} s", millis / 1000, millis % 1000)
}

/// Seconds as a query takes them, to the microsecond.
fn in_query(at: Nanos) -> String {
    format!("{}.{:06}", at / 1_000_000_000, at % 1_000_000_000 / 1000)
}

fn seconds(span: f64) -> String {
    short_duration(Duration::try_from_secs_f64(span).unwrap_or_default())
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match value < 9.95 {
        true => format!("{value:.1} {}", UNITS[unit]),
        false => format!("{value:.0} {}", UNITS[unit]),
    }
}

use crate::summary::grouped;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_and_two_or_three_digits() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (54_321, "54 kB"),
            (999_600, "1.0 MB"),
            (3_210_000_000, "3.2 GB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn an_address_is_encoded_and_understood() {
        use super::super::route::{Part, Route};
        let run = RunName {
            workload: "a b?#&".to_owned(),
            name: "ü%2e\"<".to_owned(),
        };
        let path = address(&run);
        assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!path.contains(['"', '<', '?', '#', '&']));
        assert_eq!(Route::parse(&path), Some(Route::Run(run, Part::Page)));
    }
}
