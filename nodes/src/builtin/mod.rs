//! The built-in nodes that are no dissemination strategies, one file each.
//!
//! | file | answers | idea |
//! |---|---|---|
//! | [`echo`] | echo | says what it was told |
//! | [`unique_ids`] | unique-ids | a name, an incarnation, a count |
//! | [`counter`] | g-counter, pn-counter | per-node sums as a CRDT |
//! | [`shared_file`] | broadcast, g-set | one file under one lock; the only node that does IO of its own |
//! | [`circulate`] | echo | keeps messages going round: the load of benchmarks |
//! | [`planted`] | all of them, wrongly | one flaw each, for tests of checkers |
//!
//! [`values`] is a set of JSON values, `wire` how nodes read and answer requests.

pub mod circulate;
pub mod counter;
pub mod echo;
pub mod planted;
pub mod shared_file;
pub mod unique_ids;
pub mod values;
pub(crate) mod wire;
