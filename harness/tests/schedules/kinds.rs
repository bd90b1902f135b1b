//! Every kind acts: one fault of it from 2 s to 6 s, and what shows in the files.

use std::time::Duration;

use swelkie::engine::FaultRecord;
use swelkie::faults::Kind;
use swelkie::report::Report;
use swelkie_checkers::Validity;

use crate::common::files::{CONTROL, Files, Message};
use crate::common::story;
use crate::{LATENCY, carry_out, simulated};

const BEGIN: Duration = Duration::from_secs(2);
const END: Duration = Duration::from_secs(6);

/// Where a fault of each kind acts here, and how much.
fn keys(kind: Kind) -> &'static str {
    match kind {
        Kind::Partition | Kind::Hold => r#"targets = ["n0"]"#,
        Kind::OneWay => "from = \"n0\"\nto = [\"n1\", \"n2\"]",
        Kind::Loss | Kind::Duplicate => r#"probability = "30%""#,
        Kind::Reorder => "probability = \"30%\"\ndelay = \"100ms\"",
        Kind::Latency => r#"latency = "200ms""#,
        Kind::Slow => "targets = [\"n0\"]\ndelay = \"100ms\"",
        Kind::Bandwidth => r#"bandwidth = "1kB/s""#,
        Kind::Kill | Kind::Stop | Kind::Pause | Kind::Restart => r#"targets = ["n1"]"#,
    }
}

#[test]
fn every_kind_of_fault_acts_begins_and_ends_as_planned() {
    for kind in Kind::ALL {
        Acted::new(kind);
    }
}

/// A run with one fault.
struct Acted {
    kind: Kind,
    report: Report,
    files: Files,
    fault: FaultRecord,
    begin: u64,
    end: u64,
}

impl Acted {
    fn new(kind: Kind) -> Acted {
        let more = keys(kind);
        let lasts = if kind == Kind::Restart {
            ""
        } else {
            "for = \"4s\""
        };
        let schedule = format!("[[fault]]\nkind = \"{kind}\"\nat = \"2s\"\n{lasts}\n{more}\n");
        let run = simulated("flood-retry").schedule(&schedule);
        let (report, files) = carry_out(&run);
        assert_eq!(
            report.validity,
            Validity::Valid,
            "{kind}: {}",
            story(&report)
        );
        let fault = report.faults[0].clone();
        assert!(fault.touched > 0, "{fault:?}");
        assert!(report.warnings.is_empty(), "{kind}: {:?}", report.warnings);
        let (begin, end) = (files.at(BEGIN), files.at(END));
        let ended = if kind == Kind::Restart { begin } else { end };
        let times = (
            fault.began.map(|at| at.nanos()),
            fault.ended.map(|at| at.nanos()),
        );
        assert_eq!(times, (Some(begin), Some(ended)), "{fault:?}");
        Acted {
            kind,
            report,
            files,
            fault,
            begin,
            end,
        }
    }

    fn figure(&self, name: &str) -> u64 {
        self.files.figure(name) as u64
    }

    /// Messages between nodes that are sent while it lasts.
    fn sent(&self) -> Vec<&Message> {
        let sent = self
            .files
            .gossip()
            .filter(|message| (self.begin..self.end).contains(&message.at));
        sent.collect()
    }

    /// Messages between nodes that are due while it lasts, 20 ms after they were sent.
    fn due(&self) -> Vec<&Message> {
        let due = |message: &&Message| (self.begin..self.end).contains(&(message.at + LATENCY));
        self.files.gossip().filter(due).collect()
    }

    /// How long each of the messages took, in milliseconds.
    fn took(&self, messages: &[&Message]) -> Vec<u64> {
        let took = messages
            .iter()
            .flat_map(|message| message.deliveries().map(|at| (at - message.at) / 1_000_000));
        took.collect()
    }

    /// That outside the fault every message took 20 ms.
    fn usual_otherwise(&self) {
        let outside =
            |message: &&Message| message.at < self.begin - LATENCY || message.at >= self.end;
        let outside: Vec<&Message> = self.files.gossip().filter(outside).collect();
        let took = self.took(&outside);
        assert!(
            took.len() > 500 && took.iter().all(|&millis| millis == 20),
            "{}",
            self.kind
        );
    }

