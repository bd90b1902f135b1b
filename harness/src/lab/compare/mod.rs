//! The broadcast scoreboard: several strategies on one task, side by side.
//!
//! ```text
//!   contestants ─► runner ─► scores ─► scoreboard ─► table, CSV, JSON
//!                  sim: all cores      sorted, fronts,
//!                  live: one by one    public figures beside it
//! ```
//!
//! The figures are the reference's, counted its way: messages between servers over the
//! whole run, its wait for recovery included, for each operation of clients, final reads
//! included; stable latency from the moment a message is known until the last read that
//! missed it.
//!
//! [`runner`] runs, everything else is pure.

mod front;
mod key;
mod page;
mod public;
pub mod runner;
mod score;
mod scoreboard;
mod show;
#[cfg(test)]
mod tests;

pub use front::front;
pub use key::Key;
pub use page::page;
pub use public::{LIMITS, Limit, PUBLIC, Public, Reported};
pub use score::{Mode, Score, Spread, Trouble};
pub use scoreboard::{Scoreboard, Standing};
pub use show::{csv, json, legend, table};
