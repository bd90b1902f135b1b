//! The JSON Schema of the schedule file, for editors. Made from the same
//! vocabulary that the reader uses.

use serde_json::{Map, Value as Json, json};

use super::file::Word;
use super::spec::{self, Key, Kind, Value};
use crate::network::Shape;

/// The JSON Schema (2020-12) of a schedule file.
#[must_use]
pub fn schema() -> Json {
    let faults: Vec<Json> = Kind::ALL.into_iter().map(fault).collect();
    let mut root = table(spec::FILE);
    let mut about = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Swelkie fault schedule",
        "description": "What goes wrong in a run, where, from when to when. Quantities are texts with a unit.",
        "$defs": definitions(faults),
    });
    merge(&mut about, root.take());
    about
}

fn merge(into: &mut Json, from: Json) {
    if let (Json::Object(into), Json::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn table(keys: &[Key]) -> Json {
    let properties: Map<String, Json> = keys
        .iter()
        .map(|key| {
            let mut value = value(key.value);
            merge(&mut value, json!({ "description": key.doc }));
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut table = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        merge(&mut table, json!({ "required": required }));
    }
    table
}

fn fault(kind: Kind) -> Json {
    let mut fault = table(&spec::fault_keys(kind));
    fault["properties"]["kind"] = json!({ "const": kind.name(), "description": kind.doc() });
    fault["title"] = json!(kind.name());
    match kind {
        Kind::Partition => fault["anyOf"] = one_of_these(&["targets", "sides", "between", "deaf"]),
        Kind::OneWay => fault["anyOf"] = one_of_these(&["from", "to"]),
        _ => {}
    }
    fault
}

fn one_of_these(keys: &[&str]) -> Json {
    keys.iter()
        .map(|key| json!({ "required": [key] }))
        .collect()
}

fn refer(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// What may stand behind a key.
fn value(value: Value) -> Json {
    match value {
        Value::Duration => refer("duration"),
        Value::Probability => refer("probability"),
        Value::Rate => refer("rate"),
        Value::Latency => refer("latency"),
        Value::Reorder => refer("reorder"),
        Value::Names => refer("names"),
        Value::List => refer("list"),
        Value::Pair => {
            json!({ "type": "array", "items": refer("names"), "minItems": 2, "maxItems": 2 })
        }
        Value::Sides => json!({ "type": "array", "items": refer("list"), "minItems": 2 }),
        Value::Deaf => json!({ "type": "object", "additionalProperties": refer("names") }),
        Value::Flag => json!({ "type": "boolean" }),
        Value::Text => json!({ "type": "string", "minLength": 1 }),
        Value::Kind => json!({ "enum": Kind::ALL.map(Kind::name) }),
        Value::Kinds => several(&Kind::ALL.map(Kind::name)),
        Value::Words => several(&Word::ALL.map(Word::name)),
        Value::Links => json!({ "type": "array", "items": refer("link") }),
        Value::Network => refer("network"),
        Value::Groups => json!({ "type": "object", "additionalProperties": refer("list") }),
        Value::Faults => json!({ "type": "array", "items": refer("fault") }),
        Value::Random => refer("random"),
    }
}

/// One of the words, or a list of them.
fn several(words: &[&str]) -> Json {
    let list =
        json!({ "type": "array", "items": { "enum": words }, "minItems": 1, "uniqueItems": true });
    json!({ "anyOf": [{ "enum": words }, list] })
}

fn definitions(faults: Vec<Json>) -> Json {
    let text = |pattern: &str, examples: &[&str]| json!({ "type": "string", "pattern": pattern, "examples": examples });
    let number = r"\d+(\.\d+)?";
    let unit = r"(h|m|s|ms|us|µs|μs|ns)";
    let shapes = Shape::NAMES.join("|");
    let latency = format!(
        r"^\s*({number}{unit})+(\s+({shapes})(\s+(sd=({number}{unit})+|alpha={number}))*)?\s*$"
    );
    let mut words = Word::ALL.map(Word::name).to_vec();
    words.extend(spec::SETS);
    json!({
        "duration": text(&format!(r"^\s*({number}\s*{unit}\s*)+$"), &["250ms", "5s", "1m30s"]),
        "probability": text(&format!(r"^\s*{number}\s*%\s*$"), &["25%", "0.1%"]),
        "rate": text(&format!(r"^\s*{number}\s*([kKMG]?B|[KMG]iB|[kMG]?bit)/s\s*$"), &["1MB/s", "64KiB/s", "10Mbit/s"]),
        "latency": text(&latency, &["100ms", "100ms exponential", "100ms normal sd=20ms", "50ms pareto alpha=2.5"]),
        "reorder": table(spec::REORDER),
        "list": { "type": "array", "items": { "type": "string" } },
        "names": { "anyOf": [{ "type": "string", "examples": words }, refer("list")] },
        "network": table(spec::NETWORK),
        "link": table(spec::LINK),
        "random": table(spec::RANDOM),
        "fault": { "oneOf": faults },
    })
}
