//! The durable store in numbers.

use std::ops::Bound;

use primitives::BlockNumber;

use super::{
    Keyspaces, failed,
    layout::{changes_block, changes_key, count_keys},
    view::bad_key,
};
use crate::{
    DiskPart, PRUNE_PENDING_KEYS_MAX, StateError, StoreMetrics, Tip,
    metrics::{prune_lag_blocks, retained_blocks},
};

/// The name of the journal among the parts on disk.
const JOURNAL: &str = "journal";

/// The numbers of a store whose change records before `next_part` are gone.
pub(super) fn of(
    keyspaces: &Keyspaces,
    tip: Option<Tip>,
    retained_from: BlockNumber,
    next_part: Option<Vec<u8>>,
) -> Result<StoreMetrics, StateError> {
    let (oldest, prune_pending_keys) = pending(keyspaces, retained_from, next_part)?;
    let disk_parts = disk_parts(keyspaces)?;
    Ok(StoreMetrics {
        tip,
        retained_from,
        retained_blocks: retained_blocks(tip, retained_from),
        prune_lag_blocks: prune_lag_blocks(oldest, retained_from),
        prune_pending_keys,
        disk_bytes: disk_parts.iter().map(|part| part.bytes).sum(),
        disk_parts,
        cache_bytes: keyspaces.db.cache_size(),
        cache_bytes_max: keyspaces.db.cache_capacity(),
    })
}

/// The first block with history that is to be pruned, and how many entries there are.
fn pending(
    keyspaces: &Keyspaces,
    retained_from: BlockNumber,
    next_part: Option<Vec<u8>>,
) -> Result<(Option<BlockNumber>, u64), StateError> {
    let end = changes_key(retained_from, u32::MAX).to_vec();
    if next_part.as_ref().is_some_and(|start| *start > end) {
        return Ok((None, 0));
    }
    let start = next_part.map_or(Bound::Unbounded, Bound::Included);
    let (mut oldest, mut keys) = (None, 0);
    for entry in keyspaces.changes.range((start, Bound::Included(end))) {
        let (part, list) = entry.into_inner().map_err(failed)?;
        let block = changes_block(&part).ok_or_else(|| bad_key(&part))?;
        oldest = oldest.or(Some(block));
        keys += count_keys(&list).ok_or_else(|| bad_key(&part))?;
        if keys >= PRUNE_PENDING_KEYS_MAX {
            break;
        }
    }
    Ok((oldest, keys.min(PRUNE_PENDING_KEYS_MAX)))
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
