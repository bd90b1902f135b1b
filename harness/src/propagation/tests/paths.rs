//! How far an element got, in words.

use std::collections::BTreeSet;

use swelkie_checkers::Anomaly;
use swelkie_nodes::Time;

use super::{Run, lost, ms};
use crate::engine::FaultRecord;
use crate::faults::Scope;

/// 17 comes to n0, n1 and n3 of a ring around n4; what is sent to n4 is cut twice
/// and once still on its way.
const CUT: &str = r#"
    1 send 1 c0 n0 {"type":"topology","topology":{"n0":["n1"],"n1":["n0","n3","n4"],"n3":["n1","n4"],"n4":["n1","n3"],"n2":null},"msg_id":1}
    1 deliver 1
    1200 send 2 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
    1200 deliver 2
    1201 send 3 n0 n1 {"type":"broadcast","message":17}
    1301 deliver 3
    1302 send 4 n1 n3 {"type":"broadcast","message":17}
    1302 send 5 n1 n4 {"type":"broadcast","message":17}
    1310 drop 5 cut partition-1
    1402 deliver 4
    1403 send 6 n3 n4 {"type":"broadcast","message":17}
    1404 send 7 n3 n4 {"type":"gossip","messages":[17]}
    1412 drop 6 cut partition-1
"#;

fn cut() -> Run {
    Run::new(5, CUT).adds(0, "17", 1200)
}

#[test]
fn a_path_names_the_way_the_drops_what_is_in_flight_and_the_neighbours() {
    assert_eq!(
        cut().path("17", 4),
        "17: c3 → n0 at 1.200 s → n1 at 1.301 s → n3 at 1.402 s; towards n4: 2 messages that carried it \
         were dropped (cut by partition-1 at 1.310 s and 1.412 s), 1 still in flight; n4's neighbours n1 \
         and n3 had it; it came to 3 of 5 nodes"
    );
    assert_eq!(
        cut().path("17", 1),
        "17: c3 → n0 at 1.200 s → n1 at 1.301 s"
    );
}

#[test]
fn a_path_is_there_for_machines_too() {
    let run = cut();
    let path = run
        .read_for(&[lost("17", 4)])
        .path(run.element("17"), 4)
        .unwrap();
    let json = serde_json::to_value(&path).unwrap();
    assert_eq!(json["reached"], 3);
    assert_eq!(json["chain"][1]["from"], "n0");
    assert_eq!(json["chain"][1]["at_ns"], ms(1301));
    assert_eq!(json["dropped"][0]["fault"], "partition-1");
    assert_eq!(json["dropped"][0]["count"], 2);
    assert_eq!(json["in_flight"], 1);
    assert_eq!(json["neighbours"][0]["name"], "n1");
    assert!(json.get("reached_ns").is_none());
}

#[test]
fn many_drops_are_told_by_reason_with_the_time_they_span() {
    let mut story = CUT.to_owned();
    for at in 2000..2010 {
        story += &format!(
            "{at} send {at} n1 n4 {{\"type\":\"broadcast\",\"message\":17}}\n{at} drop {at} loss network\n"
        );
    }
    story += "3000 drop 7 node-down\n";
    let text = Run::new(5, &story).adds(0, "17", 1200).path("17", 4);
    assert!(
        text.contains(
            "13 messages that carried it were dropped (2: cut by partition-1 at 1.310 s and 1.412 s; 10: lost \
             by the network between 2.000 s and 2.009 s; 1: n4 was down at 3.000 s); n4's neighbours"
        ),
        "{text}"
    );
}

