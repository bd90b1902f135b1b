//! When which fault acted.

use std::borrow::Cow;

use serde::Deserialize;
use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use crate::engine::FaultRecord;
use crate::summary::safe;

/// A fault while it acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// Its name, safe to show.
    pub name: String,
    /// `cut`, `kill`, …
    pub action: String,
    pub began: Nanos,
    pub ended: Nanos,
}

/// The faults of a run that is over, in the order in which they began.
pub(super) fn of_records(records: &[FaultRecord], end: Nanos) -> Vec<Interval> {
    let interval = |fault: &FaultRecord| {
        Some(Interval {
            name: safe(&fault.name),
            action: safe(&fault.scope.action),
            began: fault.began?.nanos(),
            ended: fault.ended.map_or(end, Time::nanos),
        })
    };
    let mut intervals: Vec<Interval> = records.iter().filter_map(interval).collect();
    intervals.sort_by_key(|interval| interval.began);
    intervals
}

/// A line of `history.jsonl` about a fault.
#[derive(Deserialize)]
struct Line<'a> {
    time: Nanos,
    #[serde(borrow)]
    f: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(borrow)]
    fault: Cow<'a, str>,
}

/// The faults of a run that is not over, from its history: what began has not ended until
/// the history says so.
pub(super) fn of_history(history: &[u8], end: Nanos) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::new();
    for line in history.split(|&byte| byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            continue;
        };
        let name = safe(&line.fault);
        if line.f == "begin" {
            let action = line.value.split(' ').next().unwrap_or_default();
            intervals.push(Interval {
                name,
                action: safe(action),
                began: line.time,
                ended: end.max(line.time),
            });
        } else if let Some(open) = intervals.iter_mut().rfind(|fault| fault.name == name) {
            open.ended = line.time;
        }
    }
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_an_unfinished_run_acts_until_the_history_says_it_ended() {
        let history = br#"{"time":5,"process":0,"type":"ok","f":"read","value":[1],"op":1}
{"time":10,"process":"nemesis","type":"info","f":"begin","value":"cut n0 | n1","fault":"a"}
{"time":20,"process":"nemesis","type":"info","f":"begin","value":"kill n1","fault":"b"}
{"time":30,"process":"nemesis","type":"info","f":"end","value":"cut n0 | n1","fault":"a"}
{"time":40,"process":"nem"#;
        let of = |name: &str, action: &str, began, ended| Interval {
            name: name.to_owned(),
            action: action.to_owned(),
            began,
            ended,
        };
        let expected = [of("a", "cut", 10, 30), of("b", "kill", 20, 99)];
        assert_eq!(of_history(history, 99), expected);
    }
}
