//! What the user wants of a figure: `net.servers.msgs-per-op < 20`,
//! `broadcast.stable-latency.p99 < 600ms`, `availability >= 99.9%`.
//!
//! An assertion is checked twice: against the [`Catalogue`] before the run starts
//! ([`Assertion::verify`]: no such figure, wrong unit), and against the figures
//! when it has ended ([`Assertion::evaluate`]). A figure that exists but has no
//! value in this run (the latency of reads that never succeeded) fails the
//! assertion: what was not measured was not shown to hold.

use std::fmt;
use std::str::FromStr;

use crate::catalogue::{Catalogue, Quantity, nearest};
use crate::text;
use crate::verdict::{Anomaly, Figure, Figures};

/// How a figure is to compare with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// Longer spellings first.
    const SPELLINGS: [(&str, Comparison); 6] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Greater => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
        }
    }
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operand {
    Plain(f64),
    /// A fraction: 99 % is 0.99.
    Percent(f64),
    /// In nanoseconds.
    Time(f64),
}

const UNITS: [(&str, f64); 7] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("min", 60e9),
    ("s", 1e9),
    ("m", 60e9),
];

/// A condition on one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    name: String,
    comparison: Comparison,
    operand: Operand,
    /// As the user wrote it.
    text: String,
}

/// Why an assertion cannot be judged: the user's mistake, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl FromStr for Assertion {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let example = "expected a figure, one of < <= > >= == != and a value, such as `broadcast.stable-latency.p99 < 600ms`";
        let wrong = |what: String| Mistake(format!("`{}`: {what}", text::safe(text)));
        let begin = text
            .find(['<', '>', '=', '!'])
            .ok_or_else(|| wrong(example.to_owned()))?;
        let (name, rest) = (text[..begin].trim(), &text[begin..]);
        let spelled = Comparison::SPELLINGS
            .iter()
            .find(|(spelling, _)| rest.starts_with(spelling));
        let Some(&(spelling, comparison)) = spelled else {
            let hint = if rest.starts_with('=') {
                "; for equality write =="
            } else {
                ""
            };
            return Err(wrong(format!("{example}{hint}")));
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(wrong(example.to_owned()));
        }
        let operand = operand(rest[spelling.len()..].trim()).map_err(wrong)?;
        Ok(Assertion {
            name: name.to_owned(),
            comparison,
            operand,
            text: text.trim().to_owned(),
        })
    }
}

fn operand(value: &str) -> Result<Operand, String> {
    // A number ends before its unit; the e of 1e3 belongs to it, as no unit begins with one.
    let end = value
        .rfind(|character: char| character.is_ascii_digit() || character == '.')
        .map_or(0, |last| last + 1);
    let (number, unit) = (&value[..end], value[end..].trim());
    let number = number
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite());
    let Some(number) = number else {
        return Err(format!(
            "`{}` is not a number with an optional unit, such as `20`, `600ms` or `99%`",
            text::safe(value)
        ));
    };
    if unit.is_empty() {
        return Ok(Operand::Plain(number));
    }
    if unit == "%" {
        return Ok(Operand::Percent(number / 100.0));
    }
    match UNITS.iter().find(|&&(name, _)| name == unit) {
        Some((_, nanos)) => Ok(Operand::Time(number * nanos)),
        None => Err(format!(
            "`{}` is no unit; the units are ns, us, ms, s, m and %",
            text::safe(unit)
        )),
    }
}

impl Assertion {
    /// The figure it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether there is such a figure and the value has a unit that fits it. To be
    /// called before a run starts.
    ///
    /// # Errors
    /// If not, with the name that was probably meant or the unit to write.
    pub fn verify(&self, catalogue: &Catalogue) -> Result<(), Mistake> {
        let problem = match catalogue.find(&self.name) {
            Some(quantity) => self.misfit(quantity),
            None => Some(match catalogue.nearest(&self.name) {
                Some(near) => format!("there is no such figure; did you mean `{near}`?"),
                None => {
                    "there is no such figure; `results.json` of any run lists them under `figures`"
                        .to_owned()
                }
            }),
        };
        problem.map_or(Ok(()), |problem| {
            Err(Mistake(format!("`{}`: {problem}", text::safe(&self.text))))
        })
    }

