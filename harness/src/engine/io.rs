//! What goes into the engine and what comes out.

use bytes::Bytes;
use swelkie_nodes::{Body, NodeId};

/// What happened to a node. `incarnation` (from 0, one more per [`Output::Start`])
/// lets the engine ignore what an earlier life of the node left behind.
#[derive(Clone, Debug)]
pub enum Input {
    /// The process was started.
    Started {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
    },
    /// The process could not be started.
    SpawnFailed {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
        /// The operating system's words: `No such file or directory (os error 2)`.
        error: String,
    },
    /// The node wrote a line to stdout; newline not included.
    Line {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
        /// The bytes, any bytes.
        line: Bytes,
    },
    /// The node's stdout ended, or a line passed the length limit, in the middle of a line.
    Fragment {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
        /// The first bytes of it.
        start: Bytes,
        /// How many bytes there were.
        len: u64,
        /// True if the line was longer than the limit; false if stdout ended.
        too_long: bool,
    },
    /// The node closed its stdout but lives on.
    Closed {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
    },
    /// The node closed its stdin but lives on: what it is sent from now on is lost.
    Deaf {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
    },
    /// The process ended, and all it wrote before has been handed in.
    Exited {
        /// Which node.
        node: usize,
        /// Which life.
        incarnation: u32,
        /// How.
        exit: Exit,
        /// The last few KiB of what it wrote to stderr.
        stderr_tail: String,
    },
    /// An in-process node sent a message.
    Message {
        /// Which node.
        node: usize,
        /// To whom.
        dest: NodeId,
        /// What.
        body: Body,
    },
    /// Time passed: `next_deadline`, or any other moment.
    Deadline,
    /// More is queued for slow readers than the queue limit allows: end the run.
    Overload {
        /// Who wrote, who did not read, how much.
        story: String,
    },
    /// The user wants to stop: finish with what there is.
    Interrupt {
        /// The signal's number: 2 or 15.
        signal: i32,
    },
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// What the driver is to do to a node.
#[derive(Clone, Debug)]
pub enum Output {
    /// Start its process. `wipe` empties its data directory first.
    Start {
        /// Which node.
        node: usize,
        /// Which life this is.
        incarnation: u32,
        /// Lose what earlier lives stored.
        wipe: bool,
    },
    /// SIGKILL it and everything it started. [`Input::Exited`] follows.
    Kill {
        /// Which node.
        node: usize,
    },
    /// SIGTERM it. [`Input::Exited`] follows, or a `Kill` when it takes too long.
    Terminate {
        /// Which node.
        node: usize,
    },
    /// SIGSTOP it and everything it started.
    Pause {
        /// Which node.
        node: usize,
    },
    /// SIGCONT it and everything it started.
    Resume {
        /// Which node.
        node: usize,
    },
    /// Hand it a message: one line on stdin.
    Deliver {
        /// Which node.
        node: usize,
        /// The message's number, the top-level `id` on the wire.
        id: u64,
        /// Its sender, as the node shall see it.
        src: NodeId,
        /// Its body.
        body: Body,
    },
    /// The run is over: close every stdin, kill survivors after 200 ms.
    Finished,
}
