//! Changes that no store holds yet, laid over a view.

use std::{collections::BTreeMap, sync::Arc};

use primitives::{BlockNumber, Bytes, Hash};

use crate::{Key, Records, ScanEntry, StateError, StateView, WriteSet, records::merge};

/// A view with changes laid over it: the state after blocks that are not committed, or that never
/// will be.
#[derive(Debug, Clone)]
pub struct Overlay {
    base: Arc<dyn StateView>,
    writes: WriteSet,
    hashes: BTreeMap<BlockNumber, Hash>,
}

impl Overlay {
    /// `writes` over `base`.
    #[must_use]
    pub const fn new(base: Arc<dyn StateView>, writes: WriteSet) -> Self {
        Self { base, writes, hashes: BTreeMap::new() }
    }

    /// Lays further changes on top.
    pub fn extend(&mut self, later: WriteSet) {
        self.writes.extend(later);
    }

    /// Makes the hash of an uncommitted block known.
    pub fn remember_hash(&mut self, block: BlockNumber, hash: Hash) {
        self.hashes.insert(block, hash);
    }

    /// The changes that are laid over the base.
    #[must_use]
    pub const fn writes(&self) -> &WriteSet {
        &self.writes
    }

    /// The changes, without the base.
    #[must_use]
    pub fn into_writes(self) -> WriteSet {
        self.writes
    }
}

impl StateView for Overlay {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        match self.writes.get(key) {
            Some(change) => Ok(change.cloned()),
            None => self.base.read(key),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let start = prefix.max(from);
        let changes = self
            .writes
            .iter_from(start)
            .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
            .map(|(key, change)| Ok((key.clone(), change.cloned())));
        merge(Records::starting_at(&*self.base, prefix, start), changes, limit)
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        match self.hashes.get(&BlockNumber(number)) {
            Some(hash) => Ok(Some(*hash)),
            None => self.base.block_hash(number),
        }
    }
}
