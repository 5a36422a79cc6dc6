//! Numbers that follow from a seed.

/// A generator (`SplitMix64`), equal wherever it runs: for tests and simulations, which can then be
/// run again. It guards no secret.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    ///
    /// # Panics
    ///
    /// Where `end` is zero.
    pub const fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "there is a number below the end");
        self.draw() % end
    }

    /// Either of two, as often.
    pub const fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// One of several.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).expect("invariant: an index")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_numbers() {
        // The first numbers of the seed 1234567 in the reference implementation.
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.draw());
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(numbers, published);
    }
}
