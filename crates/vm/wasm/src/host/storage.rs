//! The contract's own storage and counters, balances, code hashes, events.

use primitives::limits::EVENT_TOPICS_MAX;
use primitives::{Address, B256, Bytes, U256, Wei};
use vm::{ScanRequest, Trap};

use super::data::length;
use super::memory::{array, slice, write};
use super::{Call, End};

/// What a record that is absent, or an identity without code, gives.
const ABSENT: i32 = -1;

pub(crate) fn storage_get(call: &mut Call<'_>, (key, key_bytes): (u32, u32)) -> Result<i32, End> {
    let key = slice(call.memory, key, key_bytes)?;
    match call.host.storage_get(call.meter, key)? {
        Some(value) => {
            let bytes = length(value.len())?;
            *call.buffer = value;
            Ok(bytes)
        }
        None => {
            *call.buffer = Bytes::new();
            Ok(ABSENT)
        }
    }
}

pub(crate) fn storage_put(
    call: &mut Call<'_>,
    (key, key_bytes, value, value_bytes): (u32, u32, u32, u32),
) -> Result<(), End> {
    let key = slice(call.memory, key, key_bytes)?;
    let value = slice(call.memory, value, value_bytes)?;
    Ok(call.host.storage_put(call.meter, key, value)?)
}

pub(crate) fn storage_delete(
    call: &mut Call<'_>,
    (key, key_bytes): (u32, u32),
) -> Result<i32, End> {
    let key = slice(call.memory, key, key_bytes)?;
    Ok(call.host.storage_delete(call.meter, key)?.into())
}

pub(crate) fn storage_scan(
    call: &mut Call<'_>,
    (prefix, prefix_bytes, after, after_bytes, limit): (u32, u32, u32, u32, u32),
) -> Result<i32, End> {
    let prefix = slice(call.memory, prefix, prefix_bytes)?;
    let after = match after_bytes.cast_signed() {
        -1 => None,
        _ => Some(slice(call.memory, after, after_bytes)?),
    };
    let request = ScanRequest { prefix, after, limit };
    let records = call.host.storage_scan(call.meter, &request)?;
    let total: usize = records.iter().map(|(key, value)| 8 + key.len() + value.len()).sum();
    length(total)?;
    call.charge_copy(total as u64)?;
    let mut packed = Vec::with_capacity(total);
    for (key, value) in &records {
        for part in [key, value] {
            packed.extend_from_slice(&length(part.len())?.to_le_bytes());
            packed.extend_from_slice(part);
        }
    }
    *call.buffer = packed.into();
    length(records.len())
}

pub(crate) fn counter_get(
    call: &mut Call<'_>,
    (key, key_bytes, into): (u32, u32, u32),
) -> Result<(), End> {
    let key = slice(call.memory, key, key_bytes)?;
    let number = call.host.counter_get(call.meter, key)?;
    write(call.memory, into, &number.to_be_bytes::<32>())
}

pub(crate) fn counter_add(
    call: &mut Call<'_>,
    (key, key_bytes, amount): (u32, u32, u32),
) -> Result<i32, End> {
    let key = slice(call.memory, key, key_bytes)?;
    let amount = number_at(call, amount)?;
    Ok(call.host.counter_add(call.meter, key, amount)?.into())
}

pub(crate) fn counter_sub(
    call: &mut Call<'_>,
    (key, key_bytes, amount): (u32, u32, u32),
) -> Result<i32, End> {
    let key = slice(call.memory, key, key_bytes)?;
    let amount = number_at(call, amount)?;
    Ok(call.host.counter_sub(call.meter, key, amount)?.into())
}

pub(crate) fn transient_get(call: &mut Call<'_>, (key, into): (u32, u32)) -> Result<(), End> {
    let key = B256::from(array(call.memory, key)?);
    let value = call.host.transient_get(call.meter, key)?;
    write(call.memory, into, value.as_slice())
}

pub(crate) fn transient_put(call: &mut Call<'_>, (key, value): (u32, u32)) -> Result<(), End> {
    let key = B256::from(array(call.memory, key)?);
    let value = B256::from(array(call.memory, value)?);
    Ok(call.host.transient_put(call.meter, key, value)?)
}

pub(crate) fn balance(call: &mut Call<'_>, (address, into): (u32, u32)) -> Result<(), End> {
    let address = Address::new(array(call.memory, address)?);
    let balance = call.host.balance(call.meter, &address)?;
    write(call.memory, into, &balance.0.to_be_bytes::<32>())
}

pub(crate) fn code_hash(call: &mut Call<'_>, (address, into): (u32, u32)) -> Result<i32, End> {
    let address = Address::new(array(call.memory, address)?);
    let Some((kind, hash)) = call.host.code_hash(call.meter, &address)? else { return Ok(ABSENT) };
    write(call.memory, into, hash.0.as_slice())?;
    Ok(kind.code().into())
}

pub(crate) fn transfer(call: &mut Call<'_>, (to, amount): (u32, u32)) -> Result<i32, End> {
    let to = Address::new(array(call.memory, to)?);
    let amount = amount_at(call, amount)?;
    Ok(call.host.transfer(call.meter, &to, amount)?.into())
}

pub(crate) fn emit(
    call: &mut Call<'_>,
    (topics, topic_count, data, data_bytes): (u32, u32, u32, u32),
) -> Result<(), End> {
    let limit = EVENT_TOPICS_MAX as u64;
    let found = u64::from(topic_count);
    if found > limit {
        return Err(Trap::Limit { what: "topics of an event", found, limit }.into());
    }
    let (topics, _) = slice(call.memory, topics, topic_count * 32)?.as_chunks::<32>();
    let topics: Vec<B256> = topics.iter().map(|topic| B256::from(*topic)).collect();
    let data = slice(call.memory, data, data_bytes)?;
    Ok(call.host.emit(call.meter, &topics, data)?)
}

/// The amount of coin at a pointer, big-endian.
pub(crate) fn amount_at(call: &Call<'_>, pointer: u32) -> Result<Wei, End> {
    Ok(Wei(number_at(call, pointer)?))
}

/// The number at a pointer, big-endian.
fn number_at(call: &Call<'_>, pointer: u32) -> Result<U256, End> {
    Ok(U256::from_be_bytes(array::<32>(call.memory, pointer)?))
}
