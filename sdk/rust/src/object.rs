//! State objects: things with an owner and typed fields, which contracts of every machine reach.
//!
//! Who acts is always this contract, never its caller: an object that a contract made or has is
//! changed for anybody whom its code does not refuse. `docs/src/objects.md` has the rules.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{
    Address, ContractError,
    abi::{self, AbiType, Decoder, FixedBytes, Malformed, Topic},
    backend, host,
    text::{Json, Name},
};

/// A handle of an object; there may be none under its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object([u8; 32]);

/// Who has an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// An account or a contract.
    Address(Address),
    /// Another object.
    Object(Object),
}

/// What is known of an object beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The contract that made it.
    pub creator: Address,
    /// Who has it.
    pub owner: Owner,
}

/// Why an operation was refused. It changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectError {
    /// There is no such object.
    Missing,
    /// This contract is neither its creator nor its owner.
    Denied,
    /// The name of the field is empty, too long or not UTF-8.
    Name,
    /// The value is too long or not a typed value.
    Value,
    /// The new owner is an object that cannot be an owner of this one.
    Owner,
    /// The object has as many fields as one may have.
    Fields,
    /// The object has objects of its own.
    HasObjects,
    /// The field holds a value of another type than the one that is read.
    OtherType,
    /// A refusal that this version does not know.
    Unknown(u32),
}

impl Object {
    /// The object under an identity.
    #[must_use]
    pub const fn at(id: [u8; 32]) -> Self {
        Self(id)
    }

    /// Makes an object whose creator is this contract.
    ///
    /// # Errors
    ///
    /// [`ObjectError::Owner`] where the owner is an object that is not there or stands too deep.
    pub fn create(owner: impl Into<Owner>) -> Result<Self, ObjectError> {
        let (kind, owner) = owner.into().parts();
        let (refusal, id) = backend::object_create(kind, &owner);
        refused(refusal).map(|()| Self(id))
    }

    /// The objects of an owner in the order of their identities, at most `limit` (1024 is the most
    /// that the host gives at once); with `after` only those above that one.
    #[must_use]
    pub fn list(owner: impl Into<Owner>, after: Option<&Self>, limit: u32) -> Vec<Self> {
        let (kind, owner) = owner.into().parts();
        let packed = backend::object_list(kind, &owner, after.map(|object| &object.0), limit);
        let (ids, _) = packed.as_chunks::<32>();
        ids.iter().map(|id| Self(*id)).collect()
    }

