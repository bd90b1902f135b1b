//! The strategies: one line each makes a name in specs, a protocol node and a lab node.

use super::{Entry, Settings, Visitor};
use crate::strategies::{
    WORKLOADS, anti_entropy, flood, hierarchy, lifetime, rumor, sample, shared_with, state, tree,
};
use crate::strategy::{Spread, Strategy};

/// The entry of a strategy.
const fn entry<S: Strategy + 'static>() -> Entry {
    let about = S::ABOUT;
    Entry {
        name: about.name,
        summary: about.summary,
        workloads: WORKLOADS,
        parameters: about.parameters,
        promises: about.promises,
        planted: false,
        family: Some(about.family),
        process_only: false,
        storms: S::STORMS,
        make: |settings| Ok(Box::new(Spread::<S>::new(S::configure(settings)?))),
    }
}

macro_rules! strategies {
    ($($strategy:ty,)*) => {
        /// The strategies, family by family.
        pub(super) static STRATEGIES: &[Entry] = &[$(entry::<$strategy>(),)*];

        /// Calls the visitor with the type of the strategy of this name, if there is one.
        pub(super) fn visit<V: Visitor>(
            name: &str,
            settings: &Settings,
            visitor: V,
        ) -> Option<Result<V::Output, String>> {
            $(
                if name == <$strategy>::ABOUT.name {
                    let config = <$strategy>::configure(settings);
                    return Some(config.map(|config| visitor.visit::<$strategy>(config)));
                }
            )*
            None
        }
    };
}

strategies! {
    anti_entropy::Entropy<anti_entropy::FullSet>,
    anti_entropy::Entropy<anti_entropy::SetHash>,
    anti_entropy::Entropy<anti_entropy::Bloom>,
    anti_entropy::Entropy<anti_entropy::Merkle>,
    anti_entropy::Entropy<anti_entropy::Scuttlebutt>,
    anti_entropy::Entropy<anti_entropy::Iblt>,
    flood::Flood,
    flood::Forever,
    flood::OwnFile,
    flood::Retry,
    flood::GSet,
    sample::Sample,
    sample::SampleRounds,
    sample::Gossip,
    sample::Views,
    rumor::Monger,
    hierarchy::Leader,
    lifetime::Expiring,
    lifetime::Strangers,
    shared_with::SharedWith,
    state::HopLimit,
    state::Visited,
    tree::Hub,
    tree::HubAcked,
    tree::Plumtree,
    tree::Spanning,
}
