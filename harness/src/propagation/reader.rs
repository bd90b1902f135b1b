//! The pass over the journal.

use std::io::{self, BufRead};

use swelkie_checkers::Element;

use super::arrivals::{Arrivals, MAX_CELLS};
use super::bodies::{self, Request};
use super::elements::Known;
use super::guess::{self, Carriers, Found, Lessons, MayCarry, Paths};
use super::in_flight::InFlight;
use super::map::Map;
use super::record::{Event, Record};
use super::trace::{Leg, Loss, Origin, Trace};
use super::ways::{self, Manifest};
use super::{Follow, MAX_TRACES, Propagation, Question, is_about_spread};

/// What a message on its way carries.
enum Cargo {
    /// A node's new life.
    Init,
    /// Elements, and a leg for each of them that is traced.
    Elements(Box<[Element]>, Vec<Leg>),
}

/// The trace of an element that is not followed.
pub(super) const NONE: u32 = u32::MAX;

/// The elements to follow, some perhaps more than once.
fn followed(follow: Follow, known: &Known) -> Vec<Element> {
    match follow {
        Follow::Anomalies(anomalies) => {
            let astray = anomalies.iter().filter(|anomaly| is_about_spread(anomaly));
            let elements = astray.filter_map(|anomaly| known.find(anomaly.element.as_deref()?));
            let mut elements: Vec<Element> = elements.collect();
            let mut seen = std::collections::BTreeSet::new();
            elements.retain(|&element| seen.insert(element));
            elements.truncate(MAX_TRACES);
            elements
        }
        Follow::Elements(texts) | Follow::Closely(texts) => {
            texts.iter().filter_map(|text| known.find(text)).collect()
        }
        Follow::All => {
            let all = 0..known.len() as Element;
            all.filter(|&element| known.asked(element).is_some())
                .collect()
        }
    }
}

/// Reads a journal and collects what it says.
pub(super) struct Reader<'a> {
    question: Question<'a>,
    known: Known,
    map: Map,
    /// None for built-in nodes.
    carriers: Option<Carriers>,
    in_flight: InFlight<Cargo>,
    arrivals: Arrivals,
    traces: Vec<Trace>,
    /// By element: its trace, or [`NONE`].
    trace_of: Vec<u32>,
    /// What each message carried, if elements are followed closely.
    manifest: Option<Manifest>,
    /// How many more drops are kept.
    losses_left: usize,
    all_losses: bool,
    found: Vec<Element>,
    too_many_cells: bool,
    too_long: bool,
    bodies_missing: bool,
    unread_lines: u64,
    unread_bodies: u64,
}

