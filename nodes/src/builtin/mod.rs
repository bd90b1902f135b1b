//! The built-in nodes that are no dissemination strategies, one file each.
//!
//! | file | answers | idea |
//! |---|---|---|
//! | [`echo`] | echo | says what it was told |
//! | [`unique_ids`] | unique-ids | a name, an incarnation, a count |
//! | [`flood_retry`] | broadcast | store, forward, repeat until acknowledged |
//! | [`g_set`] | g-set | a set as a CRDT, spread by anti-entropy |
//! | [`counter`] | g-counter, pn-counter | per-node sums as a CRDT |
//! | [`shared_file`] | broadcast, g-set | one file under one lock; the only node that does IO of its own |
//! | [`circulate`] | echo | keeps messages going round: the load of benchmarks |
//! | [`planted`] | all of them, wrongly | one flaw each, for tests of checkers |
//!
//! [`values`] is the set they keep, [`replica`] a durable copy of it with the
//! peers that still lack something, `wire` how they read and answer requests.

pub mod circulate;
pub mod counter;
pub mod echo;
pub mod flood_retry;
pub mod g_set;
pub mod planted;
pub mod replica;
pub mod shared_file;
pub mod unique_ids;
pub mod values;
pub(crate) mod wire;
