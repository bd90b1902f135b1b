//! Reads values of a schedule file: one function for each thing that can stand
//! behind a key. Each says what it expected when it finds something else.

use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::file::{Names, Word};
use super::mistake::{Mistake, closest, either};
use super::spec::{self, Key, Kind};
use crate::network::Latency;
use crate::units::{UnitError, parse_duration, parse_fraction, parse_rate};

/// A value of the file.
pub(super) type Node<'v> = Spanned<DeValue<'v>>;

/// A table of the file whose keys are known.
pub(super) struct Table<'v> {
    table: &'v DeTable<'v>,
    keys: Vec<Key>,
}

impl<'v> Table<'v> {
    /// The value of a key.
    ///
    /// # Panics
    /// If the table's vocabulary does not have the key.
    pub(super) fn get(&self, key: &str) -> Option<&'v Node<'v>> {
        assert!(
            self.keys.iter().any(|known| known.name == key),
            "the reader asks for `{key}`, which is not in the vocabulary"
        );
        self.table.get(key)
    }

    /// The place of a key.
    pub(super) fn key_span(&self, key: &str) -> Option<std::ops::Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// A table with these keys; unknown and missing ones are mistakes. `what` it is
    /// stands in messages: `[network]`.
    pub(super) fn table<'v>(
        &mut self,
        value: &'v Node<'v>,
        what: &str,
        keys: &[Key],
    ) -> Option<Table<'v>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.unexpected(value, what, &format!("a table: {what}"));
            return None;
        };
        let meant = self.check_keys(table, what, keys);
        let missing = |key: &&Key| {
            key.required && !table.contains_key(key.name) && !meant.contains(&key.name)
        };
        for key in keys.iter().filter(missing) {
            let title = format!("{what} lacks `{}`", key.name);
            let help = format!("add {} = {}", key.name, example(key.value));
            self.wrong(
                Mistake::at(value.span(), title)
                    .label(lower(key.doc))
                    .help(help),
            );
        }
        Some(Table {
            table,
            keys: keys.to_vec(),
        })
    }

    /// Names the keys that do not belong here; gives back what they probably mean.
    fn check_keys(&mut self, table: &DeTable, what: &str, keys: &[Key]) -> Vec<&'static str> {
        let mut guesses = Vec::new();
        for key in table.keys() {
            let name: &str = key.get_ref();
            if keys.iter().any(|known| known.name == name) {
                continue;
            }
            if let Some(mistake) = misplaced(key, what, keys) {
                self.wrong(mistake);
                continue;
            }
            let names = || keys.iter().map(|known| known.name);
            let meant = closest(name, names())
                .or_else(|| spec::synonym(name).filter(|meant| names().any(|n| n == *meant)));
            guesses.extend(meant);
            let help = match (name, meant) {
                ("latency-dist" | "latency-sd" | "latency-alpha", Some(_)) => Some(
                    r#"write latency = "100ms exponential", or "100ms normal sd=20ms""#.to_owned(),
                ),
                (_, Some(meant)) => Some(format!("did you mean `{meant}`?")),
                _ => None,
            };
            let expected = format!("expected {}", either(names(), "`"));
            let title = format!("unknown key `{}` in {what}", name.escape_debug());
            self.wrong(
                Mistake::at(key.span(), title)
                    .label(expected)
                    .maybe_help(help),
            );
        }
        guesses
    }

    fn unexpected(&mut self, value: &Node, what: &str, expected: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or a time of day",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let title = format!("{what} cannot be {found}");
        self.wrong(Mistake::at(value.span(), title).label(format!("expected {expected}")));
    }

    /// A quantity with a unit; a bare number gets the unit parser's own words.
    fn quantity<T>(
        &mut self,
        value: &Node,
        key: &str,
        kind: spec::Value,
        parse: impl Fn(&str) -> Result<T, UnitError>,
    ) -> Option<T> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            _ => {
                let expected = format!("a text such as {}", example(kind));
                self.unexpected(value, &format!("`{key}`"), &expected);
                return None;
            }
        };
        let error = match parse(&text) {
            Ok(quantity) => return Some(quantity),
            Err(error) => error,
        };
        let help = error
            .suggestion
            .map(|meant| format!("write {key} = {meant}"));
        let mistake = Mistake::at(value.span(), format!("`{key}`: {}", error.problem))
            .label(format!("expected {}", error.expected))
            .maybe_help(help);
        self.wrong(mistake);
        None
    }

    pub(super) fn duration(&mut self, value: &Node, key: &str) -> Option<Duration> {
        self.quantity(value, key, spec::Value::Duration, |text| {
            parse_duration(text, None)
        })
    }

    pub(super) fn probability(&mut self, value: &Node, key: &str) -> Option<f64> {
        self.quantity(value, key, spec::Value::Probability, |text| {
            parse_fraction(text, false)
        })
    }

    pub(super) fn rate(&mut self, value: &Node, key: &str) -> Option<f64> {
        self.quantity(value, key, spec::Value::Rate, parse_rate)
    }

    /// `"100ms"`, `"100ms exponential"`
    pub(super) fn latency(&mut self, value: &Node, key: &str) -> Option<Latency> {
        self.quantity(value, key, spec::Value::Latency, |text| {
            Latency::parse(text, None)
        })
    }

    /// `{ probability = "10%", delay = "50ms" }`
    pub(super) fn reorder(&mut self, value: &Node, key: &str) -> Option<(f64, Latency)> {
        let table = self.table(value, &format!("`{key}`"), spec::REORDER)?;
        let probability = self.probability(table.get("probability")?, "probability");
        let delay = self.latency(table.get("delay")?, "delay");
        Some((probability?, delay?))
    }

    pub(super) fn flag(&mut self, value: &Node, key: &str) -> Option<bool> {
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.unexpected(
            value,
            &format!("`{key}`"),
            "true or false, without quotation marks",
        );
        None
    }

    pub(super) fn text(&mut self, value: &Node, key: &str) -> Option<Spanned<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.unexpected(value, &format!("`{key}`"), "a text in quotation marks");
            return None;
        };
        Some(Spanned::new(value.span(), text.to_string()))
    }

    /// One of a few words.
    fn word<'w>(&mut self, value: &Node, key: &str, words: &[&'w str]) -> Option<&'w str> {
        let text = self.text(value, key)?;
        let found = words.iter().find(|word| **word == text.get_ref().as_str());
        if found.is_none() {
            let title = format!("{:?} is not a {key}", text.get_ref());
            let meant = closest(text.get_ref(), words.iter().copied());
            let mistake = Mistake::at(value.span(), title)
                .label(format!("expected {}", either(words.iter().copied(), "\"")))
                .maybe_help(meant.map(|word| format!("did you mean {word:?}?")));
            self.wrong(mistake);
        }
        found.copied()
    }

    pub(super) fn kind(&mut self, value: &Node) -> Option<Kind> {
        let names = Kind::ALL.map(Kind::name);
        self.word(value, "kind", &names).and_then(Kind::parse)
    }

    pub(super) fn random_word(&mut self, value: &Node) -> Option<Word> {
        let names = Word::ALL.map(Word::name);
        self.word(value, "word for random targets", &names)
            .and_then(Word::parse)
    }

    /// The elements of a list; a single value is a list of itself if `or_one`.
    pub(super) fn list<'v>(
        &mut self,
        value: &'v Node<'v>,
        key: &str,
        kind: spec::Value,
        or_one: bool,
    ) -> Option<&'v [Node<'v>]> {
        match value.get_ref() {
            DeValue::Array(array) => Some(array),
            DeValue::String(_) if or_one => Some(std::slice::from_ref(value)),
            _ => {
                self.unexpected(
                    value,
                    &format!("`{key}`"),
                    &format!("a list such as {}", example(kind)),
                );
                None
            }
        }
    }

    /// A list of names.
    pub(super) fn names_list(&mut self, value: &Node, key: &str) -> Option<Vec<Spanned<String>>> {
        let list = self.list(value, key, spec::Value::List, false)?;
        let mut names = Vec::new();
        for element in list {
            names.push(self.text(element, key));
        }
        names.into_iter().collect()
    }

    /// A name, a word, or a list of names.
    pub(super) fn names(&mut self, value: &Node, key: &str) -> Option<Spanned<Names>> {
        let names = match value.get_ref() {
            DeValue::String(text) => Names::One(text.to_string()),
            DeValue::Array(array)
                if array.iter().any(|e| e.get_ref().is_array()) && key == "targets" =>
            {
                let mistake = Mistake::at(value.span(), "`targets` is one set, not several sides")
                    .label("expected names, or a word such as \"majority\"")
                    .help(r#"write sides = [["n0"], ["n1", "n2"]]"#);
                self.wrong(mistake);
                return None;
            }
            DeValue::Array(_) => Names::List(self.names_list(value, key)?),
            _ => {
                let expected =
                    r#"names such as "n0" or ["n0", "n1"], or a word such as "majority""#;
                self.unexpected(value, &format!("`{key}`"), expected);
                return None;
            }
        };
        Some(Spanned::new(value.span(), names))
    }
}

