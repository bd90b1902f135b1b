//! Who talks to whom: HyParView.
//!
//! ```text
//!   n9 ─ join ─► n4 ─ forward-join ─► its neighbours ─ … 6 steps ─► n7 ─ neighbour ─► n9
//!   every tick:  alive ─► neighbours, and a stranger; one silent for 5 ticks is given up
//!                and a spare is asked:  n9 ─ neighbour ─► n3 ─ accept ─► n9
//!   every 4:     shuffle, 6 steps: spares are swapped
//! ```
//!
//! The paper learns of failures from TCP; here there is a heartbeat. A link that only one
//! side has (a message was lost) is completed or ended at the next heartbeat.

use rand::RngExt as _;

use super::said::Said;
use super::views::{self, Sizes};
use super::{Plumtree, TICK};
use crate::strategy::{Context, Peer};

/// A joining node is passed on so many times (ARWL), and kept as a spare after the third (PRWL).
const WALK: u64 = 6;
const SPARE_AT: u64 = 3;
/// A silent neighbour is given up after so many ticks.
const SILENT: u32 = 5;
/// A node that was asked to be a neighbour answers within so many ticks.
const ANSWER: u32 = 2;
/// Spares are swapped every so many ticks: that many of the active and the passive view.
const SHUFFLE: u32 = 4;
const SHUFFLE_ACTIVE: usize = 3;
const SHUFFLE_PASSIVE: usize = 4;
/// One stranger in so many becomes a neighbour, so that overlays that grew apart in a long
/// partition grow together although no link of theirs breaks.
const MEET: u32 = 64;

impl Plumtree {
    /// Joins through a member with a lower number: then all are connected at the start.
    pub(super) fn join(&mut self, cx: &mut Context<Self>) {
        let Peer(me) = cx.id();
        if me > 0 {
            let contact = Peer(cx.rng().random_range(0..me));
            self.connect(contact, cx);
            cx.send(contact, Said::Join);
        }
    }

    /// A heartbeat, and what it finds to repair.
    pub(super) fn tick(&mut self, cx: &mut Context<Self>) {
        cx.set_timer(cx.config().interval, TICK);
        self.ticks = self.ticks.wrapping_add(1);
        self.give_up(cx);
        self.ask_spare(cx);
        let linked: Vec<Peer> = self.views.active.iter().map(|link| link.peer).collect();
        cx.send_to(linked, self.alive(true, cx));
        let Some(stranger) = cx.pick(cx.others()) else {
            return;
        };
        if self.views.active.is_empty() {
            self.connect(stranger, cx);
            cx.send(stranger, Said::Join);
        } else if !self.views.has(stranger) {
            if cx.rng().random_ratio(1, MEET) {
                self.connect(stranger, cx);
                cx.send(stranger, Said::Neighbour { urgent: true });
            } else {
                cx.send(stranger, self.alive(false, cx));
            }
        }
        if self.ticks.is_multiple_of(SHUFFLE) {
            self.shuffle(cx);
        }
    }

    fn give_up(&mut self, cx: &mut Context<Self>) {
        let (now, bound) = (cx.now(), cx.config().interval * SILENT);
        self.views.active.retain(|link| now - link.heard < bound);
        if let Some((peer, since)) = self.asked
            && now - since > cx.config().interval * ANSWER
        {
            self.views.passive.retain(|&spare| spare != peer);
            self.asked = None;
        }
    }

    fn ask_spare(&mut self, cx: &mut Context<Self>) {
        let room = self.views.active.len() < cx.config().sizes.active;
        if !room || self.asked.is_some() {
            return;
        }
        if let Some(spare) = views::draw(&self.views.passive, cx.rng()) {
            self.asked = Some((spare, cx.now()));
            let urgent = self.views.active.is_empty();
            cx.send(spare, Said::Neighbour { urgent });
        }
    }

    fn shuffle(&mut self, cx: &mut Context<Self>) {
        let Some(peer) = self.views.any(&[], cx.rng()) else {
            return;
        };
        let sample = self.views.sample(SHUFFLE_ACTIVE, SHUFFLE_PASSIVE, cx.rng());
        cx.send(peer, Said::Shuffle(cx.id(), sample, WALK));
    }

