//! Building the tree of a state that has none: after an import, and for a store of an older format.

use std::sync::Arc;

use fjall::{Keyspace, PersistMode};
use primitives::{BlockNumber, Hash};

use super::{
    Keyspaces, Shared, failed,
    tree::{FjallPages, Form, stage_pages, stage_root},
    view::FjallView,
};
use crate::{
    Key, Records, StateError, StateView, Tip,
    commitment::{path_of, value_hash},
    store::update_leaves,
    tree::{Change, Update, threads, update},
};

/// Leaves that a build keeps in memory, 64 bytes each. It reads all records once for each so many.
const PASS_LEAVES_MAX: u64 = 1 << 21;

/// Leaves that go into the tree at once.
const BATCH_LEAVES: usize = 1 << 15;

/// Bytes of pages after which the tables in memory are put on disk.
const FLUSH_BYTES: usize = 32 << 20;

/// Keys that one batch removes.
const REMOVED_PER_BATCH: usize = 1 << 14;

/// Removes what a build that was cut off has left.
pub(super) fn clear(keyspaces: &Keyspaces) -> Result<(), StateError> {
    clear_keyspace(keyspaces, &keyspaces.tree)?;
    clear_keyspace(keyspaces, &keyspaces.stale)
}

/// Builds the tree of the records of `view`, which is the state after `block`, and returns its
/// root. The pages are written without being synced. `progress` hears how many leaves are in.
pub(super) fn build(
    shared: &Arc<Shared>,
    view: &dyn StateView,
    block: BlockNumber,
    progress: &mut dyn FnMut(u64),
) -> Result<Hash, StateError> {
    let mut records: u64 = 0;
    for record in Records::all(view) {
        record?;
        records += 1;
    }
    let bits = (0..64).find(|bits| records >> bits <= PASS_LEAVES_MAX).unwrap_or(0);
    let mut builder =
        Builder { shared, block, root: Hash::ZERO, done: 0, unflushed_bytes: 0, progress };
    shared.pages.reset(Some(block));
    for pass in 0..1u64 << bits {
        let mut leaves = Vec::new();
        for record in Records::all(view) {
            let (key, value) = record?;
            let change = put(&key, &value);
            if is_in_pass(&change, bits, pass) {
                leaves.push(change);
            }
        }
        leaves.sort_unstable_by_key(|change| change.path);
        builder.add(&leaves)?;
    }
    Ok(builder.root)
}

fn put(key: &Key, value: &[u8]) -> Change {
    Change { path: path_of(key.as_bytes()), value_hash: Some(value_hash(value)) }
}

fn is_in_pass(change: &Change, bits: u32, pass: u64) -> bool {
    let first = change.path.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    first.checked_shr(u64::BITS - bits).unwrap_or(0) == pass
}

struct Builder<'a> {
    shared: &'a Arc<Shared>,
    block: BlockNumber,
    root: Hash,
    done: u64,
    unflushed_bytes: usize,
    progress: &'a mut dyn FnMut(u64),
}

impl Builder<'_> {
    fn add(&mut self, leaves: &[Change]) -> Result<(), StateError> {
        for part in leaves.chunks(BATCH_LEAVES) {
            let tip = Tip { block: self.block, hash: Hash::ZERO };
            let view = FjallView::latest(self.shared, Some(tip));
            let pages = FjallPages { view: &view, block: self.block };
            let Update { root, pages: mut changes } = update(&pages, part, threads())?;
            let mut batch = self.shared.keyspaces.db.batch();
            self.unflushed_bytes += stage_pages(
                &self.shared.keyspaces,
                &mut batch,
                self.block,
                &mut changes,
                Form::Whole,
            );
            batch.commit().map_err(failed)?;
            self.shared.pages.advance(self.block, changes);
            self.root = root;
            self.done += part.len() as u64;
            (self.progress)(self.done);
            if self.unflushed_bytes >= FLUSH_BYTES {
                self.unflushed_bytes = 0;
                self.shared.keyspaces.flush_tables()?;
            }
        }
        Ok(())
    }
}

/// Goes on with the tree of `block`, which the next block changed: its pages and its root are made
/// durable.
pub(super) fn follow(
    shared: &Arc<Shared>,
    views: impl Fn(BlockNumber) -> FjallView,
    block: BlockNumber,
) -> Result<Hash, StateError> {
    let next = block.next().expect("invariant: there is a block above");
    let Update { root, pages: mut changes } = update_of(&views(block), &views(next), next)?;
    let keyspaces = &shared.keyspaces;
    let mut batch = keyspaces.db.batch().durability(Some(PersistMode::Buffer));
    stage_pages(keyspaces, &mut batch, next, &mut changes, Form::Short);
    stage_root(keyspaces, &mut batch, next, &root);
    batch.insert(&keyspaces.meta, super::layout::TREE, next.0.to_be_bytes());
    batch.commit().map_err(failed)?;
    shared.pages.advance(next, changes);
    Ok(root)
}

/// What the block `next` makes of the tree of `before`, the state before it; `after` is the one
/// after it.
pub(super) fn update_of(
    before: &FjallView,
    after: &FjallView,
    next: BlockNumber,
) -> Result<Update, StateError> {
    let mut records = Vec::new();
    for key in after.changed_keys(next)? {
        let value = after.read(&key)?;
        records.push((key, value));
    }
    let records = records.iter().map(|(key, value)| (key, value.as_ref()));
    update_leaves(&before.pages(), records)
}

/// Removes all keys of a keyspace.
fn clear_keyspace(keyspaces: &Keyspaces, keyspace: &Keyspace) -> Result<(), StateError> {
    loop {
        let mut batch = keyspaces.db.batch();
        let mut removed = 0;
        for entry in keyspace.iter().take(REMOVED_PER_BATCH) {
            batch.remove(keyspace, entry.key().map_err(failed)?);
            removed += 1;
        }
        if removed == 0 {
            return Ok(());
        }
        batch.commit().map_err(failed)?;
    }
}
