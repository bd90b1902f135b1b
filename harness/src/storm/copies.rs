//! Every copy of one element, as the journal of messages tells it.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use swelkie_nodes::Time;

use super::naming;
use crate::propagation::{Event, Record};

/// How often nodes sent an element to each other, when, and who.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copies {
    /// All of them.
    pub total: u64,
    /// When the last one was sent.
    pub last: Time,
    /// When there were 10, 100, 1,000 … of them.
    pub tenfold: Vec<(u64, Time)>,
    /// When there were half as many as in the end.
    pub half: Time,
    /// By sender.
    pub senders: BTreeMap<String, u64>,
}

impl Copies {
    /// Counts the messages between nodes that name the element in a journal.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn read(
        journal: impl BufRead,
        element: u64,
        is_node: impl Fn(&str) -> bool,
    ) -> io::Result<Copies> {
        let mut copies = Copies::default();
        let mut times = Vec::new();
        let mut named = Vec::new();
        for line in journal.split(b'\n') {
            let line = line?;
            let Some(record) = Record::parse(&line) else {
                continue; // a torn last line
            };
            let Event::Send {
                src,
                dest,
                body: Some(body),
            } = &record.event
            else {
                continue;
            };
            if !is_node(src) || !is_node(dest) {
                continue;
            }
            naming::numbers(body, &mut named);
            if named.contains(&element) {
                times.push(record.at);
                copies.count(Time(record.at), src);
            }
        }
        copies.half = times
            .get(times.len() / 2)
            .map_or(Time::ZERO, |&at| Time(at));
        Ok(copies)
    }

    fn count(&mut self, at: Time, src: &str) {
        self.total += 1;
        self.last = at;
        let next = self.tenfold.last().map_or(10, |(count, _)| count * 10);
        if self.total == next {
            self.tenfold.push((next, at));
        }
        match self.senders.get_mut(src) {
            Some(count) => *count += 1,
            None => {
                self.senders.insert(src.to_owned(), 1);
            }
        }
    }

    /// Who sent most, and how many.
    pub fn busiest(&self) -> Option<(&str, u64)> {
        let most = self.senders.iter().max_by_key(|(_, count)| **count);
        most.map(|(name, &count)| (name.as_str(), count))
    }
}
