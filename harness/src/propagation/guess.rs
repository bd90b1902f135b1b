//! Which fields of strangers' messages carry elements: learned from the journal.
//!
//! Elements are usually small integers, and so are hop counts, rounds, terms and
//! sizes. What tells them apart is causality: a node cannot pass on an element
//! that has not reached it, while a counter does not know what has reached whom.
//!
//! ```text
//!   c1 ─ broadcast 0 ─► n0 ─ {"type":"sync","seen":[0],"round":1} ─► n1
//!                                            ▲          ▲
//!                          n0 has 0: possible ┘          └ nobody has 1 yet: `sync.round` is out
//! ```
//!
//! A place is a message type with a path of keys; list positions count as one
//! path, and so do keys that are numbers or names of nodes (`sync.log.*.seen[]`).
//! A digits-only string is the number it spells, and so is a digits-only key
//! (Go writes sets as `{"3":{}}`). Nothing is looked for under `type`, `msg_id`,
//! `in_reply_to`, `id`, `offset`, `src`, `dest`, `time`, `timestamp` and `ts`. A
//! place is taken for a carrier if
//!
//! 1. it never held an element that could not have reached the sender by then, in a
//!    client's request or at any place not ruled out so far,
//! 2. at most one in twenty of its values is no element at all, and
//! 3. it does not hold the oldest elements alone, as slow counters do: with the
//!    elements numbered 1…k by arrival, the numbers it holds average at least k/4
//!    (counting from k = 8).
//!
//! What this cannot tell: an acknowledgement that repeats elements counts as
//! carrying them, and elements packed into longer strings are not seen.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use swelkie_checkers::Element;

use super::elements::{Known, plain_integer};

/// Keys under which nothing is looked for.
const SKIPPED: [&str; 9] = [
    "msg_id",
    "in_reply_to",
    "id",
    "offset",
    "src",
    "dest",
    "time",
    "timestamp",
    "ts",
];
/// More places than this are not told apart.
const MAX_PATHS: usize = 4096;
/// More keys than this at one place are taken for data.
const MAX_KEYS: usize = 64;

/// Among fewer elements the oldest are not told from others.
const RATED_FROM: u32 = 8;

type Path = u32;
type Kind = u32;

/// A message type at a path.
pub(super) type Place = (Kind, Path);

/// The paths and types met so far, as a tree of keys.
pub(super) struct Paths {
    known_names: BTreeSet<String>,
    paths: Vec<PathNode>,
    /// Type, and whether a service wrote it.
    kinds: Vec<(String, bool)>,
}

#[derive(Default)]
struct PathNode {
    label: String,
    children: Vec<(String, Path)>,
}

impl Paths {
    const ROOT: Path = 0;

    /// Nothing met yet; `names` are those of nodes.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Paths {
        Paths {
            known_names: names.map(str::to_owned).collect(),
            paths: vec![PathNode::default()],
            kinds: Vec::new(),
        }
    }

    fn child(&mut self, of: Path, key: &str) -> Path {
        let children = &self.paths[of as usize].children;
        if let Some((_, path)) = children.iter().find(|(name, _)| name == key) {
            return *path;
        }
        let is_data = self.known_names.contains(key)
            || (!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()));
        if key != "*" && (is_data || children.len() >= MAX_KEYS) {
            return self.child(of, "*");
        }
        if self.paths.len() >= MAX_PATHS {
            return of;
        }
        let path = self.paths.len() as Path;
        let above = &self.paths[of as usize].label;
        let dot = if above.is_empty() || key.starts_with(['[', '{']) {
            ""
        } else {
            "."
        };
        let label = format!("{above}{dot}{key}");
        self.paths.push(PathNode {
            label,
            children: Vec::new(),
        });
        self.paths[of as usize]
            .children
            .push((key.to_owned(), path));
        path
    }

    fn kind(&mut self, name: &str, service: bool) -> Kind {
        let known = self
            .kinds
            .iter()
            .position(|(kind, by)| kind == name && *by == service);
        let index = known.unwrap_or_else(|| {
            if self.kinds.len() < MAX_KEYS {
                self.kinds.push((name.to_owned(), service));
            }
            self.kinds.len() - 1
        });
        index as Kind
    }

    /// `gossip.messages[]`.
    fn label(&self, (kind, path): Place) -> String {
        let (kind, path) = (
            &self.kinds[kind as usize].0,
            &self.paths[path as usize].label,
        );
        let dot = if path.is_empty() || path.starts_with('[') {
            ""
        } else {
            "."
        };
        format!("{kind}{dot}{path}")
    }
}

