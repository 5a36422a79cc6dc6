//! A store that lives as long as its process, for tests and simulations.

mod tree;

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard};
use primitives::{BlockNumber, Bytes, Hash};
use proof::{Prefix, Proof, SubtreeProof};

use self::tree::MemoryTree;
use crate::{
    BlockEntry, HeldState, ImportedBlock, Key, PruneProgress, RecordSource, ScanEntry, Staged,
    StateError, StateView, Store, StoreMetrics, Tip, WriteSet,
    commitment::{Leaf, path_of},
    metrics::{PRUNE_PENDING_KEYS_MAX, prune_lag_blocks, retained_blocks, tree_lag_blocks},
    store::{Parent, StagedWrite, changed, check_held, check_next, due_tree, update_leaves},
    tree::{Update, count_leaves, leaves_of_slice, prove, prove_subtree},
};

/// All versions of all records in one ordered map.
///
/// A view is a number: it reads, of every record, the last version that is not above its block.
/// The map is replaced, not changed, where a rewind takes away what a view reads.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<Arc<Shared>>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn tip(&self) -> Option<Tip> {
        self.0.read().content.read().tip
    }

    fn latest(&self) -> Arc<dyn StateView> {
        let shared = self.0.read();
        // The lock is held while the view is counted, so that pruning cannot come between.
        let content = shared.content.read();
        Shared::view(&shared, content.tip.map(|tip| tip.block))
    }

    fn at(&self, block: BlockNumber) -> Result<Arc<dyn StateView>, StateError> {
        let shared = self.0.read();
        let content = shared.content.read();
        check_held(content.tip, content.retained_from, block)?;
        Ok(Shared::view(&shared, Some(block)))
    }

    fn stage(&self, writes: WriteSet) -> Result<Staged, StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(None)?;
        let pages = content.tree.latest();
        Staged::new(content.parent(), writes, &*content, &pages)
    }

    fn commit_staged(&self, block: BlockEntry, staged: Staged) -> Result<(), StateError> {
        let shared = self.0.read();
        let mut content = shared.content.write();
        check_next(content.tip, block.number)?;
        staged.check_parent(content.parent())?;
        content.apply(block, staged);
        Ok(())
    }

    fn append(&self, block: BlockEntry, writes: WriteSet) -> Result<usize, StateError> {
        let shared = self.0.read();
        let mut content = shared.content.write();
        check_next(content.tip, block.number)?;
        if content.tip.is_none() {
            let pages = content.tree.latest();
            let staged = Staged::new(content.parent(), writes, &*content, &pages)?;
            let changes = staged.changes();
            content.apply(block, staged);
            return Ok(changes);
        }
        while content.tree_tip < Some(due_tree(block.number)) {
            let (next, update) = content.next_tree()?;
            content.keep_tree(next, update);
        }
        let writes = changed(writes, &*content)?;
        let changes = writes.len();
        content.apply_writes(block, writes);
        Ok(changes)
    }

    fn tree_tip(&self) -> Option<BlockNumber> {
        self.0.read().content.read().tree_tip
    }

    fn build_tree(&self, block: BlockNumber) -> Result<(), StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(Some(block))?;
        check_held(content.tip, content.retained_from.min(block), block)
    }

    fn root(&self) -> Hash {
        self.0.read().content.read().parent().root
    }

    fn block_root(&self, block: BlockNumber) -> Result<Option<Hash>, StateError> {
        let shared = self.0.read();
        let is_held = shared.content.read().tip.is_some_and(|tip| block <= tip.block);
        if !is_held {
            return Ok(None);
        }
        let content = shared.content_with_tree(Some(block))?;
        Ok(content.roots.get(&block).copied())
    }

    fn root_at(&self, block: BlockNumber) -> Result<Hash, StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(Some(block))?;
        check_held(content.tip, content.retained_from, block)?;
        Ok(content.tree.at(block).root())
    }

    fn prove(&self, key: &Key, block: BlockNumber) -> Result<Proof, StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(Some(block))?;
        check_held(content.tip, content.retained_from, block)?;
        prove(&content.tree.at(block), &path_of(key.as_bytes()))
    }

    fn prove_subtree(
        &self,
        prefix: &Prefix,
        block: BlockNumber,
    ) -> Result<SubtreeProof, StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(Some(block))?;
        check_held(content.tip, content.retained_from, block)?;
        prove_subtree(&content.tree.at(block), prefix)
    }

    fn hold(&self, block: BlockNumber) -> Result<Arc<dyn HeldState>, StateError> {
        let shared = self.0.read();
        let content = shared.content_with_tree(Some(block))?;
        check_held(content.tip, content.retained_from, block)?;
        let view = Shared::view(&shared, Some(block));
        Ok(Arc::new(MemoryHeld { shared: Arc::clone(&shared), view, block }))
    }

    fn block_hash(&self, block: BlockNumber) -> Result<Option<Hash>, StateError> {
        Ok(self.0.read().content.read().hashes.get(&block).copied())
    }

    fn block_record(&self, block: BlockNumber) -> Result<Option<Bytes>, StateError> {
        Ok(self.0.read().content.read().block_records.get(&block).cloned())
    }

    fn index_record(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        Ok(self.0.read().content.read().index.get(key).cloned())
    }

    fn changed_keys(&self, block: BlockNumber) -> Result<Vec<Key>, StateError> {
        let shared = self.0.read();
        let content = shared.content.read();
        check_held(content.tip, content.retained_from, block)?;
        if Some(block) == content.first_block {
            return Ok(Vec::new());
        }
        if block == content.retained_from {
            let reason = format!("changes are known after block {block} only");
            return Err(StateError::NotHeld { block: block.0, reason });
        }
        Ok(content.changes.get(&block).cloned().unwrap_or_default())
    }

    fn retained_from(&self) -> BlockNumber {
        self.0.read().content.read().retained_from
    }

    fn prune_below(
        &self,
        block: BlockNumber,
        budget_keys: usize,
    ) -> Result<PruneProgress, StateError> {
        let shared = self.0.read();
        let mut content = shared.content.write();
        let Some(tip) = content.tip else {
            return Ok(PruneProgress { removed: 0, done: true });
        };
        let tree_tip = content.tree_tip.unwrap_or(tip.block);
        content.retained_from = content.retained_from.max(block.min(tree_tip));
        let oldest_live = shared.live.lock().keys().next().copied();
        let watermark = content.retained_from.min(oldest_live.unwrap_or(tip.block));
        Ok(content.prune(watermark, budget_keys))
    }

    fn rewind(&self, to: BlockNumber) -> Result<(), StateError> {
        let mut shared = self.0.write();
        let mut content = shared.content.write();
        check_held(content.tip, content.retained_from, to)?;
        if content.tip.is_some_and(|tip| tip.block == to) {
            return Ok(());
        }
        let is_read = shared.live.lock().keys().next_back().is_some_and(|block| *block > to);
        if !is_read {
            content.rewind(to);
            return Ok(());
        }
        // A view above `to` goes on reading the versions that are there now.
        let mut copy = content.clone();
        drop(content);
        copy.rewind(to);
        *shared = Arc::new(Shared { content: RwLock::new(copy), ..Shared::default() });
        Ok(())
    }

    fn import(
        &self,
        block: ImportedBlock,
        records: &mut RecordSource<'_>,
    ) -> Result<(), StateError> {
        let shared = self.0.read();
        let mut content = shared.content.write();
        if let Some(tip) = content.tip {
            return Err(StateError::NotEmpty { tip: tip.block.0 });
        }
        let number = block.tip.block;
        let mut versions = BTreeMap::new();
        let mut writes = WriteSet::new();
        for entry in records {
            let (key, value) = entry?;
            writes.put(key.clone(), value.clone());
            versions.insert(key, vec![(number, Some(value))]);
        }
        let pages = content.tree.latest();
        let staged = Staged::new(content.parent(), writes, &*content, &pages)?;
        content.roots = block.roots.into_iter().collect();
        content.keep_tree(number, staged.update);
        content.versions = versions;
        content.first_block = Some(number);
        content.retained_from = number;
        content.hashes = block.hashes.into_iter().collect();
        content.hashes.insert(number, block.tip.hash);
        content.block_records.extend(block.record.map(|record| (number, record)));
        content.tip = Some(block.tip);
        Ok(())
    }

    fn check_tree(&self, block: BlockNumber) -> Result<u64, StateError> {
        let root = self.root_at(block)?;
        count_leaves(&self.0.read().content.read().tree.at(block), &root)
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
        Ok(self.0.read().content.read().check_history(report))
    }

    fn metrics(&self) -> Result<StoreMetrics, StateError> {
        let shared = self.0.read();
        let content = shared.content.read();
        let retained_from = content.retained_from;
        let pending = content.changes.range(..=retained_from);
        let pending_keys: u64 = pending.map(|(_, keys)| keys.len() as u64).sum();
        let oldest = content.changes.keys().next().copied();
        Ok(StoreMetrics {
            tip: content.tip,
            tree_lag_blocks: tree_lag_blocks(content.tip, content.tree_tip),
            retained_from,
            retained_blocks: retained_blocks(content.tip, retained_from),
            prune_lag_blocks: prune_lag_blocks(oldest, retained_from),
            prune_pending_keys: pending_keys.min(PRUNE_PENDING_KEYS_MAX),
            ..StoreMetrics::default()
        })
    }
}

