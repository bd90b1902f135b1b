//! One seed per run; every component forks its own stream from it by name, so
//! that adding a fault does not change the operations.

use rand::SeedableRng;

/// The random stream of one component: fast, seedable, the same on every platform.
pub type Rng = rand_xoshiro::Xoshiro256PlusPlus;

/// A seed from which independent streams are forked by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of a component: the same name always gives the same seed,
    /// different names unrelated ones.
    #[must_use]
    pub fn child(self, name: &str) -> Seed {
        // FNV-1a over the name, then the SplitMix64 finalizer (Steele, Lea,
        // Flood 2014) so that close names and seeds end far apart.
        let mut hash = self.0 ^ 0xcbf2_9ce4_8422_2325;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut mixed = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Seed(mixed ^ (mixed >> 31))
    }

    /// The random stream of this seed.
    #[must_use]
    pub fn rng(self) -> Rng {
        Rng::seed_from_u64(self.0)
    }

    /// The random stream of a component: `seed.child(name).rng()`.
    #[must_use]
    pub fn fork(self, name: &str) -> Rng {
        self.child(name).rng()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn streams_of_different_names_differ_and_of_the_same_name_agree() {
        let seed = Seed(7);
        assert_eq!(seed.fork("n0").next_u64(), seed.fork("n0").next_u64());
        assert_ne!(seed.fork("n0").next_u64(), seed.fork("n1").next_u64());
        assert_ne!(seed.fork("n0").next_u64(), Seed(8).fork("n0").next_u64());
    }
}
