//! The durable store: the state of every retained block in an LSM tree on disk.
//!
//! The last state lies as it is; of earlier blocks the store keeps what each change replaced. All
//! of a block (state, history, hash, record, index, tip) is one batch that is synced before a
//! commit returns. Opening reads no records, however many there are.
//!
//! It relies on a file system that keeps what was synced, in sectors that are written whole or not
//! at all. An error of the medium ends the use of the store: it has to be opened again, which goes
//! back to the last whole block. Opening takes nothing for durable that an earlier process left: it
//! syncs the names, and writes the journal again in its place, before tables are made of it.
//!
//! Damage to what was synced is found where the seal knows the block that is missing; after a power
//! cut the seal may be some blocks behind, so that damage to the journal is then taken for its torn
//! end.

mod build;
mod history;
mod import;
mod journal;
mod lag;
mod layout;
mod metrics;
mod open;
mod records;
mod seal;
mod tree;
mod upgrade;
mod view;

pub use self::upgrade::UpgradeProgress;

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use fjall::{OwnedWriteBatch, PersistMode};
use parking_lot::{Mutex, RwLock};
use primitives::{BlockNumber, Bytes, Hash};
use proof::{Prefix, Proof, SubtreeProof};

pub use self::import::ChunkImport;
use self::{
    import::check_not_importing,
    layout::{
        BlockPart, CHANGES_PART_KEYS_MAX, FIRST, PRUNED, RETAINED, TIP, block_key, changes_key,
        decode_tip, encode_keys, encode_previous, encode_tip, history_key, index_key, parse_number,
    },
    open::{Directory, Keyspaces, describe},
    records::{RecordCache, Since},
    seal::Seal,
    tree::{Form, read_root, root_from, stage_pages, stage_root},
    view::{FjallView, parse_block_hash},
};
use crate::{
    BlockEntry, HeldState, ImportedBlock, Key, PruneProgress, RecordSource, Staged, StateError,
    StateView, Store, StoreMetrics, Tip, WriteSet,
    commitment::path_of,
    store::{Parent, StagedWrite, check_held, check_next},
    tree::{PageCache, Update, count_leaves, prove, prove_subtree},
};

/// Bytes of writes after which the tables in memory are put on disk and the journal is emptied, so
/// that what has to be replayed at the next opening stays bounded. The commit that comes to so many
/// waits for it.
const FLUSH_BYTES: usize = 12 << 20;

/// How a durable store is opened.
#[derive(Debug, Clone)]
pub struct FjallConfig {
    /// Bytes of blocks that are kept in memory for reads.
    pub cache_bytes: u64,
    /// Bytes of pages of the tree that are kept in memory, see [`commitment`](crate::commitment).
    pub tree_cache_bytes: usize,
    /// Bytes of records of the latest state that are kept in memory; none where it is 0.
    pub record_cache_bytes: usize,
    /// Whether a store is created where there is none.
    pub create: bool,
}

impl Default for FjallConfig {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            tree_cache_bytes: 64 << 20,
            record_cache_bytes: 32 << 20,
            create: true,
        }
    }
}

/// A store in a directory, held by one process at a time.
///
/// The directory stays locked until the store and all its views are dropped.
pub struct FjallStore {
    shared: Arc<Shared>,
    published: RwLock<Published>,
    writer: Mutex<Writer>,
    /// Held by whoever makes a tree or takes trees back; taken before `writer`.
    trees: Mutex<()>,
}

impl FjallStore {
    /// Opens the store in the directory `path`.
    ///
    /// A store that was left in the middle of an import is empty again, one that is being filled
    /// chunk by chunk is refused.
    ///
    /// # Errors
    ///
    /// All name the path. [`StateError::Open`] where it cannot be read or written, is in use, is no
    /// store, or is of a newer format; [`StateError::Damaged`] where the files of the store are not
    /// what was written; [`StateError::Store`] where the medium failed, for want of space as well.
    pub fn open(path: impl AsRef<Path>, config: &FjallConfig) -> Result<Self, StateError> {
        let path = path.as_ref();
        let directory = Directory::lock(path, config.create)?;
        let (mut keyspaces, mut seal) = directory.open(config)?;
        let tip = read_tip(&keyspaces)?;
        check_seal(path, &keyspaces, tip, seal.last())?;
        check_not_importing(path, &keyspaces)?;
        if tip.is_none() && keyspaces.state.first_key_value().is_some() {
            drop(keyspaces);
            (keyspaces, seal) = directory.reset(config)?;
        }
        let next_part = keyspaces.meta.get(PRUNED).map_err(failed)?.map(|part| part.to_vec());
        let mut writer = Writer { seal, unflushed_bytes: 0, failed: false, next_part };
        writer.settle(&keyspaces)?;
        Self::of(directory, keyspaces, writer, config)
    }

