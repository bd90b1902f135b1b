//! A storm in words.

use std::fmt::Write as _;
use std::time::Duration;

use swelkie_nodes::Time;

use super::{Copies, Sighting, WINDOW};
use crate::engine::Outcome;
use crate::summary::grouped;
use crate::units::short_duration;

/// What happened, how fast it grew, who did it, where it began, what to do.
pub(crate) fn story(outcome: &Outcome, sighting: &Sighting, copies: Option<&Copies>) -> String {
    let Sighting { element, at, .. } = sighting;
    let operation = &outcome.history.operations[sighting.operation];
    let begun = Time(operation.invoked);
    let after = |then: Time| short_duration(then.since(begun));
    let mut text = match copies {
        Some(copies) => format!(
            "message {element} was sent {} times between nodes within {} of its {}",
            grouped(copies.total),
            after(copies.last),
            operation.f
        ),
        None => format!("message {element} was sent on and on, at {at} more than ever"),
    };
    if let Some(copies) = copies {
        growth(&mut text, copies, begun);
    }
    let (src, dest) = (
        outcome.directory.name(sighting.src),
        outcome.directory.name(sighting.dest),
    );
    let _ = write!(
        text,
        "; the link from {src} to {dest} carried it {} times within {}, more than the {} that are allowed \
         in {} (--storm-limit)",
        grouped(sighting.copies),
        short_duration(at.since(sighting.since)),
        grouped(sighting.allowed),
        short_duration(WINDOW),
    );
    let node = &outcome.nodes[operation.node];
    let _ = write!(
        text,
        "; process {} asked {node} for it at {begun}. A node that tells others what it hears has to remember \
         what it has told, or it never ends",
        operation.process
    );
    text
}

fn growth(text: &mut String, copies: &Copies, begun: Time) {
    let steps: Vec<String> = copies
        .tenfold
        .iter()
        .map(|&(count, at)| {
            let after = short_duration(at.since(begun));
            format!("{} after {after}", grouped(count))
        })
        .collect();
    if !steps.is_empty() {
        let _ = write!(text, " ({})", steps.join(", "));
    }
    let doubling = copies.last.since(copies.half);
    if doubling > Duration::ZERO {
        let _ = write!(
            text,
            ", twice as many as {} before",
            short_duration(doubling)
        );
    }
    if let Some((name, count)) = copies.busiest() {
        let _ = write!(text, "; {name} alone sent {} of them", grouped(count));
    }
}
