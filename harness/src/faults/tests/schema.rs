//! The JSON Schema agrees with the reader: what one takes the other takes, as far
//! as a schema can know.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use toml::de::{DeTable, DeValue};

use super::roundtrip::{any_fault, any_network};
use super::*;
use crate::faults::file::Word;
use crate::faults::spec;

/// What of `value` breaks `schema`, by path. Knows the words that our schema uses and no more.
fn violations(root: &Json, value: &Json, schema: &Json, path: &str, found: &mut Vec<String>) {
    for key in schema.as_object().expect("a schema is an object").keys() {
        let known = "$ref type const enum pattern minLength minItems maxItems uniqueItems items \
                     required properties additionalProperties anyOf oneOf \
                     title description examples $defs $schema";
        let known = known.split_whitespace().any(|word| word == key);
        assert!(known, "{key} is not known to the validator");
    }
    let right_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        None => true,
        Some(other) => panic!("type {other}"),
    };
    if !right_type || !fits_word(value, schema) || !fits_alternatives(root, value, schema) {
        found.push(format!("{path}: {value} is not {schema}"));
        return;
    }
    match value {
        Json::Array(list) => list_violations(root, list, schema, path, found),
        Json::Object(table) => table_violations(root, table, schema, path, found),
        _ => {}
    }
}

fn fits_word(value: &Json, schema: &Json) -> bool {
    let constant = schema["const"].is_null() || schema["const"] == *value;
    let listed = schema["enum"]
        .as_array()
        .is_none_or(|words| words.contains(value));
    let text = value.as_str().unwrap_or_default();
    let long = text.len() as u64 >= schema["minLength"].as_u64().unwrap_or(0);
    let shaped = schema["pattern"]
        .as_str()
        .is_none_or(|pattern| regex_lite::Regex::new(pattern).unwrap().is_match(text));
    constant && listed && long && shaped
}

fn fits_alternatives(root: &Json, value: &Json, schema: &Json) -> bool {
    let fits = |schema: &&Json| {
        let mut found = Vec::new();
        violations(root, value, schema, "", &mut found);
        found.is_empty()
    };
    let fitting = |key: &str| Some(schema[key].as_array()?.iter().filter(fits).count());
    let referred = schema["$ref"].as_str().is_none_or(|name| {
        let target = root.pointer(&name[1..]);
        fits(&target.unwrap_or_else(|| panic!("{name} is not defined")))
    });
    referred && fitting("anyOf") != Some(0) && fitting("oneOf").is_none_or(|count| count == 1)
}

fn list_violations(root: &Json, list: &[Json], schema: &Json, path: &str, found: &mut Vec<String>) {
    let bound = |key: &str, or: u64| schema[key].as_u64().unwrap_or(or) as usize;
    if !(bound("minItems", 0)..=bound("maxItems", 1 << 20)).contains(&list.len()) {
        found.push(format!("{path}: {} elements", list.len()));
    }
    if schema["uniqueItems"] == true && (1..list.len()).any(|i| list[..i].contains(&list[i])) {
        found.push(format!("{path}: one element twice"));
    }
    for (number, element) in list
        .iter()
        .enumerate()
        .filter(|_| schema["items"].is_object())
    {
        violations(
            root,
            element,
            &schema["items"],
            &format!("{path}[{number}]"),
            found,
        );
    }
}

fn table_violations(
    root: &Json,
    table: &serde_json::Map<String, Json>,
    schema: &Json,
    path: &str,
    found: &mut Vec<String>,
) {
    for key in schema["required"].as_array().into_iter().flatten() {
        if !table.contains_key(key.as_str().unwrap()) {
            found.push(format!("{path}: {key} is missing"));
        }
    }
    for (key, value) in table {
        let path = format!("{path}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Json::Null, Json::Bool(false)) => found.push(format!("{path}: not allowed")),
            (Json::Null, Json::Null) => {}
            (Json::Null, others) => violations(root, value, others, &path, found),
            (schema, _) => violations(root, value, schema, &path, found),
        }
    }
}

fn to_json(value: &DeValue) -> Json {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Boolean(flag) => json!(flag),
        DeValue::Array(list) => list.iter().map(|value| to_json(value.get_ref())).collect(),
        DeValue::Table(table) => {
            let rows = table
                .iter()
                .map(|(k, v)| (k.get_ref().to_string(), to_json(v.get_ref())));
            Json::Object(rows.collect())
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => json!(1),
    }
}

/// What the schema says against a file.
fn against(text: &str) -> Vec<String> {
    let document = DeTable::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut found = Vec::new();
    let value = to_json(&DeValue::Table(document.into_inner()));
    let schema = schema();
    violations(&schema, &value, &schema, "", &mut found);
    found
}

