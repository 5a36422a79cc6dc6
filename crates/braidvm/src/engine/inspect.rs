//! Looking at the state: accounts, contracts, storage, interfaces, root.

use std::sync::Arc;

use abi::Interface;
use primitives::{Address, Bytes, Hash, U256, Wei};
use state::{
    Key,
    record::{AccountRecord, ContractRecord},
};
use vm_wasm::Personality;

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
    /// By whose conventions its code was built, if it is WebAssembly.
    pub personality: Option<Personality>,
    /// Its lifecycle, if it is a contract with a record.
    pub contract: Option<ContractRecord>,
    /// Its interface, if it has one.
    pub interface: Option<Arc<Interface>>,
    /// Records of its own storage, at most as many as were asked for.
    pub storage: Vec<(Key, Bytes)>,
    /// Its counters, at most as many as were asked for.
    pub counters: Vec<(Key, U256)>,
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
        self.latest().inspect(address, storage_limit)
    }

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn balance(&self, address: &Address) -> Result<Wei, EngineError> {
        self.latest().balance(address)
    }

    /// How many transactions an identity has sent, or contracts created.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn nonce(&self, address: &Address) -> Result<u64, EngineError> {
        self.latest().nonce(address)
    }

    /// The interface of a contract, if it has one.
    #[must_use]
    pub fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        self.latest().interface(address)
    }

    /// Names and interfaces as the latest state knows them, to put call trees into words.
    #[must_use]
    pub fn interfaces(&self) -> StateInterfaces {
        self.latest().interfaces()
    }

    /// The root over all records of the latest state, which the store keeps at hand.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn state_root(&self) -> Result<Hash, EngineError> {
        Ok(self.store.root_at(self.tip())?)
    }
}
