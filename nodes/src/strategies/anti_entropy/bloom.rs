//! Anti-entropy with Bloom filters.
//!
//! ```text
//!   A ── filter of what A has ──► B     B sends what is surely not in it, and its own
//!   A ◄─ what A lacks, and the ── B     filter, if rumors are to go both ways: what
//!   A    filter of what B has           A alone has it cannot see in A's
//!   A ──── what B lacks ────────► B
//! ```
//!
//! - Idea: a set in `bits` bits per rumor. What is not in the filter the peer lacks for
//!   sure; what seems to be in it the peer lacks with a small probability (0.8% with 10
//!   bits). A new salt in every message makes other rumors suffer each time, so that none
//!   stays hidden. The filter comes with a hash of what is in it: equal sets end there.
//! - Source: Bloom, CACM 13 (1970); Kirsch & Mitzenmacher, "Less Hashing, Same
//!   Performance", ESA 2006, for two hashes in place of many; Byers, Considine,
//!   Mitzenmacher, Rost, SIGCOMM 2002, for reconciliation by filters.
//! - Parameters: `bits` (10) per rumor; `interval` (100ms), `flow` (push-pull), `peer`
//!   (random), `among` (others), `batch` (1000), as in [`anti_entropy`](super).
//! - Cost: per node and round one message of `bits`·N/8 bytes if sets are equal; two such
//!   otherwise, and the rumors. Both are counted through in every round.
//! - Survives loss, cuts, kills and wiped stores.
//!
//! The filter is written out here because it is part of the protocol: where its bits are
//! has to be the same for every program, and the crates for filters keep that to
//! themselves.

use std::convert::Infallible;
use std::f64::consts::LN_2;

use rand::Rng as _;

use super::hash::mix;
use super::{AMONG, Answer, BATCH, Digest, Entropy, FLOW, Flow, INTERVAL, PEER, Span, Summary};
use crate::registry::{Kind, Parameter, Promises, Settings};
use crate::strategy::{About, Context, Reader, Rumor, Wire, Writer};

/// The digest that is a Bloom filter. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bloom;

/// The filter of what a node has in a span of the key space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    span: Span,
    /// The hash of the keys in it.
    hash: u64,
    salt: u64,
    /// How many bits each key sets.
    hashes: u32,
    bits: Vec<u8>,
}

/// More would be no better with any filter that fits into a message.
const MOST_HASHES: u32 = 64;

impl Filter {
    /// The filter of these keys with so many bits for each.
    fn new(span: Span, own: &[(u64, Rumor)], bits: usize, salt: u64) -> Filter {
        let keys = || own.iter().map(|&(key, _)| key);
        let hashes = (bits as f64 * LN_2).round() as u32;
        let mut filter = Filter {
            span,
            hash: keys().collect::<Summary>().hash,
            salt,
            hashes: hashes.clamp(1, MOST_HASHES),
            bits: vec![0; (own.len() * bits).div_ceil(8)],
        };
        for key in keys() {
            for at in filter.positions(key) {
                filter.bits[at >> 3] |= 1 << (at & 7);
            }
        }
        filter
    }

    /// False if the key is surely not in it.
    fn may_contain(&self, key: u64) -> bool {
        !self.bits.is_empty()
            && self
                .positions(key)
                .all(|at| self.bits[at >> 3] >> (at & 7) & 1 == 1)
    }

    /// Which bits a key sets: an arithmetic progression modulo 2^32, scaled to the size.
    fn positions(&self, key: u64) -> impl Iterator<Item = usize> + use<> {
        let mixed = mix(key ^ self.salt);
        let (start, step) = (mixed as u32, (mixed >> 32) as u32 | 1);
        let len = self.bits.len() as u64 * 8;
        let points = (0..self.hashes).map(move |at| start.wrapping_add(step.wrapping_mul(at)));
        points.map(move |point| ((u64::from(point) * len) >> 32) as usize)
    }
}

impl Wire for Filter {
    fn write(&self, out: &mut Writer) {
        out.kind("filter");
        out.keys("span", &[self.span.from, self.span.to]);
        out.keys("hash", &[self.hash]);
        out.keys("salt", &[self.salt]);
        out.number("hashes", self.hashes.into());
        out.bytes("bits", &self.bits);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "filter").then_some(())?;
        let [from, to] = body.keys("span")?[..] else {
            return None;
        };
        Some(Filter {
            span: Span { from, to },
            hash: *body.keys("hash")?.first()?,
            salt: *body.keys("salt")?.first()?,
            hashes: u32::try_from(body.number("hashes")?)
                .ok()
                .filter(|&hashes| hashes <= MOST_HASHES)?,
            bits: body.bytes("bits")?,
        })
    }
}

/// Says what a node has in a span, in filters of at most `batch` words.
fn filters(
    span: Span,
    own: &[(u64, Rumor)],
    flow: Flow,
    cx: &mut Context<Entropy<Bloom>>,
    out: &mut Answer<Filter>,
) {
    let config = cx.config();
    let bits = config.digest;
    let bound = (config.batch.saturating_mul(64) / bits).max(1);
    for (span, piece) in span.cut(own, bound) {
        let filter = Filter::new(span, piece, bits, cx.rng().next_u64());
        out.says.push((flow, filter));
    }
}

