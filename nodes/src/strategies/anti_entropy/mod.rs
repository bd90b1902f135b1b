//! Anti-entropy: "what do you have?" / "here is what I have".
//!
//! Once per `interval` a node picks a peer, and the two find out in which rumors they
//! differ and hand those over. [`exchange`] is what all have in common: rounds, whom to
//! ask, which way rumors go, how large a message may be. How a node says what it has is
//! the [`Digest`], one file each. Bytes of an exchange (push-pull, as JSON, the rumors
//! included, two origins) between sets of N = 10,000 of which d more differ; the test
//! `bytes_of_an_exchange_grow_as_the_digest_says` prints them:
//!
//! | strategy | says | grows as | d = 0 | 1 | 10 | 100 |
//! |---|---|---|---|---|---|---|
//! | [`full_set`] | all keys | 8 N | 107,510 | 107,702 | 108,200 | 110,057 |
//! | [`set_hash`] | one hash; all keys if it differs | 8 N | 60 | 107,615 | 108,300 | 110,201 |
//! | [`bloom`] | a Bloom filter, newly salted in every round | 1.25 N | 16,948 | 27,806 | 34,095 | 34,814 |
//! | [`merkle`] | a hash tree, from the root down where it differs | d log N | 60 | 1,070 | 4,365 | 24,196 |
//! | [`scuttlebutt`] | how far it knows each origin's rumors | origins, d | 134 | 398 | 468 | 1,010 |
//! | [`iblt`] | one hash; an invertible lookup table if it differs | d | 60 | 1,052 | 1,201 | 5,856 |
//!
//! - Source: Demers et al., "Epidemic Algorithms for Replicated Database Maintenance",
//!   PODC 1987 (CSL-89-1), section 1.3: anti-entropy, push, pull and push-pull, and that a
//!   checksum spares comparing equal sets.
//! - Rounds never end, because nobody can know that nobody else has news. A share p of
//!   nodes without a rumor shrinks per round to p·e^(p−1) by push, p² by pull, both by
//!   push-pull.
//! - Survives loss, cuts, kills and wiped stores: what a node has is stored, and whatever
//!   was missed differs in the next round too.

pub mod bloom;
pub mod exchange;
pub mod full_set;
mod hash;
pub mod iblt;
mod listing;
pub mod merkle;
mod message;
#[cfg(test)]
mod net;
pub mod scuttlebutt;
pub mod set_hash;
#[cfg(test)]
mod tests;

use crate::registry::{Kind, Parameter};

pub use bloom::Bloom;
pub use exchange::{Answer, Config, Digest, Entropy};
pub use full_set::FullSet;
pub use hash::Summary;
pub use iblt::Iblt;
pub use listing::{Listing, Span};
pub use merkle::Merkle;
pub use message::{Flow, Said};
pub use scuttlebutt::Scuttlebutt;
pub use set_hash::SetHash;

/// What all digests' strategies let one set, to be listed with the digest's own.
const INTERVAL: Parameter = Parameter {
    name: "interval",
    kind: Kind::Duration,
    default: "100ms",
    summary: "the time between a node's rounds",
};
const FLOW: Parameter = Parameter {
    name: "flow",
    kind: Kind::Choice(&["push", "pull", "push-pull"]),
    default: "push-pull",
    summary: "which way rumors go, as the node that begins a round sees it",
};
const PEER: Parameter = Parameter {
    name: "peer",
    kind: Kind::Choice(&["random", "round-robin"]),
    default: "random",
    summary: "whom a round is with: drawn anew, or one after the other",
};
const AMONG: Parameter = Parameter {
    name: "among",
    kind: Kind::Choice(&["others", "neighbours"]),
    default: "others",
    summary: "whom to choose from: everybody else, or the topology's neighbours",
};
const BATCH: Parameter = Parameter {
    name: "batch",
    kind: Kind::Count,
    default: "1000",
    summary: "at most so many rumors, or 64-bit words of a digest, in one message",
};
