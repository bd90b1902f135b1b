//! The simulation driver: in-process nodes under virtual time.
//!
//! Time jumps to whatever is due next, so ten seconds of a quiet cluster take
//! milliseconds; the same seed gives the same bytes.
//!
//! ```text
//!   loop:  drain outputs ─► deliver to hosts ─► their sends go back as inputs
//!          nothing left  ─► now := min(engine's deadline, earliest timer)
//! ```
//!
//! A node's store survives its kill, its timers do not. While a node is paused its
//! timers wait; overdue ones fire in order when it resumes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use swelkie_nodes::{Effect, Host, Message, Node, NodeId, Seed, Time, Timer};

use crate::engine::{Engine, Exit, Input, Output};
use crate::live::node_seed;

/// Makes a node's incarnation.
pub type Make<'a> = dyn FnMut(usize) -> Box<dyn Node> + 'a;

/// Bounds that keep a simulation from running for ever.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// More bytes in flight than this end the run as an overload.
    pub queue_bytes: u64,
    /// More inputs than this without the clock moving end it as well: a storm over
    /// links without latency would never let time pass.
    pub inputs_at_once: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            queue_bytes: 1 << 30,
            inputs_at_once: 20_000_000,
        }
    }
}

/// One simulated process.
#[derive(Default)]
struct Cell {
    host: Option<Host>,
    incarnation: u32,
    paused: bool,
    /// Timers that fell due during a pause, in order.
    overdue: Vec<Timer>,
    store: Vec<u8>,
}

/// A timer in the queue: due time, order of setting, node, incarnation, token.
type Alarm = Reverse<(Time, u64, usize, u32, u64)>;

/// A simulated cluster.
pub struct Simulation<'a> {
    engine: &'a mut Engine,
    make: &'a mut Make<'a>,
    seed: Seed,
    names: Vec<NodeId>,
    cells: Vec<Cell>,
    alarms: BinaryHeap<Alarm>,
    alarms_set: u64,
    limits: Limits,
    inputs: u64,
}

impl<'a> Simulation<'a> {
    /// A cluster of these nodes that `engine` will start.
    pub fn new(
        engine: &'a mut Engine,
        make: &'a mut Make<'a>,
        seed: Seed,
        names: &[NodeId],
        limits: Limits,
    ) -> Simulation<'a> {
        Simulation {
            cells: names.iter().map(|_| Cell::default()).collect(),
            names: names.to_vec(),
            engine,
            make,
            seed,
            alarms: BinaryHeap::new(),
            alarms_set: 0,
            limits,
            inputs: 0,
        }
    }

    /// Runs to the end. `tick` is called between steps, to empty the journal, show
    /// progress or hand in an interrupt.
    pub fn run(mut self, tick: &mut dyn FnMut(&mut Engine, Time)) {
        let mut now = Time::ZERO;
        self.engine.handle(now, Input::Deadline);
        loop {
            self.drain(now);
            tick(self.engine, now);
            if self.engine.is_finished() {
                return;
            }
            let next = self.next_deadline();
            let next = next.expect("a run that is not over has a time-out that is due");
            if next > now {
                self.inputs = 0;
                now = next;
            }
            self.step(now);
        }
    }

    fn next_deadline(&mut self) -> Option<Time> {
        let alarm = self.alarms.peek().map(|alarm| alarm.0.0);
        let deadline = self.engine.next_deadline();
        alarm.into_iter().chain(deadline).min()
    }

    /// Does what is due: the engine's part first, then one timer.
    fn step(&mut self, now: Time) {
        if self.engine.next_deadline().is_some_and(|due| due <= now) {
            self.engine.handle(now, Input::Deadline);
            return;
        }
        let Some(Reverse((_, _, node, incarnation, token))) = self.alarms.pop() else {
            return;
        };
        let cell = &mut self.cells[node];
        if cell.incarnation != incarnation || cell.host.is_none() {
            return;
        }
        if cell.paused {
            cell.overdue.push(Timer(token));
        } else {
            self.fire(now, node, Timer(token));
        }
    }

    fn drain(&mut self, now: Time) {
        while let Some(output) = self.engine.poll_output() {
            self.inputs += 1;
            match output {
                Output::Deliver {
                    node, src, body, ..
                } => {
                    let Some(host) = &mut self.cells[node].host else {
                        continue;
                    };
                    let dest = self.names[node].clone();
                    host.deliver(now, &Message { src, dest, body });
                    self.carry_out(now, node);
                }
                Output::Start {
                    node,
                    incarnation,
                    wipe,
                } => self.start(now, node, incarnation, wipe),
                Output::Kill { node } | Output::Terminate { node } => self.kill(now, node),
                Output::Pause { node } => self.cells[node].paused = true,
                Output::Resume { node } => self.resume(now, node),
                Output::Finished => return,
            }
            self.watch_limits(now);
        }
    }

    fn start(&mut self, now: Time, node: usize, incarnation: u32, wipe: bool) {
        // Each life has its own random stream, the same as it would have as a process.
        let seed = node_seed(self.seed, &self.names[node], incarnation);
        let cell = &mut self.cells[node];
        if wipe {
            cell.store.clear();
        }
        cell.host = Some(Host::new((self.make)(node), seed, cell.store.clone()));
        cell.incarnation = incarnation;
        cell.paused = false;
        cell.overdue.clear();
        self.engine
            .handle(now, Input::Started { node, incarnation });
    }

    fn kill(&mut self, now: Time, node: usize) {
        let cell = &mut self.cells[node];
        if cell.host.take().is_some() {
            let input = Input::Exited {
                node,
                incarnation: cell.incarnation,
                exit: Exit::Signal(9),
                stderr_tail: String::new(),
            };
            self.engine.handle(now, input);
        }
    }

    fn resume(&mut self, now: Time, node: usize) {
        let cell = &mut self.cells[node];
        cell.paused = false;
        for timer in std::mem::take(&mut cell.overdue) {
            self.fire(now, node, timer);
        }
    }

    fn fire(&mut self, now: Time, node: usize, timer: Timer) {
        self.inputs += 1;
        self.watch_limits(now);
        if let Some(host) = &mut self.cells[node].host {
            host.fire(now, timer);
            self.carry_out(now, node);
        }
    }

    /// Carries out what a node asked for, in order.
    fn carry_out(&mut self, now: Time, node: usize) {
        let cell = &mut self.cells[node];
        let Some(host) = &mut cell.host else { return };
        for effect in host.drain() {
            match effect {
                Effect::Send { dest, body } => {
                    self.engine.handle(now, Input::Message { node, dest, body });
                }
                Effect::SetTimer { timer, at } => {
                    self.alarms_set += 1;
                    let alarm = (at, self.alarms_set, node, cell.incarnation, timer.0);
                    self.alarms.push(Reverse(alarm));
                }
                Effect::Store(line) => cell.store.extend_from_slice(&line),
            }
        }
    }

    fn watch_limits(&mut self, now: Time) {
        let bytes = self.engine.in_flight_bytes();
        let story = if bytes > self.limits.queue_bytes {
            format!(
                "{bytes} bytes are in flight, more than --queue-limit allows: the nodes send more than the network delivers"
            )
        } else if self.inputs > self.limits.inputs_at_once {
            format!(
                "{} messages and timers came at {now} without the clock moving on: a storm over links without latency, or of timers without a wait, never ends; give the network some --latency",
                self.inputs
            )
        } else {
            return;
        };
        self.engine.handle(now, Input::Overload { story });
    }
}