    /// That so many of the messages were touched as the probability says.
    fn share(&self, touched: usize, of: usize, expected: f64) {
        let share = touched as f64 / of as f64;
        assert!(
            of > 500 && (share - expected).abs() < 0.06,
            "{}: {touched} of {of}, expected {expected}",
            self.kind
        );
        assert_eq!(self.fault.touched, touched as u64, "{}", self.kind);
    }
}

fn at_n0(message: &Message) -> bool {
    message.src == "n0" || message.dest == "n0"
}

#[test]
fn a_partition_drops_what_is_due_between_its_sides_and_nothing_else() {
    let acted = Acted::new(Kind::Partition);
    let due = acted.due();
    let cut: Vec<_> = due
        .iter()
        .filter(|message| message.drops("cut") == 1)
        .map(|message| message.id)
        .collect();
    let across: Vec<_> = due
        .iter()
        .filter(|message| at_n0(message))
        .map(|message| message.id)
        .collect();
    assert_eq!(cut, across);
    assert_eq!(
        (acted.figure("net.dropped.cut"), acted.figure("net.dropped")),
        (acted.fault.touched, acted.fault.touched)
    );
    assert_eq!(acted.fault.touched, across.len() as u64);
    assert!(
        across.len() > 20 && across.len() < due.len() / 2,
        "{} of {}",
        across.len(),
        due.len()
    );
    acted.usual_otherwise();
}

#[test]
fn a_one_way_cut_drops_one_direction_and_delivers_the_other() {
    let acted = Acted::new(Kind::OneWay);
    let there =
        |message: &Message| message.src == "n0" && (message.dest == "n1" || message.dest == "n2");
    let back = |message: &Message| message.dest == "n0";
    let due = acted.due();
    let cut = due
        .iter()
        .filter(|message| message.drops("cut") == 1)
        .count();
    assert!(
        due.iter()
            .all(|message| there(message) == (message.drops("cut") == 1))
    );
    assert_eq!(acted.fault.touched, cut as u64);
    let heard = due
        .iter()
        .filter(|message| back(message) && message.deliveries().count() == 1)
        .count();
    assert!(cut > 20 && heard > 100, "{cut} cut, {heard} came back");
}

#[test]
fn a_hold_delivers_nothing_until_it_ends_and_then_everything_in_the_order_in_which_it_was_due() {
    let acted = Acted::new(Kind::Hold);
    let held: Vec<u64> = acted
        .due()
        .iter()
        .filter(|message| at_n0(message))
        .map(|message| message.id)
        .collect();
    let released = acted
        .files
        .records
        .iter()
        .filter(|record| record.event == "deliver" && record.time == acted.end);
    let released: Vec<u64> = released
        .map(|record| record.id)
        .filter(|id| held.contains(id))
        .collect();
    assert_eq!(
        released, held,
        "ids grow in the order of sending, and so of due times"
    );
    assert_eq!(acted.fault.touched, held.len() as u64);
    assert!(held.len() > 20, "{}", held.len());
    assert_eq!(acted.figure("net.dropped"), 0);
    acted.usual_otherwise();
}

#[test]
fn loss_drops_its_share_of_what_is_sent_meanwhile() {
    let acted = Acted::new(Kind::Loss);
    let sent = acted.sent();
    let lost = sent
        .iter()
        .filter(|message| message.drops("loss") == 1)
        .count();
    acted.share(lost, sent.len(), 0.3);
    assert_eq!(acted.figure("net.dropped.loss"), lost as u64);
    assert_eq!(
        acted.figure("net.servers.delivered"),
        acted.figure("net.servers.msgs") - lost as u64 - acted.figure("net.in-flight-at-end")
    );
}

#[test]
fn duplication_delivers_its_share_of_what_is_sent_meanwhile_twice() {
    let acted = Acted::new(Kind::Duplicate);
    let sent = acted.sent();
    let twice = sent
        .iter()
        .filter(|message| message.duplicated.is_some())
        .count();
    assert!(sent.iter().all(
        |message| message.deliveries().count() == 1 + usize::from(message.duplicated.is_some())
    ));
    acted.share(twice, sent.len(), 0.3);
    assert_eq!(acted.figure("net.duplicates"), twice as u64);
    assert_eq!(
        acted.figure("net.servers.delivered"),
        acted.figure("net.servers.msgs") + twice as u64 - acted.figure("net.in-flight-at-end")
    );
}

