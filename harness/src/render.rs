//! What is drawn of a run when it is over. The verdict stands before any of this begins,
//! and nothing here can change it: what fails, or panics, is told and that is all.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::archive::Archive;
use crate::ci;
use crate::report::page::{self, PageOptions};

/// A file that is made of a run: its name in the run's directory, and who makes it.
type Rendering = (&'static str, fn(&Archive) -> Result<(), Box<dyn Error>>);

/// What every run gets.
const RENDERINGS: &[Rendering] = &[
    // Last: it refers to files that are there.
    ("junit.xml", |archive| Ok(ci::write_junit(archive)?)),
];

/// The page, which a run may be told to go without.
pub const REPORT: &str = "report.html";

/// Draws everything, the page only if it is asked for; returns what could not be drawn
/// and why.
#[must_use]
pub fn after_run(archive: &Archive, with_report: bool) -> Vec<String> {
    let report: &[Rendering] = &[(REPORT, draw_report)];
    let report = if with_report { report } else { &[] };
    [render(report, archive), render(RENDERINGS, archive)].concat()
}

fn draw_report(archive: &Archive) -> Result<(), Box<dyn Error>> {
    // The run's own search for the ways of elements has the same bound.
    let options = PageOptions {
        journal_bytes: 256 << 20,
        ..PageOptions::default()
    };
    let page = page::page(archive, &options);
    Ok(page::write(&page, &archive.directory.join(REPORT))?)
}

fn render(renderings: &[Rendering], archive: &Archive) -> Vec<String> {
    let mut failures = Vec::new();
    for (name, draw) in renderings {
        // What a rendering leaves half-done is its own file.
        let why = match catch_unwind(AssertUnwindSafe(|| draw(archive))) {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("Swelkie failed at it: {}", message(&*panic)),
        };
        failures.push(format!("there is no {name}: {why}"));
    }
    failures
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, Target};

    #[test]
    fn a_rendering_that_fails_or_panics_is_told_and_the_others_are_drawn() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
        options.sim = true;
        options.store = directory.path().to_owned();
        options.run().expect("it runs");
        let archive = Archive::open(&directory.path().join("latest")).expect("a run");
        let draw: &[Rendering] = &[
            ("a.html", |_| Err("the disk is full".into())),
            ("b.html", |_| panic!("no such colour")),
            ("c.html", |archive| {
                Ok(std::fs::write(archive.directory.join("c.html"), "")?)
            }),
        ];
        assert_eq!(
            render(draw, &archive),
            [
                "there is no a.html: the disk is full",
                "there is no b.html: Swelkie failed at it: no such colour"
            ]
        );
        assert!(archive.directory.join("c.html").exists());
    }
}