/// A key that other kinds of faults have is not unknown, but in the wrong place.
fn misplaced(key: &Spanned<DeString>, what: &str, keys: &[Key]) -> Option<Mistake> {
    if !keys.iter().any(|known| known.name == "kind") {
        return None;
    }
    let name: &str = key.get_ref();
    let (_, kinds) = spec::FAULT.iter().find(|(known, _)| known.name == name)?;
    let help = match (name, keys.iter().any(|known| known.name == "from")) {
        ("from" | "to", _) if what.contains("partition") => {
            Some("kind = \"one-way\" cuts one direction; `between` cuts both")
        }
        ("targets" | "between" | "sides", true) => Some("write `from` or `to`, or both"),
        ("for", _) => {
            Some("a restart is over at once; kind = \"kill\" keeps nodes down for a while")
        }
        _ => None,
    };
    let title = format!("`{name}` does not belong to {what}");
    let kinds = kinds.iter().map(|kind| kind.name());
    let label = format!("it is for {}", either(kinds, ""));
    Some(
        Mistake::at(key.span(), title)
            .label(label)
            .maybe_help(help.map(str::to_owned)),
    )
}

/// A value as it could stand in a file.
pub(super) fn example(value: spec::Value) -> &'static str {
    use spec::Value;
    match value {
        Value::Duration => r#""5s""#,
        Value::Probability => r#""25%""#,
        Value::Rate => r#""1MB/s""#,
        Value::Latency => r#""100ms""#,
        Value::Reorder => r#"{ probability = "10%", delay = "50ms" }"#,
        Value::Names => r#""one""#,
        Value::List => r#"["n0", "n1"]"#,
        Value::Pair => r#"["n0", ["n1", "n2"]]"#,
        Value::Sides => r#"[["n0"], ["n1", "n2"]]"#,
        Value::Deaf => r#"{ n0 = ["n1", "n2"] }"#,
        Value::Flag => "true",
        Value::Text => r#""first cut""#,
        Value::Kind => r#""partition""#,
        Value::Kinds => r#"["partition", "kill"]"#,
        Value::Words => r#"["one", "majority"]"#,
        Value::Links | Value::Network | Value::Groups | Value::Faults | Value::Random => "…",
    }
}

/// A doc sentence as a label.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}
