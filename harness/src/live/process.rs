//! One node: its current process, if any, and what outlives it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use swelkie_nodes::{NodeId, Time};

use super::lines::LineReader;
use super::outbox::Outbox;
use super::stderr::StderrLog;
use crate::engine::{Exit, Output};
use crate::platform;
use crate::supervisor::Life;

/// Pipes this large save switches between harness and nodes, but count against a
/// limit per user (64 MiB where it was not changed): only for few nodes.
const LARGE_PIPE: usize = 1 << 20;
const FEW_NODES: usize = 16;

/// A node over all its lives.
pub(super) struct Node {
    pub(super) name: NodeId,
    /// The part of a delivered line that names it: see [`super::outbox::dest_field`].
    pub(super) dest: Vec<u8>,
    pub(super) data: PathBuf,
    pub(super) stderr: StderrLog,
    pub(super) process: Option<Process>,
    /// What is to be done once the earlier life has been handed in as exited.
    pub(super) waiting: Vec<Output>,
}

/// One life of a node, from the request to start it until its exit is handed in.
pub(super) struct Process {
    pub(super) life: Life,
    /// None until it runs.
    pub(super) pid: Option<i32>,
    /// None when the node does not read it any more.
    pub(super) stdin: Option<OwnedFd>,
    /// None after its end.
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
    pub(super) lines: LineReader,
    pub(super) outbox: Outbox,
    /// The poller tells when stdin can be written.
    pub(super) blocked: bool,
    /// The outbox is to be written at the end of this pass.
    pub(super) dirty: bool,
    /// We sent SIGKILL.
    pub(super) killed: bool,
    /// We sent SIGKILL or SIGTERM: half a line is no anomaly.
    pub(super) ended_by_us: bool,
    /// It ended; what it wrote may not all be read.
    pub(super) exit: Option<Exit>,
    /// When to look at what its closed pipes mean.
    pub(super) settle_at: Option<Time>,
    /// `Input::Closed` was handed in.
    pub(super) told_closed: bool,
    /// `Input::Deaf` was handed in.
    pub(super) told_deaf: bool,
}

impl Process {
    /// A process that is about to be started, and its own ends of stdin, stdout, stderr.
    pub(super) fn prepare(
        life: Life,
        line_limit: usize,
        nodes: usize,
    ) -> io::Result<(Process, [OwnedFd; 3])> {
        let (child_stdin, stdin) = platform::pipe()?;
        let (stdout, child_stdout) = platform::pipe()?;
        let (stderr, child_stderr) = platform::pipe()?;
        for end in [&stdin, &stdout, &stderr] {
            platform::set_nonblocking(end)?;
        }
        if nodes <= FEW_NODES {
            platform::grow_pipe(&stdin, LARGE_PIPE);
            platform::grow_pipe(&stdout, LARGE_PIPE);
        }
        let process = Process {
            life,
            pid: None,
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: Some(stderr),
            lines: LineReader::new(line_limit),
            outbox: Outbox::default(),
            blocked: false,
            dirty: false,
            killed: false,
            ended_by_us: false,
            exit: None,
            settle_at: None,
            told_closed: false,
            told_deaf: false,
        };
        Ok((process, [child_stdin, child_stdout, child_stderr]))
    }
}
