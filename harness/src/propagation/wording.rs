//! Evidence in words.

use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use super::evidence::{Fate, Path, Step};
use super::trace::{Drops, Towards};
use crate::text::excerpt;

/// Steps shown at either end of a long path.
const ENDS: usize = 4;
/// Restarts shown.
const MOMENTS: usize = 3;
/// Names shown in a list.
const NAMES: usize = 4;

/// `1.200 s`.
pub(super) fn moment(at: Nanos) -> String {
    Time(at).to_string()
}

/// Text that may act on a terminal, so that it does not.
pub(super) fn safe(text: &str) -> String {
    excerpt(text.as_bytes(), 80)
}

/// An element as it is shown.
pub(super) fn element(json: &str) -> String {
    excerpt(json.as_bytes(), 60)
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn join(names: &[String], most: usize) -> String {
    let (shown, rest) = names.split_at(names.len().min(most));
    match (shown, rest.len()) {
        ([], _) => String::new(),
        ([only], 0) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The whole path. `stopped`: where else the element was stopped.
pub(super) fn path(
    path: &Path,
    fate: Fate,
    towards: &Towards,
    stopped: &[(&str, &Towards)],
    nodes: usize,
) -> String {
    let node = &path.node;
    let mut text = format!("{}: {}", element(&path.element), chain(&path.chain));
    match fate {
        Fate::Reached => {}
        Fate::Forgotten => {
            let had = path.reached_before_restart_ns;
            let again = path
                .restarts_ns
                .iter()
                .copied()
                .filter(|&restart| Some(restart) > had);
            let again: Vec<String> = again.map(moment).collect();
            text += &format!("; {node} was started again at {}", join(&again, MOMENTS));
            text += &format!(
                "; towards {node} since it had it: {}",
                self::towards(towards, node, true)
            );
        }
        Fate::Never => {
            text += &format!("; towards {node}: {}", self::towards(towards, node, false));
            text += &neighbours(path);
            for (elsewhere, towards) in stopped {
                text += &format!(
                    "; towards {elsewhere}: {}",
                    self::towards(towards, elsewhere, false)
                );
            }
            text += &format!("; it came to {} of {nodes} nodes", path.reached);
        }
    }
    if !path.exact {
        text += " (a guess at what these messages carry)";
    }
    text
}

/// `c3 → n0 at 1.200 s → n1 at 1.301 s`
fn chain(steps: &[Step]) -> String {
    let mut text = steps
        .first()
        .map_or_else(String::new, |step| step.from.clone());
    let hidden = steps.len().saturating_sub(2 * ENDS);
    for (index, step) in steps.iter().enumerate() {
        if hidden > 0 && (ENDS..ENDS + hidden).contains(&index) {
            if index == ENDS {
                text += &format!(" → … {hidden} more …");
            }
            continue;
        }
        text += &format!(" → {} at {}", step.to, moment(step.at_ns));
    }
    text
}

/// What became of messages that carried the element to `node`.
pub(super) fn towards(towards: &Towards, node: &str, again: bool) -> String {
    let dropped: u64 = towards.drops.iter().map(|drops| drops.count).sum();
    let mut text = match dropped {
        0 => String::new(),
        1 => "1 message that carried it was dropped".to_owned(),
        _ => format!("{dropped} messages that carried it were dropped"),
    };
    if dropped > 0 {
        let reasons: Vec<String> = towards
            .drops
            .iter()
            .map(|drops| reason(drops, node, towards.drops.len() > 1))
            .collect();
        text += &format!(" ({})", reasons.join("; "));
    }
    match (dropped, towards.in_flight) {
        (0, 0) => format!(
            "no message that carried it was sent{}",
            if again { " again" } else { "" }
        ),
        (_, 0) => text,
        (0, 1) => "1 message that carried it is still in flight".to_owned(),
        (0, flying) => format!("{flying} messages that carried it are still in flight"),
        (_, flying) => format!("{text}, {flying} still in flight"),
    }
}

/// `cut by partition-1 at 1.310 s and 1.412 s`
fn reason(drops: &Drops, node: &str, counted: bool) -> String {
    let fault = match drops.fault.as_deref() {
        Some("network") | None => "the network".to_owned(),
        Some(name) => safe(name),
    };
    let why = match drops.why.as_str() {
        "cut" => format!("cut by {fault}"),
        "loss" => format!("lost by {fault}"),
        "node-down" => format!("{node} was down"),
        other => safe(other),
    };
    let when = if drops.count as usize > drops.times.len() {
        format!(
            "between {} and {}",
            moment(drops.times[0]),
            moment(drops.last)
        )
    } else {
        let times: Vec<String> = drops.times.iter().copied().map(moment).collect();
        format!("at {}", join(&times, times.len()))
    };
    let count = if counted {
        format!("{}: ", drops.count)
    } else {
        String::new()
    };
    format!("{count}{why} {when}")
}

/// `; n4's neighbours n1 and n3 had it`
fn neighbours(path: &Path) -> String {
    let node = &path.node;
    let had: Vec<String> = (path.neighbours.iter())
        .filter(|neighbour| neighbour.had_it_ns.is_some())
        .map(|neighbour| neighbour.name.clone())
        .collect();
    let all: Vec<String> = path
        .neighbours
        .iter()
        .map(|neighbour| neighbour.name.clone())
        .collect();
    match (had.len(), all.len()) {
        (_, 0) => String::new(),
        (0, 1) => format!("; {node}'s only neighbour {} did not have it", all[0]),
        (0, _) => format!("; of {node}'s neighbours {} none had it", join(&all, NAMES)),
        (1, 1) => format!("; {node}'s only neighbour {} had it", had[0]),
        (some, many) if some == many => {
            format!("; {node}'s neighbours {} had it", join(&had, NAMES))
        }
        (_, _) => format!(
            "; of {node}'s neighbours {} only {} had it",
            join(&all, NAMES),
            join(&had, NAMES)
        ),
    }
}
