//! What Linux does for the live driver and the supervisor: epoll, pipes, signals,
//! limits, the process table; and what a processor does if asked. Safe functions over
//! `rustix` and `signal-hook`; the rest of the crate knows no system call.
//!
//! Contract: nothing here blocks except [`Poller::wait`]. A read or write that
//! would block returns `None`; an interrupted call is made again.

use std::fs;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{current_timer_slack, set_current_timer_slack};
use swelkie_nodes::Time;

/// The wall clock of a run: monotonic nanoseconds since its start.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that stands at zero now.
    #[allow(clippy::disallowed_methods, reason = "the live driver's clock")]
    pub(crate) fn start() -> Clock {
        let start = Instant::now();
        Clock { start }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }
}

/// What a poller reports about one descriptor.
#[derive(Clone, Copy)]
pub(crate) struct Ready {
    /// The number it was added under.
    pub(crate) token: u64,
}

/// Waits for many descriptors at once, level-triggered.
pub(crate) struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Poller> {
        Ok(Poller {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(1024),
        })
    }

    /// Reports the descriptor when it can be read, or has ended.
    pub(crate) fn add_reader(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token);
        Ok(epoll::add(&self.epoll, fd, data, epoll::EventFlags::IN)?)
    }

    /// Reports the descriptor when it can be written, or nobody reads it any more.
    pub(crate) fn add_writer(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token);
        Ok(epoll::add(&self.epoll, fd, data, epoll::EventFlags::OUT)?)
    }

    /// Reports a descriptor added as a reader also when it can be written, or no longer.
    pub(crate) fn also_writer(&self, fd: impl AsFd, token: u64, on: bool) -> io::Result<()> {
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::OUT, on);
        let data = epoll::EventData::new_u64(token);
        Ok(epoll::modify(&self.epoll, fd, data, flags)?)
    }

    /// Reports the descriptor no more. Closing it does the same.
    pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, fd)?)
    }

    /// Waits until something is ready or `timeout` has passed, to the nanosecond as far as
    /// the kernel keeps it. May return early with nothing.
    ///
    /// `epoll_pwait2` would do, but needs Linux 5.11. Plain epoll counts milliseconds:
    /// it waits for the whole ones, and `ppoll` on the epoll descriptor for the rest.
    pub(crate) fn wait(&mut self, timeout: Duration, ready: &mut Vec<Ready>) -> io::Result<()> {
        ready.clear();
        self.events.clear();
        let whole = Duration::from_millis(timeout.as_millis().min(60_000) as u64);
        if whole.is_zero() && !timeout.is_zero() {
            let mut fds = [PollFd::new(&self.epoll, PollFlags::IN)];
            match poll(&mut fds, Some(&timespec(timeout))) {
                Ok(0) | Err(Errno::INTR) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let room = spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, room, Some(&timespec(whole))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let tokens = self.events.iter().map(|event| event.data.u64());
        ready.extend(tokens.map(|token| Ready { token }));
        Ok(())
    }
}

/// A span of time as system calls take it.
pub(crate) fn timespec(span: Duration) -> Timespec {
    Timespec {
        tv_sec: span.as_secs().cast_signed(),
        tv_nsec: span.subsec_nanos().into(),
    }
}

/// A pipe: the end to read, the end to write. Neither is inherited by accident.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Makes reads and writes on this end return `None` instead of waiting.
pub(crate) fn set_nonblocking(fd: impl AsFd) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(fd, true)?)
}

/// Asks for a larger pipe; where that is not allowed it stays as it is.
pub(crate) fn grow_pipe(fd: impl AsFd, bytes: usize) {
    let _ = fcntl_setpipe_size(fd, bytes);
}

/// Reads once: `None` if nothing is there yet, `Some(0)` at the end.
pub(crate) fn read(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    would_block(rustix::io::retry_on_intr(|| {
        rustix::io::read(&fd, &mut *buffer)
    }))
}

/// Writes once: `None` if nothing fits.
pub(crate) fn write(fd: impl AsFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    would_block(rustix::io::retry_on_intr(|| rustix::io::write(&fd, bytes)))
}

