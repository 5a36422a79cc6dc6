//! A durable store that is filled chunk by chunk, in any order of keys, over several processes.

use std::{fmt, path::Path};

use fjall::{OwnedWriteBatch, PersistMode};
use primitives::Hash;

use super::{
    FjallConfig, FjallStore, Keyspaces, Writer, failed,
    layout::{IMPORT, import_key, parse_hash},
    open::Directory,
    read_tip,
};
use crate::{ImportedBlock, RecordSource, StateError};

/// The mark of an import that cannot be gone on with.
const BROKEN: Hash = Hash::ZERO;

/// A store that is being filled. Until [`finish`](Self::finish) it cannot be opened as a store,
/// however often the process dies.
pub struct ChunkImport {
    directory: Directory,
    keyspaces: Keyspaces,
    writer: Writer,
    config: FjallConfig,
}

impl ChunkImport {
    /// Bytes of records that are written as one batch, and so wait in memory.
    pub const BATCH_BYTES_MAX: u64 = 64 << 20;

    /// Begins to fill the store in the directory `path`, or goes on with an import of the same
    /// `identity`, which is any hash that names what is imported.
    ///
    /// # Errors
    ///
    /// [`StateError::NotEmpty`] where there are blocks, [`StateError::Open`] where something else
    /// is being imported, and as [`FjallStore::open`].
    pub fn begin(path: &Path, config: &FjallConfig, identity: Hash) -> Result<Self, StateError> {
        assert_ne!(identity, BROKEN, "a hash names what is imported");
        let directory = Directory::lock(path, config.create)?;
        let (mut keyspaces, mut seal) = directory.open(config)?;
        if let Some(tip) = read_tip(&keyspaces)? {
            return Err(StateError::NotEmpty { tip: tip.block.0 });
        }
        let marked = read_mark(&keyspaces)?;
        if marked.is_some_and(|mark| mark != identity && mark != BROKEN) {
            let reason = "another snapshot is being imported into it; delete it to start anew";
            return Err(StateError::Open { path: path.to_owned(), reason: reason.to_owned() });
        }
        if marked != Some(identity) {
            if marked.is_some() || keyspaces.state.first_key_value().is_some() {
                drop(keyspaces);
                (keyspaces, seal) = directory.reset(config)?;
            }
            let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
            batch.insert(&keyspaces.meta, IMPORT, identity.as_slice());
            batch.commit().map_err(failed)?;
        }
        let writer = Writer { seal, unflushed_bytes: 0, failed: false, next_part: None };
        Ok(Self { directory, keyspaces, writer, config: config.clone() })
    }

    /// Whether a chunk has been written whole.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    pub fn is_applied(&self, index: u32) -> Result<bool, StateError> {
        self.keyspaces.meta.contains_key(import_key(index)).map_err(failed)
    }

    /// Writes a chunk. When this returns it will survive the process.
    ///
    /// Records of up to [`BATCH_BYTES_MAX`](Self::BATCH_BYTES_MAX) are written when the source has
    /// ended without an error, or not at all. An error after more than that ends the import, which
    /// then has to start anew.
    ///
    /// # Errors
    ///
    /// The error of the source, and [`StateError::Store`] where the medium failed.
    pub fn apply(&mut self, index: u32, records: &mut RecordSource<'_>) -> Result<(), StateError> {
        self.writer.check_usable()?;
        let mut batch = self.batch();
        let (mut bytes, mut written) = (0, false);
        for record in records {
            let (key, value) = match record {
                Ok(record) => record,
                Err(error) if written => return give_up(&self.keyspaces).and(Err(error)),
                Err(error) => return Err(error),
            };
            bytes += key.as_bytes().len() + value.len();
            batch.insert(&self.keyspaces.state, key.as_bytes(), &value[..]);
            if bytes as u64 > Self::BATCH_BYTES_MAX {
                self.commit(batch, bytes)?;
                (batch, bytes, written) = (self.batch(), 0, true);
            }
        }
        batch.insert(&self.keyspaces.meta, import_key(index), []);
        self.commit(batch, bytes)
    }

    /// Builds the tree of the records, makes them the state of a block, which becomes the tip, and
    /// opens the store.
    ///
    /// # Errors
    ///
    /// [`StateError::Damaged`] where the records have another root than `root`; the import then has
    /// to start anew. [`StateError::Store`] where the medium failed.
    pub fn finish(self, block: &ImportedBlock, root: &Hash) -> Result<FjallStore, StateError> {
        self.writer.check_usable()?;
        let Self { directory, keyspaces, writer, config } = self;
        let store = FjallStore::of(directory, keyspaces, writer, &config)?;
        let mut writer = store.writer.lock();
        let finished = store.finish_import(&mut writer, block, Some(root));
        if let Err(StateError::Damaged { .. }) = &finished {
            give_up(&store.shared.keyspaces)?;
        }
        finished?;
        writer.flush(&store.shared.keyspaces)?;
        drop(writer);
        Ok(store)
    }

    fn batch(&self) -> OwnedWriteBatch {
        self.keyspaces.db.batch().durability(Some(PersistMode::SyncAll))
    }

    fn commit(&mut self, batch: OwnedWriteBatch, bytes: usize) -> Result<(), StateError> {
        let committed = batch.commit().map_err(failed);
        self.writer.failed = committed.is_err();
        committed?;
        self.writer.flush_after(bytes, &self.keyspaces)
    }
}

impl fmt::Debug for ChunkImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkImport").field("path", &self.directory.path()).finish_non_exhaustive()
    }
}

/// What is being imported into a store, if anything is.
fn read_mark(keyspaces: &Keyspaces) -> Result<Option<Hash>, StateError> {
    let mark = keyspaces.meta.get(IMPORT).map_err(failed)?;
    Ok(mark.map(|bytes| parse_hash(&bytes).unwrap_or(BROKEN)))
}

/// Marks the import, so that the next one starts anew.
fn give_up(keyspaces: &Keyspaces) -> Result<(), StateError> {
    let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
    batch.insert(&keyspaces.meta, IMPORT, BROKEN.as_slice());
    batch.commit().map_err(failed)
}

/// Refuses a store that is being filled.
pub(super) fn check_not_importing(path: &Path, keyspaces: &Keyspaces) -> Result<(), StateError> {
    if read_mark(keyspaces)?.is_none() {
        return Ok(());
    }
    let reason = "a snapshot is being imported into it: import it again to go on, or delete it";
    Err(StateError::Open { path: path.to_owned(), reason: reason.to_owned() })
}

/// Puts into the batch that nothing is being imported any more.
pub(super) fn stage_end(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
) -> Result<(), StateError> {
    for entry in keyspaces.meta.prefix(IMPORT) {
        let (key, _) = entry.into_inner().map_err(failed)?;
        batch.remove(&keyspaces.meta, key);
    }
    Ok(())
}
