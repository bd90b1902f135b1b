//! The built-in nodes by name.
//!
//! A node is named by a spec, `NAME` or `NAME:PARAMETER=VALUE,…`:
//!
//! ```
//! use swelkie_nodes::registry;
//!
//! assert!(registry::build("flood").is_ok());
//! assert!(registry::build("flood-retry:retry=50ms,batch=16").is_ok());
//! let error = registry::build("flod").err().unwrap().to_string();
//! assert!(error.contains("did you mean `flood`?"), "{error}");
//! ```

mod catalog;
mod error;
mod families;
mod planted;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::node::Node;
use crate::strategy::Strategy;
pub use error::SpecError;

/// One built-in node.
pub struct Entry {
    /// Its name in specs.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// The workloads whose requests it answers.
    pub workloads: &'static [&'static str],
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// What it promises.
    pub promises: Promises,
    /// Not for users: deliberately broken, for tests of checkers, or a load for benchmarks.
    pub planted: bool,
    /// The family of its strategy, if it is one.
    pub family: Option<&'static str>,
    /// It uses real files or locks, so it runs as a process and not in simulation.
    pub process_only: bool,
    /// Whether one broadcast may cause messages without end.
    pub storms: bool,
    make: Make,
}

/// Makes a node, or says how its parameters contradict each other.
type Make = fn(&Settings) -> Result<Box<dyn Node>, String>;

/// A parameter of a built-in node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in specs.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its value if it is not set, as in a spec.
    pub default: &'static str,
    /// What it means.
    pub summary: &'static str,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A span of time above zero: `200ms`, `1.5s`; a bare number means milliseconds.
    Duration,
    /// A span of time above zero, or `never`.
    Period,
    /// A whole number from 1.
    Count,
    /// A whole number from 0.
    Number,
    /// A share in 0…1, `0.3` or `30%`.
    Share,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a node keeps its word under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// What it acknowledged reaches everybody as long as nothing goes wrong; otherwise with
    /// a probability.
    pub everybody: bool,
    /// It does although messages are lost or cut for a while.
    pub loss: bool,
    /// What it acknowledged survives its kill.
    pub kill: bool,
}

impl Promises {
    /// Everything.
    pub const ALL: Promises = Promises {
        everybody: true,
        loss: true,
        kill: true,
    };
    /// To reach everybody as long as nothing goes wrong.
    pub const CALM: Promises = Promises {
        everybody: true,
        loss: false,
        kill: false,
    };
    /// Nothing for sure.
    pub const CHANCE: Promises = Promises {
        everybody: false,
        loss: false,
        kill: false,
    };
}

/// The values of a node's parameters, defaults included. Asking for one that the entry
/// does not declare, or as another kind, is a programming error and panics.
#[derive(Clone, Debug)]
pub struct Settings(BTreeMap<&'static str, Setting>);

#[derive(Clone, Copy, Debug)]
enum Setting {
    Duration(Duration),
    Period(Option<Duration>),
    Number(usize),
    Share(f64),
    Choice(&'static str),
}

impl Settings {
    /// A [`Kind::Duration`].
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        match self.0.get(name) {
            Some(Setting::Duration(span)) => *span,
            _ => unreachable!("{name} is declared as a duration"),
        }
    }

    /// A [`Kind::Period`]; none is never.
    #[must_use]
    pub fn period(&self, name: &str) -> Option<Duration> {
        match self.0.get(name) {
            Some(Setting::Period(span)) => *span,
            _ => unreachable!("{name} is declared as a period"),
        }
    }

    /// A [`Kind::Count`] or a [`Kind::Number`].
    #[must_use]
    pub fn number(&self, name: &str) -> usize {
        match self.0.get(name) {
            Some(Setting::Number(number)) => *number,
            _ => unreachable!("{name} is declared as a number"),
        }
    }

    /// A [`Kind::Share`].
    #[must_use]
    pub fn share(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Setting::Share(share)) => *share,
            _ => unreachable!("{name} is declared as a share"),
        }
    }

    /// The word of a [`Kind::Choice`].
    #[must_use]
    pub fn choice(&self, name: &str) -> &'static str {
        match self.0.get(name) {
            Some(Setting::Choice(word)) => word,
            _ => unreachable!("{name} is declared as a choice"),
        }
    }
}

