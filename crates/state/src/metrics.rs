//! What a store can say of itself to those who watch it.

use primitives::BlockNumber;
use serde::Serialize;

use crate::Tip;

/// Keys, or pages, that a count of what is still to prune goes up to, so that asking stays cheap.
pub const PRUNE_PENDING_KEYS_MAX: u64 = 1 << 20;

/// The state of a store at one moment. Asking for it costs no more than the history that is still
/// to prune, and at most that of [`PRUNE_PENDING_KEYS_MAX`] keys and pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StoreMetrics {
    /// The last block, or nothing in an empty store.
    pub tip: Option<Tip>,
    /// Blocks up to the tip that wait for their trees.
    pub tree_lag_blocks: u64,
    /// The first block whose state can be read.
    pub retained_from: BlockNumber,
    /// Blocks whose states can be read.
    pub retained_blocks: u64,
    /// Blocks below the watermark whose history is not yet all gone.
    pub prune_lag_blocks: u64,
    /// Entries of history that are still to prune, counted up to [`PRUNE_PENDING_KEYS_MAX`].
    pub prune_pending_keys: u64,
    /// Pages of the tree with versions that are still to prune, counted up to
    /// [`PRUNE_PENDING_KEYS_MAX`].
    pub prune_pending_pages: u64,
    /// Bytes on disk, all parts together.
    pub disk_bytes: u64,
    /// Bytes on disk by part: the keyspaces of the store and its journal. Empty in memory.
    pub disk_parts: Vec<DiskPart>,
    /// Bytes of the disk that the store keeps in memory for reads.
    pub cache_bytes: u64,
    /// The most that these may come to.
    pub cache_bytes_max: u64,
    /// How often a record of the latest state was read that was in memory.
    pub record_hits: u64,
    /// How often one was read that was not.
    pub record_misses: u64,
}

/// A part of a store on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskPart {
    /// What it holds, as the layout names it.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
}

/// How many blocks' states can be read.
pub(crate) fn retained_blocks(tip: Option<Tip>, retained_from: BlockNumber) -> u64 {
    tip.map_or(0, |tip| tip.block.0.saturating_sub(retained_from.0).saturating_add(1))
}

/// How many blocks the history that is still there lies below the watermark.
pub(crate) fn prune_lag_blocks(oldest: Option<BlockNumber>, retained_from: BlockNumber) -> u64 {
    match oldest {
        // The changes of the block at the watermark lead back below it, so they go too.
        Some(block) if block <= retained_from => retained_from.0 - block.0 + 1,
        _ => 0,
    }
}

/// How many blocks up to the tip have no tree yet.
pub(crate) fn tree_lag_blocks(tip: Option<Tip>, tree_tip: Option<BlockNumber>) -> u64 {
    let number = |block: Option<BlockNumber>| block.map_or(0, |block| block.0);
    number(tip.map(|tip| tip.block)).saturating_sub(number(tree_tip))
}
