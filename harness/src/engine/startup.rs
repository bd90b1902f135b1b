//! How nodes start and end: spawn, `init`, `topology`, exits.
//!
//! ```text
//!   Started ─► init (clock: init-timeout) ─► init_ok ─► topology (clock) ─► topology_ok ─► up
//! ```
//!
//! The first time all nodes are up is time zero of the schedule. A node that fails
//! to come up the first time ends the run; one that fails later is crashed for good.

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;
use swelkie_nodes::{Body, Time};

use super::fleet::Life;
use super::{Directory, Ended, Engine, Exit, Input, Letter, Offence, Output, Packet, Stage};
use crate::network::Endpoint;
use crate::text::excerpt;

/// The client that speaks `init` and `topology`.
pub struct Control {
    /// It is a client like the others.
    pub client: Endpoint,
    last_msg_id: u64,
    /// Requests without a reply, by `msg_id`.
    asked: BTreeMap<u64, Asked>,
    /// In the order of deadlines: both time-outs are equally long. Those that no
    /// request has any more are stale.
    deadlines: VecDeque<(Time, u64)>,
    /// Whom each request went to, the first one first.
    recipients: Vec<usize>,
    /// The node whose failure to start ends the run as soon as it is gone.
    failed: Option<usize>,
}

/// A request without a reply.
#[derive(Clone, Copy)]
struct Asked {
    node: usize,
    incarnation: u32,
    deadline: Time,
}

impl Control {
    /// A control client that has asked nothing.
    #[must_use]
    pub fn new(directory: &mut Directory) -> Control {
        Control {
            client: directory.add_client(),
            last_msg_id: 0,
            asked: BTreeMap::new(),
            deadlines: VecDeque::new(),
            recipients: Vec::new(),
            failed: None,
        }
    }

    /// Whether this node, in whichever life, was asked this.
    #[must_use]
    pub fn has_asked(&self, node: usize, msg_id: u64) -> bool {
        let index = msg_id.checked_sub(1).map(|index| index as usize);
        index.and_then(|index| self.recipients.get(index)) == Some(&node)
    }

    /// When the next request times out.
    pub fn next_deadline(&mut self) -> Option<Time> {
        while let Some((deadline, msg_id)) = self.deadlines.front() {
            if self
                .asked
                .get(msg_id)
                .is_some_and(|asked| asked.deadline == *deadline)
            {
                return Some(*deadline);
            }
            self.deadlines.pop_front();
        }
        None
    }

    fn ask(&mut self, node: usize, incarnation: u32, deadline: Time) -> u64 {
        self.last_msg_id += 1;
        self.recipients.push(node);
        let asked = Asked {
            node,
            incarnation,
            deadline,
        };
        self.asked.insert(self.last_msg_id, asked);
        self.deadlines.push_back((deadline, self.last_msg_id));
        self.last_msg_id
    }

    /// Gives a node that has not answered until a later deadline.
    pub fn postpone(&mut self, node: usize, deadline: Time) {
        let of_node = self
            .asked
            .iter_mut()
            .filter(|(_, asked)| asked.node == node);
        for (&msg_id, asked) in of_node {
            asked.deadline = deadline;
            self.deadlines.push_back((deadline, msg_id));
        }
    }
}

impl Engine {
    /// The run begins: every node is to be started.
    pub(super) fn begin(&mut self) {
        for node in 0..self.config.nodes.len() {
            self.fleet.enqueue(node);
        }
        self.spawn_more();
    }

    /// Starts nodes that wait, as far as there is room.
    pub(super) fn spawn_more(&mut self) {
        while let Some(node) = self.fleet.next_spawn() {
            let incarnation = self.fleet.node(node).incarnation;
            let wipe = incarnation > 0 && self.config.wipe;
            self.outputs.push_back(Output::Start {
                node,
                incarnation,
                wipe,
            });
        }
    }

