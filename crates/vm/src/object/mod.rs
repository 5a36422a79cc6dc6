//! State objects: things with an owner and typed fields, the same for every machine.
//!
//! An object is made by a contract, its *creator*, and has an *owner*: an account, a contract, or
//! another object. Its creator may change it at any time, and so may its owner; an object that
//! another object has is in the hands of whoever may change that one, over at most
//! [`OBJECT_OWNERS_MAX`] objects. Whoever may change an object may write and remove its fields,
//! give it away and delete it. All may read.
//!
//! Who acts is always the contract whose frame runs, never its caller: a contract that is called by
//! an owner has none of the owner's rights.
//!
//! The rules are here once, over an [`ObjectStore`]. A [`Host`](crate::Host) offers them to code.
//!
//! [`OBJECT_OWNERS_MAX`]: primitives::limits::OBJECT_OWNERS_MAX

mod rules;

use abi::Interface;
use primitives::{Address, B256, Bytes, EvmAddress, Hash, ObjectId, ObjectOwner};
use std::sync::LazyLock;
use thiserror::Error;

use crate::{Schedule, Trap};

pub(crate) use rules::Objects;

/// What changes of objects are told by, from the address [`OBJECTS`]. An owner that is an object is
/// its identity, one that is an address its 32 bytes.
pub const OBJECT_EVENTS: [&str; 4] = [
    "event ObjectCreated(bytes32 indexed id, address indexed creator, bytes32 indexed owner, \
     bool ownedByObject)",
    "event ObjectChanged(bytes32 indexed id, string field)",
    "event ObjectTransferred(bytes32 indexed id, bytes32 indexed from, bytes32 indexed to, \
     bool ownedByObject)",
    "event ObjectDeleted(bytes32 indexed id)",
];

/// The address that the events of objects come from, where the system contract for objects is.
pub const OBJECTS: EvmAddress =
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xe1]);

static EVENTS: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&OBJECT_EVENTS).expect("invariant: the events of objects parse")
});

/// What is known of an object beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectRecord {
    /// The contract that made it.
    pub creator: Address,
    /// Who has it.
    pub owner: ObjectOwner,
    /// How many fields it has.
    pub fields: u32,
    /// The block in which it was made.
    pub created_block: u64,
}

/// Why an operation on an object is refused. It changed nothing, and the frame goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
#[repr(u8)]
pub enum ObjectRefusal {
    /// There is no such object.
    #[error("there is no such object")]
    Missing = 1,
    /// The contract is neither its creator nor its owner.
    #[error("neither creator nor owner of the object")]
    Denied = 2,
    /// The name of the field is empty, too long or no UTF-8.
    #[error("the name of the field is empty, longer than 64 bytes or not UTF-8")]
    Name = 3,
    /// The value is too long or not a value with its type.
    #[error("the value of the field is too long or not a typed value")]
    Value = 4,
    /// The new owner is an object that is not there, that the object itself has, or that has too
    /// many owners above it.
    #[error("the new owner is an object that cannot be an owner of this one")]
    Owner = 5,
    /// The object has as many fields as one may have.
    #[error("the object has 256 fields, the most it may have")]
    Fields = 6,
    /// The object has other objects.
    #[error("the object has objects of its own")]
    HasObjects = 7,
}

/// What an operation on an object gives: its result or a refusal, unless the frame ends.
pub type ObjectResult<T> = Result<Result<T, ObjectRefusal>, Trap>;

/// Where a record of objects lies within their namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The object, or the owner.
    pub space: [u8; 32],
    /// What of it: the object itself, a field, or that an owner has an object.
    pub suffix: Vec<u8>,
}

/// The records of objects in an open transaction, for one frame. Nothing in it is charged.
pub trait ObjectStore {
    /// The prices.
    fn prices(&self) -> &Schedule;

    /// Who acts.
    fn actor(&self) -> Address;

    /// Whether nothing may be written.
    fn refuses_writes(&self) -> bool;

    /// The transaction and the height of the block.
    fn moment(&self) -> (Hash, u64);

