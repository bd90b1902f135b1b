//! Anti-entropy down a hash tree.
//!
//! ```text
//!   A ── what do you have? mine hashes to h ──► B     equal: silence
//!   A ◄──── hashes of the 16 parts of B's ───── B
//!   A ── of the parts that differ the hashes ─► B     …, each step to 16 times smaller
//!   A    of their 16 parts                            parts, until they are small
//!   A ◄─────── all keys in those parts ──────── B
//!   A ──────── what B lacks; I lack … ────────► B
//!   A ◄──────────── what A lacks ────────────── B
//! ```
//!
//! - Idea: hashed keys are spread evenly, so their first 4·l bits cut a set into 16^l parts
//!   of about the same size; a tree over the parts has in each inner node the hash of all
//!   below. Only where hashes differ there is something to find. Hashes are sums, so a
//!   rumor more costs an addition per level. The tree grows a level as soon as its leaves
//!   have more than `leaf` rumors on average, so its depth follows the size of the set;
//!   peers' trees need not be equally deep.
//! - Source: Merkle, CRYPTO 1987, for the tree; DeCandia et al., "Dynamo", SOSP 2007,
//!   section 4.7, for anti-entropy with it.
//! - Parameters: `leaf` (32); `interval` (100ms), `flow` (push-pull), `peer` (random),
//!   `among` (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message of 8 bytes (60 in JSON) if sets are equal;
//!   otherwise about log16(N / `leaf`) + 4 messages, and per difference 128 bytes a level
//!   and 8 bytes for each of `leaf` keys.
//! - Survives loss, cuts, kills and wiped stores.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::hash::{mix, weight};
use super::listing::differences;
use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, PEER, Summary};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Reader, Rumor, Wire, Writer};

/// The digest that is a tree of hashes. See the module.
#[derive(Clone, Debug)]
pub struct Merkle {
    /// What the node has, by hashed key.
    keys: BTreeMap<u64, (u64, Rumor)>,
    /// The hashes of all parts, from level 1 on.
    levels: Vec<Vec<u64>>,
    leaf: usize,
}

/// A part has so many parts on the next level.
const PARTS: u64 = 16;
/// The bits that tell them apart.
const BITS: u32 = 4;
/// Parts of this level are single hashed keys.
const DEEPEST: u32 = u64::BITS / BITS;

/// What is said of some parts of one level; a part is the bits its hashed keys begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// The hashes of each one's 16 parts.
    Hashes {
        /// Their level, 0 for the whole set.
        level: u32,
        /// Which ones.
        parts: Vec<u64>,
        /// 16 each.
        hashes: Vec<u64>,
    },
    /// The keys in each one.
    Keys {
        /// Their level.
        level: u32,
        /// Which ones.
        parts: Vec<u64>,
        /// How many keys are in each.
        counts: Vec<u64>,
        /// One part's after the other's.
        keys: Vec<u64>,
    },
}

/// The part of a level that a hashed key is in.
fn part(spot: u64, level: u32) -> u64 {
    spot.checked_shr(u64::BITS - BITS * level).unwrap_or(0)
}

impl Merkle {
    fn depth(&self) -> u32 {
        self.levels.len() as u32
    }

    fn add(&mut self, key: u64, rumor: Rumor) {
        let spot = mix(key);
        self.keys.insert(spot, (key, rumor));
        for (level, hashes) in (1..).zip(&mut self.levels) {
            let hash = &mut hashes[part(spot, level) as usize];
            *hash = hash.wrapping_add(weight(key));
        }
        let leaves = 1usize << (BITS * self.depth());
        if self.keys.len() > self.leaf.saturating_mul(leaves) && self.depth() + 1 < DEEPEST {
            let level = self.depth() + 1;
            let mut hashes = vec![0u64; 1 << (BITS * level)];
            for (&spot, &(key, _)) in &self.keys {
                let hash = &mut hashes[part(spot, level) as usize];
                *hash = hash.wrapping_add(weight(key));
            }
            self.levels.push(hashes);
        }
    }

