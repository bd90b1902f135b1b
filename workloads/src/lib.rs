//! What clients do: generate operations, encode requests, interpret replies,
//! and say what the history they made means.
//!
//! A [`Workload`] is pure: the engine calls it, it touches no network, clock or
//! file. One file per workload; [`registry`] knows them by name.
//!
//! ```text
//!   engine                       workload
//!     │ generate(turn)             │  what to do next
//!     │ request(invocation)        │  its body (the engine adds msg_id)
//!     │ ── node answers ──         │
//!     │ interpret(reply)           │  the value it returned, or what is wrong with it
//!     │ … recovered(history)?      │  does the last round of final reads satisfy the rule?
//!     │ check(history)             │  verdict
//! ```

mod broadcast;
mod counter;
mod echo;
mod g_set;
mod growing;
pub mod labels;
pub mod registry;
mod reply;
mod suggest;
pub mod topology;
mod unique_ids;
mod workload;

pub use workload::{Invocation, Malformed, Output, Reply, Turn, Workload};
