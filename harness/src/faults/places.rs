//! Where a fault acts: from names and words to links.

use swelkie_nodes::Rng;
use toml::Spanned;

use super::Cluster;
use super::choice::{choose_side, majorities_ring};
use super::file::{Names, Place, Word};
use super::mistake::Mistake;
use super::resolve::Resolver;
use super::spec::Kind;
use crate::network::{Endpoint, EndpointSet, Links};

/// Every link between nodes.
pub(super) fn between_nodes(cluster: &Cluster) -> Links {
    let nodes = EndpointSet::nodes(cluster.layout());
    Links::Between {
        from: nodes.clone(),
        to: nodes,
    }
}

impl Resolver<'_> {
    /// The links of a place, for a kind of fault or for the standing network.
    pub(super) fn links(
        &mut self,
        kind: Option<Kind>,
        place: &Place,
        rng: &mut Rng,
    ) -> Option<Links> {
        let nodes = EndpointSet::nodes(self.cluster.layout());
        match place {
            Place::Anywhere => Some(between_nodes(self.cluster)),
            Place::Targets(names) if kind.is_some_and(Kind::separates) => {
                if let (Names::One(text), true) = (names.get_ref(), self.is_word(names)) {
                    let word = Word::parse(text)?;
                    return self
                        .word_suits(word, kind, names)
                        .then(|| self.separate(word, rng));
                }
                let these = self.set(kind, names, rng)?;
                Some(self.apart(these))
            }
            Place::Targets(names) => Some(Links::Both(self.set(kind, names, rng)?, nodes)),
            Place::Between(a, b) => {
                let (a, b) = (self.set(kind, a, rng), self.set(kind, b, rng));
                Some(Links::Both(a?, b?))
            }
            Place::FromTo(from, to) => {
                let mut end = |names: &Option<Spanned<Names>>| match names {
                    Some(names) => self.set(kind, names, rng).map(Some),
                    None => Some(None),
                };
                let (from, to) = (end(from), end(to));
                Some(match (from?, to?) {
                    (Some(from), Some(to)) => Links::Between { from, to },
                    (Some(from), None) => Links::Between {
                        to: self.rest(&from),
                        from,
                    },
                    (None, Some(to)) => Links::Between {
                        from: self.rest(&to),
                        to,
                    },
                    (None, None) => between_nodes(self.cluster),
                })
            }
            Place::Sides(sides) => self.sides(sides),
            Place::Deaf(deaf) => self.deaf(deaf, rng),
        }
    }

    /// The links that a random cut separates.
    pub(super) fn separate(&self, word: Word, rng: &mut Rng) -> Links {
        let n = self.cluster.nodes.len();
        if word == Word::MajoritiesRing {
            let mut deaf = vec![self.empty(); n + self.cluster.services.len()];
            for (node, senders) in majorities_ring(n, rng).into_iter().enumerate() {
                senders
                    .iter()
                    .for_each(|&sender| deaf[node].insert(Endpoint(sender as u32)));
            }
            return Links::Deaf(deaf);
        }
        self.apart(self.node_set(&choose_side(word, n, rng)))
    }

    /// These against all other nodes.
    fn apart(&self, these: EndpointSet) -> Links {
        let rest = self.rest(&these);
        self.two_sides(these, rest)
    }

    fn two_sides(&self, a: EndpointSet, b: EndpointSet) -> Links {
        let clients = Endpoint(u32::MAX);
        let nobody = self.empty();
        if a == nobody || b == nobody || a.contains(clients) || b.contains(clients) {
            return Links::Both(a, b);
        }
        let layout = self.cluster.layout();
        let side = |end| match (a.contains(end), b.contains(end)) {
            (true, _) => 0,
            (_, true) => 1,
            _ => Links::NO_SIDE,
        };
        Links::Sides(
            (0..layout.nodes + layout.services)
                .map(|end| side(Endpoint(end)))
                .collect(),
        )
    }

    /// The nodes that are not among these.
    pub(super) fn rest(&self, these: &EndpointSet) -> EndpointSet {
        let nodes = 0..self.cluster.nodes.len();
        let rest: Vec<usize> = nodes
            .filter(|&node| !these.contains(Endpoint(node as u32)))
            .collect();
        self.node_set(&rest)
    }

    pub(super) fn node_set(&self, nodes: &[usize]) -> EndpointSet {
        let mut set = self.empty();
        nodes
            .iter()
            .for_each(|&node| set.insert(Endpoint(node as u32)));
        set
    }

    fn sides(&mut self, sides: &[Vec<Spanned<String>>]) -> Option<Links> {
        let clients = Endpoint(u32::MAX);
        let layout = self.cluster.layout();
        let mut side_of = vec![Links::NO_SIDE; (layout.nodes + layout.services) as usize];
        let mut sets = Vec::new();
        let mut clients_at = None;
        for (number, names) in sides.iter().enumerate() {
            let side = number as u16;
            let Some(set) = self.list(names) else {
                continue;
            };
            for name in names {
                let Some(one) = self.list(std::slice::from_ref(name)) else {
                    continue;
                };
                let mut twice = one.contains(clients) && *clients_at.get_or_insert(side) != side;
                for (end, at) in side_of.iter_mut().enumerate() {
                    if one.contains(Endpoint(end as u32)) {
                        twice |= *at != Links::NO_SIDE && *at != side;
                        *at = side;
                    }
                }
                if twice {
                    let title = format!("`{}` is on two sides", name.get_ref());
                    self.wrong(Mistake::at(name.span(), title).label("expected on one side only"));
                    return None;
                }
            }
            sets.push(set);
        }
        let place = || {
            sides
                .iter()
                .flatten()
                .map(Spanned::span)
                .next()
                .unwrap_or(0..0)
        };
        if sets.len() < sides.len() {
            return None;
        }
        if sides.iter().any(Vec::is_empty) {
            let label = "expected at least one name on each side";
            self.wrong(Mistake::at(place(), "a side is empty").label(label));
            return None;
        }
        if let [a, b] = &sets[..] {
            return Some(self.two_sides(a.clone(), b.clone()));
        }
        if clients_at.is_some() {
            let title = "clients can stand on a side only where there are two";
            let help = r#"cut them off with a fault of their own: between = ["clients", "n0"]"#;
            self.wrong(Mistake::at(place(), title).help(help));
            return None;
        }
        Some(Links::Sides(side_of))
    }

    fn deaf(&mut self, deaf: &[(Spanned<String>, Spanned<Names>)], rng: &mut Rng) -> Option<Links> {
        let layout = self.cluster.layout();
        let mut senders = vec![self.empty(); (layout.nodes + layout.services) as usize];
        let mut complete = true;
        for (receiver, names) in deaf {
            let end = self.cluster.find(receiver.get_ref());
            let set = self.set(None, names, rng);
            match (end, set) {
                (Some(end), Some(set)) => senders[end] = set,
                (None, _) => {
                    self.unknown(receiver);
                    complete = false;
                }
                _ => complete = false,
            }
        }
        complete.then_some(Links::Deaf(senders))
    }
}
