//! First arrivals and figures.

use swelkie_checkers::{Figure, Figures};
use swelkie_nodes::{Body, NodeId, Time};

use super::{Run, ms};
use crate::engine::{Journal, JournalConfig};
use crate::propagation::names;

const FLOOD_ON_A_LINE: &str = r#"
    10 send 1 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
    10 deliver 1
    11 send 2 n0 c3 {"type":"broadcast_ok","in_reply_to":1}
    11 send 3 n0 n1 {"type":"broadcast","message":17}
    11 deliver 2
    110 deliver 3
    110 send 4 n1 n2 {"type":"broadcast","message":17}
    210 deliver 4
    300 send 5 c4 n1 {"type":"read","msg_id":1}
    300 deliver 5
    301 send 6 n1 c4 {"type":"read_ok","messages":[17,18],"in_reply_to":1}
    301 deliver 6
"#;

fn flood() -> Run {
    Run::new(3, FLOOD_ON_A_LINE)
        .adds(0, "17", 10)
        .adds(2, "18", 400)
}

fn figures(run: &Run) -> Figures {
    let mut figures = Figures::default();
    run.read().figures(&run.history, "broadcast", &mut figures);
    figures
}

fn count(figures: &Figures, name: &str) -> f64 {
    figures
        .get(&format!("broadcast.carried.{name}"))
        .unwrap_or_else(|| panic!("no {name}"))
        .as_f64()
}

#[test]
fn an_element_is_at_a_node_from_the_first_delivery_that_contains_it() {
    assert_eq!(flood().firsts("17"), [Some(10), Some(110), Some(210)]);
    assert_eq!(
        flood().firsts("18"),
        [None, None, None],
        "a reply to a client carries nothing to a node"
    );
}

#[test]
fn figures_count_time_from_the_invocation_and_hops_from_the_client() {
    let figures = figures(&flood());
    assert_eq!(count(&figures, "everywhere"), 1.0);
    assert_eq!(count(&figures, "time-to-all.max"), 200.0);
    assert_eq!(count(&figures, "time-to-90%.p50"), 200.0);
    assert_eq!(count(&figures, "time-to-node.p50"), 100.0);
    assert_eq!(count(&figures, "hops.p50"), 1.0);
    assert_eq!(count(&figures, "hops.max"), 2.0);
    assert_eq!(count(&figures, "copies"), 0.0);
    assert!(matches!(
        figures.get("broadcast.carried.time-to-all.p99"),
        Some(Figure::Duration(_))
    ));
}

#[test]
fn every_figure_that_is_set_is_listed_and_the_other_way_round() {
    let figures = figures(&flood());
    let kind = |figure: Figure| std::mem::discriminant(&figure);
    let set = figures
        .0
        .into_iter()
        .map(|(name, figure)| (name, kind(figure)));
    let mut listed: Vec<_> = names("broadcast")
        .into_iter()
        .map(|(name, figure)| (name, kind(figure)))
        .collect();
    listed.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(set.collect::<Vec<_>>(), listed);
}

