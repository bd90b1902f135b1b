//! Records where a node's time goes: the spans of [`tracing`] that it enters.
//!
//! Off unless the environment variable `SWELKIE_TRACE` is set, which the harness does for
//! built-in nodes: `flame,PROCESS,LIFE,ORIGIN,FILE` or `chrome,…`, where ORIGIN is what the
//! monotonic clock said at the start of the run, in nanoseconds.
//!
//! ```text
//!   flame    time of its own, ns, by stack, since the last lines     handle;append 5210
//!   chrome   one trace event per span                                {"name":"append","ph":"X",…}
//! ```
//!
//! Lines are written when the node is about to wait, and every 10 ms while it has no
//! time to wait, so a kill costs what happened since. Readers ignore half a line at
//! the end. A trace stops at 64 MiB and says so with the name [`FULL`].
//!
//! A subscriber of its own rather than layers of others: a node has one thread and no
//! spans with data, so a stack is all it takes.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Says what to record and where.
pub const VARIABLE: &str = "SWELKIE_TRACE";
/// The name of what a full trace ends with.
pub const FULL: &str = "the trace is full";
/// The time in which the node has nothing to do.
pub const IDLE: &str = "idle";
/// At the latest when this has passed, lines are written.
pub(super) const PATIENCE: Duration = Duration::from_millis(10);
/// Bytes of a file at most.
const BOUND: u64 = 64 << 20;
/// Bytes that are not kept back.
const MUCH: usize = 64 << 10;

/// The trace that is being recorded.
pub(super) struct Tracer(Arc<Recorder>);

impl Tracer {
    /// Begins to record if the environment asks for it.
    ///
    /// # Errors
    /// If the variable is malformed, the file cannot be made, or another subscriber is there.
    pub fn from_environment() -> io::Result<Option<Tracer>> {
        let Some(wish) = std::env::var_os(VARIABLE) else {
            return Ok(None);
        };
        let wrong = || {
            let text = format!("{VARIABLE} is {wish:?}; expected FORMAT,PROCESS,LIFE,ORIGIN,FILE");
            io::Error::new(ErrorKind::InvalidInput, text)
        };
        let parts: Vec<&str> = wish.to_str().ok_or_else(wrong)?.splitn(5, ',').collect();
        let &[format, process, life, origin, path] = &parts[..] else {
            return Err(wrong());
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let form = match format {
            "flame" => Form::Flame(Vec::new()),
            "chrome" => Form::Chrome {
                process: number(process)?,
                life: number(life)?,
                origin: number(origin)?,
            },
            _ => return Err(wrong()),
        };
        Tracer::start(form, Path::new(path)).map(Some)
    }

    fn start(form: Form, path: &Path) -> io::Result<Tracer> {
        let file = File::create(path).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot write {}: {error}", path.display()),
            )
        })?;
        let recorder = Arc::new(Recorder(Mutex::new(State::new(form, file))));
        tracing::subscriber::set_global_default(Arc::clone(&recorder)).map_err(io::Error::other)?;
        Ok(Tracer(recorder))
    }

    /// Whether something is recorded and not written.
    pub fn is_dirty(&self) -> bool {
        self.0.state().changed
    }

    /// Writes what was recorded; when `soon` is false, only if it was a while ago or is much.
    pub fn flush(&self, soon: bool) -> io::Result<()> {
        let mut state = self.0.state();
        let now = monotonic();
        let late = now - state.written >= PATIENCE.as_nanos() as u64;
        if state.changed && (soon || late || state.lines.len() > MUCH) {
            state.write(now)?;
        }
        Ok(())
    }
}

struct Recorder(Mutex<State>);

/// What is made of the spans.
enum Form {
    /// Time per stack: a tree, parents before children.
    Flame(Vec<Frame>),
    Chrome {
        process: u64,
        life: u64,
        origin: u64,
    },
}

/// A place in the tree of stacks.
struct Frame {
    name: &'static str,
    parent: Option<usize>,
    /// Nanoseconds of its own that are not written yet.
    own: u64,
}