pub(crate) fn would_block<T>(result: rustix::io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How many bytes wait in a pipe.
pub(crate) fn unread(fd: impl AsFd) -> u64 {
    rustix::io::ioctl_fionread(fd).unwrap_or(0)
}

/// Raises the limit of open files to what the system allows; returns what it
/// was when this process began, which is what nodes shall get.
pub(crate) fn raise_file_limit() -> Option<u64> {
    static ORIGINAL: OnceLock<Option<u64>> = OnceLock::new();
    *ORIGINAL.get_or_init(|| {
        let limit = getrlimit(Resource::Nofile);
        set_file_limit(limit.maximum);
        limit.current
    })
}

/// Sets the limit of open files, as far as the system allows.
pub(crate) fn set_file_limit(files: Option<u64>) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = match (files, maximum) {
        (Some(files), Some(maximum)) => Some(files.min(maximum)),
        (files, maximum) => files.or(maximum),
    };
    // A refusal leaves the limit as it is; running out of files is told where it happens.
    let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
}

/// While it lives, this thread's time-outs are not rounded up to the kernel's
/// default of 50 µs.
pub(crate) struct PreciseTimers {
    before: Option<NonZeroU64>,
}

impl PreciseTimers {
    pub(crate) fn begin() -> PreciseTimers {
        let before = current_timer_slack().ok().and_then(NonZeroU64::new);
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        PreciseTimers { before }
    }
}

impl Drop for PreciseTimers {
    fn drop(&mut self) {
        let _ = set_current_timer_slack(self.before);
    }
}

/// SIGINT and SIGTERM as readable descriptors, while it lives. The first signal is
/// reported; the second one, and any after the end, does what it does by default.
pub(crate) struct Interrupts {
    shared: &'static SharedInterrupts,
}

struct SharedInterrupts {
    /// Set: the next signal ends the process.
    armed: Arc<AtomicBool>,
    streams: [(i32, UnixStream); 2],
}

impl Interrupts {
    /// Replaces this process's handlers of the two signals.
    pub(crate) fn install() -> io::Result<Interrupts> {
        static SHARED: OnceLock<SharedInterrupts> = OnceLock::new();
        let shared = match SHARED.get() {
            Some(shared) => shared,
            None => {
                let fresh = SharedInterrupts::register()?;
                SHARED.get_or_init(|| fresh)
            }
        };
        // Between two runs of a series a signal is meant for whichever looks next.
        let held = HELD.load(Ordering::SeqCst) > 0;
        for (_, stream) in shared.streams.iter().filter(|_| !held) {
            while read(stream, &mut [0; 64])?.is_some() {}
        }
        shared.armed.store(false, Ordering::SeqCst);
        Ok(Interrupts { shared })
    }

    /// The signal that came since the last call, if any, without waiting.
    pub(crate) fn poll(&self) -> io::Result<Option<i32>> {
        for (signal, stream) in &self.shared.streams {
            if read(stream, &mut [0; 64])?.is_some() {
                return Ok(Some(*signal));
            }
        }
        Ok(None)
    }

    /// The signals and what becomes readable when they come.
    pub(crate) fn streams(&self) -> &'static [(i32, UnixStream); 2] {
        &self.shared.streams
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        let held = HELD.load(Ordering::SeqCst) > 0;
        self.shared.armed.store(!held, Ordering::SeqCst);
    }
}

/// How many [`HeldInterrupts`] there are.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// While it lives, a signal between two runs does not end the process: for whoever makes
/// several runs, handles signals himself, and has something to say in the end.
pub(crate) struct HeldInterrupts(());

impl HeldInterrupts {
    pub(crate) fn new() -> HeldInterrupts {
        HELD.fetch_add(1, Ordering::SeqCst);
        HeldInterrupts(())
    }
}

impl Drop for HeldInterrupts {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SharedInterrupts {
    fn register() -> io::Result<SharedInterrupts> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let armed = Arc::new(AtomicBool::new(false));
        let stream = |signal| -> io::Result<(i32, UnixStream)> {
            // The order matters: the first signal finds the flag unset and sets it.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&armed))?;
            signal_hook::flag::register(signal, Arc::clone(&armed))?;
            Ok((signal, signal_stream(signal)?))
        };
        Ok(SharedInterrupts {
            streams: [stream(SIGINT)?, stream(SIGTERM)?],
            armed,
        })
    }
}