impl Digest for Bloom {
    const ABOUT: About = About {
        name: "bloom",
        family: "anti-entropy",
        summary: "swaps what is not in a peer's Bloom filter, newly salted in every round",
        parameters: &[
            INTERVAL,
            FLOW,
            PEER,
            AMONG,
            BATCH,
            Parameter {
                name: "bits",
                kind: Kind::Count,
                default: "10",
                summary: "the filter's bits per rumor; each 5 more make it err a tenth as often",
            },
        ],
        promises: Promises::ALL,
    };

    type Config = usize;
    type Message = Filter;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<usize, String> {
        let bits = settings.number("bits");
        if bits > 64 {
            return Err(format!(
                "a filter with {bits} bits per rumor is longer than the list of all keys: use at \
                 most 64, or `full-set`"
            ));
        }
        Ok(bits)
    }

    fn new(_bits: &usize) -> Bloom {
        Bloom
    }

    fn reveal(
        &mut self,
        flow: Flow,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Filter>,
    ) {
        let own = Span::WHOLE.of(cx);
        filters(Span::WHOLE, &own, flow, cx, out);
    }

    fn compare(
        &mut self,
        flow: Flow,
        theirs: &Filter,
        _own: Summary,
        cx: &mut Context<Entropy<Self>>,
        out: &mut Answer<Filter>,
    ) {
        let own = theirs.span.of(cx);
        let summary: Summary = own.iter().map(|&(key, _)| key).collect();
        if summary.hash == theirs.hash {
            return;
        }
        if flow.take {
            let lacking = own.iter().filter(|&&(key, _)| !theirs.may_contain(key));
            out.lacks.extend(lacking.map(|&(_, rumor)| rumor));
        }
        if flow.give {
            filters(theirs.span, &own, Flow::PULL, cx, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::net::Net;
    use super::*;
    use crate::rng::Seed;
    use crate::strategy::Peer;

    fn keyed(range: std::ops::Range<u32>) -> Vec<(u64, Rumor)> {
        range
            .map(|number| (mix(number.into()), Rumor(number)))
            .collect()
    }

    #[test]
    fn what_is_in_a_filter_is_never_missed_and_the_rest_seldom_seems_to_be_in_it() {
        let mut rng = Seed(4).rng();
        for (bits, least, most) in [(5, 0.07, 0.12), (10, 0.006, 0.011), (20, 0.0, 0.0004)] {
            let mut wrong = 0;
            for _ in 0..10 {
                let filter = Filter::new(Span::WHOLE, &keyed(0..5_000), bits, rng.next_u64());
                assert!(
                    keyed(0..5_000)
                        .iter()
                        .all(|&(key, _)| filter.may_contain(key))
                );
                let others = keyed(5_000..15_000);
                wrong += others
                    .iter()
                    .filter(|&&(key, _)| filter.may_contain(key))
                    .count();
            }
            // In theory 0.092, 0.0082 and 0.00007.
            let share = wrong as f64 / 100_000.0;
            assert!((least..=most).contains(&share), "{bits} bits: {share}");
        }
        let empty = Filter::new(Span::WHOLE, &[], 10, 1);
        assert!(!empty.may_contain(7));
    }

    #[test]
    fn with_another_salt_others_are_hidden() {
        let hidden = |salt| -> Vec<u64> {
            let filter = Filter::new(Span::WHOLE, &keyed(0..1_000), 5, salt);
            let others = keyed(1_000..2_000).into_iter().map(|(key, _)| key);
            others.filter(|&key| filter.may_contain(key)).collect()
        };
        let (one, other) = (hidden(mix(1)), hidden(mix(2)));
        let both = one.iter().filter(|key| other.contains(key)).count();
        // About 92 each; 8.5 in common if they are independent.
        assert!(one.len() > 60 && other.len() > 60 && both < 25, "{both}");
    }

    #[test]
    fn even_a_filter_of_one_bit_per_rumor_hides_none_for_ever() {
        let mut net = Net::<Bloom>::new("bloom:bits=1,flow=pull", 8, 2, 1_000);
        net.start();
        for rumor in 0..1_000 {
            net.broadcast(u32::from(rumor % 2 == 0), rumor);
        }
        let mut left = Vec::new();
        for _ in 0..40 {
            net.exchange(0);
            left.push(1_000 - net.known.count(Peer(0)));
        }
        assert!(left[0] > 200, "the first filter hides many: {left:?}");
        assert_eq!(left[39], 0, "{left:?}");
    }

    #[test]
    fn a_filter_of_more_bits_than_a_key_has_is_refused() {
        let error = crate::registry::resolve("bloom:bits=65")
            .err()
            .expect("too many");
        assert!(error.to_string().contains("at most 64"), "{error}");
    }
}
