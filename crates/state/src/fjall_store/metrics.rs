//! The durable store in numbers.

use std::ops::Bound;

use primitives::BlockNumber;

use super::{
    Keyspaces, Shared, failed,
    layout::{changes_block, changes_key, count_keys},
    tree::count_stale,
    view::bad_key,
};
use crate::{
    DiskPart, PRUNE_PENDING_KEYS_MAX, StateError, StoreMetrics, Tip,
    metrics::{prune_lag_blocks, retained_blocks, tree_lag_blocks},
};

/// The name of the journal among the parts on disk.
const JOURNAL: &str = "journal";

/// What is still to prune: the first block that has some, and how much there is.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) oldest: Option<BlockNumber>,
    pub(super) count: u64,
}

/// The numbers of a store whose change records before `next_part` are gone.
pub(super) fn of(
    shared: &Shared,
    (tip, tree_tip): (Option<Tip>, Option<BlockNumber>),
    retained_from: BlockNumber,
    next_part: Option<Vec<u8>>,
) -> Result<StoreMetrics, StateError> {
    let keyspaces = &shared.keyspaces;
    let keys = pending_keys(keyspaces, retained_from, next_part)?;
    let pages = count_stale(keyspaces, retained_from, PRUNE_PENDING_KEYS_MAX)?;
    let oldest = [keys.oldest, pages.oldest].into_iter().flatten().min();
    let disk_parts = disk_parts(keyspaces)?;
    let (tree_bytes, tree_bytes_max) = (shared.pages.bytes(), shared.pages.bytes_max());
    let (record_bytes, record_bytes_max) = shared.records.bytes();
    let (record_hits, record_misses) = shared.records.counts();
    Ok(StoreMetrics {
        tip,
        tree_lag_blocks: tree_lag_blocks(tip, tree_tip),
        retained_from,
        retained_blocks: retained_blocks(tip, retained_from),
        prune_lag_blocks: prune_lag_blocks(oldest, retained_from),
        prune_pending_keys: keys.count,
        prune_pending_pages: pages.count,
        disk_bytes: disk_parts.iter().map(|part| part.bytes).sum(),
        disk_parts,
        cache_bytes: keyspaces.db.cache_size() + (tree_bytes + record_bytes) as u64,
        cache_bytes_max: keyspaces.db.cache_capacity() + (tree_bytes_max + record_bytes_max) as u64,
        record_hits,
        record_misses,
    })
}

/// The entries of history that are to be pruned.
fn pending_keys(
    keyspaces: &Keyspaces,
    retained_from: BlockNumber,
    next_part: Option<Vec<u8>>,
) -> Result<Pending, StateError> {
    let mut pending = Pending::default();
    let end = changes_key(retained_from, u32::MAX).to_vec();
    if next_part.as_ref().is_some_and(|start| *start > end) {
        return Ok(pending);
    }
    let start = next_part.map_or(Bound::Unbounded, Bound::Included);
    for entry in keyspaces.changes.range((start, Bound::Included(end))) {
        let (part, list) = entry.into_inner().map_err(failed)?;
        let block = changes_block(&part).ok_or_else(|| bad_key(&part))?;
        pending.oldest = pending.oldest.or(Some(block));
        pending.count += count_keys(&list).ok_or_else(|| bad_key(&part))?;
        if pending.count >= PRUNE_PENDING_KEYS_MAX {
            break;
        }
    }
    pending.count = pending.count.min(PRUNE_PENDING_KEYS_MAX);
    Ok(pending)
}

fn disk_parts(keyspaces: &Keyspaces) -> Result<Vec<DiskPart>, StateError> {
    let mut parts: Vec<DiskPart> = keyspaces
        .all()
        .iter()
        .map(|keyspace| DiskPart {
            name: keyspace.name().to_string(),
            bytes: keyspace.disk_space(),
        })
        .collect();
    let bytes = keyspaces.db.journal_disk_space().map_err(failed)?;
    parts.push(DiskPart { name: JOURNAL.to_owned(), bytes });
    Ok(parts)
}
