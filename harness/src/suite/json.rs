//! What came of a suite, for scripts.

use std::time::Duration;

use serde_json::{Value, json};
use swelkie_checkers::Figure;

use super::{Case, Counts, Rung, Sweep, evidence, exit_status, worst};

/// A suite as JSON, version 1. Everything but the objects called `run` is the same to the
/// byte for given seeds in simulation, for any number of jobs.
#[must_use]
pub fn json(
    name: &str,
    rungs: &[Rung],
    cases: &[Case],
    signal: Option<i32>,
    wall: Duration,
) -> Value {
    let told = rungs.iter().enumerate().map(|(index, told)| {
        let of_rung = cases.iter().filter(|case| case.rung == index);
        rung(told, rungs, &of_rung.collect::<Vec<&Case>>())
    });
    json!({
        "version": 1,
        "suite": name,
        "exit_status": exit_status(cases, signal),
        "counts": Counts::of(cases),
        "rungs": told.collect::<Vec<Value>>(),
        "run": { "wall_s": wall.as_secs_f64(), "swelkie": env!("CARGO_PKG_VERSION") },
    })
}

fn rung(rung: &Rung, rungs: &[Rung], cases: &[&Case]) -> Value {
    let each = || cases.iter().copied();
    let worst = worst(&rung.options, each()).into_iter();
    let worst = worst.map(|(name, worst)| {
        let value = json!({ "value": number(worst.figure), "seed": worst.seed });
        (name, value)
    });
    let sweep = Sweep::of(rung, each());
    json!({
        "name": rung.name,
        "workload": rung.options.workload,
        "target": rung.options.target.to_string(),
        "mode": if rung.options.sim { "sim" } else { "live" },
        "expected": rung.expect,
        "needs": rung.needs.map(|needed| &rungs[needed].name),
        "counts": Counts::of(each()),
        "failure_share": {
            "estimate": sweep.failed.estimate(),
            "low": sweep.share.low,
            "high": sweep.share.high,
            "confidence": 0.95,
        },
        "evidence": evidence(each()),
        "worst": worst.collect::<serde_json::Map<String, Value>>(),
        "cases": each().map(case).collect::<Vec<Value>>(),
    })
}

/// In the unit of `results.json`: durations in milliseconds.
fn number(figure: Figure) -> Value {
    match figure {
        Figure::Count(count) => count.into(),
        other => other.as_f64().into(),
    }
}

fn case(case: &Case) -> Value {
    let mut told = json!({
        "seed": case.seed,
        "repetition": case.repetition,
        "outcome": case.outcome(),
        "story": case.story(),
        "command": case.command,
    });
    if let Some(judged) = case.judged() {
        told["validity"] = json!(judged.validity);
        told["exit_status"] = judged.exit_status.into();
        told["evidence"] = json!(judged.kinds);
        let figures = judged.figures.iter();
        let figures = figures.map(|(name, &figure)| (name.clone(), number(figure)));
        told["figures"] = figures.collect::<serde_json::Map<String, Value>>().into();
        told["run"] = json!({ "wall_s": judged.wall_s, "directory": judged.directory });
    }
    told
}
