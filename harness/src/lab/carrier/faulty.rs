//! The network of `swelkie test`, with all faults of a schedule.
//!
//! Faults begin and end at their times, before anything else that is due then, ends
//! first. A kill takes what the node remembers, its timers and what waits for it; what
//! it knows is kept only by a strategy that stores it. A paused node's messages, timers
//! and clients wait; when it resumes its overdue timers fire first.
//!
//! ```text
//!   handler ─► carry ─► Network (loss, cuts, holds, …) ─► deliver ─► up? ─► handler
//!                slot: the message once, and a number on every copy's way
//! ```

use slab::Slab;
use swelkie_nodes::strategy::{Peer, Reader, Rumor, Strategy, Wire, Writer};
use swelkie_nodes::{Seed, Time};

use super::lives::{Lives, Waiting};
use super::{Access, Carrier};
use crate::faults::{Action, Plan};
use crate::lab::conditions::Conditions;
use crate::lab::ensemble::{Alarm, Ensemble};
use crate::network::{
    Arrival, Endpoint, EndpointSet, FaultId, Latency, Layout, LinkFault, Links, Network, Packet,
    Sent, Settings,
};

/// The fault that loses messages all the time.
pub const LOSS: FaultId = FaultId(u32::MAX);

/// See the module.
#[derive(Clone, Debug)]
pub struct Faulty<M> {
    settings: Settings,
    loss: f64,
    plan: Plan,
    /// (nanoseconds, end before begin, which fault), ascending.
    steps: Vec<(u64, Edge, usize)>,
    next_step: usize,
    network: Network<u32>,
    slots: Slab<Underway<M>>,
    lives: Lives,
    /// Packets sent, for their numbers.
    packets: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    End,
    Begin,
}

#[derive(Clone, Debug)]
struct Underway<M> {
    message: M,
    from: Peer,
    left: u32,
    carried: u32,
}

impl<M> Faulty<M> {
    /// What happens when: every fault's begin, and its end if it has one.
    fn steps(conditions: &Conditions, plan: &Plan) -> Vec<(u64, Edge, usize)> {
        let heal = conditions.heal.map_or(u64::MAX, nanos);
        let mut steps = Vec::new();
        for (index, fault) in plan.schedule.faults.iter().enumerate() {
            let begin = nanos(fault.at);
            if begin >= heal {
                continue;
            }
            steps.push((begin, Edge::Begin, index));
            let end = fault.lasts.map(|lasts| nanos(fault.at + lasts));
            let end = end.unwrap_or(u64::MAX).min(heal);
            if end < u64::MAX {
                steps.push((end, Edge::End, index));
            }
        }
        steps.sort_unstable();
        steps
    }

    /// How many messages are not settled: some copy of them is on its way.
    #[cfg(test)]
    pub fn unsettled(&self) -> usize {
        self.slots.len()
    }

    /// One copy less is on its way.
    fn settle(&mut self, slot: u32) {
        let underway = &mut self.slots[slot as usize];
        underway.left -= 1;
        if underway.left == 0 {
            self.slots.remove(slot as usize);
        }
    }

    /// A copy comes to nothing.
    fn drop_copy<S: Strategy>(&mut self, nodes: &mut Ensemble<S>, slot: u32) {
        nodes.tally.trial.traffic.dropped += 1;
        self.settle(slot);
    }
}

impl<S: Strategy> Carrier<S> for Faulty<S::Message> {
    /// # Panics
    /// If the loss is not a probability.
    fn new(conditions: &Conditions) -> Self {
        let plan = conditions.faults.as_deref().cloned().unwrap_or_default();
        let settings = Settings {
            layout: Layout {
                nodes: conditions.nodes,
                services: 0,
            },
            latency: plan.network.latency.unwrap_or(conditions.latency),
            client_latency: Latency::ZERO,
        };
        Faulty {
            network: Network::new(settings.clone(), Seed(0)),
            settings,
            loss: conditions.loss,
            steps: Self::steps(conditions, &plan),
            next_step: 0,
            plan,
            slots: Slab::new(),
            lives: Lives::new(conditions.nodes),
            packets: 0,
        }
    }