    /// The store over what has been opened.
    fn of(
        directory: Directory,
        keyspaces: Keyspaces,
        writer: Writer,
        config: &FjallConfig,
    ) -> Result<Self, StateError> {
        let tip = read_tip(&keyspaces)?;
        let first_block = read_number(&keyspaces, FIRST)?;
        let retained_from = read_number(&keyspaces, RETAINED)?;
        let tree = tip.map(|tip| lag::last_tree(&keyspaces, first_block, tip.block)).transpose()?;
        let pages = PageCache::new(config.tree_cache_bytes, tree.map(|(block, _)| block));
        let (path, lock) = directory.into_parts();
        let records = RecordCache::new(config.record_cache_bytes);
        let shared = Arc::new(Shared { keyspaces, pages, records, path, lock });
        let generation = shared.records.advance(&Since::Other);
        let published = Published {
            tree,
            latest: Arc::new(FjallView::latest(&shared, tip).of_generation(generation)),
            first_block,
            retained_from,
        };
        let (published, writer) = (RwLock::new(published), Mutex::new(writer));
        Ok(Self { shared, published, writer, trees: Mutex::new(()) })
    }

    /// Puts what is in memory on disk in its final form, so that the next opening has less to do.
    /// Nothing is lost without it.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    pub fn flush(&self) -> Result<(), StateError> {
        self.writer.lock().flush(&self.shared.keyspaces)
    }

    /// Merges the tables of every keyspace, so that the disk gets back the space of what was
    /// pruned or overwritten. The database does the same bit by bit while it is written to; this
    /// takes time and space in proportion to the whole store. Readers go on, commits wait.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    pub fn compact(&self) -> Result<(), StateError> {
        let mut writer = self.writer.lock();
        writer.flush(&self.shared.keyspaces)?;
        for keyspace in self.shared.keyspaces.all() {
            keyspace.major_compact().map_err(failed)?;
        }
        Ok(())
    }

    /// Closes the store in order, so that the next opening finds nothing to replay. Where a view is
    /// still in use the store stays open for it, and only [`flush`](Self::flush) is done.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed. Nothing that was committed is lost.
    pub fn close(self) -> Result<(), StateError> {
        self.flush()?;
        let Self { shared, published, writer, .. } = self;
        drop((published, writer));
        let Some(Shared { keyspaces, path, lock, .. }) = Arc::into_inner(shared) else {
            return Ok(());
        };
        let flushed = keyspaces.is_flushed();
        drop(keyspaces);
        let emptied = if flushed { open::empty_journal(&path) } else { Ok(()) };
        drop(lock);
        emptied
    }

    fn view(&self) -> Arc<FjallView> {
        Arc::clone(&self.published.read().latest)
    }

    /// The state after the tip as the database is now, with what pruning has removed since the tip
    /// was shown. The writer waits, so that the tip and the database are of one moment.
    fn fresh_view(&self) -> FjallView {
        let _writer = self.writer.lock();
        FjallView::latest(&self.shared, self.tip())
    }

    fn view_at(&self, block: BlockNumber) -> Result<FjallView, StateError> {
        let published = self.published.read();
        check_held(published.latest.tip, published.retained_from, block)?;
        Ok(published.latest.at(block))
    }

    /// Shows readers what has been committed.
    fn publish(&self, change: impl FnOnce(&mut Published)) {
        let mut published = self.published.write();
        change(&mut published);
        let tip = published.latest.tip;
        assert!(
            tip.is_none_or(|tip| published.retained_from <= tip.block),
            "the watermark is at most the tip"
        );
    }

    /// Shows readers a tip and, where it changes, the last block that has a tree with its root. The
    /// writer waits meanwhile.
    fn show_tip(
        &self,
        tip: Tip,
        tree: Option<(BlockNumber, Hash)>,
        first: bool,
        since: &Since<'_>,
    ) {
        let generation = self.shared.records.advance(since);
        let latest = FjallView::latest(&self.shared, Some(tip)).of_generation(generation);
        let latest = Arc::new(latest);
        self.publish(|published| {
            published.latest = latest;
            published.tree = tree.or(published.tree);
            if first {
                published.first_block = tip.block;
                published.retained_from = tip.block;
            }
        });
    }

    /// What readers see, which blocks are staged on.
    fn parent(&self) -> (Arc<FjallView>, Parent) {
        let published = self.published.read();
        let latest = Arc::clone(&published.latest);
        let parent = Parent { tip: latest.tip, root: published.root() };
        (latest, parent)
    }

    /// Puts the changes of the state and what they replaced into the batch, and returns the bytes.
    fn stage_writes(
        &self,
        batch: &mut OwnedWriteBatch,
        block: BlockNumber,
        writes: &[StagedWrite],
        first: bool,
    ) -> usize {
        let Keyspaces { state, history, changes, .. } = &self.shared.keyspaces;
        let mut bytes = 0;
        for StagedWrite { key, value, previous } in writes {
            bytes += key.as_bytes().len() + value.as_ref().map_or(0, |value| value.len());
            match value {
                Some(value) => batch.insert(state, key.as_bytes(), &value[..]),
                None => batch.remove(state, key.as_bytes()),
            }
            if !first {
                let entry = encode_previous(previous.as_ref().map(|value| &value[..]));
                bytes += key.as_bytes().len() + entry.len();
                batch.insert(history, history_key(key.as_bytes(), block), entry);
            }
        }
        if first {
            return bytes;
        }
        for (part, writes) in (0u32..).zip(writes.chunks(CHANGES_PART_KEYS_MAX)) {
            let list = encode_keys(writes.iter().map(|write| &write.key));
            bytes += list.len();
            batch.insert(changes, changes_key(block, part), list);
        }
        bytes
    }

    fn stage_block(&self, batch: &mut OwnedWriteBatch, block: &BlockEntry, first: bool) -> usize {
        let Keyspaces { meta, blocks, .. } = &self.shared.keyspaces;
        let mut bytes = 0;
        let hash_key = block_key(BlockPart::Hash, block.number);
        batch.insert(blocks, hash_key, block.hash.as_slice());
        if let Some(record) = &block.record {
            bytes += record.len();
            batch.insert(blocks, block_key(BlockPart::Record, block.number), &record[..]);
        }
        for (key, value) in &block.index {
            bytes += key.len() + value.len();
            batch.insert(blocks, index_key(key), &value[..]);
        }
        let tip = Tip { block: block.number, hash: block.hash };
        batch.insert(meta, TIP, encode_tip(tip));
        if first {
            batch.insert(meta, FIRST, block.number.0.to_be_bytes());
            batch.insert(meta, RETAINED, block.number.0.to_be_bytes());
        }
        bytes
    }

    /// Makes the records that are there the state of a block, which becomes the tip.
    /// Their root has to be `expected`, where it is known. `progress` hears how many of them are in
    /// the tree.
    fn finish_import(
        &self,
        writer: &mut Writer,
        block: &ImportedBlock,
        expected: Option<&Hash>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), StateError> {
        writer.failed = true;
        let keyspaces = &self.shared.keyspaces;
        build::clear(keyspaces)?;
        let view = FjallView::latest(&self.shared, Some(block.tip));
        let root = build::build(&self.shared, &view, block.tip.block, progress)?;
        if let Some(expected) = expected.filter(|expected| **expected != root) {
            let reason = format!("the imported records have root {root}, not {expected}");
            return Err(StateError::Damaged { path: self.shared.path.clone(), reason });
        }
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        for (number, hash) in &block.hashes {
            let key = block_key(BlockPart::Hash, *number);
            batch.insert(&keyspaces.blocks, key, hash.as_slice());
        }
        for (number, root) in &block.roots {
            stage_root(keyspaces, &mut batch, *number, root);
        }
        let Tip { block: number, hash } = block.tip;
        let record = block.record.clone();
        let entry = BlockEntry { number, hash, record, ..BlockEntry::default() };
        stage_root(keyspaces, &mut batch, number, &root);
        self.stage_block(&mut batch, &entry, true);
        import::stage_end(keyspaces, &mut batch)?;
        batch.commit().map_err(failed)?;
        writer.seal(block.tip)?;
        self.show_tip(block.tip, Some((number, root)), true, &Since::Other);
        writer.failed = false;
        Ok(())
    }

    fn get_block_part(
        &self,
        part: BlockPart,
        block: BlockNumber,
    ) -> Result<Option<Bytes>, StateError> {
        self.view().get_block_entry(&block_key(part, block))
    }
}