#[derive(Debug, Default)]
struct Shared {
    content: RwLock<Content>,
    /// How many views of each block there are: pruning leaves what they read.
    live: Mutex<BTreeMap<BlockNumber, usize>>,
}

impl Shared {
    /// What the store holds, with the trees up to `block`, or up to the tip where that is lower or
    /// no block is named.
    ///
    /// Readers go on while a tree is made; who would change the content waits.
    fn content_with_tree(
        &self,
        block: Option<BlockNumber>,
    ) -> Result<RwLockReadGuard<'_, Content>, StateError> {
        loop {
            let content = self.content.upgradable_read();
            let tip = content.tip.map(|tip| tip.block);
            let wanted = block.map_or(tip, |block| tip.min(Some(block)));
            if content.tree_tip >= wanted {
                return Ok(RwLockUpgradableReadGuard::downgrade(content));
            }
            let (next, update) = content.next_tree()?;
            RwLockUpgradableReadGuard::upgrade(content).keep_tree(next, update);
        }
    }

    fn view(shared: &Arc<Self>, block: Option<BlockNumber>) -> Arc<dyn StateView> {
        if let Some(block) = block {
            *shared.live.lock().entry(block).or_insert(0) += 1;
        }
        Arc::new(MemoryView { shared: Arc::clone(shared), block })
    }
}