    /// What happened to a process.
    pub(super) fn node_event(&mut self, now: Time, input: Input) {
        match input {
            Input::Started { node, incarnation } if self.fleet.is_current(node, incarnation) => {
                self.started(now, node);
            }
            Input::SpawnFailed {
                node,
                incarnation,
                error,
            } if self.fleet.is_current(node, incarnation) => {
                let name = self.config.nodes[node].clone();
                self.crash(now, node, Offence::SpawnFailed, || {
                    format!("{name} could not be started: {error}; check --bin, its permissions and its first line (#!)")
                });
            }
            Input::Fragment {
                node,
                incarnation,
                start,
                len,
                too_long,
            } if self.fleet.is_current(node, incarnation) => {
                self.fragment(now, node, &start, len, too_long);
            }
            Input::Closed { node, incarnation } if self.fleet.is_current(node, incarnation) => {
                let name = &self.config.nodes[node];
                self.conduct.charge(Offence::StdoutClosed, node, now, || {
                    format!("{name} closed its stdout and lives on: it can never answer again; expected stdout to stay open until stdin ends")
                });
            }
            Input::Deaf { node, incarnation } if self.fleet.is_current(node, incarnation) => {
                let name = &self.config.nodes[node];
                self.conduct.charge(Offence::StdinClosed, node, now, || {
                    format!("{name} closed its stdin and lives on: it can hear nothing any more; expected it to read stdin until it ends")
                });
            }
            Input::Exited {
                node,
                incarnation,
                exit,
                stderr_tail,
            } if self.fleet.node(node).incarnation == incarnation => {
                self.exited(now, node, exit, &stderr_tail);
            }
            _ => {}
        }
        self.settle(now);
    }

    fn started(&mut self, now: Time, node: usize) {
        if self.fleet.node(node).life != Life::Spawning {
            return;
        }
        self.fleet.set_life(node, Life::Init);
        if self.fleet.node(node).pauses > 0 {
            self.pause(node);
            self.nemesis.note_paused(node);
        }
        let init = json!({
            "type": "init",
            "node_id": self.config.nodes[node],
            "node_ids": self.config.nodes,
        });
        self.ask(now, node, &Body::encode(&init));
    }

    /// Sends a control request and starts its clock.
    fn ask(&mut self, now: Time, node: usize, body: &Body) {
        let incarnation = self.fleet.node(node).incarnation;
        let deadline = now + self.config.init_timeout;
        let msg_id = self.control.ask(node, incarnation, deadline);
        let body = body.with_field("msg_id", &msg_id.to_string());
        let claimed = None;
        let dest = Endpoint(node as u32);
        self.send(now, self.control.client, dest, Letter { body, claimed });
    }

    /// A message for the control client.
    pub(super) fn control_reply(&mut self, now: Time, packet: &Packet<Letter>) {
        let node = packet.src.index();
        let body = &packet.payload.body;
        let header = body.header();
        let reply_to = header.as_ref().ok().and_then(|header| header.in_reply_to());
        let asked = reply_to.and_then(|msg_id| self.control.asked.get(&msg_id).copied());
        let state = self.fleet.node(node);
        let awaited =
            asked.is_some_and(|asked| (asked.node, asked.incarnation) == (node, state.incarnation));
        if !awaited {
            self.unawaited(now, packet);
            return;
        }
        self.journal.delivered(now, packet.id);
        self.traffic.delivered(packet.src, packet.dest, 0);
        let step = state.life;
        self.control
            .asked
            .remove(&reply_to.expect("it was found by it"));
        let kind = header.map(|header| header.kind).unwrap_or_default();
        match step {
            Life::Init if kind == "init_ok" => self.initialised(now, node),
            Life::Topology if kind == "topology_ok" => self.up(node),
            Life::Init => self.refused(now, node, Offence::InitRefused, "init", body),
            Life::Topology => self.refused(now, node, Offence::TopologyRefused, "topology", body),
            _ => {}
        }
        self.settle(now);
    }

    fn initialised(&mut self, now: Time, node: usize) {
        self.fleet.set_life(node, Life::Topology);
        self.spawn_more();
        match self.config.topology.clone() {
            Some(topology) => self.ask(now, node, &topology),
            None => self.up(node),
        }
        self.release_waiting(now, node);
    }

    fn up(&mut self, node: usize) {
        self.fleet.set_life(node, Life::Up);
        if self.stage != Stage::Starting {
            self.nemesis.note_restarted(node);
        }
    }

    fn refused(&mut self, now: Time, node: usize, kind: Offence, request: &str, body: &Body) {
        let name = self.config.nodes[node].clone();
        let shown = excerpt(body.as_bytes(), 120);
        self.crash(now, node, kind, || {
            format!("{name} answered {request} with `{shown}`; expected {{\"type\":\"{request}_ok\",\"in_reply_to\":…}}")
        });
    }

