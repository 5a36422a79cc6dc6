//! How much gas a transaction needs: a bounded search over simulations.

use primitives::Gas;
use thiserror::Error;
use vm::Status;
use vm_evm::{Transaction, TransactionError, TransactionResult};

use crate::Execution;

/// Simulations that one estimate may take: one at the cap, one guess, and a bisection of 64 bits.
pub const ESTIMATE_RUNS_MAX: u32 = 66;

/// Gas that a call with value lends on top; the first guess leaves room for it.
const STIPEND: u64 = 2_300;

/// Why there is no estimate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// The transaction fails however much gas it gets.
    #[error("transaction fails with any gas: {}", describe(.0))]
    Fails(Box<TransactionResult>),
    /// The transaction would not end within the cap.
    #[error("transaction needs more than the cap of {cap} gas")]
    OverCap {
        /// The most that was tried.
        cap: Gas,
    },
    /// The transaction is invalid or the host failed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

impl Execution {
    /// The least gas limit with which `transaction` does what it does with `cap` gas.
    ///
    /// Its own gas limit is ignored. A run counts as the same only if it succeeds and emits as
    /// many events from the same contracts: a callee that runs out of gas and is caught would
    /// otherwise pass for success (EIP-150).
    ///
    /// # Errors
    ///
    /// [`EstimateError`] where the transaction fails at the cap; a revert carries its reason.
    pub fn estimate_gas(
        &mut self,
        transaction: &Transaction,
        cap: Gas,
    ) -> Result<Gas, EstimateError> {
        let reference = self.simulate(&with_gas(transaction, cap))?;
        match &reference.status {
            Status::Success => {}
            Status::Halt(vm::HaltReason::OutOfGas) => return Err(EstimateError::OverCap { cap }),
            _ => return Err(EstimateError::Fails(Box::new(reference))),
        }
        let spent = reference.gas_used.saturating_add(reference.gas_refunded);
        let mut runs = 1;
        let mut low = spent.0.saturating_sub(1);
        let mut high = cap.0;
        let guess = (spent.0 + STIPEND).saturating_mul(64) / 63;
        let mut next = if guess < high { guess } else { middle(low, high) };
        while high - low > 1 && runs < ESTIMATE_RUNS_MAX {
            runs += 1;
            if self.does_the_same(transaction, Gas(next), &reference)? {
                high = next;
            } else {
                low = next;
            }
            next = middle(low, high);
        }
        assert!(high <= cap.0, "an estimate stays within its cap");
        Ok(Gas(high))
    }

    fn does_the_same(
        &mut self,
        transaction: &Transaction,
        gas_limit: Gas,
        reference: &TransactionResult,
    ) -> Result<bool, EstimateError> {
        match self.simulate(&with_gas(transaction, gas_limit)) {
            Ok(result) => Ok(result.status.is_success() && same_events(&result, reference)),
            Err(TransactionError::IntrinsicGas { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn same_events(one: &TransactionResult, other: &TransactionResult) -> bool {
    let kinds = |result: &TransactionResult| -> Vec<_> {
        result.events.iter().map(|event| (event.address, event.topics.first().copied())).collect()
    };
    kinds(one) == kinds(other)
}

fn with_gas(transaction: &Transaction, gas_limit: Gas) -> Transaction {
    Transaction { gas_limit, ..transaction.clone() }
}

const fn middle(low: u64, high: u64) -> u64 {
    low + (high - low) / 2
}

fn describe(result: &TransactionResult) -> String {
    match &result.status {
        Status::Halt(reason) => reason.to_string(),
        _ => abi::revert::decode_revert(&result.output, None).to_string(),
    }
}
