//! Native code at addresses that the operator chooses, called like a contract.
//!
//! A [`Precompile`] may read and write: its records, its balance and its events lie in the same
//! journal as everything else, so they are taken back with the frame that called it, however deep.
//! It is asked before Ethereum's own precompiles and before the code of the account. What its
//! records are depends on its own address; a `DELEGATECALL` or `CALLCODE` into it, which would
//! run it in another contract's name, reverts. It does not call other contracts.

use core::fmt::Debug;
use std::{collections::BTreeMap, sync::Arc};

use primitives::{
    Address, B256, Bytes, Depth, EvmAddress, Gas, U256, Wei, limits::OUTPUT_BYTES_MAX,
};
use thiserror::Error;
use vm::{Environment, GasMeter, HaltReason, Outcome, Schedule, Trap, schedule::SCHEDULE_V1};

use crate::{Access, Frames, access::within};

/// Native code that is called like a contract.
///
/// Its result follows from the call and from what it reads through the host alone: the same on
/// every node.
pub trait Precompile: Send + Sync + Debug {
    /// The name in traces and messages.
    fn name(&self) -> &str;

    /// What a call costs before it begins, beside what the operations of the host cost.
    fn gas_cost(&self, input: &[u8]) -> Gas;

    /// Runs a call. `call.gas_limit` is what is left after [`gas_cost`](Self::gas_cost); a
    /// [`GasMeter`] of it pays for the operations of the host, and the outcome tells the rest.
    ///
    /// Unless the outcome is a success, all that the call did is taken back.
    fn execute(&self, call: &PrecompileCall<'_>, host: &mut dyn PrecompileHost) -> Outcome;
}

/// A call to a precompile.
#[derive(Debug, Clone, Copy)]
pub struct PrecompileCall<'a> {
    /// Where it is called: the space of its records, the owner of its balance.
    pub address: Address,
    /// Who called: a contract or the sender of the transaction.
    pub caller: Address,
    /// What came with the call; it already belongs to the precompile.
    pub value: Wei,
    /// Selector and arguments by the Solidity ABI, or raw bytes.
    pub input: &'a [u8],
    /// What the call may use.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
    /// Frames below this one.
    pub depth: Depth,
}

/// What a precompile can reach. Every operation charges `gas` by the [`Schedule`] before it works;
/// an `Err` ends the call with [`Trap::halt_reason`].
pub trait PrecompileHost {
    /// The block and the transaction.
    fn environment(&self) -> &Environment;

    /// The prices.
    fn schedule(&self) -> &Schedule;

    /// A record of the precompile's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap>;

    /// Puts a record into the precompile's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap>;

    /// Removes a record from the precompile's own storage; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap>;

    /// The number in a counter of the precompile, which is zero before its first change.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap>;

    /// Adds to a counter of the precompile. Tells whether the sum fits; where it does not, nothing
    /// has changed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn counter_add(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap>;

    /// Subtracts from a counter of the precompile. Tells whether there was as much; where there was
    /// not, nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn counter_sub(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap>;

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap>;

    /// Moves coin of the precompile to another identity without running its code. Tells whether
    /// it has moved.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap>;

    /// Emits an event of the precompile.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the call ends.
    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap>;
}

/// Precompiles by their addresses. Like Ethereum's, their addresses are warm from the start of a
/// transaction (EIP-2929), and the set is part of the rules of a chain.
#[derive(Debug, Clone, Default)]
pub struct Precompiles(BTreeMap<EvmAddress, Arc<dyn Precompile>>);

/// Why a precompile cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrecompileError {
    /// The address is in use.
    #[error("precompile \"{name}\" cannot be at {address}, where \"{present}\" is")]
    AddressInUse {
        /// The precompile that was to be registered.
        name: String,
        /// The address.
        address: Address,
        /// The one that is there.
        present: String,
    },
    /// The address is one that the EVM cannot name.
    #[error("precompile \"{name}\" cannot be at {address}, which is no 20-byte address")]
    WideAddress {
        /// The precompile.
        name: String,
        /// The address.
        address: Address,
    },
}

impl Precompiles {
    /// No precompiles but Ethereum's.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a precompile. At an address of Ethereum's own precompiles it takes their place.
    ///
    /// # Errors
    ///
    /// [`PrecompileError`] where the address is in use or has more than 20 bytes.
    pub fn register(
        &mut self,
        address: Address,
        precompile: Arc<dyn Precompile>,
    ) -> Result<(), PrecompileError> {
        let name = precompile.name().to_owned();
        if !address.is_evm() {
            return Err(PrecompileError::WideAddress { name, address });
        }
        if let Some(present) = self.get(&address.evm_alias()) {
            let present = present.name().to_owned();
            return Err(PrecompileError::AddressInUse { name, address, present });
        }
        self.0.insert(address.evm_alias(), precompile);
        Ok(())
    }

    /// The precompiles in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = (Address, &Arc<dyn Precompile>)> {
        self.0.iter().map(|(address, precompile)| (Address::from_evm(*address), precompile))
    }

    pub(crate) fn get(&self, address: &EvmAddress) -> Option<&Arc<dyn Precompile>> {
        self.0.get(address)
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = EvmAddress> + '_ {
        self.0.keys().copied()
    }
}

/// Runs a call whose `gas_limit` is still that of the whole frame.
pub(crate) fn run(
    precompile: &dyn Precompile,
    mut call: PrecompileCall<'_>,
    frames: &mut Frames<'_>,
) -> Outcome {
    let Some(left) = call.gas_limit.checked_sub(precompile.gas_cost(call.input)) else {
        return Outcome::halt(HaltReason::OutOfGas);
    };
    call.gas_limit = left;
    let mut host = Access::new(frames, &SCHEDULE_V1, call.address, call.is_static);
    let outcome = precompile.execute(&call, &mut host);
    assert!(outcome.gas_left <= left, "precompile \"{}\" made gas", precompile.name());
    if let Err(trap) = within("bytes of output", outcome.output.len(), OUTPUT_BYTES_MAX) {
        return Outcome::halt(trap.halt_reason());
    }
    outcome
}

impl PrecompileHost for Access<'_, '_> {
    fn environment(&self) -> &Environment {
        Access::environment(self)
    }

    fn schedule(&self) -> &Schedule {
        Access::schedule(self)
    }

    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap> {
        Access::storage_get(self, gas, key)
    }

    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap> {
        Access::storage_put(self, gas, key, value)
    }

    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap> {
        Access::storage_delete(self, gas, key)
    }

    fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap> {
        Access::counter_get(self, gas, key)
    }

    fn counter_add(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        Access::counter_add(self, gas, key, amount)
    }

    fn counter_sub(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        Access::counter_sub(self, gas, key, amount)
    }

    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap> {
        Access::balance(self, gas, address)
    }

    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap> {
        Access::transfer(self, gas, to, amount)
    }

    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap> {
        Access::emit(self, gas, topics, data)
    }
}
