//! Counters as CRDTs: one sum of increments and one of decrements per node.
//!
//! ```text
//!   n1  add 3 ─► {n1: [3, 0]}  ── gossip ──► n2 {n1: [3, 0], n2: [0, 2]}  reads 1
//!                                            entries merge by maximum
//! ```
//!
//! - Idea: a node adds only to its own entry; entries only grow, so the larger one
//!   is the newer one and order, repetition and delay do not matter. The value is
//!   all increments less all decrements. Every change is stored before it is
//!   acknowledged or shown. An entry belongs to a node *and the store it writes to*
//!   (its key ends in a random part kept in the store's first record): a node whose
//!   store was wiped begins a new entry rather than counting below its old one.
//! - Cost: up to 2·n·(n−1) messages per `gossip` interval in which something was
//!   added, each with the entries the other may lack; silent when idle. The store
//!   grows by one line per add and per merge.
//! - Survives loss, cuts that heal, kills, delay, duplicates, reordering. Does not
//!   survive a wiped store: what nobody else had is lost, and what others had is
//!   not told to that node again.
//! - Parameters: `gossip` (100ms) the interval, up to four times as long for a
//!   silent node.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::wire;
use crate::node::{Context, Node, Timer};
use crate::protocol::{ErrorCode, Message, NodeId};

/// Which deltas a counter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Only grows: zero and above.
    Grow,
    /// Any.
    Any,
}

/// All increments and all decrements of one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sums(u64, u64);

type Counts = BTreeMap<String, Sums>;

/// The counter node. See the module.
#[derive(Debug)]
pub struct Counter {
    sign: Sign,
    gossip: Duration,
    /// The key of this node's own entry.
    own: String,
    counts: Counts,
    peers: Vec<Peer>,
}

#[derive(Debug)]
struct Peer {
    id: NodeId,
    /// The entries it is known to have.
    known: Counts,
    timer: Option<Timer>,
    wait: Duration,
}

/// The longest wait for an acknowledgement, in intervals.
const MAX_BACK_OFF: u32 = 4;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
    delta: Option<i64>,
    #[serde(default)]
    counts: Counts,
}

#[derive(Serialize)]
struct Gossip<'a> {
    r#type: &'static str,
    counts: &'a Counts,
}

impl Sums {
    fn max(self, other: Sums) -> Sums {
        Sums(self.0.max(other.0), self.1.max(other.1))
    }

    fn plus(self, delta: i64) -> Option<Sums> {
        let size = delta.unsigned_abs();
        let Sums(up, down) = self;
        Some(if delta < 0 {
            Sums(up, down.checked_add(size)?)
        } else {
            Sums(up.checked_add(size)?, down)
        })
    }
}

/// Merges `news` into `counts`; the entries that changed.
fn merge(counts: &mut Counts, news: &Counts) -> Counts {
    let mut changed = Counts::new();
    for (key, sums) in news {
        let entry = counts.entry(key.clone()).or_default();
        let merged = entry.max(*sums);
        if merged != *entry {
            *entry = merged;
            changed.insert(key.clone(), merged);
        }
    }
    changed
}

impl Counter {
    /// Takes deltas of this sign; tells others every `gossip`.
    #[must_use]
    pub fn new(sign: Sign, gossip: Duration) -> Counter {
        Counter {
            sign,
            gossip,
            own: String::new(),
            counts: Counts::new(),
            peers: Vec::new(),
        }
    }

    fn value(&self) -> i128 {
        let up: i128 = self.counts.values().map(|sums| i128::from(sums.0)).sum();
        let down: i128 = self.counts.values().map(|sums| i128::from(sums.1)).sum();
        up - down
    }