    /// Why the value cannot be compared with a figure of this quantity.
    fn misfit(&self, quantity: Quantity) -> Option<String> {
        let name = text::safe(&self.name);
        match (quantity, self.operand) {
            (Quantity::Duration, Operand::Plain(number)) => Some(format!(
                "{name} is a time; give the value a unit, such as `{number}ms` or `{number}s`"
            )),
            (Quantity::Duration, Operand::Percent(_)) => Some(format!(
                "{name} is a time; write the value with ns, us, ms, s or m"
            )),
            (Quantity::Count | Quantity::Number, Operand::Time(_)) => Some(format!(
                "{name} is not a time; write the value without a unit of time"
            )),
            (Quantity::Count, Operand::Percent(_)) => {
                Some(format!("{name} is a count; write the value without %"))
            }
            _ => None,
        }
    }

    /// Whether it holds for the figures of a run.
    ///
    /// # Errors
    /// An anomaly (`assertion`) that names the value found, or says that the run
    /// has no value for the figure or that the value's unit does not fit.
    #[expect(clippy::result_large_err, reason = "evaluated once per run")]
    pub fn evaluate(&self, figures: &Figures) -> Result<(), Anomaly> {
        let why = match figures.get(&self.name) {
            Some(figure) => {
                let misfit = self.misfit(figure.into());
                match misfit.or_else(|| self.found_otherwise(figure)) {
                    Some(why) => why,
                    None => return Ok(()),
                }
            }
            None => {
                let near = nearest(&self.name, figures.0.keys().map(String::as_str));
                let hint = near.map_or(String::new(), |near| {
                    format!(" (it has `{}`)", text::safe(near))
                });
                format!("this run has no value for {}{hint}", text::safe(&self.name))
            }
        };
        let story = format!("`{}` does not hold: {why}", text::safe(&self.text));
        Err(Anomaly::new("assertion", story))
    }

    /// The value, in words, if it is not as it should be.
    fn found_otherwise(&self, figure: Figure) -> Option<String> {
        let left = match figure {
            Figure::Count(count) => count as f64,
            Figure::Number(number) => number,
            Figure::Duration(nanos) => nanos as f64,
        };
        let (Operand::Plain(right) | Operand::Percent(right) | Operand::Time(right)) = self.operand;
        if self.comparison.holds(left, right) {
            return None;
        }
        Some(match (figure, self.operand) {
            (Figure::Duration(_), _) => format!("it is {} ms", figure.as_f64()),
            (_, Operand::Percent(_)) => format!("it is {} %", left * 100.0),
            // Six digits tell any two figures apart that a person would.
            _ => format!("it is {}", (left * 1e6).round() / 1e6),
        })
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let mut figures = Figures::default();
        figures.set("net.servers.msgs-per-op", Figure::Number(19.5));
        figures.set(
            "broadcast.stable-latency.p99",
            Figure::Duration(600_000_000),
        );
        figures.set("availability", Figure::Number(0.99));
        figures.count("broadcast.lost-count", 0);
        figures
    }

