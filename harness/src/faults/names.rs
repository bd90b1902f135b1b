//! Who is meant: from names, groups and words to sets of endpoints.
//!
//! A string that stands alone may be a word for a random choice; in a list a name
//! is a name. Nodes and services go before groups, groups before `nodes`, `services`
//! and `clients`.

use swelkie_nodes::Rng;
use toml::Spanned;

use super::choice::{choose, choose_side};
use super::file::{Names, Word};
use super::mistake::{Mistake, closest, either};
use super::resolve::Resolver;
use super::spec::{Kind, SETS};
use crate::network::{Endpoint, EndpointSet};

impl Resolver<'_> {
    /// Whether a lone string is a word for a random choice. In a list a name is a name.
    pub(super) fn is_word(&mut self, names: &Spanned<Names>) -> bool {
        let Names::One(text) = names.get_ref() else {
            return false;
        };
        if Word::parse(text).is_none() {
            return false;
        }
        if self.cluster.find(text).is_some() {
            let title = format!("`{text}` is a word for a random choice and the name of a node");
            let help = format!("write [\"{text}\"] for the node");
            self.wrong(
                Mistake::at(names.span(), title)
                    .label("which one?")
                    .help(help),
            );
        }
        true
    }

    pub(super) fn word_suits(
        &mut self,
        word: Word,
        kind: Option<Kind>,
        names: &Spanned<Names>,
    ) -> bool {
        let suits = |word: Word| kind.map_or(word != Word::MajoritiesRing, |kind| word.suits(kind));
        if suits(word) {
            return true;
        }
        let title = match (word, kind) {
            (Word::All, Some(kind)) => format!("`all` leaves nobody on the other side of a {kind}"),
            (_, kind) => format!(
                "`{}` does not go with {}",
                word.name(),
                kind.map_or("a link", Kind::name)
            ),
        };
        let words = Word::ALL
            .into_iter()
            .filter(|word| suits(*word))
            .map(Word::name);
        let label = format!("expected names, or {}", either(words, "\""));
        self.wrong(Mistake::at(names.span(), title).label(label));
        false
    }

    /// The endpoints that names or a word mean.
    pub(super) fn set(
        &mut self,
        kind: Option<Kind>,
        names: &Spanned<Names>,
        rng: &mut Rng,
    ) -> Option<EndpointSet> {
        let text = match names.get_ref() {
            Names::List(list) => return self.list(list),
            Names::One(text) => text,
        };
        if !self.is_word(names) {
            return self.list(&[Spanned::new(names.span(), text.clone())]);
        }
        let word = Word::parse(text)?;
        if !self.word_suits(word, kind, names) || word == Word::MajoritiesRing {
            return None;
        }
        let n = self.cluster.nodes.len();
        let separates = kind.is_some_and(Kind::separates);
        let nodes = if separates {
            choose_side(word, n, rng)
        } else {
            choose(word, n, rng)
        };
        Some(self.node_set(&nodes))
    }

    /// The endpoints that a list of names means.
    pub(super) fn list(&mut self, names: &[Spanned<String>]) -> Option<EndpointSet> {
        let mut set = self.empty();
        let mut known = true;
        for name in names {
            let text = name.get_ref().as_str();
            let layout = self.cluster.layout();
            if let Some(end) = self.cluster.find(text) {
                let end = Endpoint(end as u32);
                if set.contains(end) {
                    let title = format!("`{text}` is named twice");
                    self.wrong(
                        Mistake::at(name.span(), title)
                            .label("once is enough")
                            .warning(),
                    );
                }
                set.insert(end);
            } else if let Some(group) = self.groups.get(text) {
                union(&mut set, group, layout.nodes + layout.services);
            } else {
                match text {
                    "nodes" => (0..layout.nodes).for_each(|node| set.insert(Endpoint(node))),
                    "services" => (layout.nodes..layout.nodes + layout.services)
                        .for_each(|service| set.insert(Endpoint(service))),
                    "clients" => set.insert_clients(),
                    _ => {
                        self.unknown(name);
                        known = false;
                    }
                }
            }
        }
        known.then_some(set)
    }

    pub(super) fn unknown(&mut self, name: &Spanned<String>) {
        let text = name.get_ref().as_str();
        if Word::parse(text).is_some() {
            let title = format!("`{text}` is a word for a random choice");
            let help = format!("write it alone: \"{text}\"");
            self.wrong(
                Mistake::at(name.span(), title)
                    .label("expected names in a list")
                    .help(help),
            );
            return;
        }
        let ends = self.cluster.nodes.iter().chain(&self.cluster.services);
        let mut candidates: Vec<&str> = ends.map(|end| end.as_str()).collect();
        candidates.extend(self.groups.keys().map(String::as_str));
        candidates.extend(SETS);
        candidates.extend(Word::ALL.map(Word::name));
        let meant = closest(text, candidates).map(|meant| format!("did you mean \"{meant}\"?"));
        let groups = match self.groups.len() {
            0 => String::new(),
            _ => format!(
                "; groups: {}",
                self.groups.keys().cloned().collect::<Vec<_>>().join(" ")
            ),
        };
        let label = format!("nodes: {}{groups}", self.known_nodes());
        let title = format!("nobody is called `{}`", text.escape_debug());
        self.wrong(
            Mistake::at(name.span(), title)
                .label(label)
                .maybe_help(meant),
        );
    }

    pub(super) fn known_nodes(&self) -> String {
        let names: Vec<&str> = self
            .cluster
            .nodes
            .iter()
            .map(|node| node.as_str())
            .collect();
        match &names[..] {
            [first, .., last] if names.len() > 8 => format!("{first} … {last}"),
            _ => names.join(" "),
        }
    }
}

fn union(set: &mut EndpointSet, more: &EndpointSet, bound: u32) {
    let ends = (0..bound).map(Endpoint).filter(|&end| more.contains(end));
    ends.for_each(|end| set.insert(end));
    if more.contains(Endpoint(u32::MAX)) {
        set.insert_clients();
    }
}
