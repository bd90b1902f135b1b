//! What strangers' messages carry.

use std::fmt::Write as _;

use rand::RngExt as _;
use swelkie_nodes::{Rng, Seed};

use super::Run;

fn carriers(run: &Run) -> Vec<String> {
    run.read().basis().carriers
}

/// A client asks n0 for 0…9, one every 10 ms, and n0 tells n1 with this body at once.
fn told(body: impl Fn(u64) -> String) -> Run {
    let mut story = String::new();
    for element in 0..10 {
        let at = 10 * (element + 1);
        let (request, message) = (2 * element, 2 * element + 1);
        let _ = writeln!(
            story,
            "{at} send {request} c3 n0 {{\"type\":\"broadcast\",\"message\":{element}}}"
        );
        let _ = writeln!(story, "{at} deliver {request}");
        let _ = writeln!(story, "{at} send {message} n0 n1 {}", body(element));
        let _ = writeln!(story, "{} deliver {message}", at + 5);
    }
    let run = Run::new(3, &story).of_strangers();
    (0..10).fold(run, |run, element| {
        run.adds(0, &element.to_string(), 10 * (element + 1))
    })
}

#[test]
fn elements_are_found_however_deep_they_are_packed() {
    for (pack, carrier) in [
        ("{'type':'x','v':E}", "x.v"),
        ("{'type':'x','batch':[[E,E],[]]}", "x.batch[][]"),
        ("{'type':'x','ops':[{'add':{'e':E}}]}", "x.ops[].add.e"),
        ("{'type':'x','v':'E'}", "x.v"),
        ("{'type':'x','set':{'E':{}}}", "x.set{}"),
        ("{'type':'x','log':{'n0':[E],'7':[E]}}", "x.log.*[]"),
        (
            "{'v':E,'type':'x','msg_id':E,'in_reply_to':E,'id':E,'ts':[E]}",
            "x.v",
        ),
        ("{'v':E}", ".v"),
        ("{'type':7,'v':E}", ".v"),
    ] {
        let run = told(|element| pack.replace('\'', "\"").replace('E', &element.to_string()));
        assert_eq!(carriers(&run), [carrier], "{pack}");
        assert_eq!(run.firsts("7"), [Some(80), Some(85), None], "{pack}");
        let basis = run.read().basis();
        assert!(!basis.exact);
        assert!(
            run.path("7", 1)
                .ends_with("(a guess at what these messages carry)")
        );
    }
}

#[test]
fn integers_that_are_no_elements_are_not_taken_for_some() {
    for noise in [
        "'hops':2",
        "'round':R",
        "'size':S",
        "'from':1,'ttl':[3]",
        "'clock':{'n0':S}",
        "'at':T",
        "'name':'x'",
    ] {
        let run = told(|element| {
            let noise = noise.replace('R', &(3 * element + 1).to_string());
            let noise = noise.replace('S', &(element + 1).to_string());
            let noise = noise.replace('T', &(1_700_000_000_000 + element).to_string());
            format!("{{'type':'x','v':{element},{noise}}}").replace('\'', "\"")
        });
        assert_eq!(carriers(&run), ["x.v"], "{noise}");
    }
}

#[test]
fn a_counter_that_only_names_old_elements_is_not_a_carrier() {
    let run = told(|element| {
        format!(
            "{{\"type\":\"x\",\"v\":{element},\"slow\":{}}}",
            element / 8
        )
    });
    assert_eq!(carriers(&run), ["x.v"]);
}

#[test]
fn a_field_that_holds_much_else_is_not_a_carrier() {
    let run = told(|element| {
        format!(
            "{{\"type\":\"x\",\"v\":{element},\"mixed\":[{element},{}]}}",
            element + 1000
        )
    });
    assert_eq!(carriers(&run), ["x.v"]);
}

#[test]
fn an_odd_value_among_elements_does_not_spoil_the_field() {
    let run = told(|element| {
        let odd = if element == 4 { -1 } else { 0 };
        let list: Vec<u64> = (0..=element).collect();
        let list = serde_json::to_string(&list).unwrap();
        let list = if odd < 0 {
            list.replace("[0,", "[-1,0,")
        } else {
            list
        };
        format!("{{\"type\":\"x\",\"seen\":{list}}}")
    });
    assert_eq!(carriers(&run), ["x.seen[]"]);
    assert_eq!(run.firsts("4"), [Some(50), Some(55), None]);
}

#[test]
fn when_nothing_can_be_made_of_the_messages_that_is_said_and_nothing_else() {
    let run = told(|element| format!("{{\"type\":\"x\",\"packed\":\"v={element};\"}}"));
    let propagation = run.read();
    assert!(propagation.is_left_out());
    assert!(
        propagation.warnings()[0].contains("behaves like a carrier"),
        "{:?}",
        propagation.warnings()
    );
    assert!(propagation.path(run.element("7"), 1).is_none());
}

#[test]
fn strangers_that_tell_each_other_nothing_are_not_a_riddle() {
    let run = told(|_| "{\"type\":\"hello\"}".to_owned());
    assert!(!run.read().is_left_out());
    assert_eq!(run.firsts("7"), [Some(80), None, None]);
}

