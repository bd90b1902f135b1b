//! Every way of asking finds what a plain look at all rows finds.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use super::wanted::FateWanted;
use super::*;
use crate::archive::{Archive, Fate, Messages, Window};
use crate::engine::Rate;
use crate::network::Latency;
use crate::options::{Options, Target};

/// A run with every end that a message can have, in a file that is worth halving.
fn run() -> (tempfile::TempDir, Archive) {
    let keep = tempfile::tempdir().expect("a temporary directory");
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.sim = true;
    options.report = false;
    options.rate = Rate::PerSecond(20.0);
    options.latency = Latency::constant(Duration::from_millis(20));
    options.nemesis = ["partition", "loss", "duplicate", "kill"]
        .map(str::to_owned)
        .into();
    options.store = keep.path().to_owned();
    options.run().expect("it runs");
    let archive = Archive::open(&keep.path().join("latest")).expect("a run");
    (keep, archive)
}

fn open(archive: &Archive) -> File {
    File::open(archive.directory.join("messages.jsonl")).expect("recorded")
}

/// The numbers of all messages found, page by page.
fn all(file: &File, wanted: &Wanted, budget: u64) -> Vec<u64> {
    let (mut found, mut at, mut pages) = (Vec::new(), None, 0);
    loop {
        let results = search(file, wanted, at, budget).expect("read");
        assert!(results.messages.len() <= PAGE && results.unread == 0);
        found.extend(results.messages.iter().map(|message| message.id));
        pages += 1;
        match results.next {
            None => return found,
            Some(next) => {
                assert!(at.is_none_or(|at| at < next), "page {pages} goes on");
                at = Some(next);
            }
        }
    }
}

/// The same from rows: the numbers of originals that a condition holds for.
fn plain(messages: &Messages, wants: impl Fn(&crate::archive::Row) -> bool) -> Vec<u64> {
    let wanted: BTreeSet<u64> = messages
        .rows
        .iter()
        .filter(|row| wants(row))
        .map(|row| row.id)
        .collect();
    let originals = messages.rows.iter().filter(|row| !row.copy);
    originals
        .map(|row| row.id)
        .filter(|id| wanted.contains(id))
        .collect()
}

#[test]
fn what_is_found_is_what_is_there_however_it_is_asked_for() {
    let (_keep, archive) = run();
    let (file, rows) = (
        open(&archive),
        archive.messages(&Window::ALL).expect("read"),
    );
    let (end, kind) = (|end| rows.end(end), |kind: u32| &*rows.kinds[kind as usize]);
    let none = Wanted::default;
    let some = |text: &str| Some(text.to_owned());
    let dropped = |fate: Fate, reason: &str| match fate {
        Fate::Dropped { why, .. } => reason.is_empty() || rows.reasons[why as usize] == reason,
        _ => false,
    };
    let body = |row: &crate::archive::Row| rows.body(row).expect("read").expect("recorded");
    type Condition<'a> = Box<dyn Fn(&crate::archive::Row) -> bool + 'a>;
    let cases: Vec<(Wanted, Condition)> = vec![
        (none(), Box::new(|_| true)),
        (
            Wanted {
                src: some("n1"),
                ..none()
            },
            Box::new(|row| end(row.src) == "n1"),
        ),
        (
            Wanted {
                node: some("n1"),
                kind: some("broadcast"),
                ..none()
            },
            Box::new(|row| {
                (end(row.src) == "n1" || end(row.dest) == "n1") && kind(row.kind) == "broadcast"
            }),
        ),
        (
            Wanted {
                dest: some("n2"),
                text: some("\"message\":7,"),
                ..none()
            },
            Box::new(|row| end(row.dest) == "n2" && body(row).contains("\"message\":7,")),
        ),
        (
            Wanted {
                from: Some(5_000_000_000),
                to: Some(9_000_000_000),
                ..none()
            },
            Box::new(|row| (5_000_000_000..9_000_000_000).contains(&row.sent)),
        ),
        (
            Wanted {
                fate: Some(FateWanted::Dropped(None)),
                ..none()
            },
            Box::new(|row| dropped(row.fate, "")),
        ),
        (
            Wanted {
                fate: Some(FateWanted::Dropped(some("loss"))),
                ..none()
            },
            Box::new(|row| dropped(row.fate, "loss")),
        ),
        (
            Wanted {
                fate: Some(FateWanted::Delivered),
                src: some("n0"),
                ..none()
            },
            Box::new(|row| end(row.src) == "n0" && row.fate == Fate::Delivered),
        ),
        (
            Wanted {
                fate: Some(FateWanted::Duplicated),
                ..none()
            },
            Box::new(|row| row.copy),
        ),
        (
            Wanted {
                fate: Some(FateWanted::InFlight),
                ..none()
            },
            Box::new(|row| row.fate == Fate::InFlight),
        ),
        (
            Wanted {
                id: Some(17),
                ..none()
            },
            Box::new(|row| row.id == 17),
        ),
    ];
    for (wanted, condition) in cases {
        // A copy is sent when it is made, and belongs to its original.
        let expected = match wanted.from {
            Some(_) => plain(&rows, |row| !row.copy && condition(row)),
            None => plain(&rows, condition),
        };
        let in_flight = wanted.fate == Some(FateWanted::InFlight);
        assert!(in_flight || !expected.is_empty(), "{wanted:?}");
        assert_eq!(all(&file, &wanted, u64::MAX), expected, "{wanted:?}");
        if wanted.fate.is_none() {
            let steps = all(&file, &wanted, 5_000);
            assert_eq!(steps, expected, "{wanted:?}, in small steps");
        }
    }
}

