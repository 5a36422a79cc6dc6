// SPDX-License-Identifier: MIT OR Apache-2.0
//! A number that anybody may change.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// The number changed.
#[derive(Event)]
pub struct Changed {
    #[indexed]
    by: Address,
    value: U256,
}

/// The storage of the counter.
#[derive(Storage)]
pub struct Counter {
    value: Value<U256>,
}

#[braid::contract(events(Changed))]
impl Counter {
    #[view]
    fn value(&self) -> U256 {
        self.value.get()
    }

    fn increment(&mut self) -> U256 {
        self.add(U256::ONE)
    }

    fn add(&mut self, amount: U256) -> U256 {
        let next = self.value.get() + amount;
        self.set_value(next);
        next
    }

    fn set_value(&mut self, new_value: U256) {
        self.value.set(&new_value);
        emit(&Changed { by: host::caller(), value: new_value });
    }
}
