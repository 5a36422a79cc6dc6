//! What comes of the execution of a block.

use kernel::{TransactionError, TransactionResult};
use primitives::Gas;
use state::{StateError, WriteSet};
use thiserror::Error;

/// What came of one transaction of a block.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is part of the block, whether or not its call succeeded.
    Included(TransactionResult),
    /// It is invalid where it stands, or does not fit: nothing happened, not even a fee.
    Skipped(TransactionError),
    /// The block ended before it.
    NotReached,
}

/// What came of a block.
#[derive(Debug, Clone)]
pub struct Executed {
    /// One outcome for each transaction, in their order.
    pub outcomes: Vec<Outcome>,
    /// The records that differ from those before the block, and no other.
    pub writes: WriteSet,
    /// Gas of all included transactions.
    pub gas_used: Gas,
    /// How the work went. It differs from run to run and is part of no result.
    pub statistics: BlockStatistics,
}

/// How the execution of a block went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockStatistics {
    /// Threads that took part.
    pub workers: usize,
    /// How often transactions were run in vain and run again.
    pub reexecutions: u64,
}

/// Why a block could not be executed.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ExecutionError {
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The host failed at a transaction; not the transaction's doing.
    #[error("transaction {index} cannot be executed: {error}")]
    Host {
        /// Its place in the block, from 0.
        index: usize,
        /// What failed.
        error: TransactionError,
    },
}

impl Outcome {
    /// The result of a transaction that is part of the block.
    #[must_use]
    pub const fn included(&self) -> Option<&TransactionResult> {
        match self {
            Self::Included(result) => Some(result),
            Self::Skipped(_) | Self::NotReached => None,
        }
    }
}