/// A descriptor that becomes readable whenever the signal comes.
pub(crate) fn signal_stream(signal: i32) -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, writer)?;
    Ok(reader)
}

/// Makes a signal do nothing in this process, and what it always does in its children.
pub(crate) fn disregard(signal: i32) -> io::Result<()> {
    signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}

/// SIGKILLs a process group, if it exists.
pub(crate) fn kill_group(pid: i32) {
    if let Some(group) = rustix::process::Pid::from_raw(pid) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// One line of the process table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessEntry {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// As in `ps`: `R`, `S`, `T` stopped, `Z` ended and not yet reaped, …
    pub(crate) state: char,
}

impl ProcessEntry {
    /// Whether it can still do something.
    pub(crate) fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

/// The process table, in the order of the process numbers.
pub(crate) fn processes() -> io::Result<Vec<ProcessEntry>> {
    let mut table = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let pid = name.to_str().and_then(|name| name.parse().ok());
        // A process may end between the listing and the reading.
        table.extend(pid.and_then(process));
    }
    table.sort_unstable_by_key(|entry| entry.pid);
    Ok(table)
}

/// One process, if it exists.
pub(crate) fn process(pid: i32) -> Option<ProcessEntry> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&stat)
}

/// `PID (NAME) STATE PARENT GROUP …`, where the name may hold anything.
fn parse_stat(stat: &[u8]) -> Option<ProcessEntry> {
    let open = stat.iter().position(|&byte| byte == b'(')?;
    let close = stat.iter().rposition(|&byte| byte == b')')?;
    let pid = std::str::from_utf8(&stat[..open]).ok()?.trim();
    let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    Some(ProcessEntry {
        pid: pid.parse().ok()?,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

/// The value of a variable in the environment a process was started with.
pub(crate) fn variable_of(pid: i32, name: &str) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environment.split(|&byte| byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        String::from_utf8(value.to_vec()).ok()
    })
}

/// Tells the processor that this will be read soon. Changes nothing but how long that
/// takes; does nothing where we do not know how.
#[inline(always)]
pub fn prefetch<T>(soon: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the address is that of a reference, and a prefetch reads nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(soon).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_holds_parentheses_and_spaces_is_read() {
        let entry = parse_stat(b"42 (a) S (b) T 7 40 40 0 -1").unwrap();
        assert_eq!((entry.pid, entry.parent, entry.group), (42, 7, 40));
        assert_eq!(entry.state, 'T');
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = std::process::id() as i32;
        let table = processes().unwrap();
        assert!(table.iter().any(|entry| entry.pid == own && entry.lives()));
    }

    #[test]
    fn a_wait_lasts_as_long_as_asked_and_not_a_whole_millisecond_more() {
        let _timers = PreciseTimers::begin();
        let mut poller = Poller::new().unwrap();
        let clock = Clock::start();
        for micros in [150, 1150] {
            let asked = Duration::from_micros(micros);
            let waited = (0..50).map(|_| {
                let before = clock.now();
                while clock.now() - before < asked {
                    let rest = asked - (clock.now() - before);
                    poller.wait(rest, &mut Vec::new()).unwrap();
                }
                clock.now() - before
            });
            let shortest = waited.min().unwrap();
            assert!(
                shortest < asked + Duration::from_micros(500),
                "{shortest:?}"
            );
        }
    }

    #[test]
    fn a_full_pipe_takes_nothing_and_says_how_much_waits() {
        let (reader, writer) = pipe().unwrap();
        set_nonblocking(&writer).unwrap();
        let mut written = 0;
        while let Some(bytes) = write(&writer, &[0; 4096]).unwrap() {
            written += bytes as u64;
        }
        assert_eq!(unread(&reader), written);
        drop(writer);
        let mut buffer = vec![0; written as usize];
        assert_eq!(read(&reader, &mut buffer).unwrap(), Some(written as usize));
        assert_eq!(read(&reader, &mut buffer).unwrap(), Some(0));
    }
}
