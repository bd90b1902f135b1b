//! Storms: nodes that forward what they have forwarded before, and so never stop.
//!
//! ```text
//!   broadcast 3 ─► n0 ─► n1 ─► n0 ─► n1 ─► …       1, 2, 4, 8, … copies on their way:
//!                    └─► n2 ─► n0 ─► n2 ─► …       seconds until no machine carries them
//! ```
//!
//! [`Watch`] sees every message that one node sends to another while the run goes, and
//! [sights](Sighting) a storm by this rule: within [`WINDOW`] one link carried one element
//! more often than the limit, and more than [`PER_OPERATION`] times per operation that was
//! invoked in that window. Copies are counted per link because a flood over many links
//! sends many copies and each link one; per window because a chatty gossip repeats itself
//! for as long as the run goes (with more than [`FULL_SHARE`] links in use each may carry
//! less, so that a storm of a million messages is one anywhere); and beside the operations because a node that tells all it
//! knows whenever it learns something repeats itself as often as there is something new.
//! The run ends there. What the journal of messages tells about it afterwards is [`Copies`],
//! and [`story`] puts both into words.
//!
//! What a message carries is recognised without knowing the nodes' protocol: see
//! [`naming`]. A message that names many elements, or is long, is a batch and is not
//! counted; a storm of those ends at the queue limit, as an overload.

mod copies;
mod naming;
#[cfg(test)]
mod tests;
mod watch;
mod wording;

use std::time::Duration;

use swelkie_nodes::Time;

pub(crate) use copies::Copies;
pub(crate) use watch::Watch;
pub(crate) use wording::story;

use crate::network::Endpoint;

/// How often one link may carry one element within [`WINDOW`], unless the user says
/// otherwise: 500 times a second for all of it.
pub const LIMIT: u64 = 5_000;
/// In which copies are counted before the count begins anew.
pub const WINDOW: Duration = Duration::from_secs(10);
/// How often a link may carry an element for each operation invoked meanwhile.
pub const PER_OPERATION: u64 = 10;
/// Up to this many links in use the limit is whole; beyond, it is less in proportion.
pub const FULL_SHARE: u64 = 200;
/// It never is less than this part of the whole.
pub const LEAST_SHARE: u64 = 20;

/// A storm as it was seen when it passed the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The element, a number.
    pub element: u64,
    /// The operation that first asked for it, as an index into the history.
    pub operation: usize,
    /// Who sent it over the link that passed the limit.
    pub src: Endpoint,
    /// To whom.
    pub dest: Endpoint,
    /// How often, since `since`.
    pub copies: u64,
    /// When that link began to be looked at closely.
    pub since: Time,
    /// When the limit was passed.
    pub at: Time,
    /// The limit, what the operations allowed included.
    pub allowed: u64,
}
