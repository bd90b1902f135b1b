//! Vector clocks: who knew of how many events of whom.

use std::collections::BTreeMap;

/// What a host knows: of how many events of each host, itself included. Hosts that it has
/// not heard of have no entry.
pub(super) type Clock = BTreeMap<u32, u64>;

/// The clocks of all hosts (Fidge 1988, Mattern 1989).
#[derive(Default)]
pub(super) struct Clocks(BTreeMap<u32, Clock>);

impl Clocks {
    /// Something happens at a host; gives its clock from then on.
    pub fn tick(&mut self, host: u32) -> &Clock {
        let clock = self.0.entry(host).or_default();
        *clock.entry(host).or_default() += 1;
        clock
    }

    /// A host gets to know what another knew when it wrote; the tick is the caller's.
    pub fn learn(&mut self, host: u32, message: &Clock) {
        let clock = self.0.entry(host).or_default();
        for (&of, &count) in message {
            let known = clock.entry(of).or_default();
            *known = count.max(*known);
        }
    }
}
