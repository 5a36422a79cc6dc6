//! State objects in the journal.

use primitives::{Address, B256, Bytes, Hash, U256};
use state::{Key, StateError};
use vm::{
    Schedule, Trap,
    object::{OBJECTS, ObjectKey, ObjectStore},
};

use crate::host::FrameHost;

impl ObjectStore for FrameHost<'_, '_> {
    fn prices(&self) -> &Schedule {
        self.access.schedule()
    }

    fn actor(&self) -> Address {
        self.object_actor.unwrap_or_else(|| self.access.contract())
    }

    fn refuses_writes(&self) -> bool {
        self.access.is_static()
    }

    fn moment(&self) -> (Hash, u64) {
        let environment = self.access.environment();
        (environment.transaction.hash, environment.block.number.0)
    }

    /// The count is a transient word of the system contract for objects, so a revert takes it back
    /// together with the objects that were counted.
    fn count_creation(&mut self, creator: &Address) -> u64 {
        let objects = Address::from_evm(OBJECTS);
        let journal = self.access.frames().journal();
        let place = B256::new(*creator.as_bytes());
        let count = U256::from_be_bytes(journal.transient(&objects, place).0);
        let next = count.saturating_add(U256::ONE);
        journal.set_transient(&objects, place, B256::from(next));
        u64::try_from(count).expect("invariant: gas bounds how many objects a transaction makes")
    }

    fn warm(&mut self, key: &ObjectKey) -> bool {
        self.access.frames().journal().warm_record(&place(key))
    }

    fn read(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Trap> {
        self.access.frames().journal().record(&place(key)).map_err(fault)
    }

    fn write(&mut self, key: &ObjectKey, value: Option<Bytes>) {
        debug_assert!(!self.refuses_writes(), "a static frame writes nothing");
        self.access.frames().journal().set_record(place(key), value);
    }

    fn suffixes(
        &mut self,
        prefix: &ObjectKey,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Trap> {
        let range = place(prefix);
        let from = match after {
            // The smallest key above `after` is `after` with a zero byte behind it.
            Some(after) => [Key::object(&prefix.space, after).as_bytes(), &[0]].concat(),
            None => range.as_bytes().to_vec(),
        };
        let journal = self.access.frames().journal();
        let found = journal.scan(range.as_bytes(), &from, limit).map_err(fault)?;
        Ok(found.into_iter().map(|(key, _)| key.suffix().to_vec()).collect())
    }

    fn emit_event(&mut self, topics: Vec<B256>, data: Bytes) {
        self.access.frames().journal().emit(&Address::from_evm(OBJECTS), topics, data);
    }
}

fn place(key: &ObjectKey) -> Key {
    Key::object(&key.space, &key.suffix)
}

/// The journal remembers the failure of the state; the trap only unwinds.
fn fault(_: StateError) -> Trap {
    Trap::Fault
}
