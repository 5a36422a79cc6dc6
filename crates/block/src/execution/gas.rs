//! The gas of a block, of which each transaction needs its whole limit when it begins.

use kernel::{Transaction, TransactionError};
use primitives::Gas;

/// What is left of the gas of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BlockGas {
    limit: Gas,
    used: Gas,
}

impl BlockGas {
    pub(super) const fn new(limit: Gas) -> Self {
        Self { limit, used: Gas::ZERO }
    }

    pub(super) const fn used(self) -> Gas {
        self.used
    }

    /// Refuses a transaction whose gas limit is above what is left.
    pub(super) fn admit(self, transaction: &Transaction) -> Result<(), TransactionError> {
        let left = self.limit.checked_sub(self.used).unwrap_or(Gas::ZERO);
        if !transaction.checks.block_gas_limit || transaction.gas_limit <= left {
            return Ok(());
        }
        let (gas_limit, limit) = (transaction.gas_limit.0, left.0);
        Err(TransactionError::AboveBlockGasLimit { gas_limit, limit })
    }

    pub(super) fn spend(&mut self, gas: Gas) {
        self.used = self.used.saturating_add(gas);
    }
}
