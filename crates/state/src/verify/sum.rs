//! A hash of a set of leaves, whatever the order they come in: LtHash (Bellare and Micciancio 1997;
//! Lewi, Kim, Maykov and Weis 2019) with BLAKE3 as its function.
//!
//! Sums of the same leaves are equal, so the records of a state can be held against the leaves of
//! its tree piece by piece, though one side comes in the order of keys and the other in that of
//! paths, and nothing but two sums has to be kept.

use serde::{Deserialize, Serialize};

use crate::commitment::Leaf;

/// Numbers of 16 bits in a sum, as the definition has it for 128 bits of security.
const LANES: usize = 1024;

/// The sum of the leaves that were added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeafSum(Vec<u16>);

impl LeafSum {
    pub(super) fn new() -> Self {
        Self(vec![0; LANES])
    }

    pub(super) fn add(&mut self, leaf: &Leaf) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(leaf.path.as_slice()).update(leaf.value_hash.as_slice());
        let mut bytes = [0; LANES * size_of::<u16>()];
        hasher.finalize_xof().fill(&mut bytes);
        for (lane, added) in self.0.iter_mut().zip(bytes.as_chunks().0) {
            *lane = lane.wrapping_add(u16::from_le_bytes(*added));
        }
    }

    /// Whether it has the size that a sum has, which one from a file need not have.
    pub(super) const fn is_whole(&self) -> bool {
        self.0.len() == LANES
    }
}

#[cfg(test)]
mod tests {
    use primitives::{B256, Hash};
    use proptest::prelude::*;

    use super::*;

    fn sum(leaves: &[Leaf]) -> LeafSum {
        let mut sum = LeafSum::new();
        leaves.iter().for_each(|leaf| sum.add(leaf));
        sum
    }

    fn leaves() -> impl Strategy<Value = Vec<Leaf>> {
        let leaf = any::<([u8; 2], [u8; 2])>().prop_map(|(path, value)| Leaf {
            path: B256::right_padding_from(&path),
            value_hash: Hash::right_padding_from(&value),
        });
        proptest::collection::vec(leaf, 0..12)
    }

    proptest! {
        #[test]
        fn equal_sums_are_equal_sets(mut a in leaves(), mut b in leaves(), shift in 0usize..12) {
            let before = sum(&a);
            let middle = shift.min(a.len());
            a.rotate_left(middle);
            prop_assert_eq!(&sum(&a), &before, "the order has no part in it");
            let equal = before == sum(&b);
            a.sort();
            b.sort();
            prop_assert_eq!(equal, a == b);
        }
    }
}
