//! What a WebAssembly contract written in Rust needs to run on Braid.
//!
//! ```
//! #![cfg_attr(target_arch = "wasm32", no_std)]
//! use braid_sdk as braid;
//! use braid::prelude::*;
//!
//! #[derive(Storage)]
//! pub struct Counter {
//!     value: Value<U256>,
//! }
//!
//! #[braid::contract]
//! impl Counter {
//!     #[view]
//!     fn value(&self) -> U256 {
//!         self.value.get()
//!     }
//!
//!     fn increment(&mut self) -> U256 {
//!         let next = self.value.get() + U256::ONE;
//!         self.value.set(&next);
//!         next
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! `#[contract]` makes the exports `call` and `deploy`, Solidity's selectors (names in camelCase)
//! and the section `braid.interface`, so that contracts of every machine can call the result.
//! Built for another target than WebAssembly the same contract runs against [`mock`], an in-memory
//! host for unit tests.
//!
//! It does not meter gas and does not check what the host checks; `docs/src/wasm-host-interface.md`
//! says what each function of the host means.
#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

pub mod abi;
mod address;
pub mod contract;
pub mod host;
#[cfg(not(target_arch = "wasm32"))]
pub mod mock;
pub mod object;
#[cfg(all(target_arch = "wasm32", feature = "runtime"))]
#[allow(unsafe_code, reason = "an allocator is unsafe by its nature")]
mod runtime;
pub mod storage;
pub mod text;
mod u256;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "imports of WebAssembly are foreign functions")]
mod wasm;

pub use abi::AbiType;
pub use address::Address;
pub use braid_sdk_macros::{AbiType, ContractError, Event, Storage, contract, interface};
pub use contract::{Contract, ContractError, Event};
pub use storage::Storage;
pub use u256::{TooLarge, U256};

#[cfg(not(target_arch = "wasm32"))]
use mock::backend;
#[cfg(target_arch = "wasm32")]
use wasm as backend;

/// What the code of the macros names, so that a contract need not have `alloc` in scope.
#[doc(hidden)]
pub mod export {
    pub use alloc::{fmt::format, vec, vec::Vec};
}

/// What nearly every contract uses.
pub mod prelude {
    pub use alloc::{format, string::String, vec, vec::Vec};

    pub use crate::{
        AbiType, Address, ContractError, Event, Storage, U256,
        abi::{Bytes, FixedBytes},
        contract::{OrBubble, emit},
        host,
        host::{CallError, Gas},
        object::{Object, ObjectError, Owner},
        require, revert,
        storage::{Counter, List, Mapping, Value},
    };
}

/// Ends the frame with `Error(string)`; takes what `format!` takes.
///
/// A text without arguments brings no formatting into the contract.
#[macro_export]
macro_rules! revert {
    ($($part:tt)+) => {{
        let message = ::core::format_args!($($part)+);
        match message.as_str() {
            Some(text) => $crate::host::revert_message(text),
            None => $crate::host::revert_message(&$crate::export::format(message)),
        }
    }};
}

/// Ends the frame with `Error(string)` where a condition does not hold.
#[macro_export]
macro_rules! require {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::revert!($($message)+)
        }
    };
}
