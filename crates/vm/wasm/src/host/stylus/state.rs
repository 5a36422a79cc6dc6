//! Words of storage, and those that wait to be written.

use std::collections::BTreeMap;

use primitives::B256;

use super::word_at;
use crate::host::memory::write;
use crate::host::{Call, End, storage};

/// What a module of Stylus has done so far within its frame.
#[derive(Debug, Default)]
pub(crate) struct StylusState {
    /// Words that are set and not yet written.
    unwritten: BTreeMap<B256, B256>,
}

pub(crate) fn storage_load_bytes32(
    call: &mut Call<'_>,
    (key, into): (u32, u32),
) -> Result<(), End> {
    let key = word_at(call, key)?;
    let word = match call.stylus.unwritten.get(&key).copied() {
        Some(word) => {
            let cost = call.host.schedule().transient_access;
            call.charge(cost)?;
            word
        }
        None => match call.host.storage_get(call.meter, key.as_slice())? {
            Some(record) => B256::left_padding_from(record.get(..32).unwrap_or(&record)),
            None => B256::ZERO,
        },
    };
    write(call.memory, into, word.as_slice())
}

/// The price of a transient word bounds the memory that waiting words take.
pub(crate) fn storage_cache_bytes32(
    call: &mut Call<'_>,
    (key, value): (u32, u32),
) -> Result<(), End> {
    let cost = call.host.schedule().transient_access;
    call.charge(cost)?;
    let (key, value) = (word_at(call, key)?, word_at(call, value)?);
    call.stylus.unwritten.insert(key, value);
    Ok(())
}

/// Writes what waits, in the order of the keys. Words that were read are not kept, so there is
/// nothing more to forget, whether that is asked or not.
pub(crate) fn storage_flush_cache(call: &mut Call<'_>, (_clear,): (u32,)) -> Result<(), End> {
    call.charge_environment()?;
    for (key, value) in core::mem::take(&mut call.stylus.unwritten) {
        if value.is_zero() {
            call.host.storage_delete(call.meter, key.as_slice())?;
        } else {
            call.host.storage_put(call.meter, key.as_slice(), value.as_slice())?;
        }
    }
    Ok(())
}

pub(crate) fn transient_load_bytes32(call: &mut Call<'_>, range: (u32, u32)) -> Result<(), End> {
    storage::transient_get(call, range)
}

pub(crate) fn transient_store_bytes32(call: &mut Call<'_>, range: (u32, u32)) -> Result<(), End> {
    storage::transient_put(call, range)
}
