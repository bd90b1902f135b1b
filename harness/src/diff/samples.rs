//! The raw data behind figures: what a test of two runs needs.

use std::collections::BTreeMap;
use std::io;

use swelkie_checkers::{Outcome, Value};

use crate::archive::{Archive, Completion, Messages, Operations, Role, Window};
use crate::propagation::Follow;

/// The time of a run is cut into so many parts. Messages come in bursts and waves, so one
/// message says little about the next; counts of long parts (batch means, as simulations
/// use them) are nearly independent.
pub const PARTS: usize = 20;

/// What figures of a run are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// By the name of quantiles, `ops.read.latency`: milliseconds.
    pub times: BTreeMap<String, Vec<f64>>,
    /// By the name of a count, `ops.read.ok`: so many of so many.
    pub shares: BTreeMap<String, (u64, u64)>,
    /// By the name of a ratio, `net.servers.msgs-per-op`: its value in [`PARTS`] parts of
    /// the time in which operations were invoked.
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
        let span = end.saturating_sub(begin).max(1);
        let inside = |end: u32| matches!(messages.roles[end as usize], Role::Node | Role::Service);
        let (mut counts, mut bytes) = (vec![0.0; PARTS], vec![0.0; PARTS]);
        for row in messages.rows.iter().filter(|row| !row.copy) {
            if !inside(row.src) || !inside(row.dest) || !(begin..end).contains(&row.sent) {
                continue;
            }
            let part = u128::from(row.sent - begin) * PARTS as u128 / u128::from(span);
            counts[part as usize] += 1.0;
            bytes[part as usize] += f64::from(row.size);
        }
        let per_operation = |values: Vec<f64>| -> Vec<f64> {
            let operations = main().count() as f64 / PARTS as f64;
            values.into_iter().map(|value| value / operations).collect()
        };
        self.parts
            .insert("net.servers.msgs-per-op".to_owned(), per_operation(counts));
        if messages.left_out.bodies == 0 {
            self.parts
                .insert("net.servers.bytes-per-op".to_owned(), per_operation(bytes));
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
