//! The plots of a run.

use std::fs;
use std::io;

use swelkie_checkers::{History, Nanos};

use super::axis::Axis;
use super::faults::{self, Interval};
use super::glyphs::Glyphs;
use super::plot::{Canvas, columns};
use super::{Screen, series};
use crate::archive::{Archive, Messages, Operations, Window};
use crate::propagation::{Follow, Propagation};
use crate::summary::{FAINT, Page, counted};

/// Fault bars at the bottom, unless all are wanted.
const FAULTS: usize = 12;
/// The columns before the plots.
const GUTTER: std::ops::RangeInclusive<usize> = 14..=24;

/// All that is plotted of a run.
pub struct Recording {
    operations: Operations,
    messages: Messages,
    /// Which way elements went, for workloads that have elements.
    spread: Option<(History, Propagation)>,
    faults: Vec<Interval>,
    end: Nanos,
    /// What is not shown and why.
    notes: Vec<String>,
}

impl Recording {
    /// Reads what a run left; what cannot be used is left out and said to be.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(archive: &Archive) -> io::Result<Recording> {
        let operations = archive.operations()?;
        let messages = archive.messages(&Window::ALL)?;
        let mut notes = Vec::new();
        let mut spread = None;
        if messages.rows.is_empty() {
            notes.push("no plots of the network: the run recorded no messages".to_owned());
        } else {
            let history = archive.history(&operations);
            if !history.operations.is_empty() {
                let read = archive.propagation(&operations, Follow::Elements(&[]), u64::MAX)?;
                // The warnings of a run that is over stand in its report.
                if read.is_left_out() && !archive.report.is_over() {
                    notes.extend_from_slice(read.warnings());
                }
                spread = Some((history, read));
            }
        }
        for (lines, file) in [
            (operations.unread, "history.jsonl"),
            (messages.left_out.lines, "messages.jsonl"),
        ] {
            if lines > 0 {
                let lines = counted(lines, "line", "lines");
                notes.push(format!(
                    "passed over, torn or none of Swelkie's: {lines} of {file}"
                ));
            }
        }
        let report = &archive.report;
        let end = last_moment(&operations, &messages).max(report.milestones.end.nanos());
        let faults = if report.is_over() {
            faults::of_records(&report.faults, end)
        } else {
            // It was there for the operations.
            let history = fs::read(archive.directory.join("history.jsonl")).unwrap_or_default();
            faults::of_history(&history, end)
        };
        Ok(Recording {
            operations,
            messages,
            spread,
            faults,
            end,
            notes,
        })
    }
}

fn last_moment(operations: &Operations, messages: &Messages) -> Nanos {
    let of_operations = (operations.all.iter()).map(|one| one.completed.unwrap_or(one.invoked));
    let of_messages = messages
        .rows
        .iter()
        .map(|row| row.ended.unwrap_or(row.sent));
    of_operations.chain(of_messages).max().unwrap_or(0)
}

/// The plots, `all` with a bar for every fault; empty if nothing was recorded.
#[must_use]
pub fn page(recording: &Recording, screen: &Screen, all: bool) -> String {
    let mut page = Page::new(screen.color);
    let longest = recording
        .faults
        .iter()
        .map(|fault| fault.name.chars().count());
    let gutter = longest.max().unwrap_or(0) + 2;
    let gutter = gutter
        .clamp(*GUTTER.start(), *GUTTER.end())
        .min(screen.width / 3)
        .max(8);
    let axis = Axis::new(recording.end, columns(screen.width, gutter));
    let glyphs = Glyphs::choose(screen.ascii);
    let (operations, messages) = (&recording.operations, &recording.messages);
    let reach = (recording.spread.as_ref())
        .and_then(|(history, spread)| series::reach(history, spread, axis));
    let plots = [
        series::operations(operations, axis),
        series::latency(operations, axis, glyphs.range),
        series::messages(messages, axis),
        series::drops(messages, axis),
        reach,
    ];
    let mut canvas = Canvas {
        page: &mut page,
        axis,
        gutter,
        glyphs,
        faults: &recording.faults,
        width: screen.width,
    };
    let mut drawn = false;
    for plot in plots.iter().flatten() {
        canvas.draw(plot);
        drawn = true;
    }
    if drawn {
        canvas.legend(if all { usize::MAX } else { FAULTS });
    }
    if !recording.notes.is_empty() {
        page.gap();
    }
    for note in &recording.notes {
        let note = page.paint(note, FAINT);
        page.line(&note);
    }
    screen.finish(page)
}
