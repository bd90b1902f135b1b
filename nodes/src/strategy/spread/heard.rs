//! What a node has heard of: values and members, and the numbers they go by.
//!
//! A value is heard of once it stands in a message; it is shown to clients once the
//! strategy delivers it.

use std::borrow::Cow;
use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::builtin::values::{Values, canonical};
use crate::protocol::NodeId;
use crate::rng::Seed;
use crate::strategy::{Attributes, Names, Peer, Priority, Rumor, Sensitivity};

/// What a node has heard of. See the module.
#[derive(Debug, Default)]
pub struct Heard {
    members: Vec<NodeId>,
    peers: BTreeMap<NodeId, Peer>,
    values: Values,
    /// Most strategies never ask for them.
    keys: RefCell<Keys>,
    /// Only of those that have any.
    attributes: BTreeMap<Rumor, Attributes>,
    /// What clients see, and the same as JSON, separated by commas.
    shown: Vec<Rumor>,
    listed: String,
}

/// The keys of the first rumors, as far as they were needed.
#[derive(Debug, Default)]
struct Keys {
    of: Vec<u64>,
    rumors: BTreeMap<u64, Rumor>,
}

impl Heard {
    /// The keys of all rumors.
    fn keys(&self) -> RefMut<'_, Keys> {
        let mut keys = self.keys.borrow_mut();
        for at in keys.of.len() as u32..self.values.len() {
            let key = Seed(0).child(&canonical(self.values.text(at))).0;
            keys.of.push(key);
            keys.rumors.insert(key, Rumor(at));
        }
        keys
    }

    /// These are the members.
    pub fn meet(&mut self, members: &[NodeId]) {
        self.members = members.to_vec();
        self.peers = (0..)
            .zip(members)
            .map(|(at, id)| (id.clone(), Peer(at)))
            .collect();
    }

    /// How many members there are.
    pub fn members(&self) -> u32 {
        self.members.len() as u32
    }

    /// The member of this name.
    #[inline]
    pub fn peer(&self, id: &NodeId) -> Option<Peer> {
        // Nodes are mostly called n0, n1, … in order.
        let digits = id.as_str().get(1..).unwrap_or_default();
        if let Ok(at) = digits.parse::<usize>()
            && self.members.get(at) == Some(id)
        {
            return Some(Peer(at as u32));
        }
        self.peers.get(id).copied()
    }

    /// What a peer is called.
    pub fn name(&self, peer: Peer) -> &NodeId {
        &self.members[peer.index()]
    }

    /// The JSON of a rumor, as it was first heard.
    pub fn text(&self, rumor: Rumor) -> &str {
        self.values.text(rumor.0)
    }

    /// The values heard of.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// How many rumors were heard of.
    pub fn len(&self) -> u32 {
        self.values.len()
    }

    /// From now on clients see this rumor.
    pub fn show(&mut self, rumor: Rumor) {
        self.shown.push(rumor);
        self.list(rumor);
    }

    /// From now on clients do not see these.
    pub fn hide(&mut self, rumors: &[Rumor]) {
        let mut shown = std::mem::take(&mut self.shown);
        shown.retain(|rumor| !rumors.contains(rumor));
        self.listed.clear();
        for &rumor in &shown {
            self.list(rumor);
        }
        self.shown = shown;
    }

    fn list(&mut self, rumor: Rumor) {
        if !self.listed.is_empty() {
            self.listed.push(',');
        }
        self.listed.push_str(self.values.text(rumor.0));
    }

    /// What clients see: JSON values separated by commas.
    pub fn listed(&self) -> &str {
        &self.listed
    }
}

impl Names for Heard {
    fn write_rumor(&self, rumor: Rumor, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text(rumor).as_bytes());
    }

    fn write_peer(&self, peer: Peer, out: &mut Vec<u8>) {
        let name = self.members[peer.index()].as_str();
        serde_json::to_writer(out, name).expect("writing to memory");
    }

    fn read_rumor(&mut self, json: &str) -> Rumor {
        let inserted = self.values.insert(json);
        let rumor = Rumor(inserted.index);
        if inserted.new
            && json.starts_with('{')
            && let Some(attributes) = attributes(json)
        {
            self.attributes.insert(rumor, attributes);
        }
        rumor
    }

    fn read_peer(&self, name: &str) -> Option<Peer> {
        self.peer(&name.into())
    }

    fn key(&self, rumor: Rumor) -> u64 {
        self.keys().of[rumor.index()]
    }

    fn find(&self, key: u64) -> Option<Rumor> {
        self.keys().rumors.get(&key).copied()
    }

    fn attributes(&self, rumor: Rumor) -> Attributes {
        self.attributes.get(&rumor).copied().unwrap_or_default()
    }
}