/// The values in a body that may be elements: where, and which element, if any.
#[derive(Default)]
pub(super) struct Found {
    kind: Kind,
    values: Vec<(Path, Option<Element>)>,
}

impl Found {
    /// The elements and where they stand, each element once per place.
    fn elements(&mut self) -> Box<[(Path, Element)]> {
        self.values.sort_unstable();
        self.values.dedup();
        self.values
            .iter()
            .filter_map(|&(path, element)| Some((path, element?)))
            .collect()
    }
}

/// Looks through a body. False if it cannot be read.
pub(super) fn look(
    body: &[u8],
    service: bool,
    known: &Known,
    paths: &mut Paths,
    found: &mut Found,
) -> bool {
    found.values.clear();
    let mut kind = None;
    let walk = Walk {
        paths,
        known,
        values: &mut found.values,
        kind: &mut kind,
        at: Paths::ROOT,
        top: true,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = walk.deserialize(&mut json).is_ok();
    found.kind = paths.kind(kind.as_deref().unwrap_or(""), service);
    read
}

struct Walk<'a, 'de> {
    paths: &'a mut Paths,
    known: &'a Known,
    values: &'a mut Vec<(Path, Option<Element>)>,
    kind: &'a mut Option<Cow<'de, str>>,
    at: Path,
    top: bool,
}

impl<'de> Walk<'_, 'de> {
    fn below(&mut self, key: &str) -> Walk<'_, 'de> {
        let at = self.paths.child(self.at, key);
        self.walk_at(at)
    }

    fn walk_at(&mut self, at: Path) -> Walk<'_, 'de> {
        Walk {
            at,
            paths: self.paths,
            known: self.known,
            values: self.values,
            kind: self.kind,
            top: false,
        }
    }

    fn push(&mut self, element: Option<Element>) {
        self.values.push((self.at, element));
    }

    fn push_json(&mut self, value: &(impl Serialize + ?Sized)) {
        let text = || serde_json::to_string(value).ok();
        let element = if self.known.has_others() {
            text().and_then(|text| self.known.find(&text))
        } else {
            None
        };
        self.push(element);
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        let element = self.known.find_integer(value);
        self.push(element);
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.push_json(&value);
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        self.push_json(&value);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        match plain_integer(value.as_bytes()).and_then(|integer| self.known.find_integer(integer)) {
            Some(element) => self.push(Some(element)),
            None => self.push_json(value),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let entries = self.paths.child(self.at, "[]");
        while list.next_element_seed(self.walk_at(entries))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if self.top && key == "type" {
                let kind: Kindred = map.next_value()?;
                *self.kind = kind.0;
            } else if SKIPPED.contains(&&*key) {
                map.next_value::<IgnoredAny>()?;
            } else {
                if let Some(integer) = plain_integer(key.as_bytes()) {
                    let element = self.known.find_integer(integer);
                    self.below("{}").push(element);
                }
                map.next_value_seed(self.below(&key))?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A type that is a string; programs in the wild write others.
struct Kindred<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Kindred<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let raw: &'de serde_json::value::RawValue = Deserialize::deserialize(json)?;
        Ok(Kindred(
            serde_json::from_str::<Key>(raw.get()).ok().map(|key| key.0),
        ))
    }
}

/// What a place held so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Elements that the sender could have had.
    possible: u64,
    /// Elements that it could not have had.
    impossible: u64,
    /// Values that are no elements.
    others: u64,
    /// Elements among the possible ones that are rated by their age.
    rated: u64,
    /// Their sum of (number by arrival) / (elements arrived so far).
    ages: f64,
}

impl Tally {
    fn is_carrier(&self) -> bool {
        let values = self.possible + self.others;
        self.impossible == 0
            && self.possible > 0
            && self.others * 20 <= values
            && self.ages * 4.0 >= self.rated as f64
    }
}

/// Learns while the journal goes by. What is sent and what arrives must be told in order.
pub(super) struct Lessons {
    tallies: BTreeMap<Place, Tally>,
    /// By place of the network: the elements that could have reached it.
    could_have: Vec<Vec<u64>>,
    /// By element: its number in the order of arrival, from 1; 0 before.
    number: Vec<u32>,
    arrived: u32,
    /// Messages between nodes and services that held any value.
    messages: u64,
}

/// What a message on its way may carry.
pub(super) struct MayCarry {
    kind: Kind,
    elements: Box<[(Path, Element)]>,
}

impl MayCarry {
    /// Whether it carries nothing.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

impl Lessons {
    pub fn new(places: usize, elements: usize) -> Lessons {
        Lessons {
            tallies: BTreeMap::new(),
            could_have: vec![vec![0; elements.div_ceil(64)]; places],
            number: vec![0; elements],
            arrived: 0,
            messages: 0,
        }
    }

    /// A client's request brought an element.
    pub fn requested(&mut self, dest: u32, element: Element) {
        let number = &mut self.number[element as usize];
        if *number == 0 {
            self.arrived += 1;
            *number = self.arrived;
        }
        self.reach(dest, element);
    }

    /// A node or service sent a message.
    pub fn sent(&mut self, src: u32, found: &mut Found) -> MayCarry {
        self.messages += u64::from(!found.values.is_empty());
        let have = &self.could_have[src as usize];
        for same in found.values.chunk_by(|a, b| a.0 == b.0) {
            let tally = self.tallies.entry((found.kind, same[0].0)).or_default();
            for &(_, element) in same {
                let Some(element) = element else {
                    tally.others += 1;
                    continue;
                };
                if have[element as usize / 64] >> (element % 64) & 1 == 1 {
                    let number = self.number[element as usize];
                    tally.possible += 1;
                    if self.arrived >= RATED_FROM {
                        tally.rated += 1;
                        tally.ages += f64::from(number) / f64::from(self.arrived);
                    }
                } else {
                    tally.impossible += 1;
                }
            }
        }
        MayCarry {
            kind: found.kind,
            elements: found.elements(),
        }
    }

    /// It arrived.
    pub fn arrived(&mut self, dest: u32, message: &MayCarry) {
        for same in message.elements.chunk_by(|a, b| a.0 == b.0) {
            let tally = self.tallies.get(&(message.kind, same[0].0));
            if tally.is_some_and(|tally| tally.impossible == 0) {
                same.iter()
                    .for_each(|&(_, element)| self.reach(dest, element));
            }
        }
    }

    fn reach(&mut self, dest: u32, element: Element) {
        self.could_have[dest as usize][element as usize / 64] |= 1 << (element % 64);
    }

    /// What was learned.
    pub fn carriers(&self, paths: Paths) -> Carriers {
        let carriers = self.tallies.iter().filter(|(_, tally)| tally.is_carrier());
        let places: BTreeSet<Place> = carriers.map(|(&place, _)| place).collect();
        Carriers {
            places,
            paths,
            found: Found::default(),
            blind: self.messages > 0,
        }
    }
}

/// The places that carry elements.
pub(super) struct Carriers {
    places: BTreeSet<Place>,
    paths: Paths,
    found: Found,
    blind: bool,
}

impl Carriers {
    /// Adds the elements that a message of a node or service carries. False if it cannot be read.
    pub fn read(
        &mut self,
        body: &[u8],
        service: bool,
        known: &Known,
        into: &mut Vec<Element>,
    ) -> bool {
        let read = look(body, service, known, &mut self.paths, &mut self.found);
        let kind = self.found.kind;
        for same in self.found.values.chunk_by(|a, b| a.0 == b.0) {
            if self.places.contains(&(kind, same[0].0)) {
                into.extend(same.iter().filter_map(|value| value.1));
            }
        }
        read
    }

    /// `gossip.messages[]`, …
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self
            .places
            .iter()
            .map(|&place| self.paths.label(place))
            .collect();
        labels.dedup();
        labels
    }

    /// Whether there was something to read and nothing in it was understood.
    pub fn is_blind(&self) -> bool {
        self.blind && self.places.is_empty()
    }
}
