//! What clients did, as columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::columns::Columns;
use super::recording::Ends;
use crate::archive::{Completion, Operations, Role};
use crate::summary::grouped;

/// A value of more bytes is cut.
const LONGEST: usize = 16 << 10;
/// Past the bound of all values together, only ones as short as this are kept.
const SHORT: usize = 64;

/// Keeps texts within a bound.
pub struct Values {
    /// Bytes that there is room for.
    room: usize,
    /// Texts that were cut or left out.
    pub cut: usize,
}

impl Values {
    pub fn new(room: usize) -> Values {
        Values { room, cut: 0 }
    }

    /// The text, or its beginning and how long it was.
    fn keep<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        let most = if self.room > 0 { LONGEST } else { SHORT };
        if text.len() <= most {
            self.room = self.room.saturating_sub(text.len());
            return Cow::Borrowed(text);
        }
        self.cut += 1;
        let kept = shortened(text, most);
        self.room = self.room.saturating_sub(kept.len());
        Cow::Owned(kept)
    }
}

/// The beginning of a long text, and how long it was.
pub fn shortened(text: &str, most: usize) -> String {
    let end = (0..=most).rev().find(|&at| text.is_char_boundary(at));
    let end = end.unwrap_or_default();
    format!("{}… ({} bytes)", &text[..end], grouped(text.len() as u64))
}

/// Adds a column for each field; returns the names of the functions.
pub fn add(
    columns: &mut Columns,
    operations: &Operations,
    ends: &mut Ends,
    values: &mut Values,
) -> Vec<String> {
    let all = &operations.all;
    let mut functions = Vec::new();
    let mut numbers = BTreeMap::new();
    let f = all.iter().map(|operation| {
        *numbers.entry(&*operation.f).or_insert_with(|| {
            functions.push(operation.f.clone());
            functions.len() as u64 - 1
        })
    });
    columns.plain("operation.f", f);
    columns.deltas("operation.number", all.iter().map(|one| one.op as u64));
    // The process of a line that is none of ours is no number.
    let process = |process: u64| process.min(1 << 53);
    columns.plain(
        "operation.process",
        all.iter().map(|one| process(one.process)),
    );
    let nodes = all
        .iter()
        .map(|one| u64::from(ends.number(&one.node, Role::Stranger)));
    columns.plain("operation.node", nodes.collect::<Vec<_>>());
    let clients = all
        .iter()
        .map(|one| u64::from(ends.number(&one.client, Role::Client)));
    columns.plain("operation.client", clients.collect::<Vec<_>>());
    columns.deltas("operation.invoked", all.iter().map(|one| one.invoked));
    // 0 for one that is pending; else one more than how long it took.
    let took = all.iter().map(|one| {
        let completed = one.completed?;
        Some(completed.saturating_sub(one.invoked) + 1)
    });
    columns.plain("operation.took", took.map(Option::unwrap_or_default));
    columns.plain(
        "operation.outcome",
        all.iter().map(|one| outcome(one.completion)),
    );
    columns.plain(
        "operation.recovery",
        all.iter().map(|one| u64::from(one.recovery)),
    );
    // What was asked first: elements are short, what reads return is not.
    let inputs = all.iter().map(|one| values.keep(operations.input(one)));
    columns.texts(("operation.input", "operation.input.length"), inputs);
    let outputs = all.iter().map(|one| match one.completion {
        Completion::Ok => values.keep(operations.output(one)),
        // It says what was asked once more.
        _ => Cow::Borrowed(""),
    });
    columns.texts(("operation.output", "operation.output.length"), outputs);
    let errors = all.iter().map(|one| match &one.error {
        Some((kind, story)) if story.is_empty() => values.keep(kind),
        Some((kind, story)) => Cow::Owned(values.keep(&format!("{kind}: {story}")).into_owned()),
        None => Cow::Borrowed(""),
    });
    columns.texts(("operation.error", "operation.error.length"), errors);
    functions
}

fn outcome(completion: Completion) -> u64 {
    match completion {
        Completion::Ok => 0,
        Completion::Fail => 1,
        Completion::Info => 2,
        Completion::Pending => 3,
    }
}
