//! The execution of whole blocks: one transaction after another, or many at once with the same
//! result.
//!
//! Serial execution is the oracle: what it gives is the meaning of a block.

mod gas;
mod outcome;
mod serial;

use std::sync::Arc;

use kernel::{Kernel, Transaction};
use state::StateView;
use vm::BlockEnvironment;

pub use outcome::{BlockStatistics, Executed, ExecutionError, Outcome};

/// How an executor goes about a block. No choice changes what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExecutionMode {
    /// One transaction after another, on the calling thread.
    #[default]
    Serial,
}

/// Executes blocks over the machines of one kernel.
#[derive(Debug)]
pub struct Executor {
    kernel: Arc<Kernel>,
    mode: ExecutionMode,
    is_tracing: bool,
}

impl Executor {
    /// An executor that goes one transaction after another.
    #[must_use]
    pub const fn serial(kernel: Arc<Kernel>) -> Self {
        Self { kernel, mode: ExecutionMode::Serial, is_tracing: false }
    }

    /// The machines.
    #[must_use]
    pub const fn kernel(&self) -> &Arc<Kernel> {
        &self.kernel
    }

    /// Records the trees of calls of the blocks to come, or does not.
    pub const fn set_tracing(&mut self, is_tracing: bool) {
        self.is_tracing = is_tracing;
    }

    /// Executes the transactions of `block` over `view`, in their order.
    ///
    /// A transaction that is invalid, or whose gas limit does not fit into what the block has
    /// left, is skipped: nothing of it happens, and the next one is tried.
    ///
    /// # Errors
    ///
    /// [`ExecutionError`] where the host failed; then there is no result.
    pub fn execute(
        &self,
        view: Arc<dyn StateView>,
        block: &BlockEnvironment,
        transactions: impl Into<Arc<[Transaction]>>,
    ) -> Result<Executed, ExecutionError> {
        let transactions = transactions.into();
        match self.mode {
            ExecutionMode::Serial => {
                serial::execute(&self.kernel, view, block, (&transactions, self.is_tracing))
            }
        }
    }
}
