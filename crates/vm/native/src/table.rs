//! Native contracts by their addresses.

use std::{collections::BTreeMap, sync::Arc};

use primitives::{Address, EvmAddress};
use thiserror::Error;

use crate::NativeContract;

/// Native contracts by their addresses.
#[derive(Debug, Clone, Default)]
pub struct Natives(BTreeMap<EvmAddress, Arc<dyn NativeContract>>);

/// Why a native contract cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NativesError {
    /// The address is in use.
    #[error("native contract \"{name}\" cannot be at {address}, where \"{present}\" is")]
    AddressInUse {
        /// The contract that was to be registered.
        name: String,
        /// The address.
        address: Address,
        /// What is there.
        present: String,
    },
    /// The address is one that the EVM cannot name.
    #[error("native contract \"{name}\" cannot be at {address}, which is no 20-byte address")]
    WideAddress {
        /// The contract.
        name: String,
        /// The address.
        address: Address,
    },
    /// Another contract has the name.
    #[error("two native contracts are named \"{0}\"")]
    NameInUse(String),
}

impl Natives {
    /// No native contracts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a contract. No account with code may be at the address: code would run instead.
    ///
    /// # Errors
    ///
    /// [`NativesError`] where the address or the name is in use, or the address has more than 20
    /// bytes.
    pub fn register(
        &mut self,
        address: Address,
        contract: Arc<dyn NativeContract>,
    ) -> Result<(), NativesError> {
        let name = contract.name().to_owned();
        if !address.is_evm() {
            return Err(NativesError::WideAddress { name, address });
        }
        if let Some(present) = self.get(&address) {
            let present = present.name().to_owned();
            return Err(NativesError::AddressInUse { name, address, present });
        }
        if self.iter().any(|(_, present)| present.name() == name) {
            return Err(NativesError::NameInUse(name));
        }
        self.0.insert(address.evm_alias(), contract);
        Ok(())
    }

    /// The contract at an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Arc<dyn NativeContract>> {
        if address.is_evm() { self.at(&address.evm_alias()) } else { None }
    }

    /// The contract at an address as the EVM names it.
    #[must_use]
    pub fn at(&self, address: &EvmAddress) -> Option<&Arc<dyn NativeContract>> {
        self.0.get(address)
    }

    /// The contracts in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = (Address, &Arc<dyn NativeContract>)> {
        self.0.iter().map(|(address, contract)| (Address::from_evm(*address), contract))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
