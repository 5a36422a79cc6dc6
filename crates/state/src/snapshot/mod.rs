//! A state in files that can be checked against its root piece by piece: for nodes that join a
//! chain without running all of its blocks.
//!
//! ```text
//! manifest.json   what the snapshot is of, and each chunk's size and hash; written last
//! 00000.chunk     all records whose paths begin with the first `depth` bits 0…0
//! 00001.chunk     those of 0…01, and so on up to 1…1
//! work/           what an export still needs; gone when it is whole
//! ```
//!
//! A chunk is
//!
//! ```text
//! "BRAIDCHK" ‖ version (1) ‖ depth (1) ‖ index (4) ‖ records (8) ‖ bytes (8)
//!   ‖ length of the proof (4) ‖ proof ‖ records, compressed as one zstd frame
//! record = length of the key (4) ‖ key ‖ length of the value (4) ‖ value
//! ```
//!
//! with big-endian numbers, records in the order of their paths, and `bytes` counting them before
//! compression. The proof is a [`proof::SubtreeProof`]: with it the records of the chunk lead to
//! the root of the state, so a chunk that verifies holds all records below its prefix and no
//! others, whoever made it. What the root does not cover (block, hash, chain, block record) the
//! manifest only claims.
//!
//! Both directions need memory for one record and, to sort, some fifty bytes for each record of a
//! chunk. Both may be killed at any moment and go on where they were.

mod chunk;
mod export;
mod files;
mod fold;
mod import;
mod manifest;

use std::path::Path;

pub use export::export;
pub use import::{Snapshot, import};
pub use manifest::{ChunkEntry, MANIFEST, Manifest, SnapshotHead};

use crate::StateError;

/// The version of the format that is written, the only one that is read.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Bytes of records that a chunk should have on average: a few MiB, which a network hands over at
/// once and a verifier checks in a moment.
pub const CHUNK_BYTES_AIM: u64 = 4 << 20;

/// Bits of the longest prefix that chunks are cut by. Larger states have larger chunks.
pub const SNAPSHOT_DEPTH_MAX: u8 = 16;

/// Bytes of the largest manifest: one of as many chunks as there may be, with room to spare.
pub const MANIFEST_BYTES_MAX: u64 = 32 << 20;

/// Bytes of the largest key of a record.
pub const SNAPSHOT_KEY_BYTES_MAX: usize = u16::MAX as usize;

/// Bytes of the largest value of a record.
pub const SNAPSHOT_VALUE_BYTES_MAX: usize = 64 << 20;

/// How a snapshot is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportConfig {
    /// Bytes of records that a chunk should have on average.
    pub chunk_bytes_aim: u64,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self { chunk_bytes_aim: CHUNK_BYTES_AIM }
    }
}

/// What an export or import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Records are divided by the first bits of their paths.
    Dividing,
    /// Chunks are sorted and compressed.
    Sorting,
    /// Chunks get their proofs.
    Sealing,
    /// Chunks are verified against the root.
    Verifying,
    /// Chunks are verified and written into the store.
    Applying,
}

impl Stage {
    /// The name in words, with what is counted.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dividing => "dividing records",
            Self::Sorting => "sorting chunks",
            Self::Sealing => "sealing chunks",
            Self::Verifying => "verifying chunks",
            Self::Applying => "applying chunks",
        }
    }
}

/// How far an export or import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// How many records or chunks are done.
    pub done: u64,
    /// How many there are, or 0 where nobody knows.
    pub total: u64,
}

/// The error of a file of a snapshot that is not what it should be.
fn bad(path: &Path, reason: impl ToString) -> StateError {
    StateError::Snapshot { path: path.to_owned(), reason: reason.to_string() }
}
