//! `g-counter` and `pn-counter`: a number that clients add to, the same
//! everywhere in the end.
//!
//! `add {delta: int}` → `add_ok`; `read` → `read_ok {value: int}`. Half of the
//! operations add, 0…4 to a g-counter and −5…4 to a pn-counter, half read.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use bytes::Bytes;
use rand::RngExt;
use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::{Elements, History, Value, Verdict, counter, stats};
use swelkie_nodes::Body;

use crate::reply::Form;
use crate::workload::{Invocation, Malformed, Output, Reply, Turn, Workload};

const ADDED: Form = Form {
    kind: "add_ok",
    field: None,
    phrase: "an `add_ok`",
};
const SHOWN: Form = Form {
    kind: "read_ok",
    field: Some("value"),
    phrase: "a `read_ok` with `value`, an integer",
};
const READ: Invocation = Invocation {
    f: "read",
    input: Value::Nothing,
};

/// A workload that adds to a counter and reads it.
pub(crate) struct Counter {
    name: &'static str,
    deltas: RangeInclusive<i64>,
}

/// The counter that only grows.
pub(crate) fn grow_only() -> Counter {
    Counter {
        name: "g-counter",
        deltas: 0..=4,
    }
}

/// The counter that goes up and down.
pub(crate) fn positive_negative() -> Counter {
    Counter {
        name: "pn-counter",
        deltas: -5..=4,
    }
}

impl Workload for Counter {
    fn name(&self) -> &'static str {
        self.name
    }

    fn generate(&mut self, turn: &mut Turn) -> Option<Invocation> {
        if turn.rng.random_bool(0.5) {
            return Some(READ);
        }
        let delta = turn.rng.random_range(self.deltas.clone());
        Some(Invocation {
            f: "add",
            input: Value::Int(delta),
        })
    }

    fn final_invocation(&self) -> Option<Invocation> {
        Some(READ)
    }

    fn request(&self, invocation: &Invocation, elements: &Elements) -> Body {
        if invocation.f == READ.f {
            return Body::from_json(Bytes::from_static(br#"{"type":"read"}"#));
        }
        let delta = invocation.json(elements);
        Body::from_json(Bytes::from(format!(r#"{{"type":"add","delta":{delta}}}"#)))
    }

    fn interpret<'b>(&mut self, reply: Reply<'_, 'b>) -> Result<Output<'b>, Malformed> {
        if reply.invocation.f != READ.f {
            return ADDED.acknowledgement(reply.body);
        }
        let text = SHOWN.field(reply.body)?;
        Ok(Output {
            value: Value::Int(SHOWN.integer(text)?),
            json: Cow::Borrowed(text.get()),
        })
    }

    fn only_reads(&self, f: &str) -> bool {
        f == READ.f
    }

    fn recovered(&self, history: &History) -> bool {
        counter::settled(history)
    }

    fn check(&self, history: &History) -> Verdict {
        counter::check(history, self.name)
    }

    fn figures(&self, catalogue: &mut Catalogue) {
        stats::names(catalogue, &["add", READ.f]);
        counter::names(catalogue, self.name);
    }
}
