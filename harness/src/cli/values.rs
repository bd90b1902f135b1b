//! What stands behind a flag: text in, value or complaint out.
//!
//! A complaint says what was expected; clap puts the flag and the text before it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use swelkie::engine::Rate;
use swelkie::network::Latency;
use swelkie::options::{Concurrency, TopologyChoice};
use swelkie::units::{Unit, UnitError, parse_duration};
use swelkie_nodes::strategy::{Priority, Sensitivity};
use swelkie_workloads::topology::Shape;

/// More would not fit a run: names, links and descriptors are per node.
const MOST_NODES: usize = 100_000;

/// A span of time; a bare number means seconds.
pub fn seconds(text: &str) -> Result<Duration, UnitError> {
    parse_duration(text, Some(Unit::Seconds))
}

/// A span of time above zero; a bare number means seconds.
pub fn positive_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text) {
        Ok(span) if span.is_zero() => Err("expected a duration above zero".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}

/// A span of time; a bare number means milliseconds.
pub fn millis(text: &str) -> Result<Duration, UnitError> {
    parse_duration(text, Some(Unit::Millis))
}

/// `5ms`, `5ms exponential`; a bare number means milliseconds.
pub fn latency(text: &str) -> Result<Latency, UnitError> {
    Latency::parse(text, Some(Unit::Millis))
}

/// Operations per second, or `max`.
pub fn rate(text: &str) -> Result<Rate, String> {
    if text == "max" {
        return Ok(Rate::Max);
    }
    let rate = text
        .parse()
        .ok()
        .filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.map(Rate::PerSecond).ok_or_else(|| {
        "expected operations per second above 0, such as 10 or 0.5, or `max` for as fast as it goes".to_owned()
    })
}

/// `10` clients in all, or `2n`: two per node.
pub fn concurrency(text: &str) -> Result<Concurrency, String> {
    let (digits, per_node) = match text.strip_suffix('n') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let count = whole(digits).filter(|count| (1..=1_000_000).contains(count));
    match (count, per_node) {
        (Some(count), true) => Ok(Concurrency::PerNode(count)),
        (Some(count), false) => Ok(Concurrency::Clients(count)),
        (None, _) => Err(
            "expected a number of clients from 1, such as 10, or `2n` for two per node".to_owned(),
        ),
    }
}

/// How many nodes.
pub fn node_count(text: &str) -> Result<usize, String> {
    whole(text)
        .filter(|count| (1..=MOST_NODES).contains(count))
        .ok_or_else(|| format!("expected a number of nodes from 1 to {MOST_NODES}"))
}

/// A number from 1.
pub fn count(text: &str) -> Result<usize, String> {
    whole(text)
        .filter(|&count| count > 0)
        .ok_or_else(|| "expected a whole number from 1".to_owned())
}

/// A number from 1 that counts nodes or groups of them.
pub fn size(text: &str) -> Result<u32, String> {
    let size = count(text)?;
    u32::try_from(size).map_err(|_| format!("expected at most {}", u32::MAX))
}

/// How urgent a message is.
pub fn priority(text: &str) -> Result<Priority, String> {
    let known = || "expected urgent, normal or bulk".to_owned();
    Priority::parse(text.trim()).ok_or_else(known)
}

/// How far a message may travel.
pub fn sensitivity(text: &str) -> Result<Sensitivity, String> {
    let known =
        || "expected team, department, everyone, or the number of a level from 1 to 255".to_owned();
    Sensitivity::parse(text.trim()).ok_or_else(known)
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!(
            "expected a whole number from 0 to {}, as a run prints it",
            u64::MAX
        )
    })
}

/// A size in bytes: `64MiB`, `1GB`, `5000`.
pub fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 9] = [
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
        ("KB", 1_000),
        ("B", 1),
        ("", 1),
    ];
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = UNITS.iter().find(|row| row.0 == &text[digits.len()..]);
    let number: Option<u64> = digits.trim().parse().ok().filter(|&number| number > 0);
    number
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit.1))
        .ok_or_else(|| {
            "expected a size above 0, such as 64MiB, 1GB or a number of bytes".to_owned()
        })
}

/// The parameter of a Pareto distribution.
pub fn alpha(text: &str) -> Result<f64, String> {
    let alpha = text
        .parse()
        .ok()
        .filter(|alpha: &f64| alpha.is_finite() && *alpha > 1.0);
    alpha.ok_or_else(|| {
        "expected a tail index above 1, such as 2.5 (at 1 and below there is no mean)".to_owned()
    })
}

/// A shape by name, or the path of a JSON file.
pub fn topology(text: &str) -> Result<TopologyChoice, String> {
    if text.ends_with(".json") || text.contains('/') {
        return Ok(TopologyChoice::File(PathBuf::from(text)));
    }
    let shape = text.parse::<Shape>().map(TopologyChoice::Shape);
    shape.map_err(|error| format!("{error}; a path ending in .json is a file of your own"))
}

/// `KEY=VALUE`
pub fn variable(text: OsString) -> Result<(OsString, OsString), String> {
    match split(&text) {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as RUST_LOG=debug".to_owned()),
    }
}

/// A program, for every node or for one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The node, of `n0=./old`.
    pub node: Option<String>,
    /// The program.
    pub path: PathBuf,
}

/// `./node`, or `n0=./old` for one node alone. A file called `n0=x` is `./n0=x`.
pub fn program(text: OsString) -> Result<Program, String> {
    let named = split(&text).filter(|(node, _)| !node.as_bytes().contains(&b'/'));
    let (node, path) = match named {
        Some((node, path)) => (Some(node.to_string_lossy().into_owned()), path),
        None => (None, text.as_os_str()),
    };
    if path.is_empty() || node.as_deref() == Some("") {
        return Err("expected the path of a program, or NODE=PATH for one node alone".to_owned());
    }
    let path = PathBuf::from(path);
    Ok(Program { node, path })
}

/// Splits at the first `=`.
fn split(text: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = text.as_bytes();
    let at = bytes.iter().position(|&byte| byte == b'=')?;
    Some((
        OsStr::from_bytes(&bytes[..at]),
        OsStr::from_bytes(&bytes[at + 1..]),
    ))
}

/// A command as one would type it: `strace -f -o 'a file'`.
pub fn words(text: OsString) -> Result<Vec<OsString>, String> {
    let words = shlex::bytes::split(text.as_bytes()).filter(|words| !words.is_empty());
    let words = words
        .ok_or("expected a command as in a shell, with its quotes closed, such as 'strace -f'")?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

fn whole(text: &str) -> Option<usize> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A word of a list that help and completions show, checked by a function whose
/// complaint knows better than "not one of these".
#[derive(Clone)]
pub struct Word {
    /// The words and what they mean.
    pub known: fn() -> Vec<(&'static str, &'static str)>,
    /// What is wrong with a word.
    pub check: fn(&str) -> Result<(), String>,
}

impl TypedValueParser for Word {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let check = self.check;
        let checked = StringValueParser::new().try_map(move |word| check(&word).map(|()| word));
        checked.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let known = (self.known)().into_iter();
        Some(Box::new(known.map(|(word, meaning)| {
            PossibleValue::new(word).help(meaning)
        })))
    }
}
