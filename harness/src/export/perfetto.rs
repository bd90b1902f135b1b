//! A trace for [ui.perfetto.dev](https://ui.perfetto.dev): who did what when, and what became
//! of each message.
//!
//! ```text
//!   n0       faults    ███ kill-1 ███                 a process per node
//!            life 1  ▌→n1 ▐←n2                        a thread per life: sends, receives
//!            life 2              ▌→n1 ─────┐
//!            dropped      ▌cut: n2's gossip│          messages to it that did not come
//!   n1       life 1                        └►▐←n0     an arrow per message
//!   clients  c1      ███ broadcast 17 ███             operations
//!            c1 messages
//!   services, faults (of links), nobody (names that nobody has)
//! ```
//!
//! What happens in no time is drawn a microsecond long, and what happens at one moment one
//! behind the other, so that every message has slices of its own for its arrow; the exact
//! time is among the arguments (`at_ns`). A dropped message is drawn where it was to come.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use swelkie_checkers::Nanos;

use super::Source;
use super::moments::{OnTheWay, What};
use super::trace::{Slice, Trace};
use crate::archive::{Fate, NONE, Role, Row};
use crate::engine::FaultRecord;
use crate::text::excerpt;

/// At most so many characters of a body.
const BODY: usize = 1_000;
/// At most so many characters of text in the name of a slice.
const NAME: usize = 60;

/// Writes the trace.
///
/// # Errors
/// What reading bodies and writing give.
pub fn write(source: &Source, out: impl Write) -> io::Result<()> {
    let nodes = &source.archive.report.plan.nodes;
    let others = ["clients", "services", "faults", "nobody"].map(str::to_owned);
    let processes = nodes.iter().cloned().chain(others).collect();
    let mut writer = Writer {
        trace: Trace::new(out, processes)?,
        nodes: nodes.len() as u32,
        lives: vec![0; nodes.len()],
        sent: OnTheWay::new(),
        source,
    };
    writer.marks()?;
    writer.faults()?;
    writer.operations()?;
    writer.messages()?;
    let report = &source.archive.report;
    let about = About {
        verdict: &report.headline,
        command: &report.run.command,
        swelkie: &report.run.swelkie,
    };
    writer.trace.finish(&about)
}

struct Writer<'a, W> {
    source: &'a Source<'a>,
    trace: Trace<W>,
    nodes: u32,
    /// By node: the number of its life.
    lives: Vec<u32>,
    /// The thread and the time that a send is drawn at.
    sent: OnTheWay<(u32, Nanos)>,
}

#[derive(Serialize)]
struct About<'a> {
    verdict: &'a str,
    command: &'a str,
    swelkie: &'a str,
}

#[derive(Serialize)]
struct MessageArgs<'a> {
    at_ns: Nanos,
    id: u64,
    from: &'a str,
    to: String,
    r#type: &'a str,
    bytes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    copy: bool,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    under_way_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
}

