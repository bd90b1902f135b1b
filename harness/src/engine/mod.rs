//! The engine: clients, network, faults, services, history. Never nodes.
//!
//! A pure state machine. It reads no clock and does no IO: time is an argument,
//! what nodes do comes in as an [`Input`], what is to be done to them goes out as
//! an [`Output`]. A driver (live processes, simulation) owns the nodes.
//!
//! Contract: after every input drain [`Engine::poll_output`], then wait for the
//! next input or until [`Engine::next_deadline`], then hand in what came
//! ([`Input::Deadline`] if nothing did; a spurious one is harmless). Stop after
//! [`Output::Finished`].
//!
//! ```text
//!   driver                                engine
//!     │ handle(0, Deadline)                 │
//!     │◄── Start n0, Start n1 ──────────────┤   spawns are throttled: Started makes room
//!     │ handle(t, Started n0)               │
//!     │◄── Deliver init to n0 ──────────────┤
//!     │ handle(t, Line "init_ok")           │   … topology, operations, faults, recovery
//!     │◄── Kill n1, Start n1, Pause n2 … ───┤
//!     │◄── Finished ────────────────────────┤
//! ```

mod clients;
mod conduct;
mod config;
mod delivery;
mod directory;
mod fleet;
mod io;
mod journal;
mod nemesis;
mod operations;
mod outcome;
mod recovery;
mod startup;
mod traffic;
mod wire;

use std::collections::VecDeque;

use swelkie_checkers::{History, NodeRecord};
use swelkie_nodes::{Body, NodeId, Rng, Time};

use crate::network::{Network, Packet, Settings};
use crate::storm::Watch;
use clients::Clients;
use fleet::Fleet;
use nemesis::Nemesis;
use recovery::RecoveryState;
use startup::Control;

pub use conduct::{Charge, Conduct, Offence};
pub use config::{Config, JournalConfig, NetworkConfig, Rate, Recovery};
pub use directory::Directory;
pub use io::{Exit, Input, Output};
pub use journal::Journal;
pub use nemesis::FaultRecord;
pub use outcome::{Ended, Milestones, Outcome, Progress};
pub use traffic::{DropReason, Tally, Traffic};

/// What a packet carries: the body, and the sender it gives if that is not who wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    body: Body,
    claimed: Option<Box<NodeId>>,
}

/// Where the run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nodes are started and answer init and topology.
    Starting,
    /// Operations are invoked and faults act.
    Operating,
    /// The time limit has passed and faults have ended; operations in flight complete.
    Draining,
    /// Rounds of final reads.
    Recovering,
    /// Over.
    Finished,
}

/// See the module's page.
pub struct Engine {
    config: Config,
    directory: Directory,
    network: Network<Letter>,
    fleet: Fleet,
    control: Control,
    clients: Clients,
    nemesis: Nemesis,
    recovery: RecoveryState,
    history: History,
    /// Operations that ended ok, fail, info.
    completed: [u64; 3],
    journal: Journal,
    traffic: Traffic,
    /// Looks for storms, where elements spread.
    storm: Option<Watch>,
    conduct: Conduct,
    outputs: VecDeque<Output>,
    stage: Stage,
    milestones: Milestones,
    ended: Option<Ended>,
    workload_rng: Rng,
    arrivals_rng: Rng,
    services_rng: Rng,
    next_operation: Time,
    next_message: u64,
}

impl Engine {
    /// An engine at time zero: nothing has happened yet. Hand it a first
    /// [`Input::Deadline`].
    #[must_use]
    pub fn new(config: Config) -> Engine {
        let services: Vec<&str> = config
            .services
            .iter()
            .map(|service| service.name())
            .collect();
        let mut directory = Directory::new(&config.nodes, &services);
        let layout = directory.layout();
        let settings = Settings {
            layout,
            latency: config.network.latency,
            client_latency: config.network.client_latency,
        };
        let seed = config.seed;
        let mut network = Network::new(settings, seed.child("network"));
        let nemesis = Nemesis::new(&config.schedule, &config.network.always);
        nemesis.apply_always(&config.network.always, &mut network);
        let nodes = config.nodes.iter().map(|name| NodeRecord {
            name: name.to_string(),
            judged: true,
        });
        let history = History {
            nodes: nodes.collect(),
            ..History::default()
        };
        let control = Control::new(&mut directory);
        Engine {
            clients: Clients::new(config.concurrency, config.nodes.len(), &mut directory),
            fleet: Fleet::new(config.nodes.len(), config.spawn_limit),
            recovery: RecoveryState::default(),
            journal: Journal::new(config.journal),
            traffic: Traffic::new(layout),
            storm: config
                .storm_limit
                .map(|limit| Watch::new(limit, layout.nodes)),
            conduct: Conduct::default(),
            outputs: VecDeque::new(),
            stage: Stage::Starting,
            milestones: Milestones::default(),
            completed: [0; 3],
            ended: None,
            workload_rng: seed.fork("workload"),
            arrivals_rng: seed.fork("arrivals"),
            services_rng: seed.fork("services"),
            next_operation: Time::MAX,
            next_message: 0,
            config,
            directory,
            network,
            control,
            nemesis,
            history,
        }
    }

