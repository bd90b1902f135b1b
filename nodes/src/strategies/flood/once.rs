//! Forward once: the simplest broadcast.
//!
//! ```text
//!   c1 ── broadcast 7 ──► n1 ──► n2 ──► n3      each node tells the neighbours that
//!      ◄─ broadcast_ok ──      └► n4 ──► n5     did not tell it, the first time only
//! ```
//!
//! - Idea: what is new is told to the topology's neighbours except its sender, at
//!   once and once. Between nodes it is a `broadcast` without `msg_id`, which
//!   nobody answers.
//! - Source: folklore; the baseline of every comparison.
//! - Parameters: none.
//! - Cost: 2·links − (nodes − 1) messages per broadcast in all, and as few hops as
//!   the topology has.
//! - Survives delay and reordering. Does not survive loss, cuts or kills: nothing
//!   is repeated and nothing is stored.

use std::convert::Infallible;

use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Wire, Writer};

/// The flood strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flood;

/// What nodes say: here is a rumor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told(pub Rumor);

impl Wire for Told {
    fn write(&self, out: &mut Writer) {
        out.kind("broadcast");
        out.rumor("message", self.0);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "broadcast").then_some(())?;
        body.rumor("message").map(Told)
    }

    fn carried(&self) -> usize {
        1
    }
}

impl Strategy for Flood {
    const ABOUT: About = About {
        name: "flood",
        family: "flood",
        summary: "tells its neighbours once what is new; keeps it in memory only",
        parameters: &[],
        promises: Promises::CALM,
    };

    type Config = ();
    type Message = Told;
    type Record = Infallible;

    fn configure(_settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn new(_config: &()) -> Flood {
        Flood
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        cx.tell(cx.neighbours(), None, Told(rumor));
    }

    fn on_receive(&mut self, from: Peer, &Told(rumor): &Told, cx: &mut Context<Self>) {
        if cx.deliver(rumor) {
            cx.tell(cx.neighbours(), Some(from), Told(rumor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::Spread;
    use crate::strategy::probe::Probe;
    use crate::testing::{Bench, Cluster, line};

    fn node() -> Spread<Flood> {
        Spread::new(())
    }

    #[test]
    fn what_is_new_is_told_once_to_the_neighbours_except_its_sender() {
        let mut probe = Probe::<Flood>::new("flood", 9);
        probe.neighbours = vec![Peer(2), Peer(3)];
        let told = |to: &[u32], rumor: u32| vec![(to.to_vec(), format!("Told(Rumor({rumor}))"))];
        assert_eq!(probe.broadcast(5), told(&[2, 3], 5));
        assert_eq!(probe.receive(2, Told(Rumor(7))), told(&[3], 7));
        assert_eq!(probe.receive(3, Told(Rumor(7))), []);
        assert_eq!(probe.known(), [5, 7]);
    }

    #[test]
    fn a_client_sees_any_value_as_it_was_written_and_peers_are_told_in_the_same_text() {
        let mut node = Bench::new(node());
        let topology =
            r#"{"type":"topology","topology":{"n1":["n2","n3"],"n2":["n1"]},"msg_id":1}"#;
        assert_eq!(
            node.receive("c0", topology),
            [r#"c0 {"type":"topology_ok","in_reply_to":1}"#]
        );
        let sent = node.receive(
            "c1",
            r#"{"type":"broadcast","message":{"b": 1,"a":2},"msg_id":5}"#,
        );
        assert_eq!(
            sent,
            [
                r#"c1 {"type":"broadcast_ok","in_reply_to":5}"#,
                r#"n2 {"type":"broadcast","message":{"b": 1,"a":2}}"#,
                r#"n3 {"type":"broadcast","message":{"b": 1,"a":2}}"#,
            ]
        );
        let sent = node.receive("n2", r#"{"type":"broadcast","message":7}"#);
        assert_eq!(sent, [r#"n3 {"type":"broadcast","message":7}"#]);
        assert!(
            node.receive("n3", r#"{"type":"broadcast","message":7}"#)
                .is_empty()
        );
        let again = node.receive("c1", r#"{"type":"broadcast","message":7,"msg_id":6}"#);
        assert_eq!(again, [r#"c1 {"type":"broadcast_ok","in_reply_to":6}"#]);
        assert_eq!(
            node.receive("c1", r#"{"type":"read","msg_id":7}"#),
            [r#"c1 {"type":"read_ok","messages":[{"b": 1,"a":2},7],"in_reply_to":7}"#]
        );
    }

    #[test]
    fn every_node_of_a_line_hears_everything_when_nothing_is_lost() {
        let mut cluster = Cluster::new(7, 6, || Box::new(node()));
        cluster.topology(&line(6));
        for value in 0..30 {
            cluster.request(
                value % 6,
                &format!(r#"{{"type":"broadcast","message":{value}}}"#),
            );
        }
        cluster.run_for(1000);
        for node in 0..6 {
            assert_eq!(
                cluster.read(node, "messages"),
                (0..30).collect::<Vec<i64>>(),
                "n{node}"
            );
        }
        // Each of the 5 links carries each message once: a line has no cycle.
        assert_eq!(cluster.sent_between_nodes(), 30 * 5);
    }

    #[test]
    fn a_lost_message_is_not_told_again() {
        let mut cluster = Cluster::new(7, 6, || Box::new(node()));
        cluster.topology(&line(6));
        cluster.loss(0.5);
        for value in 0..30 {
            cluster.request(0, &format!(r#"{{"type":"broadcast","message":{value}}}"#));
        }
        cluster.run_for(60_000);
        assert!(cluster.read(5, "messages").len() < 30);
    }
}
