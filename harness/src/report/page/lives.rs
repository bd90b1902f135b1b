//! When each node was up.
//!
//! ```text
//!   init delivered        kill begins   kill ends   init delivered            the end
//!   ├──────── life 1 ─────────┤                     ├───────── life 2 ───────────┤
//! ```
//!
//! Faults say when nodes were taken down; deliveries of `init` when they began; a drop
//! because a node was down, when it must have fallen by itself before.

use serde::Serialize;
use swelkie_checkers::Nanos;
use swelkie_nodes::Time;

use crate::archive::{Fate, Messages};
use crate::engine::FaultRecord;

/// A time in which a node was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    /// When it was initialised.
    pub from: Nanos,
    /// When it ended: the run's end for the last one.
    pub to: Nanos,
}

/// The lives of each node, in the order of time.
pub fn lives(
    nodes: &[String],
    faults: &[FaultRecord],
    messages: &Messages,
    end: Nanos,
) -> Vec<Vec<Life>> {
    let mut begins: Vec<Vec<Nanos>> = vec![Vec::new(); nodes.len()];
    let mut refused: Vec<Vec<Nanos>> = vec![Vec::new(); nodes.len()];
    let init = messages.kinds.iter().position(|kind| kind == "init");
    for row in &messages.rows {
        let Some(ended) = row.ended.filter(|_| (row.dest as usize) < nodes.len()) else {
            continue;
        };
        match row.fate {
            Fate::Delivered if Some(row.kind as usize) == init => {
                begins[row.dest as usize].push(ended);
            }
            Fate::Dropped { why, .. } if messages.reasons[why as usize] == "node-down" => {
                refused[row.dest as usize].push(ended);
            }
            _ => {}
        }
    }
    (nodes.iter().zip(begins).zip(refused))
        .map(|((node, mut begins), mut refused)| {
            begins.sort_unstable();
            refused.sort_unstable();
            of_node(&downs(node, faults, end), begins, &refused, end)
        })
        .collect()
}

/// When faults took a node down, and when they let it come up again.
fn downs(node: &str, faults: &[FaultRecord], end: Nanos) -> Vec<(Nanos, Nanos)> {
    let takes_down = |fault: &&FaultRecord| {
        matches!(&*fault.scope.action, "kill" | "stop" | "restart")
            && fault.scope.nodes.iter().any(|name| name == node)
    };
    let span = |fault: &FaultRecord| {
        let began = fault.began?.nanos();
        Some((began, fault.ended.map_or(end, Time::nanos).max(began)))
    };
    let mut downs: Vec<_> = (faults.iter().filter(takes_down))
        .filter_map(span)
        .collect();
    downs.sort_unstable();
    downs
}

fn of_node(
    downs: &[(Nanos, Nanos)],
    mut begins: Vec<Nanos>,
    refused: &[Nanos],
    end: Nanos,
) -> Vec<Life> {
    if begins.is_empty() {
        // No start is on record: up from the beginning and whenever no fault held it down.
        begins.push(0);
        begins.extend(downs.iter().map(|down| down.1).filter(|&up| up < end));
    }
    let mut lives: Vec<Life> = Vec::new();
    for (index, &from) in begins.iter().enumerate() {
        let next = begins.get(index + 1).copied().unwrap_or(end);
        let killed = downs.iter().map(|down| down.0).find(|&at| at >= from);
        let fell = refused.iter().copied().find(|&at| at >= from);
        let to = next.min(killed.unwrap_or(end)).min(fell.unwrap_or(end));
        if to > from || index == 0 {
            lives.push(Life { from, to });
        }
    }
    lives
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(from: Nanos, to: Nanos) -> Life {
        Life { from, to }
    }

    #[test]
    fn a_life_ends_where_a_fault_or_a_fall_ends_it_and_begins_with_init() {
        let killed = of_node(&[(50, 60)], vec![5, 62], &[55], 100);
        assert_eq!(killed, [life(5, 50), life(62, 100)]);
        // It fell by itself at 70 at the latest and was not started again.
        let fell = of_node(&[(50, 60)], vec![5, 62], &[55, 70, 80], 100);
        assert_eq!(fell, [life(5, 50), life(62, 70)]);
    }

    #[test]
    fn without_messages_faults_alone_tell() {
        let lives = of_node(&[(50, 60), (90, 100)], Vec::new(), &[], 100);
        assert_eq!(lives, [life(0, 50), life(60, 90)]);
    }
}
