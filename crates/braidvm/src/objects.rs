//! State objects as a state holds them.

use abi::{Type, Value, typed};
use primitives::{ObjectId, ObjectOwner};
use state::{Key, StateError};
use vm::object::{ObjectKey, ObjectRecord};

use crate::{EngineError, StateAt};

/// An object and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateObject {
    /// Its identity.
    pub id: ObjectId,
    /// Who made it, who has it, and when it was made.
    pub record: ObjectRecord,
    /// Its fields in the order of their names.
    pub fields: Vec<(String, Type, Value)>,
}

impl StateAt<'_> {
    /// An object; nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails or a record does not read.
    pub fn object(&self, id: &ObjectId) -> Result<Option<StateObject>, EngineError> {
        let key = place(&ObjectKey::object(id));
        let Some(bytes) = self.view().read(&key)? else { return Ok(None) };
        let record = ObjectRecord::decode(&bytes).ok_or_else(|| corrupt(&key, "no object"))?;
        let range = place(&ObjectKey::field(id, &[]));
        let found = self.view().scan(range.as_bytes(), range.as_bytes(), record.fields as usize)?;
        let mut fields = Vec::with_capacity(found.len());
        for (key, value) in found {
            let name = ObjectKey::field_name(key.suffix()).unwrap_or_default();
            let (kind, value) =
                typed::decode(&value).map_err(|error| corrupt(&key, &error.to_string()))?;
            fields.push((String::from_utf8_lossy(name).into_owned(), kind, value));
        }
        Ok(Some(StateObject { id: *id, record, fields }))
    }

    /// At most `limit` objects of an owner, in the order of their identities.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn objects_of(
        &self,
        owner: ObjectOwner,
        limit: usize,
    ) -> Result<Vec<ObjectId>, EngineError> {
        let range = place(&ObjectKey::owner(&owner.by_alias()));
        let found = self.view().scan(range.as_bytes(), range.as_bytes(), limit)?;
        let ids = found.iter().filter_map(|(key, _)| ObjectKey::owned_object(key.suffix()));
        Ok(ids.collect())
    }
}

fn place(key: &ObjectKey) -> Key {
    Key::object(&key.space, &key.suffix)
}

fn corrupt(key: &Key, reason: &str) -> EngineError {
    StateError::Corrupt { key: key.to_string(), reason: reason.to_owned() }.into()
}
