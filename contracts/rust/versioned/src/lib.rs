// SPDX-License-Identifier: MIT OR Apache-2.0
//! A number that an upgrade changes, for tests of upgrades.
#![cfg_attr(target_arch = "wasm32", no_std)]

use core::hint::black_box;

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// The number as a character above the space, and whether the code may take over from the version
/// before. Tests change both where they stand in the module.
static SETTINGS: [u8; 18] = *b"braid-versioned:!0";

const NUMBER: usize = 16;
const CAN_MIGRATE: usize = 17;

/// The storage of the contract.
#[derive(Storage)]
pub struct Versioned {
    kept: Value<U256>,
}

#[braid::contract]
impl Versioned {
    #[view]
    fn number(&self) -> U256 {
        let own = black_box(&SETTINGS)[NUMBER] - b' ';
        self.kept.get() + U256::from(u64::from(own))
    }

    #[view]
    fn other(&self) -> U256 {
        self.number()
    }

    fn migrate(&mut self, from_version: u32) {
        require!(host::caller() == deployer(), "not the deployer");
        require!(black_box(&SETTINGS)[CAN_MIGRATE] == b'1', "cannot take over");
        self.kept.set(&(U256::from(u64::from(from_version)) * U256::from(1_000u64)));
    }
}

/// Who upgrades contracts.
fn deployer() -> Address {
    let mut bytes = [0; 32];
    bytes[29..].copy_from_slice(&[0xb7, 0xa1, 0xd0]);
    Address::new(bytes)
}
