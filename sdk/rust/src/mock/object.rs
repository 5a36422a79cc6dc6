//! State objects of the in-memory world, by the rules of the chain.
//!
//! That a value is one of its type is taken from the SDK, which made it.

use alloc::{collections::BTreeMap, vec::Vec};

use super::{
    EmittedEvent, World,
    backend::{contract_address, keccak256, writable},
    with,
};
use crate::{
    Address, abi,
    object::{Object, Owner, split},
};

/// The limits of the chain, `crates/primitives/src/limits.rs`.
const NAME_BYTES_MAX: usize = 64;
const VALUE_BYTES_MAX: usize = 64 << 10;
const FIELDS_MAX: usize = 256;
const OWNERS_MAX: usize = 8;
const SCAN_ENTRIES_MAX: usize = 1024;

/// The system contract for objects, from whose address the events come.
const OBJECTS: [u8; 20] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xe1];

const DONE: u32 = 0;
const MISSING: u32 = 1;
const DENIED: u32 = 2;
const NAME: u32 = 3;
const VALUE: u32 = 4;
const OWNER: u32 = 5;
const FIELDS: u32 = 6;
const HAS_OBJECTS: u32 = 7;

/// An object of the in-memory world.
#[derive(Clone)]
pub(super) struct Record {
    creator: Address,
    owner: Owner,
    fields: BTreeMap<Vec<u8>, Vec<u8>>,
}

pub(crate) fn object_create(kind: u32, owner: &[u8; 32]) -> (u32, [u8; 32]) {
    let creator = writable();
    let owner = by_alias(Owner::from_parts(kind, *owner));
    with(|world| {
        if !can_own(world, &owner, None) {
            return (OWNER, [0; 32]);
        }
        world.chain.objects_made += 1;
        let count = world.chain.objects_made.to_be_bytes();
        let id = keccak256(&[b"object", creator.as_bytes().as_slice(), &count].concat());
        let record = Record { creator, owner, fields: BTreeMap::new() };
        world.chain.objects.insert(Object::at(id), record);
        let (kind, bytes) = owner.parts();
        let topics = [id, *creator.as_bytes(), bytes];
        emit(
            world,
            "ObjectCreated(bytes32,address,bytes32,bool)",
            &topics,
            abi::encode(&(kind == 1,)),
        );
        (DONE, id)
    })
}

pub(crate) fn object_get(id: &[u8; 32]) -> Option<(u32, [u8; 32], [u8; 32])> {
    with(|world| {
        let record = world.chain.objects.get(&Object::at(*id))?;
        let (kind, owner) = record.owner.parts();
        Some((kind, *record.creator.as_bytes(), owner))
    })
}

pub(crate) fn object_field(id: &[u8; 32], name: &[u8]) -> Option<Vec<u8>> {
    with(|world| world.chain.objects.get(&Object::at(*id))?.fields.get(name).cloned())
}

pub(crate) fn object_set_field(id: &[u8; 32], name: &[u8], value: &[u8]) -> u32 {
    if !is_name(name) {
        return NAME;
    }
    if value.len() > VALUE_BYTES_MAX || split(value).is_none() {
        return VALUE;
    }
    change(id, |world, object| {
        let Some(record) = world.chain.objects.get_mut(object) else { return MISSING };
        if record.fields.len() >= FIELDS_MAX && !record.fields.contains_key(name) {
            return FIELDS;
        }
        record.fields.insert(name.to_vec(), value.to_vec());
        emit_changed(world, object, name);
        DONE
    })
}

pub(crate) fn object_remove_field(id: &[u8; 32], name: &[u8]) -> u32 {
    if !is_name(name) {
        return NAME;
    }
    change(id, |world, object| {
        let Some(record) = world.chain.objects.get_mut(object) else { return MISSING };
        if record.fields.remove(name).is_some() {
            emit_changed(world, object, name);
        }
        DONE
    })
}