impl<'a> Reader<'a> {
    pub fn new(question: &Question<'a>) -> Reader<'a> {
        let history = question.history;
        let known = Known::of(history);
        let map = Map::new(history, question.services);
        let places = map.names.len();
        let too_many_cells = places.saturating_mul(known.len()) > MAX_CELLS;
        let rows = if too_many_cells { 0 } else { known.len() };
        let followed = if too_many_cells {
            Vec::new()
        } else {
            followed(question.follow, &known)
        };
        let mut trace_of = vec![NONE; rows];
        let mut traces: Vec<Trace> = Vec::new();
        for element in followed {
            let slot = &mut trace_of[element as usize];
            if *slot == NONE {
                *slot = traces.len() as u32;
                let text = history.elements.text(element);
                traces.push(Trace::new(element, text, places));
            }
        }
        Reader {
            question: *question,
            arrivals: Arrivals::new(map.nodes, places, rows),
            map,
            known,
            carriers: None,
            in_flight: InFlight::default(),
            traces,
            trace_of,
            manifest: matches!(question.follow, Follow::Closely(_)).then(Manifest::new),
            losses_left: ways::MAX_LOSSES,
            all_losses: true,
            found: Vec::new(),
            too_many_cells,
            too_long: false,
            bodies_missing: false,
            unread_lines: 0,
            unread_bodies: 0,
        }
    }

    /// Whether the first arrivals would not fit into memory.
    pub fn is_too_large(&self) -> bool {
        self.too_many_cells
    }

    /// First pass: which fields of strangers' messages carry elements.
    pub fn learn(&mut self, source: impl BufRead) -> io::Result<()> {
        let mut lessons = Lessons::new(self.map.names.len(), self.known.len());
        let mut paths = Paths::new(self.map.names.iter().map(String::as_str));
        let mut in_flight: InFlight<LearnedCargo> = InFlight::default();
        let mut found = Found::default();
        let (known, map, elements) = (&self.known, &self.map, &mut self.found);
        let tail = lines(source, self.question.limit, |record| match &record.event {
            Event::Send {
                src,
                dest,
                body: Some(body),
            } => {
                let Some(dest) = map.place(dest) else { return };
                let src = map.place(src);
                let cargo = if let Some(src) = src {
                    if !guess::look(body, map.is_service(src), known, &mut paths, &mut found) {
                        return;
                    }
                    LearnedCargo::Message(lessons.sent(src, &mut found))
                } else {
                    elements.clear();
                    bodies::request(body, known, elements);
                    LearnedCargo::Request(elements.as_slice().into())
                };
                if !cargo.is_empty() {
                    in_flight.send(record.id, src, dest, cargo);
                }
            }
            Event::Deliver => match in_flight
                .end(record.id)
                .map(|flight| (flight.dest, &flight.cargo))
            {
                Some((dest, LearnedCargo::Message(message))) => lessons.arrived(dest, message),
                Some((dest, LearnedCargo::Request(elements))) => {
                    elements
                        .iter()
                        .for_each(|&element| lessons.requested(dest, element));
                }
                None => {}
            },
            Event::Duplicate => {
                in_flight.duplicate(record.id);
            }
            Event::Drop { .. } => {
                in_flight.end(record.id);
            }
            Event::Send { .. } => {}
        })?;
        self.too_long = tail.too_long;
        self.carriers = Some(lessons.carriers(paths));
        Ok(())
    }

    /// Last pass: where elements went.
    pub fn follow(&mut self, source: impl BufRead) -> io::Result<()> {
        if self.too_long {
            return Ok(());
        }
        let tail = lines(source, self.question.limit, |record| self.take(record))?;
        self.too_long = tail.too_long;
        self.unread_lines = tail.unread;
        Ok(())
    }

    fn take(&mut self, record: &Record) {
        match &record.event {
            Event::Send { src, dest, body } => {
                let Some(to) = self.map.place(dest) else {
                    return;
                };
                match body {
                    Some(body) => self.sent(record.id, src, to, body),
                    None => self.bodies_missing = true,
                }
            }
            Event::Duplicate => {
                if let Some(flight) = self.in_flight.duplicate(record.id)
                    && let Cargo::Elements(_, legs) = &flight.cargo
                {
                    for leg in legs {
                        self.traces[leg.trace].sent(flight.dest, &leg.from);
                    }
                }
            }
            Event::Deliver => self.delivered(record),
            Event::Drop { why, fault } => self.dropped(record, why, fault.as_deref()),
        }
    }

    fn dropped(&mut self, record: &Record, why: &str, fault: Option<&str>) {
        let Some(flight) = self.in_flight.end(record.id) else {
            return;
        };
        let Cargo::Elements(_, legs) = &flight.cargo else {
            return;
        };
        let place = flight.dest;
        for leg in legs {
            let trace = &mut self.traces[leg.trace];
            trace.dropped(record.at, place, why, fault, leg);
            if self.manifest.is_some() {
                self.all_losses &= self.losses_left > 0;
                if self.losses_left > 0 {
                    self.losses_left -= 1;
                    let message = record.id;
                    trace.losses.push(Loss { message, place });
                }
            }
        }
    }

    fn sent(&mut self, id: u64, src: &str, dest: u32, body: &[u8]) {
        self.found.clear();
        let from = self.map.place(src);
        let read = match from {
            None => match bodies::request(body, &self.known, &mut self.found) {
                Some(Request::Init) => {
                    self.in_flight.send(id, None, dest, Cargo::Init);
                    true
                }
                Some(Request::Topology(topology)) => {
                    self.map.learn_topology(topology);
                    true
                }
                Some(Request::Other) => true,
                None => false,
            },
            Some(from) => {
                self.map.note_link(from, dest);
                match &mut self.carriers {
                    None => bodies::builtin(body, &self.known, &mut self.found),
                    Some(carriers) => {
                        let service = self.map.is_service(from);
                        carriers.read(body, service, &self.known, &mut self.found)
                    }
                }
            }
        };
        self.unread_bodies += u64::from(!read);
        if self.found.is_empty() {
            return;
        }
        self.found.sort_unstable();
        self.found.dedup();
        if let Some(manifest) = &mut self.manifest {
            manifest.add(id, &self.found);
        }
        let legs = if self.traces.is_empty() {
            Vec::new()
        } else {
            self.legs(src, from, dest)
        };
        let cargo = Cargo::Elements(self.found.as_slice().into(), legs);
        self.in_flight.send(id, from, dest, cargo);
    }

    /// The legs of the traced elements in a message.
    fn legs(&mut self, src: &str, from: Option<u32>, dest: u32) -> Vec<Leg> {
        let mut legs = Vec::new();
        for element in &self.found {
            let trace = self.trace_of[*element as usize];
            if trace == NONE {
                continue;
            }
            let trace = trace as usize;
            let leg = Leg {
                trace,
                from: from.map_or_else(|| Origin::Client(src.to_owned()), Origin::Place),
                parent: from.and_then(|from| self.traces[trace].latest[from as usize]),
            };
            self.traces[trace].sent(dest, &leg.from);
            legs.push(leg);
        }
        legs
    }

    fn delivered(&mut self, record: &Record) {
        let Some(flight) = self.in_flight.end(record.id) else {
            return;
        };
        match &flight.cargo {
            Cargo::Init => self.map.lives[flight.dest as usize].push(record.at),
            Cargo::Elements(elements, legs) => {
                for &element in elements {
                    self.arrivals
                        .carried(record.at, flight.src, flight.dest, element);
                }
                for leg in legs {
                    let life = self.map.lives[flight.dest as usize].len() as u32;
                    let trace = &mut self.traces[leg.trace];
                    trace.arrived(record.at, record.id, (flight.dest, life), leg);
                }
            }
        }
    }

    /// What was found.
    pub fn finish(self) -> Propagation {
        if self.too_long {
            let why = format!("the journal has more than {} bytes", self.question.limit);
            return self.leave_out(&why);
        }
        if self.bodies_missing {
            return self.leave_out("past its size bound the journal holds no bodies");
        }
        if self.carriers.as_ref().is_some_and(Carriers::is_blind) {
            return self.leave_out(
                "no field of the nodes' messages to each other behaves like a carrier of elements",
            );
        }
        let mut warnings = Vec::new();
        if self.unread_lines > 0 {
            warnings.push(format!(
                "{} lines of messages.jsonl are no records and were ignored",
                self.unread_lines
            ));
        }
        if self.unread_bodies > 0 {
            warnings.push(format!(
                "{} bodies could not be read for what they carried (nested too deep, or a field twice)",
                self.unread_bodies
            ));
        }
        let labels = self
            .carriers
            .as_ref()
            .map_or_else(Vec::new, Carriers::labels);
        self.into_propagation(labels, warnings, false)
    }

    /// Nothing was found, and why.
    pub fn leave_out(self, why: &str) -> Propagation {
        let warning = format!("what messages carried (`carried`) is left out: {why}");
        self.into_propagation(Vec::new(), vec![warning], true)
    }

    fn into_propagation(
        self,
        carriers: Vec<String>,
        warnings: Vec<String>,
        left_out: bool,
    ) -> Propagation {
        let exact_carriers = ["broadcast.message", "gossip.messages[]"].map(str::to_owned);
        let exact = self.question.builtin;
        Propagation {
            exact,
            carriers: if exact {
                exact_carriers.into()
            } else {
                carriers
            },
            warnings,
            left_out,
            known: self.known,
            arrivals: self.arrivals,
            traces: self.traces,
            trace_of: self.trace_of,
            map: self.map,
            manifest: self.manifest,
            all_losses: self.all_losses,
        }
    }
}

enum LearnedCargo {
    Request(Box<[Element]>),
    Message(MayCarry),
}

impl LearnedCargo {
    fn is_empty(&self) -> bool {
        match self {
            LearnedCargo::Request(elements) => elements.is_empty(),
            LearnedCargo::Message(message) => message.is_empty(),
        }
    }
}

/// How reading ended.
struct Tail {
    too_long: bool,
    unread: u64,
}

/// Hands over every record in order; a last line without its end counts only if it is whole.
fn lines(mut source: impl BufRead, limit: u64, mut each: impl FnMut(&Record)) -> io::Result<Tail> {
    let mut tail = Tail {
        too_long: false,
        unread: 0,
    };
    let mut line = Vec::new();
    let mut bytes = 0;
    loop {
        line.clear();
        bytes += source.read_until(b'\n', &mut line)? as u64;
        if bytes > limit {
            tail.too_long = true;
            return Ok(tail);
        }
        match line.split_last() {
            None => return Ok(tail),
            Some((b'\n', line)) => match Record::parse(line) {
                Some(record) => each(&record),
                None => tail.unread += 1,
            },
            Some(_) => {
                if let Some(record) = Record::as_json(&line) {
                    each(&record);
                }
            }
        }
    }
}
