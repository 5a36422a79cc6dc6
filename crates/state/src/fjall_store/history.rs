//! What the durable store does with history as a whole: prune, take back, check; and the bulk
//! import, which begins without one.

use std::{collections::BTreeSet, ops::Bound};

use fjall::{OwnedWriteBatch, Readable};
use primitives::{BlockNumber, Bytes};

use super::{
    Keyspaces, failed,
    layout::{
        BlockPart, PRUNED, RETAINED, block_key, changes_block, changes_key, decode_keys,
        decode_previous, history_key, split_history_key, unescape,
    },
    tree,
    view::{FjallView, bad_key, previous_value},
};
use crate::{Key, PruneProgress, RecordSource, StateError, commitment::path_of};

/// What one call of pruning may remove.
pub(super) struct Slice {
    /// Changes up to this block go.
    pub(super) watermark: BlockNumber,
    /// About how many of them.
    pub(super) budget_keys: usize,
    /// The first change record that is still there, as far as it is known.
    pub(super) from: Option<Vec<u8>>,
}

/// What one call of pruning did.
pub(super) struct Pruned {
    pub(super) progress: PruneProgress,
    /// Where the next slice begins: everything before is gone.
    pub(super) next_part: Option<Vec<u8>>,
    /// About how many bytes it wrote.
    pub(super) bytes: usize,
}

/// Removes a slice of history.
pub(super) fn prune(keyspaces: &Keyspaces, slice: Slice) -> Result<Pruned, StateError> {
    let start = slice.from.map_or(Bound::Unbounded, Bound::Included);
    let end = Bound::Included(changes_key(slice.watermark, u32::MAX).to_vec());
    // A watermark that is lost with the power is lost together with what it removed: the journal
    // keeps the order, so it need not be synced.
    let mut batch = keyspaces.db.batch();
    batch.insert(&keyspaces.meta, RETAINED, slice.watermark.0.to_be_bytes());
    let (mut removed, mut bytes) = (0, 0);
    let mut done = true;
    let mut next_part = slice.watermark.next().map(|block| changes_key(block, 0).to_vec());
    for entry in keyspaces.changes.range((start, end)) {
        let (part, list) = entry.into_inner().map_err(failed)?;
        if removed >= slice.budget_keys {
            next_part = Some(part.to_vec());
            done = false;
            break;
        }
        bytes += part.len() + list.len();
        removed += remove_part(keyspaces, &mut batch, &part, &list)?;
    }
    assert!(done || removed >= slice.budget_keys, "a slice ends early only at its budget");
    // With the watermark at its highest there is no next part: the last one is asked for again.
    if let Some(part) = &next_part {
        batch.insert(&keyspaces.meta, PRUNED, &part[..]);
    }
    let (pages_done, pages_bytes) =
        tree::prune(keyspaces, &mut batch, slice.watermark, slice.budget_keys)?;
    bytes += pages_bytes;
    batch.commit().map_err(failed)?;
    let progress = PruneProgress { removed, done: done && pages_done };
    Ok(Pruned { progress, next_part, bytes })
}

fn remove_part(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    part: &[u8],
    list: &[u8],
) -> Result<usize, StateError> {
    let block = changes_block(part).ok_or_else(|| bad_key(part))?;
    let keys = decode_keys(list).ok_or_else(|| bad_key(part))?;
    for key in &keys {
        batch.remove(&keyspaces.history, history_key(key.as_bytes(), block));
    }
    batch.remove(&keyspaces.changes, part);
    Ok(keys.len())
}