    fn reset(&mut self, seed: Seed) {
        self.network = Network::new(self.settings.clone(), seed);
        self.slots.clear();
        self.next_step = 0;
        self.packets = 0;
        let layout = self.settings.layout;
        self.lives = Lives::new(layout.nodes);
        if self.loss > 0.0 {
            let (from, to) = (EndpointSet::nodes(layout), EndpointSet::nodes(layout));
            let links = Links::Between { from, to };
            let loss = LinkFault::Loss(self.loss);
            self.network.begin(Time::ZERO, LOSS, links, loss);
        }
        let first = self.plan.schedule.faults.len();
        for (index, standing) in self.plan.network.standing.iter().enumerate() {
            let id = FaultId((first + index) as u32);
            let (links, fault) = (standing.links.clone(), standing.fault.clone());
            self.network.begin(Time::ZERO, id, links, fault);
        }
    }

    fn next_due(&self) -> Time {
        self.network.next_deadline().unwrap_or(Time::MAX)
    }

    fn carry(&mut self, nodes: &mut Ensemble<S>, from: Peer) {
        self.store(nodes, from);
        let mut at = 0;
        for multicast in nodes.effects.multicasts.drain(..) {
            let (message, count) = (multicast.message, multicast.count);
            let weight = nodes.tally.sent(nodes.now, &message, count, &nodes.names);
            let slot = self.slots.insert(Underway {
                message,
                from,
                left: count,
                carried: weight.carried,
            }) as u32;
            for &dest in &nodes.effects.dests[at..at + count as usize] {
                let packet = Packet {
                    id: self.packets,
                    src: Endpoint(from.0),
                    dest: Endpoint(dest.0),
                    size: weight.bytes,
                    payload: slot,
                };
                self.packets += 1;
                match self.network.send(nodes.now, packet) {
                    Sent::Queued => {}
                    Sent::Duplicated(_) => self.slots[slot as usize].left += 1,
                    Sent::Lost(_) => {
                        nodes.tally.trial.traffic.dropped += 1;
                        let underway = &mut self.slots[slot as usize];
                        underway.left -= 1;
                        if underway.left == 0 {
                            self.slots.remove(slot as usize);
                        }
                    }
                }
            }
            at += count as usize;
        }
        nodes.finish_effects(from, self.lives.of(from).number);
    }

    fn deliver(&mut self, nodes: &mut Ensemble<S>) {
        match self.network.poll(nodes.now) {
            None => {}
            Some(Arrival::Cut { packet, .. }) => self.drop_copy(nodes, packet.payload),
            Some(Arrival::Delivered { packet, .. }) => {
                let (node, slot) = (Peer(packet.dest.0), packet.payload);
                let life = self.lives.of(node);
                if !life.is_up() {
                    self.drop_copy(nodes, slot);
                } else if life.pauses > 0 {
                    life.waiting.push_back(Waiting::Message(slot));
                } else {
                    self.hand_over(nodes, node, slot);
                }
            }
        }
    }

    fn next_change(&self) -> Time {
        self.steps
            .get(self.next_step)
            .map_or(Time::MAX, |step| Time(step.0))
    }

    fn change(&mut self, nodes: &mut Ensemble<S>) {
        while let Some(&(at, edge, index)) = self.steps.get(self.next_step)
            && at <= nodes.now.0
        {
            self.next_step += 1;
            match edge {
                Edge::Begin => self.begin(nodes, index),
                Edge::End => self.end(nodes, index),
            }
        }
    }

    fn accept(&mut self, node: Peer, rumor: Rumor) -> Access {
        let life = self.lives.of(node);
        if !life.is_up() {
            Access::Refused
        } else if life.pauses > 0 {
            life.waiting.push_back(Waiting::News(rumor));
            Access::Waits
        } else {
            Access::Open
        }
    }

    fn lets_fire(&mut self, alarm: Alarm) -> bool {
        let life = self.lives.of(alarm.node);
        if life.number != alarm.life || !life.is_up() {
            return false;
        }
        if life.pauses > 0 {
            life.overdue.push(alarm.tag);
            return false;
        }
        true
    }
}

