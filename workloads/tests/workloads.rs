//! The workloads as the engine sees them: what they generate, what they send,
//! which replies they accept.

use bytes::Bytes;
use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::{
    Elements, History, NodeRecord, Operation, Outcome, Phase, Validity, Value, Verdict, View, stats,
};
use swelkie_nodes::strategies::hierarchy::Shape;
use swelkie_nodes::strategy::{Priority, Sensitivity};
use swelkie_nodes::{Body, Rng, Seed};
use swelkie_workloads::labels::Labels;
use swelkie_workloads::registry::{self, Options};
use swelkie_workloads::{Invocation, Malformed, Reply, Turn, Workload};

/// A workload with what it is called with.
struct Run {
    workload: Box<dyn Workload>,
    elements: Elements,
    rng: Rng,
}

impl Run {
    fn of(name: &str) -> Run {
        Run {
            workload: registry::build(name, &Options::default()).unwrap(),
            elements: Elements::default(),
            rng: Seed(7).fork("workload"),
        }
    }

    fn generate(&mut self) -> Invocation {
        let mut turn = Turn {
            process: 0,
            slot: 0,
            node: 0,
            nodes: 1,
            elements: &mut self.elements,
            rng: &mut self.rng,
        };
        self.workload.generate(&mut turn).expect("something to do")
    }

    fn request(&self, invocation: &Invocation) -> String {
        let body = self.workload.request(invocation, &self.elements);
        String::from_utf8(body.as_bytes().to_vec()).unwrap()
    }

    /// The first generated invocation of this name.
    fn invocation(&mut self, f: &str) -> Invocation {
        std::iter::repeat_with(|| self.generate())
            .find(|invocation| invocation.f == f)
            .unwrap()
    }

    /// The value and the JSON of node 0's reply to an operation of this name.
    fn interpret(&mut self, f: &str, reply: &str) -> Result<(Value, String), Malformed> {
        let invocation = self.invocation(f);
        let body = body(reply);
        let output = self.workload.interpret(Reply {
            node: 0,
            invocation: &invocation,
            body: &body,
            elements: &mut self.elements,
        })?;
        Ok((output.value, output.json.into_owned()))
    }
}

fn body(text: &str) -> Body {
    Body::from_json(Bytes::copy_from_slice(text.as_bytes()))
}

/// 10,000 invocations of a workload.
fn generated(name: &str) -> (Run, Vec<Invocation>) {
    let mut run = Run::of(name);
    let invocations = (0..10_000).map(|_| run.generate()).collect();
    (run, invocations)
}

/// A fair coin thrown 10,000 times shows this many heads, 5 standard deviations allowed.
fn assert_half(count: usize) {
    assert!(
        (4750..=5250).contains(&count),
        "{count} of 10000 is not about half"
    );
}

