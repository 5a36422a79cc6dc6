//! The door to a store: one writer that appends whole blocks, any number of readers of any block
//! that is still held.
//!
//! A store knows the order of blocks and nothing of their meaning: headers and receipts are bytes
//! to it.

use std::{fmt, sync::Arc};

use primitives::{BlockNumber, Bytes, Hash};
use proof::{Prefix, Proof, SubtreeProof};
use serde::{Deserialize, Serialize};

use crate::{
    Key, ScanEntry, StateError, StateView, StoreMetrics, WriteSet,
    commitment::{Leaf, path_of, value_hash},
    tree::{Change, Pages, Update, threads, update},
};

/// The last block of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Its height.
    pub block: BlockNumber,
    /// Its hash.
    pub hash: Hash,
}

/// All that one block changes, to be stored whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct BlockCommit {
    /// The height: one above the tip, or 0 in an empty store.
    pub number: BlockNumber,
    /// The hash of the block.
    pub hash: Hash,
    /// The changes of the state.
    pub writes: WriteSet,
    /// What belongs to the block itself (header, receipts), as bytes that only the caller reads.
    pub record: Option<Bytes>,
    /// Records beside the state, which have neither history nor a part in the commitment: where a
    /// transaction is found, for instance. A later record of the same key replaces an earlier one.
    pub index: Vec<(Bytes, Bytes)>,
}

impl BlockCommit {
    /// The changes of the state, and the rest.
    #[must_use]
    pub fn split(self) -> (WriteSet, BlockEntry) {
        let Self { number, hash, writes, record, index } = self;
        (writes, BlockEntry { number, hash, record, index })
    }
}

/// A block without its changes of the state, see [`BlockCommit`].
#[derive(Debug, Clone, Default)]
pub struct BlockEntry {
    /// The height: one above the tip, or 0 in an empty store.
    pub number: BlockNumber,
    /// The hash of the block.
    pub hash: Hash,
    /// What belongs to the block itself.
    pub record: Option<Bytes>,
    /// Records beside the state.
    pub index: Vec<(Bytes, Bytes)>,
}

/// The changes of a block that is not committed yet, with the root that the state has after them.
///
/// It holds for the tip it was staged on, and for no other.
#[derive(Debug)]
pub struct Staged {
    parent: Parent,
    pub(crate) writes: Vec<StagedWrite>,
    pub(crate) update: Update,
}

/// The records that `writes` change of `view`.
pub(crate) fn changed(
    writes: WriteSet,
    view: &dyn StateView,
) -> Result<Vec<StagedWrite>, StateError> {
    let mut changed = Vec::with_capacity(writes.len());
    for (key, value) in writes {
        let previous = view.read(&key)?;
        if previous != value {
            changed.push(StagedWrite { key, value, previous });
        }
    }
    Ok(changed)
}

/// What changes were staged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) tip: Option<Tip>,
    pub(crate) root: Hash,
}

/// A record that changes.
#[derive(Debug)]
pub(crate) struct StagedWrite {
    pub(crate) key: Key,
    pub(crate) value: Option<Bytes>,
    pub(crate) previous: Option<Bytes>,
}

impl Staged {
    /// Finds what `writes` change of `view`, whose tree `pages` holds.
    pub(crate) fn new(
        parent: Parent,
        writes: WriteSet,
        view: &dyn StateView,
        pages: &dyn Pages,
    ) -> Result<Self, StateError> {
        let writes = changed(writes, view)?;
        let leaves = writes.iter().map(|write| (&write.key, write.value.as_ref()));
        let update = update_leaves(pages, leaves)?;
        Ok(Self { parent, writes, update })
    }

    /// The root of the state after the changes.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.update.root
    }

    /// How many records change. A write of the value that was there is no change.
    #[must_use]
    pub const fn changes(&self) -> usize {
        self.writes.len()
    }

    /// Refuses changes that were staged on another state.
    pub(crate) fn check_parent(&self, parent: Parent) -> Result<(), StateError> {
        if self.parent == parent {
            return Ok(());
        }
        let name = |parent: Parent| match parent.tip {
            None => "an empty store".to_owned(),
            Some(tip) => format!("block {} with root {}", tip.block, parent.root),
        };
        Err(StateError::Stale { staged_on: name(self.parent), tip: name(parent) })
    }
}

