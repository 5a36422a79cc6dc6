//! The commitment to a state, computed from its records alone.
//!
//! The definition stands in the documentation of the crate `proof`, whose hashes are used here. An
//! incremental tree and its proofs have to agree with it.

use primitives::{Bytes, Hash};

pub use proof::{Leaf, Node, PATH_BITS, Prefix, join, node_hash, path_of, subtree_of, value_hash};

use crate::{Key, StateError};

/// Records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 14;

/// Collects records in any order and computes their root. It keeps 64 bytes for each record and
/// none of its value.
#[derive(Debug, Clone, Default)]
pub struct RootBuilder(Vec<Leaf>);

impl RootBuilder {
    /// No records.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a record.
    pub fn add(&mut self, key: &Key, value: &[u8]) {
        self.0.push(Leaf::of(key.as_bytes(), value));
    }

    /// How many records have been added.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The root of the records.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] where a key was added twice.
    pub fn root(self) -> Result<Hash, StateError> {
        let mut leaves = self.0;
        leaves.sort_unstable();
        let twice = leaves.windows(2).find(|pair| pair[0].path == pair[1].path);
        if let Some(pair) = twice {
            return Err(StateError::Corrupt {
                key: format!("path {}", pair[0].path),
                reason: "two records have this path".to_owned(),
            });
        }
        let root = subtree_of(&leaves, 0);
        Ok(root.expect("invariant: the paths are sorted, each once").hash())
    }
}

/// The root of records in any order. `progress` hears now and then how many have been read.
///
/// # Errors
///
/// The error of the source, and [`StateError::Corrupt`] where a key comes twice.
pub fn root_of(
    records: impl IntoIterator<Item = Result<(Key, Bytes), StateError>>,
    progress: &mut dyn FnMut(u64),
) -> Result<Hash, StateError> {
    let mut builder = RootBuilder::new();
    for record in records {
        let (key, value) = record?;
        builder.add(&key, &value);
        let count = builder.len() as u64;
        if count.is_multiple_of(PROGRESS_RECORDS) {
            progress(count);
        }
    }
    progress(builder.len() as u64);
    builder.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::{Address, B256};
    use proptest::prelude::*;

    fn key(suffix: &[u8]) -> Key {
        Key::kv(&Address::ZERO, suffix)
    }

    fn root(records: &[(Key, Bytes)]) -> Hash {
        root_of(records.iter().cloned().map(Ok), &mut |_| ()).expect("distinct keys")
    }

    /// The definition once more, by sets of leaves instead of sorted slices.
    fn by_definition(leaves: &[Leaf], depth: usize) -> Hash {
        if leaves.len() < 2 {
            return leaves.first().map_or(Hash::ZERO, Leaf::hash);
        }
        let side = |wanted: u8| -> Vec<Leaf> {
            let bit = |leaf: &Leaf| (leaf.path[depth / 8] >> (7 - depth % 8)) & 1;
            leaves.iter().copied().filter(|leaf| bit(leaf) == wanted).collect()
        };
        let [left, right] = [0, 1].map(|wanted| by_definition(&side(wanted), depth + 1));
        let bytes = [left.as_slice(), right.as_slice()].concat();
        let key = b"braid state commitment, 1: node ";
        Hash::new(*blake3::keyed_hash(key, &bytes).as_bytes())
    }

    proptest! {
        #[test]
        fn the_root_follows_the_definition_in_any_order(
            records in proptest::collection::btree_map(any::<[u8; 2]>(), any::<[u8; 2]>(), 0..40),
            shift in 0usize..40,
        ) {
            let mut records: Vec<(Key, Bytes)> = records
                .iter()
                .map(|(suffix, value)| (key(suffix), Bytes::copy_from_slice(value)))
                .collect();
            let leaves: Vec<Leaf> =
                records.iter().map(|(key, value)| Leaf::of(key.as_bytes(), value)).collect();
            let expected = by_definition(&leaves, 0);
            prop_assert_eq!(root(&records), expected);
            let middle = shift.min(records.len());
            records.rotate_left(middle);
            prop_assert_eq!(root(&records), expected);
        }

        #[test]
        fn every_byte_counts(suffix: [u8; 2], value in any::<[u8; 2]>(), flip in 0usize..16) {
            let with = |value: &[u8]| {
                root(&[(key(&suffix), Bytes::copy_from_slice(value)), (key(b"x"), Bytes::new())])
            };
            let mut other = value;
            other[flip / 8] ^= 1 << (flip % 8);
            prop_assert_ne!(with(&value), with(&other));
        }
    }

    #[test]
    fn small_roots_are_fixed() {
        assert_eq!(root(&[]), Hash::ZERO);
        let one = (key(b"a"), Bytes::from_static(b"1"));
        assert_eq!(root(std::slice::from_ref(&one)), Leaf::of(one.0.as_bytes(), &one.1).hash());
        let two = [one, (key(b"b"), Bytes::new())];
        assert_eq!(
            root(&two).to_string(),
            "0xf0d591472d5e4be82a5b9309d76e15735d26afda9b626cff753cd29e7dea33b7"
        );
    }

    #[test]
    fn long_shared_prefixes_are_hashed_level_by_level() {
        let mut paths = [B256::repeat_byte(0xaa), B256::repeat_byte(0xaa)];
        paths[1][31] ^= 1;
        let leaves = paths.map(|path| Leaf { path, value_hash: Hash::repeat_byte(7) });
        let root = subtree_of(&leaves, 0).expect("sorted").hash();
        assert_eq!(root, by_definition(&leaves, 0));
    }

    #[test]
    fn a_key_that_comes_twice_is_refused() {
        let mut builder = RootBuilder::new();
        builder.add(&key(b"a"), b"1");
        builder.add(&key(b"a"), b"2");
        assert!(matches!(builder.root(), Err(StateError::Corrupt { .. })));
    }
}