impl fmt::Debug for FjallStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallStore").field("latest", &self.view()).finish_non_exhaustive()
    }
}

impl Store for FjallStore {
    fn tip(&self) -> Option<Tip> {
        self.view().tip
    }

    fn latest(&self) -> Arc<dyn StateView> {
        self.view()
    }

    fn at(&self, block: BlockNumber) -> Result<Arc<dyn StateView>, StateError> {
        Ok(Arc::new(self.view_at(block)?))
    }

    fn stage(&self, writes: WriteSet) -> Result<Staged, StateError> {
        let (view, parent) = self.parent_with_tree()?;
        Staged::new(parent, writes, &*view, &view.pages())
    }

    fn commit_staged(&self, block: BlockEntry, staged: Staged) -> Result<(), StateError> {
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let (_, parent) = self.parent();
        check_next(parent.tip, block.number)?;
        staged.check_parent(parent)?;
        let first = parent.tip.is_none();
        assert!(first || self.retained_from() < block.number, "a block is above the watermark");
        let keyspaces = &self.shared.keyspaces;
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        let Update { root, mut pages } = staged.update;
        let bytes = self.stage_writes(&mut batch, block.number, &staged.writes, first)
            + stage_pages(keyspaces, &mut batch, block.number, &mut pages, Form::Short)
            + self.stage_block(&mut batch, &block, first);
        stage_root(keyspaces, &mut batch, block.number, &root);
        let tip = Tip { block: block.number, hash: block.hash };
        let committed = batch.commit().map_err(failed);
        let sealed = committed.and_then(|()| writer.seal(tip));
        writer.failed = sealed.is_err();
        sealed?;
        self.shared.pages.advance(tip.block, pages);
        self.show_tip(tip, Some((tip.block, root)), first, &Since::Block(&staged.writes));
        writer.flush_after(bytes, keyspaces)
    }

