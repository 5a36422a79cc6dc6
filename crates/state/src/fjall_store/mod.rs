//! The durable store: the state of every retained block in an LSM tree on disk.
//!
//! The last state lies as it is; of earlier blocks the store keeps what each change replaced. All
//! of a block (state, history, hash, record, index, tip) is one batch that is synced before a
//! commit returns. Opening reads no records, however many there are.
//!
//! It relies on a file system that keeps what was synced, in sectors that are written whole or not
//! at all. An error of the medium ends the use of the store: it has to be opened again, which goes
//! back to the last whole block. Damage to what was synced is found where the seal knows the block
//! that is missing; after a power cut the seal may be some blocks behind, so that damage to the
//! journal is then taken for its torn end. A power cut that follows another fault, before the store
//! was closed in order, is not fully covered.

mod history;
mod journal;
mod layout;
mod open;
mod seal;
mod view;

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use fjall::{OwnedWriteBatch, PersistMode};
use parking_lot::{Mutex, RwLock};
use primitives::{BlockNumber, Bytes, Hash};

use self::{
    layout::{
        BlockPart, CHANGES_PART_KEYS_MAX, FIRST, RETAINED, TIP, block_key, changes_key, decode_tip,
        encode_keys, encode_previous, encode_tip, history_key, index_key, parse_number,
    },
    open::{Directory, Keyspaces, describe},
    seal::Seal,
    view::{FjallView, parse_block_hash},
};
use crate::{
    BlockCommit, ImportedBlock, Key, PruneProgress, RecordSource, StateError, StateView, Store,
    Tip,
    store::{check_held, check_next},
};

/// Bytes of writes after which the tables in memory are put on disk and the journal is emptied, so
/// that what has to be replayed at the next opening stays bounded. The commit that comes to so many
/// waits for it.
const FLUSH_BYTES: usize = 12 << 20;

/// How often, and how many times at most, a flush looks whether it is done: a minute in all.
const FLUSH_WAIT: Duration = Duration::from_millis(2);
const FLUSH_WAITS_MAX: u32 = 30_000;

/// How a durable store is opened.
#[derive(Debug, Clone)]
pub struct FjallConfig {
    /// Bytes of blocks that are kept in memory for reads.
    pub cache_bytes: u64,
    /// Whether a store is created where there is none.
    pub create: bool,
}

impl Default for FjallConfig {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, create: true }
    }
}

/// A store in a directory, held by one process at a time.
///
/// The directory stays locked until the store and all its views are dropped.
pub struct FjallStore {
    shared: Arc<Shared>,
    published: RwLock<Published>,
    writer: Mutex<Writer>,
}

impl FjallStore {
    /// Opens the store in the directory `path`.
    ///
    /// A store that was left in the middle of an import is empty again.
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
        let mut tip = read_tip(&keyspaces)?;
        check_seal(path, &keyspaces, tip, seal.last())?;
        if tip.is_none() && keyspaces.state.first_key_value().is_some() {
            drop(keyspaces);
            (keyspaces, seal) = directory.reset(config)?;
            tip = None;
        }
        let first_block = read_number(&keyspaces, FIRST)?;
        let retained_from = read_number(&keyspaces, RETAINED)?;
        let shared =
            Arc::new(Shared { keyspaces, path: path.to_owned(), lock: directory.into_lock() });
        let published = Published {
            latest: Arc::new(FjallView::latest(&shared, tip)),
            first_block,
            retained_from,
        };
        let mut writer = Writer { seal, unflushed_bytes: 0, failed: false, next_part: None };
        // Where a sync failed before, the system may show a journal that the disk does not have,
        // and would never write it. What it holds is shown to readers only once it is in tables.
        if shared.keyspaces.has_journal()? {
            writer.flush(&shared.keyspaces)?;
        }
        Ok(Self { shared, published: RwLock::new(published), writer: Mutex::new(writer) })
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