#[test]
fn reordering_delays_its_share_so_that_later_messages_overtake_them() {
    let acted = Acted::new(Kind::Reorder);
    let sent = acted.sent();
    let took = acted.took(&sent);
    let late = took.iter().filter(|&&millis| millis == 120).count();
    assert_eq!(
        took.iter().filter(|&&millis| millis == 20).count(),
        took.len() - late
    );
    acted.share(late, sent.len(), 0.3);
    let arrival = |message: &Message| message.deliveries().next();
    let overtaken = sent.iter().filter(|first| {
        sent.iter().any(|second| {
            second.id > first.id
                && (&second.src, &second.dest) == (&first.src, &first.dest)
                && arrival(second) < arrival(first)
        })
    });
    assert!(overtaken.count() > 20);
    acted.usual_otherwise();
}

#[test]
fn another_latency_replaces_the_usual_one_for_what_is_sent_meanwhile() {
    let acted = Acted::new(Kind::Latency);
    let took = acted.took(&acted.sent());
    assert!(took.iter().all(|&millis| millis == 200));
    assert_eq!(acted.fault.touched, took.len() as u64);
    acted.usual_otherwise();
}

#[test]
fn a_slow_node_is_later_both_ways_and_nobody_else_is() {
    let acted = Acted::new(Kind::Slow);
    let (slow, others): (Vec<&Message>, Vec<&Message>) =
        acted.sent().into_iter().partition(|message| at_n0(message));
    assert!(acted.took(&slow).iter().all(|&millis| millis == 120));
    assert!(acted.took(&others).iter().all(|&millis| millis == 20));
    assert_eq!(acted.fault.touched, slow.len() as u64);
    let to = slow.iter().filter(|message| message.dest == "n0").count();
    assert!(to > 50 && slow.len() - to > 50 && others.len() > 50);
    acted.usual_otherwise();
}

#[test]
fn a_bandwidth_sends_messages_one_behind_the_other_at_its_rate() {
    let acted = Acted::new(Kind::Bandwidth);
    let mut busy = std::collections::BTreeMap::new();
    let mut queued = 0;
    for message in acted.sent() {
        let busy: &mut u64 = busy.entry((&message.src, &message.dest)).or_default();
        queued += usize::from(*busy > message.at);
        // One byte per millisecond.
        *busy = message.at.max(*busy) + message.size as u64 * 1_000_000;
        let arrived = message.deliveries().next();
        assert_eq!(arrived, Some(*busy + LATENCY), "{message:?}");
    }
    assert!(queued > 50, "only {queued} messages found their link busy");
    assert_eq!(acted.fault.touched, acted.sent().len() as u64);
    acted.usual_otherwise();
}

#[test]
fn a_killed_or_stopped_node_is_down_until_the_end_and_then_starts_again() {
    for kind in [Kind::Kill, Kind::Stop] {
        let acted = Acted::new(kind);
        assert_eq!(
            (acted.fault.touched, acted.figure("nodes.restarts")),
            (1, 1)
        );
        let heard = acted.files.delivered_to("n1");
        let next = heard
            .iter()
            .find(|(at, _)| *at > acted.begin)
            .map(|(at, message)| (*at, &*message.kind));
        assert_eq!(next, Some((acted.end, "init")), "{kind}");
        let missed = acted
            .due()
            .into_iter()
            .filter(|message| message.dest == "n1")
            .collect::<Vec<_>>();
        assert!(
            missed.len() > 20 && missed.iter().all(|message| message.drops("node-down") == 1),
            "{kind}"
        );
        assert_eq!(
            acted.figure("net.dropped.node-down"),
            missed.len() as u64,
            "{kind}"
        );
        let meanwhile = |time: u64| (acted.begin..acted.end).contains(&time);
        let asked = acted.files.lines.iter().filter(|line| {
            line.node.as_deref() == Some("n1") && meanwhile(line.time) && line.kind != "invoke"
        });
        let ends: Vec<_> = asked
            .map(|line| line.error.as_ref().map(|error| &*error.0))
            .collect();
        assert!(
            ends.len() > 10 && ends.iter().all(|error| *error == Some("node-down")),
            "{kind}: {ends:?}"
        );
    }
}

