//! The spelling of Chrome's trace events: one JSON document, an event a line.
//!
//! Source: Trace Event Format, Google, 2016; what Perfetto makes of it, its importer
//! (`json_trace_parser.cc`, `trace_sorter.h`). The rules that bind us:
//!
//! - Slices of one thread nest or do not touch: a [`Track`] puts them one behind the other.
//! - A flow event belongs to the slice that is open on its thread at its time, the innermost
//!   one, so every end of an arrow has a slice of its own, and that lasts.
//! - An arrow begins before it ends; an end without a beginning is lost.
//! - Numbers of threads are one space, and a thread with its process's number is its main
//!   thread: no two are the same here.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use swelkie_checkers::Nanos;

/// How long what happens in no time is drawn. Perfetto shows slices of a pixel, and this is
/// far below any latency that matters.
pub(super) const INSTANT: Nanos = 1_000;

/// Writes events.
pub(super) struct Trace<W> {
    out: W,
    empty: bool,
    threads: BTreeMap<(u32, String), u32>,
    tracks: Vec<Track>,
    processes: Vec<String>,
}

/// A row of slices, none of which touch.
#[derive(Clone, Copy)]
struct Track {
    process: u32,
    free: Nanos,
}

#[derive(Serialize)]
struct Event<'a, A> {
    ph: char,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'a str,
    pid: u32,
    tid: u32,
    /// Microseconds.
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<A>,
}

/// What is said about a slice.
pub(super) struct Slice<'a, A> {
    /// `send`, `receive`, `drop`, `operation`, `fault`.
    pub category: &'a str,
    pub name: &'a str,
    pub args: A,
}

/// Exact up to a hundred days: 2⁵³ ns.
fn micros(at: Nanos) -> f64 {
    at as f64 / 1_000.0
}

impl<W: Write> Trace<W> {
    /// Begins the document. Processes are numbered from 1, and named once they have a thread.
    pub fn new(mut out: W, processes: Vec<String>) -> io::Result<Trace<W>> {
        out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n")?;
        Ok(Trace {
            out,
            empty: true,
            threads: BTreeMap::new(),
            tracks: Vec::new(),
            processes,
        })
    }

    /// Says what a process is called.
    fn name(&mut self, process: u32) -> io::Result<()> {
        let name = self.processes[process as usize - 1].clone();
        self.label("process_name", process, 0, "name", name.into())?;
        self.label(
            "process_sort_index",
            process,
            0,
            "sort_index",
            process.into(),
        )
    }

    /// The thread of this name in a process, made if it is new. Lower `order` is further up.
    pub fn thread(&mut self, process: u32, name: &str, order: u32) -> io::Result<u32> {
        let key = (process, name.to_owned());
        if let Some(&thread) = self.threads.get(&key) {
            return Ok(thread);
        }
        if !self.tracks.iter().any(|track| track.process == process) {
            self.name(process)?;
        }
        self.tracks.push(Track { process, free: 0 });
        let thread = (self.processes.len() + self.tracks.len()) as u32;
        self.threads.insert(key, thread);
        self.label("thread_name", process, thread, "name", name.into())?;
        self.label(
            "thread_sort_index",
            process,
            thread,
            "sort_index",
            order.into(),
        )?;
        Ok(thread)
    }

    /// The first of the threads `name`, `name (2)`, … that is free at a time.
    pub fn lane(&mut self, process: u32, name: &str, order: u32, at: Nanos) -> io::Result<u32> {
        for number in 1.. {
            let thread = match number {
                1 => self.thread(process, name, order)?,
                more => self.thread(process, &format!("{name} ({more})"), order)?,
            };
            if self.track(thread).free <= at {
                return Ok(thread);
            }
        }
        unreachable!("a new thread is free")
    }

    fn track(&mut self, thread: u32) -> &mut Track {
        &mut self.tracks[thread as usize - self.processes.len() - 1]
    }

    /// Draws a slice, at its time or as soon after it as its thread is free; gives the time.
    pub fn slice<A: Serialize>(
        &mut self,
        thread: u32,
        (at, lasts): (Nanos, Nanos),
        slice: Slice<A>,
    ) -> io::Result<Nanos> {
        let lasts = lasts.max(INSTANT);
        let track = self.track(thread);
        let at = at.max(track.free);
        track.free = at + lasts;
        let pid = track.process;
        self.event(&Event {
            ph: 'X',
            name: slice.name,
            cat: slice.category,
            pid,
            tid: thread,
            ts: micros(at),
            dur: Some(micros(lasts)),
            id: None,
            bp: None,
            args: Some(slice.args),
        })?;
        Ok(at)
    }

    /// Begins (`s`) or ends (`f`) an arrow at the slice that is open at this time.
    pub fn arrow(&mut self, end: char, id: u32, thread: u32, at: Nanos) -> io::Result<()> {
        let pid = self.track(thread).process;
        self.event(&Event::<()> {
            ph: end,
            name: "message",
            cat: "message",
            pid,
            tid: thread,
            ts: micros(at),
            dur: None,
            id: Some(id),
            bp: (end == 'f').then_some('e'),
            args: None,
        })
    }

    fn label(
        &mut self,
        what: &str,
        pid: u32,
        tid: u32,
        key: &str,
        value: serde_json::Value,
    ) -> io::Result<()> {
        let args = BTreeMap::from([(key, value)]);
        self.event(&Event {
            ph: 'M',
            name: what,
            cat: "",
            pid,
            tid,
            ts: 0.0,
            dur: None,
            id: None,
            bp: None,
            args: Some(args),
        })
    }

    fn event<A: Serialize>(&mut self, event: &Event<A>) -> io::Result<()> {
        if !std::mem::take(&mut self.empty) {
            self.out.write_all(b",\n")?;
        }
        Ok(serde_json::to_writer(&mut self.out, event)?)
    }

    /// Ends the document; `about` says what it is of.
    pub fn finish(mut self, about: &impl Serialize) -> io::Result<()> {
        self.out.write_all(b"\n],\"otherData\":")?;
        serde_json::to_writer(&mut self.out, about)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}
