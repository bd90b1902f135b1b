//! What every service must do, and the linearizable ones beside a model.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::value::RawValue;
use swelkie_nodes::{Body, Rng, Seed};

use super::{LinKv, LinTso, Service, all};
use crate::network::Endpoint;

/// The text of the reply to a request.
pub(super) fn ask(service: &mut dyn Service, client: u32, request: &str, rng: &mut Rng) -> String {
    let body = Body::from_json(Bytes::copy_from_slice(request.as_bytes()));
    let reply = service.handle(Endpoint(client), &body, rng);
    String::from_utf8(reply.as_bytes().to_vec()).unwrap()
}

/// The JSON text of a field of a reply.
pub(super) fn field(reply: &str, name: &str) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(reply).unwrap();
    fields.get(name).map(|field| field.get().to_owned())
}

/// What a fresh service answers to these requests of one client, in order.
fn answers<const N: usize>(service: &mut dyn Service, requests: [&str; N]) -> [String; N] {
    let mut rng = Seed(7).fork("services");
    requests.map(|request| ask(service, 0, request, &mut rng))
}

#[test]
fn services_come_in_their_fixed_order() {
    let services = all();
    let names: Vec<_> = services.iter().map(|service| service.name()).collect();
    assert_eq!(names, ["lin-kv", "seq-kv", "lww-kv", "lin-tso"]);
}

