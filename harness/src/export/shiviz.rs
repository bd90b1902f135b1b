//! A log for [ShiViz](https://bestchai.bitbucket.io/shiviz/): what happened at each host,
//! with vector clocks.
//!
//! ```text
//!   (?<event>.*)\n(?<host>\S*) (?<clock>{.*})     how to read it, as an uploaded file says it
//!                                                 (what tells executions apart: nothing)
//!   0.331692 s sends #12 to n1: gossip {"type":"gossip"}
//!   n0 {"c2":3,"n0":7}
//!   0.432107 s receives #12 from n0: gossip, 100 ms under way
//!   n1 {"c2":3,"n0":7,"n1":4}
//! ```
//!
//! Hosts are nodes, clients and services; a node that was started again is the same host.
//! Each send, delivery, invocation, completion and fault of a node is an event, and counts
//! one up in its host's clock. Clocks hold the hosts that were heard of and no others.
//!
//! ShiViz reads a text line, then a line of host and clock. Text is kept to one line (of
//! JavaScript's: U+2028 ends one too) and begins with words of ours, so that no text of a
//! node can be taken for a host's line.

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use swelkie_checkers::Nanos;

use super::Source;
use super::clocks::{Clock, Clocks};
use super::moments::{Moment, OnTheWay, What};
use crate::archive::{Completion, Fate, NONE, Operation, Row};
use crate::engine::FaultRecord;
use crate::text::excerpt;
use crate::units::short_duration;

/// How ShiViz is to read the log; it is what it offers by itself.
pub const REGEX: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";

/// At most so many characters of a text that a node wrote.
const TEXT: usize = 200;

