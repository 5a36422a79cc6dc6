//! The bits at the start of a path: the name of a subtree.

use core::{
    fmt,
    hash::{Hash, Hasher},
};

use primitives::B256;

use crate::hash::PATH_BITS;

/// The first bits of paths, and so the place of a subtree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// The bits, with zeros behind them.
    bits: B256,
    depth: u16,
}

impl Prefix {
    /// No bits: the whole tree.
    pub const ROOT: Self = Self { bits: B256::ZERO, depth: 0 };

    /// The first `depth` bits of a path, or nothing where a path does not have so many.
    #[must_use]
    pub fn new(path: &B256, depth: usize) -> Option<Self> {
        let stored = u16::try_from(depth).ok().filter(|_| depth <= PATH_BITS)?;
        let (bytes, rest) = (depth / 8, depth % 8);
        let mut bits = B256::ZERO;
        bits[..bytes].copy_from_slice(&path[..bytes]);
        if rest != 0 {
            bits[bytes] = path[bytes] & !(0xff >> rest);
        }
        Some(Self { bits, depth: stored })
    }

    /// How many bits there are.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth as usize
    }

    /// The bits, with zeros behind them: the first path of the subtree.
    #[must_use]
    pub const fn bits(&self) -> &B256 {
        &self.bits
    }

    /// Whether a path begins with these bits.
    #[must_use]
    pub fn contains(&self, path: &B256) -> bool {
        Self::new(path, self.depth()).as_ref() == Some(self)
    }
}

/// Paths are hashes, so the first of their bits tell prefixes of one depth apart.
impl Hash for Prefix {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.bits.first_chunk().expect("invariant: a path has 32 bytes");
        state.write_u64(u64::from_be_bytes(*first) ^ u64::from(self.depth));
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.depth().div_ceil(8);
        write!(f, "{}/0x", self.depth)?;
        self.bits.iter().take(bytes).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bit of a path that leads on from `depth`: set for the right subtree.
///
/// # Panics
///
/// Where a path has no such bit.
#[must_use]
pub fn bit(path: &B256, depth: usize) -> bool {
    path[depth / 8] & (0x80 >> (depth % 8)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_contains_what_shares_its_bits(a: [u8; 32], b: [u8; 32], depth in 0usize..=256) {
            let mut other = B256::new(a);
            other[depth / 8 % 32] ^= b[0];
            let (a, prefix) = (B256::new(a), Prefix::new(&B256::new(a), depth).expect("fits"));
            prop_assert!(prefix.contains(&a));
            let shares = (0..depth).all(|at| bit(&a, at) == bit(&other, at));
            prop_assert_eq!(prefix.contains(&other), shares);
            prop_assert!((depth..256).all(|at| !bit(prefix.bits(), at)));
        }
    }

    #[test]
    fn a_path_has_256_bits() {
        assert!(Prefix::new(&B256::ZERO, 257).is_none());
        assert_eq!(Prefix::new(&B256::repeat_byte(0xff), 0), Some(Prefix::ROOT));
        let prefix = Prefix::new(&B256::repeat_byte(0xff), 11).expect("fits");
        assert_eq!(prefix.to_string(), "11/0xffe0");
    }
}
