//! Hashes: of anything, and of code.

use core::fmt;

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

/// A 32-byte digest whose meaning its place tells (state root, transaction hash, block hash).
pub type Hash = B256;

/// The keccak256 of the code of a contract: its identity in every cache and record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(pub B256);

impl CodeHash {
    /// The hash of no code: keccak256 of the empty string, as Ethereum records it.
    pub const EMPTY: Self = Self(alloy_primitives::KECCAK256_EMPTY);

    /// The hash of `code`.
    #[must_use]
    pub fn of(code: &[u8]) -> Self {
        Self(keccak256(code))
    }

    /// Whether this is the hash of no code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }
}

impl fmt::Display for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
