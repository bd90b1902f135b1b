//! Hashes of keys and of sets of keys, the same on every platform.

/// A bijection of 64 bits under which close numbers end far apart: the finalizer of
/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#[inline]
pub(super) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What a key adds to the hash of a set that it is in.
#[inline]
pub(super) fn weight(key: u64) -> u64 {
    mix(key ^ 0x5377_656c_6b69_6521)
}

/// A set's hash and size, kept up to date rumor by rumor. The hash is the sum of the keys'
/// weights modulo 2^64, so it does not depend on their order (Bellare & Micciancio,
/// EUROCRYPT 1997, AdHash); different sets have the same by chance only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The sum of weights.
    pub hash: u64,
    /// How many rumors it is of.
    pub count: u32,
}

impl Summary {
    /// One more key, which was not in it.
    #[inline]
    pub fn insert(&mut self, key: u64) {
        self.hash = self.hash.wrapping_add(weight(key));
        self.count += 1;
    }
}

impl FromIterator<u64> for Summary {
    fn from_iter<I: IntoIterator<Item = u64>>(keys: I) -> Summary {
        let mut summary = Summary::default();
        keys.into_iter().for_each(|key| summary.insert(key));
        summary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_one_hash_in_whatever_order_it_grew_and_another_set_another() {
        let there: Summary = (0..1000).collect();
        let back: Summary = (0..1000).rev().collect();
        assert_eq!(there, back);
        for left_out in 0..1000 {
            let fewer: Summary = (0..1000).filter(|&key| key != left_out).collect();
            assert_ne!(fewer.hash, there.hash);
            let other: Summary = (0..1000)
                .map(|key| if key == left_out { 5000 } else { key })
                .collect();
            assert_ne!(other.hash, there.hash);
        }
    }

    #[test]
    fn hashes_are_the_same_on_every_platform() {
        // The first output of SplitMix64 with seed 0 and with seed 1234567.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
    }
}