#[derive(Debug, Clone, Default)]
struct Content {
    tip: Option<Tip>,
    first_block: Option<BlockNumber>,
    retained_from: BlockNumber,
    /// Of every key the values by the block that set them, never empty.
    versions: BTreeMap<Key, Vec<(BlockNumber, Option<Bytes>)>>,
    changes: BTreeMap<BlockNumber, Vec<Key>>,
    hashes: BTreeMap<BlockNumber, Hash>,
    block_records: BTreeMap<BlockNumber, Bytes>,
    index: BTreeMap<Bytes, Bytes>,
    tree: MemoryTree,
    /// The last block that `tree` knows.
    tree_tip: Option<BlockNumber>,
    roots: BTreeMap<BlockNumber, Hash>,
}

impl Content {
    fn parent(&self) -> Parent {
        Parent { tip: self.tip, root: self.tree.latest().root() }
    }

    fn apply(&mut self, block: BlockEntry, staged: Staged) {
        let number = block.number;
        self.apply_writes(block, staged.writes);
        self.keep_tree(number, staged.update);
    }

    /// What the first block without a tree makes of the tree before it.
    fn next_tree(&self) -> Result<(BlockNumber, Update), StateError> {
        let next = self.tree_tip.and_then(BlockNumber::next);
        let next = next.expect("invariant: the first block has its tree at once");
        let keys = self.changes.get(&next).map_or(&[][..], Vec::as_slice);
        let records = keys.iter().map(|key| (key, self.read(key, next)));
        Ok((next, update_leaves(&self.tree.latest(), records)?))
    }

    fn keep_tree(&mut self, block: BlockNumber, update: Update) {
        self.tree.apply(block, update.pages);
        self.roots.insert(block, update.root);
        self.tree_tip = Some(block);
    }

    fn apply_writes(&mut self, block: BlockEntry, writes: Vec<StagedWrite>) {
        let number = block.number;
        let mut changed = Vec::new();
        for StagedWrite { key, value, .. } in writes {
            let versions = self.versions.entry(key.clone()).or_default();
            assert!(versions.last().is_none_or(|(last, _)| *last < number), "blocks only grow");
            versions.push((number, value));
            changed.push(key);
        }
        if self.tip.is_none() {
            self.first_block = Some(number);
        } else if !changed.is_empty() {
            self.changes.insert(number, changed);
        }
        self.hashes.insert(number, block.hash);
        self.block_records.extend(block.record.map(|record| (number, record)));
        self.index.extend(block.index);
        self.tip = Some(Tip { block: number, hash: block.hash });
    }

    /// Makes `to`, which is held and below the tip, the tip.
    fn rewind(&mut self, to: BlockNumber) {
        assert!(self.retained_from <= to, "history is there down to the new tip");
        let Some(above) = to.next() else { return };
        for key in self.changes.split_off(&above).into_values().flatten() {
            let Some(versions) = self.versions.get_mut(&key) else { continue };
            versions.truncate(versions.partition_point(|(version, _)| *version <= to));
            if versions.is_empty() {
                self.versions.remove(&key);
            }
        }
        assert!(self.changes.range(above..).next().is_none(), "later changes are gone");
        self.tree.rewind(to);
        self.tree_tip = self.tree_tip.min(Some(to));
        self.roots.split_off(&above);
        self.hashes.split_off(&above);
        self.block_records.split_off(&above);
        let hash = self.hashes.get(&to).copied().expect("invariant: a held block has its hash");
        self.tip = Some(Tip { block: to, hash });
    }

