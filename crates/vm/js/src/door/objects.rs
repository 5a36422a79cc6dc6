//! State objects. A field carries its type, so that contracts of every machine read the same.

use abi::{Type, typed};
use primitives::limits::SCAN_ENTRIES_MAX;
use primitives::{B256, ObjectId, ObjectOwner, U256};
use vm::object::ObjectRefusal;

use super::calls::OUTPUT_FACTOR;
use super::storage::count_value;
use super::{Answer, Arguments, FrameDoor, Stop, address_text};
use crate::codec;
use crate::engine::JsValue;
use crate::marshal;

impl FrameDoor<'_> {
    pub(super) fn object_create(&mut self, arguments: &Arguments<'_>) -> Answer {
        let owner = arguments.owner(0)?;
        let id = self.host.object_create(&mut self.meter, owner)?.map_err(refused)?;
        Ok(id_value(&id))
    }

    pub(super) fn object_info(&mut self, arguments: &Arguments<'_>) -> Answer {
        let id = arguments.object(0)?;
        let Some(record) = self.host.object_get(&mut self.meter, &id)? else {
            return Ok(JsValue::Null);
        };
        let owner = match record.owner {
            ObjectOwner::Address(address) => JsValue::Text(address_text(&address)),
            ObjectOwner::Object(object) => id_value(&object),
        };
        let fields = [
            ("creator", JsValue::Text(address_text(&record.creator))),
            ("owner", owner),
            ("fields", JsValue::Number(record.fields.into())),
            ("createdBlock", count_value(U256::from(record.created_block))),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(JsValue::Record(fields.collect()))
    }

    pub(super) fn object_get(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (id, name) = (arguments.object(0)?, arguments.text(1)?);
        let found = self.host.object_field(&mut self.meter, &id, name.as_bytes())?;
        let Some(bytes) = found else { return Ok(JsValue::Null) };
        self.charge_copy(bytes.len().saturating_mul(OUTPUT_FACTOR))?;
        self.charge(codec::composed_gas(bytes.len()))?;
        self.charge_parsing(bytes.len().min(typed::TYPE_TEXT_BYTES_MAX))?;
        let (kind, value) = typed::decode(&bytes)
            .map_err(|error| Stop::Throw(format!("the field {name} cannot be read: {error}")))?;
        Ok(marshal::from_value(&value, &kind))
    }

    /// Object, field, value, and the type where it is not that of the value.
    pub(super) fn object_set(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (id, name, value) = (arguments.object(0)?, arguments.text(1)?, arguments.at(2));
        let wrong = |error: String| Stop::Throw(format!("the field {name}: {error}"));
        let kind = match arguments.optional_text(3)? {
            Some(text) if text.len() > typed::TYPE_TEXT_BYTES_MAX => {
                let most = typed::TYPE_TEXT_BYTES_MAX;
                return Err(wrong(format!("a type has at most {most} characters")));
            }
            Some(text) => {
                self.charge_parsing(text.len())?;
                text.parse().map_err(|error: abi::TypeError| wrong(error.to_string()))?
            }
            None => type_of(value).map_err(wrong)?,
        };
        self.charge_copy(marshal::weight(value))?;
        let value = marshal::to_value(value, &kind).map_err(wrong)?;
        let bytes = typed::encode(&kind, &value).map_err(|error| wrong(error.to_string()))?;
        let name = name.as_bytes();
        self.host.object_set_field(&mut self.meter, &id, name, &bytes)?.map_err(refused)?;
        Ok(JsValue::Undefined)
    }

    pub(super) fn object_remove(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (id, name) = (arguments.object(0)?, arguments.text(1)?.as_bytes());
        self.host.object_remove_field(&mut self.meter, &id, name)?.map_err(refused)?;
        Ok(JsValue::Undefined)
    }

    pub(super) fn object_give(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (id, owner) = (arguments.object(0)?, arguments.owner(1)?);
        self.host.object_set_owner(&mut self.meter, &id, owner)?.map_err(refused)?;
        Ok(JsValue::Undefined)
    }

    pub(super) fn object_delete(&mut self, arguments: &Arguments<'_>) -> Answer {
        let id = arguments.object(0)?;
        self.host.object_delete(&mut self.meter, &id)?.map_err(refused)?;
        Ok(JsValue::Undefined)
    }

    /// Owner, the identity to begin above or null, the most that are given.
    pub(super) fn object_list(&mut self, arguments: &Arguments<'_>) -> Answer {
        let owner = arguments.owner(0)?;
        let after = match arguments.at(1) {
            JsValue::Null | JsValue::Undefined => None,
            _ => Some(arguments.object(1)?),
        };
        let limit = arguments.count(2, SCAN_ENTRIES_MAX)?;
        let found = self.host.object_list(&mut self.meter, owner, after.as_ref(), limit)?;
        self.charge_copy(found.len().saturating_mul(ID_BYTES * OUTPUT_FACTOR))?;
        Ok(JsValue::List(found.iter().map(id_value).collect()))
    }
}

/// Bytes of an identity.
const ID_BYTES: usize = 32;

impl Arguments<'_> {
    /// The identity of an object: a `Uint8Array` of 32 bytes, or their digits.
    fn object(&self, index: usize) -> Result<ObjectId, Stop> {
        let id = match self.at(index) {
            JsValue::Bytes(bytes) => B256::try_from(bytes.as_slice()).ok(),
            JsValue::Text(text) => text.parse().ok(),
            _ => None,
        };
        id.map(ObjectId).ok_or_else(|| self.wrong(index, "the 32 bytes of an object"))
    }

    /// An owner: the text of an address, or the bytes of an object.
    fn owner(&self, index: usize) -> Result<ObjectOwner, Stop> {
        match self.at(index) {
            JsValue::Text(_) => self.address(index).map(ObjectOwner::Address),
            _ => self.object(index).map(ObjectOwner::Object),
        }
    }
}

/// The type of a value that has one of its own.
fn type_of(value: &JsValue) -> Result<Type, String> {
    Ok(match value {
        JsValue::Bool(_) => Type::Bool,
        JsValue::Text(_) => Type::String,
        JsValue::Bytes(_) => Type::Bytes,
        JsValue::BigInt { is_negative: false, .. } => Type::Uint(256),
        JsValue::BigInt { is_negative: true, .. } => Type::Int(256),
        JsValue::Number(number) if *number < 0.0 => Type::Int(marshal::NUMBER_BITS_MAX),
        JsValue::Number(_) => Type::Uint(marshal::NUMBER_BITS_MAX),
        other => return Err(format!("the type of {} must be given", other.type_name())),
    })
}

fn id_value(id: &ObjectId) -> JsValue {
    JsValue::Bytes(id.as_bytes().to_vec())
}

fn refused(refusal: ObjectRefusal) -> Stop {
    Stop::Throw(refusal.to_string())
}