/// A span that was entered and not left.
struct Open {
    name: &'static str,
    frame: usize,
    begun: u64,
    /// Nanoseconds spent in spans inside it.
    inside: u64,
}

struct State {
    form: Form,
    file: File,
    size: u64,
    /// The kinds of spans; an [`Id`] is an index into this, plus one.
    kinds: Vec<&'static Metadata<'static>>,
    stack: Vec<Open>,
    lines: Vec<u8>,
    changed: bool,
    written: u64,
}

impl State {
    fn new(form: Form, file: File) -> State {
        State {
            form,
            file,
            size: 0,
            kinds: Vec::new(),
            stack: Vec::new(),
            lines: Vec::new(),
            changed: false,
            written: monotonic(),
        }
    }

    fn kind(&mut self, kind: &'static Metadata<'static>) -> Id {
        let known = self
            .kinds
            .iter()
            .position(|known| known.callsite() == kind.callsite());
        let index = known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        Id::from_u64(index as u64 + 1)
    }

    fn name(&self, id: &Id) -> &'static str {
        self.kinds[id.into_u64() as usize - 1].name()
    }

    fn enter(&mut self, name: &'static str, now: u64) {
        let above = self.stack.last().map(|open| open.frame);
        let frame = match &mut self.form {
            Form::Flame(frames) => frame_of(frames, above, name),
            Form::Chrome { .. } => 0,
        };
        self.stack.push(Open {
            name,
            frame,
            begun: now,
            inside: 0,
        });
    }

    fn exit(&mut self, now: u64) {
        let Some(open) = self.stack.pop() else { return };
        let took = now - open.begun;
        if let Some(outer) = self.stack.last_mut() {
            outer.inside += took;
        }
        match &mut self.form {
            Form::Flame(frames) => frames[open.frame].own += took - open.inside,
            Form::Chrome {
                process,
                life,
                origin,
            } => {
                let at = open.begun.saturating_sub(*origin);
                event(&mut self.lines, open.name, (*process, *life), at, took);
            }
        }
        self.changed = true;
    }

    fn write(&mut self, now: u64) -> io::Result<()> {
        if let Form::Flame(frames) = &mut self.form {
            fold(frames, &mut self.lines);
        }
        (self.changed, self.written) = (false, now);
        if self.size <= BOUND && self.size + self.lines.len() as u64 > BOUND {
            self.lines.clear();
            match &self.form {
                Form::Flame(_) => self.lines.extend(format!("{FULL} 1\n").bytes()),
                Form::Chrome {
                    process,
                    life,
                    origin,
                } => {
                    let at = now.saturating_sub(*origin);
                    event(&mut self.lines, FULL, (*process, *life), at, 0);
                }
            }
            self.file.write_all(&self.lines)?;
            self.size = BOUND + 1;
        } else if self.size <= BOUND {
            self.file.write_all(&self.lines)?;
            self.size += self.lines.len() as u64;
        }
        self.lines.clear();
        Ok(())
    }
}

/// The place of a span in the tree.
fn frame_of(frames: &mut Vec<Frame>, parent: Option<usize>, name: &'static str) -> usize {
    let known = frames
        .iter()
        .position(|frame| frame.parent == parent && frame.name == name);
    known.unwrap_or_else(|| {
        let own = 0;
        frames.push(Frame { name, parent, own });
        frames.len() - 1
    })
}

/// `outer;inner 1234` for every place that has time to tell.
fn fold(frames: &mut [Frame], lines: &mut Vec<u8>) {
    for index in 0..frames.len() {
        let own = std::mem::take(&mut frames[index].own);
        if own == 0 {
            continue;
        }
        let mut names = Vec::new();
        let mut next = Some(index);
        while let Some(frame) = next {
            names.push(frames[frame].name);
            next = frames[frame].parent;
        }
        names.reverse();
        let _ = writeln!(lines, "{} {own}", names.join(";"));
    }
}

