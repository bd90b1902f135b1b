//! The workloads by name.

use std::fmt;

use swelkie_checkers::set::Duplicates;
use swelkie_checkers::text::safe;

use crate::labels::Labels;
use crate::suggest;
use crate::workload::Workload;
use crate::{broadcast, counter, echo, g_set, unique_ids};

/// What the user may choose about a workload.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a read of `broadcast` or `g-set` may list an element more than once.
    pub duplicates: Duplicates,
    /// How urgent the elements of `broadcast` or `g-set` are and how far they may travel;
    /// none for plain numbers.
    pub labels: Option<Labels>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            duplicates: Duplicates::Forbid,
            labels: None,
        }
    }
}

/// A workload that can be built by name.
pub struct Entry {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it demands of the nodes, in one line.
    pub summary: &'static str,
    /// Its requests and their replies: the fields beside `type`, `msg_id` and `in_reply_to`.
    pub requests: &'static [(&'static str, &'static str)],
    build: fn(&Options) -> Box<dyn Workload>,
}

/// Every workload, simplest first.
pub const WORKLOADS: &[Entry] = &[
    Entry {
        name: "echo",
        summary: "a node sends back what it was sent",
        requests: &[("echo {echo: any}", "echo_ok {echo: the same}")],
        build: |_| Box::new(echo::Echo),
    },
    Entry {
        name: "unique-ids",
        summary: "no id is given out twice, by any node",
        requests: &[("generate", "generate_ok {id: any}")],
        build: |_| Box::new(unique_ids::UniqueIds),
    },
    Entry {
        name: "broadcast",
        summary: "a message given to one node reaches every node",
        requests: &[
            ("topology {topology: {node: [neighbour]}}", "topology_ok"),
            ("broadcast {message: any}", "broadcast_ok"),
            ("read", "read_ok {messages: [any]}"),
        ],
        build: |options| Box::new(broadcast::workload(options)),
    },
    Entry {
        name: "g-set",
        summary: "a set that only grows and is the same on every node in the end",
        requests: &[
            ("add {element: any}", "add_ok"),
            ("read", "read_ok {value: [any]}"),
        ],
        build: |options| Box::new(g_set::workload(options)),
    },
    Entry {
        name: "g-counter",
        summary: "a counter that only grows: every node ends at the sum of what was added",
        requests: &[
            ("add {delta: int, 0 or more}", "add_ok"),
            ("read", "read_ok {value: int}"),
        ],
        build: |_| Box::new(counter::grow_only()),
    },
    Entry {
        name: "pn-counter",
        summary: "a counter that goes up and down: every node ends at the sum of what was added",
        requests: &[
            ("add {delta: int}", "add_ok"),
            ("read", "read_ok {value: int}"),
        ],
        build: |_| Box::new(counter::positive_negative()),
    },
];

/// The workload of this name.
///
/// # Errors
/// If there is none; the message lists those there are.
pub fn build(name: &str, options: &Options) -> Result<Box<dyn Workload>, Unknown> {
    let entry = WORKLOADS.iter().find(|entry| entry.name == name);
    entry
        .map(|entry| (entry.build)(options))
        .ok_or_else(|| Unknown {
            name: name.to_owned(),
        })
}

/// There is no workload of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The name asked for.
    pub name: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let names = || WORKLOADS.iter().map(|entry| entry.name);
        let hint = suggest::hint(&self.name, names());
        let list: Vec<_> = names().collect();
        let name = safe(&self.name);
        write!(
            f,
            "no workload is called `{name}`{hint} (there are {})",
            list.join(", ")
        )
    }
}

impl std::error::Error for Unknown {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_built_under_its_own_name() {
        for entry in WORKLOADS {
            let workload = build(entry.name, &Options::default()).unwrap();
            assert_eq!(workload.name(), entry.name);
        }
    }

    #[test]
    fn a_mistyped_name_gets_the_nearest_and_the_list() {
        let error = build("brodcast", &Options::default()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "no workload is called `brodcast`; did you mean `broadcast`? (there are echo, \
             unique-ids, broadcast, g-set, g-counter, pn-counter)"
        );
        let error = build("paxos", &Options::default()).err().unwrap();
        assert!(!error.to_string().contains("did you mean"), "{error}");
    }
}
