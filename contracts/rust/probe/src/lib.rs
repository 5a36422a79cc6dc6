// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tells what a contract sees and fails in every way it can: the other end of a relay in tests.
//!
//! It has the interface of `contracts/solidity/Probe.sol`.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// A failure with two fields.
#[derive(Debug, PartialEq, Eq, ContractError)]
pub struct Custom {
    code: U256,
    reason: String,
}

/// The storage of the probe.
#[derive(Storage)]
pub struct Probe {
    words: Mapping<U256, U256>,
}

#[braid::contract(errors(Custom))]
impl Probe {
    /// Who calls, who signed, which contract runs, and the coin that came along.
    #[payable]
    fn context(&mut self) -> (Address, Address, Address, U256) {
        (host::caller(), host::origin(), host::contract(), host::value())
    }

    #[view]
    fn block_info(&self) -> (U256, U256, U256, Address) {
        (
            host::block_number().into(),
            host::block_timestamp().into(),
            host::chain_id().into(),
            host::block_beneficiary(),
        )
    }

    #[pure]
    fn echo(&self, data: Bytes) -> Bytes {
        data
    }

    #[view]
    fn balance(&self, owner: Address) -> U256 {
        host::balance(&owner)
    }

    fn store(&mut self, key: U256, word: U256) {
        self.words.set(&key, &word);
    }

    #[view]
    fn load(&self, key: U256) -> U256 {
        self.words.get(&key)
    }

    #[pure]
    fn fail(&self, reason: String) -> Result<(), String> {
        Err(reason)
    }

    #[pure]
    fn fail_custom(&self, code: U256, reason: String) -> Result<(), Custom> {
        Err(Custom { code, reason })
    }

    /// Ends in an arithmetic overflow: revert data `Panic(0x11)`.
    #[pure]
    fn overflow(&self, word: U256) -> U256 {
        U256::MAX - U256::ONE + word
    }

    /// Halts: all gas of this call is lost.
    #[pure]
    fn trap(&self) {
        #[cfg(target_arch = "wasm32")]
        core::arch::wasm32::unreachable();
    }

    /// Runs until its gas is used up.
    #[pure]
    fn spin(&self) {
        let mut rounds = 0_u64;
        loop {
            rounds = core::hint::black_box(rounds.wrapping_add(1));
        }
    }

    /// Passes coin of this contract on.
    fn pay(&mut self, to: Address, amount: U256) {
        require!(host::call(&to, &amount, &[], Gas::All).is_ok(), "payment failed");
    }

    #[receive]
    fn receive(&mut self) {}
}
