//! A line of `history.jsonl`, as whoever reads one sees it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use swelkie_checkers::Nanos;

/// What a client or the nemesis did.
#[derive(Deserialize)]
pub(crate) struct HistoryLine<'a> {
    pub time: Nanos,
    /// A number, or `"nemesis"`.
    #[serde(borrow)]
    pub process: &'a RawValue,
    /// `invoke`, `ok`, `fail` or `info`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub f: Cow<'a, str>,
    #[serde(borrow)]
    pub value: &'a RawValue,
    /// The operation's number; the nemesis has none.
    pub op: Option<u64>,
    #[serde(borrow, default)]
    pub node: Cow<'a, str>,
    #[serde(borrow, default)]
    pub client: Cow<'a, str>,
    /// Why it did not end ok: a word, and the rest of the story.
    #[serde(borrow)]
    pub error: Option<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(default)]
    pub recovery: bool,
    /// Which fault begins or ends.
    #[serde(borrow)]
    pub fault: Option<Cow<'a, str>>,
}

impl<'a> HistoryLine<'a> {
    /// Reads a line, with or without its end; none if it is none of ours, or torn.
    pub fn parse(line: &'a [u8]) -> Option<HistoryLine<'a>> {
        serde_json::from_slice(line).ok()
    }

    /// What a fault does and where, in few words.
    pub fn summary(&self) -> String {
        let value = self.value.get();
        serde_json::from_str(value).unwrap_or_else(|_| value.to_owned())
    }
}
