//! What `broadcast` and `g-set` have in common: elements 0, 1, 2, … are added
//! at random nodes, and reads show the set each node has.
//!
//! ```text
//!   n0  |--add 0--|ok     |--read--|ok [0]
//!   n1       |--add 1--|ok            |--read--|ok [0,1]   (the other got here)
//! ```
//!
//! With [labels](crate::labels) the elements are objects, each for some of the nodes.

use std::borrow::Cow;

use bytes::Bytes;
use rand::RngExt;
use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::set::{self, Audiences, Rules};
use swelkie_checkers::{Elements, History, Value, Verdict, Views, stats};
use swelkie_nodes::Body;

use crate::labels::Labels;
use crate::registry::Options;
use crate::reply::Form;
use crate::workload::{Invocation, Malformed, Output, Reply, Turn, Workload};

/// The words in which a workload speaks of its set.
pub(crate) struct Words {
    /// The workload's name.
    pub name: &'static str,
    /// Whether nodes are told a topology.
    pub topology: bool,
    /// The field of an add that holds the element.
    pub argument: &'static str,
    /// The reply to an add.
    pub added: Form,
    /// The reply to a read.
    pub shown: Form,
}

/// A workload that adds elements to a set and reads it.
pub(crate) struct Growing {
    words: &'static Words,
    rules: Rules,
    labels: Option<Labels>,
    audiences: Audiences,
    next: u64,
    views: Views,
}

impl Growing {
    pub fn new(words: &'static Words, rules: Rules, options: &Options) -> Growing {
        Growing {
            words,
            rules: rules.duplicates(options.duplicates),
            labels: options.labels.clone(),
            audiences: Audiences::default(),
            next: 0,
            views: Views::default(),
        }
    }

    fn read(&self) -> Invocation {
        Invocation {
            f: self.rules.read,
            input: Value::Nothing,
        }
    }
}

impl Workload for Growing {
    fn name(&self) -> &'static str {
        self.words.name
    }

    fn uses_topology(&self) -> bool {
        self.words.topology
    }

    fn generate(&mut self, turn: &mut Turn) -> Option<Invocation> {
        if turn.rng.random_bool(0.5) {
            return Some(self.read());
        }
        let element = match &self.labels {
            None => turn.elements.intern_int(self.next),
            Some(labels) => labels.element(self.next, turn, &mut self.audiences),
        };
        self.next += 1;
        Some(Invocation {
            f: self.rules.add,
            input: Value::Element(element),
        })
    }

    fn final_invocation(&self) -> Option<Invocation> {
        Some(self.read())
    }

    fn request(&self, invocation: &Invocation, elements: &Elements) -> Body {
        let text = if invocation.f == self.rules.read {
            format!(r#"{{"type":"{}"}}"#, self.rules.read)
        } else {
            let element = invocation.json(elements);
            format!(
                r#"{{"type":"{}","{}":{element}}}"#,
                self.rules.add, self.words.argument
            )
        };
        Body::from_json(Bytes::from(text))
    }

    fn interpret<'b>(&mut self, reply: Reply<'_, 'b>) -> Result<Output<'b>, Malformed> {
        if reply.invocation.f != self.rules.read {
            return self.words.added.acknowledgement(reply.body);
        }
        let text = self.words.shown.field(reply.body)?;
        let list = self.words.shown.list(text, reply.elements)?;
        Ok(Output {
            value: Value::View(self.views.observe(reply.node, &list)),
            json: Cow::Borrowed(text.get()),
        })
    }

    fn only_reads(&self, f: &str) -> bool {
        f == self.rules.read
    }

    fn recovered(&self, history: &History) -> bool {
        set::settled_meant(history, &self.rules, &self.audiences)
    }

    fn check(&self, history: &History) -> Verdict {
        set::check_meant(history, &self.rules, &self.audiences)
    }

    fn figures(&self, catalogue: &mut Catalogue) {
        stats::names(catalogue, &[self.rules.add, self.rules.read]);
        set::names(catalogue, &self.rules);
        if let Some(labels) = &self.labels {
            set::names_meant(catalogue, &self.rules, &labels.classes());
        }
    }
}
