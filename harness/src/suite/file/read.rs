//! Reads a suite file: its own keys with what is wrong about them, the options of tests
//! as they stand.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Block, Entry, File, SUITE, Value};
use crate::faults::mistake::{Mistake, Source, closest, either};
use crate::faults::syntax;

const TABLES: [&str; 3] = ["suite", "defaults", "rung"];

/// A value of the file.
pub(super) type Node<'v> = Spanned<DeValue<'v>>;

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
pub(super) struct Reader {
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn wrong<T>(
        &mut self,
        span: Range<usize>,
        title: impl Into<String>,
        label: &str,
    ) -> Option<T> {
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

    pub(super) fn unknown<'k>(
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
