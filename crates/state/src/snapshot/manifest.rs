//! What a snapshot says about itself.

use std::path::Path;

use primitives::{BlockNumber, Bytes, Hash};
use serde::{Deserialize, Serialize};

use super::{
    MANIFEST_BYTES_MAX, SNAPSHOT_DEPTH_MAX, SNAPSHOT_VERSION, bad,
    files::{create_whole, read_limited, unwritable},
};
use crate::{
    ImportedBlock, StateError, StateView, TREE_LAG_BLOCKS_MAX, Tip, dump::DUMP_BLOCK_HASHES_MAX,
};

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotHead {
    /// The number of the chain (EIP-155).
    pub chain_id: u64,
    /// The block after which the state was taken.
    pub block: BlockNumber,
    /// The hash of that block.
    pub hash: Hash,
    /// Hashes of earlier blocks, which contracts may still ask for, the latest first.
    pub block_hashes: Vec<(BlockNumber, Hash)>,
    /// Roots of the states after earlier blocks, which later headers still name where these are
    /// behind their states; the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state_roots: Vec<(BlockNumber, Hash)>,
    /// The record of the block (its header), as bytes that only the chain reads.
    pub record: Option<Bytes>,
}

impl SnapshotHead {
    /// The head of the state of `view`, which is the one after block `tip`.
    ///
    /// # Errors
    ///
    /// The errors of the view.
    pub fn of(
        chain_id: u64,
        tip: Tip,
        record: Option<Bytes>,
        view: &dyn StateView,
    ) -> Result<Self, StateError> {
        let block_hashes = crate::dump::recent_hashes(view, tip.block)?;
        let state_roots = Vec::new();
        Ok(Self { chain_id, block: tip.block, hash: tip.hash, block_hashes, state_roots, record })
    }

    /// Where an imported state stands in its chain.
    #[must_use]
    pub fn imported_block(&self) -> ImportedBlock {
        ImportedBlock {
            tip: Tip { block: self.block, hash: self.hash },
            hashes: self.block_hashes.clone(),
            roots: self.state_roots.clone(),
            record: self.record.clone(),
        }
    }
}

/// The manifest of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub braid_snapshot: u32,
    /// What it is of.
    pub head: SnapshotHead,
    /// The root of the state; see [`commitment`](crate::commitment).
    pub root: Hash,
    /// How many bits of the paths the records of a chunk share; there are two to this power chunks.
    pub depth: u8,
    /// Records in all chunks.
    pub records: u64,
    /// The chunks in the order of their prefixes.
    pub chunks: Vec<ChunkEntry>,
}

/// What a manifest says of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChunkEntry {
    /// Its records.
    pub records: u64,
    /// Bytes of its records before compression.
    pub bytes: u64,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// BLAKE3 of its file.
    pub hash: Hash,
}

#[derive(Deserialize)]
struct VersionOnly {
    braid_snapshot: u32,
}

impl Manifest {
    /// Reads the manifest in the directory of a snapshot.
    ///
    /// # Errors
    ///
    /// [`StateError::Snapshot`] where there is none, it does not read, is of a newer format, or
    /// contradicts itself.
    pub fn read(directory: &Path) -> Result<Self, StateError> {
        let path = directory.join(MANIFEST);
        let bytes = read_limited(&path, MANIFEST_BYTES_MAX)?;
        let version = serde_json::from_slice::<VersionOnly>(&bytes)
            .map_err(|error| bad(&path, format!("it is no manifest of a snapshot: {error}")))?
            .braid_snapshot;
        if version != SNAPSHOT_VERSION {
            let reason = format!(
                "the snapshot has format {version}, this program reads format {SNAPSHOT_VERSION}"
            );
            return Err(bad(&path, reason));
        }
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| bad(&path, error))?;
        manifest.check().map_err(|reason| bad(&path, reason))?;
        Ok(manifest)
    }

    /// Writes the manifest, which makes the snapshot whole.
    pub(super) fn write(&self, directory: &Path) -> Result<(), StateError> {
        assert_eq!(self.check(), Ok(()), "a manifest that is written reads again");
        let path = directory.join(MANIFEST);
        create_whole(&path, |out| {
            serde_json::to_writer_pretty(out, self)
                .map_err(|error| unwritable(&path, &error.into()))
        })
    }

    /// What names the snapshot, however its chunks are compressed.
    pub(super) fn identity(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.head.chain_id.to_be_bytes());
        hasher.update(&self.head.block.0.to_be_bytes());
        hasher.update(self.head.hash.as_slice());
        hasher.update(self.root.as_slice());
        hasher.update(&[self.depth]);
        Hash::new(*hasher.finalize().as_bytes())
    }

    fn check(&self) -> Result<(), String> {
        if self.depth > SNAPSHOT_DEPTH_MAX {
            return Err(format!("depth {} is over the limit of {SNAPSHOT_DEPTH_MAX}", self.depth));
        }
        let expected = 1_usize << self.depth;
        if self.chunks.len() != expected {
            let found = self.chunks.len();
            return Err(format!(
                "at depth {} there are {expected} chunks, not {found}",
                self.depth
            ));
        }
        let records = self.chunks.iter().try_fold(0_u64, |sum, it| sum.checked_add(it.records));
        if records != Some(self.records) {
            return Err(format!("its chunks do not have {} records", self.records));
        }
        let hashes = &self.head.block_hashes;
        if hashes.len() as u64 >= DUMP_BLOCK_HASHES_MAX {
            return Err(format!("it names over {} earlier blocks", DUMP_BLOCK_HASHES_MAX - 1));
        }
        let roots = &self.head.state_roots;
        if roots.len() as u64 > TREE_LAG_BLOCKS_MAX {
            return Err(format!("it names over {TREE_LAG_BLOCKS_MAX} earlier roots"));
        }
        for earlier in [hashes, roots] {
            let earlier = earlier.iter().map(|(block, _)| *block);
            if ![self.head.block].into_iter().chain(earlier).is_sorted_by(|a, b| a > b) {
                return Err("its earlier blocks are not in order".to_owned());
            }
        }
        Ok(())
    }
}
