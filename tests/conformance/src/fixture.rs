//! The state before the transaction, as Braid's records.

use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use primitives::{Address, B256, Bytes, CodeHash, Hash, VmKind, Wei};
use revm_statetest_types::{AccountInfo, TestUnit};
use state::{Key, ScanEntry, StateError, StateView, WriteSet, record::AccountRecord};

/// All records of a small state, and the block hashes that state tests assume.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(BTreeMap<Key, Bytes>);

impl Records {
    /// The state before the transaction of `unit`.
    pub(crate) fn before(unit: &TestUnit) -> Self {
        let mut changes = WriteSet::new();
        for (address, account) in &unit.pre {
            put_account(&mut changes, &Address::from_evm(*address), account);
        }
        let mut records = Self::default();
        records.apply(changes);
        records
    }

    /// Makes the changes of a transaction.
    pub(crate) fn apply(&mut self, changes: WriteSet) {
        for (key, change) in changes {
            match change {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }

    /// Puts a record where there is none.
    pub(crate) fn put_if_absent(&mut self, key: Key, value: Bytes) {
        self.0.entry(key).or_insert(value);
    }

    /// The records in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Bytes)> {
        self.0.iter()
    }
}

impl StateView for Records {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let found = self
            .0
            .iter()
            .skip_while(|(key, _)| key.as_bytes() < from)
            .filter(|(key, _)| key.as_bytes().starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()));
        Ok(found.collect())
    }

    /// State tests have no earlier blocks; the hash of one is the hash of its number as text.
    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        Ok(Some(keccak256(number.to_string())))
    }
}

fn put_account(changes: &mut WriteSet, address: &Address, account: &AccountInfo) {
    let code_hash = CodeHash::of(&account.code);
    let record = AccountRecord {
        balance: Wei(account.balance),
        nonce: account.nonce,
        kind: VmKind::Evm,
        code_hash,
    };
    changes.put(Key::account(address), record.encode());
    if !account.code.is_empty() {
        changes.put(Key::code(&code_hash), account.code.clone());
    }
    for (slot, value) in &account.storage {
        if !value.is_zero() {
            changes.put(Key::slot(address, &B256::from(*slot)), B256::from(*value).0.to_vec());
        }
    }
}
