//! What can go wrong with the state itself, as opposed to a contract.

use thiserror::Error;

/// A failure of the host: never a contract's doing and never part of a receipt.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The store did not do what it was asked.
    #[error("store failed: {0}")]
    Store(String),
    /// A stored record does not read as what its key says it is.
    #[error("corrupt record at {key}: {reason}")]
    Corrupt {
        /// The key in hexadecimal.
        key: String,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// The asked block is above the tip, or its history has been pruned.
    #[error("block {block} is not held: {reason}")]
    NotHeld {
        /// The block asked for.
        block: u64,
        /// Why it is not there.
        reason: String,
    },
    /// A parallel execution withdrew this attempt; it will be run again.
    #[error("speculative execution was withdrawn")]
    Withdrawn,
}