#[test]
fn a_node_that_nobody_told_is_said_to_be_so() {
    let run = Run::new(3, r#"
        1 send 1 c0 n0 {"type":"topology","topology":{"n0":["n1"],"n1":["n0","n2"],"n2":["n1"]},"msg_id":1}
        10 send 2 c3 n1 {"type":"broadcast","message":17,"msg_id":1}
        10 deliver 2
        11 send 3 n1 n2 {"type":"broadcast","message":17}
        12 deliver 3
    "#)
    .adds(1, "17", 10);
    assert_eq!(
        run.path("17", 0),
        "17: c3 → n1 at 0.010 s; towards n0: no message that carried it was sent; n0's only neighbour n1 had it; \
         it came to 2 of 3 nodes"
    );
}

#[test]
fn an_element_whose_request_was_dropped_came_nowhere() {
    let run = Run::new(
        2,
        r#"
        10 send 1 c3 n1 {"type":"broadcast","message":17,"msg_id":1}
        12 drop 1 node-down
    "#,
    )
    .adds(1, "17", 10)
    .adds(1, "18", 20);
    assert_eq!(
        run.path("17", 0),
        "17 came to no node; towards n1: 1 message that carried it was dropped (n1 was down at 0.012 s)"
    );
    assert_eq!(
        run.path("18", 0),
        "18 came to no node; no request with it was sent"
    );
}

#[test]
fn a_forged_source_does_not_hide_who_really_wrote_a_message() {
    let run = Run::new(
        3,
        r#"
        10 send 1 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
        10 deliver 1
        11 send 2 n0 n1 "claimed_src":"n2","body":{"type":"broadcast","message":17}
        20 deliver 2
    "#,
    )
    .adds(0, "17", 10);
    assert_eq!(run.path("17", 1), "17: c3 → n0 at 0.010 s → n1 at 0.020 s");
    assert_eq!(run.firsts("17"), [Some(10), Some(20), None]);
}

#[test]
fn a_duplicate_of_which_one_copy_is_dropped_arrives_once() {
    let run = Run::new(
        2,
        r#"
        10 send 1 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
        10 deliver 1
        11 send 2 n0 n1 {"type":"broadcast","message":17}
        11 duplicate 2 dup-1
        20 drop 2 cut partition-1
    "#,
    )
    .adds(0, "17", 10);
    assert!(
        run.path("17", 1)
            .contains("partition-1 at 0.020 s), 1 still in flight"),
        "{}",
        run.path("17", 1)
    );
}

/// n1 gets 17 in its first life and forgets it; its second life gets it back
/// from n2 and tells n3.
const RESTARTED: &str = r#"
    1 send 1 c0 n1 {"type":"init","msg_id":1,"node_id":"n1","node_ids":["n0","n1","n2","n3"]}
    1 deliver 1
    10 send 2 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
    10 deliver 2
    11 send 3 n0 n1 {"type":"broadcast","message":17}
    12 send 9 n0 n1 {"type":"broadcast","message":17}
    13 drop 9 loss network
    20 deliver 3
    21 send 4 n1 n2 {"type":"broadcast","message":17}
    30 deliver 4
    40 send 5 n0 n1 {"type":"broadcast","message":17}
    41 drop 5 node-down
    50 send 6 c0 n1 {"type":"init","msg_id":2,"node_id":"n1","node_ids":["n0","n1","n2","n3"]}
    50 deliver 6
"#;

#[test]
fn a_node_that_was_restarted_and_not_told_again_is_said_to_be_so() {
    let run = Run::new(4, RESTARTED).adds(0, "17", 10);
    assert_eq!(
        run.path("17", 1),
        "17: c3 → n0 at 0.010 s → n1 at 0.020 s; n1 was started again at 0.050 s; towards n1 since it had it: \
         1 message that carried it was dropped (n1 was down at 0.041 s)"
    );
    let untold = RESTARTED.replace("41 drop 5", "41 drop 99");
    let untold = untold.replace(
        "40 send 5 n0 n1 {\"type\":\"broadcast\"",
        "40 send 5 n0 n1 {\"type\":\"other_ok\"",
    );
    let text = Run::new(4, &untold).adds(0, "17", 10).path("17", 1);
    assert!(
        text.ends_with("towards n1 since it had it: no message that carried it was sent again"),
        "{text}"
    );
}

#[test]
fn what_a_restarted_node_passes_on_descends_from_what_its_new_life_got() {
    let again = RESTARTED.to_owned()
        + r#"
        60 send 7 n2 n1 {"type":"broadcast","message":17}
        70 deliver 7
        71 send 8 n1 n3 {"type":"broadcast","message":17}
        80 deliver 8
    "#;
    let run = Run::new(4, &again).adds(0, "17", 10);
    assert_eq!(
        run.path("17", 3),
        "17: c3 → n0 at 0.010 s → n1 at 0.020 s → n2 at 0.030 s → n1 at 0.070 s → n3 at 0.080 s"
    );
    assert_eq!(run.firsts("17"), [Some(10), Some(20), Some(30), Some(80)]);
}

fn fault(name: &str, span: (u64, u64), touched: u64) -> FaultRecord {
    FaultRecord {
        name: name.to_owned(),
        summary: format!("what {name} does"),
        began: Some(Time(ms(span.0))),
        ended: Some(Time(ms(span.1))),
        touched,
        scope: Scope::default(),
        hit: BTreeSet::new(),
        on_links: true,
        notes: Vec::new(),
    }
}

#[test]
fn an_explanation_names_the_faults_that_dropped_it() {
    let run = cut();
    let faults = [
        fault("loss-1", (0, 9000), 12),
        fault("before", (0, 1000), 5),
        fault("idle", (1000, 5000), 0),
        fault("partition-1", (1250, 3000), 40),
        fault("after", (9500, 9900), 5),
    ];
    let anomaly = lost("17", 4);
    let propagation = run.read_for(std::slice::from_ref(&anomaly));
    let explanation = propagation
        .explain(&anomaly, &faults, Some(Time(ms(9000))))
        .unwrap();
    assert!(
        explanation.text.ends_with(
            "it came to 3 of 5 nodes. Behind it: partition-1 (what partition-1 does, 1.250 s to 3.000 s, touched 40)."
        ),
        "{}",
        explanation.text
    );
    assert_eq!(explanation.faults.len(), 2);
    assert!(explanation.faults[0].concerned && !explanation.faults[1].concerned);
}

#[test]
fn a_forgotten_element_is_explained_by_the_kills_of_its_node() {
    let run = Run::new(4, RESTARTED).adds(0, "17", 10);
    let kill = |name, nodes: &str, span| FaultRecord {
        summary: format!("kill {nodes}"),
        scope: Scope {
            action: "kill".into(),
            nodes: nodes.split(' ').map(str::to_owned).collect(),
            ..Scope::default()
        },
        on_links: false,
        ..fault(name, span, 1)
    };
    let faults = [
        kill("kill-1", "n0 n2", (30, 45)),
        kill("kill-2", "n0 n1", (35, 49)),
        kill("kill-3", "n1", (60, 65)),
        fault("partition-1", (0, 90), 3),
    ];
    let anomaly = lost("17", 1);
    let propagation = run.read_for(std::slice::from_ref(&anomaly));
    let explanation = propagation.explain(&anomaly, &faults, None).unwrap();
    assert!(
        explanation
            .text
            .ends_with("Behind it: kill-2 (kill n0 n1, 0.035 s to 0.049 s, touched 1)."),
        "{}",
        explanation.text
    );
    assert_eq!(explanation.faults.len(), 4);
}

#[test]
fn when_nobody_tried_to_tell_a_node_it_is_said_where_the_element_was_stopped() {
    let story = r#"
        1 send 1 c0 n0 {"type":"topology","topology":{"n0":["n1"],"n1":["n0","n2"],"n2":["n1"]},"msg_id":1}
        10 send 2 c3 n0 {"type":"broadcast","message":17,"msg_id":1}
        10 deliver 2
        11 send 3 n0 n1 {"type":"broadcast","message":17}
        15 drop 3 cut partition-1
    "#;
    let run = Run::new(3, story).adds(0, "17", 10);
    assert_eq!(
        run.path("17", 2),
        "17: c3 → n0 at 0.010 s; towards n2: no message that carried it was sent; n2's only neighbour n1 did not \
         have it; towards n1: 1 message that carried it was dropped (cut by partition-1 at 0.015 s); it came to 1 of \
         3 nodes"
    );
    let anomaly = lost("17", 2);
    let propagation = run.read_for(std::slice::from_ref(&anomaly));
    let faults = [
        fault("loss-1", (0, 90), 3),
        fault("partition-1", (0, 90), 3),
    ];
    let explanation = propagation.explain(&anomaly, &faults, None).unwrap();
    assert!(
        explanation.text.contains("Behind it: partition-1"),
        "{}",
        explanation.text
    );
    assert!(!explanation.text.contains("loss-1"), "{}", explanation.text);
}

#[test]
fn an_element_that_did_arrive_is_the_nodes_own_loss() {
    let anomaly = lost("17", 3);
    let explanation = cut()
        .read_for(std::slice::from_ref(&anomaly))
        .explain(&anomaly, &[], None)
        .unwrap();
    assert!(
        explanation
            .text
            .ends_with("n3 at 1.402 s. The network did its part."),
        "{}",
        explanation.text
    );
}

#[test]
fn other_anomalies_and_unknown_elements_have_no_explanation() {
    let propagation = cut().read_for(&[lost("17", 4)]);
    let phantom = Anomaly {
        kind: "phantom".into(),
        ..lost("17", 4)
    };
    assert!(propagation.explain(&phantom, &[], None).is_none());
    assert!(propagation.explain(&lost("18", 4), &[], None).is_none());
    assert!(
        propagation
            .explain(
                &Anomaly {
                    node: None,
                    ..lost("17", 4)
                },
                &[],
                None
            )
            .is_none()
    );
}

#[test]
fn a_long_path_shows_its_ends() {
    let mut story =
        "1 send 1 c3 n0 {\"type\":\"broadcast\",\"message\":17}\n1 deliver 1\n".to_owned();
    for hop in 1..20 {
        let body = "{\"type\":\"broadcast\",\"message\":17}";
        let (from, at) = (hop - 1, hop * 10);
        story += &format!("{at} send {at} n{from} n{hop} {body}\n{at} deliver {at}\n");
    }
    assert_eq!(
        Run::new(20, &story).adds(0, "17", 1).path("17", 19),
        "17: c3 → n0 at 0.001 s → n1 at 0.010 s → n2 at 0.020 s → n3 at 0.030 s → … 12 more … → n16 at 0.160 s \
         → n17 at 0.170 s → n18 at 0.180 s → n19 at 0.190 s"
    );
}

#[test]
fn a_whole_journey_has_every_life_every_copy_and_what_was_dropped_before() {
    let run = Run::new(
        2,
        r#"
        0 send 1 c0 n1 {"type":"init"}
        0 deliver 1
        10 send 2 c1 n0 {"type":"broadcast","message":17}
        10 deliver 2
        11 send 3 n0 n1 {"type":"gossip","message":17}
        20 drop 3 cut partition-1
        30 send 4 n0 n1 {"type":"gossip","message":17}
        30 duplicate 4 dup-1
        40 deliver 4
        41 deliver 4
        50 send 5 c0 n1 {"type":"init"}
        50 deliver 5
        60 send 6 n0 n1 {"type":"gossip","message":17}
        "#,
    );
    let run = run.adds(0, "17", 10);
    let journey = run.read_for(&[lost("17", 1)]).journey(run.element("17"));
    let journey = journey.expect("it is traced");
    let arrivals: Vec<(&str, &str, u64, usize, Option<usize>)> = (journey.arrivals.iter())
        .map(|one| {
            (
                &*one.from,
                &*one.to,
                one.at_ns / ms(1),
                one.life,
                one.parent,
            )
        })
        .collect();
    assert_eq!(
        arrivals,
        [("c1", "n0", 10, 0, None), ("n0", "n1", 40, 1, Some(0))]
    );
    let before = &journey.arrivals[1].dropped_before[0];
    assert_eq!((&*before.why, before.count), ("cut", 1));
    let n1 = &journey.places[1];
    assert_eq!((n1.has_it, n1.copies, n1.in_flight), (false, 1, 1));
    assert_eq!(n1.lives_ns, [0, ms(50)]);
    assert!(journey.places[0].has_it && n1.dropped.is_empty());
}
