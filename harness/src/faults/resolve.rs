//! Resolves a file against the nodes of a run and its seed: names become endpoints,
//! words become choices, `every` and `[random]` become faults with times.
//!
//! Each fault draws from a stream named after it, `kill-1` or the name the file
//! gives it, so that adding a fault at the end, or one of another kind anywhere,
//! leaves all others as they were. A name pins a fault's choices for good.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use swelkie_nodes::{Rng, Seed};
use toml::Spanned;

use super::file::{Deed, Entry, File, Names, Place};
use super::mistake::{Mistake, Mistakes};
use super::places::between_nodes;
use super::spec::Kind;
use super::{
    Action, Cluster, Fault, NetworkPlan, Plan, Schedule, Scope, Standing, describe, random,
};
use crate::network::{Endpoint, EndpointSet, LinkFault, Links};
use crate::units::exact_duration;

/// No schedule has more faults: it would be a mistake in a unit.
pub(super) const MOST_FAULTS: usize = 100_000;

/// Makes a plan of a file: the same for the same file, nodes and seed.
///
/// # Errors
/// Names that nobody has, sides that overlap, and the like: all of them.
pub fn resolve(file: &File, cluster: &Cluster, seed: Seed) -> Result<Plan, Mistakes> {
    let seed = seed.child("faults");
    let mut resolver = Resolver::new(cluster);
    resolver.groups(file);
    let network = resolver.network(file, seed.child("network"));
    let mut faults = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(
        file.faults
            .iter()
            .filter_map(|e| e.name.as_ref().map(|n| n.get_ref().clone())),
    );
    let mut unnamed = BTreeMap::new();
    for entry in &file.faults {
        let name = match &entry.name {
            Some(name) => name.get_ref().clone(),
            None => fresh(
                &format!("{}-", entry.kind.get_ref()),
                unnamed.entry(*entry.kind.get_ref()).or_default(),
                &mut names,
            ),
        };
        resolver.entry(entry, &name, seed.child(&name), &mut names, &mut faults);
    }
    for section in &file.random {
        random::expand(section, &mut resolver, seed, &mut names, &mut faults);
    }
    if faults.len() > MOST_FAULTS {
        let title = format!(
            "this makes {} faults; {MOST_FAULTS} is the most",
            faults.len()
        );
        resolver.wrong(
            Mistake::maybe_at(None, title).help("is a unit of `every` or `interval` too small?"),
        );
    }
    // Stable: faults of the same moment begin in the order of the file.
    faults.sort_by_key(|fault| fault.at);
    let warnings = file.source.judge(resolver.mistakes)?;
    Ok(Plan {
        schedule: Schedule { faults },
        network,
        warnings,
    })
}

/// The next name with this prefix that nobody has: `kill-1`, `kill-2`.
pub(super) fn fresh(prefix: &str, number: &mut usize, names: &mut BTreeSet<String>) -> String {
    loop {
        *number += 1;
        let name = format!("{prefix}{number}");
        if names.insert(name.clone()) {
            return name;
        }
    }
}

/// Looks names up and draws what words mean; `names.rs` and `places.rs` have the rest of it.
pub(super) struct Resolver<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) groups: BTreeMap<String, EndpointSet>,
    mistakes: Vec<Mistake>,
}