pub(crate) fn object_set_owner(id: &[u8; 32], kind: u32, owner: &[u8; 32]) -> u32 {
    let owner = by_alias(Owner::from_parts(kind, *owner));
    change(id, |world, object| {
        if !can_own(world, &owner, Some(object)) {
            return OWNER;
        }
        let Some(record) = world.chain.objects.get_mut(object) else { return MISSING };
        let ((_, from), (kind, to)) = (record.owner.parts(), owner.parts());
        record.owner = owner;
        let topics = [*object.id(), from, to];
        emit(
            world,
            "ObjectTransferred(bytes32,bytes32,bytes32,bool)",
            &topics,
            abi::encode(&(kind == 1,)),
        );
        DONE
    })
}

pub(crate) fn object_delete(id: &[u8; 32]) -> u32 {
    change(id, |world, object| {
        let has = |record: &Record| record.owner == Owner::Object(*object);
        if world.chain.objects.values().any(has) {
            return HAS_OBJECTS;
        }
        world.chain.objects.remove(object);
        emit(world, "ObjectDeleted(bytes32)", &[*object.id()], Vec::new());
        DONE
    })
}

pub(crate) fn object_list(
    kind: u32,
    owner: &[u8; 32],
    after: Option<&[u8; 32]>,
    limit: u32,
) -> Vec<u8> {
    let owner = by_alias(Owner::from_parts(kind, *owner));
    let limit = limit as usize;
    assert!(limit <= SCAN_ENTRIES_MAX, "{limit} objects of a list break the limit of 1024");
    with(|world| {
        let owned = world.chain.objects.iter().filter(|(_, record)| record.owner == owner);
        let above = owned.filter(|(object, _)| after.is_none_or(|after| object.id() > after));
        above.take(limit).flat_map(|(object, _)| *object.id()).collect()
    })
}

/// Changes an object that the running contract may change.
fn change(id: &[u8; 32], action: impl FnOnce(&mut World, &Object) -> u32) -> u32 {
    writable();
    let (actor, object) = (contract_address(), Object::at(*id));
    with(|world| match may_change(world, &actor, &object) {
        DONE => action(world, &object),
        refusal => refusal,
    })
}

fn may_change(world: &World, actor: &Address, object: &Object) -> u32 {
    if !world.chain.objects.contains_key(object) {
        return MISSING;
    }
    let mut at = *object;
    for _ in 0..OWNERS_MAX {
        let Some(record) = world.chain.objects.get(&at) else { break };
        match record.owner {
            _ if record.creator == *actor => return DONE,
            Owner::Address(owner) if owner == *actor => return DONE,
            Owner::Address(_) => break,
            Owner::Object(owner) => at = owner,
        }
    }
    DENIED
}

/// Whether an owner may have `owned`: no circle, and an address at the end within the limit.
fn can_own(world: &World, owner: &Owner, owned: Option<&Object>) -> bool {
    let mut at = *owner;
    for _ in 0..OWNERS_MAX {
        match at {
            Owner::Address(_) => return true,
            Owner::Object(object) if owned == Some(&object) => return false,
            Owner::Object(object) => match world.chain.objects.get(&object) {
                Some(record) => at = record.owner,
                None => return false,
            },
        }
    }
    false
}

/// An identity of 32 bytes has objects under its 20-byte alias.
fn by_alias(owner: Owner) -> Owner {
    match owner {
        Owner::Address(address) => Owner::Address(Address::from_evm(&address.evm_alias())),
        Owner::Object(_) => owner,
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && core::str::from_utf8(name).is_ok()
}

fn emit_changed(world: &mut World, object: &Object, name: &[u8]) {
    let name = alloc::string::String::from_utf8_lossy(name).into_owned();
    emit(world, "ObjectChanged(bytes32,string)", &[*object.id()], abi::encode(&(name,)));
}

fn emit(world: &mut World, signature: &str, indexed: &[[u8; 32]], data: Vec<u8>) {
    let mut topics = Vec::from([keccak256(signature.as_bytes())]);
    topics.extend_from_slice(indexed);
    let contract = Address::from_evm(&OBJECTS);
    world.chain.events.push(EmittedEvent { contract, topics, data });
}
