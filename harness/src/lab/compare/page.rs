//! A scoreboard as a page: both fronts, the table, what went wrong.

use super::show::{heads, rows};
use super::{Key, Scoreboard, Standing};
use crate::lab::page::{
    Axis, Body, Column, Entry, Exhibit, Front, Kind, Mark, Note, Page, Row, Section, Table, maths,
};
use swelkie_checkers::Validity;

/// The page. `about` says under which conditions the strategies ran, and the command.
#[must_use]
pub fn page(board: &Scoreboard, about: &str) -> Page {
    let source = if board.comparable {
        "Rows called public are as people report them from the reference; 3d and 3e are the limits \
         of Gossip Glomers, challenges 3d and 3e."
    } else {
        ""
    };
    Page {
        title: "Broadcast strategies side by side".to_owned(),
        about: about.to_owned(),
        source: source.to_owned(),
        sections: vec![
            Section {
                title: "Messages against latency".to_owned(),
                exhibits: vec![
                    fronted(board, Key::Median, "median stable latency"),
                    fronted(board, Key::Max, "longest stable latency"),
                ],
                ..Section::default()
            },
            Section {
                title: "All figures".to_owned(),
                exhibits: vec![everything(board)],
                ..Section::default()
            },
            troubles(board),
        ]
        .into_iter()
        .filter(|section| !section.exhibits.is_empty() || !section.about.is_empty())
        .collect(),
    }
}

fn fronted(board: &Scoreboard, latency: Key, called: &str) -> Exhibit {
    let ours = board
        .standings
        .iter()
        .filter_map(|one| measured(one, latency));
    let theirs = board.public().into_iter().filter_map(|public| {
        Some(Entry {
            name: public.approach.to_owned(),
            x: public.msgs.low,
            y: public.figure(latency)?.low,
            interval: None,
            text: None,
            kind: Kind::Reference,
        })
    });
    let front = Front {
        x: Axis::new("messages per operation", "").log(),
        y: Axis::new(called, "ms").within(0.0, 0.0),
        entries: ours.chain(theirs).collect(),
    };
    Exhibit::new(format!("Messages and {called}"), Body::Front(front))
        .about("Further left costs less, further down is faster. Bars are the range over the runs.")
        .notes([counting(), stable(), maths::front()])
}

fn measured(standing: &Standing, latency: Key) -> Option<Entry> {
    let (msgs, latency) = (standing.figure(Key::Msgs)?, standing.figure(latency)?);
    Some(Entry {
        name: standing.name(),
        x: msgs.middle,
        y: latency.middle,
        interval: (latency.low < latency.high).then_some((latency.low, latency.high)),
        text: None,
        kind: match standing.is_valid() {
            true => Kind::Measured,
            false => Kind::Failed,
        },
    })
}

fn everything(board: &Scoreboard) -> Exhibit {
    let columns = heads(board).into_iter().map(|head| {
        let key = Key::ALL.into_iter().find(|key| key.head() == head);
        match key {
            Some(key) => Column::number(head, key.meaning()),
            None => Column::text(head),
        }
    });
    let marks = board
        .standings
        .iter()
        .map(|standing| match standing.validity() {
            Validity::Valid => Mark::Good,
            Validity::Invalid => Mark::Bad,
            Validity::Unknown => Mark::Open,
        });
    let marks = marks.chain(std::iter::repeat(Mark::Plain));
    let rows = rows(board).into_iter().zip(marks);
    let table = Table {
        columns: columns.collect(),
        rows: rows.map(|(cells, mark)| Row { cells, mark }).collect(),
    };
    let title = format!("Sorted by {}, valid ones first", board.sort);
    Exhibit::new(title, Body::Table(table)).notes([counting(), stable()])
}

/// What went wrong, and how to see it again; what blurs figures.
fn troubles(board: &Scoreboard) -> Section {
    let mut told = Vec::new();
    for standing in &board.standings {
        let name = standing.name();
        if let Some((score, trouble)) = standing.trouble() {
            told.push(format!("{name}, seed {}: {}", score.seed, trouble.text));
            told.push(format!("Again: {}", trouble.again));
        }
        for (score, warning) in standing.warnings().take(2) {
            told.push(format!("{name}, seed {}: warning: {warning}", score.seed));
        }
    }
    Section {
        title: "What went wrong".to_owned(),
        about: told.join("\n\n"),
        exhibits: Vec::new(),
    }
}

fn counting() -> Note {
    Note {
        title: "Messages per operation".to_owned(),
        text: "Messages with a client at neither end, of the whole run, the wait for recovery included, \
               over all operations of clients, final reads included."
            .to_owned(),
        formula: "msgs/op = messages between servers / operations".to_owned(),
        source: "the reference's own way of counting".to_owned(),
    }
}

fn stable() -> Note {
    Note {
        title: "Stable latency".to_owned(),
        text:
            "From the moment an element is known until the last read, on any node, that missed it; \
               0 if none did. Of several runs the median of their figures."
                .to_owned(),
        formula: "t = max(0, last read without it − known)".to_owned(),
        source: "the reference's own way of counting".to_owned(),
    }
}