/// What the records that change make of the tree that `pages` hold.
pub(crate) fn update_leaves<'a>(
    pages: &dyn Pages,
    records: impl Iterator<Item = (&'a Key, Option<&'a Bytes>)>,
) -> Result<Update, StateError> {
    let change = |(key, value): (&Key, Option<&Bytes>)| Change {
        path: path_of(key.as_bytes()),
        value_hash: value.map(|value| value_hash(value)),
    };
    let mut changes: Vec<Change> = records.map(change).collect();
    changes.sort_unstable_by_key(|change| change.path);
    update(pages, &changes, threads())
}

/// How far a call of [`Store::prune_below`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneProgress {
    /// Changes forgotten by this call.
    pub removed: usize,
    /// Whether nothing below the watermark is left.
    pub done: bool,
}

/// Where a state that is loaded from outside stands in its chain.
#[derive(Debug, Clone)]
pub struct ImportedBlock {
    /// The block after which the state was taken; it becomes the tip.
    pub tip: Tip,
    /// Hashes of earlier blocks that contracts may still ask for.
    pub hashes: Vec<(BlockNumber, Hash)>,
    /// Roots of the states after earlier blocks, which later headers may still name.
    pub roots: Vec<(BlockNumber, Hash)>,
    /// The record of the block, where it comes along.
    pub record: Option<Bytes>,
}

/// The most blocks at the tip that a store may hold without their trees.
pub const TREE_LAG_BLOCKS_MAX: u64 = 64;

/// A source of records in the order of their keys, as bulk operations read it.
pub type RecordSource<'a> = dyn Iterator<Item = Result<ScanEntry, StateError>> + 'a;

/// Something that keeps the state of every block from a watermark to the tip.
///
/// There is one writer: calls that change the store wait for each other. Readers never wait for
/// the writer, and a view that was handed out stays as it was whatever is committed or pruned.
pub trait Store: Send + Sync + fmt::Debug {
    /// The last block, or nothing in an empty store.
    fn tip(&self) -> Option<Tip>;

    /// The state after the last block, empty in an empty store.
    fn latest(&self) -> Arc<dyn StateView>;

    /// The state after `block`.
    ///
    /// # Errors
    ///
    /// [`StateError::NotHeld`] above the tip and below the watermark.
    fn at(&self, block: BlockNumber) -> Result<Arc<dyn StateView>, StateError>;

    /// Works out what `writes` change of the state after the last block, and its root after them.
    /// Nothing is written, and the cost is that of the changes, not of the state.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn stage(&self, writes: WriteSet) -> Result<Staged, StateError>;

    /// Appends a block with the changes that were staged for it. When this returns the block is
    /// whole and will survive the process; a block for which it did not return is there whole or
    /// not at all.
    ///
    /// # Errors
    ///
    /// [`StateError::NotNext`] where the block does not follow the tip, [`StateError::Stale`] where
    /// the changes were staged on another state, [`StateError::Store`] where the medium failed.
    fn commit_staged(&self, block: BlockEntry, staged: Staged) -> Result<(), StateError>;

    /// Stages the changes of a block and appends it, for those who need no root before.
    ///
    /// # Errors
    ///
    /// As [`commit_staged`](Self::commit_staged).
    fn commit(&self, block: BlockCommit) -> Result<(), StateError> {
        check_next(self.tip(), block.number)?;
        let (writes, entry) = block.split();
        self.commit_staged(entry, self.stage(writes)?)
    }

