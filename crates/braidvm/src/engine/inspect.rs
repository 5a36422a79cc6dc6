//! Looking at the state: accounts, contracts, storage, interfaces, root.

use std::sync::Arc;

use abi::Interface;
use primitives::{Address, Bytes, Hash, VmKind, Wei};
use state::{
    Key, Namespace,
    record::{AccountRecord, ContractRecord},
};

use super::Engine;
use crate::{EngineError, StateInterfaces};

/// What is known of an identity.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The identity.
    pub address: Address,
    /// Balance, nonce, kind and code.
    pub account: AccountRecord,
    /// Bytes of its code.
    pub code_bytes: usize,
    /// Its lifecycle, if it is a contract with a record.
    pub contract: Option<ContractRecord>,
    /// Its interface, if it has one.
    pub interface: Option<Arc<Interface>>,
    /// Records of its own storage, at most as many as were asked for.
    pub storage: Vec<(Key, Bytes)>,
}

impl Engine {
    /// What is known of an identity, with at most `storage_limit` records of its storage.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn inspect(
        &self,
        address: &Address,
        storage_limit: usize,
    ) -> Result<Inspection, EngineError> {
        let view = self.store.latest();
        let account = self.account_record(address)?;
        let key = Key::contract(address);
        let contract = match view.read(&key)? {
            Some(bytes) => Some(ContractRecord::decode(&key, &bytes)?),
            None => None,
        };
        let code = view.read(&Key::code(&account.code_hash))?;
        let namespace = match account.kind {
            VmKind::Evm => Namespace::Slot,
            _ => Namespace::Kv,
        };
        let prefix = Key::new(namespace, address, &[]);
        Ok(Inspection {
            address: *address,
            account,
            code_bytes: code.map_or(0, |code| code.len()),
            contract,
            interface: self.interface(address),
            storage: view.scan(prefix.as_bytes(), prefix.as_bytes(), storage_limit)?,
        })
    }

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn balance(&self, address: &Address) -> Result<Wei, EngineError> {
        Ok(self.account_record(address)?.balance)
    }

    /// How many transactions an identity has sent, or contracts created.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn nonce(&self, address: &Address) -> Result<u64, EngineError> {
        Ok(self.account_record(address)?.nonce)
    }

    /// The interface of a contract, if it has one.
    #[must_use]
    pub fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        StateInterfaces::new(self.store.latest()).get(address)
    }

    /// Names and interfaces as the latest state knows them, to put call trees into words.
    #[must_use]
    pub fn interfaces(&self) -> StateInterfaces {
        StateInterfaces::new(self.store.latest())
    }

    /// The root over all records of the latest state, which the store keeps at hand.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn state_root(&self) -> Result<Hash, EngineError> {
        Ok(self.store.root_at(self.tip())?)
    }

    fn account_record(&self, address: &Address) -> Result<AccountRecord, EngineError> {
        let key = Key::account(&Address::from_evm(address.evm_alias()));
        match self.store.latest().read(&key)? {
            Some(bytes) => Ok(AccountRecord::decode(&key, &bytes)?),
            None => Ok(AccountRecord::default()),
        }
    }
}
