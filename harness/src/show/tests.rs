//! Snapshots of pages about a run by hand.
//!
//! ```text
//!   1.0 s  c1 asks n0 for 7     n0 ─► n1 1.1 s    n0 ─x n2 twice, partition-1
//!                               n1 ─► n0 1.2 s (needless)
//!   2.0 s  n1 is started again, after kill-1      4.0 s  final reads: n0 shows 7
//! ```

use std::fs;

use super::following::{Error, Following};
use super::moment::{Log, Window};
use super::plots::Recording;
use super::{Screen, following, moment, plots};
use crate::archive::Archive;
use crate::engine::FaultRecord;
use crate::faults::Scope;
use crate::report::{PlanSummary, Report, RunInfo};
use swelkie_nodes::Time;

const SCREEN: Screen = Screen {
    width: 80,
    color: false,
    ascii: false,
};

const HISTORY: &str = r#"{"time":1000000000,"process":0,"type":"invoke","f":"broadcast","value":7,"op":0,"node":"n0","client":"c1"}
{"time":1010000000,"process":0,"type":"ok","f":"broadcast","value":7,"op":0,"node":"n0","client":"c1"}
{"time":1050000000,"process":"nemesis","type":"info","f":"begin","value":"cut n2 | n0 n1","fault":"partition-1"}
{"time":1500000000,"process":1,"type":"invoke","f":"read","value":null,"op":1,"node":"n1","client":"c2"}
{"time":1540000000,"process":1,"type":"ok","f":"read","value":[7],"op":1,"node":"n1","client":"c2"}
{"time":2500000000,"process":1,"type":"invoke","f":"read","value":null,"op":2,"node":"n2","client":"c2"}
{"time":3000000000,"process":"nemesis","type":"info","f":"end","value":"cut n2 | n0 n1","fault":"partition-1"}
{"time":3500000000,"process":1,"type":"fail","f":"read","value":null,"op":2,"node":"n2","client":"c2","error":["timeout","no \u001b[31mreply"]}
{"time":4000000000,"process":2,"type":"invoke","f":"read","value":null,"op":3,"node":"n0","client":"c3","recovery":true}
{"time":4010000000,"process":2,"type":"ok","f":"read","value":[7],"op":3,"node":"n0","client":"c3","recovery":true}
{"time":4000000000,"process":3,"type":"invoke","f":"read","value":null,"op":4,"node":"n1","client":"c4","recovery":true}
{"time":4010000000,"process":3,"type":"ok","f":"read","value":[],"op":4,"node":"n1","client":"c4","recovery":true}
"#;

