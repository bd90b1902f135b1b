//! Tables that have a row for each bin of time. Bins begin at the start of the run, and
//! `time_ns` is where one begins; those that touch the window are given.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use super::{Cell, Table};
use crate::archive::{Completion, Fate};
use crate::export::Source;

/// A table that nobody reads to its end.
const MOST_BINS: u64 = 10_000_000;

/// The bins of a run.
struct Bins {
    width: u64,
    count: usize,
}

impl Bins {
    fn of(source: &Source, width: Duration) -> io::Result<Bins> {
        let width = u64::try_from(width.as_nanos()).unwrap_or(u64::MAX).max(1);
        let count = source.end() / width + 1;
        if count > MOST_BINS {
            let text = format!(
                "{count} bins are too many, {MOST_BINS} at most; expected a wider --bin, such as 100ms"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let count = count as usize;
        Ok(Bins { width, count })
    }

    /// The bin of a moment; what is later than the run is in the last one.
    fn at(&self, nanos: u64) -> usize {
        ((nanos / self.width) as usize).min(self.count - 1)
    }

    /// The bins that touch the window, and where each begins.
    fn inside(&self, source: &Source) -> impl Iterator<Item = (usize, u64)> {
        let (window, width) = (source.window.clone(), self.width);
        (0..self.count)
            .map(move |bin| (bin, bin as u64 * width))
            .filter(move |(_, begins)| *begins < window.end && begins + width > window.start)
    }
}

pub(super) fn rate<W: Write>(
    source: &Source,
    width: Duration,
    table: &mut Table<W>,
) -> io::Result<()> {
    table.names(["time_ns", "f", "invoked", "ok", "fail", "info"])?;
    let bins = Bins::of(source, width)?;
    // By function and bin: invoked, and completed in each way.
    let mut counts: BTreeMap<&str, Vec<[u64; 4]>> = BTreeMap::new();
    for one in &source.operations.all {
        let of = counts
            .entry(&one.f)
            .or_insert_with(|| vec![[0; 4]; bins.count]);
        of[bins.at(one.invoked)][0] += 1;
        let way = match one.completion {
            Completion::Pending => continue,
            Completion::Ok => 1,
            Completion::Fail => 2,
            Completion::Info => 3,
        };
        of[bins.at(one.completed.unwrap_or(one.invoked))][way] += 1;
    }
    for (bin, begins) in bins.inside(source) {
        for (f, counts) in &counts {
            let head = [begins.into(), (*f).into()];
            table.row(head.into_iter().chain(counts[bin].map(Cell::Whole)))?;
        }
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Traffic {
    sent: u64,
    copies: u64,
    bytes: u64,
    delivered: u64,
    dropped: u64,
}

/// All messages count, those of clients too.
pub(super) fn network<W: Write>(
    source: &Source,
    width: Duration,
    table: &mut Table<W>,
) -> io::Result<()> {
    let messages = &source.messages;
    let reasons: Vec<String> = (messages.reasons.iter())
        .map(|reason| format!("dropped_{reason}"))
        .collect();
    let ours = [
        "time_ns",
        "sent",
        "copies",
        "bytes",
        "delivered",
        "dropped",
        "in_flight",
    ];
    table.names(ours.into_iter().chain(reasons.iter().map(String::as_str)))?;
    let bins = Bins::of(source, width)?;
    let mut traffic = vec![Traffic::default(); bins.count];
    let mut drops = vec![0_u64; bins.count * reasons.len()];
    for row in &messages.rows {
        let bin = &mut traffic[bins.at(row.sent)];
        bin.copies += u64::from(row.copy);
        bin.sent += u64::from(!row.copy);
        bin.bytes += if row.copy { 0 } else { u64::from(row.size) };
        let Some(ended) = row.ended else { continue };
        let at = bins.at(ended);
        match row.fate {
            Fate::InFlight => {}
            Fate::Delivered => traffic[at].delivered += 1,
            Fate::Dropped { why, .. } => {
                traffic[at].dropped += 1;
                drops[at * reasons.len() + why as usize] += 1;
            }
        }
    }
    // Whatever the window: what is in flight was sent before it, too.
    let in_flight = traffic.iter().scan(0_u64, |in_flight, bin| {
        *in_flight += bin.sent + bin.copies;
        *in_flight -= bin.delivered + bin.dropped;
        Some(*in_flight)
    });
    let in_flight: Vec<u64> = in_flight.collect();
    for (bin, begins) in bins.inside(source) {
        let of = &traffic[bin];
        let ours = [
            begins,
            of.sent,
            of.copies,
            of.bytes,
            of.delivered,
            of.dropped,
            in_flight[bin],
        ];
        let drops = &drops[bin * reasons.len()..][..reasons.len()];
        table.row(ours.iter().chain(drops).copied().map(Cell::Whole))?;
    }
    Ok(())
}
