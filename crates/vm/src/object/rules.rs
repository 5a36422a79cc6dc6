//! What may be done to objects, by whom, and what it costs.

use abi::{Value, typed};
use primitives::{
    Address, Bytes, Gas, ObjectId, ObjectOwner, keccak256,
    limits::{
        OBJECT_FIELDS_MAX, OBJECT_NAME_BYTES_MAX, OBJECT_OWNERS_MAX, OBJECT_VALUE_BYTES_MAX,
        SCAN_ENTRIES_MAX,
    },
};

use super::{EVENTS, ObjectKey, ObjectRecord, ObjectRefusal, ObjectResult, ObjectStore};
use crate::{GasMeter, Trap, schedule::words};

/// What the identities of objects are derived under, so that they are no hashes of anything else.
const IDENTITY: &[u8] = b"braid object";

/// The objects of a store, for the gas of one frame.
pub(crate) struct Objects<'a> {
    pub(crate) store: &'a mut dyn ObjectStore,
    pub(crate) gas: &'a mut GasMeter,
}

impl Objects<'_> {
    pub(crate) fn create(&mut self, owner: ObjectOwner) -> ObjectResult<ObjectId> {
        self.begin_write()?;
        let owner = owner.by_alias();
        if let ObjectOwner::Object(object) = owner
            && !self.may_own(&object, None)?
        {
            return Ok(Err(ObjectRefusal::Owner));
        }
        let creator = self.store.actor();
        let id = self.next_id(&creator)?;
        let created_block = self.store.moment().1;
        let record = ObjectRecord { creator, owner, fields: 0, created_block };
        self.put(&ObjectKey::object(&id), record.encode())?;
        self.put(&ObjectKey::owned(&owner, &id), Bytes::new())?;
        let values = [word(&id), creator.into(), bytes(owner.as_bytes()), is_object(&owner)];
        self.emit("ObjectCreated", &values)?;
        Ok(Ok(id))
    }

    pub(crate) fn get(&mut self, id: &ObjectId) -> Result<Option<ObjectRecord>, Trap> {
        self.begin()?;
        self.record(id)
    }

    pub(crate) fn field(&mut self, id: &ObjectId, name: &[u8]) -> Result<Option<Bytes>, Trap> {
        self.begin()?;
        if !is_name(name) {
            return Ok(None);
        }
        self.read(&ObjectKey::field(id, name))
    }

    pub(crate) fn set_field(
        &mut self,
        id: &ObjectId,
        name: &[u8],
        value: &[u8],
    ) -> ObjectResult<()> {
        self.begin_write()?;
        if !is_name(name) {
            return Ok(Err(ObjectRefusal::Name));
        }
        if value.len() > OBJECT_VALUE_BYTES_MAX {
            return Ok(Err(ObjectRefusal::Value));
        }
        let check_word = self.store.prices().object_check_word;
        self.gas.charge(check_word.saturating_mul(words(value.len())))?;
        if typed::decode(value).is_err() {
            return Ok(Err(ObjectRefusal::Value));
        }
        let record = match self.changeable(id)? {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let key = ObjectKey::field(id, name);
        if self.peek(&key)?.is_none() {
            if record.fields >= OBJECT_FIELDS_MAX {
                return Ok(Err(ObjectRefusal::Fields));
            }
            self.put_record(id, &ObjectRecord { fields: record.fields + 1, ..record })?;
        }
        self.put(&key, Bytes::copy_from_slice(value))?;
        self.changed(id, name)?;
        Ok(Ok(()))
    }

    pub(crate) fn remove_field(&mut self, id: &ObjectId, name: &[u8]) -> ObjectResult<()> {
        self.begin_write()?;
        if !is_name(name) {
            return Ok(Err(ObjectRefusal::Name));
        }
        let record = match self.changeable(id)? {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let key = ObjectKey::field(id, name);
        if self.peek(&key)?.is_none() {
            return Ok(Ok(()));
        }
        assert!(record.fields > 0, "an object that has a field counts it");
        self.put_record(id, &ObjectRecord { fields: record.fields - 1, ..record })?;
        self.remove(&key)?;
        self.changed(id, name)?;
        Ok(Ok(()))
    }

    pub(crate) fn set_owner(&mut self, id: &ObjectId, owner: ObjectOwner) -> ObjectResult<()> {
        self.begin_write()?;
        let owner = owner.by_alias();
        let record = match self.changeable(id)? {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let ObjectOwner::Object(object) = owner
            && !self.may_own(&object, Some(id))?
        {
            return Ok(Err(ObjectRefusal::Owner));
        }
        if owner != record.owner {
            self.remove(&ObjectKey::owned(&record.owner, id))?;
            self.put(&ObjectKey::owned(&owner, id), Bytes::new())?;
            self.put_record(id, &ObjectRecord { owner, ..record })?;
        }
        let (from, to) = (bytes(record.owner.as_bytes()), bytes(owner.as_bytes()));
        self.emit("ObjectTransferred", &[word(id), from, to, is_object(&owner)])?;
        Ok(Ok(()))
    }

    pub(crate) fn delete(&mut self, id: &ObjectId) -> ObjectResult<()> {
        self.begin_write()?;
        let record = match self.changeable(id)? {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let owned = ObjectKey::owner(&ObjectOwner::Object(*id));
        if !self.scan(&owned, None, 1)?.is_empty() {
            return Ok(Err(ObjectRefusal::HasObjects));
        }
        let removals = self.store.prices().write_existing.saturating_mul(record.fields.into());
        self.gas.charge(removals)?;
        let fields = ObjectKey::field(id, &[]);
        let found = self.scan(&fields, None, record.fields)?;
        assert!(found.len() == record.fields as usize, "an object counts its fields");
        for suffix in found {
            self.store.write(&ObjectKey { space: fields.space, suffix }, None);
        }
        self.remove(&ObjectKey::owned(&record.owner, id))?;
        self.remove(&ObjectKey::object(id))?;
        self.emit("ObjectDeleted", &[word(id)])?;
        Ok(Ok(()))
    }

    pub(crate) fn list(
        &mut self,
        owner: ObjectOwner,
        after: Option<&ObjectId>,
        limit: u32,
    ) -> Result<Vec<ObjectId>, Trap> {
        self.begin()?;
        let owner = owner.by_alias();
        let after = after.map(|id| ObjectKey::owned(&owner, id).suffix);
        let found = self.scan(&ObjectKey::owner(&owner), after.as_deref(), limit)?;
        Ok(found.iter().filter_map(|suffix| ObjectKey::owned_object(suffix)).collect())
    }

    fn begin(&mut self) -> Result<(), Trap> {
        Ok(self.gas.charge(self.store.prices().object_base)?)
    }

    fn begin_write(&mut self) -> Result<(), Trap> {
        if self.store.refuses_writes() {
            return Err(Trap::StaticViolation);
        }
        self.begin()
    }

    /// The identity of the next object of a contract: of the transaction, the contract, and how
    /// many it made in the transaction. One that is taken, as where transactions have no hash, is
    /// passed over.
    fn next_id(&mut self, creator: &Address) -> Result<ObjectId, Trap> {
        let (transaction, _) = self.store.moment();
        loop {
            self.gas.charge(self.store.prices().transient_access)?;
            let count = self.store.count_creation(creator).to_be_bytes();
            let parts = [IDENTITY, transaction.as_slice(), creator.as_bytes(), count.as_slice()];
            let id = ObjectId(keccak256(parts.concat()));
            if self.peek(&ObjectKey::object(&id))?.is_none() {
                return Ok(id);
            }
        }
    }

    /// The record of an object that the actor may change.
    fn changeable(&mut self, id: &ObjectId) -> ObjectResult<ObjectRecord> {
        let Some(record) = self.record(id)? else { return Ok(Err(ObjectRefusal::Missing)) };
        let actor = self.store.actor();
        let mut above = record;
        for _ in 0..OBJECT_OWNERS_MAX {
            let owner = match above.owner {
                _ if above.creator == actor => return Ok(Ok(record)),
                ObjectOwner::Address(owner) if owner == actor => return Ok(Ok(record)),
                ObjectOwner::Address(_) => break,
                ObjectOwner::Object(owner) => owner,
            };
            let Some(next) = self.record(&owner)? else { break };
            above = next;
        }
        Ok(Err(ObjectRefusal::Denied))
    }

    /// Whether an object may be the owner of `owned`: it is there, its owners end at an address
    /// within the limit, and `owned` is not among them. So owners never form a circle.
    fn may_own(&mut self, owner: &ObjectId, owned: Option<&ObjectId>) -> Result<bool, Trap> {
        let mut at = *owner;
        // The owned object itself is one of those that are looked at.
        for _ in 1..OBJECT_OWNERS_MAX {
            if owned == Some(&at) {
                return Ok(false);
            }
            match self.record(&at)?.map(|record| record.owner) {
                Some(ObjectOwner::Object(above)) => at = above,
                Some(ObjectOwner::Address(_)) => return Ok(true),
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    fn record(&mut self, id: &ObjectId) -> Result<Option<ObjectRecord>, Trap> {
        let Some(bytes) = self.read(&ObjectKey::object(id))? else { return Ok(None) };
        Ok(Some(ObjectRecord::decode(&bytes).ok_or(Trap::Fault)?))
    }

    fn put_record(&mut self, id: &ObjectId, record: &ObjectRecord) -> Result<(), Trap> {
        self.put(&ObjectKey::object(id), record.encode())
    }

    fn changed(&mut self, id: &ObjectId, name: &[u8]) -> Result<(), Trap> {
        let name = Value::text(String::from_utf8_lossy(name));
        self.emit("ObjectChanged", &[word(id), name])
    }

    /// Charges for an access to a record and gives what is there.
    fn peek(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Trap> {
        let is_cold = self.store.warm(key);
        self.gas.charge(self.store.prices().read(is_cold, 0))?;
        self.store.read(key)
    }

    /// As [`peek`](Self::peek), and charges for what is there.
    fn read(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Trap> {
        let value = self.peek(key)?;
        let value_words = words(value.as_ref().map_or(0, |value| value.len()));
        self.gas.charge(self.store.prices().read_word.saturating_mul(value_words))?;
        Ok(value)
    }

    fn put(&mut self, key: &ObjectKey, value: Bytes) -> Result<(), Trap> {
        let is_cold = self.store.warm(key);
        let existed = self.store.read(key)?.is_some();
        let record_bytes = key.suffix.len() + value.len();
        self.gas.charge(self.store.prices().write(is_cold, existed, record_bytes))?;
        self.store.write(key, Some(value));
        Ok(())
    }

    fn remove(&mut self, key: &ObjectKey) -> Result<(), Trap> {
        let is_cold = self.store.warm(key);
        self.gas.charge(self.store.prices().write(is_cold, true, 0))?;
        self.store.write(key, None);
        Ok(())
    }

    fn scan(
        &mut self,
        prefix: &ObjectKey,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, Trap> {
        if limit > SCAN_ENTRIES_MAX {
            let (found, limit) = (limit.into(), SCAN_ENTRIES_MAX.into());
            return Err(Trap::Limit { what: "objects of a list", found, limit });
        }
        let prices = self.store.prices();
        let record = prices.scan_record.saturating_add(Gas(prices.read_word.0.saturating_mul(4)));
        let cost = prices.scan_base.saturating_add(record.saturating_mul(limit.into()));
        self.gas.charge(cost)?;
        self.store.suffixes(prefix, after, limit as usize)
    }

    fn emit(&mut self, event: &str, values: &[Value]) -> Result<(), Trap> {
        let event = EVENTS.event(event).expect("invariant: an event of objects");
        let (topics, data) = event.encode(values).expect("invariant: values of the event's types");
        self.gas.charge(self.store.prices().log(topics.len(), data.len()))?;
        self.store.emit_event(topics, data);
        Ok(())
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= OBJECT_NAME_BYTES_MAX && core::str::from_utf8(name).is_ok()
}

fn word(id: &ObjectId) -> Value {
    bytes(id.as_bytes())
}

fn bytes(bytes: &[u8; 32]) -> Value {
    Value::bytes(Bytes::copy_from_slice(bytes))
}

const fn is_object(owner: &ObjectOwner) -> Value {
    Value::Bool(matches!(owner, ObjectOwner::Object(_)))
}

const _: () = assert!(OBJECT_FIELDS_MAX <= SCAN_ENTRIES_MAX);