    fn append(&self, block: BlockEntry, writes: WriteSet) -> Result<usize, StateError> {
        self.append_without_tree(block, writes)
    }

    fn tree_tip(&self) -> Option<BlockNumber> {
        self.published.read().tree.map(|(block, _)| block)
    }

    fn build_tree(&self, block: BlockNumber) -> Result<(), StateError> {
        check_held(self.tip(), self.retained_from().min(block), block)?;
        self.build_trees(block)
    }

    fn root(&self) -> Hash {
        self.published.read().root()
    }

    fn block_root(&self, block: BlockNumber) -> Result<Option<Hash>, StateError> {
        if self.tip().is_none_or(|tip| tip.block < block) {
            return Ok(None);
        }
        self.build_trees(block)?;
        let bytes = self.get_block_part(BlockPart::Root, block)?;
        bytes.map(|bytes| root_from(block, Some(&bytes))).transpose()
    }

    fn root_at(&self, block: BlockNumber) -> Result<Hash, StateError> {
        check_held(self.tip(), self.retained_from(), block)?;
        self.build_trees(block)?;
        let bytes = self.get_block_part(BlockPart::Root, block)?;
        root_from(block, bytes.as_ref().map(|bytes| &bytes[..]))
    }

    fn prove(&self, key: &Key, block: BlockNumber) -> Result<Proof, StateError> {
        prove(&self.view_with_tree(block)?.pages(), &path_of(key.as_bytes()))
    }

    fn prove_subtree(
        &self,
        prefix: &Prefix,
        block: BlockNumber,
    ) -> Result<SubtreeProof, StateError> {
        prove_subtree(&self.view_with_tree(block)?.pages(), prefix)
    }

    fn hold(&self, block: BlockNumber) -> Result<Arc<dyn HeldState>, StateError> {
        // Pruning may have gone on since the tip was shown, and removes in several steps.
        self.build_trees(block)?;
        let fresh = self.fresh_view();
        check_held(fresh.tip, self.retained_from(), block)?;
        Ok(Arc::new(fresh.at(block)))
    }

    fn block_hash(&self, block: BlockNumber) -> Result<Option<Hash>, StateError> {
        let bytes = self.get_block_part(BlockPart::Hash, block)?;
        bytes.map(|bytes| parse_block_hash(block, &bytes)).transpose()
    }

