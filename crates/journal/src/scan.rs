//! Reading a range through a layer of open changes.

use std::collections::BTreeMap;

use primitives::Bytes;
use state::{Key, SPACE_BYTES, ScanEntry, StateError};

/// At most `limit` entries of the range that starts with `prefix`, from `from` on, in the order of
/// their keys: the layer's changes over what `below` finds. `below` is given where to start and
/// how many entries to find.
pub(crate) fn merged(
    layer: &BTreeMap<Key, Option<Bytes>>,
    prefix: &[u8],
    from: &[u8],
    limit: usize,
    mut below: impl FnMut(&[u8], usize) -> Result<Vec<ScanEntry>, StateError>,
) -> Result<Vec<ScanEntry>, StateError> {
    assert!(from.starts_with(prefix), "a scan starts within its range");
    let mut found = Vec::new();
    let mut from = from.to_vec();
    while found.len() < limit {
        let wanted = limit - found.len();
        let entries = below(&from, wanted)?;
        assert!(entries.len() <= wanted, "a scan finds at most what was asked for");
        // Where the layer below may hold more, changes beyond its last entry must wait for it.
        let last = if entries.len() == wanted { entries.last().cloned() } else { None };
        let end = last.as_ref().map(|(key, _)| key);
        merge(layer, (prefix, &from, end), entries, &mut found);
        let Some((last, _)) = last else { break };
        from = last.as_bytes().to_vec();
        from.push(0);
    }
    found.truncate(limit);
    debug_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "a scan is in order");
    Ok(found)
}

fn merge(
    layer: &BTreeMap<Key, Option<Bytes>>,
    (prefix, from, end): (&[u8], &[u8], Option<&Key>),
    entries: Vec<ScanEntry>,
    found: &mut Vec<ScanEntry>,
) {
    let mut changes = changes_from(layer, from)
        .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
        .take_while(|(key, _)| end.is_none_or(|end| *key <= end))
        .peekable();
    for (key, value) in entries {
        while let Some((changed, change)) = changes.next_if(|(changed, _)| **changed < key) {
            found.extend(change.clone().map(|value| (changed.clone(), value)));
        }
        match changes.next_if(|(changed, _)| **changed == key) {
            Some((_, change)) => found.extend(change.clone().map(|value| (key, value))),
            None => found.push((key, value)),
        }
    }
    for (changed, change) in changes {
        found.extend(change.clone().map(|value| (changed.clone(), value)));
    }
}

fn changes_from<'a>(
    layer: &'a BTreeMap<Key, Option<Bytes>>,
    from: &[u8],
) -> impl Iterator<Item = (&'a Key, &'a Option<Bytes>)> {
    // No key is shorter than namespace and space, so zeros behind a shorter start skip none.
    let mut start = from.to_vec();
    start.resize(start.len().max(1 + SPACE_BYTES), 0);
    Key::from_bytes(&start).map(|start| layer.range(start..)).into_iter().flatten()
}