    /// What is in a part, by hashed key.
    fn within(&self, level: u32, part: u64) -> impl Iterator<Item = (u64, Rumor)> {
        let rest = u64::BITS - BITS * level;
        let first = part.checked_shl(rest).unwrap_or(0);
        let last = first | 1u64.checked_shl(rest).map_or(u64::MAX, |size| size - 1);
        self.keys.range(first..=last).map(|(_, &own)| own)
    }

    /// The hash of a part.
    fn hash(&self, level: u32, part: u64) -> u64 {
        match level
            .checked_sub(1)
            .and_then(|at| self.levels.get(at as usize))
        {
            Some(hashes) => hashes[part as usize],
            None => {
                let keys = self.within(level, part).map(|(key, _)| key);
                keys.collect::<Summary>().hash
            }
        }
    }

    /// Says what there is in these parts, in messages of at most `batch` words or one part.
    fn describe(
        &self,
        level: u32,
        parts: &[u64],
        flow: Flow,
        batch: usize,
        out: &mut Answer<Parts>,
    ) {
        if level < self.depth() {
            for some in parts.chunks((batch / PARTS as usize).max(1)) {
                let below = some
                    .iter()
                    .flat_map(|part| part * PARTS..(part + 1) * PARTS);
                let hashes = below.map(|part| self.hash(level + 1, part)).collect();
                let parts = some.to_vec();
                let said = Parts::Hashes {
                    level,
                    parts,
                    hashes,
                };
                out.says.push((flow, said));
            }
            return;
        }
        let (mut some, mut counts, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for &part in parts {
            let own: Vec<u64> = self.within(level, part).map(|(key, _)| key).collect();
            if !some.is_empty() && keys.len() + some.len() + own.len() >= batch {
                let said = Parts::Keys {
                    level,
                    parts: std::mem::take(&mut some),
                    counts: std::mem::take(&mut counts),
                    keys: std::mem::take(&mut keys),
                };
                out.says.push((flow, said));
            }
            some.push(part);
            counts.push(own.len() as u64);
            keys.extend(own);
        }
        if !some.is_empty() {
            let said = Parts::Keys {
                level,
                parts: some,
                counts,
                keys,
            };
            out.says.push((flow, said));
        }
    }
}

impl Digest for Merkle {
    const ABOUT: About = About {
        name: "merkle",
        family: "anti-entropy",
        summary: "compares a hash tree with a peer's, from the root down to what differs",
        parameters: &[
            INTERVAL,
            FLOW,
            PEER,
            AMONG,
            BATCH,
            Parameter {
                name: "leaf",
                kind: Kind::Count,
                default: "32",
                summary: "the tree grows a level when its leaves have more rumors on average",
            },
        ],
        promises: Promises::ALL,
    };
    const ASKS: bool = true;

    type Config = usize;
    type Message = Parts;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<usize, String> {
        Ok(settings.number("leaf"))
    }

    fn new(&leaf: &usize) -> Merkle {
        Merkle {
            keys: BTreeMap::new(),
            levels: Vec::new(),
            leaf,
        }
    }

    fn insert(&mut self, rumor: Rumor, _own: Summary, cx: &mut Context<Entropy<Self>>) {
        self.add(cx.key(rumor), rumor);
    }

    fn reveal(
        &mut self,
        flow: Flow,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Parts>,
    ) {
        self.describe(0, &[0], flow, cx.config().batch, out);
    }

    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Parts,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Parts>,
    ) {
        match theirs {
            Parts::Hashes {
                level,
                parts,
                hashes,
            } => {
                let below = parts
                    .iter()
                    .flat_map(|part| part * PARTS..(part + 1) * PARTS);
                let differ = below.zip(hashes);
                let differ = differ.filter(|&(part, &hash)| self.hash(level + 1, part) != hash);
                let differ: Vec<u64> = differ.map(|(part, _)| part).collect();
                self.describe(level + 1, &differ, flow.turned(), cx.config().batch, out);
            }
            Parts::Keys {
                level,
                parts,
                counts,
                keys,
            } => {
                let mut rest = &keys[..];
                for (&part, &count) in parts.iter().zip(counts) {
                    let (listed, others) = rest.split_at(rest.len().min(count as usize));
                    rest = others;
                    let mut listed = listed.to_vec();
                    listed.sort_unstable();
                    let mut own: Vec<_> = self.within(*level, part).collect();
                    own.sort_unstable();
                    differences(&listed, &own, flow, out);
                }
            }
        }
    }
}

