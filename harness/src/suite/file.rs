//! Reading a suite file.
//!
//! ```toml
//! [suite]                    # about all of it
//! name = "my node"
//! budget = "5m"
//!
//! [defaults]                 # of every rung
//! workload = "broadcast"
//! bin = "./my_node.py"
//!
//! [[rung]]
//! name = "partition"
//! nemesis = "partition"      # an option of `swelkie test`, under its own name
//! seeds = "1..=20"
//! needs = "basics"
//! ```
//!
//! Keys that belong to suites are read here. All others are options of `swelkie test`:
//! they are kept with their places, and whoever knows those options reads them.

mod read;
mod values;

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use super::{Expectation, Seeds};
use crate::faults::mistake::Source;

pub use read::{parse, unknown_key};

/// A suite file as it was read.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Its text, for messages about what is read later.
    pub source: Source,
    /// What the suite is called.
    pub name: Option<String>,
    /// How long all of it may take.
    pub budget: Option<Duration>,
    /// The first seed of rungs that name none.
    pub seed: Option<u64>,
    /// What holds for every rung that does not say otherwise.
    pub defaults: Block,
    /// The rungs, in the order of the file.
    pub rungs: Vec<Block>,
}

/// A rung, or what all rungs have in common.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Where it begins.
    pub span: Range<usize>,
    /// Its name; the defaults have none.
    pub name: Option<Spanned<String>>,
    /// With which seeds it is played.
    pub seeds: Option<SeedsAsked>,
    /// How often with each.
    pub repeat: Option<u32>,
    /// What is expected.
    pub expect: Option<Expectation>,
    /// The rung that must have passed before.
    pub needs: Option<Spanned<String>>,
    /// How long it may take.
    pub budget: Option<Duration>,
    /// Options of `swelkie test`.
    pub entries: Vec<Entry>,
}

impl Block {
    /// Its name.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_ref().map_or("", |name| name.get_ref())
    }
}

/// Seeds as a file asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedsAsked {
    /// These.
    These(Seeds),
    /// So many, from the base seed on.
    Count(u64),
}

/// An option of `swelkie test`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `time-limit`
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// What it is set to.
    pub value: Value,
    /// Where that stands.
    pub span: Range<usize>,
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, or a number as it is written.
    Text(String),
    /// `true`, `false`
    Flag(bool),
    /// `["a", "b"]`
    List(Vec<String>),
    /// `{ n0 = "./old" }`
    Table(Vec<(String, String)>),
}

/// The keys of `[suite]`.
pub const SUITE: [(&str, &str); 3] = [
    ("name", "what the suite is called, in reports"),
    ("budget", "how long all of it may take: \"5m\""),
    (
        "seed",
        "the first seed of rungs that name none; drawn anew each time without it",
    ),
];

/// The keys of a rung that are no options of `swelkie test`.
pub const RUNG: [(&str, &str); 6] = [
    (
        "name",
        "what the rung is called; every rung has a name of its own",
    ),
    (
        "seeds",
        "[1, 2, 3], \"1..=20\", or how many from the base seed on",
    ),
    ("repeat", "how often each seed is played"),
    (
        "expect",
        "\"valid\", \"invalid\", \"unknown\", or { validity = \"invalid\", kind = \"lost\" }",
    ),
    (
        "needs",
        "the rung above that must have passed, or this one is skipped",
    ),
    ("budget", "how long the rung may take: \"1m\""),
];
