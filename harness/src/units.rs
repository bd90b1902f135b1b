//! Durations, fractions and byte rates as people write them.
//!
//! One grammar for flags and schedule files: a decimal number and its unit,
//! `100ms`, `1.5s`, `1m30s`, `25%`, `64KiB/s`. A bare number means what the caller
//! says it means, or is an error that asks for the unit. The printers marked
//! exact write text that parses to the very same value; the others are for people.

use std::fmt;
use std::time::Duration;

/// What is wrong with a quantity someone wrote: what stands there, what was
/// expected and, where it can be guessed, what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError {
    /// What is wrong, the offending text escaped: `"10" lacks a unit`.
    pub problem: String,
    /// What was expected: `a duration such as "250ms" or "1.5s"`.
    pub expected: String,
    /// What may have been meant, quoted: `"10s" or "10ms"`.
    pub suggestion: Option<String>,
}

impl UnitError {
    pub(crate) fn new(problem: String, expected: &str, suggestion: Option<String>) -> UnitError {
        let expected = expected.to_owned();
        UnitError {
            problem,
            expected,
            suggestion,
        }
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}; expected {}", self.problem, self.expected)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean {suggestion}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnitError {}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `h`
    Hours,
    /// `m`
    Minutes,
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`, also `µs`
    Micros,
    /// `ns`
    Nanos,
}

impl Unit {
    /// Longest first.
    const ALL: [Unit; 6] = [
        Unit::Hours,
        Unit::Minutes,
        Unit::Seconds,
        Unit::Millis,
        Unit::Micros,
        Unit::Nanos,
    ];

    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Hours => "h",
            Unit::Minutes => "m",
            Unit::Seconds => "s",
            Unit::Millis => "ms",
            Unit::Micros => "us",
            Unit::Nanos => "ns",
        }
    }

    /// Its length in nanoseconds.
    #[must_use]
    pub fn nanos(self) -> u64 {
        match self {
            Unit::Hours => 3_600_000_000_000,
            Unit::Minutes => 60_000_000_000,
            Unit::Seconds => 1_000_000_000,
            Unit::Millis => 1_000_000,
            Unit::Micros => 1_000,
            Unit::Nanos => 1,
        }
    }

    fn parse(symbol: &str) -> Option<Unit> {
        if matches!(symbol, "µs" | "μs") {
            return Some(Unit::Micros);
        }
        Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol)
    }

    /// What people write when they mean a unit, and which one they mean.
    fn guess(word: &str) -> Option<Unit> {
        let word = word.to_lowercase();
        Some(match word.as_str() {
            "hr" | "hrs" | "hour" | "hours" | "h" => Unit::Hours,
            "min" | "mins" | "minute" | "minutes" => Unit::Minutes,
            "sec" | "secs" | "second" | "seconds" | "s" => Unit::Seconds,
            "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" | "ms" => {
                Unit::Millis
            }
            "usec" | "usecs" | "micro" | "micros" | "microsecond" | "microseconds" | "us" => {
                Unit::Micros
            }
            "nsec" | "nsecs" | "nano" | "nanos" | "nanosecond" | "nanoseconds" | "ns" => {
                Unit::Nanos
            }
            _ => return None,
        })
    }
}

const DURATION: &str =
    r#"a duration such as "250ms", "1.5s" or "1m30s" (units: h, m, s, ms, us, ns)"#;
const FRACTION: &str = r#"a percentage such as "25%", from "0%" to "100%""#;
const RATE: &str = r#"a rate such as "64KiB/s", "1MB/s" or "10Mbit/s""#;

/// Reads a duration: `100ms`, `1.5s`, `250us`, `2m`, `1h`, `1m30s`. A number
/// without a unit is in units of `bare`. Fractions are exact to the nanosecond;
/// what is finer is rounded.
///
/// # Errors
/// If it is no duration, if its unit is unknown, if it has no unit and needs one,
/// if it is longer than 584 years.
pub fn parse_duration(text: &str, bare: Option<Unit>) -> Result<Duration, UnitError> {
    let text = text.trim();
    let fail = |problem: String, suggestion| UnitError::new(problem, DURATION, suggestion);
    let mut rest = text;
    let mut total: u128 = 0;
    let mut shortest: Option<Unit> = None;
    loop {
        let Some((number, after)) = split_number(rest) else {
            return Err(fail(not_a("duration", text), None));
        };
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let symbol = after[..end].trim();
        rest = &after[end..];
        let unit = match (Unit::parse(symbol), bare) {
            (Some(unit), _) => unit,
            (None, Some(unit)) if symbol.is_empty() && number.len() == text.len() => unit,
            (None, _) if symbol.is_empty() => {
                let suggestion = format!("\"{text}s\" or \"{text}ms\"");
                return Err(fail(
                    format!("{text:?} lacks a unit of time"),
                    Some(suggestion),
                ));
            }
            (None, _) => {
                let whole = shortest.is_none() && rest.is_empty();
                let suggestion = Unit::guess(symbol).filter(|_| whole);
                let suggestion = suggestion.map(|unit| format!("\"{number}{}\"", unit.symbol()));
                let problem = format!("{symbol:?} in {text:?} is not a unit of time");
                return Err(fail(problem, suggestion));
            }
        };
        if shortest.is_some_and(|earlier| earlier.nanos() <= unit.nanos()) {
            let problem = format!("the units in {text:?} do not go from long to short");
            return Err(fail(problem, None));
        }
        shortest = Some(unit);
        total = scaled(number, unit.nanos())
            .and_then(|nanos| total.checked_add(nanos))
            .filter(|&nanos| nanos <= u128::from(u64::MAX))
            .ok_or_else(|| fail(format!("{text:?} is longer than 584 years"), None))?;
        if rest.is_empty() {
            return Ok(Duration::from_nanos(total as u64));
        }
    }
}

/// Reads a fraction: `25%`, `0.1%`. With `bare`, a number from 0 to 1 without the
/// percent sign is one, too.
///
/// # Errors
/// If it is no fraction, lacks the percent sign, or is not between 0 and 1.
pub fn parse_fraction(text: &str, bare: bool) -> Result<f64, UnitError> {
    let text = text.trim();
    let fail = |problem: String, suggestion| UnitError::new(problem, FRACTION, suggestion);
    let Some((number, after)) = split_number(text) else {
        return Err(fail(not_a("fraction", text), None));
    };
    match after.trim() {
        "%" => {
            let value = decimal(number, -2);
            if value > 1.0 {
                return Err(fail(format!("{text:?} is more than 100%"), None));
            }
            Ok(value)
        }
        "" => {
            let value = decimal(number, 0);
            if bare && value <= 1.0 {
                return Ok(value);
            }
            // 0.25 is a fraction, 25 was meant as a percentage.
            let percent = if value <= 1.0 {
                shift(number, 2)
            } else {
                number.to_owned()
            };
            let suggestion = (value <= 100.0).then(|| format!("\"{percent}%\""));
            Err(fail(format!("{text:?} lacks a percent sign"), suggestion))
        }
        _ => Err(fail(not_a("fraction", text), None)),
    }
}

/// Units of rates: symbol, decimal exponent, binary factor of one in bytes.
const RATES: [(&str, i32, f64); 12] = [
    ("GB/s", 9, 1.0),
    ("MB/s", 6, 1.0),
    ("kB/s", 3, 1.0),
    ("B/s", 0, 1.0),
    ("KB/s", 3, 1.0),
    ("KiB/s", 0, 1024.0),
    ("MiB/s", 0, 1_048_576.0),
    ("GiB/s", 0, 1_073_741_824.0),
    ("bit/s", 0, 0.125),
    ("kbit/s", 3, 0.125),
    ("Mbit/s", 6, 0.125),
    ("Gbit/s", 9, 0.125),
];

/// Reads a rate in bytes per second: `500B/s`, `1MB/s` (10⁶), `64KiB/s` (2¹⁰), `10Mbit/s`.
///
/// # Errors
/// If it is no rate, its unit is missing or unknown, or it is zero.
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let text = text.trim();
    let fail = |problem: String, suggestion| UnitError::new(problem, RATE, suggestion);
    let Some((number, after)) = split_number(text) else {
        return Err(fail(not_a("rate", text), None));
    };
    let symbol = after.trim();
    let Some(&(_, exponent, factor)) = RATES.iter().find(|row| row.0 == symbol) else {
        let guess = guess_rate(symbol).map(|symbols| {
            let quoted: Vec<String> = symbols.iter().map(|s| format!("\"{number}{s}\"")).collect();
            quoted.join(" or ")
        });
        let problem = match symbol {
            "" => format!("{text:?} lacks a unit"),
            _ => format!("{symbol:?} in {text:?} is not a unit of rates"),
        };
        return Err(fail(problem, guess));
    };
    let rate = decimal(number, exponent) * factor;
    if rate == 0.0 {
        let problem = format!("{text:?} would let nothing through (a cut or a hold does that)");
        return Err(fail(problem, None));
    }
    if !rate.is_finite() {
        return Err(fail(format!("{text:?} is too large"), None));
    }
    Ok(rate)
}

/// What may have been meant by a symbol that is none: `MBps`, `Mb/s`, `MB`.
fn guess_rate(symbol: &str) -> Option<Vec<&'static str>> {
    if symbol.is_empty() {
        return Some(vec!["B/s", "kB/s"]);
    }
    let bare = symbol.trim_end_matches("/s").trim_end_matches("ps");
    let same = |row: &&(&'static str, i32, f64), exact: &str| {
        row.0.trim_end_matches("/s").eq_ignore_ascii_case(exact)
    };
    // A small b after a prefix may be bits or bytes: offer both.
    let bits = bare.ends_with('b').then(|| format!("{bare}it"));
    let found: Vec<_> = RATES
        .iter()
        .filter(|row| row.0 != "KB/s")
        .filter(|row| same(row, bare) || bits.as_deref().is_some_and(|bits| same(row, bits)))
        .map(|row| row.0)
        .collect();
    (!found.is_empty()).then_some(found)
}

/// A duration, exactly: `1.5s`, `100ms`, `2m`, `1h`. [`parse_duration`] gives the
/// same duration back (up to its limit of 584 years).
#[must_use]
pub fn exact_duration(span: Duration) -> String {
    let nanos = span.as_nanos();
    let whole = [Unit::Hours, Unit::Minutes].into_iter();
    let whole = whole.filter(|unit| nanos.is_multiple_of(u128::from(unit.nanos())));
    let fractional = [Unit::Seconds, Unit::Millis, Unit::Micros].into_iter();
    let unit = whole
        .chain(fractional)
        .find(|unit| nanos >= u128::from(unit.nanos()));
    let unit = match nanos {
        0 => Unit::Seconds,
        _ => unit.unwrap_or(Unit::Nanos),
    };
    let one = u128::from(unit.nanos());
    let (integer, rest) = (nanos / one, nanos % one);
    if rest == 0 {
        return format!("{integer}{}", unit.symbol());
    }
    // Only powers of ten of nanoseconds come here, so the digits are finite.
    let width = one.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!(
        "{integer}.{}{}",
        fraction.trim_end_matches('0'),
        unit.symbol()
    )
}

/// A duration for people, to three digits: `98.7 ms`, `1.50 s`, `2 min 5 s`.
#[must_use]
pub fn short_duration(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let (value, unit) = match span.as_nanos() {
        0 => return "0 s".to_owned(),
        1..1_000 => return format!("{} ns", span.as_nanos()),
        1_000..999_500 => (seconds * 1e6, "µs"),
        999_500..999_500_000 => (seconds * 1e3, "ms"),
        999_500_000..119_500_000_000 => (seconds, "s"),
        _ => {
            let seconds = seconds.round() as u64;
            let (minutes, hours) = (seconds / 60, seconds / 3600);
            return match hours {
                0 | 1 => format!("{minutes} min {} s", seconds % 60),
                _ => format!("{hours} h {} min", minutes % 60),
            };
        }
    };
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A fraction as a percentage, exactly: `25%`. [`parse_fraction`] gives the same number back.
#[must_use]
pub fn exact_fraction(fraction: f64) -> String {
    format!("{}%", shift(&fraction.to_string(), 2))
}

/// A rate in bytes per second, exactly: `1MB/s`, `65.536kB/s`. [`parse_rate`] gives
/// the same number back.
#[must_use]
pub fn exact_rate(rate: f64) -> String {
    let unit = RATES[..4].iter().find(|row| rate >= 10f64.powi(row.1));
    let (symbol, exponent, _) = unit.unwrap_or(&RATES[3]);
    format!("{}{symbol}", shift(&rate.to_string(), -exponent))
}

fn not_a(what: &str, text: &str) -> String {
    match text {
        "" => format!("the {what} is empty"),
        _ if text.starts_with('-') => format!("{text:?} is negative"),
        _ => format!("{text:?} is not a {what}"),
    }
}

/// Splits a plain decimal number (`12`, `1.5`) off the front of a text.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (integer, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let plain = !integer.is_empty() && !fraction.is_empty() && !fraction.contains('.');
    plain.then_some((number, rest))
}

/// The decimal `number` times `unit`, rounded to an integer; none if it is huge.
fn scaled(number: &str, unit: u64) -> Option<u128> {
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    let integer = integer.parse::<u128>().ok()?.checked_mul(unit.into())?;
    // 20 digits of a fraction of an hour are far below a nanosecond.
    let fraction = &fraction[..fraction.len().min(20)];
    if fraction.is_empty() {
        return Some(integer);
    }
    let one = 10u128.pow(fraction.len() as u32);
    let part = fraction.parse::<u128>().ok()? * u128::from(unit);
    integer.checked_add((part + one / 2) / one)
}

/// The double nearest to the decimal `number` times 10^`exponent`.
fn decimal(number: &str, exponent: i32) -> f64 {
    let text = format!("{number}e{exponent}");
    text.parse().expect("a plain decimal number is a double")
}

/// Moves the decimal point of a plain decimal number `places` to the right.
fn shift(number: &str, places: i32) -> String {
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = format!("{integer}{fraction}");
    let mut point = integer.len() as i32 + places;
    if point < 1 {
        digits = "0".repeat((1 - point) as usize) + &digits;
        point = 1;
    }
    let point = point as usize;
    if digits.len() < point {
        digits += &"0".repeat(point - digits.len());
    }
    let (integer, fraction) = digits.split_at(point);
    let integer = match integer.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    match fraction.trim_end_matches('0') {
        "" => integer.to_owned(),
        fraction => format!("{integer}.{fraction}"),
    }
}

#[cfg(test)]
mod tests;
