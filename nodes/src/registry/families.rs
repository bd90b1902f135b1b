//! The strategies: one line each makes a name in specs, a protocol node and a lab node.

use super::{Entry, Settings, Visitor};
use crate::strategies::{WORKLOADS, flood, lifetime, rumor, sample};
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
    flood::Flood,
    sample::Sample,
    sample::SampleRounds,
    sample::Gossip,
    sample::Views,
    rumor::Monger,
    lifetime::Expiring,
    lifetime::Strangers,
}
