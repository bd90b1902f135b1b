//! How far a run is, from the lines that it has written: a fold, line by line. What it
//! keeps does not grow with the run.

use std::collections::{BTreeMap, VecDeque};

use swelkie_checkers::Nanos;

use crate::archive::HistoryLine;
use crate::propagation::{Event, Record};
use crate::text::excerpt;

/// So many lines of the history are shown.
const RECENT: usize = 12;
/// So many faults are remembered, the last ones.
const FAULTS: usize = 40;
/// So many seconds are drawn.
pub const SECONDS: u64 = 60;
/// So many different words are counted apart: whatever the files say, it ends.
const WORDS: usize = 2000;
const SECOND: Nanos = 1_000_000_000;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The time of the last record.
    pub at: Nanos,
    /// How operations ended, by kind.
    pub operations: BTreeMap<String, Tally>,
    /// How they ended and what was sent, by node.
    pub nodes: BTreeMap<String, NodeTally>,
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Copies that a fault made.
    pub duplicated: u64,
    /// Messages dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// The last faults, in the order of their beginnings.
    pub faults: VecDeque<FaultSeen>,
    /// How many faults began.
    pub faults_begun: u64,
    /// The last lines of the history.
    pub recent: VecDeque<Recent>,
    /// What happened in each of the last seconds.
    pub seconds: VecDeque<Second>,
    /// Lines that are none of ours.
    pub unread: u64,
}

/// How operations ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were invoked.
    pub invoked: u64,
    /// How many happened.
    pub ok: u64,
    /// How many did not.
    pub fail: u64,
    /// Of how many nobody knows.
    pub info: u64,
}

impl Tally {
    fn count(&mut self, kind: &str) {
        match kind {
            "invoke" => self.invoked += 1,
            "ok" => self.ok += 1,
            "fail" => self.fail += 1,
            _ => self.info += 1,
        }
    }

    /// How many have not ended.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.invoked.saturating_sub(self.ok + self.fail + self.info)
    }
}

/// What a node did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeTally {
    /// How operations on it ended.
    pub operations: Tally,
    /// When one last ended well.
    pub last_ok: Option<Nanos>,
    /// Messages it sent.
    pub sent: u64,
}

/// A fault that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSeen {
    /// Its name.
    pub name: String,
    /// What and where.
    pub summary: String,
    /// When it began.
    pub began: Nanos,
    /// When it ended.
    pub ended: Option<Nanos>,
}

/// A line of the history, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// When.
    pub at: Nanos,
    /// Which process, or `nemesis`.
    pub process: String,
    /// `invoke`, `ok`, `fail` or `info`.
    pub kind: String,
    /// What.
    pub f: String,
    /// Which node, if any.
    pub node: String,
    /// Argument or result, cut, and why it did not end ok.
    pub value: String,
}

/// What happened in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Which, from the start of the run.
    pub second: u64,
    /// Operations that ended.
    pub operations: u64,
    /// Messages sent.
    pub messages: u64,
}

impl Progress {
    /// Takes a line of `history.jsonl`, without its newline.
    pub fn history(&mut self, line: &[u8]) {
        let Some(line) = HistoryLine::parse(line) else {
            self.unread += 1;
            return;
        };
        self.at = self.at.max(line.time);
        match &line.fault {
            Some(name) => self.fault(&line, name),
            None => self.operation(&line),
        }
        let mut value = excerpt(line.value.get().as_bytes(), 120);
        if let Some((kind, story)) = &line.error {
            value = format!("{value} {kind}: {}", excerpt(story.as_bytes(), 120));
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent {
            at: line.time,
            process: line.process.get().trim_matches('"').to_owned(),
            kind: line.kind.into_owned(),
            f: line.f.into_owned(),
            node: line.node.into_owned(),
            value,
        });
    }

    fn operation(&mut self, line: &HistoryLine) {
        if let Some(tally) = entry(&mut self.operations, &line.f) {
            tally.count(&line.kind);
        }
        if let Some(node) = entry(&mut self.nodes, &line.node) {
            node.operations.count(&line.kind);
            if line.kind == "ok" {
                node.last_ok = Some(line.time);
            }
        }
        if line.kind != "invoke"
            && let Some(second) = self.second(line.time)
        {
            second.operations += 1;
        }
    }

    fn fault(&mut self, line: &HistoryLine, name: &str) {
        if line.f == "begin" {
            self.faults_begun += 1;
            if self.faults.len() == FAULTS {
                let over = self.faults.iter().position(|fault| fault.ended.is_some());
                self.faults.remove(over.unwrap_or(0));
            }
            self.faults.push_back(FaultSeen {
                name: name.to_owned(),
                summary: line.summary(),
                began: line.time,
                ended: None,
            });
            return;
        }
        let begun = |fault: &&mut FaultSeen| fault.name == name && fault.ended.is_none();
        if let Some(fault) = self.faults.iter_mut().rev().find(begun) {
            fault.ended = Some(line.time);
        }
    }

    /// Takes a line of `messages.jsonl`, without its newline.
    pub fn message(&mut self, line: &[u8]) {
        let Some(record) = Record::parse(line) else {
            self.unread += 1;
            return;
        };
        self.at = self.at.max(record.at);
        match &record.event {
            Event::Send { src, .. } => {
                self.sent += 1;
                if let Some(node) = self.nodes.get_mut(&**src) {
                    node.sent += 1;
                }
                if let Some(second) = self.second(record.at) {
                    second.messages += 1;
                }
            }
            Event::Deliver => self.delivered += 1,
            Event::Duplicate => self.duplicated += 1,
            Event::Drop { why, .. } => {
                if let Some(count) = entry(&mut self.dropped, why) {
                    *count += 1;
                }
            }
        }
    }