impl Wire for Parts {
    fn write(&self, out: &mut Writer) {
        match self {
            Parts::Hashes {
                level,
                parts,
                hashes,
            } => {
                out.kind("hashes");
                out.number("level", (*level).into());
                out.keys("parts", parts);
                out.keys("hashes", hashes);
            }
            Parts::Keys {
                level,
                parts,
                counts,
                keys,
            } => {
                out.kind("have");
                out.number("level", (*level).into());
                out.keys("parts", parts);
                out.numbers("counts", counts);
                out.keys("keys", keys);
            }
        }
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        matches!(kind, "hashes" | "have").then_some(())?;
        let level = u32::try_from(body.number("level")?).ok()?;
        let parts = body.keys("parts")?;
        let sound = |&spot: &u64| level < DEEPEST && spot >> (BITS * level) == 0;
        parts.iter().all(sound).then_some(())?;
        if kind == "hashes" {
            let hashes = body.keys("hashes")?;
            return (level + 1 < DEEPEST).then_some(Parts::Hashes {
                level,
                parts,
                hashes,
            });
        }
        Some(Parts::Keys {
            level,
            parts,
            counts: body.numbers("counts")?,
            keys: body.keys("keys")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::net::Net;
    use super::*;

    fn tree(keys: std::ops::Range<u64>, leaf: usize) -> Merkle {
        let mut tree = Merkle::new(&leaf);
        keys.for_each(|key| tree.add(key, Rumor(key as u32)));
        tree
    }

    #[test]
    fn every_part_has_the_hash_of_what_is_in_it_however_deep_the_tree_is() {
        let (flat, deep) = (tree(0..3_000, 10_000), tree(0..3_000, 8));
        assert_eq!((flat.depth(), deep.depth()), (0, 3));
        for level in 0..5 {
            let mut count = 0;
            for part in 0..1 << (BITS * level) {
                let keys: Vec<u64> = deep.within(level, part).map(|(key, _)| key).collect();
                assert!(keys.iter().all(|&key| super::part(mix(key), level) == part));
                count += keys.len();
                let hash = keys.into_iter().collect::<Summary>().hash;
                assert_eq!(deep.hash(level, part), hash);
                assert_eq!(flat.hash(level, part), hash);
            }
            assert_eq!(count, 3_000);
        }
    }

    #[test]
    fn trees_grow_with_their_sets_and_leaves_stay_small() {
        for (count, depth) in [(0, 0), (32, 0), (33, 1), (512, 1), (513, 2), (20_000, 3)] {
            assert_eq!(tree(0..count, 32).depth(), depth, "{count}");
        }
    }

    #[test]
    fn trees_of_different_depth_find_what_differs() {
        for (here, there) in [(3_000, 3), (3, 3_000), (0, 700), (520, 500)] {
            let mut net = Net::<Merkle>::new("merkle:batch=10000", 3, 2, 15_000);
            net.start();
            (0..here).for_each(|rumor| net.broadcast(0, rumor));
            (0..there).for_each(|rumor| net.broadcast(1, rumor * 5));
            net.exchange(0);
            let both = (0..there).filter(|rumor| rumor * 5 < here).count() as u32;
            assert!(net.all_know(here + there - both), "{here}, {there}");
        }
    }

    #[test]
    fn messages_that_name_no_part_are_not_read() {
        let mut names = Net::<Merkle>::new("merkle", 1, 1, 1).names;
        for text in [
            r#"{"type":"hashes","level":16,"parts":"","hashes":""}"#,
            r#"{"type":"hashes","level":15,"parts":"","hashes":""}"#,
            r#"{"type":"hashes","level":0,"parts":"AQAAAAAAAAA=","hashes":""}"#,
            r#"{"type":"have","level":99,"parts":"AQAAAAAAAAA=","counts":[1],"keys":""}"#,
            r#"{"type":"have","level":1,"parts":"EAAAAAAAAAA=","counts":[1],"keys":""}"#,
        ] {
            let mut reader = Reader::new(text, &mut names);
            let kind = reader.kind().expect("a type");
            assert_eq!(Parts::read(&kind, &mut reader), None, "{text}");
        }
    }
}