/// All built-in nodes: those that spread nothing, the strategies, the planted ones.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let strategies = families::STRATEGIES.iter();
    catalog::ENTRIES
        .iter()
        .chain(strategies)
        .chain(&planted::ENTRIES)
}

/// The node of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.name == name)
}

/// The entry that a spec names; its parameters are checked too.
///
/// # Errors
/// If the spec names no node or sets its parameters wrongly.
pub fn resolve(spec: &str) -> Result<&'static Entry, SpecError> {
    let (entry, settings) = parse(spec)?;
    (entry.make)(&settings).map_err(|why| SpecError::contradiction(spec, why))?;
    Ok(entry)
}

/// A new node as the spec asks for.
///
/// # Errors
/// If the spec names no node or sets its parameters wrongly.
pub fn build(spec: &str) -> Result<Box<dyn Node>, SpecError> {
    let (entry, settings) = parse(spec)?;
    (entry.make)(&settings).map_err(|why| SpecError::contradiction(spec, why))
}

/// The name and the parameters of the node that a spec asks for.
///
/// # Errors
/// If the spec names no node or sets its parameters wrongly.
pub fn settings(spec: &str) -> Result<(&'static str, Settings), SpecError> {
    parse(spec).map(|(entry, settings)| (entry.name, settings))
}

/// Something to do with a strategy whose type only the registry knows.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<S: Strategy + 'static>(self, config: S::Config) -> Self::Output;
}

/// Calls `visitor` with the type and the parameters of the strategy that a spec names.
///
/// # Errors
/// If the spec names no strategy or sets its parameters wrongly.
pub fn visit<V: Visitor>(spec: &str, visitor: V) -> Result<V::Output, SpecError> {
    let (entry, settings) = parse(spec)?;
    match families::visit(entry.name, &settings, visitor) {
        Some(visited) => visited.map_err(|why| SpecError::contradiction(spec, why)),
        None => Err(SpecError::NoStrategy { name: entry.name }),
    }
}

fn parse(spec: &str) -> Result<(&'static Entry, Settings), SpecError> {
    let (name, assignments) = spec.split_once(':').unwrap_or((spec, ""));
    let name = name.trim();
    let entry = find(name).ok_or_else(|| SpecError::UnknownNode {
        name: name.to_owned(),
    })?;
    let mut settings = BTreeMap::new();
    for assignment in assignments
        .split(',')
        .filter(|part| !part.trim().is_empty())
    {
        let (key, value) = match assignment.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (assignment.trim(), None),
        };
        let Some(parameter) = entry
            .parameters
            .iter()
            .find(|parameter| parameter.name == key)
        else {
            return Err(SpecError::UnknownParameter {
                node: entry.name,
                name: key.to_owned(),
            });
        };
        let Some(setting) = value.and_then(|value| parameter.kind.read(value)) else {
            let value = value.map(str::to_owned);
            return Err(SpecError::BadValue {
                parameter: *parameter,
                value,
            });
        };
        if settings.insert(parameter.name, setting).is_some() {
            return Err(SpecError::Repeated {
                name: parameter.name,
            });
        }
    }
    for parameter in entry.parameters {
        let default = || {
            parameter
                .kind
                .read(parameter.default)
                .expect("a default is valid")
        };
        settings.entry(parameter.name).or_insert_with(default);
    }
    Ok((entry, Settings(settings)))
}

impl Kind {
    fn read(self, text: &str) -> Option<Setting> {
        match self {
            Kind::Duration => duration(text).map(Setting::Duration),
            Kind::Period if text == "never" => Some(Setting::Period(None)),
            Kind::Period => duration(text).map(|span| Setting::Period(Some(span))),
            Kind::Count => text
                .parse()
                .ok()
                .filter(|&count| count > 0)
                .map(Setting::Number),
            Kind::Number => text.parse().ok().map(Setting::Number),
            Kind::Share => share(text).map(Setting::Share),
            Kind::Choice(words) => {
                let word = words.iter().find(|&&word| word == text);
                word.map(|word| Setting::Choice(word))
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Kind::Duration => "a span of time above zero, like `200ms` or `1.5s`",
            Kind::Period => "a span of time above zero, like `200ms` or `1.5s`, or `never`",
            Kind::Count => "a whole number from 1",
            Kind::Number => "a whole number from 0",
            Kind::Share => "a share from 0 to 1, like `0.3` or `30%`",
            Kind::Choice(words) => return write!(f, "one of {}", words.join(", ")),
        })
    }
}

