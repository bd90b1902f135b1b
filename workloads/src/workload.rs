//! The trait every workload implements.

use std::borrow::Cow;
use std::fmt;

use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::{Elements, History, Value, Verdict};
use swelkie_nodes::{Body, Rng};

/// What a client does next.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The operation's name in histories: `broadcast`, `read`, `add`, …
    pub f: &'static str,
    /// Its argument.
    pub input: Value,
}

impl Invocation {
    /// The argument as JSON text, for `history.jsonl`.
    #[must_use]
    pub fn json<'a>(&'a self, elements: &'a Elements) -> Cow<'a, str> {
        match &self.input {
            Value::Nothing | Value::View(_) => "null".into(),
            Value::Int(number) => number.to_string().into(),
            Value::Element(element) => elements.text(*element).into(),
            Value::Json(text) => text.as_str().into(),
        }
    }
}

/// A client process asks what to do.
pub struct Turn<'a> {
    /// The process that is free.
    pub process: u64,
    /// Which of the run's client slots it is, in `0..concurrency`; a slot stays
    /// with its node, its process number changes after an `info`.
    pub slot: usize,
    /// The node it is bound to, as an index.
    pub node: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// The elements of the run.
    pub elements: &'a mut Elements,
    /// The workload's random stream.
    pub rng: &'a mut Rng,
}

/// A reply to interpret. Its body's `type` is not `error`: those the engine
/// handles for every workload alike.
///
/// `'b` is the body's lifetime alone, so that an [`Output`] may borrow from the
/// body while the history grows.
pub struct Reply<'a, 'b> {
    /// The node that was asked, as an index.
    pub node: usize,
    /// What was asked.
    pub invocation: &'a Invocation,
    /// What came back, a JSON object.
    pub body: &'b Body,
    /// The elements of the run.
    pub elements: &'a mut Elements,
}

/// What a reply returned.
#[derive(Clone, Debug, PartialEq)]
pub struct Output<'a> {
    /// For the checkers.
    pub value: Value,
    /// As JSON text for `history.jsonl`, borrowed from the reply where it can be.
    pub json: Cow<'a, str>,
}

/// A reply that does not have the shape the protocol asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What was expected, a phrase: ``a `read_ok` with `messages`, a list``.
    pub expected: String,
    /// What is wrong: ``type is `broadcast_ok` ``, `messages is missing`, …
    pub found: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "expected {}, but {}", self.expected, self.found)
    }
}

/// What clients do, and what it means. See the crate's page for who calls what.
pub trait Workload: Send {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// Whether nodes are told a topology after `init`.
    fn uses_topology(&self) -> bool {
        false
    }

    /// What a free client process does next; none if it has nothing to do now.
    fn generate(&mut self, turn: &mut Turn) -> Option<Invocation>;

    /// The read every node answers after recovery; none if there is no final phase.
    fn final_invocation(&self) -> Option<Invocation> {
        None
    }

    /// The body of the request, with its `type` and without `msg_id`.
    fn request(&self, invocation: &Invocation, elements: &Elements) -> Body;

    /// Reads a reply. Extra fields are ignored, null is an empty list.
    ///
    /// # Errors
    /// If the reply has the wrong type, or a field is missing or of the wrong shape.
    fn interpret<'b>(&mut self, reply: Reply<'_, 'b>) -> Result<Output<'b>, Malformed>;

    /// Whether an operation of this name only reads: a failed one is then `fail`,
    /// never `info`.
    fn only_reads(&self, f: &str) -> bool;

    /// Whether the operations of [`Phase::Final`](swelkie_checkers::Phase::Final)
    /// satisfy the final rule, so that waiting longer changes nothing.
    fn recovered(&self, history: &History) -> bool {
        let _ = history;
        true
    }

    /// The verdict.
    fn check(&self, history: &History) -> Verdict;

    /// Lists the figures that [`check`](Workload::check) and the statistics of this
    /// workload's operations may set, so that an assertion on a figure that does not
    /// exist is refused before a node starts.
    fn figures(&self, catalogue: &mut Catalogue);
}
