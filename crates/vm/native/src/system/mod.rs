//! The native contracts that every chain has, at addresses beside that of the deployer.

mod codes;
mod names;
mod objects;
mod parameters;

use std::sync::Arc;

use primitives::{Address, EvmAddress};

use crate::{Natives, NativesError};

pub use codes::{CODES_INTERFACE, Codes};
pub use names::{NAMES_INTERFACE, NameRecord, Names, name_key, reverse_key};
pub use objects::{OBJECTS_INTERFACE, ObjectsContract};
pub use parameters::{
    BASE_FEE_MAX, GAS_LIMIT_MAX, GAS_LIMIT_MIN, PARAMETERS_INTERFACE, Parameter, ParameterRecord,
    Parameters,
};

/// The address of the name registry.
pub const NAMES: EvmAddress = system_address(0xe0);

/// The address of the contract for the parameters of the chain.
pub const PARAMETERS: EvmAddress = system_address(0xe2);

impl Natives {
    /// Registers the native contracts that every chain has.
    ///
    /// # Errors
    ///
    /// [`NativesError`] where one of their addresses or names is in use.
    pub fn register_system(&mut self) -> Result<(), NativesError> {
        self.register(names(), Arc::new(Names))?;
        self.register(codes(), Arc::new(Codes))?;
        self.register(objects(), Arc::new(ObjectsContract))?;
        self.register(parameters(), Arc::new(Parameters))
    }
}

/// The address of the name registry.
#[must_use]
pub fn names() -> Address {
    Address::from_evm(NAMES)
}

/// The address of the registry of codes.
#[must_use]
pub fn codes() -> Address {
    Address::from_evm(vm::system::CODES)
}

/// The address of the contract for state objects.
#[must_use]
pub fn objects() -> Address {
    Address::from_evm(vm::object::OBJECTS)
}

/// The address of the contract for the parameters of the chain.
#[must_use]
pub fn parameters() -> Address {
    Address::from_evm(PARAMETERS)
}

/// An address beside that of the deployer, `0x…b7a1d0`.
const fn system_address(last: u8) -> EvmAddress {
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, last])
}
