//! The native strand: contracts that are Rust types, registered when a node starts.
//!
//! A [`NativeContract`] has an [`Interface`](abi::Interface) like any other contract, and its
//! methods get typed arguments. It reaches the transaction through a [`NativeHost`]: all that any
//! contract can reach, and system resources beside it. What it stores lies under its own address
//! in the one state and is taken back with the frame that called it.
//!
//! The table of native contracts, [`Natives`], is part of the rules of a chain: every node of the
//! chain registers the same types at the same addresses. There is no code at such an address.

mod argument;
mod call;
mod contract;
mod host;
mod machine;
pub mod system;
mod table;

pub use argument::FromValue;
pub use call::{NativeFrame, run};
pub use contract::{NativeCall, NativeContract, NativeError};
pub use host::{ContractSummary, MachineSummary, NativeHost};
pub use machine::NativeVm;
pub use table::{Natives, NativesError};