    /// Its identity.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.0
    }

    /// Who made it and who has it; nothing where there is no such object.
    #[must_use]
    pub fn info(&self) -> Option<ObjectInfo> {
        let (kind, creator, owner) = backend::object_get(&self.0)?;
        Some(ObjectInfo { creator: Address::new(creator), owner: Owner::from_parts(kind, owner) })
    }

    /// Who has it; nothing where there is no such object.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        self.info().map(|info| info.owner)
    }

    /// The value of a field; nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`ObjectError::OtherType`] where the field holds a value of another type.
    pub fn get<T: AbiType>(&self, name: &str) -> Result<Option<T>, ObjectError> {
        let Some(value) = backend::object_field(&self.0, name.as_bytes()) else { return Ok(None) };
        let kind = T::NAME;
        let encoded = split(&value)
            .filter(|(text, _)| *text == kind.as_bytes())
            .map(|(_, encoded)| encoded)
            .ok_or(ObjectError::OtherType)?;
        let (value,) = abi::decode(encoded).map_err(|_| ObjectError::OtherType)?;
        Ok(Some(value))
    }

    /// The type of a field as it stands in signatures; nothing where there is no such field.
    #[must_use]
    pub fn field_type(&self, name: &str) -> Option<String> {
        let value = backend::object_field(&self.0, name.as_bytes())?;
        split(&value).and_then(|(text, _)| String::from_utf8(text.to_vec()).ok())
    }

    /// Sets a field.
    ///
    /// # Errors
    ///
    /// [`ObjectError`] where the host refuses.
    pub fn set<T: AbiType>(&self, name: &str, value: &T) -> Result<(), ObjectError> {
        let kind = T::NAME;
        let length = u16::try_from(kind.len()).map_err(|_| ObjectError::Value)?;
        let mut typed = Vec::from(length.to_be_bytes());
        typed.extend_from_slice(kind.as_bytes());
        let frame = typed.len();
        let head = abi::encode_head(value, &mut typed);
        abi::encode_tail(value, &mut typed, head, frame);
        refused(backend::object_set_field(&self.0, name.as_bytes(), &typed))
    }

    /// Removes a field, if it is there.
    ///
    /// # Errors
    ///
    /// [`ObjectError`] where the host refuses.
    pub fn remove(&self, name: &str) -> Result<(), ObjectError> {
        refused(backend::object_remove_field(&self.0, name.as_bytes()))
    }

    /// Gives it to another owner.
    ///
    /// # Errors
    ///
    /// [`ObjectError`] where the host refuses.
    pub fn set_owner(&self, owner: impl Into<Owner>) -> Result<(), ObjectError> {
        let (kind, owner) = owner.into().parts();
        refused(backend::object_set_owner(&self.0, kind, &owner))
    }

    /// Deletes it with its fields.
    ///
    /// # Errors
    ///
    /// [`ObjectError`] where the host refuses.
    pub fn delete(&self) -> Result<(), ObjectError> {
        refused(backend::object_delete(&self.0))
    }
}

impl Owner {
    /// The kind and the 32 bytes by which the host knows an owner.
    pub(crate) const fn parts(&self) -> (u32, [u8; 32]) {
        match self {
            Self::Address(address) => (0, *address.as_bytes()),
            Self::Object(object) => (1, object.0),
        }
    }

    pub(crate) const fn from_parts(kind: u32, bytes: [u8; 32]) -> Self {
        match kind {
            0 => Self::Address(Address::new(bytes)),
            _ => Self::Object(Object(bytes)),
        }
    }
}

impl From<Address> for Owner {
    fn from(owner: Address) -> Self {
        Self::Address(owner)
    }
}

impl From<Object> for Owner {
    fn from(owner: Object) -> Self {
        Self::Object(owner)
    }
}

/// An object is its identity, a `bytes32`.
impl AbiType for Object {
    const NAME: Name = <FixedBytes<32> as AbiType>::NAME;

    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn decode_from(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        input.word().map(Self)
    }
}

impl Topic for Object {}

impl fmt::Display for ObjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// An error of a method becomes a revert with its text.
impl ContractError for ObjectError {
    const JSON: Json = Json::new();

    fn encode(&self) -> Vec<u8> {
        host::encode_message(self.text())
    }
}

impl ObjectError {
    const fn text(self) -> &'static str {
        match self {
            Self::Missing => "there is no such object",
            Self::Denied => "neither creator nor owner of the object",
            Self::Name => "the name of the field is not possible",
            Self::Value => "the value of the field is not possible",
            Self::Owner => "the new owner is an object that cannot be an owner of this one",
            Self::Fields => "the object has as many fields as one may have",
            Self::HasObjects => "the object has objects of its own",
            Self::OtherType => "the field holds a value of another type",
            Self::Unknown(_) => "the operation on the object is refused",
        }
    }
}

const fn refused(number: u32) -> Result<(), ObjectError> {
    Err(match number {
        0 => return Ok(()),
        1 => ObjectError::Missing,
        2 => ObjectError::Denied,
        3 => ObjectError::Name,
        4 => ObjectError::Value,
        5 => ObjectError::Owner,
        6 => ObjectError::Fields,
        7 => ObjectError::HasObjects,
        other => ObjectError::Unknown(other),
    })
}

/// The text of the type and the encoding of the value.
pub(crate) fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = value.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}
