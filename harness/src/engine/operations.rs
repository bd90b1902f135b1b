//! Operations: invoking, replies, time-outs, completion.
//!
//! ```text
//!   generator ─ free slot ─► invoke ─► request ─► node … reply ─► ok | fail | info
//!                              │ node down: fail at once     time-out, node dies: info
//!                              └ nothing was sent            (reads: fail)
//! ```

use std::time::Duration;

use rand::RngExt as _;
use serde::Deserialize;
use swelkie_checkers::{Cause, Operation, Outcome, Phase, Value};
use swelkie_nodes::{ErrorCode, Time};
use swelkie_workloads::{Invocation, Reply, Turn};

use super::clients::{Flight, interval};
use super::config::Rate;
use super::journal::OpLine;
use super::{DropReason, Engine, Letter, Offence, Packet, Stage};
use crate::network::Endpoint;
use crate::text::excerpt;

/// How long a generator without a rate waits when nothing could be sent.
const IDLE_WAIT: Duration = Duration::from_millis(1);

impl Engine {
    /// When the next operation is to be invoked; never while no client is free.
    pub(super) fn operation_deadline(&self) -> Time {
        if self.clients.free().is_empty() {
            Time::MAX
        } else {
            self.next_operation
        }
    }

    /// Invokes the next operation of the generator on a free client.
    pub(super) fn invoke_next(&mut self, now: Time) {
        let free = self.clients.free();
        let slot = free[self.arrivals_rng.random_range(0..free.len())];
        self.next_operation = match self.config.rate {
            Rate::Max => now,
            Rate::PerSecond(rate) => now + interval(rate, self.arrivals_rng.random::<f64>()),
        };
        let state = self.clients.slot(slot);
        let mut turn = Turn {
            process: state.process,
            slot,
            node: state.node,
            nodes: self.config.nodes.len(),
            elements: &mut self.history.elements,
            rng: &mut self.workload_rng,
        };
        if let Some(invocation) = self.config.workload.generate(&mut turn) {
            self.invoke(now, slot, invocation, Phase::Main);
        }
        // Nothing to do, or a node that is down: to ask again at once would never end.
        let idle = self.clients.slot(slot).flight.is_none();
        if idle && self.config.rate == Rate::Max {
            self.next_operation = now + IDLE_WAIT;
        }
    }

    /// Invokes an operation; returns its index in the history.
    pub(super) fn invoke(
        &mut self,
        now: Time,
        slot: usize,
        invocation: Invocation,
        phase: Phase,
    ) -> usize {
        let (node, process, client) = {
            let state = self.clients.slot(slot);
            (state.node, state.process, state.client)
        };
        let op = self.history.operations.len();
        self.history.operations.push(Operation {
            process,
            node,
            incarnation: self.fleet.node(node).incarnation,
            phase,
            f: invocation.f,
            input: invocation.input.clone(),
            invoked: now.nanos(),
            completed: None,
            outcome: Outcome::Pending,
            output: Value::Nothing,
            cause: None,
        });
        self.record(now, slot, op, "invoke", None);
        let request = self
            .config
            .workload
            .request(&invocation, &self.history.elements);
        let deadline = now + self.config.rpc_timeout;
        self.clients
            .begin(slot, Flight { op, invocation }, deadline);
        if self.fleet.is_up(node) {
            let msg_id = self.clients.next_msg_id(slot);
            let body = request.with_field("msg_id", itoa::Buffer::new().format(msg_id));
            let claimed = None;
            self.send(now, client, Endpoint(node as u32), Letter { body, claimed });
        } else {
            let name = &self.config.nodes[node];
            let text = format!("{name} is down; nothing was sent");
            self.complete(now, slot, Outcome::Fail, Some(cause("node-down", text)));
        }
        op
    }