/// Puts into the batch what makes the state that of the block `to` again, below the tip, and takes
/// the blocks above out of all but the index. Returns about how many bytes that writes.
pub(super) fn stage_rewind(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    to: BlockNumber,
    tip: BlockNumber,
) -> Result<usize, StateError> {
    assert!(to < tip, "there are blocks to take back");
    let mut bytes = 0;
    let mut restored = BTreeSet::new();
    let above = Bound::Excluded(changes_key(to, u32::MAX).to_vec());
    for entry in keyspaces.changes.range((above, Bound::Unbounded)) {
        let (part, list) = entry.into_inner().map_err(failed)?;
        let block = changes_block(&part).ok_or_else(|| bad_key(&part))?;
        if block > tip {
            return Err(StateError::Corrupt {
                key: format!("changes of block {block}"),
                reason: format!("the tip is block {tip}"),
            });
        }
        for key in decode_keys(&list).ok_or_else(|| bad_key(&part))? {
            let entry = history_key(key.as_bytes(), block);
            bytes += 2 * entry.len();
            // Blocks come in their order: the first change after `to` replaced what was there.
            if !restored.contains(&key) {
                let previous = read_previous(keyspaces, &key, &entry)?;
                bytes += previous.as_ref().map_or(0, |value| value.len());
                match previous {
                    Some(value) => batch.insert(&keyspaces.state, key.as_bytes(), &value[..]),
                    None => batch.remove(&keyspaces.state, key.as_bytes()),
                }
                restored.insert(key);
            }
            batch.remove(&keyspaces.history, entry);
        }
        batch.remove(&keyspaces.changes, part);
    }
    for block in (to.0 + 1..=tip.0).map(BlockNumber) {
        for part in [BlockPart::Hash, BlockPart::Record, BlockPart::Root] {
            batch.remove(&keyspaces.blocks, block_key(part, block));
        }
    }
    let paths = restored.iter().map(|key| path_of(key.as_bytes()));
    bytes += tree::stage_rewind(keyspaces, batch, to, paths)?;
    Ok(bytes)
}

/// What the change behind a listed entry of history replaced.
fn read_previous(
    keyspaces: &Keyspaces,
    key: &Key,
    entry: &[u8],
) -> Result<Option<Bytes>, StateError> {
    let value = keyspaces.history.get(entry).map_err(failed)?;
    let value = value.ok_or_else(|| StateError::Corrupt {
        key: key.to_string(),
        reason: "a listed change is missing in its history".to_owned(),
    })?;
    previous_value(key, &value)
}

/// Writes records into the keyspace of the state as finished tables.
pub(super) fn ingest(
    keyspaces: &Keyspaces,
    records: &mut RecordSource<'_>,
) -> Result<(), StateError> {
    let mut ingestion = keyspaces.state.start_ingestion().map_err(failed)?;
    let mut last: Option<Key> = None;
    for entry in records {
        let (key, value) = entry?;
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(StateError::Corrupt {
                key: key.to_string(),
                reason: "it is not above the key before it".to_owned(),
            });
        }
        ingestion.write(key.as_bytes(), &value[..]).map_err(failed)?;
        last = Some(key);
    }
    ingestion.finish().map_err(failed)
}

/// Compares history and change records, which have to name each other.
pub(super) fn check(view: &FjallView, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
    let entries = check_entries(view, report)?;
    let listed = check_lists(view, report)?;
    if entries != listed {
        report(format!("history has {entries} entries, change records list {listed}"));
    }
    Ok(entries)
}

fn check_entries(view: &FjallView, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
    let mut entries = 0;
    for entry in view.snapshot.iter(&view.shared.keyspaces.history) {
        let (bytes, value) = entry.into_inner().map_err(failed)?;
        entries += 1;
        let parsed =
            split_history_key(&bytes).and_then(|(group, block)| Some((unescape(group)?, block)));
        let Some((key, block)) = parsed else {
            report(bad_key(&bytes).to_string());
            continue;
        };
        if view.tip.is_none_or(|tip| block > tip.block) {
            report(format!("history of {key} has block {block}, which is above the tip"));
        }
        if decode_previous(&value).is_none() {
            report(format!("history of {key} at block {block} does not read"));
        }
    }
    Ok(entries)
}

fn check_lists(view: &FjallView, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
    let mut listed = 0;
    let mut last: Option<(BlockNumber, Key)> = None;
    let Keyspaces { history, changes, .. } = &view.shared.keyspaces;
    for entry in view.snapshot.iter(changes) {
        let (part, list) = entry.into_inner().map_err(failed)?;
        let (Some(block), Some(keys)) = (changes_block(&part), decode_keys(&list)) else {
            report(bad_key(&part).to_string());
            continue;
        };
        for key in keys {
            listed += 1;
            let entry = history_key(key.as_bytes(), block);
            if !view.snapshot.contains_key(history, entry).map_err(failed)? {
                report(format!("block {block} changed {key}, but history does not know it"));
            }
            let present = Some((block, key));
            if last >= present {
                report(format!("the change record of block {block} is not in order"));
            }
            last = present;
        }
    }
    Ok(listed)
}
