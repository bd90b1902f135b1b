//! Tables that have a row for each thing of a run.

use std::collections::BTreeMap;
use std::io::{self, Write};

use swelkie_checkers::{Figure, Nanos};
use swelkie_nodes::Time;

use super::{Cell, Table};
use crate::archive::{Fate, NONE, Role};
use crate::export::Source;

type Out<'a, W> = &'a mut Table<W>;

pub(super) fn millis(nanos: Nanos) -> f64 {
    nanos as f64 / 1e6
}

pub(super) fn operations<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names([
        "op",
        "process",
        "client",
        "node",
        "f",
        "invoked_ns",
        "completed_ns",
        "completion",
        "latency_ms",
        "recovery",
        "error",
        "story",
        "input",
        "output",
    ])?;
    let all = &source.operations;
    for one in source.operations() {
        let took = one
            .completed
            .map(|at| millis(at.saturating_sub(one.invoked)));
        let (error, story) = one
            .error
            .as_ref()
            .map(|(error, story)| (&**error, &**story))
            .unzip();
        table.row([
            (one.op as u64).into(),
            one.process.into(),
            (&*one.client).into(),
            (&*one.node).into(),
            (&*one.f).into(),
            one.invoked.into(),
            one.completed.into(),
            one.completion.word().into(),
            took.into(),
            one.recovery.into(),
            error.into(),
            story.into(),
            all.input(one).into(),
            all.output(one).into(),
        ])?;
    }
    Ok(())
}

pub(super) fn latency<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names([
        "time_ns",
        "f",
        "completion",
        "latency_ms",
        "node",
        "client",
        "op",
    ])?;
    for one in source.operations() {
        let Some(completed) = one.completed else {
            continue;
        };
        table.row([
            one.invoked.into(),
            (&*one.f).into(),
            one.completion.word().into(),
            millis(completed.saturating_sub(one.invoked)).into(),
            (&*one.node).into(),
            (&*one.client).into(),
            (one.op as u64).into(),
        ])?;
    }
    Ok(())
}

/// What became of a message: a word, the reason of a drop, the fault behind it.
pub(in crate::export) fn fate<'a>(
    source: &'a Source,
    fate: Fate,
) -> (&'static str, Option<&'a str>, Option<&'a str>) {
    let messages = &source.messages;
    match fate {
        Fate::InFlight => ("in-flight", None, None),
        Fate::Delivered => ("delivered", None, None),
        Fate::Dropped { why, fault } => {
            let fault = (fault != NONE).then(|| &*messages.faults[fault as usize]);
            ("dropped", Some(&messages.reasons[why as usize]), fault)
        }
    }
}

pub(super) fn messages<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names([
        "id",
        "copy",
        "sent_ns",
        "ended_ns",
        "src",
        "dest",
        "type",
        "bytes",
        "fate",
        "why",
        "fault",
        "in_reply_to",
        "body",
    ])?;
    let messages = &source.messages;
    for row in source.rows() {
        let (word, why, fault) = fate(source, row.fate);
        let body = messages.body(row)?;
        table.row([
            row.id.into(),
            row.copy.into(),
            row.sent.into(),
            row.ended.into(),
            messages.end(row.src).into(),
            messages.end(row.dest).into(),
            (&*messages.kinds[row.kind as usize]).into(),
            // Of a body that was left out the rows have no size.
            body.as_ref().map(|_| u64::from(row.size)).into(),
            word.into(),
            why.into(),
            fault.into(),
            messages
                .rows
                .get(row.cause as usize)
                .map(|cause| cause.id)
                .into(),
            body.as_deref().into(),
        ])?;
    }
    Ok(())
}

pub(super) fn faults<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names([
        "name", "action", "summary", "began_ns", "ended_ns", "touched", "on_links", "nodes",
        "notes",
    ])?;
    // Those that did not begin, too, if all were asked for.
    let (window, all) = (&source.window, source.window == (0..Nanos::MAX));
    for fault in &source.faults {
        let (began, ended) = (fault.began.map(Time::nanos), fault.ended.map(Time::nanos));
        let inside = began.is_some_and(|began| {
            began < window.end && ended.is_none_or(|ended| ended >= window.start)
        });
        if !inside && !all {
            continue;
        }
        table.row([
            (&*fault.name).into(),
            (&*fault.scope.action).into(),
            (&*fault.summary).into(),
            began.into(),
            ended.into(),
            fault.touched.into(),
            fault.on_links.into(),
            fault.scope.nodes.join(" ").into(),
            fault.notes.join("; ").into(),
        ])?;
    }
    Ok(())
}

pub(super) fn figures<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names(["figure", "value", "unit"])?;
    for (name, figure) in &source.archive.report.figures.0 {
        let (value, unit): (Cell, _) = match *figure {
            Figure::Count(count) => (count.into(), ""),
            Figure::Number(number) => (number.into(), ""),
            Figure::Duration(nanos) => (millis(nanos).into(), "ms"),
        };
        table.row([(&**name).into(), value, unit.into()])?;
    }
    Ok(())
}

/// What a link carried. Copies are counted on their own, but their ends are ends.
#[derive(Default)]
struct Carried {
    messages: u64,
    bytes: u64,
    copies: u64,
    delivered: u64,
    dropped: u64,
}

pub(super) fn links<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    table.names([
        "src",
        "dest",
        "between",
        "messages",
        "bytes",
        "copies",
        "delivered",
        "dropped",
    ])?;
    if !source.has_messages() {
        return reported_links(source, table);
    }
    let messages = &source.messages;
    let mut links: BTreeMap<(u32, u32), Carried> = BTreeMap::new();
    for row in source.rows() {
        let link = links.entry((row.src, row.dest)).or_default();
        link.messages += u64::from(!row.copy);
        link.bytes += if row.copy { 0 } else { u64::from(row.size) };
        link.copies += u64::from(row.copy);
        link.delivered += u64::from(row.fate == Fate::Delivered);
        link.dropped += u64::from(matches!(row.fate, Fate::Dropped { .. }));
    }
    for ((src, dest), link) in links {
        let client = |end: u32| messages.roles[end as usize] == Role::Client;
        let between = if client(src) || client(dest) {
            "clients"
        } else {
            "servers"
        };
        table.row([
            messages.end(src).into(),
            messages.end(dest).into(),
            between.into(),
            link.messages.into(),
            link.bytes.into(),
            link.copies.into(),
            link.delivered.into(),
            link.dropped.into(),
        ])?;
    }
    Ok(())
}

/// Of a run that kept no messages: what its report counted.
fn reported_links<W: Write>(source: &Source, table: Out<W>) -> io::Result<()> {
    for link in &source.archive.report.links {
        table.row([
            (&*link.src).into(),
            (&*link.dest).into(),
            "servers".into(),
            link.messages.into(),
            link.bytes.into(),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
        ])?;
    }
    Ok(())
}
