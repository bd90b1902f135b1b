//! What is exported: a run, read, and the part of it that was asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;

use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use super::moments::{self, Moment};
use crate::archive::{Archive, HistoryLine, Messages, Operation, Operations, Row, Window};
use crate::engine::FaultRecord;
use crate::faults::Scope;

/// A run as exports read it.
#[derive(Debug)]
pub struct Source<'a> {
    /// The run.
    pub archive: &'a Archive,
    /// All of its messages, those outside the window too: causes and lives need them.
    pub messages: Messages,
    /// What clients did.
    pub operations: Operations,
    /// Its faults. Of a run that was cut short, what its history tells: no places.
    pub faults: Vec<FaultRecord>,
    /// Exported is what was sent, invoked or lasted in this time.
    pub window: Range<Nanos>,
}

impl<'a> Source<'a> {
    /// Reads a run.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(archive: &'a Archive, window: Range<Nanos>) -> io::Result<Source<'a>> {
        Ok(Source {
            archive,
            messages: archive.messages(&Window::ALL)?,
            operations: archive.operations()?,
            faults: faults(archive)?,
            window,
        })
    }

    /// Whether the run recorded any messages.
    #[must_use]
    pub fn has_messages(&self) -> bool {
        !self.messages.rows.is_empty()
    }

    /// Whether a message is exported.
    #[must_use]
    pub fn has_message(&self, row: &Row) -> bool {
        self.window.contains(&row.sent)
    }

    /// The messages that were sent in the window.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        (self.messages.rows.iter()).filter(|row| self.has_message(row))
    }

    /// The operations that were invoked in the window.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        (self.operations.all.iter()).filter(|one| self.window.contains(&one.invoked))
    }

    /// The faults that began and lasted into the window, with the time they lasted.
    pub fn faults(&self) -> impl Iterator<Item = (&FaultRecord, Range<Nanos>)> {
        let end = self.end();
        self.faults.iter().filter_map(move |fault| {
            let began = fault.began?.nanos();
            let ended = fault.ended.map_or(end, Time::nanos).max(began);
            let inside = began < self.window.end && ended >= self.window.start;
            inside.then_some((fault, began..ended))
        })
    }

    /// What happened to the messages of the run, in the order in which it happened.
    ///
    /// # Errors
    /// What reading gives.
    pub fn moments(&self) -> io::Result<Vec<Moment>> {
        moments::read(self.archive, &self.messages)
    }

    /// When the run ended; of one that did not, the last that is known of it.
    #[must_use]
    pub fn end(&self) -> Nanos {
        let of_rows = |row: &Row| row.ended.unwrap_or(row.sent);
        let of_operations = |one: &Operation| one.completed.unwrap_or(one.invoked);
        let of_faults = |fault: &FaultRecord| fault.ended.or(fault.began).map_or(0, Time::nanos);
        if self.archive.report.is_over() {
            return self.archive.report.milestones.end.nanos();
        }
        let rows = self.messages.rows.iter().map(of_rows);
        let operations = self.operations.all.iter().map(of_operations);
        let last = rows
            .chain(operations)
            .chain(self.faults.iter().map(of_faults));
        last.max().unwrap_or(0)
    }
}

/// The report's faults; those of the history where the run has no report yet.
fn faults(archive: &Archive) -> io::Result<Vec<FaultRecord>> {
    if archive.report.is_over() || !archive.report.faults.is_empty() {
        return Ok(archive.report.faults.clone());
    }
    match fs::read(archive.directory.join("history.jsonl")) {
        Ok(history) => Ok(faults_of(&history)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn faults_of(history: &[u8]) -> Vec<FaultRecord> {
    let mut faults: Vec<FaultRecord> = Vec::new();
    let mut lasting: BTreeMap<String, usize> = BTreeMap::new();
    for line in history.split(|&byte| byte == b'\n') {
        let Some(line) = HistoryLine::parse(line) else {
            continue;
        };
        let Some(fault) = &line.fault else { continue };
        match &*line.f {
            "begin" => {
                lasting.insert(fault.to_string(), faults.len());
                faults.push(FaultRecord {
                    name: fault.to_string(),
                    summary: line.summary(),
                    scope: Scope::default(),
                    began: Some(Time(line.time)),
                    ended: None,
                    touched: 0,
                    hit: Default::default(),
                    on_links: false,
                    notes: Vec::new(),
                });
            }
            _ => {
                if let Some(fault) = lasting.remove(&**fault) {
                    faults[fault].ended = Some(Time(line.time));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_a_run_that_was_cut_short_are_read_from_its_history() {
        let history = br#"{"time":5,"process":0,"type":"invoke","f":"read","value":null,"op":1,"node":"n0","client":"c1"}
{"time":10,"process":"nemesis","type":"info","f":"begin","value":"kill n0","fault":"kill-1"}
{"time":20,"process":"nemesis","type":"info","f":"begin","value":"cut n0 | n1","fault":"partition-1"}
{"time":30,"process":"nemesis","type":"info","f":"end","value":"kill n0","fault":"kill-1"}
{"time":40,"process":"nemesis","ty"#;
        let faults = faults_of(history);
        let told: Vec<_> = (faults.iter())
            .map(|fault| {
                (
                    &*fault.name,
                    fault.began.unwrap().0,
                    fault.ended.map(|at| at.0),
                )
            })
            .collect();
        assert_eq!(told, [("kill-1", 10, Some(30)), ("partition-1", 20, None)]);
    }
}