/// Something that clients did or faults.
enum Step<'a> {
    Invoke(&'a Operation),
    Complete(&'a Operation),
    Begin(&'a FaultRecord),
    End(&'a FaultRecord),
}

/// Writes the log; gives the number of events.
///
/// # Errors
/// What reading bodies and writing give.
pub fn write(source: &Source, out: impl Write) -> io::Result<u64> {
    let mut hosts = source.messages.ends.clone();
    let steps = steps(source, &mut hosts);
    let mut writer = Writer {
        source,
        out,
        keys: hosts.iter().map(|host| key(host)).collect(),
        clocks: Clocks::default(),
        letters: OnTheWay::new(),
        events: 0,
    };
    writeln!(writer.out, "{REGEX}\n")?;
    let moments = source.moments()?;
    let in_window =
        |moment: &&Moment| source.has_message(&source.messages.rows[moment.row as usize]);
    let mut moments = moments.iter().filter(in_window).peekable();
    for (at, host, step) in steps {
        while let Some(moment) = moments.next_if(|moment| writer.is_first(moment, at, host, &step))
        {
            writer.moment(moment)?;
        }
        writer.step(at, host, &step)?;
    }
    for moment in moments {
        writer.moment(moment)?;
    }
    writer.out.flush()?;
    Ok(writer.events)
}

/// What clients and faults did, in order, with the host it happened at.
fn steps<'a>(source: &'a Source, hosts: &mut Vec<String>) -> Vec<(Nanos, u32, Step<'a>)> {
    let mut number = |name: &str| {
        let known = hosts.iter().position(|host| host == name);
        known.unwrap_or_else(|| {
            hosts.push(name.to_owned());
            hosts.len() - 1
        }) as u32
    };
    let mut steps = Vec::new();
    for one in source.operations() {
        let client = number(&one.client);
        steps.push((one.invoked, client, Step::Invoke(one)));
        if let Some(at) = one.completed {
            steps.push((at, client, Step::Complete(one)));
        }
    }
    for (fault, _) in source.faults() {
        for name in &fault.scope.nodes {
            let node = number(name);
            for (at, step) in [
                (fault.began, Step::Begin(fault)),
                (fault.ended, Step::End(fault)),
            ] {
                let at = at.map(swelkie_nodes::Time::nanos);
                let at = at.filter(|at| source.window.contains(at));
                steps.extend(at.map(|at| (at, node, step)));
            }
        }
    }
    // An operation completes before its client invokes the next.
    steps.sort_by_key(|(at, _, step)| match step {
        Step::Invoke(one) => (*at, one.op, 0),
        Step::Complete(one) => (*at, one.op, 1),
        Step::Begin(..) | Step::End(..) => (*at, usize::MAX, 0),
    });
    steps
}

struct Writer<'a, W> {
    source: &'a Source<'a>,
    out: W,
    /// By host: its name.
    keys: Vec<String>,
    clocks: Clocks,
    /// What the sender knew.
    letters: OnTheWay<Rc<Clock>>,
    events: u64,
}

impl<W: Write> Writer<'_, W> {
    /// Whether what happened to a message comes before what a client or a fault did. At one
    /// moment a client invokes before it sends, and completes after it receives.
    fn is_first(&self, moment: &Moment, at: Nanos, host: u32, step: &Step) -> bool {
        if moment.at != at {
            return moment.at < at;
        }
        let row = &self.source.messages.rows[moment.row as usize];
        match step {
            Step::Invoke(_) | Step::Complete(_) => moment.what != What::Sent || row.src != host,
            Step::Begin(_) | Step::End(_) => false,
        }
    }

    fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        let source = self.source;
        let messages = &source.messages;
        let row = &messages.rows[moment.row as usize];
        let kind = line(&messages.kinds[row.kind as usize]);
        let (src, dest) = (line(messages.end(row.src)), line(messages.end(row.dest)));
        match moment.what {
            What::Sent if row.copy => {
                self.letters.copy(row.id);
                Ok(())
            }
            What::Sent => {
                let body = messages.body(row)?.unwrap_or_default();
                let (fate, body) = (self.fate(row), line(&body));
                let text = format!("sends #{} to {dest}: {kind}{fate} {body}", row.id);
                let clock = self.event(moment.at, row.src, &text)?;
                self.letters.send(row.id, Rc::new(clock));
                Ok(())
            }
            What::Dropped => {
                self.letters.end(row.id);
                Ok(())
            }
            What::Received => {
                if let Some(letter) = self.letters.end(row.id) {
                    self.clocks.learn(row.dest, &letter);
                }
                let way = moment.at.saturating_sub(row.sent);
                let way = short_duration(Duration::from_nanos(way));
                let copy = if row.copy { " (a copy)" } else { "" };
                let text = format!(
                    "receives #{} from {src}: {kind}{copy}, {way} under way",
                    row.id
                );
                self.event(moment.at, row.dest, &text)?;
                Ok(())
            }
        }
    }

    /// What became of a message that nobody receives.
    fn fate(&self, row: &Row) -> String {
        let messages = &self.source.messages;
        match row.fate {
            Fate::Delivered => String::new(),
            Fate::InFlight => " (never arrives)".to_owned(),
            Fate::Dropped { why, fault } => {
                let why = &messages.reasons[why as usize];
                match fault {
                    NONE => format!(" (dropped: {why})"),
                    fault => format!(
                        " (dropped: {why}, {})",
                        line(&messages.faults[fault as usize])
                    ),
                }
            }
        }
    }

    fn step(&mut self, at: Nanos, host: u32, step: &Step) -> io::Result<()> {
        let all = &self.source.operations;
        let text = match step {
            Step::Invoke(one) => {
                format!(
                    "invokes op {}: {} {} of {}",
                    one.op,
                    one.f,
                    line(all.input(one)),
                    one.node
                )
            }
            Step::Complete(one) => {
                let story = match (&one.error, one.completion) {
                    (Some((why, text)), _) => format!("{why}, {text}"),
                    (None, Completion::Ok) => all.output(one).to_owned(),
                    (None, _) => String::new(),
                };
                format!(
                    "completes op {}: {} {}",
                    one.op,
                    one.completion.word(),
                    line(&story)
                )
            }
            Step::Begin(fault) => format!(
                "fault {} begins: {}",
                line(&fault.name),
                line(&fault.summary)
            ),
            Step::End(fault) => {
                format!("fault {} ends: {}", line(&fault.name), line(&fault.summary))
            }
        };
        self.event(at, host, &text)?;
        Ok(())
    }

    /// Writes what happened at a host; gives what the host knows then.
    fn event(&mut self, at: Nanos, host: u32, text: &str) -> io::Result<Clock> {
        let clock = self.clocks.tick(host).clone();
        let (seconds, rest) = (at / 1_000_000_000, at % 1_000_000_000);
        writeln!(self.out, "{seconds}.{rest:09} s {}", text.trim_end())?;
        write!(self.out, "{} {{", self.keys[host as usize])?;
        for (index, (of, count)) in clock.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(self.out, "{comma}\"{}\":{count}", self.keys[*of as usize])?;
        }
        writeln!(self.out, "}}")?;
        self.events += 1;
        Ok(clock)
    }
}

/// A name that is a word, in a line and in JSON. Names of nodes and clients are; where
/// somebody else wrote the journal, whatever is none becomes `_`.
fn key(name: &str) -> String {
    let word = |c: char| {
        if c.is_whitespace() || c.is_control() || "\"\\{".contains(c) {
            '_'
        } else {
            c
        }
    };
    name.chars().map(word).collect()
}

/// Text of a node, on one line of JavaScript's.
fn line(text: &str) -> String {
    let text = excerpt(text.as_bytes(), TEXT);
    text.replace('\u{2028}', "\\u{2028}")
        .replace('\u{2029}', "\\u{2029}")
}
