//! Messages as columns.

use super::bodies::Blocks;
use super::columns::Columns;
use crate::archive::{Fate, Messages, NONE, Row};

/// Adds a column for each field of the rows.
pub fn add(columns: &mut Columns, messages: &Messages, blocks: &Blocks) {
    let rows = &messages.rows;
    let each = |field: fn(&Row) -> u64| rows.iter().map(field);
    columns.deltas("message.id", each(|row| row.id));
    columns.deltas("message.sent", each(|row| row.sent));
    // 0 for one that did not end; else one more than how long it took.
    let took = |row: &Row| {
        row.ended
            .map_or(0, |ended| ended.saturating_sub(row.sent) + 1)
    };
    columns.plain("message.took", each(took));
    columns.plain("message.src", each(|row| u64::from(row.src)));
    columns.plain("message.dest", each(|row| u64::from(row.dest)));
    columns.plain("message.kind", each(|row| u64::from(row.kind)));
    columns.plain("message.fate", each(fate));
    columns.plain("message.why", each(|row| optional(dropped(row).0)));
    columns.plain("message.fault", each(|row| optional(dropped(row).1)));
    // 0 for none; else how many rows earlier.
    let cause = |(index, row): (usize, &Row)| match row.cause {
        NONE => 0,
        cause => (index as u64).saturating_sub(u64::from(cause)),
    };
    columns.plain("message.cause", rows.iter().enumerate().map(cause));
    columns.plain("message.size", each(|row| u64::from(row.size)));
    columns.plain("message.copy", each(|row| u64::from(row.copy)));
    let has_body = |(index, row): (usize, &Row)| u64::from(index < blocks.end && row.has_body());
    columns.plain("message.body", rows.iter().enumerate().map(has_body));
}

fn fate(row: &Row) -> u64 {
    match row.fate {
        Fate::Delivered => 0,
        Fate::InFlight => 1,
        Fate::Dropped { .. } => 2,
    }
}

fn dropped(row: &Row) -> (u32, u32) {
    match row.fate {
        Fate::Dropped { why, fault } => (why, fault),
        _ => (NONE, NONE),
    }
}

/// 0 for none, else one more.
fn optional(number: u32) -> u64 {
    match number {
        NONE => 0,
        number => u64::from(number) + 1,
    }
}
