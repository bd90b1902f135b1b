//! What would be run: `--dry-run`.

use std::time::Duration;

use super::style::{Page, counted, safe, three_digits};
use crate::plan::Plan;
use crate::units::exact_duration;

/// So many nodes are shown with their neighbours.
const NEIGHBOURHOODS: usize = 25;

/// A resolved plan, for people.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let mut page = Page::new(false);
    let summary = &plan.summary;
    page.fact("workload", &summary.workload);
    page.fact(
        "nodes",
        &format!(
            "{} ({}, {})",
            names(&summary.nodes),
            safe(&summary.target),
            summary.mode
        ),
    );
    let limit = exact_duration(Duration::from_secs_f64(summary.time_limit_s));
    let rate = match summary.rate {
        Some(rate) => format!("{} per second", three_digits(rate)),
        None => "as many as it goes".to_owned(),
    };
    let clients = counted(summary.concurrency as u64, "client", "clients");
    page.fact("operations", &format!("{rate} for {limit} from {clients}"));
    if let Some(labels) = &summary.labels {
        page.fact("labels", labels);
    }
    page.fact("latency", &summary.latency);
    page.fact("seed", &summary.seed.to_string());
    topology(&mut page, plan);
    for warning in &plan.warnings {
        page.fact("warning", &safe(warning));
    }
    schedule(&mut page, plan);
    page.text()
}

fn names(nodes: &[String]) -> String {
    let shown = nodes
        .iter()
        .take(8)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    match nodes.len() {
        ..=8 => shown,
        count => format!("{shown} … {}, {count} in all", nodes[count - 1]),
    }
}

fn topology(page: &mut Page, plan: &Plan) {
    let (Some(topology), Some(name)) = (&plan.topology, &plan.summary.topology) else {
        return;
    };
    page.fact("topology", &safe(name));
    let nodes = &plan.summary.nodes;
    for (node, name) in nodes.iter().enumerate().take(NEIGHBOURHOODS) {
        let neighbours: Vec<&str> = topology
            .neighbours(node)
            .iter()
            .map(|&other| nodes[other].as_str())
            .collect();
        page.fact("", &format!("{name}: {}", neighbours.join(" ")));
    }
    if nodes.len() > NEIGHBOURHOODS {
        page.fact("", &format!("… and {} more", nodes.len() - NEIGHBOURHOODS));
    }
}

fn schedule(page: &mut Page, plan: &Plan) {
    match plan.summary.faults {
        0 => page.fact("faults", "none"),
        count => page.fact("faults", &format!("{count}, as a file that repeats them:")),
    }
    if !plan.schedule_toml.trim().is_empty() && plan.summary.faults > 0 {
        page.gap();
        for line in plan.schedule_toml.lines() {
            page.line(line);
        }
    }
}