    fn catalogue() -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (name, &figure) in &figures().0 {
            catalogue.add(figure.into(), name.as_str());
        }
        catalogue.add_quantiles("ops.read.latency");
        catalogue
    }

    fn holds(text: &str) -> bool {
        let assertion: Assertion = text.parse().unwrap();
        assertion.verify(&catalogue()).unwrap();
        assertion.evaluate(&figures()).is_ok()
    }

    #[test]
    fn each_comparison_holds_on_its_side_of_the_value() {
        let name = "net.servers.msgs-per-op";
        for (spelling, below, equal, above) in [
            ("<", false, false, true),
            ("<=", false, true, true),
            (">", true, false, false),
            (">=", true, true, false),
            ("==", false, true, false),
            ("!=", true, false, true),
        ] {
            assert_eq!(
                holds(&format!("{name} {spelling} 19")),
                below,
                "19.5 {spelling} 19"
            );
            assert_eq!(
                holds(&format!("{name}{spelling}19.5")),
                equal,
                "19.5 {spelling} 19.5"
            );
            assert_eq!(
                holds(&format!(" {name}  {spelling}  2e1 ")),
                above,
                "19.5 {spelling} 20"
            );
        }
    }

    #[test]
    fn times_compare_in_any_unit_and_shares_in_per_cent() {
        for value in ["600ms", "0.6s", "600000us", "600000000 ns", "0.01m"] {
            assert!(
                holds(&format!("broadcast.stable-latency.p99 == {value}")),
                "{value}"
            );
        }
        assert!(!holds("broadcast.stable-latency.p99 < 600ms"));
        assert!(
            holds("availability >= 99%")
                && holds("availability >= 0.99")
                && !holds("availability > 99 %")
        );
        assert!(holds("broadcast.lost-count == 0"));
    }

    #[test]
    fn what_is_no_assertion_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("availability", "expected a figure, one of"),
            ("availability = 1", "for equality write =="),
            ("< 3", "expected a figure"),
            ("a b < 3", "expected a figure"),
            ("a < ", "is not a number"),
            ("a < fast", "is not a number"),
            ("a < 3 parsecs", "`parsecs` is no unit"),
            ("a < 1e999", "is not a number"),
        ] {
            let mistake = text.parse::<Assertion>().unwrap_err().to_string();
            assert!(mistake.contains(expected), "{mistake}");
        }
    }

    #[test]
    fn a_figure_that_does_not_exist_is_a_mistake_with_a_suggestion() {
        let verify = |text: &str| {
            text.parse::<Assertion>()
                .unwrap()
                .verify(&catalogue())
                .map_err(|mistake| mistake.to_string())
        };
        let mistake = verify("broadcast.stabel-latency.p99 < 1s").unwrap_err();
        assert!(
            mistake.contains("did you mean `broadcast.stable-latency.p99`?"),
            "{mistake}"
        );
        assert!(
            verify("temperature < 30")
                .unwrap_err()
                .contains("there is no such figure")
        );
        let mistake = verify("broadcast.stable-latency.p99 < 600").unwrap_err();
        assert!(
            mistake.contains("give the value a unit, such as `600ms`"),
            "{mistake}"
        );
        assert!(
            verify("broadcast.lost-count < 3s")
                .unwrap_err()
                .contains("is not a time")
        );
        assert!(
            verify("broadcast.lost-count < 3%")
                .unwrap_err()
                .contains("is a count")
        );
    }

    #[test]
    fn a_figure_without_a_value_in_this_run_fails_the_assertion_and_says_so() {
        let assertion: Assertion = "ops.read.latency.p99 < 1s".parse().unwrap();
        assertion.verify(&catalogue()).unwrap();
        let anomaly = assertion.evaluate(&figures()).unwrap_err();
        assert_eq!(anomaly.kind, "assertion");
        assert!(
            anomaly
                .text
                .contains("this run has no value for ops.read.latency.p99"),
            "{}",
            anomaly.text
        );
    }

    #[test]
    fn a_failed_assertion_names_the_value_it_found() {
        let evaluate = |text: &str| {
            text.parse::<Assertion>()
                .unwrap()
                .evaluate(&figures())
                .unwrap_err()
                .text
        };
        let text = evaluate("broadcast.stable-latency.p99 < 500ms");
        assert_eq!(
            text,
            "`broadcast.stable-latency.p99 < 500ms` does not hold: it is 600 ms"
        );
        assert!(evaluate("availability >= 99.9%").ends_with("it is 99 %"));
    }
}