#[test]
fn the_reply_carries_the_msg_id_as_it_was_written() {
    for mut service in all() {
        for (id, reply) in [
            ("7", Some("7")),
            ("0", Some("0")),
            (r#""uuid""#, Some(r#""uuid""#)),
            ("null", None),
        ] {
            let request = format!(r#"{{"type":"read","key":1,"msg_id":{id}}}"#);
            let [answer] = answers(&mut *service, [&request]);
            assert_eq!(field(&answer, "in_reply_to").as_deref(), reply, "{answer}");
        }
        let [answer] = answers(&mut *service, [r#"{"type":"read","key":1}"#]);
        assert_eq!(field(&answer, "in_reply_to"), None, "{answer}");
    }
}

#[test]
fn what_a_service_cannot_understand_gets_an_error_with_its_story() {
    let stores = |name: &str| name != "lin-tso";
    for (request, code, story) in [
        (
            r#"{"type":"delete","key":1}"#,
            "10",
            "answers read, write and cas, not delete",
        ),
        (
            r#"{"type":"ts"}"#,
            "10",
            "answers read, write and cas, not ts",
        ),
        (r#"{"key":1}"#, "12", "`type` is missing"),
        (r#"{"type":7,"key":1}"#, "12", "`type` is 7"),
        (
            r#"{"type":"read"}"#,
            "12",
            "a read wants `key`, which is missing",
        ),
        (
            r#"{"type":"write","key":1}"#,
            "12",
            "a write wants `value`, which is missing",
        ),
        (
            r#"{"type":"cas","key":1,"to":2}"#,
            "12",
            "a cas wants `from`, which is missing",
        ),
        (
            r#"{"type":"cas","key":1,"from":2}"#,
            "12",
            "a cas wants `to`, which is missing",
        ),
        (
            r#"{"type":"write","value":1}"#,
            "12",
            "a write wants `key`, which is missing",
        ),
        (
            r#"{"type":"cas","key":1,"from":2,"to":3,"create_if_not_exists":"yes"}"#,
            "12",
            "neither true nor false",
        ),
        (
            r#"{"type":"read","key":1,"key":2}"#,
            "12",
            "duplicate field `key`",
        ),
    ] {
        for mut service in all().into_iter().filter(|service| stores(service.name())) {
            let request = request.replacen('{', r#"{"msg_id":5,"#, 1);
            let [answer] = answers(&mut *service, [&request]);
            assert_eq!(
                field(&answer, "type").as_deref(),
                Some("\"error\""),
                "{answer}"
            );
            assert_eq!(field(&answer, "code").as_deref(), Some(code), "{answer}");
            assert_eq!(
                field(&answer, "in_reply_to").as_deref(),
                Some("5"),
                "{answer}"
            );
            assert!(field(&answer, "text").unwrap().contains(story), "{answer}");
        }
    }
    let [answer] = answers(&mut LinTso::default(), [r#"{"type":"tso"}"#]);
    assert_eq!(
        answer,
        r#"{"type":"error","code":10,"text":"lin-tso answers ts, not tso"}"#
    );
}

#[test]
fn a_key_nested_beyond_reason_is_refused_and_overflows_no_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let read = format!(r#"{{"type":"read","key":{deep}}}"#);
    let [answer] = answers(&mut LinKv::default(), [&read]);
    assert_eq!(field(&answer, "code").as_deref(), Some("12"), "{answer}");
}

#[test]
fn keys_are_equal_as_values_and_values_keep_their_text() {
    let value = r#"{"z":123456789012345678901234567890, "a":1.50}"#;
    let write = format!(r#"{{"type":"write","key":{{"b":1,"a":[2]}},"value":{value}}}"#);
    let [_, read, number, string] = answers(
        &mut LinKv::default(),
        [
            &write,
            r#"{"type":"read","key":{ "a":[ 2 ], "b":1 }}"#,
            r#"{"type":"read","key":1}"#,
            r#"{"type":"read","key":"1"}"#,
        ],
    );
    assert_eq!(read, format!(r#"{{"type":"read_ok","value":{value}}}"#));
    assert_eq!(field(&number, "code").as_deref(), Some("20"));
    assert_eq!(field(&string, "code").as_deref(), Some("20"));
}

#[test]
fn null_is_a_value_that_is_there() {
    let [write, read, cas] = answers(
        &mut LinKv::default(),
        [
            r#"{"type":"write","key":null,"value":null}"#,
            r#"{"type":"read","key":null}"#,
            r#"{"type":"cas","key":null,"from":null,"to":1}"#,
        ],
    );
    assert_eq!(write, r#"{"type":"write_ok"}"#);
    assert_eq!(read, r#"{"type":"read_ok","value":null}"#);
    assert_eq!(cas, r#"{"type":"cas_ok"}"#);
}

#[test]
fn a_cas_compares_values_and_not_their_spelling_and_says_why_it_fails() {
    let [absent, created, failed, done, read] = answers(
        &mut LinKv::default(),
        [
            r#"{"type":"cas","key":"x","from":0,"to":1}"#,
            r#"{"type":"cas","key":"x","from":0,"to":{"a":1,"b":2},"create_if_not_exists":true}"#,
            r#"{"type":"cas","key":"x","from":{"a":1},"to":3,"create_if_not_exists":true}"#,
            r#"{"type":"cas","key":"x","from":{ "b":2, "a":1 },"to":3}"#,
            r#"{"type":"read","key":"x"}"#,
        ],
    );
    assert_eq!(
        absent,
        r#"{"type":"error","code":20,"text":"key does not exist"}"#
    );
    assert_eq!(created, r#"{"type":"cas_ok"}"#);
    let text = r#""current value {\"a\":1,\"b\":2} is not {\"a\":1}""#;
    assert_eq!(
        failed,
        format!(r#"{{"type":"error","code":22,"text":{text}}}"#)
    );
    assert_eq!(done, r#"{"type":"cas_ok"}"#);
    assert_eq!(read, r#"{"type":"read_ok","value":3}"#);
}

#[test]
fn timestamps_start_at_0_and_strictly_increase_whoever_asks() {
    let mut service = LinTso::default();
    let mut rng = Seed(7).fork("services");
    for expected in 0..100 {
        let client = expected % 3;
        ask(&mut service, client, r#"{"type":"read","key":1}"#, &mut rng);
        let reply = ask(
            &mut service,
            client,
            r#"{"type":"ts","msg_id":1}"#,
            &mut rng,
        );
        assert_eq!(
            reply,
            format!(r#"{{"type":"ts_ok","ts":{expected},"in_reply_to":1}}"#)
        );
    }
}

proptest! {
    #[test]
    fn lin_kv_answers_as_a_map_does(
        steps in prop::collection::vec((0..3u32, 0..3u8, 0..3u8, 0..3u8, 0..3u8, any::<bool>()), 0..100),
    ) {
        let mut service = LinKv::default();
        let mut rng = Seed(7).fork("services");
        let mut model = BTreeMap::new();
        for (client, action, key, from, to, create) in steps {
            let (request, expected) = match action {
                0 => (format!(r#"{{"type":"read","key":{key}}}"#), match model.get(&key) {
                    Some(value) => Ok(Some(*value)),
                    None => Err("20"),
                }),
                1 => {
                    model.insert(key, to);
                    (format!(r#"{{"type":"write","key":{key},"value":{to}}}"#), Ok(None))
                }
                _ => {
                    let expected = match model.get(&key) {
                        Some(value) if *value == from => Ok(None),
                        Some(_) => Err("22"),
                        None if create => Ok(None),
                        None => Err("20"),
                    };
                    if expected.is_ok() {
                        model.insert(key, to);
                    }
                    let fields = format!(r#""key":{key},"from":{from},"to":{to}"#);
                    (format!(r#"{{"type":"cas",{fields},"create_if_not_exists":{create}}}"#), expected)
                }
            };
            let reply = ask(&mut service, client, &request, &mut rng);
            match expected {
                Ok(value) => {
                    prop_assert!(!reply.contains("error"), "{} got {}", request, reply);
                    prop_assert_eq!(field(&reply, "value"), value.map(|value| value.to_string()));
                }
                Err(code) => {
                    let found = field(&reply, "code");
                    prop_assert_eq!(found.as_deref(), Some(code), "{} got {}", request, reply);
                }
            }
        }
    }
}