    /// Closes the store in order, so that the next opening finds nothing to replay. Where a view is
    /// still in use the store stays open for it, and only [`flush`](Self::flush) is done.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed. Nothing that was committed is lost.
    pub fn close(self) -> Result<(), StateError> {
        self.flush()?;
        let Self { shared, published, writer } = self;
        drop((published, writer));
        let Some(Shared { keyspaces, path, lock }) = Arc::into_inner(shared) else {
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

    fn show_tip(&self, tip: Tip, first: bool) {
        let latest = Arc::new(FjallView::latest(&self.shared, Some(tip)));
        self.publish(|published| {
            published.latest = latest;
            if first {
                published.first_block = tip.block;
                published.retained_from = tip.block;
            }
        });
    }

    /// Puts the changes of the state and what they replaced into the batch, and returns the bytes.
    fn stage_writes(
        &self,
        batch: &mut OwnedWriteBatch,
        block: &BlockCommit,
        first: bool,
    ) -> Result<usize, StateError> {
        let Keyspaces { state, history, changes, .. } = &self.shared.keyspaces;
        let mut bytes = 0;
        let mut changed = Vec::new();
        for (key, value) in block.writes.iter() {
            let previous = state.get(key.as_bytes()).map_err(failed)?;
            if previous.as_deref() == value.map(|value| &value[..]) {
                continue;
            }
            bytes += key.as_bytes().len() + value.map_or(0, |value| value.len());
            match value {
                Some(value) => batch.insert(state, key.as_bytes(), &value[..]),
                None => batch.remove(state, key.as_bytes()),
            }
            if !first {
                let entry = encode_previous(previous.as_deref());
                bytes += key.as_bytes().len() + entry.len();
                batch.insert(history, history_key(key.as_bytes(), block.number), entry);
                changed.push(key);
            }
        }
        for (part, keys) in (0u32..).zip(changed.chunks(CHANGES_PART_KEYS_MAX)) {
            let list = encode_keys(keys.iter().copied());
            bytes += list.len();
            batch.insert(changes, changes_key(block.number, part), list);
        }
        Ok(bytes)
    }

    fn stage_block(&self, batch: &mut OwnedWriteBatch, block: &BlockCommit, first: bool) -> usize {
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
        let published = self.published.read();
        check_held(published.latest.tip, published.retained_from, block)?;
        Ok(Arc::new(published.latest.at(block)))
    }

    fn commit(&self, block: BlockCommit) -> Result<(), StateError> {
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let tip = self.tip();
        check_next(tip, block.number)?;
        let first = tip.is_none();
        assert!(first || self.retained_from() < block.number, "a block is above the watermark");
        let mut batch = self.shared.keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        let bytes = self.stage_writes(&mut batch, &block, first)?
            + self.stage_block(&mut batch, &block, first);
        let tip = Tip { block: block.number, hash: block.hash };
        let committed = batch.commit().map_err(failed);
        let sealed = committed.and_then(|()| writer.seal(tip));
        writer.failed = sealed.is_err();
        sealed?;
        self.show_tip(tip, first);
        writer.flush_after(bytes, &self.shared.keyspaces)
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
        let watermark = self.retained_from().max(block.min(tip.block));
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
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let tip = self.tip();
        check_held(tip, self.retained_from(), to)?;
        let Some(tip) = tip.filter(|tip| to < tip.block) else { return Ok(()) };
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
        self.show_tip(tip, false);
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
        let mut batch = self.shared.keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        for (number, hash) in &block.hashes {
            let key = block_key(BlockPart::Hash, *number);
            batch.insert(&self.shared.keyspaces.blocks, key, hash.as_slice());
        }
        let BlockNumber(number) = block.tip.block;
        let record = BlockCommit {
            number: BlockNumber(number),
            hash: block.tip.hash,
            ..BlockCommit::default()
        };
        self.stage_block(&mut batch, &record, true);
        batch.commit().map_err(failed)?;
        writer.seal(block.tip)?;
        self.show_tip(block.tip, true);
        writer.failed = false;
        Ok(())
    }

    fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
        // Pruning would take away what is being compared.
        let _writer = self.writer.lock();
        history::check(&self.shared.keyspaces, self.tip(), report)
    }
}

/// What views and the store hold in common: the open database, and last the lock of its directory.
struct Shared {
    keyspaces: Keyspaces,
    path: PathBuf,
    lock: File,
}

/// What readers see.
struct Published {
    latest: Arc<FjallView>,
    first_block: BlockNumber,
    retained_from: BlockNumber,
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

    /// A failure ends the use of the store: what of the journal and the tables is on disk is then
    /// for the next opening to find out.
    fn flush(&mut self, keyspaces: &Keyspaces) -> Result<(), StateError> {
        self.unflushed_bytes = 0;
        // After an earlier failure the journal is what the next opening goes by.
        let keeps_journal = self.failed;
        self.failed = true;
        for keyspace in keyspaces.all() {
            keyspace.rotate_memtable().map_err(failed)?;
        }
        wait_until_flushed(keyspaces)?;
        if !keeps_journal {
            keyspaces.empty_journal()?;
        }
        self.failed = keeps_journal;
        Ok(())
    }
}

fn wait_until_flushed(keyspaces: &Keyspaces) -> Result<(), StateError> {
    for _ in 0..FLUSH_WAITS_MAX {
        if keyspaces.is_flushed() {
            return Ok(());
        }
        keyspaces.check_usable()?;
        thread::sleep(FLUSH_WAIT);
    }
    Err(StateError::Store("the tables in memory are not put on disk in time".to_owned()))
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
