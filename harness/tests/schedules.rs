//! Fault schedules as files: every kind of fault acts and ends, faults compose, and
//! the schedule that happened runs again.

mod common;

use std::time::Duration;

use common::files::{CONTROL, Files, Message};
use common::{Run, laws, story};
use swelkie::engine::{FaultRecord, Rate};
use swelkie::faults::Kind;
use swelkie::network::Latency;
use swelkie::report::Report;
use swelkie_checkers::Validity;
use swelkie_nodes::Seed;

const SEED: u64 = 7;

/// Five simulated nodes on a grid with 20 ms between them, for 10 s at 50 operations
/// per second. Messages tell what a fault did best where nothing else is random.
fn simulated(node: &str) -> Run {
    Run::sim("broadcast", node).with(|options| {
        options.seed = Seed(SEED);
        options.time_limit = Duration::from_secs(10);
        options.rate = Rate::PerSecond(50.0);
        options.latency = Latency::constant(Duration::from_millis(20));
    })
}

/// Runs it; its files keep every law.
fn carry_out(run: &Run) -> (Report, Files) {
    let report = run.report();
    let files = run.files();
    if let Err(broken) = laws::check(&files) {
        panic!("{broken}\n{}", shown(run));
    }
    (report, files)
}

/// What was run, for who wants to see it again.
fn shown(run: &Run) -> String {
    let schedule = String::from_utf8_lossy(&run.bytes("faults.toml")).into_owned();
    format!(
        "{:?}, seed {}, --faults:\n{schedule}",
        run.options.target, run.options.seed.0
    )
}

#[test]
fn a_node_that_starts_while_it_is_paused_gets_its_init_when_the_pause_ends() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "1s"
        targets = "n2"

        [[fault]]
        kind = "pause"
        at = "1.5s"
        for = "4s"
        targets = "n2"
    "#;
    // Less than the pause: time that passes in it does not count.
    let run = simulated("flood-retry")
        .schedule(schedule)
        .with(|options| options.init_timeout = Duration::from_secs(2));
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let heard = files.delivered_to("n2");
    let next = heard
        .iter()
        .find(|(at, _)| *at > files.at(Duration::from_secs(1)))
        .expect("it hears again");
    assert_eq!(
        (next.0, &*next.1.kind),
        (files.at(Duration::from_millis(5500)), "init")
    );
    let pause = report
        .faults
        .iter()
        .find(|fault| fault.name.starts_with("pause"))
        .expect("the pause");
    assert_eq!(pause.touched, 1, "it kept the new life paused: {pause:?}");
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

// Every kind acts: one fault of it from 2 s to 6 s, and what shows in the files.

const BEGIN: Duration = Duration::from_secs(2);
const END: Duration = Duration::from_secs(6);
const LATENCY: u64 = 20_000_000;

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

// Faults compose: each end undoes only itself.

/// The fault of this name.
fn fault<'a>(report: &'a Report, name: &str) -> &'a FaultRecord {
    let found = report.faults.iter().find(|fault| fault.name == name);
    found.unwrap_or_else(|| panic!("no fault {name}: {:?}", report.faults))
}

/// When a node got its inits, milliseconds since operations began.
fn inits(files: &Files, node: &str) -> Vec<u64> {
    let heard = files.delivered_to(node).into_iter();
    let inits = heard.filter(|(_, message)| message.src == CONTROL && message.kind == "init");
    inits.map(|(at, _)| (at - files.zero) / 1_000_000).collect()
}

#[test]
fn a_node_is_down_while_any_of_two_overlapping_kills_lasts() {
    let schedule = r#"
        [[fault]]
        name = "first"
        kind = "kill"
        at = "1s"
        for = "2s"
        targets = "n0"

        [[fault]]
        name = "second"
        kind = "stop"
        at = "2s"
        for = "3s"
        targets = ["n0", "n1"]
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(
        (inits(&files, "n0"), inits(&files, "n1")),
        (vec![0, 5000], vec![0, 5000])
    );
    let (first, second) = (fault(&report, "first"), fault(&report, "second"));
    assert_eq!(
        (first.touched, second.touched),
        (1, 1),
        "the second one meets n1 alone"
    );
    assert!(first.notes.is_empty(), "{first:?}");
    assert_eq!(second.notes, ["no effect on n0: it was down already"]);
    assert_eq!(files.figure("nodes.restarts"), 2.0);
}