/// The attributes of a value that is an object with some; what it does not say, or says
/// in unknown words, is as usual.
fn attributes(json: &str) -> Option<Attributes> {
    #[derive(Deserialize)]
    struct Labels<'a> {
        #[serde(borrow, default)]
        priority: Option<&'a RawValue>,
        #[serde(borrow, default)]
        sensitivity: Option<&'a RawValue>,
    }
    /// A word, or a number that stands for itself.
    fn word(json: &RawValue) -> Cow<'_, str> {
        serde_json::from_str(json.get()).unwrap_or(Cow::Borrowed(json.get()))
    }
    let labels: Labels = serde_json::from_str(json).ok()?;
    let priority = labels
        .priority
        .and_then(|json| Priority::parse(&word(json)));
    let sensitivity = labels.sensitivity;
    let sensitivity = sensitivity.and_then(|json| Sensitivity::parse(&word(json)));
    let attributes = Attributes {
        priority: priority.unwrap_or_default(),
        sensitivity: sensitivity.unwrap_or_default(),
    };
    (attributes != Attributes::default()).then_some(attributes)
}

const RECORD: &str = "{\"rumor\":";

/// The stored line of a delivered value.
pub fn record(json: &str) -> Vec<u8> {
    [RECORD, json, "}"].concat().into_bytes()
}

/// The value in such a line.
pub fn recorded(line: &str) -> Option<&str> {
    line.strip_prefix(RECORD)?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_how_urgent_it_is_and_how_far_it_may_go() {
        let mut heard = Heard::default();
        let mut of = |json: &str| {
            let rumor = heard.read_rumor(json);
            heard.attributes(rumor)
        };
        assert_eq!(of("7"), Attributes::default());
        assert_eq!(of(r#"{"priority":"loud"}"#), Attributes::default());
        assert_eq!(of(r#"{"priority":7}"#), Attributes::default());
        let urgent = of(r#"{"id":1,"priority":"urgent","sensitivity":"team"}"#);
        assert_eq!(
            (urgent.priority, urgent.sensitivity),
            (Priority::Urgent, Sensitivity::Team)
        );
        let far = of(r#"{"id":2,"sensitivity":3,"priority":7}"#);
        assert_eq!(far.sensitivity, Sensitivity::Level(3));
        assert_eq!(far.priority, Priority::Normal);
        assert_eq!(of(r#"{"id":3,"sensitivity":0}"#), Attributes::default());
        assert_eq!(
            of(r#"{"id":4,"sensitivity":["team"]}"#),
            Attributes::default()
        );
    }

    #[test]
    fn equal_values_have_the_same_key_however_they_are_spelled_and_are_found_by_it() {
        let (mut one, mut other) = (Heard::default(), Heard::default());
        let (a, b) = (one.read_rumor(r#"{"a":1,"b":2}"#), one.read_rumor("5"));
        other.read_rumor("\"x\"");
        let c = other.read_rumor(r#"{"b": 2,"a": 1}"#);
        assert_eq!(one.key(a), other.key(c));
        assert_ne!(one.key(a), one.key(b));
        assert_eq!(other.find(one.key(a)), Some(c));
        assert_eq!(other.find(one.key(b)), None);
    }

    #[test]
    fn members_are_found_by_name_whatever_they_are_called() {
        let mut heard = Heard::default();
        heard.meet(&["n1".into(), "n0".into(), "α".into(), "n3".into()]);
        for (at, name) in (0..).zip(["n1", "n0", "α", "n3"]) {
            assert_eq!(heard.peer(&name.into()), Some(Peer(at)));
        }
        for name in ["n2", "", "c1", "n", "n4"] {
            assert_eq!(heard.peer(&name.into()), None);
        }
    }
}