    fn read(&self, key: &Key, block: BlockNumber) -> Option<&Bytes> {
        version_at(self.versions.get(key)?, block)
    }

    fn scan(&self, block: BlockNumber, prefix: &[u8], from: &[u8], limit: usize) -> Vec<ScanEntry> {
        self.versions
            .range::<[u8], _>((Bound::Included(prefix.max(from)), Bound::Unbounded))
            .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
            .filter_map(|(key, versions)| Some((key.clone(), version_at(versions, block)?.clone())))
            .take(limit)
            .collect()
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> u64 {
        for (key, versions) in &self.versions {
            if !versions.is_sorted_by(|(a, _), (b, _)| a < b) {
                report(format!("the versions of {key} are not in the order of blocks"));
            }
            if versions.last().map(|(block, _)| *block) > self.tip.map(|tip| tip.block) {
                report(format!("a version of {key} is above the tip"));
            }
        }
        self.changes.values().map(|keys| keys.len() as u64).sum()
    }

    fn prune(&mut self, watermark: BlockNumber, budget_keys: usize) -> PruneProgress {
        let mut removed = 0;
        while let Some(mut entry) = self.changes.first_entry() {
            if *entry.key() > watermark {
                break;
            }
            let block = *entry.key();
            let keys = entry.get_mut();
            let taken = keys.len().min(budget_keys - removed);
            let pruned = keys.split_off(keys.len() - taken);
            if keys.is_empty() {
                entry.remove();
            }
            for key in &pruned {
                self.forget_before(key, block);
            }
            removed += taken;
            if removed == budget_keys {
                break;
            }
        }
        assert!(removed <= budget_keys, "a slice keeps to its budget");
        self.tree.prune(watermark);
        let left = self.changes.range(..=self.retained_from).next();
        PruneProgress { removed, done: left.is_none() }
    }

    /// Forgets what `key` was before `block`, which changed it.
    fn forget_before(&mut self, key: &Key, block: BlockNumber) {
        let Some(versions) = self.versions.get_mut(key) else { return };
        let kept = versions.partition_point(|(version, _)| *version < block);
        versions.drain(..kept);
        if let Some((first, None)) = versions.first()
            && *first <= block
        {
            versions.remove(0);
        }
        if versions.is_empty() {
            self.versions.remove(key);
        }
    }
}

/// The state after the tip.
impl StateView for Content {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        Ok(self.tip.and_then(|tip| self.read(key, tip.block)).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        Ok(self.tip.map_or_else(Vec::new, |tip| self.scan(tip.block, prefix, from, limit)))
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        Ok(self.hashes.get(&BlockNumber(number)).copied())
    }
}

/// A state whose view keeps pruning from what it reads.
#[derive(Debug)]
struct MemoryHeld {
    shared: Arc<Shared>,
    view: Arc<dyn StateView>,
    block: BlockNumber,
}

impl HeldState for MemoryHeld {
    fn view(&self) -> &dyn StateView {
        self.view.as_ref()
    }

    fn leaves(
        &self,
        root: &Hash,
        slice: u16,
        found: &mut dyn FnMut(&Leaf),
    ) -> Result<(), StateError> {
        leaves_of_slice(&self.shared.content.read().tree.at(self.block), root, slice, found)
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
        Ok(self.shared.content.read().check_history(report))
    }
}

#[derive(Debug)]
struct MemoryView {
    shared: Arc<Shared>,
    block: Option<BlockNumber>,
}

impl Drop for MemoryView {
    fn drop(&mut self) {
        let Some(block) = self.block else { return };
        let mut live = self.shared.live.lock();
        let count = live.get_mut(&block).expect("invariant: a live view is counted");
        *count -= 1;
        if *count == 0 {
            live.remove(&block);
        }
    }
}

impl StateView for MemoryView {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        let Some(block) = self.block else { return Ok(None) };
        Ok(self.shared.content.read().read(key, block).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let Some(block) = self.block else { return Ok(Vec::new()) };
        Ok(self.shared.content.read().scan(block, prefix, from, limit))
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        let number = BlockNumber(number);
        if self.block.is_none_or(|block| number > block) {
            return Ok(None);
        }
        Ok(self.shared.content.read().hashes.get(&number).copied())
    }
}

fn version_at(versions: &[(BlockNumber, Option<Bytes>)], block: BlockNumber) -> Option<&Bytes> {
    let after = versions.partition_point(|(version, _)| *version <= block);
    let (_, value) = versions.get(after.checked_sub(1)?)?;
    value.as_ref()
}