#[test]
fn a_node_that_is_killed_while_it_is_paused_starts_paused_and_hears_init_when_the_pause_ends() {
    let schedule = r#"
        [[fault]]
        kind = "pause"
        at = "1s"
        for = "4s"
        targets = "n3"

        [[fault]]
        kind = "kill"
        at = "2s"
        for = "1s"
        targets = "n3"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n3"), [0, 5000]);
}

#[test]
fn a_node_is_paused_while_any_of_two_overlapping_pauses_lasts() {
    let schedule = r#"
        [[fault]]
        name = "first"
        kind = "pause"
        at = "1s"
        for = "2s"
        targets = "n3"

        [[fault]]
        name = "second"
        kind = "pause"
        at = "2s"
        for = "2s"
        targets = "n3"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let (first, fourth) = (
        files.at(Duration::from_secs(1)),
        files.at(Duration::from_secs(4)),
    );
    let heard: Vec<u64> = files
        .delivered_to("n3")
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| *at > first)
        .collect();
    assert_eq!(
        heard[0], fourth,
        "nothing reaches it before both have ended"
    );
    assert_eq!(
        fault(&report, "second").notes,
        ["no effect on n3: it was paused already"]
    );
}

#[test]
fn cuts_that_overlap_each_end_for_themselves() {
    let schedule = r#"
        [[fault]]
        name = "n0 alone"
        kind = "partition"
        at = "1s"
        for = "4s"
        targets = "n0"

        [[fault]]
        name = "n0 n1 against the rest"
        kind = "partition"
        at = "3s"
        for = "4s"
        targets = ["n0", "n1"]
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    // Whether messages over a link arrive when they are due in this second.
    let passes = |a: &str, b: &str, second: u64| {
        let since = files.at(Duration::from_secs(second));
        let due = files.gossip().filter(|message| {
            message.src == a
                && message.dest == b
                && (since..since + 1_000_000_000).contains(&(message.at + LATENCY))
        });
        let due: Vec<bool> = due.map(|message| message.drops("cut") == 0).collect();
        assert!(
            !due.is_empty() && due.iter().all(|passed| *passed == due[0]),
            "{a} to {b}, {second} s: {due:?}"
        );
        due[0]
    };
    // n0–n1 and n0–n3, n1–n2 are links of the grid of five, three in a row.
    let open = |a: &str, b: &str| {
        (0..9)
            .map(|second| passes(a, b, second))
            .collect::<Vec<bool>>()
    };
    let closed = |from: usize, until: usize| {
        (0..9)
            .map(|second| !(from..until).contains(&second))
            .collect::<Vec<bool>>()
    };
    assert_eq!(open("n0", "n1"), closed(1, 5));
    assert_eq!(open("n0", "n3"), closed(1, 7));
    assert_eq!(open("n1", "n2"), closed(3, 7));
}

#[test]
fn a_node_killed_for_ever_is_not_started_again_and_not_judged() {
    for kind in ["kill", "stop"] {
        let schedule = format!(
            "[[fault]]\nname = \"gone\"\nkind = \"{kind}\"\nat = \"2s\"\nforever = true\ntargets = \"n4\"\n"
        );
        let (report, files) = carry_out(&simulated("flood-retry").schedule(&schedule));
        assert_eq!(
            report.validity,
            Validity::Valid,
            "{kind}: {}",
            story(&report)
        );
        assert_eq!(inits(&files, "n4"), [0], "{kind}");
        assert_eq!(
            (fault(&report, "gone").touched, fault(&report, "gone").ended),
            (1, None),
            "{kind}"
        );
        let finally = files
            .lines
            .iter()
            .filter(|line| line.recovery && line.kind == "invoke");
        let asked: std::collections::BTreeSet<_> =
            finally.map(|line| line.node.as_deref()).collect();
        assert_eq!(asked, ["n0", "n1", "n2", "n3"].map(Some).into(), "{kind}");
    }
}