/// A share in 0…1, as a fraction or in per cent.
fn share(text: &str) -> Option<f64> {
    let (digits, unit) = match text.strip_suffix('%') {
        Some(digits) => (digits, 0.01),
        None => (text, 1.0),
    };
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let share = digits.parse::<f64>().ok().filter(|_| plain)? * unit;
    (0.0..=1.0).contains(&share).then_some(share)
}

/// A span above zero and below 2^64 nanoseconds.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ns" => 1e-9,
        "us" => 1e-6,
        "" | "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    let span = Duration::try_from_secs_f64(number * unit).ok()?;
    (span > Duration::ZERO && u64::try_from(span.as_nanos()).is_ok()).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(spec: &str) -> String {
        build(spec).err().expect("not a valid spec").to_string()
    }

    #[test]
    fn every_node_can_be_built_and_has_a_name_of_its_own() {
        for entry in entries() {
            assert!(build(entry.name).is_ok(), "{}", entry.name);
            assert_eq!(
                entries().filter(|other| other.name == entry.name).count(),
                1
            );
            let hidden = entry.name.starts_with("broken-") || entry.name == "circulate";
            assert_eq!(entry.planted, hidden);
            let assignments: Vec<String> = entry
                .parameters
                .iter()
                .map(|p| format!("{}={}", p.name, p.default))
                .collect();
            assert!(build(&format!("{}:{}", entry.name, assignments.join(","))).is_ok());
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_meant_and_what_there_is() {
        let unknown = message("flood-rety:retry=1s");
        let meant = "there is no built-in node `flood-rety`: did you mean `flood-retry`? (known: ";
        assert!(unknown.starts_with(meant), "{unknown}");
        assert!(unknown.contains(", sample") && !unknown.contains("broken-"));
        assert_eq!(
            message("flood-retry:rety=1s"),
            "`flood-retry` has no parameter `rety`: did you mean `retry`? (known: retry, batch)"
        );
        assert_eq!(
            message("flood:batch=3"),
            "`flood` has no parameter `batch` (it has none)"
        );
        assert_eq!(
            message("flood-retry:batch=0"),
            "`batch=0`: `batch` takes a whole number from 1 (default 1000)"
        );
        assert_eq!(
            message("g-set:gossip=5\u{7}furlongs"),
            "`gossip=5\\u{7}furlongs`: `gossip` takes a span of time above zero, like `200ms` or \
             `1.5s` (default 100ms)"
        );
        assert_eq!(
            message("sample:share=1.5"),
            "`share=1.5`: `share` takes a share from 0 to 1, like `0.3` or `30%` (default 0)"
        );
        assert_eq!(
            message("sample:among=all"),
            "`among=all`: `among` takes one of others, neighbours (default others)"
        );
        assert_eq!(
            message("flood-retry:retry=1s,retry=2s"),
            "`retry` is set twice"
        );
        assert_eq!(
            message("flood-retry:batch"),
            "`batch` takes a whole number from 1: write `batch=1000`"
        );
        assert!(!message("xyzzy").contains("did you mean"));
    }

    #[test]
    fn only_strategies_can_be_visited_by_type() {
        struct Name;
        impl Visitor for Name {
            type Output = &'static str;
            fn visit<S: Strategy + 'static>(self, _config: S::Config) -> &'static str {
                S::ABOUT.name
            }
        }
        for entry in entries() {
            match visit(entry.name, Name) {
                Ok(name) => assert_eq!(name, entry.name),
                Err(error) => {
                    assert!(entry.family.is_none());
                    let start = format!("`{}` is no dissemination strategy (known: ", entry.name);
                    assert!(error.to_string().starts_with(&start), "{error}");
                }
            }
        }
    }

    #[test]
    fn spans_of_time_have_units_and_a_bare_number_means_milliseconds() {
        for (text, nanos) in [
            ("200", 200_000_000),
            ("1.5s", 1_500_000_000),
            ("50us", 50_000),
            ("1ns", 1),
        ] {
            assert_eq!(duration(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
        for text in [
            "",
            "s",
            "-1s",
            "1e3",
            "inf",
            "nan",
            "0s",
            "1 s",
            "1h30",
            "99999999999999s",
        ] {
            assert_eq!(duration(text), None, "{text:?}");
        }
    }
}