    fn add(&mut self, message: &Message, request: &Request, cx: &mut Context) {
        let delta = request
            .delta
            .filter(|&delta| self.sign == Sign::Any || delta >= 0);
        let Some(delta) = delta else {
            let expected = match self.sign {
                Sign::Any => "add wants a field `delta`, an integer",
                Sign::Grow => {
                    "add wants a field `delta`, an integer from 0 (this counter only grows)"
                }
            };
            return wire::malformed(cx, message, expected);
        };
        let own = self.counts.entry(self.own.clone()).or_default();
        let Some(sums) = own.plus(delta) else {
            return cx.error(message, ErrorCode::Abort, "the counter would overflow");
        };
        if sums != *own {
            *own = sums;
            cx.store(&Counts::from([(self.own.clone(), sums)]));
            self.watch(cx);
        }
        wire::ok(cx, message, request.msg_id, "add_ok");
    }

    /// Notes what a peer told, hence has.
    fn hear(&mut self, counts: &Counts, src: &NodeId, cx: &mut Context) {
        let changed = merge(&mut self.counts, counts);
        if !changed.is_empty() {
            cx.store(&changed);
        }
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == *src) {
            merge(&mut peer.known, counts);
        }
        self.watch(cx);
    }

    /// Has a timer running for every peer that lacks something.
    fn watch(&mut self, cx: &mut Context) {
        for peer in &mut self.peers {
            if peer.timer.is_none() && peer.lacks(&self.counts).next().is_some() {
                peer.timer = Some(cx.set_timer(peer.wait));
            }
        }
    }
}

impl Peer {
    /// The entries it may not have.
    fn lacks<'a>(&'a self, counts: &'a Counts) -> impl Iterator<Item = (&'a String, &'a Sums)> {
        let known = |key| self.known.get(key).copied().unwrap_or_default();
        counts
            .iter()
            .filter(move |&(key, sums)| known(key).max(*sums) != known(key))
    }
}

