//! Reads the values of a suite's own keys; each says what it expected when it finds
//! something else.

use std::ops::Range;
use std::time::Duration;

use swelkie_checkers::Validity;
use toml::Spanned;
use toml::de::DeValue;

use super::SeedsAsked;
use super::read::{Node, Reader};
use crate::faults::mistake::{Mistake, closest, either};
use crate::suite::{Expectation, Seeds};
use crate::units::{Unit, parse_duration};

impl Reader {
    /// Text, or a number as it is written.
    pub(super) fn word(&mut self, key: &str, value: &Node) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) => Some(self.number_text(value)),
            _ => {
                let title = format!("a value of `{key}` is neither text nor a number");
                self.wrong(value.span(), title, "expected text or a number")
            }
        }
    }

    pub(super) fn number_text(&mut self, value: &Node) -> String {
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

    pub(super) fn text(&mut self, value: &Node, key: &str) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => {
                Some(Spanned::new(value.span(), text.to_string()))
            }
            _ => self.wrong(value.span(), format!("`{key}` is no name"), "expected text"),
        }
    }

    pub(super) fn time(&mut self, value: &Node, key: &str) -> Option<Duration> {
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

    pub(super) fn whole(&mut self, value: &Node, key: &str) -> Option<u64> {
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

    pub(super) fn repeat(&mut self, value: &Node) -> Option<u32> {
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

    pub(super) fn seeds(&mut self, value: &Node) -> Option<SeedsAsked> {
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

    pub(super) fn expect(&mut self, value: &Node) -> Option<Expectation> {
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

    pub(super) fn validity(&mut self, text: &str, span: Range<usize>) -> Option<Validity> {
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