#[test]
fn a_paused_node_hears_and_says_nothing_and_then_everything_in_order() {
    let acted = Acted::new(Kind::Pause);
    assert_eq!(
        (
            acted.fault.touched,
            acted.figure("nodes.restarts"),
            acted.figure("net.dropped")
        ),
        (1, 0, 0)
    );
    let waited: Vec<u64> = acted
        .due()
        .iter()
        .filter(|message| message.dest == "n1")
        .map(|message| message.id)
        .collect();
    let heard = acted.files.delivered_to("n1");
    let heard: Vec<u64> = heard
        .iter()
        .filter(|(at, message)| *at == acted.end && message.between_nodes())
        .map(|(_, message)| message.id)
        .collect();
    assert_eq!(heard, waited);
    assert!(waited.len() > 20, "{}", waited.len());
    // A client of a paused node waits for its time-out, longer than the pause.
    let answered = acted.files.lines.iter().any(|line| {
        line.node.as_deref() == Some("n1") && line.kind == "ok" && line.time == acted.end
    });
    assert!(answered, "who waited is answered when it resumes");
}

#[test]
fn a_restarted_node_is_up_again_at_once() {
    let acted = Acted::new(Kind::Restart);
    assert_eq!(
        (acted.fault.touched, acted.figure("nodes.restarts")),
        (1, 1)
    );
    let inits = acted
        .files
        .delivered_to("n1")
        .iter()
        .filter(|(_, message)| message.kind == "init")
        .map(|(at, _)| *at)
        .collect::<Vec<_>>();
    assert_eq!(inits, [0, acted.begin]);
    assert_eq!(acted.report.figures.get("net.dropped.node-down"), None);
}

#[test]
fn what_the_network_is_like_all_the_time_holds_until_the_last_read_and_runs_again() {
    let schedule = r#"
        [network]
        latency = "30ms"
        client-latency = "2ms"
        loss = "10%"

        [[network.link]]
        between = ["n0", "n1"]
        latency = "70ms"

        [[network.link]]
        from = "n2"
        to = "clients"
        slow = "5ms"

        [[fault]]
        kind = "slow"
        at = "2s"
        for = "4s"
        targets = "n1"
        delay = "100ms"
    "#;
    let run = simulated("flood-retry").schedule(schedule);
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let slow = files.at(BEGIN)..files.at(END);
    for message in files.messages.values() {
        let ends = [&*message.src, &*message.dest];
        let usual = match ends {
            ["n0", "n1"] | ["n1", "n0"] => 70,
            _ if message.between_nodes() => 30,
            // The harness itself speaks to nodes at once, whatever clients meet.
            [CONTROL, _] | [_, CONTROL] => 0,
            ["n2", _] => 7,
            _ => 2,
        };
        let late = message.between_nodes() && ends.contains(&"n1") && slow.contains(&message.at);
        let expected = usual + if late { 100 } else { 0 };
        for at in message.deliveries() {
            assert_eq!((at - message.at) / 1_000_000, expected, "{message:?}");
        }
    }
    let sent: Vec<&Message> = files.gossip().collect();
    let lost = sent.iter().filter(|message| message.drops("loss") == 1);
    let share = lost.count() as f64 / sent.len() as f64;
    assert!((0.05..0.15).contains(&share), "{share} of {}", sent.len());
    let after = |message: &&Message| message.at > files.at(Duration::from_secs(10));
    assert!(
        files.messages.values().filter(after).count() > 10,
        "final reads are among them"
    );
    let happened = String::from_utf8(run.bytes("faults.toml")).expect("text");
    let again = simulated("flood-retry").schedule(&happened);
    again.report();
    assert!(
        run.bytes("messages.jsonl") == again.bytes("messages.jsonl"),
        "{happened}"
    );
}