    /// A message reached a client.
    pub(super) fn arrive_at_client(&mut self, now: Time, packet: &Packet<Letter>) {
        if packet.dest == self.control.client {
            self.control_reply(now, packet);
            return;
        }
        let body = &packet.payload.body;
        let header = body.header();
        let reply_to = header.as_ref().ok().and_then(|header| header.in_reply_to());
        let slot = self
            .clients
            .slot_of(self.directory.client_index(packet.dest));
        let awaiting = slot.filter(|&slot| {
            let slot = self.clients.slot(slot);
            slot.flight.is_some() && reply_to == Some(slot.last_msg_id)
        });
        let Some(slot) = awaiting else {
            self.unawaited(now, packet);
            return;
        };
        self.journal.delivered(now, packet.id);
        self.traffic.delivered(packet.src, packet.dest, 0);
        let is_error = header.is_ok_and(|header| header.kind == "error");
        if is_error {
            self.error_reply(now, slot, packet);
        } else {
            self.good_reply(now, slot, packet);
        }
        self.settle(now);
    }

    fn good_reply(&mut self, now: Time, slot: usize, packet: &Packet<Letter>) {
        let state = self.clients.slot(slot);
        let flight = state.flight.as_ref().expect("a reply is awaited");
        let op = flight.op;
        let reply = Reply {
            node: state.node,
            invocation: &flight.invocation,
            body: &packet.payload.body,
            elements: &mut self.history.elements,
        };
        match self.config.workload.interpret(reply) {
            Ok(output) => {
                let value = output.value;
                // An acknowledgement says nothing: the line repeats what was done.
                let said = !matches!(value, Value::Nothing);
                self.record(now, slot, op, "ok", said.then_some(&*output.json));
                let operation = &mut self.history.operations[op];
                operation.output = value;
                operation.outcome = Outcome::Ok;
                operation.completed = Some(now.nanos());
                self.history.completions.push(op);
                self.completed[0] += 1;
                self.clients.end(slot);
            }
            Err(malformed) => self.malformed(now, slot, packet, &malformed.to_string()),
        }
    }

    fn error_reply(&mut self, now: Time, slot: usize, packet: &Packet<Letter>) {
        #[derive(Deserialize)]
        struct Error {
            code: u64,
            #[serde(default)]
            text: Option<serde_json::Value>,
        }
        match packet.payload.body.parse::<Error>() {
            Ok(error) => {
                let code = ErrorCode::from_code(error.code);
                let text = match error.text {
                    Some(serde_json::Value::String(text)) => text,
                    Some(other) => other.to_string(),
                    None => String::new(),
                };
                let word = match code {
                    ErrorCode::Other(number) => format!("error-{number}"),
                    named => named.name().to_owned(),
                };
                let outcome = if code.is_definite() {
                    Outcome::Fail
                } else {
                    Outcome::Info
                };
                let text = excerpt(text.as_bytes(), 200);
                self.complete(now, slot, outcome, Some(cause(&word, text)));
            }
            Err(err) => {
                let story = format!("expected an `error` with `code`, a number, but {err}");
                self.malformed(now, slot, packet, &story);
            }
        }
    }

    fn malformed(&mut self, now: Time, slot: usize, packet: &Packet<Letter>, story: &str) {
        let node = packet.src.index().min(self.config.nodes.len() - 1);
        let f = self.history.operations[self
            .clients
            .slot(slot)
            .flight
            .as_ref()
            .map_or(0, |flight| flight.op)]
        .f;
        let name = &self.config.nodes[node];
        let shown = excerpt(packet.payload.body.as_bytes(), 160);
        self.conduct.charge(Offence::MalformedReply, node, now, || {
            format!("{name} answered {f} with `{shown}`: {story}")
        });
        let cause = cause("malformed-reply", story.to_owned());
        self.complete(now, slot, Outcome::Info, Some(cause));
    }

