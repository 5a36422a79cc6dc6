//! The words every other room speaks: identities, amounts, gas, hashes, indices and limits.
//!
//! This crate knows nothing of state, machines or transactions. A quantity or an identity that
//! has a meaning of its own is a type of its own, so that the compiler keeps them apart.

mod address;
mod amount;
mod hash;
mod index;
mod kind;
pub mod limits;
mod object;
mod random;

pub use address::{Address, AddressError};
pub use alloy_primitives::{B256, Bytes, U256, keccak256};
pub use amount::{Gas, WEI_PER_ETHER, WEI_PER_LAMPORT, Wei};
pub use hash::{CodeHash, Hash};
pub use index::{BlockNumber, Depth, TxIndex};
pub use kind::{VmKind, VmKindError, VmVersion};
pub use object::{ObjectId, ObjectOwner};
pub use random::Random;

/// The 20-byte form of an identity, as the EVM names it.
pub type EvmAddress = alloy_primitives::Address;