const MESSAGES: &str = r#"{"time":0,"event":"send","id":1,"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n0","n1","n2"],"msg_id":1}}
{"time":0,"event":"deliver","id":1}
{"time":1000000000,"event":"send","id":2,"src":"c1","dest":"n0","body":{"type":"broadcast","message":7,"msg_id":1}}
{"time":1000000000,"event":"deliver","id":2}
{"time":1000000000,"event":"send","id":3,"src":"n0","dest":"n1","body":{"type":"gossip","messages":[7]}}
{"time":1000000000,"event":"send","id":4,"src":"n0","dest":"n2","body":{"type":"gossip","messages":[7]}}
{"time":1010000000,"event":"send","id":5,"src":"n0","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":1}}
{"time":1010000000,"event":"deliver","id":5}
{"time":1100000000,"event":"drop","id":4,"why":"cut","fault":"partition-1"}
{"time":1100000000,"event":"deliver","id":3}
{"time":1100000000,"event":"send","id":6,"src":"n1","dest":"n0","body":{"type":"gossip","messages":[7],"note":"\u001b[2J\u202e"}}
{"time":1200000000,"event":"deliver","id":6}
{"time":1400000000,"event":"send","id":7,"src":"n0","dest":"n2","body":{"type":"gossip","messages":[7]}}
{"time":1500000000,"event":"drop","id":7,"why":"cut","fault":"partition-1"}
{"time":2000000000,"event":"send","id":8,"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n0","n1","n2"],"msg_id":2}}
{"time":2000000000,"event":"deliver","id":8}
{"time":2000000000,"event":"se"#;

fn fault(name: &str, summary: &str, action: &'static str, span: (u64, u64)) -> FaultRecord {
    let ms = |ms: u64| Some(Time(ms * 1_000_000));
    FaultRecord {
        name: name.to_owned(),
        summary: summary.to_owned(),
        scope: Scope {
            action: action.into(),
            nodes: vec!["n1".to_owned()],
            ..Scope::default()
        },
        began: ms(span.0),
        ended: ms(span.1),
        touched: 2,
        hit: Default::default(),
        on_links: action == "cut",
        notes: Vec::new(),
    }
}

/// The run, over or not, with these messages.
fn run(over: bool, messages: &str) -> (tempfile::TempDir, Archive) {
    let plan = PlanSummary {
        workload: "broadcast".into(),
        target: "flood".into(),
        builtin: true,
        mode: "sim".into(),
        nodes: ["n0", "n1", "n2"].map(str::to_owned).into(),
        seed: 7,
        time_limit_s: 4.0,
        rate: Some(1.0),
        concurrency: 1,
        latency: "100ms".into(),
        topology: None,
        labels: None,
        faults: 2,
    };
    let mut report = Report::begun(plan, RunInfo::default());
    if over {
        report.milestones.end = Time(5_000_000_000);
        report.faults = vec![
            fault("partition-1", "cut n2 | n0 n1", "cut", (1050, 3000)),
            fault("kill-1", "kill n1", "kill", (1800, 2000)),
        ];
    }
    // Not as an escape of JSON, but as it is.
    let messages = messages.replace("\\u202e", "\u{202e}");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let json = serde_json::to_vec(&report).expect("it serialises");
    for (name, content) in [
        ("results.json", json.as_slice()),
        ("history.jsonl", HISTORY.as_bytes()),
        ("messages.jsonl", messages.as_bytes()),
    ] {
        fs::write(directory.path().join(name), content).expect("written");
    }
    let archive = Archive::open(directory.path()).expect("a run");
    (directory, archive)
}

/// Colours may hide blanks at the end of a line.
fn trimmed(page: &str) -> String {
    page.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Both texts, so that what differs is seen at a glance.
fn same(page: &str, expected: &str) {
    let page: Vec<&str> = page.lines().map(str::trim_end).collect();
    let expected: Vec<&str> = expected.trim_start_matches('\n').lines().collect();
    assert!(
        page == expected,
        "\n{}\n----\n{}",
        page.join("\n"),
        expected.join("\n")
    );
}

fn plotted(archive: &Archive, screen: &Screen) -> String {
    plots::page(&Recording::read(archive).expect("read"), screen, false)
}

#[test]
fn plots_share_one_axis_with_the_faults() {
    let (_keep, archive) = run(true, MESSAGES);
    same(
        &plotted(&archive, &SCREEN),
        "
operations    by how they ended; reads: after the last heal; right: most per se…
  ok 2                   █    █                                       11/s
                         █    █
  fail 1                                            █                 11/s
  reads 2                                                 █           22/s
              ───────────━━━━━━━━━━━━━━━━━━━━━━──────────────────────

latency       of operations that ended ok: ● median, ○ 99th percentile
      40.0 ms                 ●
      28.3 ms
      20.0 ms
      14.1 ms
      10.0 ms            ●
              ───────────━━━━━━━━━━━━━━━━━━━━━━──────────────────────

messages      between nodes, when they were sent
  4                      █                                            22/s
                         █▄  ▄
                         ██  █
              ───────────━━━━━━━━━━━━━━━━━━━━━━──────────────────────

drops         messages that were dropped, by reason
  cut 2                   █   █                                       11/s
              ───────────━━━━━━━━━━━━━━━━━━━━━━──────────────────────

reached       share of nodes that have each message asked for so far; missing
  66.7%                   ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃ 100%
                         ▅███████████████████████████████████████████
  missing 1              █▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ 2
              ───────────━━━━━━━━━━━━━━━━━━━━━━──────────────────────
              │0 s       │1 s       │2 s       │3 s       │4 s
partition-1              ━━━━━━━━━━━━━━━━━━━━━━                       cut
kill-1                           ━━━                                  kill

passed over, torn or none of Swelkie's: 1 line of messages.jsonl
",
    );
}

#[test]
fn a_run_that_was_cut_short_has_its_faults_from_its_history() {
    let (_keep, archive) = run(false, "");
    same(
        &plotted(
            &archive,
            &Screen {
                width: 60,
                ascii: true,
                ..SCREEN
            },
        ),
        "
operations    by how they ended; reads: after the last heal...
  ok 2                #    #                      8.73/s
                      #    #
  fail 1                                    #     8.73/s
  reads 2                                       # 17.5/s
              ---------==================--------

latency       of operations that ended ok: * median, o 99th...
      40.0 ms              *
      28.3 ms
      20.0 ms
      14.1 ms
      10.0 ms         *
              ---------==================--------
              |0 s             |2 s             |4 s
partition-1            ==================         cut

no plots of the network: the run recorded no messages
",
    );
}

#[test]
fn one_message_is_followed_to_where_it_stopped() {
    let (_keep, archive) = run(true, MESSAGES);
    let following = Following::read(&archive, "7", None).expect("it is there");
    same(
        &following::page(&following, &SCREEN, false),
        "
7
asked         1.000 s by c1 of n0 (operation 0)
acknowledged  1.010 s, after 10.0 ms

c1 → n0        1.000 s            message 2
└─ n0 → n1     1.100 s   +100 ms  message 3  life 1 of 2

came to       2 of 3 nodes
needless      1 delivery to nodes that had it: n0 1

n1  forgot it: got it at 1.100 s, was started again at 2.000 s (kill-1)
    no message with it was sent there again

n2  never got it
    2 messages dropped: cut by partition-1, the first from n0, 1.100 s to 1.500 s
        partition-1: cut n2 | n0 n1, 1.050 s to 3.000 s

the last read of each node that answered one
shown by      n0 at 4.010 s
not shown by  n1 at 4.010 s
",
    );
}

#[test]
fn the_way_to_one_node_has_nothing_of_the_others() {
    let (_keep, archive) = run(true, MESSAGES);
    let following = Following::read(&archive, "7", Some("n2")).expect("it is there");
    same(
        &following::page(&following, &SCREEN, false),
        "
7 on its way to n2
asked         1.000 s by c1 of n0 (operation 0)
acknowledged  1.010 s, after 10.0 ms

It never came to n2.

n2  never got it
    2 messages dropped: cut by partition-1, the first from n0, 1.100 s to 1.500 s
        partition-1: cut n2 | n0 n1, 1.050 s to 3.000 s
    n0, who could have told it, had it from 1.000 s
",
    );
    let unknown = Following::read(&archive, "7", Some("n9"));
    assert!(matches!(unknown, Err(Error::Unknown(text)) if text.contains("are n0, n1, n2")));
}

#[test]
fn without_messages_the_requests_and_the_reads_are_told() {
    let (_keep, archive) = run(true, "");
    let following = Following::read(&archive, "7", None).expect("it is there");
    same(
        &following::page(&following, &SCREEN, false),
        "
7
asked         1.000 s by c1 of n0 (operation 0)
acknowledged  1.010 s, after 10.0 ms

the last read of each node that answered one
shown by      n0 at 4.010 s
not shown by  n1 at 4.010 s

the way between nodes is not known: the run recorded no messages
",
    );
}

#[test]
fn a_moment_is_a_log_in_order_with_nothing_that_acts_on_a_terminal() {
    let (_keep, archive) = run(true, MESSAGES);
    let window = Window {
        at: 1_100_000_000,
        around: 100_000_000,
        node: None,
        limit: 100,
    };
    let log = Log::read(&archive, &window).expect("read");
    same(
        &moment::page(
            &log,
            &window,
            &Screen {
                width: 120,
                ..SCREEN
            },
        ),
        "
1.000000 s to 1.200000 s
  1.000000 s  invoke       c1 → n0  operation 0 broadcast 7
  1.000000 s  send         c1 → n0  message 2 broadcast {\"message\":7,\"msg_id\":1}
  1.000000 s  deliver      c1 → n0  message 2 broadcast after 0 s
  1.000000 s  send         n0 → n1  message 3 gossip {\"messages\":[7]}
  1.000000 s  send         n0 → n2  message 4 gossip {\"messages\":[7]}
  1.010000 s  send         n0 → c1  message 5 broadcast_ok {\"in_reply_to\":1}
  1.010000 s  deliver      n0 → c1  message 5 broadcast_ok after 0 s
  1.010000 s  ok           c1 → n0  operation 0 broadcast 7
  1.050000 s  FAULT begin  partition-1  cut n2 | n0 n1
  1.100000 s  ·
  1.100000 s  drop         n0 → n2  message 4 gossip cut by partition-1 after 100 ms
  1.100000 s  deliver      n0 → n1  message 3 gossip after 100 ms
  1.100000 s  send         n1 → n0  message 6 gossip {\"messages\":[7],\"note\":\"\\u001b[2J\\u{202e}\"}
  1.200000 s  deliver      n1 → n0  message 6 gossip after 100 ms
",
    );
}

#[test]
fn a_log_is_cut_at_both_ends_of_its_moment() {
    let (_keep, archive) = run(true, MESSAGES);
    let all = Window {
        at: 1_100_000_000,
        around: 5_000_000_000,
        node: None,
        limit: usize::MAX,
    };
    let whole = Log::read(&archive, &all).expect("read");
    assert_eq!((whole.left_out_before, whole.left_out_after), (0, 0));
    assert!(whole.events.is_sorted_by_key(|event| event.time_ns));
    for limit in [1, 2, 6, 10] {
        let part = Log::read(
            &archive,
            &Window {
                limit,
                ..all.clone()
            },
        )
        .expect("read");
        let begin = part.left_out_before as usize;
        let end = whole.events.len() - part.left_out_after as usize;
        assert_eq!(part.events, whole.events[begin..end], "limit {limit}");
        assert!(part.events.len() <= limit + 1);
    }
    let of_n2 = Log::read(
        &archive,
        &Window {
            node: Some("n2"),
            ..all
        },
    )
    .expect("read");
    let concerned = |event: &moment::Event| {
        event.to.is_none() || event.from == "n2" || event.to.as_deref() == Some("n2")
    };
    assert!(
        of_n2.events.iter().all(concerned) && of_n2.events.len() == 8,
        "{of_n2:?}"
    );
}

#[test]
fn colours_change_nothing_but_colours_and_ascii_has_no_other_characters() {
    let (_keep, archive) = run(true, MESSAGES);
    let following = Following::read(&archive, "7", None).expect("it is there");
    let window = Window {
        at: 1_100_000_000,
        around: 100_000_000,
        node: None,
        limit: 100,
    };
    let log = Log::read(&archive, &window).expect("read");
    let pages = |screen: &Screen| {
        [
            plotted(&archive, screen),
            following::page(&following, screen, false),
            moment::page(&log, &window, screen),
        ]
    };
    let colored = pages(&Screen {
        color: true,
        ..SCREEN
    });
    for (colored, plain) in colored.iter().zip(pages(&SCREEN)) {
        assert!(colored.contains("\u{1b}["));
        let stripped = anstream::adapter::strip_str(colored).to_string();
        same(&stripped, &trimmed(&plain));
        assert!(
            !plain.contains('\u{1b}') && !plain.contains('\u{202e}'),
            "{plain}"
        );
    }
    for page in pages(&Screen {
        ascii: true,
        ..SCREEN
    }) {
        assert!(page.is_ascii(), "{page}");
    }
}

#[test]
fn no_plot_is_wider_than_the_screen() {
    let (_keep, archive) = run(true, MESSAGES);
    for width in [40, 60, 80, 133, 250] {
        let page = plotted(&archive, &Screen { width, ..SCREEN });
        let drawn = page
            .lines()
            .take_while(|line| !line.starts_with("passed over"));
        let widest = drawn.map(|line| line.chars().count()).max().expect("lines");
        assert!(widest <= width.max(44), "{widest} of {width}\n{page}");
    }
}
