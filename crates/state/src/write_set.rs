//! What a transaction or a block changes, key by key.

use std::{
    collections::{BTreeMap, btree_map},
    ops::Bound,
};

use primitives::Bytes;

use crate::Key;

/// Changes in the order of their keys: a value to put, or nothing to remove the record.
///
/// Of several changes to one key only the last is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteSet(BTreeMap<Key, Option<Bytes>>);

impl WriteSet {
    /// No changes.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Puts a record.
    pub fn put(&mut self, key: Key, value: impl Into<Bytes>) {
        self.0.insert(key, Some(value.into()));
    }

    /// Removes a record.
    pub fn remove(&mut self, key: Key) {
        self.0.insert(key, None);
    }

    /// Sets a record to a value, or removes it where there is none.
    pub fn set(&mut self, key: Key, value: Option<Bytes>) {
        self.0.insert(key, value);
    }

    /// Leaves a record as it is.
    pub fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }

    /// The change of one key, if it changes: the new value, or nothing for a removal.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Option<&Bytes>> {
        self.0.get(key).map(Option::as_ref)
    }

    /// The changes in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, Option<&Bytes>)> {
        self.0.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// The changes whose keys are not below `from`, in the order of their keys.
    pub fn iter_from(&self, from: &[u8]) -> impl Iterator<Item = (&Key, Option<&Bytes>)> {
        self.0
            .range::<[u8], _>((Bound::Included(from), Bound::Unbounded))
            .map(|(key, value)| (key, value.as_ref()))
    }

    /// How many keys change.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lays later changes over these.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

impl WriteSet {
    /// Lays later changes over these. Tells `changed_twice` which keys were among them already.
    pub fn extend_noting(&mut self, later: Self, mut changed_twice: impl FnMut(&Key)) {
        for (key, value) in later.0 {
            match self.0.entry(key) {
                btree_map::Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                btree_map::Entry::Occupied(mut entry) => {
                    changed_twice(entry.key());
                    entry.insert(value);
                }
            }
        }
    }
}

impl FromIterator<(Key, Option<Bytes>)> for WriteSet {
    fn from_iter<I: IntoIterator<Item = (Key, Option<Bytes>)>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}

impl IntoIterator for WriteSet {
    type Item = (Key, Option<Bytes>);
    type IntoIter = btree_map::IntoIter<Key, Option<Bytes>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
