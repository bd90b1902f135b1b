//! The way of a message: from the line a node wrote, through the network, to
//! whoever it is for.
//!
//! ```text
//!   line ─ parse ─► accept ─ known name? ─► send ─► network ─► arrive ─┬─► node: hand over, or wait
//!            │                    │                   │                ├─► service: answers at once
//!            └ offence            └ dropped           └ lost, cut      └─► client: completes an operation
//! ```
//!
//! A node that is starting hears only `init` and services; what else is due waits,
//! as it does for a paused node.

use bytes::Bytes;
use swelkie_nodes::{Body, NodeId, Time};

use super::fleet::Life;
use super::{DropReason, Ended, Engine, Letter, Offence, Output, wire};
use crate::network::{Arrival, Endpoint, Packet, Role, Sent};
use crate::text::excerpt;

impl Engine {
    /// A node wrote a line.
    pub(super) fn read_line(&mut self, now: Time, node: usize, line: &Bytes) {
        match wire::parse(line) {
            Ok(parsed) => {
                let forged = parsed.src != self.config.nodes[node].as_str();
                let claimed = forged.then(|| self.forged(now, node, &parsed.src));
                self.accept(now, node, claimed, &parsed.dest, parsed.body);
            }
            Err((kind, story)) => {
                let name = &self.config.nodes[node];
                self.conduct
                    .charge(kind, node, now, || format!("{name} {story}"));
            }
        }
    }

    fn forged(&mut self, now: Time, node: usize, src: &str) -> Box<NodeId> {
        let name = &self.config.nodes[node];
        self.conduct.charge(Offence::ForgedSource, node, now, || {
            let src = excerpt(src.as_bytes(), 60);
            format!("{name} sent a message as `{src}`; expected its own name as src: it travels over {name}'s link all the same")
        });
        Box::new(NodeId::from(src))
    }

    /// A node sends a message.
    pub(super) fn accept(
        &mut self,
        now: Time,
        node: usize,
        claimed: Option<Box<NodeId>>,
        dest: &str,
        body: Body,
    ) {
        let src = Endpoint(node as u32);
        if let Some(dest) = self.directory.find(dest) {
            self.send(now, src, dest, Letter { body, claimed });
            return;
        }
        let id = self.next_message;
        self.next_message += 1;
        let name = &self.config.nodes[node];
        self.traffic.sent_to_nobody(body.len());
        self.traffic.dropped(DropReason::UnknownDestination);
        self.journal
            .sent(now, id, (name, dest), claimed.as_deref(), &body);
        let why = DropReason::UnknownDestination.word();
        self.journal.dropped(now, id, why, None);
        self.conduct.charge(Offence::UnknownDestination, node, now, || {
            let dest = excerpt(dest.as_bytes(), 60);
            let body = excerpt(body.as_bytes(), 120);
            format!("{name} sent to `{dest}`, which does not exist: `{body}`; expected one of the names in init's node_ids, a client it heard from, or a service")
        });
    }

    /// Puts a message into the network.
    pub(super) fn send(&mut self, now: Time, src: Endpoint, dest: Endpoint, letter: Letter) {
        let id = self.next_message;
        self.next_message += 1;
        let size = letter.body.len();
        self.traffic.sent(src, dest, size);
        let watch = self.storm.as_mut();
        let sighting =
            watch.and_then(|watch| watch.sent(now, (src, dest), &letter.body, &self.history));
        let ends = (self.directory.name(src), self.directory.name(dest).as_str());
        self.journal
            .sent(now, id, ends, letter.claimed.as_deref(), &letter.body);
        let packet = Packet {
            id,
            src,
            dest,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            payload: letter,
        };
        // What starts a node is not part of the experiment: no fault acts on it.
        if src == self.control.client || dest == self.control.client {
            let due = now;
            self.arrive(now, Arrival::Delivered { packet, due });
            return;
        }
        match self.network.send(now, packet) {
            Sent::Queued => {}
            Sent::Duplicated(fault) => {
                self.traffic.duplicates += 1;
                self.journal.duplicated(now, id, self.nemesis.name(fault));
            }
            Sent::Lost(fault) => {
                self.traffic.dropped(DropReason::Loss);
                let name = self.nemesis.name(fault);
                self.journal
                    .dropped(now, id, DropReason::Loss.word(), Some(name));
            }
        }
        if let Some(sighting) = sighting {
            self.storm = None;
            self.finish(now, Ended::Storm(sighting));
        }
    }