#[test]
fn broadcast_and_g_set_add_the_integers_in_order_half_of_the_time_and_read_otherwise() {
    for (name, f, request) in [
        (
            "broadcast",
            "broadcast",
            r#"{"type":"broadcast","message":41}"#,
        ),
        ("g-set", "add", r#"{"type":"add","element":41}"#),
    ] {
        let (run, invocations) = generated(name);
        let adds: Vec<_> = invocations
            .iter()
            .filter(|invocation| invocation.f == f)
            .collect();
        assert_half(adds.len());
        for (index, add) in adds.iter().enumerate() {
            assert_eq!(add.json(&run.elements), index.to_string());
        }
        assert_eq!(run.request(adds[41]), request);
        let read = invocations
            .iter()
            .find(|invocation| invocation.f == "read")
            .unwrap();
        assert_eq!(run.request(read), r#"{"type":"read"}"#);
        assert_eq!(run.workload.final_invocation().as_ref(), Some(read));
        let reads = invocations
            .iter()
            .filter(|&invocation| invocation == read)
            .count();
        assert_eq!(adds.len() + reads, 10_000);
    }
}

#[test]
fn counters_add_every_delta_equally_often_half_of_the_time_and_read_otherwise() {
    for (name, deltas) in [("g-counter", 0..=4), ("pn-counter", -5..=4)] {
        let (run, invocations) = generated(name);
        let add = |invocation: &Invocation| match invocation.input {
            Value::Int(delta) => Some(delta),
            _ => None,
        };
        let adds: Vec<i64> = invocations.iter().filter_map(add).collect();
        assert_half(adds.len());
        assert!(adds.iter().all(|delta| deltas.contains(delta)));
        let fair = adds.len() / deltas.clone().count();
        for delta in deltas {
            let count = adds.iter().filter(|&&found| found == delta).count();
            assert!(
                count.abs_diff(fair) < 150,
                "{name}: {delta} came {count} times, not about {fair}"
            );
        }
        let (f, input) = ("add", Value::Int(-3));
        assert_eq!(
            run.request(&Invocation { f, input }),
            r#"{"type":"add","delta":-3}"#
        );
        assert!(run.workload.final_invocation().is_some());
    }
}

#[test]
fn echo_asks_for_one_of_128_strings_and_unique_ids_for_an_id() {
    let (run, invocations) = generated("echo");
    let mut requests: Vec<String> = invocations.iter().map(|echo| run.request(echo)).collect();
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 128);
    assert!(requests.contains(&r#"{"type":"echo","echo":"Please echo 42"}"#.to_owned()));
    assert_eq!(run.workload.final_invocation(), None);

    let mut run = Run::of("unique-ids");
    let generate = run.generate();
    assert_eq!(run.request(&generate), r#"{"type":"generate"}"#);
    assert_eq!(run.workload.final_invocation(), None);
}

#[test]
fn only_what_changes_nothing_only_reads_and_only_broadcast_wants_a_topology() {
    for (name, reads, changes) in [
        ("echo", Some("echo"), None),
        ("unique-ids", None, Some("generate")),
        ("broadcast", Some("read"), Some("broadcast")),
        ("g-set", Some("read"), Some("add")),
        ("g-counter", Some("read"), Some("add")),
        ("pn-counter", Some("read"), Some("add")),
    ] {
        let workload = Run::of(name).workload;
        assert!(reads.is_none_or(|f| workload.only_reads(f)), "{name}");
        assert!(changes.is_none_or(|f| !workload.only_reads(f)), "{name}");
        assert_eq!(workload.uses_topology(), name == "broadcast");
    }
}

#[test]
fn well_formed_replies_are_accepted_with_whatever_else_they_carry() {
    let number = |number| Value::Int(number);
    let json = |text: &str| Value::Json(text.to_owned());
    for (name, f, reply, value, text) in [
        (
            "broadcast",
            "broadcast",
            r#"{"type":"broadcast_ok"}"#,
            Value::Nothing,
            "null",
        ),
        (
            "broadcast",
            "broadcast",
            r#"{"x":{},"type":"broadcast_ok","msg_id":"u"}"#,
            Value::Nothing,
            "null",
        ),
        (
            "g-set",
            "add",
            r#"{"type":"add_ok","value":"ignored"}"#,
            Value::Nothing,
            "null",
        ),
        (
            "g-counter",
            "add",
            r#"{"type":"add_ok"}"#,
            Value::Nothing,
            "null",
        ),
        (
            "g-counter",
            "read",
            r#"{"type":"read_ok","value":12}"#,
            number(12),
            "12",
        ),
        (
            "pn-counter",
            "read",
            r#"{"value": -7 ,"type":"read_ok"}"#,
            number(-7),
            "-7",
        ),
        (
            "pn-counter",
            "read",
            r#"{"type":"read_ok","value":-9223372036854775808}"#,
            number(i64::MIN),
            "-9223372036854775808",
        ),
        (
            "echo",
            "echo",
            r#"{"type":"echo_ok","echo":"Please echo 42"}"#,
            json("\"Please echo 42\""),
            "\"Please echo 42\"",
        ),
        (
            "echo",
            "echo",
            r#"{"type":"echo_ok","echo":null}"#,
            json("null"),
            "null",
        ),
    ] {
        let output = Run::of(name).interpret(f, reply);
        assert_eq!(output, Ok((value, text.to_owned())), "{name}: {reply}");
    }
}

#[test]
fn any_json_is_an_id_and_equal_ids_are_equal_elements() {
    let mut run = Run::of("unique-ids");
    let mut id = |text: &str| {
        let reply = format!(r#"{{"type":"generate_ok","id":{text}}}"#);
        run.interpret("generate", &reply).unwrap().0
    };
    let distinct = [
        r#""8f-1""#,
        "7",
        "-7",
        "7.5",
        "null",
        "[7]",
        r#"{"n":1,"s":"x"}"#,
    ]
    .map(&mut id);
    for (index, one) in distinct.iter().enumerate() {
        assert!(
            distinct[..index].iter().all(|other| other != one),
            "{one:?}"
        );
    }
    assert_eq!(id(r#"{ "s": "\u0078", "n": 1 }"#), distinct[6]);
}

#[test]
fn reads_of_a_set_become_views_relative_to_the_nodes_last_read() {
    for (name, field) in [("broadcast", "messages"), ("g-set", "value")] {
        let mut run = Run::of(name);
        run.elements.intern_int(0);
        run.elements.intern_int(1);
        run.elements.intern_int(2);
        let mut read = |list: &str| {
            let reply = format!(r#"{{"type":"read_ok","{field}":{list}}}"#);
            let (value, json) = run.interpret("read", &reply).unwrap();
            assert_eq!(json, list);
            match value {
                Value::View(view) => *view,
                other => panic!("{other:?}"),
            }
        };
        let view = |len, added: &[u32], removed: &[u32], repeated: &[u32]| View {
            len,
            added: added.to_vec(),
            removed: removed.to_vec(),
            repeated: repeated.to_vec(),
        };
        assert_eq!(read("[1, 0]"), view(2, &[1, 0], &[], &[]), "{name}");
        assert_eq!(read("[0,2,1,2]"), view(4, &[2], &[], &[2]), "{name}");
        assert_eq!(read("null"), view(0, &[], &[0, 1, 2], &[]), "{name}");
        assert_eq!(read("[]"), view(0, &[], &[], &[]), "{name}");
    }
}

#[test]
fn a_malformed_reply_says_what_was_expected_and_what_was_found() {
    for (name, f, reply, message) in [
        (
            "broadcast",
            "broadcast",
            r#"{"type":"read_ok","messages":[]}"#,
            r#"expected a `broadcast_ok`, but `type` is "read_ok""#,
        ),
        (
            "broadcast",
            "broadcast",
            r"{}",
            "expected a `broadcast_ok`, but `type` is missing",
        ),
        (
            "broadcast",
            "broadcast",
            r#"{"type":7}"#,
            "expected a `broadcast_ok`, but `type` is 7",
        ),
        (
            "broadcast",
            "read",
            r#"{"type":"read_ok"}"#,
            "expected a `read_ok` with `messages`, a list, but `messages` is missing",
        ),
        (
            "broadcast",
            "read",
            r#"{"type":"read_ok","messages":3}"#,
            "expected a `read_ok` with `messages`, a list, but `messages` is 3",
        ),
        (
            "broadcast",
            "read",
            r#"{"type":"read_ok","messages":{"0":1}}"#,
            r#"expected a `read_ok` with `messages`, a list, but `messages` is {"0":1}"#,
        ),
        (
            "broadcast",
            "read",
            r#"{"type":"read_ok","value":[1]}"#,
            "expected a `read_ok` with `messages`, a list, but `messages` is missing",
        ),
        (
            "g-set",
            "add",
            r#"{"type":"broadcast_ok"}"#,
            r#"expected an `add_ok`, but `type` is "broadcast_ok""#,
        ),
        (
            "g-set",
            "read",
            r#"{"type":"read_ok","value":"[1]"}"#,
            r#"expected a `read_ok` with `value`, a list, but `value` is "[1]""#,
        ),
        (
            "g-counter",
            "read",
            r#"{"type":"read_ok","value":null}"#,
            "expected a `read_ok` with `value`, an integer, but `value` is null",
        ),
        (
            "g-counter",
            "read",
            r#"{"type":"read_ok","value":1.5}"#,
            "expected a `read_ok` with `value`, an integer, but `value` is 1.5",
        ),
        (
            "g-counter",
            "read",
            r#"{"type":"read_ok","value":"5"}"#,
            r#"expected a `read_ok` with `value`, an integer, but `value` is "5""#,
        ),
        (
            "pn-counter",
            "read",
            r#"{"type":"read_ok","value":9223372036854775808}"#,
            "expected a `read_ok` with `value`, an integer, but `value` is 9223372036854775808, more than 64 bits hold",
        ),
        (
            "unique-ids",
            "generate",
            r#"{"type":"generate_ok","ID":5}"#,
            "expected a `generate_ok` with `id`, but `id` is missing",
        ),
        (
            "echo",
            "echo",
            r#"{"type":"echo","echo":"x"}"#,
            r#"expected an `echo_ok` with `echo`, but `type` is "echo""#,
        ),
        (
            "echo",
            "echo",
            "{\"type\":\"\u{9b}2Jx\"}",
            "expected an `echo_ok` with `echo`, but `type` is \"\\u{9b}2Jx\"",
        ),
    ] {
        let error = Run::of(name).interpret(f, reply).unwrap_err();
        assert_eq!(error.to_string(), message, "{name}: {reply}");
    }
}

/// The verdict on a run in which one client of one node asked for these operations,
/// each answered like this, the last one in the final phase, and the run's history.
fn judged(name: &str, replies: &[(&str, &str)]) -> (Verdict, History, Run) {
    let mut run = Run::of(name);
    let mut history = History {
        nodes: vec![NodeRecord {
            name: "n0".to_owned(),
            judged: true,
        }],
        ..History::default()
    };
    for (index, (f, reply)) in replies.iter().enumerate() {
        let invocation = run.invocation(f);
        let text = body(reply);
        let reply = Reply {
            node: 0,
            invocation: &invocation,
            body: &text,
            elements: &mut run.elements,
        };
        let output = run.workload.interpret(reply).unwrap().value;
        let last = index + 1 == replies.len();
        history.operations.push(Operation {
            process: 0,
            node: 0,
            incarnation: 0,
            phase: if last { Phase::Final } else { Phase::Main },
            f: invocation.f,
            input: invocation.input,
            invoked: index as u64 * 10,
            completed: Some(index as u64 * 10 + 5),
            outcome: Outcome::Ok,
            output,
            cause: None,
        });
        history.completions.push(index);
    }
    history.elements = run.elements.clone();
    (run.workload.check(&history), history, run)
}

#[test]
fn each_workload_is_judged_by_its_own_rule_and_recovers_by_it() {
    let ack = r#"{"type":"broadcast_ok"}"#;
    let shown = r#"{"type":"read_ok","messages":[0]}"#;
    let empty = r#"{"type":"read_ok","messages":[]}"#;
    let twice = r#"{"type":"read_ok","messages":[0,0]}"#;
    let id = r#"{"type":"generate_ok","id":"a"}"#;
    let other = r#"{"type":"generate_ok","id":"b"}"#;
    let added = r#"{"type":"add_ok"}"#;
    let set = |value: &str| format!(r#"{{"type":"read_ok","value":{value}}}"#);
    // The first delta that seed 7 draws for a g-counter is 1.
    let (in_set, not_in_set, sum, beyond) = (set("[0]"), set("[]"), set("1"), set("5000"));
    let (valid, invalid) = (Validity::Valid, Validity::Invalid);
    for (name, replies, validity, recovered) in [
        (
            "broadcast",
            vec![("broadcast", ack), ("read", shown)],
            valid,
            true,
        ),
        (
            "broadcast",
            vec![("broadcast", ack), ("read", empty)],
            invalid,
            false,
        ),
        (
            "broadcast",
            vec![("broadcast", ack), ("read", twice)],
            invalid,
            true,
        ),
        (
            "g-set",
            vec![("add", added), ("read", &*in_set)],
            valid,
            true,
        ),
        (
            "g-set",
            vec![("add", added), ("read", &*not_in_set)],
            invalid,
            false,
        ),
        (
            "unique-ids",
            vec![("generate", id), ("generate", other)],
            valid,
            true,
        ),
        (
            "unique-ids",
            vec![("generate", id), ("generate", id)],
            invalid,
            true,
        ),
        (
            "echo",
            vec![("echo", r#"{"type":"echo_ok","echo":"no"}"#)],
            invalid,
            true,
        ),
        (
            "g-counter",
            vec![("add", added), ("read", &*beyond)],
            invalid,
            false,
        ),
        (
            "pn-counter",
            vec![("add", added), ("read", &*beyond)],
            invalid,
            false,
        ),
        (
            "g-counter",
            vec![("add", added), ("read", &*sum)],
            valid,
            true,
        ),
    ] {
        let (verdict, history, run) = judged(name, &replies);
        assert_eq!(
            verdict.validity, validity,
            "{name} {replies:?}: {verdict:?}"
        );
        assert_eq!(
            run.workload.recovered(&history),
            recovered,
            "{name} {replies:?}"
        );

        let mut catalogue = Catalogue::default();
        run.workload.figures(&mut catalogue);
        let statistics = stats::figures(&history);
        for figure in verdict.figures.0.keys().chain(statistics.0.keys()) {
            assert!(
                catalogue.find(figure).is_some(),
                "{name}: {figure} is not listed"
            );
        }
    }
}

/// 25 nodes in teams of 3 and departments of 9, one client each.
fn labelled(labels: impl FnOnce(&mut Labels)) -> Vec<(usize, String, Option<Vec<usize>>)> {
    let mut drawn = Labels {
        priorities: Vec::new(),
        sensitivities: Vec::new(),
        shape: Shape::default(),
        members: (0..25).map(|node| format!("n{node}").into()).collect(),
    };
    labels(&mut drawn);
    let options = Options {
        labels: Some(drawn),
        ..Options::default()
    };
    let mut run = Run {
        workload: registry::build("broadcast", &options).unwrap(),
        elements: Elements::default(),
        rng: Seed(7).fork("workload"),
    };
    let mut added = Vec::new();
    for turn in 0..2_000 {
        let node = turn % 25;
        let mut turn = Turn {
            process: 0,
            slot: 0,
            node,
            nodes: 25,
            elements: &mut run.elements,
            rng: &mut run.rng,
        };
        let invocation = run.workload.generate(&mut turn).unwrap();
        if invocation.f == "broadcast" {
            let text = invocation.json(&run.elements).into_owned();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["id"], added.len());
            let audience = value["audience"].as_array().map(|names| {
                let name = |name: &serde_json::Value| name.as_str().unwrap()[1..].parse().unwrap();
                names.iter().map(name).collect()
            });
            added.push((node, text, audience));
        }
    }
    added
}

#[test]
fn labels_are_drawn_evenly_and_a_value_names_the_team_or_department_of_its_node() {
    let added = labelled(|labels| {
        labels.priorities = vec![Priority::Urgent, Priority::Bulk, Priority::Bulk];
        labels.sensitivities = vec![
            Sensitivity::Team,
            Sensitivity::Department,
            Sensitivity::Level(3),
        ];
    });
    let share = |word: &str| {
        let with = added.iter().filter(|(_, text, _)| text.contains(word));
        with.count() as f64 / added.len() as f64
    };
    for (word, expected) in [
        ("\"priority\":\"urgent\"", 1.0 / 3.0),
        ("\"priority\":\"bulk\"", 2.0 / 3.0),
        ("\"priority\":\"normal\"", 0.0),
        ("\"sensitivity\":\"team\"", 1.0 / 3.0),
        ("\"sensitivity\":3", 1.0 / 3.0),
    ] {
        assert!((share(word) - expected).abs() < 0.08, "{word}");
    }
    for (node, text, audience) in added {
        let expected = if text.contains("team") {
            Some(node / 3 * 3..(node / 3 * 3 + 3).min(25))
        } else if text.contains("department") {
            Some(node / 9 * 9..(node / 9 * 9 + 9).min(25))
        } else {
            None
        };
        assert_eq!(
            audience,
            expected.map(Iterator::collect),
            "{text} at n{node}"
        );
    }
}

#[test]
fn a_label_that_is_not_drawn_is_not_there() {
    let added = labelled(|labels| labels.priorities = vec![Priority::Normal]);
    assert_eq!(added[3].1, r#"{"id":3,"priority":"normal"}"#);
    let added = labelled(|labels| labels.sensitivities = vec![Sensitivity::Everyone]);
    assert_eq!(added[3].1, r#"{"id":3,"sensitivity":"everyone"}"#);
}
