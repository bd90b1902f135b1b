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

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::node::Node;
use catalog::ENTRIES;
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
    make: fn(&Settings) -> Box<dyn Node>,
}

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
    /// A whole number from 1.
    Count,
}

/// What a node keeps its word under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// What it acknowledged survives its kill.
    pub kill: bool,
    /// What it acknowledged reaches everybody although messages are lost or cut for a while.
    pub loss: bool,
}

/// The values of a node's parameters, defaults included.
struct Settings(BTreeMap<&'static str, Setting>);

#[derive(Clone, Copy)]
enum Setting {
    Duration(Duration),
    Count(usize),
}

impl Settings {
    fn duration(&self, name: &str) -> Duration {
        match self.0.get(name) {
            Some(Setting::Duration(span)) => *span,
            _ => unreachable!("{name} is declared as a duration"),
        }
    }

    fn count(&self, name: &str) -> usize {
        match self.0.get(name) {
            Some(Setting::Count(count)) => *count,
            _ => unreachable!("{name} is declared as a count"),
        }
    }
}

/// All built-in nodes: the sound ones, then the planted ones.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The node of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// The entry that a spec names; its parameters are checked too.
///
/// # Errors
/// If the spec names no node or sets its parameters wrongly.
pub fn resolve(spec: &str) -> Result<&'static Entry, SpecError> {
    parse(spec).map(|(entry, _)| entry)
}

/// A new node as the spec asks for.
///
/// # Errors
/// If the spec names no node or sets its parameters wrongly.
pub fn build(spec: &str) -> Result<Box<dyn Node>, SpecError> {
    parse(spec).map(|(entry, settings)| (entry.make)(&settings))
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
            Kind::Count => text
                .parse()
                .ok()
                .filter(|&count| count > 0)
                .map(Setting::Count),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Kind::Duration => "a span of time above zero, like `200ms` or `1.5s`",
            Kind::Count => "a whole number from 1",
        })
    }
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
                entries()
                    .iter()
                    .filter(|other| other.name == entry.name)
                    .count(),
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
        assert_eq!(
            message("flood-rety:retry=1s"),
            "there is no built-in node `flood-rety`: did you mean `flood-retry`? (known: echo, \
             unique-ids, flood, flood-retry, g-set, g-counter, pn-counter)"
        );
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
