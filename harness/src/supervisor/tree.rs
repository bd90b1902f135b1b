//! Whose descendant is a process?
//!
//! ```text
//!   supervisor ─┬─ n0 ── helper                    n0's: below its main process
//!               ├─ helper (setsid, forked twice)   by its process group or, failing that, its marker
//!               └─ n1 (ended, not reaped)
//! ```
//!
//! Descendants whose parent ended are handed to the supervisor (it is the
//! sub-reaper); all that a node started therefore stays below the supervisor.

use std::collections::BTreeMap;

use crate::platform::ProcessEntry;
use crate::supervisor::message::Life;

/// A descendant of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descendant {
    pub(super) entry: ProcessEntry,
    /// The node it belongs to, if that can be told.
    pub(super) life: Option<Life>,
}

/// All descendants of `root` in the table, with their owners. `mains` are the
/// nodes' process numbers; `marker` reads a process's owner from its environment.
pub(super) fn descendants(
    table: &[ProcessEntry],
    root: i32,
    mains: &BTreeMap<i32, Life>,
    marker: impl Fn(i32) -> Option<Life>,
) -> Vec<Descendant> {
    let mut children: BTreeMap<i32, Vec<ProcessEntry>> = BTreeMap::new();
    for &entry in table {
        children.entry(entry.parent).or_default().push(entry);
    }
    let mut found = Vec::new();
    let mut open: Vec<(i32, Option<Life>)> = vec![(root, None)];
    while let Some((parent, owner)) = open.pop() {
        for entry in children.remove(&parent).unwrap_or_default() {
            let life = owner
                .or_else(|| mains.get(&entry.pid).copied())
                .or_else(|| mains.get(&entry.group).copied())
                .or_else(|| marker(entry.pid));
            open.push((entry.pid, life));
            found.push(Descendant { entry, life });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: i32, parent: i32, group: i32) -> ProcessEntry {
        let state = 'S';
        ProcessEntry {
            pid,
            parent,
            group,
            state,
        }
    }

    #[test]
    fn an_owner_is_found_by_descent_by_group_and_by_marker_and_strangers_are_left_out() {
        let [n0, n1] = [0, 1].map(|node| Life {
            node,
            incarnation: 0,
        });
        let table = [
            entry(1, 0, 1),
            entry(10, 1, 10),  // the supervisor
            entry(20, 10, 20), // n0
            entry(21, 20, 21), // below n0, in a group of its own
            entry(22, 21, 22),
            entry(30, 10, 31), // orphan in n1's group; n1's main process (31) is gone
            entry(40, 10, 40), // orphan with n0's marker
            entry(41, 40, 40),
            entry(50, 10, 50), // orphan without one
            entry(99, 1, 99),  // not ours
        ];
        let mains = BTreeMap::from([(20, n0), (31, n1)]);
        let marker = |pid| (pid == 40).then_some(n0);
        let mut owners: Vec<_> = descendants(&table, 10, &mains, marker)
            .into_iter()
            .map(|descendant| (descendant.entry.pid, descendant.life))
            .collect();
        owners.sort_unstable();
        let expected = [
            (20, Some(n0)),
            (21, Some(n0)),
            (22, Some(n0)),
            (30, Some(n1)),
            (40, Some(n0)),
            (41, Some(n0)),
            (50, None),
        ];
        assert_eq!(owners, expected);
    }
}