#[test]
fn an_element_may_travel_by_way_of_a_service() {
    let mut run = Run::new(
        2,
        r#"
        10 send 1 c3 n0 {"type":"add","element":17,"msg_id":1}
        10 deliver 1
        11 send 2 n0 seq-kv {"type":"write","key":"set","value":[17],"msg_id":5}
        12 deliver 2
        12 send 3 seq-kv n0 {"type":"write_ok","in_reply_to":5}
        13 deliver 3
        20 send 4 n1 seq-kv {"type":"read","key":"set","msg_id":6}
        21 deliver 4
        21 send 5 seq-kv n1 {"type":"read_ok","value":[17],"in_reply_to":6}
        22 deliver 5
    "#,
    )
    .of_strangers()
    .adds(0, "17", 10);
    run.services = vec!["seq-kv"];
    assert_eq!(carriers(&run), ["write.value[]", "read_ok.value[]"]);
    assert!(
        run.path("17", 1)
            .starts_with("17: c3 → n0 at 0.010 s → seq-kv at 0.012 s → n1 at 0.022 s")
    );
}

#[test]
fn deep_bodies_are_counted_and_do_not_overflow_the_stack() {
    let deep = format!(
        "{{\"type\":\"x\",\"v\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let run = told(|element| {
        if element == 5 {
            deep.clone()
        } else {
            format!("{{\"type\":\"x\",\"v\":{element}}}")
        }
    });
    assert_eq!(run.firsts("7"), [Some(80), Some(85), None]);
    assert!(
        run.read().warnings()[0].starts_with("1 bodies could not be read"),
        "{:?}",
        run.read().warnings()
    );
}

/// A random gossip of `nodes` nodes: with `noise`, as strangers write it; without, as our own do.
fn gossip(seed: u64, noise: bool) -> Run {
    let mut rng = Seed(seed).fork("gossip");
    let (nodes, elements) = (4, 40);
    let mut story = String::new();
    let mut have: Vec<Vec<u64>> = vec![Vec::new(); nodes];
    let mut under_way: Vec<(u64, u64, usize, Vec<u64>)> = Vec::new();
    let (mut next, mut id, mut now) = (0, 0, 0);
    let mut sent = vec![0_u64; nodes];
    while next < elements || !under_way.is_empty() {
        now += 1;
        let (due, later) = under_way.into_iter().partition(|message| message.0 <= now);
        under_way = later;
        for (_, id, dest, batch) in due {
            if rng.random_bool(0.2) {
                let _ = writeln!(story, "{now} drop {id} loss loss-1");
                continue;
            }
            let _ = writeln!(story, "{now} deliver {id}");
            learn(&mut have[dest], &batch);
        }
        if next < elements && rng.random_bool(0.3) {
            let node = rng.random_range(0..nodes);
            id += 1;
            let _ = writeln!(
                story,
                "{now} send {id} c3 n{node} {{\"type\":\"broadcast\",\"message\":{next}}}"
            );
            let _ = writeln!(story, "{now} deliver {id}");
            learn(&mut have[node], &[next]);
            next += 1;
        }
        let (src, dest) = (rng.random_range(0..nodes), rng.random_range(0..nodes));
        if !have[src].is_empty() && next < elements {
            let batch = some(&have[src], &mut rng);
            id += 1;
            sent[src] += 1;
            let body = body(&batch, noise, (sent[src], have[src].len(), src));
            let _ = writeln!(story, "{now} send {id} n{src} n{dest} {body}");
            under_way.push((now + rng.random_range(1..30_u64), id, dest, batch));
        }
    }
    let run = Run {
        builtin: !noise,
        ..Run::new(nodes, &story)
    };
    (0..elements).fold(run, |run, element| run.adds(0, &element.to_string(), 0))
}

fn learn(have: &mut Vec<u64>, batch: &[u64]) {
    have.extend(batch);
    have.sort_unstable();
    have.dedup();
}

/// A few of them, the newest among them as often as not.
fn some(have: &[u64], rng: &mut Rng) -> Vec<u64> {
    let mut batch: Vec<u64> = have
        .iter()
        .copied()
        .filter(|_| rng.random_bool(0.3))
        .collect();
    if rng.random_bool(0.5) {
        batch.extend(have.last());
    }
    batch.sort_unstable();
    batch.dedup();
    batch
}

fn body(batch: &[u64], noise: bool, (sent, size, src): (u64, usize, usize)) -> String {
    let list = serde_json::to_string(batch).unwrap();
    if !noise {
        return format!("{{\"type\":\"gossip\",\"messages\":{list}}}");
    }
    format!(
        "{{\"seq\":{sent},\"type\":\"sync\",\"size\":{size},\"state\":{{\"from\":{src},\"news\":{list}}},\
         \"hops\":2,\"round\":{},\"msg_id\":{sent}}}",
        sent / 3
    )
}

#[test]
fn a_guess_at_a_noisy_gossip_finds_exactly_what_was_carried() {
    for seed in 0..30 {
        let (guess, exact) = (gossip(seed, true), gossip(seed, false));
        assert_eq!(carriers(&guess), ["sync.state.news[]"], "seed {seed}");
        let (guess, exact) = (guess.read(), exact.read());
        for element in 0..40 {
            for node in 0..4 {
                assert_eq!(
                    guess.first(element, node),
                    exact.first(element, node),
                    "seed {seed}, {element} at n{node}"
                );
            }
        }
    }
}
