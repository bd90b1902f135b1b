//! Anti-entropy that compares one hash before it says everything.
//!
//! ```text
//!   A ── what do you have? mine hashes to h ──► B    equal: silence
//!   A ◄─────────── all keys of B ────────────── B    else both know what differs
//!   A ─────── what B lacks; I lack … ─────────► B
//!   A ◄──────────── what A lacks ────────────── B
//! ```
//!
//! - Idea: most rounds are between equal sets, and a hash of the whole set tells. It is a
//!   sum over the keys, so a rumor more costs one addition.
//! - Source: Demers et al., CSL-89-1 (1987), section 1.3: "maintain a checksum of its
//!   database contents, recomputing the checksum incrementally".
//! - Parameters: `interval` (100ms), `flow` (push-pull), `peer` (random), `among`
//!   (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message of 8 bytes (60 in JSON) if sets are equal;
//!   otherwise three or four and 8 N bytes, however little differs.
//! - Survives loss, cuts, kills and wiped stores.

use std::convert::Infallible;

use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, Listing, PEER, Summary};
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context};

/// The digest that is a hash as long as nothing differs. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetHash;

impl Digest for SetHash {
    const ABOUT: About = About {
        name: "set-hash",
        family: "anti-entropy",
        summary: "compares a hash with a peer in every round, and all they have if it differs",
        parameters: &[INTERVAL, FLOW, PEER, AMONG, BATCH],
        promises: Promises::ALL,
    };
    const ASKS: bool = true;

    type Config = ();
    type Message = Listing;
    type Record = Infallible;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> SetHash {
        SetHash
    }

    fn reveal(
        &mut self,
        flow: Flow,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Listing>,
    ) {
        let listings = Listing::all(cx).into_iter();
        out.says.extend(listings.map(|listing| (flow, listing)));
    }

    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Listing,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Listing>,
    ) {
        theirs.compare(flow, cx, out);
    }
}