    /// Appends a block whose tree is made later, by [`build_tree`](Self::build_tree) or by whatever
    /// asks for it first, and returns how many records changed. Its state can be read at once, and
    /// it is as durable as any other; a process that dies leaves the tree to the next one. Where
    /// [`TREE_LAG_BLOCKS_MAX`] blocks are without their trees, the oldest of these is made first.
    ///
    /// The first block of a store gets its tree at once.
    ///
    /// # Errors
    ///
    /// [`StateError::NotNext`] where the block does not follow the tip, [`StateError::Store`] where
    /// the medium failed.
    fn append(&self, block: BlockEntry, writes: WriteSet) -> Result<usize, StateError>;

    /// The last block whose tree has been made; those up to the tip wait for theirs.
    fn tree_tip(&self) -> Option<BlockNumber>;

    /// Makes the trees up to `block`, which is at most the tip, where they are not there yet.
    /// Readers and [`append`](Self::append) go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StateError::NotHeld`] above the tip, [`StateError::Store`] where the medium failed.
    fn build_tree(&self, block: BlockNumber) -> Result<(), StateError>;

    /// The root of the state after [`tree_tip`](Self::tree_tip), which is the tip where every block
    /// got its tree at once; see [`commitment`](crate::commitment). Zero in an empty store.
    fn root(&self) -> Hash;

    /// The root of the state after `block` as the store keeps it, also where the state itself is
    /// not held any more; nothing where it is not known. Its tree is made where it waits.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn block_root(&self, block: BlockNumber) -> Result<Option<Hash>, StateError>;

    /// The root of the state after `block`. Its tree is made where it waits.
    ///
    /// # Errors
    ///
    /// [`StateError::NotHeld`] above the tip and below the watermark, [`StateError::Store`] where
    /// the medium failed.
    fn root_at(&self, block: BlockNumber) -> Result<Hash, StateError>;

    /// Proves to whoever knows the root after `block` what the record at `key` is there, or that
    /// there is none.
    ///
    /// # Errors
    ///
    /// As [`root_at`](Self::root_at), and [`StateError::Corrupt`] where the tree does not read.
    fn prove(&self, key: &Key, block: BlockNumber) -> Result<Proof, StateError>;

    /// Proves to whoever knows the root after `block` which leaves there are below `prefix`.
    ///
    /// # Errors
    ///
    /// As [`prove`](Self::prove).
    fn prove_subtree(
        &self,
        prefix: &Prefix,
        block: BlockNumber,
    ) -> Result<SubtreeProof, StateError>;

    /// The state after `block` with its tree, to be read for as long as it takes: it stays as it is
    /// whatever is committed, pruned or taken back.
    ///
    /// # Errors
    ///
    /// As [`root_at`](Self::root_at).
    fn hold(&self, block: BlockNumber) -> Result<Arc<dyn HeldState>, StateError>;

    /// The hash of a block, or nothing where it is not known.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn block_hash(&self, block: BlockNumber) -> Result<Option<Hash>, StateError>;

    /// The record that was committed with a block, or nothing where there was none.
    ///
    /// # Errors
    ///
    /// As [`block_hash`](Self::block_hash).
    fn block_record(&self, block: BlockNumber) -> Result<Option<Bytes>, StateError>;

    /// A record beside the state.
    ///
    /// # Errors
    ///
    /// As [`block_hash`](Self::block_hash).
    fn index_record(&self, key: &[u8]) -> Result<Option<Bytes>, StateError>;

    /// The keys whose records a block changed, in their order. A write of the value that was
    /// there is no change. The first block of a store lists none.
    ///
    /// # Errors
    ///
    /// [`StateError::NotHeld`] above the tip and where the block is not above the watermark.
    fn changed_keys(&self, block: BlockNumber) -> Result<Vec<Key>, StateError>;

    /// The watermark: the first block whose state can be read.
    fn retained_from(&self) -> BlockNumber;

