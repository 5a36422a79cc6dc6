// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passes calls on, in every way a call can end: a tool for tests of calls between machines.
//!
//! It has the interface of `contracts/solidity/Relay.sol` except `delegateForward`: code of another
//! contract never runs in the place of a WebAssembly contract.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// The next relay of a path.
#[braid::interface]
pub trait Hop {
    fn hop(&mut self, path: Vec<Address>, data: Bytes) -> Bytes;
}

/// Why the relay reverted.
#[derive(Debug, PartialEq, Eq, ContractError)]
pub enum RelayError {
    /// As it was asked to.
    RevertedOnPurpose { output: Bytes },
    /// There is no place to go to.
    EmptyPath,
}

/// The storage of the relay.
#[derive(Storage)]
pub struct Relay {
    forwarded: Value<U256>,
}

#[braid::contract(errors(RelayError))]
impl Relay {
    /// How many calls this contract has passed on; undone with them, which is what tests look at.
    #[view]
    fn forwarded(&self) -> U256 {
        self.forwarded.get()
    }

    #[payable]
    fn forward(&mut self, to: Address, data: Bytes) -> Bytes {
        self.count(1);
        Bytes(pass_on(to, &data).or_bubble())
    }

    #[payable]
    fn forward_then_revert(&mut self, to: Address, data: Bytes) -> Result<(), RelayError> {
        self.count(1);
        let output = match pass_on(to, &data) {
            Ok(output) => output,
            Err(error) => error.into_revert_data(),
        };
        Err(RelayError::RevertedOnPurpose { output: Bytes(output) })
    }

    #[payable]
    fn try_forward(&mut self, to: Address, data: Bytes) -> (bool, Bytes) {
        self.count(1);
        outcome(pass_on(to, &data))
    }

    #[payable]
    fn try_forward_with_gas(&mut self, to: Address, data: Bytes, gas_limit: U256) -> (bool, Bytes) {
        self.count(1);
        let gas = u64::try_from(gas_limit).map_or(Gas::All, Gas::Limit);
        outcome(host::call(&to, &host::value(), &data.0, gas))
    }

    #[view]
    fn static_forward(&self, to: Address, data: Bytes) -> Bytes {
        Bytes(host::static_call(&to, &data.0, Gas::All).or_bubble())
    }

    fn forward_both(
        &mut self,
        first: Address,
        first_data: Bytes,
        second: Address,
        second_data: Bytes,
    ) -> (Bytes, Bytes) {
        self.count(2);
        let first_output = pass_on(first, &first_data).or_bubble();
        let second_output = pass_on(second, &second_data).or_bubble();
        (Bytes(first_output), Bytes(second_output))
    }

    #[payable]
    fn hop(&mut self, path: Vec<Address>, data: Bytes) -> Result<Bytes, RelayError> {
        let Some((next, rest)) = path.split_first() else { return Err(RelayError::EmptyPath) };
        self.count(1);
        if rest.is_empty() {
            return Ok(Bytes(pass_on(*next, &data).or_bubble()));
        }
        Ok(Hop::at(*next).with_value(host::value()).hop(rest.to_vec(), data).or_bubble())
    }

    #[receive]
    fn receive(&mut self) {}

    #[internal]
    fn count(&mut self, calls: u32) {
        self.forwarded.set(&(self.forwarded.get() + U256::from(calls)));
    }
}

fn pass_on(to: Address, data: &Bytes) -> Result<Vec<u8>, CallError> {
    host::call(&to, &host::value(), &data.0, Gas::All)
}

fn outcome(result: Result<Vec<u8>, CallError>) -> (bool, Bytes) {
    match result {
        Ok(output) => (true, Bytes(output)),
        Err(error) => (false, Bytes(error.into_revert_data())),
    }
}
