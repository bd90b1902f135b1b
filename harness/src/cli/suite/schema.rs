//! The JSON Schema of a suite file, for editors: made from the definition of the options.

use clap::{Arg, ArgAction};
use serde_json::{Map, Value, json};
use std::path::Path;

use super::keys::{ARGUMENTS, Keys, value_name};
use swelkie::suite::file::{RUNG, SUITE};

/// The JSON Schema (2020-12) of a suite file.
pub fn schema() -> Value {
    let keys = Keys::new(Path::new(""));
    let options: Map<String, Value> = keys
        .arguments()
        .map(|(name, argument)| (name.to_owned(), option(name, argument)))
        .collect();
    let own = |wanted: &dyn Fn(&str) -> bool| -> Map<String, Value> {
        let rows = RUNG.iter().filter(|(name, _)| wanted(name));
        let described = rows.map(|&(name, doc)| (name.to_owned(), described(own_key(name), doc)));
        described.chain(options.clone()).collect()
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Swelkie suite",
        "description": "Named rungs: the same node under growing trouble.",
        "type": "object",
        "additionalProperties": false,
        "required": ["rung"],
        "properties": {
            "suite": {
                "type": "object",
                "additionalProperties": false,
                "properties": SUITE.iter().map(|&(name, doc)| {
                    (name.to_owned(), described(own_key(name), doc))
                }).collect::<Map<String, Value>>(),
            },
            "defaults": {
                "description": "what holds for every rung that does not say otherwise",
                "type": "object",
                "additionalProperties": false,
                "properties": own(&|name| !matches!(name, "name" | "needs")),
            },
            "rung": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name"],
                    "properties": own(&|_| true),
                },
            },
        },
    })
}

fn described(mut value: Value, doc: &str) -> Value {
    value["description"] = doc.into();
    value
}

fn own_key(name: &str) -> Value {
    let verdict = json!({ "enum": ["valid", "invalid", "unknown"] });
    let kind = json!({ "type": "string" });
    match name {
        "budget" => json!({ "type": ["string", "number"] }),
        "seed" => json!({ "type": "integer", "minimum": 0 }),
        "repeat" => json!({ "type": "integer", "minimum": 1 }),
        "seeds" => json!({ "oneOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "string", "pattern": r"^\s*\d+\s*\.\.=?\s*\d+\s*$" },
            { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "integer", "minimum": 0 } },
        ] }),
        "expect" => json!({ "oneOf": [verdict, {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "validity": verdict,
                "kind": { "oneOf": [kind, { "type": "array", "items": kind }] },
            },
        }] }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

/// An option of `swelkie test`.
fn option(name: &str, argument: &Arg) -> Value {
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let doc = match name {
        ARGUMENTS => "Arguments for the node program".to_owned(),
        _ => help,
    };
    let one = one(name, argument);
    let value = match argument.get_action() {
        ArgAction::SetTrue => json!({ "type": "boolean" }),
        ArgAction::Append if matches!(name, "env" | "bin") => json!({ "oneOf": [
            one, { "type": "array", "items": one },
            { "type": "object", "additionalProperties": one },
        ] }),
        ArgAction::Append => json!({ "oneOf": [one, { "type": "array", "items": one }] }),
        _ => one,
    };
    described(value, &doc)
}

/// One value. Where parameters may follow a word, any text will do.
fn one(name: &str, argument: &Arg) -> Value {
    let words: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    match name {
        "nemesis" => json!({ "type": "string", "examples": words }),
        "builtin" => json!({ "type": "string", "examples": words }),
        _ if !words.is_empty() => json!({ "enum": words }),
        _ => json!({ "type": ["string", "number"], "title": value_name(argument) }),
    }
}