/// One complete event; times in microseconds. Names of spans are plain text.
fn event(
    lines: &mut Vec<u8>,
    name: &str,
    (process, life): (u64, u64),
    at_nanos: u64,
    took_nanos: u64,
) {
    let micros = |nanos: u64| (nanos / 1000, nanos % 1000);
    let ((at, at_rest), (took, took_rest)) = (micros(at_nanos), micros(took_nanos));
    let _ = writeln!(
        lines,
        "{{\"name\":\"{name}\",\"ph\":\"X\",\"ts\":{at}.{at_rest:03},\"dur\":{took}.{took_rest:03},\
         \"pid\":{process},\"tid\":{life}}}"
    );
}

impl Recorder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.is_span()
    }

    fn new_span(&self, span: &Attributes) -> Id {
        self.state().kind(span.metadata())
    }

    fn record(&self, _span: &Id, _values: &Record) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event) {}

    fn enter(&self, span: &Id) {
        let mut state = self.state();
        let name = state.name(span);
        state.enter(name, monotonic());
    }

    fn exit(&self, _span: &Id) {
        self.state().exit(monotonic());
    }
}

/// Nanoseconds on the clock that all processes of the machine share.
fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use tracing::info_span;

    use super::*;

    #[test]
    fn the_spans_of_a_thread_are_recorded_by_name() {
        let (state, file) = state(Form::Flame(Vec::new()));
        let recorder = Arc::new(Recorder(Mutex::new(state)));
        tracing::subscriber::with_default(Arc::clone(&recorder), || {
            let _handle = info_span!("handle").entered();
            let _append = info_span!("append").entered();
            std::thread::sleep(Duration::from_millis(1));
        });
        let tracer = Tracer(recorder);
        assert!(tracer.is_dirty());
        tracer.flush(true).expect("written");
        let text = std::fs::read_to_string(file.path()).expect("read");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("handle;append "));
        let nanos: u64 = line.expect("the inner one").parse().expect("a number");
        assert!(nanos >= 1_000_000, "{text}");
    }

    fn state(form: Form) -> (State, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        (State::new(form, file.reopen().expect("open")), file)
    }

    /// handle 0…100 around append 10…40 and append 50…60, then handle 200…300.
    fn go_through(state: &mut State) {
        state.enter("handle", 0);
        for (begin, end) in [(10, 40), (50, 60)] {
            state.enter("append", begin);
            state.exit(end);
        }
        state.exit(100);
        state.enter("handle", 200);
        state.exit(300);
    }

    #[test]
    fn a_stack_is_told_the_time_of_its_own_since_the_last_lines() {
        let (mut state, file) = state(Form::Flame(Vec::new()));
        go_through(&mut state);
        state.write(300).expect("written");
        go_through(&mut state);
        state.write(600).expect("written");
        let text = std::fs::read_to_string(file.path()).expect("read");
        assert_eq!(text, "handle 160\nhandle;append 40\n".repeat(2));
    }

    #[test]
    fn every_span_is_an_event_with_its_time_since_the_start_of_the_run() {
        let (mut state, file) = state(Form::Chrome {
            process: 3,
            life: 1,
            origin: 0,
        });
        go_through(&mut state);
        state.write(300).expect("written");
        let text = std::fs::read_to_string(file.path()).expect("read");
        let first = r#"{"name":"append","ph":"X","ts":0.010,"dur":0.030,"pid":3,"tid":1}"#;
        assert_eq!(text.lines().next(), Some(first));
        for line in text.lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok());
        }
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn a_full_trace_says_so_once_and_grows_no_more() {
        let (mut state, file) = state(Form::Flame(Vec::new()));
        state.size = BOUND - 1;
        for _ in 0..3 {
            go_through(&mut state);
            state.write(300).expect("written");
        }
        let text = std::fs::read_to_string(file.path()).expect("read");
        assert_eq!(text, format!("{FULL} 1\n"));
    }
}
