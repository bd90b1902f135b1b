//! How elements spread, from what messages carried.
//!
//! The source called `carried`: an element is at a node from the moment a
//! delivered body contains it. (The other source, `seen`, goes by what reads
//! show; it lives with the checkers.) It is read from the journal when the run is
//! over, in one streaming pass; memory is linear in the messages in flight and in
//! elements × nodes.
//!
//! ```text
//!   messages.jsonl ─► record ─► body ─► elements ─┬─► first arrivals ─► figures
//!   (guess: read twice,         exact: by field   └─► traces of a few ─► Path ─► explain
//!    once to learn the fields)  guess: learned
//! ```
//!
//! For built-in nodes it is exact. For strangers' nodes it is a guess and marked as
//! one: which fields carry elements is learned from causality (the rule stands at
//! the head of `guess.rs`). The sender of a message is who really wrote it,
//! whatever `src` it gives.
//!
//! What was carried to a node need not be remembered: a node that is killed may
//! lose it. First arrivals count once for all lives of a node; a [`Path`] tells
//! lives apart.

mod arrivals;
mod bodies;
mod elements;
mod evidence;
mod guess;
mod in_flight;
mod journey;
mod landings;
mod map;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod trace;
mod ways;
mod wording;

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use swelkie_checkers::{Anomaly, Element, Figures, History, Nanos};

pub use arrivals::names;
pub use evidence::{ActiveFault, Dropped, Explanation, Neighbour, Path, Step, Stopped};
pub use journey::{Arrived, Journey, Place};
pub use landings::Landing;

pub use ways::{Arrival, Loss, Manifest, Origin, Way};

pub(crate) use elements::Known;
pub(crate) use record::{Event, Record};

use arrivals::Arrivals;
use map::Map;
use reader::Reader;
use trace::Trace;

/// What is to be found out.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What clients saw: which elements there are, which nodes.
    pub history: &'a History,
    /// The names of the services that nodes could ask.
    pub services: &'a [&'a str],
    /// Every node is a built-in one, whose messages are known.
    pub builtin: bool,
    /// Whose way is traced.
    pub follow: Follow<'a>,
    /// Journals of more bytes than this are left out; [`DEFAULT_LIMIT`] for most.
    pub limit: u64,
}

/// Whose way is traced, for [`Propagation::path`] and [`Propagation::explain`].
#[derive(Clone, Copy, Debug)]
pub enum Follow<'a> {
    /// Elements that these anomalies say went astray, the first 64.
    Anomalies(&'a [Anomaly]),
    /// These elements, as JSON text.
    Elements(&'a [&'a str]),
    /// All of them. Memory is linear in elements × nodes, some hundred bytes each.
    All,
    /// These elements, and every drop of theirs, and what each message carried
    /// ([`Propagation::ways`], [`Propagation::manifest`]).
    Closely(&'a [&'a str]),
}

/// A gibibyte takes two to ten seconds to read, by what is in it.
pub const DEFAULT_LIMIT: u64 = 1 << 30;

/// At most so many elements are traced.
const MAX_TRACES: usize = 64;

/// How elements spread.
pub struct Propagation {
    exact: bool,
    carriers: Vec<String>,
    warnings: Vec<String>,
    left_out: bool,
    known: Known,
    arrivals: Arrivals,
    traces: Vec<Trace>,
    /// By element: its trace, or [`reader::NONE`].
    trace_of: Vec<u32>,
    map: Map,
    manifest: Option<Manifest>,
    all_losses: bool,
}

/// The fields that were read, for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Whether it is certain that these fields carry elements, and no others.
    pub exact: bool,
    /// `gossip.messages[]`: message type and path.
    pub carriers: Vec<String>,
}

impl Propagation {
    /// Reads a journal; `open` opens it at its start, twice when carriers have to be guessed.
    /// A torn last line is ignored, other lines that are no records are counted in a warning.
    ///
    /// # Errors
    /// What opening and reading give.
    pub fn read<R: BufRead>(
        question: &Question,
        mut open: impl FnMut() -> io::Result<R>,
    ) -> io::Result<Propagation> {
        let mut reader = Reader::new(question);
        if reader.is_too_large() {
            return Ok(reader.leave_out("there are too many elements for so many nodes"));
        }
        if !question.builtin {
            reader.learn(open()?)?;
        }
        reader.follow(open()?)?;
        Ok(reader.finish())
    }

    /// Where this comes from.
    #[must_use]
    pub fn basis(&self) -> Basis {
        Basis {
            exact: self.exact,
            carriers: self.carriers.clone(),
        }
    }

    /// Whether the journal could not be used; a warning says why. There are no
    /// figures and no paths then.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        self.left_out
    }

    /// What the reader of the figures should know.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Sets the figures, `<prefix>.carried.…`; [`names`] lists them. Elements whose
    /// add definitely failed and nodes that are not judged do not count.
    ///
    /// `time-to-node`, `time-to-90%` (of the nodes) and `time-to-all` are measured
    /// from the invocation of the add. `everywhere` counts the elements that came to
    /// every node, `copies` is the mean number of deliveries per element to a node
    /// that had it already, `hops` is the length of the way to a node: 0 where a
    /// client brought it.
    pub fn figures(&self, history: &History, prefix: &str, figures: &mut Figures) {
        if !self.left_out {
            self.arrivals.figures(history, &self.known, prefix, figures);
        }
    }

    /// When an element came to a node first.
    #[must_use]
    pub fn first(&self, element: Element, node: usize) -> Option<Nanos> {
        let known = !self.left_out && (element as usize) < self.known.len();
        known.then(|| self.arrivals.first(element, node)).flatten()
    }
}

/// Whether an anomaly is about where an element went.
fn is_about_spread(anomaly: &Anomaly) -> bool {
    matches!(&*anomaly.kind, "lost" | "partial" | "vanished")
}