    /// Takes in what happened at time `now`; times never go back.
    pub fn handle(&mut self, now: Time, input: Input) {
        if self.stage == Stage::Finished {
            return;
        }
        match input {
            Input::Message { node, dest, body } => {
                self.accept(now, node, None, dest.as_str(), body);
            }
            Input::Line {
                node,
                incarnation,
                line,
            } if self.fleet.is_current(node, incarnation) => self.read_line(now, node, &line),
            Input::Line { .. } | Input::Deadline => {}
            Input::Overload { story } => {
                let story = format!("{story}; {}", self.who_filled_it());
                self.finish(now, Ended::Overload { story });
            }
            Input::Interrupt { signal } => self.finish(now, Ended::Interrupted { signal }),
            other => self.node_event(now, other),
        }
        self.advance(now);
    }

    /// What is to be done next; drain it before waiting.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the engine wants to be called next, whatever happens. `None` when it
    /// waits for nodes only, or is finished.
    #[must_use]
    pub fn next_deadline(&mut self) -> Option<Time> {
        if self.stage == Stage::Finished {
            return None;
        }
        let network = self.network.next_deadline().unwrap_or(Time::MAX);
        let earliest = network.min(self.timer_deadline());
        (earliest < Time::MAX).then_some(earliest)
    }

    /// Bytes of message bodies that are on their way in the network, or wait for
    /// a node that is paused or starting.
    #[must_use]
    pub fn in_flight_bytes(&self) -> u64 {
        self.network.in_flight().bytes + self.fleet.waiting_bytes()
    }

    /// Whether the run is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// The lines recorded since they were last taken.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The names behind numbers.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Does everything that is due by `now`, in the order of due times; what is
    /// due at the same time happens in the order faults, time-outs, operations, messages.
    fn advance(&mut self, now: Time) {
        while self.stage != Stage::Finished {
            let timer = self.timer_deadline();
            match self.network.next_deadline() {
                Some(due) if due <= now && due < timer => {
                    if let Some(arrival) = self.network.poll(now) {
                        self.arrive(now, arrival);
                    }
                }
                _ if timer <= now => self.fire(now, timer),
                _ => break,
            }
        }
    }

    /// The earliest of everything but messages; [`Time::MAX`] if there is nothing.
    fn timer_deadline(&mut self) -> Time {
        let faults = self.nemesis.next_deadline();
        let timeout = self.clients.next_timeout().unwrap_or(Time::MAX);
        let startup = self.control.next_deadline().unwrap_or(Time::MAX);
        let stage = match self.stage {
            Stage::Starting if !self.fleet.begun() => Time::ZERO,
            Stage::Starting | Stage::Draining | Stage::Finished => Time::MAX,
            Stage::Operating => self.milestones.limit.min(self.operation_deadline()),
            Stage::Recovering => self.recovery.next_deadline(),
        };
        faults.min(timeout).min(startup).min(stage)
    }

    /// Does one thing that was due at `deadline`.
    fn fire(&mut self, now: Time, deadline: Time) {
        if self.nemesis.next_deadline() == deadline {
            self.step_fault(now);
        } else if self.control.next_deadline() == Some(deadline) {
            self.startup_timeout(now);
        } else if let Some(slot) = self.clients.poll_timeout(deadline) {
            self.operation_timeout(now, slot);
        } else {
            match self.stage {
                Stage::Starting => self.begin(),
                Stage::Operating if self.milestones.limit <= deadline => self.heal(now),
                Stage::Operating => self.invoke_next(now),
                Stage::Recovering => self.recovery_round(now),
                Stage::Draining | Stage::Finished => {}
            }
        }
        self.settle(now);
    }

    /// Moves on to the next stage when the present one has nothing left to do.
    fn settle(&mut self, now: Time) {
        match self.stage {
            Stage::Starting => self.maybe_operate(now),
            Stage::Draining if self.clients.idle() && self.fleet.settled() => {
                self.begin_recovery(now);
            }
            Stage::Recovering => self.maybe_finish_round(now),
            _ => {}
        }
        let operating = !matches!(self.stage, Stage::Starting | Stage::Finished);
        if operating && self.fleet.all_crashed() {
            self.finish(now, Ended::AllCrashed);
        }
    }

    /// Who sent most, for the story of an overload.
    fn who_filled_it(&self) -> String {
        let name = |end| self.directory.name(end);
        let links = self.traffic.busiest_links(3);
        let links = links.iter().map(|(src, dest, tally)| {
            let megabytes = tally.bytes as f64 / 1e6;
            format!(
                "{} to {}: {} messages, {megabytes:.1} MB",
                name(*src),
                name(*dest),
                tally.messages
            )
        });
        format!("most was sent by {}", links.collect::<Vec<_>>().join("; "))
    }

    /// Ends the run.
    fn finish(&mut self, now: Time, ended: Ended) {
        self.stage = Stage::Finished;
        self.milestones.end = now;
        self.ended = Some(ended);
        self.outputs.push_back(Output::Finished);
    }
}