#[test]
fn the_schema_knows_every_key_of_the_reader_and_no_other() {
    let schema = schema();
    let keys = |at: &str| {
        let properties = schema.pointer(at).and_then(Json::as_object);
        let properties = properties.unwrap_or_else(|| panic!("no {at} in the schema"));
        properties.keys().cloned().collect::<Vec<String>>()
    };
    let names = |keys: &[spec::Key]| {
        let mut names: Vec<String> = keys.iter().map(|key| key.name.to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(keys("/properties"), names(spec::FILE));
    for (definition, known) in [
        ("network", spec::NETWORK),
        ("link", spec::LINK),
        ("random", spec::RANDOM),
        ("reorder", spec::REORDER),
    ] {
        assert_eq!(
            keys(&format!("/$defs/{definition}/properties")),
            names(known)
        );
    }
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        let known = keys(&format!("/$defs/fault/oneOf/{number}/properties"));
        assert_eq!(known, names(&spec::fault_keys(kind)), "{kind}");
    }
}

/// A value for each key, so that the reader can be asked about every one of them.
fn value(key: &spec::Key) -> String {
    match (key.name, key.value) {
        ("link" | "fault", _) => "[]".to_owned(),
        ("network" | "groups", _) => "{}".to_owned(),
        ("random", _) => "{ kinds = \"kill\" }".to_owned(),
        (_, kind) => super::super::value::example(kind).to_owned(),
    }
}

#[test]
fn the_reader_takes_every_key_of_the_schema() {
    for key in spec::FILE {
        plan(&format!("{} = {}", key.name, value(key)));
    }
    for key in spec::NETWORK {
        plan(&format!("[network]\n{} = {}", key.name, value(key)));
    }
    for key in spec::LINK {
        let loss = if key.name == "loss" {
            ""
        } else {
            "loss = \"1%\"\n"
        };
        plan(&format!(
            "[[network.link]]\n{loss}{} = {}",
            key.name,
            value(key)
        ));
    }
    for key in spec::RANDOM.iter().filter(|key| key.name != "kinds") {
        let kinds = Kind::ALL.map(Kind::name);
        plan(&format!(
            "[random]\nkinds = {kinds:?}\n{} = {}",
            key.name,
            value(key)
        ));
    }
    for kind in Kind::ALL {
        for key in spec::fault_keys(kind) {
            let text = fault_with(kind, &key);
            plan(&text);
            assert_eq!(against(&text), [""; 0], "{text}");
        }
    }
}

/// A fault of this kind that has this key, and what it needs besides.
fn fault_with(kind: Kind, key: &spec::Key) -> String {
    let mut text = format!("[[fault]]\nkind = \"{kind}\"\n");
    let is_place = spec::WHERE.contains(&key.name);
    for other in spec::fault_keys(kind) {
        let needed = other.required && other.name != "kind";
        let place = match kind {
            Kind::Partition => "targets",
            Kind::OneWay => "from",
            _ => "",
        };
        let place = other.name == place && !is_place;
        let ends = other.name == "for" && key.name == "every";
        if other.name == key.name && key.name != "kind" || needed || place || ends {
            text += &format!("{} = {}\n", other.name, value(&other));
        }
    }
    text
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let kill = "[[fault]]\nkind = \"kill\"\n";
    for text in [
        "[network]\nloss = 25",
        "[network]\nloss = \"25\"",
        "[network]\nlatency = \"100\"",
        "[network]\nlatency = \"100ms exponentail\"",
        "[network]\nbandwidth = \"1MB\"",
        "[network]\nlatency-dist = \"uniform\"",
        "[[faults]]",
        "[[fault]]\nkind = \"partion\"\nat = \"1s\"",
        "[[fault]]\nkind = \"partition\"\nat = \"1s\"",
        "[[fault]]\nkind = \"one-way\"\nat = \"1s\"",
        "[[fault]]\nkind = \"partition\"\nat = \"1s\"\nfrom = \"n0\"",
        "[[fault]]\nkind = \"partition\"\nat = \"1s\"\nsides = [[\"n0\"]]",
        "[[fault]]\nkind = \"loss\"\nat = \"1s\"",
        "[random]\nkinds = []",
        "[random]\nkinds = [\"kill\", \"kill\"]",
        "[random]\nkinds = [\"kill\"]\ntargets = \"some\"",
        &format!("{kill}at = 5\ntargets = \"one\""),
        &format!("{kill}at = \"5\"\ntargets = \"one\""),
        &format!("{kill}at = \"5s\""),
        &format!("{kill}at = \"5s\"\ntargets = \"one\"\nprobability = \"5%\""),
        &format!("{kill}at = \"5s\"\ntargets = \"one\"\nforever = \"yes\""),
    ] {
        mistakes(text);
        assert!(!against(text).is_empty(), "the schema takes\n{text}");
    }
}

#[test]
fn the_schema_offers_the_words_of_the_field() {
    let offered = &schema()["$defs"]["names"]["anyOf"][0]["examples"];
    for word in Word::ALL {
        assert!(
            offered.as_array().unwrap().contains(&json!(word.name())),
            "{}",
            word.name()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_the_reader_takes_the_schema_takes(
        faults in prop::collection::vec(any_fault(), 0..3),
        network in any_network(),
    ) {
        let text = format!("{network}[groups]\nleft = [\"n0\", \"n1\"]\n{}", faults.concat());
        let plan = plan(&text);
        prop_assert_eq!(against(&text), [""; 0], "{}", text);
        let written = to_toml(&plan.schedule, &plan.network, &cluster(5), "", |_| None);
        prop_assert_eq!(against(&written), [""; 0], "{}", written);
    }
}
