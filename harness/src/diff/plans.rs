//! What differs in what was run.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::report::Report;
use crate::units::exact_duration;

/// Something that was not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `seed`, `target`, `options`, …
    pub what: String,
    /// In the first run; empty if it had none.
    pub first: String,
    /// In the second run.
    pub second: String,
}

/// Flags that say what stands in the plan already, or nothing about the run.
const PLANNED: [&str; 20] = [
    "-w",
    "--workload",
    "--bin",
    "--builtin",
    "--sim",
    "--node-count",
    "--nodes",
    "--seed",
    "--time-limit",
    "--rate",
    "--concurrency",
    "--latency",
    "--topology",
    "--store",
    "--json",
    "-q",
    "--quiet",
    "--color",
    "--test-count",
    "--no-store",
];

/// Plans first, then options, faults, versions and hosts.
pub(super) fn differences(first: &Report, second: &Report) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |what: &str, first: String, second: String| {
        if first != second {
            let what = what.to_owned();
            found.push(Difference {
                what,
                first,
                second,
            });
        }
    };
    let [one, other] = [first, second].map(plan);
    for (what, value) in &one {
        differ(
            what,
            value.clone(),
            other.get(what).cloned().unwrap_or_default(),
        );
    }
    for (what, value) in other.iter().filter(|(what, _)| !one.contains_key(*what)) {
        differ(what, String::new(), value.clone());
    }
    let (one, other) = (options(&first.run.command), options(&second.run.command));
    let only = |these: &[String], those: &[String]| {
        let only = these.iter().filter(|option| !those.contains(option));
        only.cloned().collect::<Vec<_>>().join(" ")
    };
    differ("options", only(&one, &other), only(&other, &one));
    let (one, other) = (faults(first), faults(second));
    if one != other {
        let told = |faults: &[String]| match faults {
            [] => "none".to_owned(),
            faults => faults.join("; "),
        };
        differ("faults", told(&one), told(&other));
    }
    differ(
        "swelkie",
        first.run.swelkie.clone(),
        second.run.swelkie.clone(),
    );
    differ("host", first.run.host.clone(), second.run.host.clone());
    found
}

/// The fields of a plan as words.
fn plan(report: &Report) -> BTreeMap<String, String> {
    let Ok(Value::Object(fields)) = serde_json::to_value(&report.plan) else {
        return BTreeMap::new();
    };
    let word = |name: &str, value: Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text,
        Value::Array(nodes) if name == "nodes" => {
            let names: Vec<&str> = nodes.iter().filter_map(Value::as_str).collect();
            match names.len() {
                ..=8 => names.join(" "),
                many => format!("{many}: {} …", names[..4].join(" ")),
            }
        }
        Value::Number(seconds) if name == "time_limit_s" => {
            let seconds = seconds.as_f64().unwrap_or_default().max(0.0);
            std::time::Duration::try_from_secs_f64(seconds)
                .map_or_else(|_| String::new(), exact_duration)
        }
        other => other.to_string(),
    };
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in fields {
        let value = word(&name, value);
        let name = match name.as_str() {
            "time_limit_s" => "time limit".to_owned(),
            // The schedule says more.
            "faults" => continue,
            _ => name,
        };
        words.insert(name, value);
    }
    words
}

/// The options of a command that the plan does not tell, each with its value.
fn options(command: &str) -> Vec<String> {
    let words = shlex::split(command).unwrap_or_default();
    let mut options: Vec<String> = Vec::new();
    let mut open = false;
    for word in words {
        if word.starts_with('-') && word.len() > 1 {
            let flag = word.split('=').next().unwrap_or_default();
            open = !PLANNED.contains(&flag);
            if open {
                options.push(word);
            }
        } else if let (true, Some(option)) = (open, options.last_mut()) {
            option.push(' ');
            option.push_str(&word);
        }
    }
    options
}

/// What each fault did and when it began.
fn faults(report: &Report) -> Vec<String> {
    let told = report.faults.iter().map(|fault| {
        let began = fault
            .began
            .map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
        format!("{} {began}", fault.summary)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_flags_with_their_values_but_for_those_of_the_plan() {
        let command = "swelkie test -w broadcast --bin './my node' --sim --nemesis kill,pause \
                       --strict --assert 'ops.read.ok > 3' --latency-dist=pareto --seed 4 -- --verbose";
        assert_eq!(
            options(command),
            [
                "--nemesis kill,pause",
                "--strict",
                "--assert ops.read.ok > 3",
                "--latency-dist=pareto",
                "--",
                "--verbose"
            ]
        );
        assert!(options("").is_empty());
    }
}
