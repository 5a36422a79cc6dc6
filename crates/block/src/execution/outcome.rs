//! What comes of the execution of a block.

use std::{io, sync::Arc};

use kernel::{TransactionError, TransactionResult};
use parallel::Statistics;
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
#[derive(Debug, Clone, Default)]
pub struct BlockStatistics {
    /// What the parallel engine counted; nothing where the block was executed serially.
    pub run: Option<Arc<Statistics>>,
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
    /// The system does not give the threads of the executor.
    #[error("cannot start {workers} threads: {source}")]
    Threads {
        /// How many were asked for.
        workers: usize,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// Serial and parallel execution do not give the same: a bug.
    #[error("serial and parallel execution differ: {0}")]
    Differs(String),
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