impl<W: Write> Writer<'_, W> {
    fn clients(&self) -> u32 {
        self.nodes + 1
    }

    fn link_faults(&self) -> u32 {
        self.nodes + 3
    }

    /// The process of somebody who sends or receives.
    fn process(&self, end: u32) -> u32 {
        match self.source.messages.roles[end as usize] {
            Role::Node => end + 1,
            Role::Client => self.clients(),
            Role::Service => self.nodes + 2,
            Role::Stranger => self.nodes + 4,
        }
    }

    /// When the run was where, and when what the evidence tells of happened.
    fn marks(&mut self) -> io::Result<()> {
        let report = &self.source.archive.report;
        let stones = [
            ("operations begin", report.milestones.zero),
            ("all faults have ended", report.milestones.healed),
            ("the nodes agree", report.milestones.recovered),
        ];
        let thread = self.trace.thread(self.link_faults(), "milestones", 0)?;
        for (name, at) in stones {
            let Some(at) = at.map(swelkie_nodes::Time::nanos) else {
                continue;
            };
            let args = BTreeMap::from([("at_ns", at)]);
            let mark = Slice {
                category: "milestone",
                name,
                args,
            };
            self.trace.slice(thread, (at, 0), mark)?;
        }
        let thread = self.trace.thread(self.link_faults(), "evidence", 1)?;
        for anomaly in &report.anomalies {
            let Some(at) = anomaly.at else { continue };
            let element = anomaly.element.as_deref().unwrap_or_default();
            let name = format!("{} {}", anomaly.kind, excerpt(element.as_bytes(), NAME));
            let args = BTreeMap::from([("text", excerpt(anomaly.text.as_bytes(), BODY))]);
            let mark = Slice {
                category: "evidence",
                name: name.trim_end(),
                args,
            };
            self.trace.slice(thread, (at, 0), mark)?;
        }
        Ok(())
    }

    fn faults(&mut self) -> io::Result<()> {
        let mut faults: Vec<_> = self.source.faults().collect();
        faults.sort_by_key(|(_, time)| time.start);
        for (fault, time) in faults {
            let lasts = (time.start, time.end - time.start);
            if fault.scope.nodes.is_empty() {
                self.fault(fault, self.link_faults(), "links", lasts)?;
            }
            for name in &fault.scope.nodes {
                let nodes = &self.source.archive.report.plan.nodes;
                if let Some(node) = nodes.iter().position(|node| node == name) {
                    self.fault(fault, node as u32 + 1, "faults", lasts)?;
                }
            }
        }
        Ok(())
    }

    fn fault(
        &mut self,
        fault: &FaultRecord,
        process: u32,
        thread: &str,
        (at, lasts): (Nanos, Nanos),
    ) -> io::Result<()> {
        let thread = self.trace.lane(process, thread, 2, at)?;
        let args = serde_json::json!({
            "what": fault.summary, "action": fault.scope.action, "touched": fault.touched,
            "notes": fault.notes, "began_ns": at, "ended_ns": fault.ended,
        });
        let slice = Slice {
            category: "fault",
            name: &fault.name,
            args,
        };
        self.trace.slice(thread, (at, lasts), slice)?;
        Ok(())
    }

    fn operations(&mut self) -> io::Result<()> {
        let source = self.source;
        let (all, end) = (&source.operations, source.end());
        for one in source.operations() {
            let order = 2 * client_number(&one.client);
            let thread = self
                .trace
                .lane(self.clients(), &one.client, order, one.invoked)?;
            let mut name = format!("{} {}", one.f, excerpt(all.input(one).as_bytes(), NAME));
            if let Some((why, _)) = &one.error {
                name = format!("{name} {}: {why}", one.completion.word());
            }
            let args = serde_json::json!({
                "op": one.op, "process": one.process, "node": one.node,
                "completion": one.completion.word(), "error": one.error,
                "input": excerpt(all.input(one).as_bytes(), BODY), "output": excerpt(all.output(one).as_bytes(), BODY),
                "invoked_ns": one.invoked, "completed_ns": one.completed,
            });
            let lasts = one.completed.unwrap_or(end).saturating_sub(one.invoked);
            let slice = Slice {
                category: "operation",
                name: &name,
                args,
            };
            self.trace.slice(thread, (one.invoked, lasts), slice)?;
        }
        Ok(())
    }

    fn messages(&mut self) -> io::Result<()> {
        let source = self.source;
        for moment in source.moments()? {
            let row = &source.messages.rows[moment.row as usize];
            if moment.what == What::Received && self.begins_life(row) {
                self.lives[row.dest as usize] += 1;
            }
            if !source.has_message(row) {
                continue;
            }
            match moment.what {
                What::Sent => self.send(moment.row, row)?,
                What::Received | What::Dropped => self.end(moment.row, row, moment.at)?,
            }
        }
        Ok(())
    }

    /// Whether this is the message that a node is started with.
    fn begins_life(&self, row: &Row) -> bool {
        let Source { messages, .. } = self.source;
        messages.kinds[row.kind as usize] == "init"
            && messages.roles[row.dest as usize] == Role::Node
            && messages.roles[row.src as usize] == Role::Client
    }

    /// Where what somebody sends and receives is drawn.
    fn thread(&mut self, end: u32) -> io::Result<u32> {
        let source = self.source;
        let (process, name) = (self.process(end), source.messages.end(end));
        match source.messages.roles[end as usize] {
            Role::Node => {
                // What a node says before it was asked is of its first life.
                let life = self.lives[end as usize].max(1);
                self.trace
                    .thread(process, &format!("life {life}"), 2 + life)
            }
            Role::Client => {
                let order = 2 * client_number(name) + 1;
                self.trace
                    .thread(process, &format!("{name} messages"), order)
            }
            Role::Service | Role::Stranger => self.trace.thread(process, name, 0),
        }
    }

    fn send(&mut self, number: u32, row: &Row) -> io::Result<()> {
        if row.copy {
            // The fault made it of what was sent: the arrow begins there.
            return match self.sent.copy(row.id) {
                Some(from) => self.begin_arrow(number, row, from),
                None => Ok(()),
            };
        }
        let source = self.source;
        let thread = self.thread(row.src)?;
        let messages = &source.messages;
        let kind = excerpt(messages.kinds[row.kind as usize].as_bytes(), NAME);
        let body = messages.body(row)?;
        let body = body.as_deref().map(|body| excerpt(body.as_bytes(), BODY));
        let mut args = self.args(row, row.sent, &kind);
        args.body = body.as_deref();
        args.fate = Some(match row.fate {
            Fate::InFlight => "in flight",
            Fate::Delivered => "delivered",
            Fate::Dropped { .. } => "dropped",
        });
        let name = format!("→ {} {kind}", args.to);
        let slice = Slice {
            category: "send",
            name: &name,
            args,
        };
        let at = self.trace.slice(thread, (row.sent, 0), slice)?;
        self.sent.send(row.id, (thread, at));
        self.begin_arrow(number, row, (thread, at))
    }

    /// An arrow that would have no end is not begun.
    fn begin_arrow(&mut self, number: u32, row: &Row, from: (u32, Nanos)) -> io::Result<()> {
        match row.fate {
            Fate::InFlight => Ok(()),
            _ => self.trace.arrow('s', number, from.0, from.1),
        }
    }

    fn end(&mut self, number: u32, row: &Row, at: Nanos) -> io::Result<()> {
        let source = self.source;
        let messages = &source.messages;
        let kind = excerpt(messages.kinds[row.kind as usize].as_bytes(), NAME);
        let from = messages.end(row.src);
        let mut args = self.args(row, at, &kind);
        args.under_way_ms = Some(at.saturating_sub(row.sent) as f64 / 1e6);
        let (thread, name, category) = match row.fate {
            Fate::Dropped { why, fault } => {
                let why = &messages.reasons[why as usize];
                args.why = Some(why);
                args.fault = (fault != NONE).then(|| &*messages.faults[fault as usize]);
                let thread = self
                    .trace
                    .thread(self.process(row.dest), "dropped", 1 << 20)?;
                (thread, format!("✗ {why}: {kind} from {from}"), "drop")
            }
            _ => (
                self.thread(row.dest)?,
                format!("← {from} {kind}"),
                "receive",
            ),
        };
        // An arrow ends after it began, also where both were put off to a later microsecond.
        let sent = self.sent.end(row.id);
        let at = at.max(sent.map_or(0, |(_, at)| at + 1));
        let slice = Slice {
            category,
            name: &name,
            args,
        };
        let at = self.trace.slice(thread, (at, 0), slice)?;
        match sent {
            Some(_) => self.trace.arrow('f', number, thread, at),
            None => Ok(()),
        }
    }

    fn args<'b>(&self, row: &Row, at: Nanos, kind: &'b str) -> MessageArgs<'b>
    where
        Self: 'b,
    {
        let messages = &self.source.messages;
        let cause = messages.rows.get(row.cause as usize);
        MessageArgs {
            at_ns: at,
            id: row.id,
            from: messages.end(row.src),
            to: excerpt(messages.end(row.dest).as_bytes(), NAME),
            r#type: kind,
            bytes: row.size,
            in_reply_to: cause.map(|cause| cause.id),
            copy: row.copy,
            fate: None,
            why: None,
            fault: None,
            under_way_ms: None,
            body: None,
        }
    }
}

/// `c12` is 12th, so that c2 is drawn above c10.
fn client_number(name: &str) -> u32 {
    let number = name.get(1..).and_then(|digits| digits.parse().ok());
    number.unwrap_or(0).min(1 << 20)
}
