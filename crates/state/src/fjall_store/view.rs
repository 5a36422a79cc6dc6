//! Views of the durable store: a snapshot of the database, read at one block.

use std::{fmt, ops::Bound, sync::Arc};

use fjall::{Readable, Snapshot, UserValue};
use primitives::{BlockNumber, Bytes, Hash};

use super::{
    Shared, failed, history,
    layout::{
        BlockPart, block_key, decode_keys, decode_previous, history_key, history_prefix,
        parse_hash, prefix_end, split_history_key, unescape,
    },
    records::Generation,
    tree::{FjallPages, StoredPages},
};
use crate::{
    HeldState, Key, ScanEntry, StateError, StateView, Tip, commitment::Leaf, records::merge,
    tree::leaves_of_slice,
};

/// Entries of one record that a scan of history walks over before it jumps.
const STEPS_BEFORE_JUMP: usize = 8;

/// The state after `block`, as a snapshot whose tip is `tip` knows it.
///
/// The snapshot is what keeps later commits and pruning out; it is dropped before the database.
pub(super) struct FjallView {
    pub(super) snapshot: Snapshot,
    pub(super) shared: Arc<Shared>,
    pub(super) tip: Option<Tip>,
    block: Option<BlockNumber>,
    /// Of the records in memory, where they are those of this view.
    generation: Option<Generation>,
}

impl FjallView {
    /// The state after the last block of `shared`, which is `tip`.
    pub(super) fn latest(shared: &Arc<Shared>, tip: Option<Tip>) -> Self {
        Self {
            snapshot: shared.keyspaces.db.snapshot(),
            shared: Arc::clone(shared),
            tip,
            block: tip.map(|tip| tip.block),
            generation: None,
        }
    }

    /// The same view, with the records in memory that are those of its state.
    pub(super) const fn of_generation(mut self, generation: Generation) -> Self {
        self.generation = Some(generation);
        self
    }

    /// The state after an earlier block, from the same snapshot.
    pub(super) fn at(&self, block: BlockNumber) -> Self {
        assert!(self.tip.is_some_and(|tip| block <= tip.block), "the block is at most the tip");
        Self {
            snapshot: self.snapshot.clone(),
            shared: Arc::clone(&self.shared),
            tip: self.tip,
            block: Some(block),
            generation: None,
        }
    }

    /// An entry of the keyspace of blocks, as the snapshot has it.
    pub(super) fn get_block_entry(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        let found = self.snapshot.get(&self.shared.keyspaces.blocks, key).map_err(failed)?;
        Ok(found.as_ref().map(to_bytes))
    }

    /// The records that a block changed, which is at most the tip and above the watermark.
    pub(super) fn changed_keys(&self, block: BlockNumber) -> Result<Vec<Key>, StateError> {
        assert!(self.tip.is_some_and(|tip| block <= tip.block), "the block is at most the tip");
        let mut keys = Vec::new();
        let changes = &self.shared.keyspaces.changes;
        for entry in self.snapshot.prefix(changes, block.0.to_be_bytes()) {
            let (part, list) = entry.into_inner().map_err(failed)?;
            keys.extend(decode_keys(&list).ok_or_else(|| bad_key(&part))?);
        }
        Ok(keys)
    }

    /// The tree after the block of this view.
    pub(super) fn pages(&self) -> FjallPages<'_> {
        FjallPages { view: self, block: self.block.unwrap_or_default() }
    }

    /// The block of this view, where history has to be asked.
    fn past_block(&self) -> Option<BlockNumber> {
        self.block.filter(|block| self.tip.is_some_and(|tip| *block < tip.block))
    }

    /// What the first change of `key` after `block` replaced, or nothing where there was none.
    fn previous(&self, key: &Key, block: BlockNumber) -> Result<Option<Option<Bytes>>, StateError> {
        let first = history_key(key.as_bytes(), BlockNumber(block.0 + 1));
        let last = history_key(key.as_bytes(), BlockNumber(u64::MAX));
        match self.snapshot.range(&self.shared.keyspaces.history, first..=last).next() {
            None => Ok(None),
            Some(entry) => {
                let (_, value) = entry.into_inner().map_err(failed)?;
                previous_value(key, &value).map(Some)
            }
        }
    }

    /// The record as the database has it.
    fn stored(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        let value = self.snapshot.get(&self.shared.keyspaces.state, key.as_bytes());
        Ok(value.map_err(failed)?.as_ref().map(to_bytes))
    }

    fn records<'a>(
        &'a self,
        start: &[u8],
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<ScanEntry, StateError>> + 'a {
        let range = (Bound::Included(start.to_vec()), prefix_end(prefix));
        self.snapshot.range(&self.shared.keyspaces.state, range).map(|entry| {
            let (key, value) = entry.into_inner().map_err(failed)?;
            Ok((parse_key(&key)?, to_bytes(&value)))
        })
    }
}

impl fmt::Debug for FjallView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallView")
            .field("block", &self.block)
            .field("tip", &self.tip)
            .finish_non_exhaustive()
    }
}