    /// A message reached the end of its way.
    pub(super) fn arrive(&mut self, now: Time, arrival: Arrival<Letter>) {
        let (packet, due) = match arrival {
            Arrival::Delivered { packet, due } => (packet, due),
            Arrival::Cut { packet, fault } => {
                self.traffic.dropped(DropReason::Cut);
                let name = self.nemesis.name(fault);
                self.journal
                    .dropped(now, packet.id, DropReason::Cut.word(), Some(name));
                return;
            }
        };
        match self.directory.role(packet.dest) {
            Role::Node => self.arrive_at_node(now, packet, due),
            Role::Service => self.arrive_at_service(now, packet),
            Role::Client => self.arrive_at_client(now, &packet),
        }
    }

    fn arrive_at_service(&mut self, now: Time, packet: Packet<Letter>) {
        let body = &packet.payload.body;
        // To answer an answer would start a loop that never ends.
        let answer = body
            .header()
            .is_ok_and(|header| header.in_reply_to.is_some() || header.kind == "error");
        if answer {
            let why = DropReason::NotARequest;
            self.traffic.dropped(why);
            self.journal.dropped(now, packet.id, why.word(), None);
            return;
        }
        self.journal.delivered(now, packet.id);
        self.traffic.delivered(packet.src, packet.dest, 0);
        let index = packet.dest.index() - self.config.nodes.len();
        let service = &mut self.config.services[index];
        let body = service.handle(packet.src, body, &mut self.services_rng);
        let claimed = None;
        self.send(now, packet.dest, packet.src, Letter { body, claimed });
    }

    fn arrive_at_node(&mut self, now: Time, packet: Packet<Letter>, due: Time) {
        let node = packet.dest.index();
        let gone = matches!(
            self.fleet.node(node).life,
            Life::Dying | Life::Down | Life::Crashed
        );
        if gone {
            let why = DropReason::NodeDown;
            self.traffic.dropped(why);
            self.journal.dropped(now, packet.id, why.word(), None);
        } else if self.hears(node, packet.src) {
            self.hand_over(now, packet, due);
        } else {
            self.fleet.wait(node, packet);
        }
    }

    /// Whether a node is to be given now what this sender sent it.
    fn hears(&self, node: usize, src: Endpoint) -> bool {
        let state = self.fleet.node(node);
        match state.life {
            Life::Up | Life::Topology => !state.paused,
            // Services answer during init; everybody else waits for init_ok.
            Life::Init => {
                let early = src == self.control.client || self.directory.role(src) == Role::Service;
                early && !state.paused
            }
            Life::Waiting | Life::Spawning | Life::Dying | Life::Down | Life::Crashed => false,
        }
    }

    /// Gives a message to the driver.
    fn hand_over(&mut self, now: Time, packet: Packet<Letter>, due: Time) {
        self.journal.delivered(now, packet.id);
        self.traffic
            .delivered(packet.src, packet.dest, now.nanos() - due.nanos());
        let letter = packet.payload;
        let src = match letter.claimed {
            Some(claimed) => *claimed,
            None => self.directory.name(packet.src).clone(),
        };
        self.outputs.push_back(Output::Deliver {
            node: packet.dest.index(),
            id: packet.id,
            src,
            body: letter.body,
        });
    }

    /// Gives a node what waited for it, as far as it is to hear that now.
    pub(super) fn release_waiting(&mut self, now: Time, node: usize) {
        for packet in self.fleet.take_waiting(node) {
            if self.hears(node, packet.src) {
                // Waiting was not the harness being late.
                self.hand_over(now, packet, now);
            } else {
                self.fleet.wait(node, packet);
            }
        }
    }
}