    /// Names the nodes that are to be counted, before they do anything.
    pub fn expect(&mut self, nodes: &[String]) {
        for node in nodes {
            self.nodes.entry(node.clone()).or_default();
        }
    }

    /// The second that a moment is in; none if it is too long ago.
    fn second(&mut self, at: Nanos) -> Option<&mut Second> {
        let number = at / SECOND;
        let newest = self.seconds.back().map(|second| second.second);
        if newest.is_none_or(|newest| newest < number) {
            self.seconds.push_back(Second {
                second: number,
                ..Second::default()
            });
        }
        let oldest = self.seconds.back()?.second.saturating_sub(SECONDS);
        while self.seconds.front()?.second < oldest {
            self.seconds.pop_front();
        }
        let mut known = self.seconds.iter_mut().rev();
        known.find(|second| second.second == number)
    }

    /// Operations that ended and messages that were sent per second, over the last five
    /// whole seconds (or as many as there are).
    #[must_use]
    pub fn rates(&self) -> Option<(f64, f64)> {
        let now = self.at / SECOND;
        let from = now.saturating_sub(5);
        let seconds = now.checked_sub(from).filter(|&seconds| seconds > 0)? as f64;
        let whole = |second: &&Second| (from..now).contains(&second.second);
        let sum = |of: fn(&Second) -> u64| {
            let counts = self.seconds.iter().filter(whole).map(of);
            counts.sum::<u64>() as f64 / seconds
        };
        Some((
            sum(|second| second.operations),
            sum(|second| second.messages),
        ))
    }

    /// How all operations ended.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for tally in self.operations.values() {
            total.invoked += tally.invoked;
            total.ok += tally.ok;
            total.fail += tally.fail;
            total.info += tally.info;
        }
        total
    }
}

/// What is counted under a word; none if there are too many words already.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, word: &str) -> Option<&'a mut T> {
    if !map.contains_key(word) {
        if map.len() >= WORDS {
            return None;
        }
        map.insert(word.to_owned(), T::default());
    }
    map.get_mut(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Archive, Completion, Window};
    use crate::options::{Options, Target};

    #[test]
    fn what_is_counted_on_the_way_is_what_the_archive_counts_in_the_end() {
        let keep = tempfile::tempdir().expect("a temporary directory");
        let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
        options.sim = true;
        options.nemesis = ["partition", "kill", "duplicate"].map(str::to_owned).into();
        options.store = keep.path().to_owned();
        options.run().expect("it runs");
        let archive = Archive::open(&keep.path().join("latest")).expect("a run");
        let mut progress = Progress::default();
        progress.expect(&archive.report.plan.nodes);
        let lines = |name: &str| {
            let text = std::fs::read(archive.directory.join(name)).expect("read");
            let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec);
            let mut lines: Vec<Vec<u8>> = lines.collect();
            assert_eq!(lines.pop().as_deref(), Some(&[][..]), "whole lines");
            lines
        };
        lines("history.jsonl")
            .iter()
            .for_each(|line| progress.history(line));
        lines("messages.jsonl")
            .iter()
            .for_each(|line| progress.message(line));

        let operations = archive.operations().expect("read");
        let ended = |wanted: Completion| {
            let ended = (operations.all.iter()).filter(|one| one.completion == wanted);
            ended.count() as u64
        };
        let total = progress.total();
        assert_eq!(
            (total.invoked, total.ok, total.fail, total.info),
            (
                operations.all.len() as u64,
                ended(Completion::Ok),
                ended(Completion::Fail),
                ended(Completion::Info)
            )
        );
        let messages = archive.messages(&Window::ALL).expect("read");
        let sent = messages.rows.iter().filter(|row| !row.copy).count() as u64;
        assert_eq!(
            (progress.sent, progress.duplicated),
            (sent, messages.rows.len() as u64 - sent)
        );
        assert_eq!(progress.unread, 0);
        let faults = archive.report.faults.iter();
        let begun = faults.filter(|fault| fault.began.is_some()).count() as u64;
        assert_eq!(progress.faults_begun, begun);
        assert!(progress.faults.iter().all(|fault| fault.ended.is_some()));
        assert!(progress.nodes.values().all(|node| node.sent > 0));
        assert!(progress.seconds.len() as u64 <= SECONDS + 1);
    }

    #[test]
    fn what_is_no_line_of_ours_is_counted_and_nothing_else() {
        let mut progress = Progress::default();
        progress.history(b"{\"time\":1");
        progress.history(b"\xff");
        progress.message(b"");
        assert_eq!(progress.unread, 3);
        assert_eq!((progress.at, progress.recent.len()), (0, 0));
    }

    #[test]
    fn a_rate_is_over_whole_seconds_only() {
        let mut progress = Progress::default();
        for (second, count) in [(0, 4), (1, 2), (2, 1)] {
            for _ in 0..count {
                let at = second * SECOND;
                let line = format!(
                    r#"{{"time":{at},"event":"send","id":1,"src":"n0","dest":"n1","body":{{}}}}"#
                );
                progress.message(line.as_bytes());
            }
        }
        assert_eq!(progress.rates(), Some((0.0, 3.0)));
    }
}
