//! Reading a snapshot: verifying it, and filling a store with it.

use std::path::{Path, PathBuf};

use primitives::Hash;

use super::{MANIFEST, Manifest, Progress, Stage, bad, chunk::ChunkReader};
use crate::{ChunkImport, FjallConfig, FjallStore, ScanEntry, StateError, Store};

/// A snapshot in a directory, of which only the manifest has been read.
#[derive(Debug, Clone)]
pub struct Snapshot {
    directory: PathBuf,
    manifest: Manifest,
}

impl Snapshot {
    /// Opens the snapshot in a directory.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`].
    pub fn open(directory: &Path) -> Result<Self, StateError> {
        let manifest = Manifest::read(directory)?;
        Ok(Self { directory: directory.to_owned(), manifest })
    }

    /// The manifest.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The file of the manifest.
    #[must_use]
    pub fn manifest_path(&self) -> PathBuf {
        self.directory.join(MANIFEST)
    }

    /// Refuses a snapshot of another state than the one with this root, which the caller has from
    /// somebody it trusts.
    ///
    /// # Errors
    ///
    /// [`StateError::Snapshot`] naming both roots.
    pub fn expect_root(&self, root: &Hash) -> Result<(), StateError> {
        let found = self.manifest.root;
        if found == *root {
            return Ok(());
        }
        let reason = format!("its root is {found}, not {root}");
        Err(bad(&self.manifest_path(), reason))
    }

    /// The records of a chunk in the order of their paths. They may be relied on when the last one
    /// has come without an error, and not before: then the chunk has been verified against the
    /// root of the manifest.
    ///
    /// # Errors
    ///
    /// [`StateError::Snapshot`] naming the file, where the chunk does not begin as it should; the
    /// same as an item, where it does not go on as it should.
    pub fn records(
        &self,
        index: u32,
    ) -> Result<impl Iterator<Item = Result<ScanEntry, StateError>> + use<>, StateError> {
        ChunkReader::open(&self.directory, &self.manifest, index)
    }

    /// Verifies one chunk against the root of the manifest, without the others.
    ///
    /// # Errors
    ///
    /// [`StateError::Snapshot`] naming the file and what is wrong with it.
    pub fn verify_chunk(&self, index: u32) -> Result<(), StateError> {
        self.records(index)?.try_for_each(|record| record.map(|_| ()))
    }

    /// Verifies all chunks.
    ///
    /// # Errors
    ///
    /// As [`verify_chunk`](Self::verify_chunk), for the first that is wrong.
    pub fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), StateError> {
        for index in self.indices() {
            self.verify_chunk(index)?;
            progress(self.progress(Stage::Verifying, index));
        }
        Ok(())
    }

    fn indices(&self) -> std::ops::Range<u32> {
        0..1 << self.manifest.depth
    }

    fn progress(&self, stage: Stage, index: u32) -> Progress {
        let total = self.manifest.chunks.len() as u64;
        Progress { stage, done: u64::from(index) + 1, total }
    }
}

/// Fills the store in the directory `into`, which holds none or an earlier import of the same
/// snapshot, whole or not, and opens it. Each chunk is verified before it is written. Until the last one is
/// there the directory cannot be opened as a store.
///
/// # Errors
///
/// [`StateError::Snapshot`] naming the file that is wrong, [`StateError::NotEmpty`] where there is
/// a chain, [`StateError::Open`] where another snapshot is being imported, and the errors of the
/// store.
pub fn import(
    snapshot: &Snapshot,
    into: &Path,
    config: &FjallConfig,
    progress: &mut dyn FnMut(Progress),
) -> Result<FjallStore, StateError> {
    let manifest = snapshot.manifest();
    let mut filling = match ChunkImport::begin(into, config, manifest.identity()) {
        Ok(filling) => filling,
        Err(error @ StateError::NotEmpty { .. }) => {
            // An import that is whole already, and was killed before it could say so.
            let store = FjallStore::open(into, config)?;
            let is_whole = store.tip() == Some(manifest.head.imported_block().tip);
            return if is_whole { Ok(store) } else { Err(error) };
        }
        Err(error) => return Err(error),
    };
    for (index, entry) in snapshot.indices().zip(&manifest.chunks) {
        if !filling.is_applied(index)? {
            if entry.bytes > ChunkImport::BATCH_BYTES_MAX {
                // It is not written at once, so it has to be right before the first part is.
                snapshot.verify_chunk(index)?;
            }
            filling.apply(index, &mut snapshot.records(index)?)?;
        }
        progress(snapshot.progress(Stage::Applying, index));
    }
    filling.finish(&manifest.head.imported_block(), &manifest.root)
}
