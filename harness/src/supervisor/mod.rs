//! The supervisor: a process of ours that starts the nodes and outlives no run.
//!
//! Death signals do not reach grandchildren, and a harness that is killed with
//! SIGKILL can clean up nothing itself. So the same binary is started once more as
//! a sub-reaper: it spawns the nodes, and when its socket to the harness closes, for
//! whatever reason, it kills and reaps every descendant, those in sessions of their
//! own included, and exits.
//!
//! ```text
//!   harness ──(socket)── supervisor ─┬─ n0 ── …       Ctrl-C, panic, SIGKILL of the harness
//!      │                             ├─ n1            close the socket
//!      └── pipes: stdin, stdout, stderr of every node, directly
//! ```
//!
//! The binary may be somebody's test, whose `main` is not ours. A function that runs
//! before `main` therefore looks for [`ENVIRONMENT`] and becomes the supervisor.

mod channel;
mod keeper;
mod message;
mod tree;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use crate::platform;
use channel::{Channel, Received};
use message::Request;
pub use message::{Event, Life, Signal, Spawn};

/// Set in a process that is to be the supervisor: the number of its socket.
pub const ENVIRONMENT: &str = "SWELKIE_SUPERVISOR";
/// Set for every node and inherited by what it starts: the node's name.
pub const NODE: &str = "SWELKIE_NODE";
/// Set for every node and inherited by what it starts: which life it is, from 0.
pub const INCARNATION: &str = "SWELKIE_INCARNATION";

/// How long the supervisor may take to kill everything; more than it allows itself.
const END: Duration = Duration::from_secs(15);

/// Whether the function before `main` is part of this binary.
static HOOKED: AtomicBool = AtomicBool::new(false);

#[ctor::ctor(unsafe)]
fn before_main() {
    HOOKED.store(true, Ordering::SeqCst);
    become_supervisor_if_asked();
}

/// Runs the supervisor and exits, if this process was started to be it. Happens
/// by itself before `main`; calling it first thing in `main` does no harm.
pub fn become_supervisor_if_asked() {
    let Some(number) = std::env::var_os(ENVIRONMENT) else {
        return;
    };
    let status = match std::panic::catch_unwind(|| supervise(&number)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("swelkie: the supervisor of the node processes: {error}");
            255
        }
        Err(_panic) => 255,
    };
    std::process::exit(status);
}

fn supervise(number: &std::ffi::OsStr) -> io::Result<()> {
    if number != "0" {
        let text = format!("{ENVIRONMENT} is set to {number:?}; unset it, it is for internal use");
        return Err(io::Error::other(text));
    }
    // The socket came as stdin. Nodes get stdins of their own.
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    keeper::Keeper::new(socket)?.run()
}

/// The harness's hold on its supervisor. Dropping it kills every node.
pub struct Supervisor {
    child: Child,
    channel: Option<Channel<Request, Event>>,
}

impl Supervisor {
    /// Starts the supervisor process.
    ///
    /// # Errors
    /// If the operating system refuses, or this binary was linked in a way that
    /// lost the function before `main`.
    pub fn start() -> io::Result<Supervisor> {
        if !HOOKED.load(Ordering::SeqCst) {
            return Err(io::Error::other(
                "this binary was linked without swelkie's function that runs before main",
            ));
        }
        let original_limit = platform::raise_file_limit();
        let (ours, theirs) = channel::pair()?;
        let child = Command::new("/proc/self/exe")
            .env(ENVIRONMENT, "0")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        let mut channel = Channel::new(ours)?;
        channel.send(&Request::FileLimit(original_limit), Vec::new())?;
        let channel = Some(channel);
        Ok(Supervisor { child, channel })
    }

    /// Starts a node with its ends of stdin, stdout and stderr.
    /// [`Event::Spawned`] or [`Event::SpawnFailed`] follows.
    ///
    /// # Errors
    /// If the command line is too long to be handed over (it has a kind of
    /// [`io::ErrorKind::InvalidInput`]), or the supervisor is gone.
    pub fn spawn(&mut self, spawn: Spawn, stdio: [OwnedFd; 3]) -> io::Result<()> {
        let sent = self.channel().send(&Request::Spawn(spawn), stdio.into());
        sent.map_err(|error| match error.raw_os_error() {
            Some(code) if code == rustix::io::Errno::MSGSIZE.raw_os_error() => {
                let text = "arguments and environment are too long (about 200 kB is the limit)";
                io::Error::new(io::ErrorKind::InvalidInput, text)
            }
            _ => error,
        })
    }

    /// Signals a node's processes. After a [`Signal::Kill`] that life is forgotten
    /// as soon as nobody of it is left.
    ///
    /// # Errors
    /// If the supervisor is gone.
    pub fn signal(&mut self, life: Life, signal: Signal) -> io::Result<()> {
        self.channel()
            .send(&Request::Signal(life, signal), Vec::new())
    }

    /// What happened since, one at a time.
    ///
    /// # Errors
    /// If the supervisor is gone.
    pub fn poll_event(&mut self) -> io::Result<Option<Event>> {
        match self.channel().receive()? {
            Received::Message(event, _) => Ok(Some(event)),
            Received::Nothing => Ok(None),
            Received::End => {
                let text = "the supervisor of the node processes is gone";
                Err(io::Error::new(io::ErrorKind::BrokenPipe, text))
            }
        }
    }

    /// Readable when [`Supervisor::poll_event`] has something.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.channel.as_ref().expect("there until the end").fd()
    }

    /// Whether a request waits for the socket to be writable.
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        self.channel.as_ref().is_some_and(Channel::has_unsent)
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// If the supervisor is gone.
    pub fn flush(&mut self) -> io::Result<()> {
        self.channel().flush()
    }

    /// Kills every node and whatever it started, and waits until they are gone.
    ///
    /// # Errors
    /// If something is left after 15 s.
    pub fn end(&mut self) -> io::Result<()> {
        self.close()
    }

    fn channel(&mut self) -> &mut Channel<Request, Event> {
        self.channel.as_mut().expect("there until the end")
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(mut channel) = self.channel.take() else {
            return Ok(());
        };
        // Half closed, the socket still tells when the other side is done.
        let _ = rustix::net::shutdown(channel.fd(), rustix::net::Shutdown::Write);
        loop {
            let timeout = platform::timespec(END);
            let mut fds = [PollFd::from_borrowed_fd(channel.fd(), PollFlags::IN)];
            if rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))? == 0 {
                let text = "node processes are left that SIGKILL does not end";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            if !matches!(
                channel.receive(),
                Ok(Received::Message(..) | Received::Nothing)
            ) {
                break;
            }
        }
        match self.child.wait() {
            Ok(status) if !status.success() => Err(io::Error::other(format!(
                "the supervisor of the node processes: {status}"
            ))),
            // Somebody in this process reaps every child: then it is gone as well.
            _ => Ok(()),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.close();
    }
}