#[test]
fn a_node_that_is_not_judged_need_not_be_reached() {
    let mut run = flood();
    run.journal.truncate(run.journal.find(r#""id":4"#).unwrap());
    assert_eq!(count(&figures(&run), "everywhere"), 0.0);
    run.history.nodes[2].judged = false;
    assert_eq!(count(&figures(&run), "everywhere"), 1.0);
    assert_eq!(count(&figures(&run), "time-to-all.max"), 100.0);
}

#[test]
fn a_delivery_to_a_node_that_has_it_is_a_copy_and_so_is_a_duplicate() {
    let run = Run::new(
        2,
        r#"
        10 send 1 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
        10 deliver 1
        11 send 2 n0 n1 {"type":"broadcast","message":17}
        11 duplicate 2 dup-1
        20 deliver 2
        25 send 3 n1 n0 {"type":"broadcast","message":17}
        29 deliver 2
        30 deliver 3
        31 deliver 2
        40 send 4 c4 n1 {"type":"broadcast","message":17,"msg_id":1}
        40 deliver 4
    "#,
    )
    .adds(0, "17", 10);
    assert_eq!(run.firsts("17"), [Some(10), Some(20)]);
    assert_eq!(
        count(&figures(&run), "copies"),
        2.0,
        "a client's request is no copy, a third end is none"
    );
}

#[test]
fn batches_carry_each_of_their_elements_and_acknowledgements_none() {
    let run = Run::new(
        3,
        r#"
        10 send 1 c3 n0 {"type":"add","element":1,"msg_id":1}
        10 deliver 1
        11 send 2 c3 n0 {"type":"add","element":2,"msg_id":2}
        11 deliver 2
        20 send 3 n0 n1 {"type":"gossip","messages":[1,2,99,1]}
        30 deliver 3
        31 send 4 n1 n2 {"type":"gossip_ok","messages":[1,2]}
        32 deliver 4
        33 send 5 n1 n2 {"messages": [ 2, "x" ], "type":"gossip"}
        34 deliver 5
        35 send 6 n1 n2 {"messages": null, "type":"gossip"}
        36 deliver 6
    "#,
    )
    .adds(0, "1", 10)
    .adds(0, "2", 11);
    assert_eq!(run.firsts("1"), [Some(10), Some(30), None]);
    assert_eq!(run.firsts("2"), [Some(11), Some(30), Some(34)]);
    assert!(run.read().warnings().is_empty());
}

#[test]
fn elements_of_any_shape_and_spelling_are_found() {
    let run = Run::new(
        2,
        r#"
        10 send 1 c3 n0 {"type":"broadcast","message":{"a": 1,"b":[null]},"msg_id":1}
        10 deliver 1
        11 send 2 n0 n1 {"type":"broadcast","message":{ "b":[ null ], "a":1 }}
        20 deliver 2
        21 send 3 n0 n1 {"type":"gossip","messages":[null,"\u0061"]}
        22 deliver 3
    "#,
    )
    .adds(0, r#"{"a":1,"b":[null]}"#, 10)
    .adds(0, "null", 10)
    .adds(0, r#""a""#, 10);
    assert_eq!(run.firsts(r#"{"a":1,"b":[null]}"#), [Some(10), Some(20)]);
    assert_eq!(run.firsts("null"), [None, Some(22)]);
    assert_eq!(run.firsts(r#""a""#), [None, Some(22)]);
}

#[test]
fn a_torn_last_line_is_ignored_and_garbage_before_it_is_counted() {
    let mut run = flood();
    let whole = run.journal.clone();
    run.journal = whole.trim_end().to_owned();
    assert_eq!(
        run.firsts("17")[2],
        Some(210),
        "a last line may lack its end"
    );
    let torn = whole.find(r#""deliver","id":4"#).unwrap();
    for cut in [torn + 5, torn + 15, torn + 16] {
        run.journal = whole[..cut].to_owned();
        assert_eq!(run.firsts("17"), [Some(10), Some(110), None]);
        assert!(run.read().warnings().is_empty());
    }
    run.journal = format!("half a li\n{whole}");
    assert_eq!(run.firsts("17")[2], Some(210));
    assert_eq!(
        run.read().warnings(),
        ["1 lines of messages.jsonl are no records and were ignored"]
    );
}

#[test]
fn a_journal_without_bodies_or_beyond_the_limit_is_left_out_and_says_so() {
    let mut run = flood();
    run.limit = 200;
    let propagation = run.read();
    assert!(propagation.is_left_out());
    assert_eq!(
        propagation.warnings(),
        ["what messages carried (`carried`) is left out: the journal has more than 200 bytes"]
    );
    assert!(figures(&run).0.is_empty());
    let run = Run::new(2, "10 send 1 n0 n1 \"bytes\":40\n").adds(0, "17", 10);
    assert!(run.read().is_left_out());
    assert!(
        run.read().warnings()[0].contains("no bodies"),
        "{:?}",
        run.read().warnings()
    );
}

#[test]
fn what_the_engine_writes_is_read() {
    let config = JournalConfig {
        messages: true,
        history: false,
        body_limit: 1 << 20,
    };
    let mut journal = Journal::new(config);
    let (client, node, other) = (NodeId::from("c3"), NodeId::from("n0"), NodeId::from("n1"));
    let body = |json: &'static str| Body::from_json(json.as_bytes().into());
    let request = body(r#"{"type":"broadcast","message":17,"msg_id":1}"#);
    journal.sent(Time(ms(10)), 1, (&client, "n0"), None, &request);
    journal.delivered(Time(ms(10)), 1);
    let told = body(r#"{"type":"broadcast","message":17}"#);
    journal.sent(Time(ms(11)), 2, (&node, "n1"), Some(&other), &told);
    journal.duplicated(Time(ms(11)), 2, "dup-1");
    journal.dropped(Time(ms(12)), 2, "cut", Some("partition-1"));
    journal.sent(Time(ms(12)), 3, (&node, "what\" ?"), None, &told);
    journal.dropped(Time(ms(12)), 3, "unknown-destination", None);
    journal.delivered(Time(ms(13)), 2);
    let mut run = Run::new(2, "").adds(0, "17", 10);
    run.journal = String::from_utf8(journal.take_messages()).unwrap();
    assert_eq!(run.firsts("17"), [Some(10), Some(13)]);
    assert!(run.read().warnings().is_empty());
}
