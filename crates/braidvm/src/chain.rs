//! The development chain: a block for each transaction.

use primitives::{Address, BlockNumber, Bytes, Gas, Hash, keccak256};
use serde::{Deserialize, Serialize};
use state::{StateError, WriteSet};

/// What is kept of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockHeader {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The height.
    pub number: BlockNumber,
    /// Seconds since 1970.
    pub timestamp_s: u64,
    /// The block before.
    pub parent: Hash,
    /// keccak256 over all changes of the state in the order of their keys.
    pub changes: Hash,
    /// What ran in it.
    pub transactions: Vec<TransactionSummary>,
}

/// What is kept of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSummary {
    /// Who sent it.
    pub from: Address,
    /// Whom it called; nothing for a creation by the EVM.
    pub to: Option<Address>,
    /// The contract it made.
    pub created: Option<Address>,
    /// `success`, `revert` or `halt`.
    pub outcome: String,
    /// What it used.
    pub gas_used: Gas,
}

impl BlockHeader {
    /// The hash of the block: keccak256 over its fields in their order.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(self.encode())
    }

    /// The bytes in the store: JSON in the order of the fields.
    ///
    /// # Panics
    ///
    /// Never: a header holds only what JSON can name.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("invariant: a header is plain data").into()
    }

    /// The header that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] where the bytes are no header.
    pub fn decode(number: BlockNumber, bytes: &[u8]) -> Result<Self, StateError> {
        serde_json::from_slice(bytes).map_err(|error| StateError::Corrupt {
            key: format!("block {number}"),
            reason: error.to_string(),
        })
    }
}

/// keccak256 over changes: for each key its length, itself, and its value's length and itself, or
/// a mark for a removal.
#[must_use]
pub(crate) fn hash_changes(writes: &WriteSet) -> Hash {
    let mut bytes = Vec::new();
    for (key, value) in writes.iter() {
        bytes.extend_from_slice(&(key.as_bytes().len() as u64).to_be_bytes());
        bytes.extend_from_slice(key.as_bytes());
        match value {
            Some(value) => {
                bytes.push(1);
                bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
                bytes.extend_from_slice(value);
            }
            None => bytes.push(0),
        }
    }
    keccak256(bytes)
}