    /// Counts objects that a contract makes in the transaction: gives how many it made before.
    fn count_creation(&mut self, creator: &Address) -> u64;

    /// Marks a record as accessed; says whether this was its first access in the transaction.
    fn warm(&mut self, key: &ObjectKey) -> bool;

    /// A record.
    ///
    /// # Errors
    ///
    /// [`Trap::Fault`] where the state fails.
    fn read(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Trap>;

    /// Puts or removes a record.
    fn write(&mut self, key: &ObjectKey, value: Option<Bytes>);

    /// At most `limit` suffixes in the space of `prefix` that begin with its suffix, in order,
    /// above `after` where there is one.
    ///
    /// # Errors
    ///
    /// [`Trap::Fault`] where the state fails.
    fn suffixes(
        &mut self,
        prefix: &ObjectKey,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Trap>;

    /// Emits an event from [`OBJECTS`].
    fn emit_event(&mut self, topics: Vec<B256>, data: Bytes);
}

const RECORD: u8 = 0;
const FIELD: u8 = 1;
const OWNED: u8 = 2;

impl ObjectKey {
    /// The object itself.
    #[must_use]
    pub fn object(id: &ObjectId) -> Self {
        Self { space: *id.as_bytes(), suffix: vec![RECORD] }
    }

    /// A field of an object; those of an object begin with the one of an empty name.
    #[must_use]
    pub fn field(id: &ObjectId, name: &[u8]) -> Self {
        Self { space: *id.as_bytes(), suffix: [&[FIELD], name].concat() }
    }

    /// That an owner has some object: what all [`owned`](Self::owned) of the owner begin with.
    #[must_use]
    pub fn owner(owner: &ObjectOwner) -> Self {
        Self { space: *owner.as_bytes(), suffix: vec![OWNED, owner.code()] }
    }

    /// That an owner has this object.
    #[must_use]
    pub fn owned(owner: &ObjectOwner, id: &ObjectId) -> Self {
        let mut key = Self::owner(owner);
        key.suffix.extend_from_slice(id.as_bytes());
        key
    }

    /// The object that a suffix of an owner names; nothing for another suffix.
    #[must_use]
    pub fn owned_object(suffix: &[u8]) -> Option<ObjectId> {
        let id: [u8; 32] = suffix.strip_prefix(&[OWNED])?.get(1..)?.try_into().ok()?;
        Some(ObjectId(B256::new(id)))
    }

    /// The name of the field that a suffix of an object is; nothing for another suffix.
    #[must_use]
    pub fn field_name(suffix: &[u8]) -> Option<&[u8]> {
        suffix.strip_prefix(&[FIELD])
    }
}

/// Bytes of a record: creator, kind of owner, owner, fields, block.
const RECORD_BYTES: usize = 32 + 1 + 32 + 4 + 8;

impl ObjectRecord {
    /// The bytes in the state: creator (32), kind of owner (1), owner (32), number of fields (4,
    /// big-endian), block (8, big-endian).
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.extend_from_slice(self.creator.as_bytes());
        bytes.push(self.owner.code());
        bytes.extend_from_slice(self.owner.as_bytes());
        bytes.extend_from_slice(&self.fields.to_be_bytes());
        bytes.extend_from_slice(&self.created_block.to_be_bytes());
        bytes.into()
    }

    /// The record that `bytes` hold, or nothing where they are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (creator, rest) = bytes.split_first_chunk::<32>()?;
        let (code, rest) = rest.split_first()?;
        let (owner, rest) = rest.split_first_chunk::<32>()?;
        let (fields, rest) = rest.split_first_chunk::<4>()?;
        let created_block: [u8; 8] = rest.try_into().ok()?;
        Some(Self {
            creator: Address::new(*creator),
            owner: ObjectOwner::from_parts(*code, *owner)?,
            fields: u32::from_be_bytes(*fields),
            created_block: u64::from_be_bytes(created_block),
        })
    }
}

impl ObjectRefusal {
    /// The number by which code in a frame knows it, above 0.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
