//! State objects.

use primitives::{B256, Bytes, ObjectId, ObjectOwner};
use vm::{HaltReason, object::ObjectRefusal};

use super::data::length;
use super::memory::{array, slice, write};
use super::{Call, End};

/// What an object or a field that is not there gives.
const ABSENT: i32 = -1;

pub(crate) fn object_create(
    call: &mut Call<'_>,
    (owner_kind, owner, into): (u32, u32, u32),
) -> Result<i32, End> {
    let owner = owner_at(call, owner_kind, owner)?;
    match call.host.object_create(call.meter, owner)? {
        Ok(id) => {
            write(call.memory, into, id.as_bytes())?;
            Ok(0)
        }
        Err(refusal) => Ok(refusal.code().into()),
    }
}

pub(crate) fn object_get(call: &mut Call<'_>, (id, into): (u32, u32)) -> Result<i32, End> {
    let id = id_at(call, id)?;
    let Some(record) = call.host.object_get(call.meter, &id)? else { return Ok(ABSENT) };
    let both = [record.creator.as_bytes().as_slice(), record.owner.as_bytes()].concat();
    write(call.memory, into, &both)?;
    Ok(record.owner.code().into())
}

pub(crate) fn object_field(
    call: &mut Call<'_>,
    (id, name, name_bytes): (u32, u32, u32),
) -> Result<i32, End> {
    let id = id_at(call, id)?;
    let name = slice(call.memory, name, name_bytes)?;
    let value = call.host.object_field(call.meter, &id, name)?;
    let bytes = value.as_ref().map_or(Ok(ABSENT), |value| length(value.len()))?;
    *call.buffer = value.unwrap_or_default();
    Ok(bytes)
}

pub(crate) fn object_set_field(
    call: &mut Call<'_>,
    (id, name, name_bytes, value, value_bytes): (u32, u32, u32, u32, u32),
) -> Result<i32, End> {
    let id = id_at(call, id)?;
    let name = slice(call.memory, name, name_bytes)?;
    let value = slice(call.memory, value, value_bytes)?;
    Ok(code(call.host.object_set_field(call.meter, &id, name, value)?))
}

pub(crate) fn object_remove_field(
    call: &mut Call<'_>,
    (id, name, name_bytes): (u32, u32, u32),
) -> Result<i32, End> {
    let id = id_at(call, id)?;
    let name = slice(call.memory, name, name_bytes)?;
    Ok(code(call.host.object_remove_field(call.meter, &id, name)?))
}

pub(crate) fn object_set_owner(
    call: &mut Call<'_>,
    (id, owner_kind, owner): (u32, u32, u32),
) -> Result<i32, End> {
    let id = id_at(call, id)?;
    let owner = owner_at(call, owner_kind, owner)?;
    Ok(code(call.host.object_set_owner(call.meter, &id, owner)?))
}

pub(crate) fn object_delete(call: &mut Call<'_>, (id,): (u32,)) -> Result<i32, End> {
    let id = id_at(call, id)?;
    Ok(code(call.host.object_delete(call.meter, &id)?))
}

pub(crate) fn object_list(
    call: &mut Call<'_>,
    (owner_kind, owner, after, after_bytes, limit): (u32, u32, u32, u32, u32),
) -> Result<i32, End> {
    let owner = owner_at(call, owner_kind, owner)?;
    let after = match after_bytes.cast_signed() {
        -1 => None,
        _ => Some(id_at(call, after)?),
    };
    let found = call.host.object_list(call.meter, owner, after.as_ref(), limit)?;
    let packed: Vec<u8> = found.iter().flat_map(|id| *id.as_bytes()).collect();
    call.charge_copy(packed.len() as u64)?;
    *call.buffer = Bytes::from(packed);
    length(found.len())
}

fn id_at(call: &Call<'_>, pointer: u32) -> Result<ObjectId, End> {
    Ok(ObjectId(B256::new(array(call.memory, pointer)?)))
}

fn owner_at(call: &Call<'_>, kind: u32, pointer: u32) -> Result<ObjectOwner, End> {
    let bytes = array(call.memory, pointer)?;
    let owner = u8::try_from(kind).ok().and_then(|kind| ObjectOwner::from_parts(kind, bytes));
    owner.ok_or_else(|| {
        let reason = format!("{kind} is no kind of owner: 0 is an address, 1 an object");
        End::Halt(HaltReason::BadArgument(reason))
    })
}

fn code(result: Result<(), ObjectRefusal>) -> i32 {
    result.map_or_else(|refusal| refusal.code().into(), |()| 0)
}