#[test]
fn a_kill_for_ever_outlasts_the_end_of_another_one() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "3s"
        targets = "n4"

        [[fault]]
        kind = "kill"
        at = "2s"
        forever = true
        targets = "n4"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n4"), [0]);
}

#[test]
fn commands_without_effect_are_recorded_and_said_aloud() {
    let schedule = r#"
        [[fault]]
        kind = "kill"
        at = "1s"
        for = "5s"
        targets = "n0"

        [[fault]]
        name = "kill again"
        kind = "kill"
        at = "2s"
        for = "1s"
        targets = "n0"

        [[fault]]
        name = "restart what is down"
        kind = "restart"
        at = "3s"
        targets = "n0"

        [[fault]]
        name = "pause what is down"
        kind = "pause"
        at = "4s"
        for = "1s"
        targets = "n0"

        [[fault]]
        name = "cut off what is down"
        kind = "one-way"
        at = "2s"
        for = "1s"
        from = "n0"
    "#;
    let run = simulated("flood-retry").schedule(schedule);
    let (report, files) = carry_out(&run);
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    assert_eq!(inits(&files, "n0"), [0, 6000]);
    let toml = String::from_utf8(run.bytes("faults.toml")).expect("text");
    for (name, note) in [
        ("kill again", "no effect on n0: it was down already"),
        (
            "restart what is down",
            "no effect on n0: it was down already",
        ),
        (
            "pause what is down",
            "no effect on n0: it was down; it is paused if it starts before the pause ends",
        ),
    ] {
        let fault = fault(&report, name);
        assert_eq!(
            (fault.touched, &*fault.notes),
            (0, &[note.to_owned()][..]),
            "{name}"
        );
        assert!(
            report.warnings.iter().any(|warning| warning.contains(name)),
            "{name}: {:?}",
            report.warnings
        );
        assert!(toml.contains(note), "{toml}");
    }
    let cut = fault(&report, "cut off what is down");
    assert_eq!((cut.began.is_some(), cut.touched), (true, 0));
}

#[test]
fn what_still_lasts_at_the_time_limit_ends_then() {
    let schedule = r#"
        [[fault]]
        name = "kill"
        kind = "kill"
        at = "8s"
        targets = "n0"

        [[fault]]
        name = "pause"
        kind = "pause"
        at = "9s"
        for = "1h"
        targets = "n1"

        [[fault]]
        name = "cut"
        kind = "partition"
        at = "7s"
        targets = "n2"

        [[fault]]
        name = "hold"
        kind = "hold"
        at = "9s"
        targets = "n3"

        [[fault]]
        name = "too late"
        kind = "kill"
        at = "30s"
        targets = "n4"
    "#;
    let (report, files) = carry_out(&simulated("flood-retry").schedule(schedule));
    assert_eq!(report.validity, Validity::Valid, "{}", story(&report));
    let limit = files.at(Duration::from_secs(10));
    assert_eq!(report.milestones.healed.map(|at| at.nanos()), Some(limit));
    for name in ["kill", "pause", "cut", "hold"] {
        assert_eq!(
            fault(&report, name).ended.map(|at| at.nanos()),
            Some(limit),
            "{name}"
        );
    }
    assert_eq!(inits(&files, "n0"), [0, 10_000]);
    assert!(report.faults.iter().all(|fault| fault.name != "too late"));
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("too late")),
        "{:?}",
        report.warnings
    );
}

#[test]
fn what_waits_for_a_paused_node_when_a_run_ends_early_is_in_flight() {
    let schedule = "[[fault]]\nkind = \"pause\"\nat = \"1s\"\ntargets = \"n0\"\n";
    let run = simulated("flood-retry")
        .schedule(schedule)
        .with(|options| options.queue_limit = 5000);
    let (report, files) = carry_out(&run);
    assert!(
        report
            .anomalies
            .iter()
            .any(|anomaly| anomaly.kind == "overload"),
        "{}",
        story(&report)
    );
    assert!(
        files.figure("net.in-flight-at-end") > 20.0,
        "{}",
        files.figure("net.in-flight-at-end")
    );
}

// Randomised faults are drawn first, so that what happened can be run again.

const RANDOM: [&str; 13] = [
    "partition",
    "one-way",
    "hold",
    "loss",
    "duplicate",
    "reorder",
    "latency",
    "slow",
    "bandwidth",
    "kill",
    "stop",
    "pause",
    "restart",
];

