//! `echo`: the simplest workload, for the first node one writes.
//!
//! `echo {echo: any}` → `echo_ok {echo: same}`.

use std::borrow::Cow;

use bytes::Bytes;
use rand::RngExt;
use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::{Elements, History, Value, Verdict, echo, stats};
use swelkie_nodes::Body;

use crate::reply::Form;
use crate::workload::{Invocation, Malformed, Output, Reply, Turn, Workload};

const ECHOED: Form = Form {
    kind: "echo_ok",
    field: Some("echo"),
    phrase: "an `echo_ok` with `echo`",
};

/// A workload that asks for an echo.
pub(crate) struct Echo;

impl Workload for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn generate(&mut self, turn: &mut Turn) -> Option<Invocation> {
        let number = turn.rng.random_range(0..128);
        Some(Invocation {
            f: "echo",
            input: Value::Json(format!(r#""Please echo {number}""#)),
        })
    }

    fn request(&self, invocation: &Invocation, elements: &Elements) -> Body {
        let text = invocation.json(elements);
        Body::from_json(Bytes::from(format!(r#"{{"type":"echo","echo":{text}}}"#)))
    }

    fn interpret<'b>(&mut self, reply: Reply<'_, 'b>) -> Result<Output<'b>, Malformed> {
        let text = ECHOED.readable_field(reply.body)?;
        Ok(Output {
            value: Value::Json(text.to_owned()),
            json: Cow::Borrowed(text),
        })
    }

    /// An echo leaves nothing behind: one that failed did not happen.
    fn only_reads(&self, _f: &str) -> bool {
        true
    }

    fn check(&self, history: &History) -> Verdict {
        echo::check(history)
    }

    fn figures(&self, catalogue: &mut Catalogue) {
        stats::names(catalogue, &["echo"]);
        echo::names(catalogue);
    }
}