    fn block_record(&self, block: BlockNumber) -> Result<Option<Bytes>, StateError> {
        self.get_block_part(BlockPart::Record, block)
    }

    fn index_record(&self, key: &[u8]) -> Result<Option<Bytes>, StateError> {
        self.view().get_block_entry(&index_key(key))
    }

    fn changed_keys(&self, block: BlockNumber) -> Result<Vec<Key>, StateError> {
        let published = self.published.read();
        check_held(published.latest.tip, published.retained_from, block)?;
        if block > published.retained_from {
            return published.latest.changed_keys(block);
        }
        if block == published.first_block {
            return Ok(Vec::new());
        }
        let reason = format!("changes are known after block {block} only");
        Err(StateError::NotHeld { block: block.0, reason })
    }

    fn retained_from(&self) -> BlockNumber {
        self.published.read().retained_from
    }

    fn prune_below(
        &self,
        block: BlockNumber,
        budget_keys: usize,
    ) -> Result<PruneProgress, StateError> {
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let Some(tip) = self.tip() else {
            return Ok(PruneProgress { removed: 0, done: true });
        };
        // What the next tree is made of has to stay.
        let tree_tip = self.tree_tip().unwrap_or(tip.block);
        let watermark = self.retained_from().max(block.min(tree_tip));
        // Readers stop asking for what is about to go before any of it is gone.
        self.publish(|published| published.retained_from = watermark);
        let slice = history::Slice { watermark, budget_keys, from: writer.next_part.clone() };
        let pruned = history::prune(&self.shared.keyspaces, slice);
        writer.failed = pruned.is_err();
        let pruned = pruned?;
        writer.next_part = pruned.next_part;
        writer.flush_after(pruned.bytes, &self.shared.keyspaces)?;
        Ok(pruned.progress)
    }

    fn rewind(&self, to: BlockNumber) -> Result<(), StateError> {
        let _trees = self.trees.lock();
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let tip = self.tip();
        check_held(tip, self.retained_from(), to)?;
        let Some(tip) = tip.filter(|tip| to < tip.block) else { return Ok(()) };
        let tree = match self.tree_tip() {
            Some(tree_tip) if to < tree_tip => Some((to, read_root(&self.shared.keyspaces, to)?)),
            _ => None,
        };
        let hash = self.block_hash(to)?.ok_or_else(|| StateError::Corrupt {
            key: format!("hash of block {to}"),
            reason: "the block is held, its hash is missing".to_owned(),
        })?;
        let keyspaces = &self.shared.keyspaces;
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        let bytes = history::stage_rewind(keyspaces, &mut batch, to, tip.block)?;
        let tip = Tip { block: to, hash };
        batch.insert(&keyspaces.meta, TIP, encode_tip(tip));
        // The seal goes first: it may be behind the database, but not ahead.
        writer.failed = true;
        writer.seal.rewind(tip).map_err(|error| StateError::Store(error.to_string()))?;
        batch.commit().map_err(failed)?;
        writer.failed = false;
        if tree.is_some() {
            self.shared.pages.reset(Some(to));
        }
        self.show_tip(tip, tree, false, &Since::Other);
        writer.flush_after(bytes, keyspaces)
    }

    fn import(
        &self,
        block: ImportedBlock,
        records: &mut RecordSource<'_>,
    ) -> Result<(), StateError> {
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        if let Some(tip) = self.tip() {
            return Err(StateError::NotEmpty { tip: tip.block.0 });
        }
        // Whatever goes wrong from here on leaves records without a tip, which only opening the
        // store anew removes.
        writer.failed = true;
        history::ingest(&self.shared.keyspaces, records)?;
        self.finish_import(&mut writer, &block, None, &mut |_| ())
    }

    fn check_tree(&self, block: BlockNumber) -> Result<u64, StateError> {
        let root = self.root_at(block)?;
        count_leaves(&self.view_with_tree(block)?.pages(), &root)
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
        history::check(&self.fresh_view(), report)
    }

    fn metrics(&self) -> Result<StoreMetrics, StateError> {
        let next_part = self.writer.lock().next_part.clone();
        let published = self.published.read();
        let (tip, retained_from) = (published.latest.tip, published.retained_from);
        drop(published);
        metrics::of(&self.shared, (tip, self.tree_tip()), retained_from, next_part)
    }
}

/// What views and the store hold in common: the open database, and last the lock of its directory.
struct Shared {
    keyspaces: Keyspaces,
    /// Pages of the tree after the tip.
    pages: PageCache,
    /// Records of the tip.
    records: RecordCache,
    path: PathBuf,
    lock: File,
}