    /// Moves the watermark up to `block`, at most to the tip, and forgets history below it:
    /// about `budget_keys` changes a call, so that no call takes long. What remains is taken up by
    /// the next call; the watermark itself moves at once, at most to
    /// [`tree_tip`](Self::tree_tip). Block hashes, block records, roots and the index stay.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn prune_below(
        &self,
        block: BlockNumber,
        budget_keys: usize,
    ) -> Result<PruneProgress, StateError>;

    /// Takes the chain back, so that `to` is the tip again: every record has the value it had
    /// there, and the hashes, records and history of the blocks above are gone. When this returns
    /// that will survive the process; if it did not return, all of it happened or nothing. Views
    /// that were handed out stay as they were. Rewinding to the tip does nothing.
    ///
    /// Records of the index stay, also those that a later block wrote: the store does not remember
    /// what they replaced. Who reads one has to check the block that it names.
    ///
    /// What changes is put together in memory, so the cost is that of all blocks taken back.
    ///
    /// # Errors
    ///
    /// [`StateError::NotHeld`] above the tip and below the watermark, [`StateError::Store`] where
    /// the medium failed, [`StateError::Corrupt`] where history does not read.
    fn rewind(&self, to: BlockNumber) -> Result<(), StateError>;

    /// Fills an empty store with a whole state. Where the source ends with an error or the process
    /// dies the store is empty when it is opened next; until then it takes no block.
    ///
    /// # Errors
    ///
    /// [`StateError::NotEmpty`] where there are blocks, the error of the source, and
    /// [`StateError::Store`] where the medium failed.
    fn import(
        &self,
        block: ImportedBlock,
        records: &mut RecordSource<'_>,
    ) -> Result<(), StateError>;

    /// Reads the whole tree after `block`, which has to lead to its root, and returns how many
    /// leaves it has: as many as there are records.
    ///
    /// # Errors
    ///
    /// As [`prove`](Self::prove).
    fn check_tree(&self, block: BlockNumber) -> Result<u64, StateError>;

    /// Reads all history, reports each inconsistency as a sentence, and returns how many entries
    /// there are.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError>;

    /// What the store holds and how far pruning has come, for those who watch it.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn metrics(&self) -> Result<StoreMetrics, StateError>;
}

/// Parts of a tree that are read one at a time, by the first bits of the paths.
pub const TREE_SLICES: u16 = 256;

/// The state after one block and all that belongs to it, as it was when it was asked for.
pub trait HeldState: Send + Sync + fmt::Debug {
    /// The records.
    fn view(&self) -> &dyn StateView;

    /// Reads one of the [`TREE_SLICES`] parts of the tree with this root, each page of which has to
    /// have the hash that the page above says. Together the parts have every leaf once.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed, [`StateError::Corrupt`] where a page does not
    /// read or has another hash.
    fn leaves(
        &self,
        root: &Hash,
        slice: u16,
        found: &mut dyn FnMut(&Leaf),
    ) -> Result<(), StateError>;

    /// Reads all history, reports each inconsistency as a sentence, and returns how many entries
    /// there are.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError>;
}

/// Refuses a block that does not follow `tip`.
pub(crate) fn check_next(tip: Option<Tip>, block: BlockNumber) -> Result<(), StateError> {
    let expected = match tip {
        None => BlockNumber(0),
        Some(tip) => tip.block.next().ok_or_else(|| {
            StateError::Store(format!("block {} is the last that a store can hold", tip.block))
        })?,
    };
    if block == expected {
        return Ok(());
    }
    Err(StateError::NotNext { block: block.0, expected: expected.0 })
}

/// The block whose tree has to be there before `block` is appended.
pub(crate) const fn due_tree(block: BlockNumber) -> BlockNumber {
    BlockNumber(block.0.saturating_sub(TREE_LAG_BLOCKS_MAX))
}

/// Refuses a block whose state cannot be read.
pub(crate) fn check_held(
    tip: Option<Tip>,
    retained_from: BlockNumber,
    block: BlockNumber,
) -> Result<(), StateError> {
    let not_held = |reason: String| Err(StateError::NotHeld { block: block.0, reason });
    match tip {
        None => not_held("the store is empty".to_owned()),
        Some(tip) if block > tip.block || block < retained_from => not_held(format!(
            "the store holds the states of blocks {retained_from} to {}",
            tip.block
        )),
        Some(_) => Ok(()),
    }
}
