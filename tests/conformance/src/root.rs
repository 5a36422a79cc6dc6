//! Ethereum's state root, computed from Braid's records.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Log, U256, keccak256};
use alloy_trie::{TrieAccount, root};
use primitives::{Address, CodeHash, EvmAddress};
use state::{Key, Namespace, Records, StateError, StateView, record::AccountRecord};

/// The root of the state that a view shows.
///
/// Every record must be one that Ethereum's state has: an account, a slot that is not zero, or
/// code under its own hash. Anything else is named.
pub(crate) fn state_root(view: &dyn StateView) -> Result<B256, String> {
    let mut accounts: BTreeMap<Address, AccountRecord> = BTreeMap::new();
    let mut slots: BTreeMap<Address, Vec<(B256, U256)>> = BTreeMap::new();
    for record in Records::all(view) {
        let (key, value) = record.map_err(text)?;
        match key.namespace() {
            Namespace::Account => {
                let record = AccountRecord::decode(&key, &value).map_err(text)?;
                accounts.insert(key.space(), record);
            }
            Namespace::Slot => {
                let slot = B256::try_from(key.suffix())
                    .map_err(|_| format!("{key} is not the key of a slot"))?;
                let value = slot_value(&key, &value)?;
                slots.entry(key.space()).or_default().push((slot, value));
            }
            Namespace::Code
                if CodeHash(B256::new(*key.space().as_bytes())) == CodeHash::of(&value) => {}
            _ => return Err(format!("{key} is no record of Ethereum's state")),
        }
    }
    let leaves = accounts
        .into_iter()
        .map(|(address, record)| leaf(view, address, record, slots.remove(&address)))
        .collect::<Result<Vec<_>, _>>()?;
    match slots.keys().next() {
        Some(address) => Err(format!("{address} has slots and no account")),
        None => Ok(root::state_root_unhashed(leaves)),
    }
}

/// The hash of the events of a transaction, as state tests have it.
pub(crate) fn logs_hash(logs: &[Log]) -> B256 {
    let mut encoded = Vec::new();
    alloy_rlp::encode_list(logs, &mut encoded);
    keccak256(encoded)
}

fn leaf(
    view: &dyn StateView,
    address: Address,
    record: AccountRecord,
    slots: Option<Vec<(B256, U256)>>,
) -> Result<(EvmAddress, TrieAccount), String> {
    if !address.is_evm() {
        return Err(format!("{address} is no address of Ethereum"));
    }
    let code = Key::code(&record.code_hash);
    let has_code = record.code_hash.is_empty() || view.read(&code).map_err(text)?.is_some();
    if !has_code {
        return Err(format!("the code {} of {address} is not there", record.code_hash));
    }
    let account = TrieAccount {
        nonce: record.nonce,
        balance: record.balance.0,
        storage_root: root::storage_root_unhashed(slots.unwrap_or_default()),
        code_hash: record.code_hash.0,
    };
    Ok((address.evm_alias(), account))
}

fn slot_value(key: &Key, bytes: &[u8]) -> Result<U256, String> {
    let word = B256::try_from(bytes)
        .map_err(|_| format!("{key} holds {} bytes, which is no slot", bytes.len()))?;
    let value = U256::from_be_bytes(word.0);
    if value.is_zero() {
        return Err(format!("{key} holds zero, which a slot never records"));
    }
    Ok(value)
}

fn text(error: StateError) -> String {
    error.to_string()
}
