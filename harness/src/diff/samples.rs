//! The raw data behind figures: what a test of two runs needs.

use std::collections::BTreeMap;
use std::io;

use swelkie_checkers::{Nanos, Outcome, Value};

use crate::archive::{Archive, Completion, Messages, Operations, Role, Window};
use crate::propagation::Follow;

/// The time of a run is cut into at most so many parts. Messages come in bursts and waves,
/// so one message says little about the next; means over long parts (batch means, as
/// simulations use them) are nearly independent.
const PARTS: usize = 20;
/// As many operations make a part, on average: how many there are is chance as well.
const PER_PART: usize = 5;

/// What figures of a run are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// By the name of quantiles, `ops.read.latency`: milliseconds.
    pub times: BTreeMap<String, Vec<f64>>,
    /// By the name of a count, `ops.read.ok`: so many of so many.
    pub shares: BTreeMap<String, (u64, u64)>,
    /// By the name of a ratio, `net.servers.msgs-per-op`: its value in each of up to 20
    /// equal parts of the time in which operations were invoked.
    pub parts: BTreeMap<String, Vec<f64>>,
}

impl Samples {
    /// Reads the streams of a run. Reads after the last heal are Swelkie's own and do not
    /// count.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(archive: &Archive) -> io::Result<Samples> {
        let mut samples = Samples::default();
        let operations = archive.operations()?;
        samples.of_operations(&operations);
        let messages = archive.messages(&Window::ALL)?;
        if !messages.rows.is_empty() {
            samples.of_messages(&operations, &messages);
            drop(messages);
            samples.of_spread(archive, &operations)?;
        }
        Ok(samples)
    }

    fn of_operations(&mut self, operations: &Operations) {
        let mut kinds: BTreeMap<&str, (Vec<f64>, u64, u64)> = BTreeMap::new();
        for one in operations.all.iter().filter(|one| !one.recovery) {
            let (times, ok, count) = kinds.entry(&one.f).or_default();
            *count += 1;
            if let (Completion::Ok, Some(at)) = (one.completion, one.completed) {
                *ok += 1;
                times.push(at.saturating_sub(one.invoked) as f64 / 1e6);
            }
        }
        for (kind, (times, ok, count)) in kinds {
            self.times.insert(format!("ops.{kind}.latency"), times);
            self.shares.insert(format!("ops.{kind}.ok"), (ok, count));
        }
    }

    fn of_messages(&mut self, operations: &Operations, messages: &Messages) {
        let main = || operations.all.iter().filter(|one| !one.recovery);
        let invoked = || main().map(|one| one.invoked);
        let (Some(begin), Some(end)) = (invoked().min(), invoked().max()) else {
            return;
        };
        let span = u128::from(end.saturating_sub(begin).max(1));
        let parts = (main().count() / PER_PART).min(PARTS);
        let part = |at: Nanos| {
            let inside = (begin..end).contains(&at) && parts > 0;
            inside.then(|| (u128::from(at - begin) * parts as u128 / span) as usize)
        };
        let mut operations = vec![0.0; parts];
        for part in invoked().filter_map(part) {
            operations[part] += 1.0;
        }
        let inside = |end: u32| matches!(messages.roles[end as usize], Role::Node | Role::Service);
        let (mut counts, mut bytes) = (vec![0.0; parts], vec![0.0; parts]);
        for row in messages.rows.iter().filter(|row| !row.copy) {
            if let (true, true, Some(part)) = (inside(row.src), inside(row.dest), part(row.sent)) {
                counts[part] += 1.0;
                bytes[part] += f64::from(row.size);
            }
        }
        let per_operation = |values: Vec<f64>| -> Vec<f64> {
            let both = values.into_iter().zip(&operations);
            let some = both.filter(|(_, operations)| **operations > 0.0);
            some.map(|(value, operations)| value / operations).collect()
        };
        let mut ratio = |name: &str, values: Vec<f64>| {
            self.parts.insert(name.to_owned(), per_operation(values));
        };
        ratio("net.servers.msgs-per-op", counts);
        if messages.left_out.bodies == 0 {
            ratio("net.servers.bytes-per-op", bytes);
        }
    }

    /// How long elements needed to come to every node, and how many did.
    fn of_spread(&mut self, archive: &Archive, operations: &Operations) -> io::Result<()> {
        let history = archive.history(operations);
        if history.operations.is_empty() {
            return Ok(());
        }
        let spread = archive.propagation(operations, Follow::Elements(&[]), u64::MAX)?;
        if spread.is_left_out() {
            return Ok(());
        }
        let mut asked = BTreeMap::new();
        for one in history
            .operations
            .iter()
            .filter(|one| one.outcome != Outcome::Fail)
        {
            if let Value::Element(element) = one.input {
                asked.entry(element).or_insert(one.invoked);
            }
        }
        let mut times = Vec::new();
        for (&element, &since) in &asked {
            let firsts = (0..history.nodes.len()).map(|node| spread.first(element, node));
            let last = firsts
                .collect::<Option<Vec<_>>>()
                .and_then(|all| all.into_iter().max());
            times.extend(last.map(|last| last.saturating_sub(since) as f64 / 1e6));
        }
        let prefix = format!("{}.carried", archive.report.plan.workload);
        let share = (times.len() as u64, asked.len() as u64);
        self.shares.insert(format!("{prefix}.everywhere"), share);
        self.times.insert(format!("{prefix}.time-to-all"), times);
        Ok(())
    }
}