    /// A link to a peer from now on. The earlier member says what it knows.
    pub(super) fn connect(&mut self, peer: Peer, cx: &mut Context<Self>) {
        if peer == cx.id() || self.views.has(peer) {
            return;
        }
        let (sizes, now): (Sizes, _) = (cx.config().sizes, cx.now());
        if let Some(evicted) = self.views.connect(peer, sizes, now, cx.rng()) {
            cx.send(evicted, Said::Disconnect);
        }
        if cx.id() < peer && cx.known_count() > 0 {
            cx.send(peer, self.inventory(cx));
        }
    }

    fn spare(&mut self, peers: &[Peer], cx: &mut Context<Self>) {
        let sizes = cx.config().sizes;
        let me = cx.id();
        for &peer in peers.iter().filter(|&&peer| peer != me) {
            self.views.spare(peer, sizes, cx.rng());
        }
    }

    /// A message about who talks to whom.
    pub(super) fn arrange(&mut self, from: Peer, message: &Said, cx: &mut Context<Self>) {
        match message {
            Said::Join => {
                if self.views.has(from) {
                    // It started anew, or was given up by the other side.
                    cx.send(from, self.inventory(cx));
                }
                self.connect(from, cx);
                let all = self.views.active.iter().map(|link| link.peer);
                let all: Vec<Peer> = all.filter(|&peer| peer != from).collect();
                cx.send_to(all, Said::ForwardJoin(from, WALK));
            }
            &Said::ForwardJoin(node, steps) => self.forward_join(from, node, steps, cx),
            Said::Neighbour { urgent } => {
                let room = self.views.active.len() < cx.config().sizes.active;
                let yes = *urgent || room || self.views.has(from);
                if yes {
                    self.connect(from, cx);
                }
                cx.send(from, Said::Accept(yes));
            }
            Said::Accept(yes) => {
                self.asked = self.asked.filter(|(peer, _)| *peer != from);
                if *yes {
                    self.connect(from, cx);
                }
            }
            Said::Disconnect => {
                let had = self.views.disconnect(from).then_some(from);
                self.spare(had.as_slice(), cx);
            }
            Said::Shuffle(origin, nodes, steps) => {
                self.pass_shuffle(from, *origin, nodes, *steps, cx)
            }
            Said::ShuffleReply(nodes) => self.spare(nodes, cx),
            _ => {}
        }
    }

    fn forward_join(&mut self, from: Peer, node: Peer, steps: u64, cx: &mut Context<Self>) {
        if node == cx.id() {
            return;
        }
        let next = self.views.any(&[from, node], cx.rng());
        let Some(next) = next.filter(|_| steps > 0) else {
            if !self.views.has(node) {
                self.connect(node, cx);
                cx.send(node, Said::Neighbour { urgent: true });
            }
            return;
        };
        if steps == SPARE_AT {
            self.spare(&[node], cx);
        }
        cx.send(next, Said::ForwardJoin(node, steps.min(WALK) - 1));
    }

    fn pass_shuffle(
        &mut self,
        from: Peer,
        origin: Peer,
        nodes: &[Peer],
        steps: u64,
        cx: &mut Context<Self>,
    ) {
        if origin == cx.id() {
            return;
        }
        let next = self.views.any(&[from, origin], cx.rng());
        if let Some(next) = next.filter(|_| steps > 0) {
            let steps = steps.min(WALK) - 1;
            cx.send(next, Said::Shuffle(origin, nodes.to_vec(), steps));
            return;
        }
        let others = self.views.sample(0, nodes.len(), cx.rng());
        cx.send(origin, Said::ShuffleReply(others));
        self.spare(nodes, cx);
        self.spare(&[origin], cx);
    }

    /// A heartbeat arrived.
    pub(super) fn alive_from(
        &mut self,
        from: Peer,
        said: (u64, bool, bool),
        cx: &mut Context<Self>,
    ) {
        let (sum, quiet, linked) = said;
        if linked && !self.views.has(from) {
            if self.views.active.len() < cx.config().sizes.active {
                self.connect(from, cx);
            } else {
                cx.send(from, Said::Disconnect);
            }
        }
        if sum != self.sum && quiet && self.is_quiet(cx) {
            cx.send(from, self.inventory(cx));
        }
    }
}
