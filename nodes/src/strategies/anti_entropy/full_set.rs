//! Anti-entropy by saying everything one has.
//!
//! - Idea: a digest is the list of all keys, 64 bits each; who gets it knows exactly what
//!   either lacks.
//! - Source: Demers et al., CSL-89-1 (1987), section 1.3, before any refinement.
//! - Parameters: `interval` (100ms), `flow` (push-pull), `peer` (random), `among`
//!   (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message and 8 N bytes (10.7 N in JSON) if sets of N are
//!   equal; two or three messages otherwise.
//!   Every round sorts the set: with 100,000 rumors an exchange takes most of 0.1 s of CPU.
//! - Survives loss, cuts, kills and wiped stores.

use std::convert::Infallible;

use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, Listing, PEER, Summary};
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context};

/// The digest that lists all keys. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct FullSet;

impl Digest for FullSet {
    const ABOUT: About = About {
        name: "full-set",
        family: "anti-entropy",
        summary: "in every round says all it has to a peer, and they swap what differs",
        parameters: &[INTERVAL, FLOW, PEER, AMONG, BATCH],
        promises: Promises::ALL,
    };
    const HASH: bool = false;

    type Config = ();
    type Message = Listing;
    type Record = Infallible;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> FullSet {
        FullSet
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
