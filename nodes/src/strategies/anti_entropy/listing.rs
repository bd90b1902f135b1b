//! A list of keys: the exact digest, and what cleverer ones end with.

use super::{Answer, Digest, Entropy, Flow};
use crate::strategy::{Context, Reader, Rumor, Wire, Writer};

/// A span of the key space, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first key.
    pub from: u64,
    /// The last key.
    pub to: u64,
}

impl Span {
    /// The whole key space.
    pub const WHOLE: Span = Span {
        from: 0,
        to: u64::MAX,
    };

    /// What a node has in this span, by key.
    pub fn of<D: Digest>(self, cx: &Context<Entropy<D>>) -> Vec<(u64, Rumor)> {
        let keyed = cx.known().map(|rumor| (cx.key(rumor), rumor));
        let mut own: Vec<_> = keyed
            .filter(|&(key, _)| (self.from..=self.to).contains(&key))
            .collect();
        own.sort_unstable();
        own
    }

    /// Cuts what a node has in this span into pieces of at most `bound`; the pieces'
    /// spans make up the whole one.
    pub fn cut(
        self,
        own: &[(u64, Rumor)],
        bound: usize,
    ) -> impl Iterator<Item = (Span, &[(u64, Rumor)])> {
        let pieces = own.len().div_ceil(bound).max(1);
        let mut from = self.from;
        (0..pieces).map(move |at| {
            let piece = &own[at * bound..own.len().min((at + 1) * bound)];
            let to = match piece.last() {
                Some(&(key, _)) if at + 1 < pieces => key,
                _ => self.to,
            };
            let span = Span { from, to };
            from = to.wrapping_add(1);
            (span, piece)
        })
    }
}

/// All keys that a node has in a span of the key space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Where.
    pub span: Span,
    /// The keys, ascending.
    pub keys: Vec<u64>,
}

impl Listing {
    /// All keys that a node has, in messages of at most `batch` keys.
    pub fn all<D: Digest>(cx: &Context<Entropy<D>>) -> Vec<Listing> {
        let own = Span::WHOLE.of(cx);
        let pieces = Span::WHOLE.cut(&own, cx.config().batch);
        let listings = pieces.map(|(span, piece)| Listing {
            span,
            keys: piece.iter().map(|&(key, _)| key).collect(),
        });
        listings.collect()
    }

    /// Finds out in what this node differs from the sender of the list.
    pub fn compare<D: Digest, M>(&self, flow: Flow, cx: &Context<Entropy<D>>, out: &mut Answer<M>) {
        differences(&self.keys, &self.span.of(cx), flow, out);
    }
}

/// What is in one list only, both ascending: rumors that the peer lacks if it takes, keys
/// that this node lacks if the peer gives.
pub(super) fn differences<M>(
    theirs: &[u64],
    own: &[(u64, Rumor)],
    flow: Flow,
    out: &mut Answer<M>,
) {
    if flow.take {
        let lacking = own
            .iter()
            .filter(|(key, _)| theirs.binary_search(key).is_err());
        out.lacks.extend(lacking.map(|&(_, rumor)| rumor));
    }
    if flow.give {
        let unknown = |key: &u64| own.binary_search_by_key(key, |&(key, _)| key).is_err();
        out.wants.extend(theirs.iter().copied().filter(unknown));
    }
}

impl Wire for Listing {
    fn write(&self, out: &mut Writer) {
        out.kind("have");
        out.keys("span", &[self.span.from, self.span.to]);
        out.keys("keys", &self.keys);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "have").then_some(())?;
        let [from, to] = body.keys("span")?[..] else {
            return None;
        };
        let mut keys = body.keys("keys")?;
        keys.sort_unstable();
        keys.dedup();
        Some(Listing {
            span: Span { from, to },
            keys,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_whole_and_none_is_too_large() {
        for count in [0, 1, 9, 10, 11, 95] {
            let own: Vec<(u64, Rumor)> = (0..count)
                .map(|at| (at * 7 + 3, Rumor(at as u32)))
                .collect();
            let mut next = 0;
            let mut seen = Vec::new();
            for (span, piece) in Span::WHOLE.cut(&own, 10) {
                assert_eq!(span.from, next);
                assert!(piece.len() <= 10);
                assert!(
                    piece
                        .iter()
                        .all(|&(key, _)| span.from <= key && key <= span.to)
                );
                seen.extend_from_slice(piece);
                next = span.to.wrapping_add(1);
            }
            assert_eq!(next, 0, "the last piece ends where the key space does");
            assert_eq!(seen, own);
        }
    }

    #[test]
    fn differences_go_only_the_way_they_are_asked_for() {
        let own: Vec<(u64, Rumor)> = [2, 4, 6].map(|key| (key, Rumor(key as u32))).to_vec();
        for (flow, lacks, wants) in [
            (Flow::BOTH, vec![Rumor(2), Rumor(6)], vec![1, 9]),
            (Flow::PULL, vec![Rumor(2), Rumor(6)], vec![]),
            (Flow::PUSH, vec![], vec![1, 9]),
        ] {
            let mut out = Answer::<Listing>::default();
            differences(&[1, 4, 9], &own, flow, &mut out);
            assert_eq!((out.lacks, out.wants), (lacks, wants), "{flow:?}");
        }
    }
}
