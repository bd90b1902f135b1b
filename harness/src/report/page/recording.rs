//! A run as the page holds it: read from its directory, compressed.

use std::collections::BTreeMap;

use serde::Serialize;
use swelkie_checkers::Nanos;

use super::PageOptions;
use super::bodies::{BlockRange, Blocks};
use super::columns::{Columns, Entry};
use super::lives::{Life, lives};
use super::operations::{self, Values};
use super::spread::{Spread, SpreadHeader};
use super::topology::{self, Picture};
use super::{bodies, messages};
use crate::archive::{Archive, Fate, Messages, Operations, Role, Row, Window};
use crate::report::Report;
use crate::run::spreads;
use crate::summary::grouped;

/// The data of a page.
pub struct Recording {
    /// See [`Columns::pack`].
    pub data: Vec<u8>,
    /// Compressed bodies.
    pub blocks: Vec<Vec<u8>>,
    /// How many messages there are.
    pub messages: usize,
    /// What is not here: sentences.
    pub left_out: Vec<String>,
}

/// Everything that is no column.
#[derive(Serialize)]
struct Header<'a> {
    version: u32,
    /// In full: it may be more than a number of JavaScript holds.
    seed: String,
    report: &'a Report,
    ends: Vec<EndHeader<'a>>,
    kinds: &'a [String],
    reasons: &'a [String],
    faults: &'a [String],
    functions: Vec<String>,
    messages: usize,
    operations: usize,
    blocks: &'a [BlockRange],
    spread: Option<SpreadHeader>,
    /// By anomaly: the element it is about.
    anomaly_elements: Vec<Option<u32>>,
    lives: Vec<Vec<Life>>,
    topology: Option<Picture>,
    left_out: &'a [String],
    end: Nanos,
    columns: BTreeMap<&'static str, Entry>,
}

#[derive(Serialize)]
struct EndHeader<'a> {
    name: &'a str,
    role: &'static str,
}

impl Recording {
    /// Reads what there is; what there is not is said.
    pub fn read(archive: &Archive, options: &PageOptions) -> Recording {
        let mut left_out = Vec::new();
        let operations = archive.operations().unwrap_or_else(|error| {
            left_out.push(format!(
                "There are no operations: history.jsonl cannot be read ({error})."
            ));
            Operations::default()
        });
        let has_elements = spreads(&archive.report.plan.workload);
        let read = || archive.messages(&options.window);
        let follow =
            || has_elements.then(|| Spread::read(archive, &operations, options.journal_bytes));
        let (messages, spread) = if is_short(archive) {
            (read(), follow())
        } else {
            rayon::join(read, follow)
        };
        let messages = messages.unwrap_or_else(|error| {
            left_out.push(format!(
                "There are no messages: messages.jsonl cannot be read ({error})."
            ));
            Messages::default()
        });
        let blocks = Blocks::read(&messages, options.body_bytes);
        missing(
            &mut left_out,
            archive,
            &messages,
            &operations,
            options,
            &blocks,
        );

        let mut columns = Columns::default();
        let mut ends = Ends::new(&archive.report.plan.nodes, &messages);
        let end = end(&archive.report, &messages, &operations);
        messages::add(&mut columns, &messages, &blocks);
        let mut values = Values::new(options.value_bytes);
        let functions = operations::add(&mut columns, &operations, &mut ends, &mut values);
        if values.cut > 0 {
            left_out.push(format!(
                "{} long values of operations are cut; `swelkie serve` and history.jsonl have them in full.",
                grouped(values.cut as u64)
            ));
        }
        let rows = RowIndex::new(&messages.rows);
        let anomalies = archive.report.anomalies.iter();
        let anomaly_elements = anomalies
            .map(|anomaly| spread.as_ref()?.find(anomaly.element.as_deref()?))
            .collect();
        let spread = spread
            .as_ref()
            .map(|spread| spread.add(&mut columns, &operations, &rows, &mut ends, &mut left_out));
        let topology = topology::add(&mut columns, archive, &messages);
        let data = columns.pack(|columns| {
            let header = Header {
                version: 1,
                seed: archive.report.plan.seed.to_string(),
                report: &archive.report,
                ends: ends.headers(),
                kinds: &messages.kinds,
                reasons: &messages.reasons,
                faults: &messages.faults,
                functions,
                messages: messages.rows.len(),
                operations: operations.all.len(),
                blocks: &blocks.ranges,
                spread,
                anomaly_elements,
                lives: lives(
                    &archive.report.plan.nodes,
                    &archive.report.faults,
                    &messages,
                    end,
                ),
                topology,
                left_out: &left_out,
                end,
                columns,
            };
            serde_json::to_vec(&header).expect("a report serialises")
        });
        Recording {
            data,
            blocks: blocks.blocks,
            messages: messages.rows.len(),
            left_out,
        }
    }
}

/// Whether reading takes no longer than waking another thread.
fn is_short(archive: &Archive) -> bool {
    let journal = std::fs::metadata(archive.directory.join("messages.jsonl"));
    journal.is_ok_and(|file| file.len() < 1 << 20)
}

