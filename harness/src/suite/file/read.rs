//! Reads a suite file: its own keys with what is wrong about them, the options of tests
//! as they stand.

use std::ops::Range;
use std::time::Duration;

use swelkie_checkers::Validity;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Block, Entry, File, SUITE, SeedsAsked, Value};
use crate::faults::mistake::{Mistake, Source, closest, either};
use crate::faults::syntax;
use crate::suite::{Expectation, Seeds};
use crate::units::{Unit, parse_duration};

const TABLES: [&str; 3] = ["suite", "defaults", "rung"];

type Node<'v> = Spanned<DeValue<'v>>;

/// Reads a suite file. `name` is what messages call it.
///
/// What is wrong, as far as it can be seen without knowing the options of a test, comes
/// with what could be read.
#[must_use]
pub fn parse(name: &str, text: &str) -> (File, Vec<Mistake>) {
    let mut reader = Reader::default();
    let mut file = File {
        source: Source {
            name: name.to_owned(),
            text: text.to_owned(),
        },
        ..File::default()
    };
    match DeTable::parse(text) {
        Ok(document) => reader.file(document.get_ref(), &mut file),
        Err(error) => reader.mistakes.push(syntax(&error, text)),
    }
    (file, reader.mistakes)
}

/// Collects what is wrong.
#[derive(Default)]
struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn wrong<T>(&mut self, span: Range<usize>, title: impl Into<String>, label: &str) -> Option<T> {
        self.mistakes.push(Mistake::at(span, title).label(label));
        None
    }

    fn file(&mut self, root: &DeTable, file: &mut File) {
        for (key, value) in root {
            match &**key.get_ref() {
                "suite" => self.suite(value, file),
                "defaults" => {
                    if let Some(table) = self.table(value, "[defaults]") {
                        file.defaults = self.block(value.span(), table, true);
                    }
                }
                "rung" => file.rungs = self.rungs(value),
                other => self.unknown(other, key.span(), "a suite file", TABLES),
            }
        }
        if !root.contains_key("rung") {
            let title = "there is no rung";
            let mistake = Mistake::at(0..0, title).label("expected a table [[rung]] for each");
            self.mistakes
                .push(mistake.help("write [[rung]] and name = \"basics\" under it"));
        }
        self.names_differ(&file.rungs);
        self.needs_are_above(&file.rungs);
    }

    fn unknown<'k>(
        &mut self,
        key: &str,
        span: Range<usize>,
        place: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        self.mistakes.push(unknown_key(key, span, place, known));
    }

    fn table<'v>(&mut self, value: &'v Node, what: &str) -> Option<&'v DeTable<'v>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.wrong(
                value.span(),
                format!("{what} is no table"),
                "expected keys and values",
            ),
        }
    }

    fn suite(&mut self, value: &Node, file: &mut File) {
        let Some(table) = self.table(value, "[suite]") else {
            return;
        };
        for (key, value) in table {
            match &**key.get_ref() {
                "name" => file.name = self.text(value, "name").map(Spanned::into_inner),
                "budget" => file.budget = self.time(value, "budget"),
                "seed" => file.seed = self.whole(value, "seed"),
                other => {
                    let known = SUITE.iter().map(|row| row.0);
                    let mut mistake = unknown_key(other, key.span(), "[suite]", known);
                    if closest(other, SUITE.map(|row| row.0)).is_none() {
                        mistake = mistake.help("what holds for every rung stands under [defaults]");
                    }
                    self.mistakes.push(mistake);
                }
            }
        }
    }

    fn rungs(&mut self, value: &Node) -> Vec<Block> {
        let DeValue::Array(rungs) = value.get_ref() else {
            let label = "expected a table for each rung";
            let mistake = Mistake::at(value.span(), "`rung` is no list").label(label);
            self.mistakes
                .push(mistake.help("write [[rung]] with two brackets"));
            return Vec::new();
        };
        let mut blocks = Vec::new();
        for rung in rungs {
            if let Some(table) = self.table(rung, "[[rung]]") {
                blocks.push(self.block(rung.span(), table, false));
            }
        }
        blocks
    }

    fn block(&mut self, span: Range<usize>, table: &DeTable, defaults: bool) -> Block {
        let mut block = Block {
            span: span.clone(),
            ..Block::default()
        };
        for (key, value) in table {
            match &**key.get_ref() {
                own @ ("name" | "needs") if defaults => {
                    let title = format!("`{own}` belongs to one rung");
                    let () = self
                        .wrong(key.span(), title, "not to all of them")
                        .unwrap_or(());
                }
                "name" => block.name = self.text(value, "name"),
                "needs" => block.needs = self.text(value, "needs"),
                "seeds" => block.seeds = self.seeds(value),
                "repeat" => block.repeat = self.repeat(value),
                "expect" => block.expect = self.expect(value),
                "budget" => block.budget = self.time(value, "budget"),
                other => block.entries.extend(self.entry(other, key.span(), value)),
            }
        }
        if !defaults && !table.contains_key("name") {
            let mistake = Mistake::at(span, "this rung has no name").label("expected `name`");
            self.mistakes
                .push(mistake.help("such as name = \"partition\""));
        }
        block
    }

    fn entry(&mut self, key: &str, key_span: Range<usize>, value: &Node) -> Option<Entry> {
        let entry = |value_read| Entry {
            key: key.to_owned(),
            key_span: key_span.clone(),
            value: value_read,
            span: value.span(),
        };
        let read = match value.get_ref() {
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Array(list) => {
                let mut words = Vec::new();
                for item in list {
                    words.push(self.word(key, item)?);
                }
                Value::List(words)
            }
            DeValue::Table(table) => {
                let mut pairs = Vec::new();
                for (name, item) in table {
                    pairs.push((name.get_ref().to_string(), self.word(key, item)?));
                }
                Value::Table(pairs)
            }
            _ => Value::Text(self.word(key, value)?),
        };
        Some(entry(read))
    }

    /// Text, or a number as it is written.
    fn word(&mut self, key: &str, value: &Node) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) => Some(self.number_text(value)),
            _ => {
                let title = format!("a value of `{key}` is neither text nor a number");
                self.wrong(value.span(), title, "expected text or a number")
            }
        }
    }

    fn number_text(&mut self, value: &Node) -> String {
        match value.get_ref() {
            DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix())
            {
                Ok(number) => number.to_string(),
                Err(_) => number.as_str().to_owned(),
            },
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => String::new(),
        }
    }

    fn text(&mut self, value: &Node, key: &str) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => {
                Some(Spanned::new(value.span(), text.to_string()))
            }
            _ => self.wrong(value.span(), format!("`{key}` is no name"), "expected text"),
        }
    }

    fn time(&mut self, value: &Node, key: &str) -> Option<Duration> {
        let expected = "expected a duration such as \"30s\" or \"5m\"";
        let text = self.word(key, value)?;
        match parse_duration(&text, Some(Unit::Seconds)) {
            Ok(time) if time.is_zero() => {
                let title = format!("a `{key}` of nothing: no run would begin");
                self.wrong(value.span(), title, expected)
            }
            Ok(time) => Some(time),
            Err(error) => self.wrong(value.span(), format!("`{key}`: {error}"), expected),
        }
    }

    fn whole(&mut self, value: &Node, key: &str) -> Option<u64> {
        let text = match value.get_ref() {
            DeValue::Integer(_) => self.number_text(value),
            _ => String::new(),
        };
        let number = text.parse().ok();
        number.or_else(|| {
            let title = format!("`{key}` is no whole number");
            self.wrong(value.span(), title, "expected a number from 0, such as 7")
        })
    }

    fn repeat(&mut self, value: &Node) -> Option<u32> {
        let number = self.whole(value, "repeat")?;
        match u32::try_from(number) {
            Ok(number) if number > 0 => Some(number),
            _ => self.wrong(
                value.span(),
                "`repeat` counts runs",
                "expected a number from 1",
            ),
        }
    }

    fn seeds(&mut self, value: &Node) -> Option<SeedsAsked> {
        const EXPECTED: &str = "expected seeds such as [1, 2, 3] or \"1..=20\", or how many";
        match value.get_ref() {
            DeValue::Integer(_) => match self.whole(value, "seeds")? {
                0 => self.wrong(value.span(), "no seeds, no runs", EXPECTED),
                count => Some(SeedsAsked::Count(count)),
            },
            DeValue::Array(list) if !list.is_empty() => {
                let mut seeds = Vec::new();
                for item in list {
                    seeds.push(self.whole(item, "seeds")?);
                }
                let twice = (1..seeds.len()).find(|&at| seeds[..at].contains(&seeds[at]));
                if let Some(at) = twice {
                    let title = format!("seed {} is named twice", seeds[at]);
                    let mistake = Mistake::at(list[at].span(), title);
                    let label = "the same seed gives the same operations and faults";
                    let help = "to play each seed more than once write repeat = 2";
                    self.mistakes.push(mistake.label(label).help(help));
                    return None;
                }
                Some(SeedsAsked::These(Seeds::List(seeds)))
            }
            DeValue::String(text) => match range(text) {
                Some((first, count)) => Some(SeedsAsked::These(Seeds::From {
                    first,
                    count: Some(count),
                    during: None,
                })),
                None => {
                    let title = format!("`seeds` = \"{text}\" is no range with a seed in it");
                    self.wrong(
                        value.span(),
                        title,
                        "expected \"1..=20\" (with 20) or \"1..21\" (without 21)",
                    )
                }
            },
            _ => self.wrong(value.span(), "these are no seeds", EXPECTED),
        }
    }

    fn expect(&mut self, value: &Node) -> Option<Expectation> {
        let table = match value.get_ref() {
            DeValue::String(text) => {
                let validity = self.validity(text, value.span())?;
                return Some(Expectation {
                    validity,
                    kinds: Vec::new(),
                });
            }
            DeValue::Table(table) => table,
            _ => {
                let label = "expected \"valid\", \"invalid\", \"unknown\" or { validity = \"invalid\", kind = \"lost\" }";
                return self.wrong(value.span(), "this cannot be expected", label);
            }
        };
        let mut expectation = Expectation {
            validity: Validity::Invalid,
            kinds: Vec::new(),
        };
        for (key, item) in table {
            match &**key.get_ref() {
                "validity" => {
                    let text = self.text(item, "validity")?;
                    expectation.validity = self.validity(text.get_ref(), item.span())?;
                }
                "kind" => match item.get_ref() {
                    DeValue::Array(list) => {
                        for item in list {
                            expectation
                                .kinds
                                .push(self.text(item, "kind")?.into_inner());
                        }
                    }
                    _ => expectation
                        .kinds
                        .push(self.text(item, "kind")?.into_inner()),
                },
                other => self.unknown(other, key.span(), "`expect`", ["validity", "kind"]),
            }
        }
        if expectation.validity == Validity::Valid && !expectation.kinds.is_empty() {
            let title = "a valid run has no evidence of any kind";
            return self.wrong(
                value.span(),
                title,
                "expected validity = \"invalid\" beside a kind",
            );
        }
        Some(expectation)
    }

    fn validity(&mut self, text: &str, span: Range<usize>) -> Option<Validity> {
        const WORDS: [(&str, Validity); 3] = [
            ("valid", Validity::Valid),
            ("invalid", Validity::Invalid),
            ("unknown", Validity::Unknown),
        ];
        let found = WORDS.iter().find(|(word, _)| *word == text);
        found.map(|row| row.1).or_else(|| {
            let words = WORDS.map(|row| row.0);
            let guess = closest(text, words).map(|word| format!("did you mean \"{word}\"?"));
            let label = format!("expected {}", either(words, "\""));
            let mistake = Mistake::at(span, format!("there is no verdict \"{text}\""));
            self.mistakes.push(mistake.label(label).maybe_help(guess));
            None
        })
    }

    fn names_differ(&mut self, rungs: &[Block]) {
        for (index, rung) in rungs.iter().enumerate() {
            let Some(name) = &rung.name else { continue };
            let same = |earlier: &Block| earlier.called() == name.get_ref();
            if rungs[..index].iter().any(same) {
                let title = format!("two rungs are called `{}`", name.get_ref());
                let label = "expected a name of its own";
                let () = self.wrong(name.span(), title, label).unwrap_or(());
            }
        }
    }

    fn needs_are_above(&mut self, rungs: &[Block]) {
        for (index, rung) in rungs.iter().enumerate() {
            let Some(needs) = &rung.needs else { continue };
            let names = |rungs: &'_ [Block]| -> Vec<String> {
                let named = rungs.iter().filter_map(|rung| rung.name.as_ref());
                let mut names: Vec<String> = named.map(|name| name.get_ref().clone()).collect();
                names.dedup();
                names
            };
            let above = names(&rungs[..index]);
            if above.contains(needs.get_ref()) {
                continue;
            }
            let later = names(&rungs[index..]).contains(needs.get_ref());
            let title = match later {
                true => format!("`{}` does not stand above this rung", needs.get_ref()),
                false => format!("there is no rung `{}`", needs.get_ref()),
            };
            let guess = closest(needs.get_ref(), above.iter().map(String::as_str));
            let guess = guess.map(|name| format!("did you mean \"{name}\"?"));
            let label = match above.is_empty() {
                true => "expected a rung above this one, and this is the first".to_owned(),
                false => {
                    let above = above.iter().map(String::as_str);
                    format!("expected a rung above this one: {}", either(above, "\""))
                }
            };
            let mistake = Mistake::at(needs.span(), title).label(label);
            self.mistakes
                .push(mistake.maybe_help(guess.filter(|_| !later)));
        }
    }
}

/// A key that nobody knows.
pub fn unknown_key<'k>(
    key: &str,
    span: Range<usize>,
    place: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> Mistake {
    let guess = closest(key, known.clone()).map(|name| format!("did you mean `{name}`?"));
    let names: Vec<&str> = known.into_iter().collect();
    let label = match &guess {
        // The one that is meant says more than all the others.
        Some(_) => "no such key".to_owned(),
        None if names.len() > 12 => "no such key".to_owned(),
        None => format!("expected {}", either(names, "`")),
    };
    Mistake::at(span, format!("unknown key `{key}` in {place}"))
        .label(label)
        .maybe_help(guess)
}

/// `1..=20`, `1..21`: the first and how many.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once("..")?;
    let (last, more) = match last.strip_prefix('=') {
        Some(last) => (last, 1),
        None => (last, 0),
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, last) = (number(first)?, number(last)?);
    let count = last.checked_sub(first)?.checked_add(more)?;
    (count > 0).then_some((first, count))
}