impl<'a> Resolver<'a> {
    fn new(cluster: &'a Cluster) -> Resolver<'a> {
        Resolver {
            cluster,
            groups: BTreeMap::new(),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    pub(super) fn empty(&self) -> EndpointSet {
        EndpointSet::empty(self.cluster.layout())
    }

    fn groups(&mut self, file: &File) {
        let mut groups = BTreeMap::new();
        for group in &file.groups {
            let name = group.name.get_ref();
            if self.cluster.find(name).is_some() {
                let title = format!("the group `{name}` is called like a node or a service");
                self.wrong(
                    Mistake::at(group.name.span(), title).label("expected a name of its own"),
                );
            }
            // Groups of groups are not looked up: `self.groups` is still empty.
            // A group with a mistake is known all the same: one message is enough.
            let set = self.list(&group.members).unwrap_or_else(|| self.empty());
            groups.insert(name.clone(), set);
        }
        self.groups = groups;
    }

    fn network(&mut self, file: &File, seed: Seed) -> NetworkPlan {
        let mut standing = Vec::new();
        let mut stand = |links: Links, fault: &LinkFault| {
            standing.push(Standing {
                summary: describe::link_fault(fault, &links, self.cluster),
                links,
                fault: fault.clone(),
            });
        };
        let everywhere = between_nodes(self.cluster);
        for fault in &file.network.everywhere {
            stand(everywhere.clone(), fault);
        }
        let mut found = Vec::new();
        for (number, link) in file.network.links.iter().enumerate() {
            let mut rng = seed.fork(&format!("link-{}", number + 1));
            let links = self.links(None, &link.place, &mut rng);
            found.extend(links.map(|links| (links, &link.faults, link.span.clone())));
        }
        for (links, faults, span) in found {
            self.warn_if_nowhere(&links, span);
            for fault in faults {
                standing.push(Standing {
                    summary: describe::link_fault(fault, &links, self.cluster),
                    links: links.clone(),
                    fault: fault.clone(),
                });
            }
        }
        NetworkPlan {
            latency: file.network.latency,
            client_latency: file.network.client_latency,
            standing,
        }
    }

    /// One `[[fault]]`, as often as `every` says.
    fn entry(
        &mut self,
        entry: &Entry,
        name: &str,
        seed: Seed,
        names: &mut BTreeSet<String>,
        faults: &mut Vec<Fault>,
    ) {
        let first = *entry.at.get_ref();
        let count = self.occurrences(entry, name);
        if count == 0 {
            // What it says is checked all the same.
            self.action(entry, &mut seed.fork("1"));
        }
        let every = entry
            .every
            .as_ref()
            .map_or(Duration::ZERO, |e| *e.get_ref());
        let mut suffix = 0;
        for number in 0..count {
            let before = self.mistakes.len();
            let action = self.action(entry, &mut seed.fork(&(number + 1).to_string()));
            if number > 0 {
                // The same words are wrong in the same way each time: once is enough.
                self.mistakes.truncate(before);
            }
            let Some(action) = action else { return };
            faults.push(Fault {
                name: match entry.every {
                    Some(_) => fresh(&format!("{name}."), &mut suffix, names),
                    None => name.to_owned(),
                },
                at: first + every * number,
                lasts: entry.lasts,
                summary: describe::action(&action, self.cluster),
                scope: Scope::of(&action, self.cluster),
                action,
            });
        }
    }

    /// How often a fault begins before the time limit.
    fn occurrences(&mut self, entry: &Entry, name: &str) -> u32 {
        let limit = self.cluster.time_limit;
        let Some(left) = limit
            .checked_sub(*entry.at.get_ref())
            .filter(|left| !left.is_zero())
        else {
            let title = format!("`{name}` would begin when operations have ended");
            let label = format!("the time limit is {}", exact_duration(limit));
            let mistake = Mistake::at(entry.at.span(), title).label(label);
            self.wrong(mistake.warning().help("this fault is left out"));
            return 0;
        };
        let Some(every) = &entry.every else { return 1 };
        let wanted = left.as_nanos().div_ceil(every.get_ref().as_nanos().max(1));
        if wanted > MOST_FAULTS as u128 {
            let title = format!("`every` makes {wanted} faults; {MOST_FAULTS} is the most");
            self.wrong(Mistake::at(every.span(), title).label("expected a longer time"));
            return 0;
        }
        wanted as u32
    }

    fn action(&mut self, entry: &Entry, rng: &mut Rng) -> Option<Action> {
        let kind = *entry.kind.get_ref();
        let mut nodes = |resolver: &mut Self| match &entry.place {
            Place::Targets(names) => resolver.nodes(kind, names, rng),
            _ => None,
        };
        Some(match &entry.deed {
            Deed::Kill { forever } => Action::Kill {
                nodes: nodes(self)?,
                forever: *forever,
            },
            Deed::Stop { forever } => Action::Stop {
                nodes: nodes(self)?,
                forever: *forever,
            },
            Deed::Pause => Action::Pause {
                nodes: nodes(self)?,
            },
            Deed::Restart => Action::Restart {
                nodes: nodes(self)?,
            },
            Deed::Link(fault) => {
                let links = self.links(Some(kind), &entry.place, rng)?;
                self.warn_if_nowhere(&links, entry.kind.span());
                Action::Link {
                    links,
                    fault: fault.clone(),
                }
            }
        })
    }

    fn warn_if_nowhere(&mut self, links: &Links, span: std::ops::Range<usize>) {
        if !acts(links, self.cluster) {
            let title = "this acts on no link";
            let label = "there is nobody at one of its ends";
            self.wrong(Mistake::at(span, title).label(label).warning());
        }
    }

    /// The nodes that a fault on processes names.
    fn nodes(&mut self, kind: Kind, names: &Spanned<Names>, rng: &mut Rng) -> Option<Vec<usize>> {
        let set = self.set(Some(kind), names, rng)?;
        let ends = self.cluster.layout();
        let ends = ends.nodes + ends.services;
        let nodes: Vec<usize> = (0..ends)
            .filter(|&end| set.contains(Endpoint(end)))
            .map(|end| end as usize)
            .collect();
        let stranger = match nodes.iter().find(|&&end| end >= self.cluster.nodes.len()) {
            Some(&service) => Some(format!("`{}` is a service", self.cluster.name(service))),
            None if set.contains(Endpoint(u32::MAX)) => {
                Some("`clients` are not processes".to_owned())
            }
            None => None,
        };
        if let Some(stranger) = stranger {
            let label = format!("expected nodes: {}", self.known_nodes());
            let title = format!("{stranger}: {kind} acts on nodes");
            self.wrong(Mistake::at(names.span(), title).label(label));
            return None;
        }
        if nodes.is_empty() {
            let title = format!("this {kind} hits no node");
            let label = match names.get_ref() {
                Names::One(word) => format!("{word} of {} is none", self.cluster.nodes.len()),
                Names::List(_) => "the list is empty".to_owned(),
            };
            self.wrong(Mistake::at(names.span(), title).label(label).warning());
        }
        Some(nodes)
    }
}

/// Whether there is any link in the set.
fn acts(links: &Links, cluster: &Cluster) -> bool {
    let layout = cluster.layout();
    let nobody = EndpointSet::empty(layout);
    match links {
        Links::Between { from, to } => *from != nobody && *to != nobody,
        Links::Both(a, b)
        | Links::Touching {
            these: a,
            others: b,
        } => *a != nobody && *b != nobody,
        Links::Sides(sides) => super::sides_of(sides).len() > 1,
        Links::Deaf(senders) => senders.iter().any(|set| *set != nobody),
    }
}
