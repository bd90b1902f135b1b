//! `unique-ids`: no two requests ever get the same id.
//!
//! `generate` → `generate_ok {id: any}`. Any JSON value is an id.

use std::borrow::Cow;

use bytes::Bytes;
use swelkie_checkers::catalogue::Catalogue;
use swelkie_checkers::{Elements, History, Value, Verdict, stats, unique_ids};
use swelkie_nodes::Body;

use crate::reply::Form;
use crate::workload::{Invocation, Malformed, Output, Reply, Turn, Workload};

const GENERATED: Form = Form {
    kind: "generate_ok",
    field: Some("id"),
    phrase: "a `generate_ok` with `id`",
};

/// A workload that asks for ids.
pub(crate) struct UniqueIds;

impl Workload for UniqueIds {
    fn name(&self) -> &'static str {
        "unique-ids"
    }

    fn generate(&mut self, _turn: &mut Turn) -> Option<Invocation> {
        Some(Invocation {
            f: "generate",
            input: Value::Nothing,
        })
    }

    fn request(&self, _invocation: &Invocation, _elements: &Elements) -> Body {
        Body::from_json(Bytes::from_static(br#"{"type":"generate"}"#))
    }

    fn interpret<'b>(&mut self, reply: Reply<'_, 'b>) -> Result<Output<'b>, Malformed> {
        let text = GENERATED.field(reply.body)?;
        Ok(Output {
            value: Value::Element(GENERATED.element(text, reply.elements)?),
            json: Cow::Borrowed(text.get()),
        })
    }

    /// A request that failed may have used up an id.
    fn only_reads(&self, _f: &str) -> bool {
        false
    }

    fn check(&self, history: &History) -> Verdict {
        unique_ids::check(history)
    }

    fn figures(&self, catalogue: &mut Catalogue) {
        stats::names(catalogue, &["generate"]);
        unique_ids::names(catalogue);
    }
}