#[test]
fn a_message_knows_its_ends_and_its_body() {
    let (_keep, archive) = run();
    let (file, rows) = (
        open(&archive),
        archive.messages(&Window::ALL).expect("read"),
    );
    let results = search(&file, &Wanted::default(), None, u64::MAX).expect("read");
    assert_eq!(
        results.count,
        rows.rows.iter().filter(|row| !row.copy).count() as u64
    );
    let mut copies = 0;
    for found in &results.messages {
        let alike: Vec<_> = rows.rows.iter().filter(|row| row.id == found.id).collect();
        assert_eq!(found.copies, alike.len() - 1);
        copies += found.copies;
        let mut ends: Vec<u64> = alike.iter().filter_map(|row| row.ended).collect();
        ends.sort_unstable();
        let seen: Vec<u64> = found.ends.iter().map(|end| end.at).collect();
        assert_eq!(seen, ends);
        let body = found
            .read_body(&file, u64::MAX)
            .expect("read")
            .expect("recorded");
        let expected = rows.body(alike[0]).expect("read").expect("recorded");
        assert_eq!(String::from_utf8(body).expect("text"), expected);
    }
    let wanted = Wanted {
        fate: Some(FateWanted::Duplicated),
        ..Wanted::default()
    };
    let twice = search(&file, &wanted, None, u64::MAX).expect("read");
    assert!(copies > 0 || twice.count > 0, "the run had copies");
}

#[test]
fn a_moment_is_found_by_halves_as_by_reading() {
    let (_keep, archive) = run();
    let file = open(&archive);
    let length = file.metadata().expect("there").len();
    assert!(
        length > 2 * NEAR,
        "there is something to halve: {length} bytes"
    );
    let text = std::fs::read(archive.directory.join("messages.jsonl")).expect("read");
    for from in (0..70).map(|second| second * 1_000_000_000) {
        let at = seek(&file, from).expect("found");
        let before = &text[..at as usize];
        assert!(before.is_empty() || before.ends_with(b"\n"));
        let late = before
            .split(|&byte| byte == b'\n')
            .filter_map(Record::parse);
        assert!(late.into_iter().all(|record| record.at < from), "{from}");
    }
}

#[test]
fn a_search_that_stops_says_where_and_what_it_has_not_seen_the_end_of() {
    let (_keep, archive) = run();
    let file = open(&archive);
    let wanted = Wanted {
        text: Some("no such text".to_owned()),
        ..Wanted::default()
    };
    let stopped = search(&file, &wanted, None, 10_000).expect("read");
    assert!(stopped.until.is_some() && stopped.next.is_some_and(|next| next >= 10_000));
    let over = search(&file, &wanted, None, u64::MAX).expect("read");
    assert_eq!((over.until, over.next, over.count), (None, None, 0));
}

#[test]
fn torn_lines_bodies_left_out_and_other_spellings_are_read() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let lines = [
        r#"{"time":5,"event":"send","id":1,"src":"n0","dest":"n\"1","claimed_src":"n2","body":{"type":"a"}}"#,
        r#"{"time":6,"event":"send","id":2,"src":"n0","dest":"n1","bytes":40}"#,
        r#"{ "event": "deliver", "time": 7, "id": 1 }"#,
        "nonsense",
        r#"{"time":8,"event":"drop","id":2,"why":"cut","fault":"a\"b"}"#,
        r#"{"time":9,"event":"send","id":3,"src":"n0","dest"#,
    ];
    file.write_all(lines.join("\n").as_bytes())
        .expect("written");
    let file = file.reopen().expect("opened");
    let results = search(&file, &Wanted::default(), None, u64::MAX).expect("read");
    assert_eq!((results.count, results.unread), (2, 2));
    let [first, second] = &*results.messages else {
        panic!("two messages");
    };
    assert_eq!((&*first.dest, first.ends[0].at), ("n\"1", 7));
    assert_eq!(second.body, None);
    let dropped = Some(("cut".to_owned(), Some("a\"b".to_owned())));
    assert_eq!(second.ends[0].dropped, dropped);
}
