//! A run that was written is read back as it was.

use std::time::Duration;

use super::*;
use crate::network::Latency;
use crate::options::{Options, Target};
use crate::propagation::Follow;

fn run(change: impl FnOnce(&mut Options)) -> (tempfile::TempDir, Archive) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut options = Options::new("broadcast", Target::Builtin("flood".to_owned()));
    options.sim = true;
    options.latency = Latency::constant(Duration::from_millis(20));
    options.store = directory.path().join("store");
    change(&mut options);
    options.run().expect("it runs");
    let archive = Archive::open(&options.store.join("latest")).expect("a run");
    (directory, archive)
}

#[test]
fn rows_agree_with_what_the_network_counted() {
    let (_keep, archive) = run(|options| {
        options.nemesis = ["partition", "loss", "duplicate", "kill"]
            .map(str::to_owned)
            .into();
    });
    let messages = archive.messages(&Window::ALL).expect("read");
    let count = |name: &str| archive.report.figures.get(name).map_or(0.0, |f| f.as_f64()) as usize;
    let dropped = |row: &&Row| matches!(row.fate, Fate::Dropped { .. });
    assert_eq!(
        messages.rows.iter().filter(dropped).count(),
        count("net.dropped")
    );
    let copies = messages.rows.iter().filter(|row| row.copy).count();
    assert_eq!(copies, count("net.duplicates"));
    assert!(count("net.dropped") > 0 && copies > 0, "the run had both");
    let is_node = |end: u32| messages.roles[end as usize] == Role::Node;
    let between = |row: &&Row| is_node(row.src) && is_node(row.dest) && !row.copy;
    assert_eq!(
        messages.rows.iter().filter(between).count(),
        count("net.servers.msgs")
    );
}

#[test]
fn a_reply_knows_its_request_and_bodies_are_as_they_were_sent() {
    let (_keep, archive) = run(|_| ());
    let messages = archive.messages(&Window::ALL).expect("read");
    let replies = messages.rows.iter().filter(|row| row.cause != NONE);
    let mut counted = 0;
    for reply in replies {
        let request = &messages.rows[reply.cause as usize];
        assert_eq!((request.src, request.dest), (reply.dest, reply.src));
        let kind = |row: &Row| messages.kinds[row.kind as usize].clone();
        assert_eq!(kind(reply), format!("{}_ok", kind(request)));
        let body = messages.body(reply).expect("read").expect("recorded");
        assert!(body.starts_with('{') && body.ends_with('}') && body.contains(&kind(reply)));
        counted += 1;
    }
    assert!(counted > 100);
}

#[test]
fn a_window_has_what_was_sent_in_it_and_how_that_ended_and_a_limit_says_what_is_missing() {
    let (_keep, archive) = run(|_| ());
    let all = archive.messages(&Window::ALL).expect("read");
    let second = 1_000_000_000;
    let window = Window {
        from: 5 * second,
        to: 6 * second,
        limit: usize::MAX,
    };
    let some = archive.messages(&window).expect("read");
    let inside: Vec<(u64, Fate)> = (all.rows.iter())
        .filter(|row| (window.from..window.to).contains(&row.sent))
        .map(|row| (row.id, row.fate))
        .collect();
    let found: Vec<(u64, Fate)> = some.rows.iter().map(|row| (row.id, row.fate)).collect();
    assert!(!inside.is_empty() && found == inside);
    let first = archive.messages(&Window::first(10)).expect("read");
    assert_eq!(first.rows.len(), 10);
    assert_eq!(first.left_out.since, Some(all.rows[10].sent));
}

#[test]
fn operations_and_the_way_of_every_element_are_read_back() {
    let (_keep, archive) = run(|_| ());
    let operations = archive.operations().expect("read");
    let count = |name: &str| archive.report.figures.get(name).map_or(0.0, |f| f.as_f64()) as usize;
    let main = operations.all.iter().filter(|one| !one.recovery);
    // The judged round of final reads, one per node, counts; those before it do not.
    assert_eq!(main.count() + 5, count("ops.count"));
    let read = operations.all.iter().rfind(|one| one.f == "read");
    let read = read.expect("final reads");
    assert!(operations.output(read).starts_with('[') && operations.input(read) == "null");
    let propagation = archive.propagation(&operations, Follow::All, 1 << 30);
    let propagation = propagation.expect("read");
    let path = propagation
        .path(0, 4)
        .expect("the first message came to n4");
    assert!(path.reached_ns.is_some() && path.exact);
}

#[test]
fn a_directory_without_a_run_says_what_was_expected() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let error = Archive::open(directory.path()).expect_err("there is none");
    assert!(
        error
            .to_string()
            .contains("expected the directory of a run")
    );
    std::fs::write(directory.path().join("results.json"), "{}").expect("written");
    let error = Archive::open(directory.path()).expect_err("that is none");
    assert!(error.to_string().contains("no report of a run"), "{error}");
}