/// Says which messages and bodies are not here.
fn missing(
    left_out: &mut Vec<String>,
    archive: &Archive,
    messages: &Messages,
    operations: &Operations,
    options: &PageOptions,
    blocks: &bodies::Blocks,
) {
    let seconds = |nanos: Nanos| format!("{:.3} s", nanos as f64 / 1e9);
    let Window { from, to, .. } = options.window;
    if from > 0 || to < Nanos::MAX {
        let until = if to == Nanos::MAX {
            "the end".to_owned()
        } else {
            seconds(to)
        };
        left_out.push(format!(
            "Only messages sent from {} to {until} are here, as was asked for; `swelkie report` without \
             --from and --to and `swelkie serve` have all of them.",
            seconds(from)
        ));
    }
    if let Some(since) = messages.left_out.since {
        left_out.push(format!(
            "Messages sent from {} on are not here: {} is as many as a page holds. `swelkie report --from \
             {:.3}s --to …` makes a page of them, `swelkie serve` shows all.",
            seconds(since),
            grouped(options.window.limit as u64),
            since as f64 / 1e9
        ));
    }
    if !archive.directory.join("messages.jsonl").exists() {
        left_out.push(
            "There are no messages: the run recorded none (--no-messages), or messages.jsonl was removed."
                .to_owned(),
        );
    }
    if messages.left_out.bodies > 0 {
        left_out.push(format!(
            "{} messages were recorded without their bodies (--journal-limit).",
            grouped(messages.left_out.bodies)
        ));
    }
    if messages.left_out.lines > 0 {
        left_out.push(format!(
            "{} lines of messages.jsonl are no records and were passed over.",
            grouped(messages.left_out.lines)
        ));
    }
    if operations.unread > 0 {
        left_out.push(format!(
            "{} lines of history.jsonl are no records and were passed over.",
            grouped(operations.unread)
        ));
    }
    let rows = &messages.rows;
    if let Some(error) = &blocks.failure {
        left_out.push(format!("Bodies of messages are missing: {error}."));
    } else if blocks.end < rows.len() {
        let sent = rows[blocks.end].sent;
        left_out.push(format!(
            "The bodies of messages sent from {} on are not here: they are too large. `swelkie report \
             --from {:.3}s --to …` makes a page with them, `swelkie serve` shows all.",
            seconds(sent),
            sent as f64 / 1e9
        ));
    }
}

/// The run's end, or the last thing that was seen of one that did not come to it.
fn end(report: &Report, messages: &Messages, operations: &Operations) -> Nanos {
    let messages = messages
        .rows
        .iter()
        .map(|row| row.ended.unwrap_or(row.sent));
    let operations = operations.all.iter();
    let operations = operations.map(|one| one.completed.unwrap_or(one.invoked));
    messages
        .chain(operations)
        .chain([report.milestones.end.nanos()])
        .max()
        .unwrap_or(0)
}

/// Everybody who sends, receives, asks or is asked.
pub struct Ends {
    names: Vec<String>,
    roles: Vec<Role>,
    index: BTreeMap<String, u32>,
}

impl Ends {
    fn new(nodes: &[String], messages: &Messages) -> Ends {
        let mut ends = Ends {
            names: Vec::new(),
            roles: Vec::new(),
            index: BTreeMap::new(),
        };
        // Messages that could not be read know not even the nodes.
        for node in nodes {
            ends.number(node, Role::Node);
        }
        for (name, &role) in messages.ends.iter().zip(&messages.roles) {
            ends.number(name, role);
        }
        ends
    }

    /// The number of a name that may be new.
    pub fn number(&mut self, name: &str, role: Role) -> u32 {
        if let Some(number) = self.index_of(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.roles.push(role);
        self.index.insert(name.to_owned(), number);
        number
    }

    /// The number of a name that is known.
    pub fn index_of(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    fn headers(&self) -> Vec<EndHeader<'_>> {
        let word = |role: &Role| match role {
            Role::Node => "node",
            Role::Service => "service",
            Role::Client => "client",
            Role::Stranger => "stranger",
        };
        let ends = self.names.iter().zip(&self.roles);
        ends.map(|(name, role)| EndHeader {
            name,
            role: word(role),
        })
        .collect()
    }
}

/// Rows by the number of their message.
pub struct RowIndex<'a> {
    rows: &'a [Row],
    /// Ascending; the rows of a message and its copies in order.
    order: Vec<(u64, u32)>,
}

impl<'a> RowIndex<'a> {
    fn new(rows: &'a [Row]) -> RowIndex<'a> {
        let mut order: Vec<(u64, u32)> = rows.iter().map(|row| row.id).zip(0..).collect();
        // Nearly sorted already.
        order.sort();
        RowIndex { rows, order }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// A message and its copies.
    pub fn all(&self, message: u64) -> impl Iterator<Item = usize> {
        let first = self.order.partition_point(|&(id, _)| id < message);
        let rows = self.order[first..].iter();
        rows.take_while(move |&&(id, _)| id == message)
            .map(|&(_, row)| row as usize)
    }

    /// One more than the row that was delivered at this time; 0 if there is none.
    pub fn arrived(&self, message: u64, at: Nanos) -> u64 {
        self.first(message, |row| {
            row.fate == Fate::Delivered && row.ended == Some(at)
        })
    }

    /// One more than the row that was dropped; 0 if there is none.
    pub fn dropped(&self, message: u64) -> u64 {
        self.first(message, |row| matches!(row.fate, Fate::Dropped { .. }))
    }

    fn first(&self, message: u64, is: impl Fn(&Row) -> bool) -> u64 {
        let row = self.all(message).find(|&row| is(&self.rows[row]));
        row.map_or(0, |row| row as u64 + 1)
    }
}