    /// A node did not answer `init` or `topology` in time.
    pub(super) fn startup_timeout(&mut self, now: Time) {
        let Some((_, msg_id)) = self.control.deadlines.pop_front() else {
            return;
        };
        let Some(&Asked {
            node, incarnation, ..
        }) = self.control.asked.get(&msg_id)
        else {
            return;
        };
        let state = self.fleet.node(node);
        if state.incarnation == incarnation && state.paused {
            // A paused node cannot answer; its clock starts anew when it resumes.
            self.control.postpone(node, now + self.config.init_timeout);
            return;
        }
        self.control.asked.remove(&msg_id);
        if state.incarnation != incarnation {
            return;
        }
        let (kind, request) = match state.life {
            Life::Init => (Offence::InitTimeout, "init"),
            Life::Topology => (Offence::TopologyTimeout, "topology"),
            _ => return,
        };
        let name = self.config.nodes[node].clone();
        let limit = self.config.init_timeout;
        self.crash(now, node, kind, || {
            format!("{name} did not answer {request} within {limit:?}; expected {{\"type\":\"{request}_ok\",\"in_reply_to\":…}} on stdout, flushed (--init-timeout allows more)")
        });
    }

    fn fragment(&mut self, now: Time, node: usize, start: &[u8], len: u64, too_long: bool) {
        let name = &self.config.nodes[node];
        let shown = excerpt(start, 120);
        if too_long {
            self.conduct.charge(Offence::LineTooLong, node, now, || {
                format!("{name} wrote a line of {len} bytes, more than a line may have; it was dropped: `{shown}`")
            });
        } else {
            self.conduct.charge(Offence::HalfLine, node, now, || {
                format!("{name} wrote half a line of {len} bytes and no newline before its stdout ended: `{shown}`; expected a newline after every message, and stdout to be flushed")
            });
        }
    }

    /// A process ended.
    fn exited(&mut self, now: Time, node: usize, exit: Exit, stderr_tail: &str) {
        self.drop_waiting(now, node);
        let state = self.fleet.node_mut(node);
        (state.paused, state.stopping) = (false, false);
        match self.fleet.node(node).life {
            Life::Dying => {
                self.fleet.set_life(node, Life::Down);
                self.maybe_restart(node);
                return;
            }
            // It failed before, and we ended it.
            Life::Crashed => {
                self.conduct.attach_stderr(node, stderr_tail);
                if self.control.failed == Some(node) {
                    self.finish(now, Ended::StartFailed { node });
                }
                return;
            }
            Life::Waiting | Life::Down => return,
            Life::Spawning | Life::Init | Life::Topology | Life::Up => {}
        }
        let name = self.config.nodes[node].clone();
        let how = describe(exit);
        self.crash(now, node, Offence::Crashed, || {
            format!(
                "{name} {how} though nobody asked it to; expected it to run until its stdin ends"
            )
        });
        self.conduct.attach_stderr(node, stderr_tail);
    }

    /// Ends whatever a node was doing when it went down.
    pub(super) fn abandon(&mut self, now: Time, node: usize) {
        self.drop_waiting(now, node);
        for slot in 0..self.clients.len() {
            if self.clients.slot(slot).node == node {
                self.abandon_operation(now, slot);
            }
        }
    }

    pub(super) fn drop_waiting(&mut self, now: Time, node: usize) {
        for packet in self.fleet.take_waiting(node) {
            let why = super::DropReason::NodeDown;
            self.traffic.dropped(why);
            self.journal.dropped(now, packet.id, why.word(), None);
        }
    }

    /// A node is gone for good, or will be at once. Before time zero that ends the run.
    fn crash(&mut self, now: Time, node: usize, kind: Offence, story: impl FnOnce() -> String) {
        self.conduct.charge(kind, node, now, story);
        self.fleet.set_life(node, Life::Crashed);
        self.history.nodes[node].judged = false;
        self.abandon(now, node);
        let lives = !matches!(kind, Offence::Crashed | Offence::SpawnFailed);
        if lives {
            self.outputs.push_back(Output::Kill { node });
        }
        match (self.stage, kind) {
            (Stage::Starting, Offence::SpawnFailed) => {
                self.finish(now, Ended::SpawnFailed { node });
            }
            // Its exit brings what it wrote to stderr, which may say why.
            (Stage::Starting, _) if lives => {
                self.control.failed.get_or_insert(node);
            }
            (Stage::Starting, _) => self.finish(now, Ended::StartFailed { node }),
            _ => self.spawn_more(),
        }
    }
}

/// How a process ended, for people.
fn describe(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exited with status {code}"),
        Exit::Signal(signal) => {
            let name = match signal {
                4 => " (SIGILL)",
                6 => " (SIGABRT)",
                7 => " (SIGBUS)",
                8 => " (SIGFPE)",
                9 => " (SIGKILL)",
                11 => " (SIGSEGV)",
                13 => " (SIGPIPE)",
                15 => " (SIGTERM)",
                _ => "",
            };
            format!("was ended by signal {signal}{name}")
        }
    }
}
