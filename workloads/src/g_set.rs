//! `g-set`: a set that only grows and is the same everywhere in the end.
//!
//! `add {element: any}` → `add_ok`; `read` → `read_ok {value: [any]}`. Half of the
//! operations add 0, 1, 2, …, half read.

use swelkie_checkers::set::Rules;

use crate::growing::{Growing, Words};
use crate::registry::Options;
use crate::reply::Form;

const WORDS: Words = Words {
    name: "g-set",
    topology: false,
    argument: "element",
    added: Form {
        kind: "add_ok",
        field: None,
        phrase: "an `add_ok`",
    },
    shown: Form {
        kind: "read_ok",
        field: Some("value"),
        phrase: "a `read_ok` with `value`, a list",
    },
};

/// The workload.
pub(crate) fn workload(options: &Options) -> Growing {
    Growing::new(&WORDS, Rules::G_SET, options)
}