impl Node for Counter {
    fn init(&mut self, members: &[NodeId], cx: &mut Context) {
        let stored: Vec<Counts> = cx
            .stored()
            .filter_map(|record| serde_json::from_slice(record).ok())
            .collect();
        for record in &stored {
            merge(&mut self.counts, record);
        }
        let first = stored.first().and_then(|record| record.keys().next());
        if let Some(key) = first {
            self.own.clone_from(key);
        } else {
            let store = cx.rng().random::<u32>();
            self.own = format!("{}-{store:08x}", cx.id());
            cx.store(&Counts::from([(self.own.clone(), Sums::default())]));
        }
        let me = cx.id().clone();
        let peer = |id: &NodeId| Peer {
            id: id.clone(),
            known: Counts::new(),
            timer: None,
            wait: self.gossip,
        };
        self.peers = members.iter().filter(|id| **id != me).map(peer).collect();
        self.watch(cx);
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let Ok(request) = message.body.parse::<Request>() else {
            return wire::malformed(cx, message, "expected `delta` to be an integer");
        };
        match &*request.kind {
            "add" => self.add(message, &request, cx),
            "read" => {
                let value = self.value().to_string();
                wire::reply(
                    cx,
                    message,
                    request.msg_id,
                    &["{\"type\":\"read_ok\",\"value\":", &value],
                );
            }
            "gossip" => {
                self.hear(&request.counts, &message.src, cx);
                let counts = &request.counts;
                cx.send(
                    &message.src,
                    &Gossip {
                        r#type: "gossip_ok",
                        counts,
                    },
                );
            }
            "gossip_ok" => {
                if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == message.src) {
                    peer.wait = self.gossip;
                }
                self.hear(&request.counts, &message.src, cx);
            }
            "topology" => wire::ok(cx, message, request.msg_id, "topology_ok"),
            _ => wire::unknown(cx, message),
        }
    }

    fn timeout(&mut self, timer: Timer, cx: &mut Context) {
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.timer == Some(timer)) else {
            return;
        };
        peer.timer = None;
        let lacking: Counts = peer
            .lacks(&self.counts)
            .map(|(key, sums)| (key.clone(), *sums))
            .collect();
        if !lacking.is_empty() {
            cx.send(
                &peer.id,
                &Gossip {
                    r#type: "gossip",
                    counts: &lacking,
                },
            );
            peer.wait = (peer.wait * 2).min(self.gossip * MAX_BACK_OFF);
        }
        self.watch(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, Cluster};

    fn node() -> Counter {
        Counter::new(Sign::Any, Duration::from_millis(100))
    }

    #[test]
    fn an_add_is_stored_before_it_is_acknowledged_and_told_until_acknowledged() {
        let mut bench = Bench::new(node());
        let own = String::from_utf8(bench.stored.clone()).unwrap();
        let key = own
            .trim_start_matches("{\"")
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        assert!(key.starts_with("n1-"), "{own}");
        assert_eq!(
            bench.receive("c1", r#"{"type":"add","delta":-3,"msg_id":5}"#),
            [
                format!(r#"store {{"{key}":[0,3]}}"#),
                r#"c1 {"type":"add_ok","in_reply_to":5}"#.to_owned(),
            ]
        );
        let told = format!(r#"{{"type":"gossip","counts":{{"{key}":[0,3]}}}}"#);
        assert_eq!(bench.wait(), [format!("n2 {told}")]);
        assert_eq!(bench.wait(), [format!("n3 {told}")]);
        bench.receive("n2", &told.replace("gossip", "gossip_ok"));
        while bench.now() < Duration::from_secs(2) {
            let sent = bench.wait();
            assert!(
                sent.is_empty() || sent == [format!("n3 {told}")],
                "{sent:?}"
            );
        }
        assert_eq!(
            bench.receive("c1", r#"{"type":"read","msg_id":6}"#),
            [r#"c1 {"type":"read_ok","value":-3,"in_reply_to":6}"#]
        );
    }

    #[test]
    fn deltas_of_the_wrong_kind_are_refused() {
        let mut grow = Bench::new(Counter::new(Sign::Grow, Duration::from_millis(100)));
        for body in [
            r#"{"type":"add","delta":-1,"msg_id":5}"#,
            r#"{"type":"add","delta":1.5,"msg_id":5}"#,
            r#"{"type":"add","delta":"1","msg_id":5}"#,
            r#"{"type":"add","msg_id":5}"#,
        ] {
            let sent = grow.receive("c1", body);
            assert!(
                sent.len() == 1 && sent[0].contains(r#""code":12"#),
                "{body}: {sent:?}"
            );
        }
    }

    #[test]
    fn a_sum_that_would_overflow_is_aborted_and_counts_nothing() {
        let mut bench = Bench::new(node());
        let add = format!(r#"{{"type":"add","delta":{},"msg_id":5}}"#, i64::MAX);
        for _ in 0..2 {
            assert!(bench.receive("c1", &add)[1].contains("add_ok"));
        }
        assert!(bench.receive("c1", &add)[0].contains(r#""code":14"#));
        let read = bench.receive("c1", r#"{"type":"read","msg_id":6}"#);
        assert!(
            read[0].contains(&(i128::from(i64::MAX) * 2).to_string()),
            "{read:?}"
        );
    }

    #[test]
    fn counters_converge_under_loss_and_restarts_and_a_wiped_node_still_counts() {
        for seed in 0..10 {
            let mut cluster = Cluster::new(seed, 5, || Box::new(node()));
            cluster.loss(0.5);
            let mut sum = 0;
            for step in 0..40 {
                let delta = i64::try_from(step % 10).unwrap() - 5;
                sum += delta;
                let added =
                    cluster.request(step % 5, &format!(r#"{{"type":"add","delta":{delta}}}"#));
                assert!(added.is_some());
                cluster.run_for(30);
                if step % 10 == 9 {
                    cluster.restart(step % 4, false);
                }
            }
            cluster.run_for(30_000);
            for node in 0..5 {
                assert_eq!(cluster.read_value(node, "value"), sum, "n{node}");
            }
            cluster.restart(2, true);
            cluster.request(2, r#"{"type":"add","delta":1}"#);
            cluster.run_for(30_000);
            for node in [0, 1, 3, 4] {
                assert_eq!(cluster.read_value(node, "value"), sum + 1, "n{node}");
            }
            assert!(cluster.is_idle());
        }
    }
}