    /// A message to a client that awaits no such reply: dropped and counted.
    pub(super) fn unawaited(&mut self, now: Time, packet: &Packet<Letter>) {
        self.traffic.dropped(DropReason::ClientGone);
        let why = DropReason::ClientGone.word();
        self.journal.dropped(now, packet.id, why, None);
        let node = packet.src.index();
        if node >= self.config.nodes.len() {
            return;
        }
        let body = &packet.payload.body;
        let late = self.is_late(packet);
        let name = &self.config.nodes[node];
        let client = self.directory.name(packet.dest);
        let shown = excerpt(body.as_bytes(), 120);
        if late {
            self.conduct.charge(Offence::LateReply, node, now, || {
                format!("{name} answered {client} after it had given up, or once more: `{shown}`")
            });
        } else {
            self.conduct.charge(Offence::UnawaitedReply, node, now, || {
                format!("{name} sent {client} a message that answers nothing it asked: `{shown}`; expected in_reply_to to be the request's msg_id, a number")
            });
        }
    }

    /// Whether the client once asked this, and either got its answer or gave up.
    fn is_late(&self, packet: &Packet<Letter>) -> bool {
        let Ok(header) = packet.payload.body.header() else {
            return false;
        };
        let Some(reply_to) = header.in_reply_to() else {
            return false;
        };
        if packet.dest == self.control.client {
            let fits = matches!(&*header.kind, "init_ok" | "topology_ok" | "error");
            return fits && self.control.has_asked(packet.src.index(), reply_to);
        }
        let client_index = self.directory.client_index(packet.dest);
        match self.clients.slot_of(client_index) {
            Some(slot) => reply_to <= self.clients.slot(slot).last_msg_id,
            None => true,
        }
    }

    /// A client gives up.
    pub(super) fn operation_timeout(&mut self, now: Time, slot: usize) {
        let limit = self.config.rpc_timeout;
        let node = &self.config.nodes[self.clients.slot(slot).node];
        let text = format!("no reply from {node} within {limit:?}");
        self.complete(now, slot, Outcome::Info, Some(cause("timeout", text)));
    }

    /// The node a client asked went down.
    pub(super) fn abandon_operation(&mut self, now: Time, slot: usize) {
        if self.clients.slot(slot).flight.is_some() {
            let node = &self.config.nodes[self.clients.slot(slot).node];
            let text = format!("{node} went down before it replied");
            self.complete(now, slot, Outcome::Info, Some(cause("node-down", text)));
        }
    }

    /// An operation ends without ok. What only reads never ends as info.
    fn complete(&mut self, now: Time, slot: usize, outcome: Outcome, cause: Option<Cause>) {
        let Some(flight) = self.clients.end(slot) else {
            return;
        };
        let reads = self.config.workload.only_reads(flight.invocation.f);
        let outcome = if reads { Outcome::Fail } else { outcome };
        let kind = if outcome == Outcome::Fail {
            "fail"
        } else {
            "info"
        };
        let operation = &mut self.history.operations[flight.op];
        operation.outcome = outcome;
        operation.completed = Some(now.nanos());
        operation.cause = cause;
        self.history.completions.push(flight.op);
        self.completed[if outcome == Outcome::Fail { 1 } else { 2 }] += 1;
        self.record(now, slot, flight.op, kind, None);
        if outcome == Outcome::Info {
            self.clients.retire(slot, &mut self.directory);
        }
    }

    /// Writes a line of the history.
    fn record(
        &mut self,
        now: Time,
        slot: usize,
        op: usize,
        kind: &'static str,
        value: Option<&str>,
    ) {
        let operation = &self.history.operations[op];
        let invocation = Invocation {
            f: operation.f,
            input: operation.input.clone(),
        };
        let input;
        let value = match value {
            Some(value) => value,
            None => {
                input = invocation.json(&self.history.elements);
                &input
            }
        };
        let error = operation.cause.as_ref();
        self.journal.operation(&OpLine {
            time: now,
            process: operation.process,
            kind,
            f: operation.f,
            value,
            op,
            node: &self.config.nodes[operation.node],
            client: self.directory.name(self.clients.slot(slot).client),
            error: error.map(|cause| (cause.kind.as_str(), cause.text.as_str())),
            recovery: self.stage == Stage::Recovering,
        });
    }
}

fn cause(kind: &str, text: impl Into<String>) -> Cause {
    Cause {
        kind: kind.to_owned(),
        text: text.into(),
    }
}