/// What readers see.
struct Published {
    latest: Arc<FjallView>,
    /// The last block that has a tree, and the root of its state.
    tree: Option<(BlockNumber, Hash)>,
    first_block: BlockNumber,
    retained_from: BlockNumber,
}

impl Published {
    fn root(&self) -> Hash {
        self.tree.map_or(Hash::ZERO, |(_, root)| root)
    }
}

/// What only the writer uses.
struct Writer {
    seal: Seal,
    unflushed_bytes: usize,
    /// Whether the medium failed, or an import is not whole: nothing is written any more.
    failed: bool,
    /// Where the change records begin that pruning has not removed.
    next_part: Option<Vec<u8>>,
}

impl Writer {
    fn check_usable(&self) -> Result<(), StateError> {
        if self.failed {
            let reason = "an earlier write or import failed; open the store again";
            return Err(StateError::Store(reason.to_owned()));
        }
        Ok(())
    }

    fn seal(&mut self, tip: Tip) -> Result<(), StateError> {
        self.seal.write(tip).map_err(|error| StateError::Store(error.to_string()))
    }

    fn flush_after(&mut self, bytes: usize, keyspaces: &Keyspaces) -> Result<(), StateError> {
        self.unflushed_bytes += bytes;
        if self.unflushed_bytes < FLUSH_BYTES { Ok(()) } else { self.flush(keyspaces) }
    }

    /// Puts into tables what the journal holds that the opening found.
    ///
    /// Where a sync failed before, the system may show a journal that the disk does not have, and
    /// would never write it. What it holds is shown to readers only once it is in tables.
    fn settle(&mut self, keyspaces: &Keyspaces) -> Result<(), StateError> {
        if keyspaces.has_journal()? { self.flush(keyspaces) } else { Ok(()) }
    }

    /// A failure ends the use of the store: what of the journal and the tables is on disk is then
    /// for the next opening to find out.
    fn flush(&mut self, keyspaces: &Keyspaces) -> Result<(), StateError> {
        self.unflushed_bytes = 0;
        // After an earlier failure the journal is what the next opening goes by.
        let keeps_journal = self.failed;
        self.failed = true;
        keyspaces.flush_tables()?;
        if !keeps_journal {
            keyspaces.empty_journal()?;
        }
        self.failed = keeps_journal;
        Ok(())
    }
}

/// The error of the library as one of the store.
fn failed(error: fjall::Error) -> StateError {
    StateError::Store(describe(&error))
}

fn read_tip(keyspaces: &Keyspaces) -> Result<Option<Tip>, StateError> {
    let Some(bytes) = keyspaces.meta.get(TIP).map_err(failed)? else { return Ok(None) };
    decode_tip(&bytes).map(Some).ok_or_else(|| bad_meta("tip"))
}

fn read_number(keyspaces: &Keyspaces, key: &[u8]) -> Result<BlockNumber, StateError> {
    match keyspaces.meta.get(key).map_err(failed)? {
        None => Ok(BlockNumber(0)),
        Some(bytes) => {
            parse_number(&bytes).ok_or_else(|| bad_meta(str::from_utf8(key).unwrap_or("a record")))
        }
    }
}

fn bad_meta(name: &str) -> StateError {
    StateError::Corrupt { key: format!("meta/{name}"), reason: "wrong number of bytes".to_owned() }
}

/// Refuses a database that has lost acknowledged blocks.
fn check_seal(
    path: &Path,
    keyspaces: &Keyspaces,
    tip: Option<Tip>,
    sealed: Option<Tip>,
) -> Result<(), StateError> {
    let Some(sealed) = sealed else { return Ok(()) };
    let key = block_key(BlockPart::Hash, sealed.block);
    let held = keyspaces.blocks.get(key).map_err(failed)?;
    let reason = match tip {
        None => format!("it lost all blocks up to {}", sealed.block),
        Some(tip) if tip.block < sealed.block => format!(
            "block {} was acknowledged, it holds blocks up to {} only",
            sealed.block, tip.block
        ),
        Some(_) if held.as_deref() != Some(sealed.hash.as_slice()) => {
            format!("block {} was acknowledged with another hash", sealed.block)
        }
        Some(_) => return Ok(()),
    };
    Err(StateError::Damaged { path: path.to_owned(), reason })
}