fn random(kinds: &[&str]) -> Run {
    simulated("flood-retry").with(|options| {
        options.nemesis = kinds.iter().map(|&kind| kind.to_owned()).collect();
        options.nemesis_interval = Duration::from_secs(1);
    })
}

/// The schedule in a file, comments left out.
fn planned(run: &Run) -> String {
    let text = String::from_utf8(run.bytes("faults.toml")).expect("text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_schedule_that_happened_runs_again_to_the_byte() {
    for seed in [1, 2, 3] {
        let first = random(&RANDOM).with(|options| options.seed = Seed(seed));
        let report = first.report();
        assert!(report.faults.len() > 30, "{} faults", report.faults.len());
        let happened = String::from_utf8(first.bytes("faults.toml")).expect("text");
        let again = simulated("flood-retry")
            .with(|options| options.seed = Seed(seed))
            .schedule(&happened);
        again.report();
        for name in ["history.jsonl", "messages.jsonl", "faults.toml"] {
            assert!(
                first.bytes(name) == again.bytes(name),
                "seed {seed}: another {name}; schedule:\n{happened}"
            );
        }
    }
}

#[test]
fn a_fault_more_changes_neither_the_operations_nor_the_other_faults() {
    let of = |kinds: &[&str]| {
        let run = random(kinds)
            .with(|options| options.concurrency = swelkie::options::Concurrency::PerNode(20));
        let (report, files) = carry_out(&run);
        (files.generated(), report.faults)
    };
    let (quiet, _) = of(&[]);
    assert!(quiet.len() > 400, "{}", quiet.len());
    let (cut, cuts) = of(&["partition"]);
    for kind in RANDOM {
        let (generated, _) = of(&[kind]);
        assert_eq!(generated, quiet, "{kind}, seed {SEED}");
    }
    let (both, faults) = of(&["partition", "kill", "loss"]);
    assert_eq!((&cut, &both), (&quiet, &quiet));
    let times = |faults: &[FaultRecord]| {
        let cuts = faults
            .iter()
            .filter(|fault| fault.name.contains("partition"));
        cuts.map(|fault| {
            (
                fault.name.clone(),
                fault.summary.clone(),
                fault.began,
                fault.ended,
            )
        })
        .collect::<Vec<_>>()
    };
    assert!(cuts.len() > 2);
    assert_eq!(times(&faults), times(&cuts));
}

/// The names of the faults in the order in which they began.
fn begun(files: &Files) -> Vec<&str> {
    let begun = files
        .lines
        .iter()
        .filter(|line| line.of_nemesis() && line.f == "begin");
    begun.filter_map(|line| line.fault.as_deref()).collect()
}

#[test]
fn a_live_run_has_the_operations_and_the_faults_of_the_simulated_one_and_so_has_its_schedule_again()
{
    let kinds = ["partition", "kill", "pause", "loss"];
    let short = |run: Run, live: bool| {
        run.with(|options| {
            options.sim = !live;
            options.time_limit = Duration::from_secs(2);
            options.nemesis_interval = Duration::from_millis(300);
            options.concurrency = swelkie::options::Concurrency::PerNode(20);
        })
    };
    let simulation = short(random(&kinds), false);
    let live = short(random(&kinds), true);
    let expected = carry_out(&simulation).1;
    let happened = carry_out(&live).1;
    let schedule = String::from_utf8(live.bytes("faults.toml")).expect("text");
    let again = short(simulated("flood-retry").schedule(&schedule), true);
    let replayed = carry_out(&again).1;
    assert_eq!(planned(&simulation), planned(&live));
    assert_eq!(planned(&live), planned(&again));
    for files in [&happened, &replayed] {
        // Live the clock decides how many operations there is time for.
        let (generated, expected) = (files.generated(), expected.generated());
        let shared = generated.len().min(expected.len());
        assert!(
            shared > 40 && shared * 10 > expected.len() * 7,
            "{} of {}",
            generated.len(),
            expected.len()
        );
        assert_eq!(generated[..shared], expected[..shared], "seed {SEED}");
        assert_eq!(begun(files), begun(&happened));
    }
}
