//! Forward without memory: the node that gossips for ever.
//!
//! ```text
//!   c1 ── 7 ──► n1 ─┬─► n2 ─┬─► n1 ─┬─► …      every walk through the topology is walked
//!                   │       └─► n3 ─┴─► …
//!                   └─► n3 ─┬─► n1 ─┬─► …
//!                           └─► n2 ─┴─► …
//! ```
//!
//! - Idea: a node tells all its neighbours what it hears, at once, whether it knew it or
//!   not and whoever told it. That nobody needs to remember anything is the idea, and that
//!   nothing ever ends it is what a comparison has to show: the broadcast storm.
//! - Source: Ni, Tseng, Chen, Sheu, "The broadcast storm problem in a mobile ad hoc
//!   network", MobiCom 1999; here without even its nodes' memory of what they passed on.
//! - Parameters: none.
//! - Cost: without end. Where everybody has k neighbours, one rumor is kʰ messages at the
//!   h-th hop; with two nodes it is one message to and fro for ever. On a network that
//!   loses a share above 1 − 1/k of all messages it dies out.
//! - Promises nothing: a run is over when a queue is full or the time is up. Until then it
//!   answers every read, and rather survives loss, because everything is told so often.

use std::convert::Infallible;

use super::once::Told;
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context, Peer, Rumor, Strategy};

/// The flood-forever strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forever;

impl Strategy for Forever {
    const ABOUT: About = About {
        name: "flood-forever",
        family: "flood",
        summary: "tells its neighbours all it hears, known or not: a storm",
        parameters: &[],
        promises: Promises::CHANCE,
    };
    const STORMS: bool = true;

    type Config = ();
    type Message = Told;
    type Record = Infallible;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> Forever {
        Forever
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        cx.tell(cx.neighbours(), None, Told(rumor));
    }

    fn on_receive(&mut self, _from: Peer, &Told(rumor): &Told, cx: &mut Context<Self>) {
        cx.deliver(rumor);
        cx.tell(cx.neighbours(), None, Told(rumor));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::strategy::probe::Probe;
    use crate::testing::{Cluster, line};

    #[test]
    fn everything_heard_is_told_to_all_neighbours_known_or_not() {
        let mut probe = Probe::<Forever>::new("flood-forever", 9);
        probe.neighbours = vec![Peer(2), Peer(3)];
        let told = vec![(vec![2, 3], "Told(Rumor(7))".to_owned())];
        for _ in 0..3 {
            assert_eq!(probe.receive(2, Told(Rumor(7))), told);
        }
        assert_eq!(probe.known(), [7]);
    }

    /// Messages sent within so many hops of one broadcast, and who knows it then.
    fn storm(nodes: usize, near: &[Vec<usize>], hops: u64) -> (usize, usize) {
        let mut cluster = Cluster::new(7, nodes, || registry::build("flood-forever").unwrap());
        cluster.topology(near);
        cluster.request(0, r#"{"type":"broadcast","message":1}"#);
        cluster.run_for(hops);
        let sent = cluster.sent_between_nodes();
        assert!(!cluster.is_idle(), "it never ends");
        let read = |node| cluster.read(node, "messages").len();
        (sent, (0..nodes).map(read).sum())
    }

    #[test]
    fn each_hop_multiplies_the_copies_by_the_number_of_neighbours() {
        let near: Vec<Vec<usize>> = (0..4)
            .map(|node| (0..4).filter(|&other| other != node).collect())
            .collect();
        // 3 + 9 + 27 + …: a hop takes a millisecond.
        assert_eq!(storm(4, &near, 0), (3, 1));
        assert_eq!(storm(4, &near, 1), (3 + 9, 4));
        assert_eq!(storm(4, &near, 8).0, (3usize.pow(10) - 3) / 2);
        // Between two nodes one copy goes to and fro.
        assert_eq!(storm(2, &line(2), 1000), (1001, 2));
    }
}