/// What faults do to nodes.
impl<M: Wire> Faulty<M> {
    /// Keeps the records that a node stores.
    fn store<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, node: Peer) {
        for record in nodes.effects.records.drain(..) {
            let mut text = Vec::new();
            Writer::write(&record, &nodes.names, &mut text);
            let text = String::from_utf8(text).expect("JSON is UTF-8");
            self.lives.of(node).store.push(text);
        }
    }

    fn hand_over<S: Strategy<Message = M>>(
        &mut self,
        nodes: &mut Ensemble<S>,
        node: Peer,
        slot: u32,
    ) {
        let underway = &self.slots[slot as usize];
        let Underway { from, carried, .. } = *underway;
        let (acts, _) = nodes.receive(&[node], from, &underway.message, carried);
        self.settle(slot);
        if acts.is_some() {
            self.carry(nodes, node);
        }
    }

    fn begin<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, index: usize) {
        match self.plan.schedule.faults[index].action.clone() {
            Action::Link { links, fault } => {
                self.network
                    .begin(nodes.now, FaultId(index as u32), links, fault);
            }
            Action::Kill {
                nodes: who,
                forever,
            }
            | Action::Stop {
                nodes: who,
                forever,
            } => {
                for node in who {
                    self.kill(nodes, Peer(node as u32), forever);
                }
            }
            Action::Pause { nodes: who } => {
                for node in who {
                    self.lives.of(Peer(node as u32)).pauses += 1;
                }
            }
            Action::Restart { nodes: who } => {
                for node in who.into_iter().map(|node| Peer(node as u32)) {
                    // What is down already stays down.
                    if self.lives.of(node).is_up() {
                        self.kill(nodes, node, false);
                        self.revive(nodes, node);
                    }
                }
            }
        }
    }

    fn end<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, index: usize) {
        match self.plan.schedule.faults[index].action.clone() {
            Action::Link { .. } => {
                self.network.end(nodes.now, FaultId(index as u32));
            }
            Action::Kill { forever: true, .. }
            | Action::Stop { forever: true, .. }
            | Action::Restart { .. } => {}
            Action::Kill { nodes: who, .. } | Action::Stop { nodes: who, .. } => {
                for node in who {
                    self.revive(nodes, Peer(node as u32));
                }
            }
            Action::Pause { nodes: who } => {
                for node in who.into_iter().map(|node| Peer(node as u32)) {
                    let life = self.lives.of(node);
                    life.pauses -= 1;
                    if life.acts() {
                        self.resume(nodes, node);
                    }
                }
            }
        }
    }

    /// A node is gone, with all it remembers and all that waits for it.
    fn kill<S: Strategy<Message = M>>(
        &mut self,
        nodes: &mut Ensemble<S>,
        node: Peer,
        forever: bool,
    ) {
        let life = self.lives.of(node);
        let was_up = life.is_up();
        life.kills += 1;
        if forever && !life.forever {
            life.forever = true;
            nodes.tally.trial.gone += 1;
        }
        if was_up {
            life.number += 1;
            life.overdue.clear();
            for waiting in std::mem::take(&mut life.waiting) {
                match waiting {
                    Waiting::Message(slot) => self.drop_copy(nodes, slot),
                    Waiting::News(rumor) => nodes.tally.refuse(rumor),
                }
            }
        }
        if forever || !S::STORES {
            let Ensemble { known, tally, .. } = nodes;
            known.of(node).for_each(|rumor| tally.forgot(rumor));
            known.forget(node);
        }
    }

    /// One kill less keeps a node down; it starts again if that was the last.
    fn revive<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, node: Peer) {
        let life = self.lives.of(node);
        life.kills -= 1;
        if !life.is_up() {
            return;
        }
        nodes.renew(node);
        let store = std::mem::take(&mut life.store);
        for line in &store {
            let mut names = nodes.names.clone();
            let mut reader = Reader::new(line, &mut names);
            let kind = reader.kind().unwrap_or_default();
            let record = S::Record::read(&kind, &mut reader);
            let record = record.expect("a strategy reads the records that it writes");
            nodes.call(node, |strategy, cx| strategy.on_record(record, cx));
        }
        self.lives.of(node).store = store;
        nodes.call(node, |strategy, cx| strategy.start(cx));
        nodes.call(node, |strategy, cx| strategy.on_neighbours(cx));
        self.carry(nodes, node);
    }

    /// A node acts again: first what it wanted to do, then what others wanted of it.
    fn resume<S: Strategy<Message = M>>(&mut self, nodes: &mut Ensemble<S>, node: Peer) {
        let life = self.lives.of(node);
        let number = life.number;
        let overdue = std::mem::take(&mut life.overdue);
        let waiting = std::mem::take(&mut life.waiting);
        for tag in overdue {
            let alarm = Alarm {
                node,
                tag,
                life: number,
            };
            nodes.fire(alarm);
            self.carry(nodes, node);
        }
        for waiting in waiting {
            match waiting {
                Waiting::Message(slot) => self.hand_over(nodes, node, slot),
                Waiting::News(rumor) => {
                    nodes.broadcast(node, rumor);
                    self.carry(nodes, node);
                }
            }
        }
    }
}

fn nanos(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