impl StateView for FjallView {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        if let Some(block) = self.past_block()
            && let Some(previous) = self.previous(key, block)?
        {
            return Ok(previous);
        }
        match self.generation {
            Some(generation) => self.shared.records.read(key, generation, || self.stored(key)),
            None => self.stored(key),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let start = prefix.max(from);
        if !start.starts_with(prefix) {
            return Ok(Vec::new());
        }
        let records = self.records(start, prefix);
        match self.past_block() {
            None => records.take(limit).collect(),
            Some(block) => merge(records, PastChanges::new(self, block, start, prefix), limit),
        }
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        let number = BlockNumber(number);
        if self.block.is_none_or(|block| number > block) {
            return Ok(None);
        }
        let key = block_key(BlockPart::Hash, number);
        let bytes = self.snapshot.get(&self.shared.keyspaces.blocks, key).map_err(failed)?;
        bytes.map(|bytes| parse_block_hash(number, &bytes)).transpose()
    }
}

impl HeldState for FjallView {
    fn view(&self) -> &dyn StateView {
        self
    }

    fn leaves(
        &self,
        root: &Hash,
        slice: u16,
        found: &mut dyn FnMut(&Leaf),
    ) -> Result<(), StateError> {
        leaves_of_slice(&StoredPages(self.pages()), root, slice, found)
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
        history::check(self, report)
    }
}

/// What records were after `block`, for those that changed later, in the order of their keys.
struct PastChanges<'a> {
    view: &'a FjallView,
    block: BlockNumber,
    entries: fjall::Iter,
    end: Bound<Vec<u8>>,
    /// The escaped key of the record that was handed out last.
    done: Option<Vec<u8>>,
    /// Entries that were passed over since the last one handed out.
    steps: usize,
}

impl<'a> PastChanges<'a> {
    fn new(view: &'a FjallView, block: BlockNumber, start: &[u8], prefix: &[u8]) -> Self {
        let end = prefix_end(&history_prefix(prefix));
        let range = (Bound::Included(history_prefix(start)), end.clone());
        let entries = view.snapshot.range(&view.shared.keyspaces.history, range);
        Self { view, block, entries, end, done: None, steps: 0 }
    }

    /// Passes over the entry at `bytes`; after many of them, over all that lie before `target`.
    fn pass(&mut self, target: impl FnOnce() -> Vec<u8>) {
        self.steps += 1;
        if self.steps < STEPS_BEFORE_JUMP {
            return;
        }
        self.steps = 0;
        let range = (Bound::Excluded(target()), self.end.clone());
        self.entries = self.view.snapshot.range(&self.view.shared.keyspaces.history, range);
    }

    fn next_entry(&mut self) -> Result<Option<(Key, Option<Bytes>)>, StateError> {
        while let Some(entry) = self.entries.next() {
            let (bytes, value) = entry.into_inner().map_err(failed)?;
            let (group, number) = split_history_key(&bytes).ok_or_else(|| bad_key(&bytes))?;
            let group_end = |number: u64| [group, &number.to_be_bytes()].concat();
            if self.done.as_deref() == Some(group) {
                self.pass(|| group_end(u64::MAX));
            } else if number <= self.block {
                let block = self.block.0;
                self.pass(|| group_end(block));
            } else {
                let key = unescape(group).ok_or_else(|| bad_key(&bytes))?;
                let previous = previous_value(&key, &value)?;
                self.done = Some(group.to_vec());
                self.steps = 0;
                return Ok(Some((key, previous)));
            }
        }
        Ok(None)
    }
}

impl Iterator for PastChanges<'_> {
    type Item = Result<(Key, Option<Bytes>), StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}

/// The bytes of a value, copied out of the cache of the database.
fn to_bytes(value: &UserValue) -> Bytes {
    Bytes::copy_from_slice(value)
}

/// The key that bytes of the keyspace of the state are.
pub(super) fn parse_key(bytes: &[u8]) -> Result<Key, StateError> {
    Key::from_bytes(bytes).ok_or_else(|| bad_key(bytes))
}

/// The error of a key that is none.
pub(super) fn bad_key(bytes: &[u8]) -> StateError {
    StateError::Corrupt {
        key: format!("0x{}", alloy_primitives::hex::encode(bytes)),
        reason: "the key is not one of the store".to_owned(),
    }
}

/// What an entry of history says that a record was before.
pub(super) fn previous_value(key: &Key, bytes: &[u8]) -> Result<Option<Bytes>, StateError> {
    decode_previous(bytes).ok_or_else(|| StateError::Corrupt {
        key: key.to_string(),
        reason: "its history does not read".to_owned(),
    })
}

/// The hash of a block from its bytes.
pub(super) fn parse_block_hash(block: BlockNumber, bytes: &[u8]) -> Result<Hash, StateError> {
    parse_hash(bytes).ok_or_else(|| StateError::Corrupt {
        key: format!("hash of block {block}"),
        reason: format!("a hash does not have {} bytes", bytes.len()),
    })
}
