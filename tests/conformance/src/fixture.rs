//! The state before the transaction, as Braid's records.

use std::sync::Arc;

use alloy_primitives::keccak256;
use primitives::{Address, B256, Bytes, CodeHash, Hash, VmKind, Wei};
use revm_statetest_types::{AccountInfo, TestUnit};
use state::{
    EmptyView, Key, Overlay, ScanEntry, StateError, StateView, WriteSet, record::AccountRecord,
};

/// The state before the transaction of `unit`.
pub(crate) fn before(unit: &TestUnit) -> Overlay {
    let mut records = WriteSet::new();
    for (address, account) in &unit.pre {
        put_account(&mut records, &Address::from_evm(*address), account);
    }
    Overlay::new(Arc::new(NumberedBlocks), records)
}

/// No records, and the block hashes that state tests assume: that of a block is the hash of its
/// number as text.
#[derive(Debug)]
struct NumberedBlocks;

impl StateView for NumberedBlocks {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        EmptyView.read(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        EmptyView.scan(prefix, from, limit)
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        Ok(Some(keccak256(number.to_string())))
    }
}

fn put_account(records: &mut WriteSet, address: &Address, account: &AccountInfo) {
    let code_hash = CodeHash::of(&account.code);
    let record = AccountRecord {
        balance: Wei(account.balance),
        nonce: account.nonce,
        kind: VmKind::Evm,
        code_hash,
        is_guarded: false,
    };
    records.put(Key::account(address), record.encode());
    if !account.code.is_empty() {
        records.put(Key::code(&code_hash), account.code.clone());
    }
    for (slot, value) in &account.storage {
        if !value.is_zero() {
            let word = B256::from(*value).0.to_vec();
            records.put(Key::slot(address, &B256::from(*slot)), word);
        }
    }
}
